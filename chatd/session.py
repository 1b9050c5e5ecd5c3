"""One client: its name, its rooms, its settings, and how its requests are taken. What each request does stands elsewhere.

Must not know bytes, sockets, formats or the reactor: events become bytes in the :class:`Form` it is given.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from chatd.batch import Form
from chatd.chat import Chat
from chatd.commits import Author
from chatd.errors import ChatError, NameNeeded, NoRoom, ServerStops, StoreUnreadable
from chatd.events import Farewell, Goodbye, Kind, Message, Refused, Reply, TimeStyle, Welcome
from chatd.log import Outlet
from chatd.names import Name
from chatd.people import Person
from chatd.reader import Reader
from chatd.requests import Help, Introduce, Invalid, Quit, Request
from chatd.room import Room
from chatd.storage.contract import StoreError
from chatd.turns import MESSAGES, Performance, Turns

NAMELESS = (Introduce, Help, Quit, Invalid)
"""What works before there is a name."""


class Connection(Protocol):
    """What a session asks of the connection it serves."""

    @property
    def outlet(self) -> Outlet:
        """Where the bytes go."""

    def resume(self) -> None:
        """The next request may be offered. Called often; cheap when nothing waits."""

    def hang_up(self) -> None:
        """Send what was written, then close."""


Answer: TypeAlias = Callable[["Session", Any], Performance]
"""How one kind of request is done: at once, or by a coroutine."""


class Session:
    """The server's side of one conversation."""

    def __init__(
        self, chat: Chat, connection: Connection, address: str, form: Form, answers: Mapping[type, Answer]
    ) -> None:
        self.chat = chat
        self.address = address
        self.origin = chat.new_number()
        self.reader = Reader(connection.outlet, self.origin, chat)
        self.style = TimeStyle.ON
        self.ignored: dict[str, str] = {}
        """Whom not to show: folded name to name."""
        self.rooms: list[Room] = []
        self.current: Room | None = None
        self.turns = Turns(
            limits=chat.limits,
            clock=chat.clock,
            spawn=chat.spawn,
            outlet=connection.outlet,
            perform=self._perform,
            refuse=self.refuse,
            drowned=lambda: self.end(Farewell.FLOOD),
            hungry_again=connection.resume,
        )
        self._connection = connection
        self._answers = answers
        self._form = form.variant(self.style, "", current=True)
        self._person: Person | None = None
        self.ended = False
        """Nothing more is taken, and nothing more is said."""
        self._name_timer = chat.clock.callLater(chat.limits.name_seconds, self.end, Farewell.NAMELESS)

    @property
    def named(self) -> bool:
        """Whether a name was accepted."""
        return self._person is not None

    @property
    def person(self) -> Person:
        """Whose session this is.

        Raises:
            NameNeeded: nobody's yet.
        """
        if self._person is None:
            raise NameNeeded
        return self._person

    @property
    def room(self) -> Room:
        """The room that is talked to.

        Raises:
            NoRoom: none is.
        """
        if self.current is None:
            raise NoRoom
        return self.current

    @property
    def hungry(self) -> bool:
        """Whether the next request should be offered now: before there is a name, what a line means hangs on the last."""
        return self.turns.hungry and (self.named or self.turns.empty)

    def welcome(self) -> None:
        """Ask for a name."""
        self.reply(Welcome())

    def receive(self, request: Request) -> None:
        """Take a request; it is done in its turn."""
        self.turns.add(request)

    def clear(self) -> None:
        """The outlet takes bytes again."""
        self.reader.pump()
        self.turns.go_on()

    def reply(self, event: Reply) -> None:
        """Tell this client, and nobody else. After the goodbye, nothing."""
        if not self.ended:
            self.reader.outlet.send(self._form.encode(event))

    def refuse(self, error: ChatError, line: str = "") -> None:
        """Tell this client that something was not done, and why."""
        self.reply(Refused(error, line))

    def introduce(self, person: Person) -> None:
        """This is their connection from now on."""
        self._name_timer.cancel()
        self._person = person
        self.chat.arrived(person, self)
        self.reader.follow(person.box, self._form)

    def post(self, room: Room, kind: Kind, text: str) -> None:
        """Say something in a room."""
        message = Message(kind, self.person.shown, text, self.chat.now(), self.person.id, self.origin)
        size = len(text.encode())
        self.chat.commits.post(self, size, (room.log, message))
        self.turns.committing(size)

    def tell(self, to: Person, text: str, author: Author) -> None:
        """Say something to one person: it enters both boxes or none; ``author`` is told which, and tells this session."""
        now, mine = self.chat.now(), self.person
        sent = Message(Kind.SENT, mine.shown, text, now, mine.id, self.origin, to.shown)
        told = Message(Kind.TOLD, mine.shown, text, now, mine.id, self.origin, to.shown)
        size = len(text.encode())
        self.chat.commits.post(author, size, (mine.box, sent), (to.box, told))
        self.turns.committing(size)

    def stored(self, size: int) -> None:
        """What this client said is on disk, and everyone was shown it."""
        self.turns.committed(size)

    def not_stored(self, size: int, text: str, error: ChatError) -> None:
        """What this client said is nowhere; it may say it again."""
        self.refuse(error, text)
        self.turns.committed(size)

    def enter(self, room: Room, after: int | None) -> None:
        """Be in this room, and talk to it. Shown is what was said behind ``after``; nothing else is done before that."""
        room.enter(self.person, self.origin)
        self.rooms.append(room)
        self.current = room  # what is read back already looks like it
        self.turns.hold()
        self.reader.follow(room.log, self._form_for(room), after, self.turns.release)
        self.reshape()

    def depart(self, room: Room) -> None:
        """Be in this room no more; talk to the one entered last, if that was it."""
        self.rooms.remove(room)
        self.reader.unfollow(room.log)
        self.chat.leave(room, self.person, self.origin)
        if room is self.current:
            self.current = None
            self.talk_to(self.rooms[-1] if self.rooms else None)

    def talk_to(self, room: Room | None) -> None:
        """What is said from now on is said there."""
        self.current = room
        self.reshape()

    def renamed(self, old: Name, new: Name) -> None:
        """Somebody has another name: whoever was ignored still is."""
        if not self.ignored:
            return
        if self.show_again(old):
            self.ignore(new)
        self.show_again(self.person.name)  # taken from somebody who is ignored: nobody hides themselves

    def ignore(self, name: Name) -> None:
        """Show nothing that somebody of this name says."""
        self.ignored[name.key] = name.shown
        self.reader.ignored = frozenset(self.ignored)

    def show_again(self, name: Name) -> bool:
        """Show again what somebody of this name says; whether it was hidden."""
        hidden = self.ignored.pop(name.key, None) is not None
        self.reader.ignored = frozenset(self.ignored)
        return hidden

    def reshape(self) -> None:
        """Show every log in the form that the settings ask for."""
        self._form = self._form.variant(self.style, "", current=True)
        self.reader.reform(self.person.box, self._form)
        for room in self.rooms:
            self.reader.reform(room.log, self._form_for(room))

    def end(self, why: Farewell) -> None:
        """Say goodbye and close."""
        if not self.ended:
            self.reply(Goodbye(why, self.person.shown if self.named else None))
            self.lost()
            self._connection.hang_up()

    def stop(self, unoffered: Sequence[Request] = ()) -> None:
        """The server stops: take nothing more, and give back what waits or was not offered yet: it will not be said."""
        for request in (*self.turns.end(), *unoffered):
            if isinstance(request, MESSAGES):
                self.refuse(ServerStops(), request.text)

    def lost(self) -> None:
        """The connection is gone: so is this client, from every room, at once."""
        if self.ended:
            return
        self.ended = True
        self.turns.end()
        self.reader.unfollow_all()
        if self._name_timer.active():
            self._name_timer.cancel()
        if self._person is not None:
            for room in self.rooms:
                self.chat.leave(room, self._person, self.origin)
            self.rooms.clear()
            self.chat.gone(self._person, self)

    def _form_for(self, room: Room) -> Form:
        return self._form.variant(self.style, room.name.shown, current=room is self.current)

    def _perform(self, request: Request) -> Performance:
        """Do one request; what is wrong with it is told to this client alone."""
        try:
            if self._person is None and not isinstance(request, NAMELESS):
                raise NameNeeded
            doing = self._answers[type(request)](self, request)
        except ChatError as error:
            self.refuse(error, _lost_words(request, error))
            return None
        return doing and self._finish(doing, request)

    async def _finish(self, doing: Any, request: Request) -> None:
        try:
            await doing
        except ChatError as error:
            self.refuse(error, _lost_words(request, error))
        except StoreError as error:
            self.refuse(StoreUnreadable(reason=str(error)))


def _lost_words(request: Request, error: ChatError) -> str:
    """Text meant for others that may be sent again as it is."""
    return request.text if isinstance(request, MESSAGES) and error.code == "retry" else ""
