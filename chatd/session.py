"""One client: who it is, and how its requests are taken. What each request does stands elsewhere.

Must not know bytes, sockets, formats or the reactor: events become bytes in the :class:`Form` it is given.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from chatd.chat import Chat
from chatd.clock import Timer
from chatd.errors import ChatError, NameNeeded, ServerStops, StoreUnreadable
from chatd.events import Asking, Farewell, Goodbye, Kind, Prompt, Reply, Welcome
from chatd.fanout import Outlet
from chatd.form import Form
from chatd.names import Name
from chatd.outgoing import Outgoing
from chatd.people import Person
from chatd.reader import Reader
from chatd.requests import (
    ChangePassword,
    Enter,
    Help,
    Introduce,
    Invalid,
    Login,
    Nothing,
    Ping,
    Quit,
    Register,
    Request,
    Say,
    SetLanguage,
)
from chatd.room import Room
from chatd.secret import Secret
from chatd.storage.contract import SessionRecord, StoreError
from chatd.turns import MESSAGES, Performance, Turns
from chatd.view import View

NAMELESS = frozenset((Introduce, Login, Enter, SetLanguage, Help, Ping, Nothing, Quit, Invalid))
"""What works before there is a name."""
ASKING = frozenset((Introduce, Login, Register, ChangePassword, Enter))
"""What may be followed by a question: what the next line means hangs on it."""


class Connection(Protocol):
    """What a session asks of the connection it serves."""

    @property
    def outlet(self) -> Outlet:
        """Where the bytes go."""

    @property
    def secure(self) -> bool:
        """Whether nobody can read along: TLS, or the same machine."""

    @property
    def interactive(self) -> bool:
        """Whether a person is there, who can be asked for something; not a program."""

    @property
    def how_to_encrypt(self) -> str:
        """What to type to come back so that nobody can read along; the end of a sentence."""

    def hide_input(self, hidden: bool) -> None:
        """What is typed from now on must not be seen; or may be again."""

    def resume(self) -> None:
        """The next request may be offered. Called often; cheap when nothing waits."""

    def hang_up(self) -> None:
        """Send what was written, then close."""


Answer: TypeAlias = Callable[["Session", Any], Performance]
"""How one kind of request is done: at once, or by a coroutine."""


class Session:
    """The server's side of one conversation."""

    __slots__ = (
        "_answers",
        "_calls_roll",
        "_came_back",
        "_connection",
        "_may_ask",
        "_name_timer",
        "_person",
        "_record",
        "_then",
        "address",
        "chat",
        "ended",
        "interactive",
        "named",
        "origin",
        "outgoing",
        "secure",
        "turns",
        "view",
    )

    def __init__(
        self,
        chat: Chat,
        connection: Connection,
        address: str,
        form: Form,
        answers: Mapping[type, Answer],
    ) -> None:
        self.chat = chat
        self.address = address
        self.origin = chat.new_number()
        self.view = View(Reader(connection.outlet, self.origin, chat), form, chat.surroundings.language)
        self.outgoing = Outgoing(self)
        self.turns = Turns(
            limits=chat.limits,
            clock=chat.clock,
            spawn=chat.spawn,
            outlet=connection.outlet,
            performer=self,
            offering=connection,
            refuse_each=not connection.interactive,
        )
        self.secure = connection.secure
        self.interactive = connection.interactive
        self._connection = connection
        self._answers = answers
        self.named = False
        """Whether a name was accepted."""
        self._person: Person | None = None
        self._record: SessionRecord | None = None
        self._calls_roll = False
        self._came_back = False
        self._may_ask = False
        self._then: Callable[[Secret], Performance] | None = None
        self.ended = False
        """Nothing more is taken, and nothing more is said."""
        self._name_timer: Timer | None = None

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
    def seen(self) -> int | None:
        """The last private message that was shown here; ``None``: they are not wanted."""
        return self.view.seen

    @property
    def crowded(self) -> bool:
        """Whether so many messages of all are on their way that nobody should have more than one among them."""
        return self.chat.commits.crowded

    @property
    def asking(self) -> bool:
        """Whether something is asked for that must not be seen: the next line is that, whatever it looks like."""
        return self._then is not None

    @property
    def hungry(self) -> bool:
        """Whether the next request should be offered now: sometimes what a line means hangs on the last."""
        return self.turns.hungry and (self.turns.empty or (self.named and not self._may_ask))

    def await_name(self, until: float) -> None:
        """If there is no name yet, one must be given until then, in seconds of the chat's clock."""
        if not self.named and self._name_timer is None and not self.ended:
            patience = max(0.0, until - self.chat.clock.seconds())
            self._name_timer = self.chat.clock.callLater(patience, self.end, Farewell.NAMELESS)

    def welcome(self) -> None:
        """Ask for a name."""
        self.reply(Welcome())

    def receive(self, request: Request) -> None:
        """Take a request; it is done in its turn."""
        self._may_ask = type(request) in ASKING
        if self.outgoing.received(request):
            self.turns.add(request)
        else:
            self.end(Farewell.FLOOD)

    def say(self, text: str) -> bool:
        """Say this in the room that is talked to, if nothing has to be done before it; whether it was taken.

        As :meth:`receive`, and shorter, for most of what people send: no id, and a message's text as it stands.
        """
        room = self.view.current
        if room is None or not self.turns.passes():
            return False
        try:
            self.outgoing.post(room, Kind.SAID, text)
        except ChatError as error:
            self.outgoing.refuse_unless_kept(error, Say(text))
        return True

    def receive_said(self, request: Say) -> bool:
        """As :meth:`receive`, and shorter, for a program's message, if nothing has to be done before it.

        True: it was, and the session is :attr:`hungry`. False: it may be otherwise.
        """
        # In this order: an id may come in once more, but a turn that was taken cannot be given back.
        if self._person is None or not (self.outgoing.passes(request.cid) and self.turns.passes()):
            self.receive(request)
            return False
        try:
            self._answers[Say](self, request)
        except ChatError as error:
            self.outgoing.refuse_unless_kept(error, request)
            return False
        return True

    def clear(self) -> None:
        """The outlet takes bytes again."""
        self.view.reader.pump()
        self.turns.go_on()

    def reply(self, event: Reply) -> None:
        """Tell this client, and nobody else. After the goodbye, nothing."""
        if not self.ended:
            self.view.tell(event)

    def refuse(self, error: ChatError, line: str = "", request: Request | None = None) -> None:
        """Tell this client that something was not done, and why."""
        self.outgoing.refuse(error, line, request)

    def drown(self) -> None:
        """Too many of its requests were refused: say goodbye and close."""
        self.end(Farewell.FLOOD)

    def ask(self, prompt: Prompt, name: str, then: Callable[[Secret], Performance]) -> None:
        """Have something typed that must not be seen; ``then`` is done with it, as a request is."""
        self._then = then
        self._connection.hide_input(True)
        self.reply(Asking(prompt, name))

    def answered(self, secret: Secret) -> Performance:
        """What was asked for has been typed."""
        then, self._then = self._then, None
        self._connection.hide_input(False)
        return then(secret) if then is not None else None

    def introduce(self, person: Person, record: SessionRecord | None = None, turn: int = 0) -> None:
        """This is their connection from now on; ``record`` is of the secret by which it may come back, presented at ``turn``.

        Raises:
            NameTaken: somebody else has the name, or one like it.
        """
        if person not in self.chat.roster:
            self.chat.roster.add(person)
        self._stop_waiting()
        self._person = person
        self.named = True
        self._record = record
        self._came_back = turn > 0
        self.chat.arrived(person, self)
        if record is not None:
            self.chat.sessions.begin(record, self, turn)

    @property
    def how_to_encrypt(self) -> str:
        """What to do instead of sending a password in the clear, as the end of a sentence."""
        return self._connection.how_to_encrypt

    @property
    def record(self) -> SessionRecord | None:
        """What is kept of the secret by which it may come back."""
        return self._record

    def forget_exposed_secret(self) -> None:
        """A secret that was not given out here may have been read by others on its way: it must not open an account."""
        if self._record is not None and self._came_back:
            self.chat.sessions.drop(self._record)
            self._record = None

    def keep_name(self) -> None:
        """The person has another name now, by which a program will come back."""
        if self._record is not None:
            self._record = self.chat.sessions.rename(self._record, self.person.shown)

    def call_roll(self) -> None:
        """This client knows no comings and goings: it is told who is online from time to time."""
        self._calls_roll = True
        self.chat.roll_call.listen(+1)
        self.chat.roll_call.changed()

    def read_box(self, after: int | None = None, then: Callable[[], None] | None = None) -> None:
        """Show private messages from now on, or from behind ``after``, where everything before is known.

        ``then`` is called once they are shown, or cannot be for now; perhaps again.
        """

        def caught_up() -> None:
            self.chat.directory.read(self.person)
            if then is not None:
                then()

        box = self.person.box if self.person.has_box else None
        self.view.read_box(box, after, caught_up, stuck=then)

    def box_opened(self) -> None:
        """There is something to be read, or will be."""
        if self.view.reads_box:
            self.read_box()

    def enter(self, room: Room, after: int | None, strict: bool = False) -> None:
        """Be in this room, and talk to it. Shown is what was said behind ``after``; nothing else is done before that.

        But if the store does not answer, it goes on: above all, whoever wants to leave can.
        ``strict``: everything up to there is known, so what is kept no more is told. One who is there already reads on
        from ``after``.
        """
        if room not in self.view.rooms:
            room.enter(self.person, self.origin)
        release = self.turns.hold_until()

        def entered() -> None:
            if not self.interactive:
                self.reply(self.chat.attendance() if self._calls_roll else room.listing())
            release()

        self.view.enter(room, after, entered, strict, stuck=release)

    def depart(self, room: Room) -> None:
        """Be in this room no more; talk to the one entered last, if that was it."""
        self.view.leave(room)
        self.chat.leave(room, self.person, self.origin)

    def renamed(self, old: Name, new: Name) -> None:
        """Somebody has another name."""
        self.view.renamed(old, new, self.person.name)

    def end(self, why: Farewell) -> None:
        """Say goodbye and close."""
        if not self.ended:
            self.reply(Goodbye(why, self.person.shown if self.named else None))
            self.lost()
            self._connection.hang_up()

    def replaced(self, by: int) -> None:
        """Its owner came back by another connection, which must not be told that they left: they did so by this one."""
        self.origin = by
        self.end(Farewell.REPLACED)

    def stop(self, unoffered: Sequence[Request] = ()) -> None:
        """The server stops: take nothing more, and give back what waits or was not offered yet: it will not be said."""
        # Behind a request that may ask for a password, a line may be one: it is not shown.
        secret = self.asking or (self._may_ask and not self.turns.hungry)
        for request in self.turns.end():
            if isinstance(request, MESSAGES):
                self.refuse(ServerStops(), request.text, request)
        for request in unoffered:
            secret = secret or type(request) in ASKING
            if isinstance(request, MESSAGES):
                self.refuse(ServerStops(), "" if secret else request.text, request)

    def lost(self) -> None:
        """The connection is gone: so is this client, from every room, at once."""
        if self.ended:
            return
        self.ended = True
        self.turns.end()
        self._stop_waiting()
        if self._person is not None:
            for room in self.view.rooms:
                self.chat.leave(room, self._person, self.origin)
            self.chat.gone(self._person, self)
        if self._record is not None:
            self.chat.sessions.end(self._record, self)
        if self._calls_roll:
            self.chat.roll_call.listen(-1)
        self.view.close()

    def _stop_waiting(self) -> None:
        """There is a name, or nobody to give one."""
        if self._name_timer is not None and self._name_timer.active():
            self._name_timer.cancel()
        self._name_timer = None

    def perform(self, request: Request) -> Performance:
        """Do one request; what is wrong with it is told to this client alone."""
        try:
            if not self.named and type(request) not in NAMELESS:
                raise NameNeeded
            self.outgoing.require_turn(request)
            doing = self._answers[type(request)](self, request)
        except ChatError as error:
            self.outgoing.refuse_unless_kept(error, request)
            return None
        return doing and self._finish(doing, request)

    async def _finish(self, doing: Any, request: Request) -> None:
        try:
            await doing
        except ChatError as error:
            self.outgoing.refuse_unless_kept(error, request)
        except StoreError as error:
            self.refuse(StoreUnreadable(reason=error.reason), "", request)
