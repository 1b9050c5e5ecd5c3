"""A client of chatd without its sockets: bytes in, bytes out, typed events for a user interface in between.

Knows the protocol for programs, version 1 (docs/protocol.rst), and what has to be kept to lose nothing over a cut. Must
not know sockets, clocks, threads, event loops or windows: what moves the bytes, tells the time and shows the events is
somebody else's. After h11 and the sans-I/O layer of websockets.

Whoever runs a core calls one method at a time, and after every call

1. reads :attr:`ClientCore.wish`: with ``CONNECT`` it opens a connection (once, until ``connection_opened`` or
   ``connection_lost`` was called), with ``CLOSE`` it sends what there is, closes, and calls ``connection_lost``;
2. sends :meth:`ClientCore.take_bytes`;
3. shows :meth:`ClientCore.take_events`, in their order;
4. calls :meth:`ClientCore.tick` when :attr:`ClientCore.deadline` has come.

``now`` is in seconds, on any clock that never goes back.
"""

from collections.abc import Mapping
from random import Random

from chatd.errors import ChatError
from chatd.requests import Login, Quit, Request
from chatd.secret import Secret
from chatd.text import clean
from clients.events import Event, NameWanted, Problem, State
from clients.exchange import Exchange
from clients.link import Wish
from clients.outbox import Pending
from clients.registration import Identity
from clients.rooms import Room
from clients.wording import book, say

__all__ = ["ClientCore", "Identity", "Wish"]


class ClientCore:
    """One person's conversation with one server, over as many connections as it takes. Never raises for what comes in."""

    def __init__(self, identity: Identity, random: Random, now: float, *, rooms: tuple[str, ...] = ("#lobby",)) -> None:
        self._exchange = Exchange(identity, random, now, rooms)

    # What the network does

    @property
    def wish(self) -> Wish:
        """What is to be done with the connection."""
        return self._exchange.link.wish

    @property
    def deadline(self) -> float | None:
        """When :meth:`tick` is to be called; ``None``: not by the clock."""
        return self._exchange.deadline

    def connection_opened(self, now: float, private: bool = True) -> None:
        """There is a connection: register. ``private``: nobody on the way can read it; else no password is sent over it."""
        self._exchange.opened(now, private)

    def received(self, data: bytes, now: float) -> None:
        """These bytes came, cut anywhere."""
        self._exchange.received(data, now)

    def connection_lost(self, now: float, reason: str, final: bool = False) -> None:
        """The connection has ended, or could not be opened; the sentence says why. ``final``: do not try again."""
        self._exchange.lost(now, reason, final)

    def tick(self, now: float) -> None:
        """Time has passed: do what is due."""
        self._exchange.tick(now)

    def take_bytes(self) -> bytes:
        """What is to be sent, once."""
        taken = bytes(self._exchange.out)
        self._exchange.out.clear()
        return taken

    def take_events(self) -> list[Event]:
        """What has happened since the last call, in order."""
        taken = self._exchange.events[:]
        self._exchange.events.clear()
        return taken

    # What the person does

    def send(self, request: Request, now: float) -> None:
        """Do what a typed line asked for (:func:`chatd.wire.commands.parse`).

        What is said without a room goes to the current one; it waits in the outbox while there is no connection. All else
        needs one, and is refused by a :class:`~clients.events.Problem` without it. What needs a password that is not
        there is answered by :class:`~clients.events.NewPasswordWanted` or :class:`~clients.events.PasswordWanted`.
        """
        match request:
            case _ if self.state is State.ENDED:
                self._tell(Problem(say("The conversation has ended.")))
            case Quit():
                self.quit(now)
            case Login(name, password):
                self._log_in(name or self.name, password)
            case _:
                self._exchange.ask(request, now)

    def give_name(self, name: str) -> None:
        """The answer to :class:`~clients.events.NameWanted`, or instead of a password: another name."""
        if self._exchange.link.listening and not self._exchange.link.asking:
            self._tell(Problem(say("No name was asked for. /nick takes another one.")))
            return
        try:
            cleaned = clean(name).strip()
        except ChatError as error:
            self._tell(NameWanted(book().error(error)))
            return
        self._exchange.answer(self._exchange.registration.give_name(cleaned))

    def give_password(self, password: Secret) -> None:
        """The answer to :class:`~clients.events.PasswordWanted`."""
        if self._exchange.link.listening and not self._exchange.link.asking:
            self._tell(Problem(say("No password was asked for. /login gives one.")))
            return
        self._exchange.answer(self._exchange.registration.give_password(password))

    def switch_room(self, name: str) -> None:
        """Talk to this room, which was joined before; to another one there is a :class:`~clients.events.Problem`."""
        try:
            self._exchange.speaking.switch_room(name)
        except ChatError as error:
            self._tell(Problem(book().error(error), error.code))

    def mark_read(self, room: str) -> None:
        """The person has seen what was said there (``"@"``: the private messages)."""
        if room in self._exchange.session.rooms:
            self._exchange.session.rooms[room].mark_read()

    def retry_now(self, now: float) -> None:
        """Do not wait any longer for the next attempt."""
        self._exchange.retry_now(now)

    def quit(self, now: float) -> None:
        """Say goodbye and end. What is still in the outbox is given up: wait until :attr:`pending` is empty to avoid that."""
        self._exchange.quit(now)

    # What there is to look at

    @property
    def state(self) -> State:
        """How the connection is."""
        return self._exchange.link.state

    @property
    def recognised(self) -> bool:
        """Whether the other side has ever said something of the protocol, so that it is a server of chatd."""
        return self._exchange.recognised

    @property
    def retry_at(self) -> float | None:
        """When the next attempt will be made, if one waits for its time."""
        return self._exchange.link.retry_at

    @property
    def name(self) -> str:
        """What this person is called, or wants to be."""
        return self._exchange.registration.name

    @property
    def account(self) -> bool:
        """Whether the name belongs to this person for good."""
        return self._exchange.registration.account

    @property
    def session(self) -> Secret | None:
        """By this the same person can come back in another run, for 24 hours after the last connection."""
        return self._exchange.registration.session

    @property
    def current(self) -> str | None:
        """The room that is talked to."""
        return self._exchange.session.rooms.current

    @property
    def rooms(self) -> Mapping[str, Room]:
        """The box, ``"@"``, and the joined rooms, in the order of joining; found however their names are spelled."""
        return self._exchange.session.rooms

    @property
    def pending(self) -> tuple[Pending, ...]:
        """What was said and is not acknowledged yet, in order."""
        return self._exchange.session.outbox.pending

    @property
    def conversations(self) -> tuple[str, ...]:
        """With whom there were private messages, the last one first."""
        return self._exchange.session.rooms.box.speakers

    @property
    def text_bytes(self) -> int:
        """The most that the text of a message may have here, in bytes of UTF-8; the usual limit until the server has said it."""
        return self._exchange.session.text_bytes

    def _tell(self, event: Event) -> None:
        self._exchange.events.append(event)

    def _log_in(self, name: str, password: Secret | None) -> None:
        try:
            self._exchange.log_in(clean(name), password)
        except ChatError as error:
            self._tell(Problem(book().error(error), error.code))
