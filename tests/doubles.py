"""A whole chat in memory: its clock, its disk and its people are played by what stands here.

Knows the core and the line language. Must not know protocols, sockets or the reactor: time passes when a test says so.
"""

from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.answers import ANSWERS
from chatd.chat import Chat, Surroundings
from chatd.commits import Post
from chatd.errors import ChatError
from chatd.events import (
    Departed,
    Entered,
    Entry,
    Event,
    Greeted,
    Joined,
    Kind,
    Left,
    Message,
    Notice,
    Present,
    Refused,
    Renamed,
    Reply,
)
from chatd.form import Form
from chatd.languages import ENGLISH, Language
from chatd.limits import Limits
from chatd.requests import Enter, Request
from chatd.secret import Secret
from chatd.session import Session
from chatd.storage.contract import (
    Account,
    Append,
    Head,
    Page,
    Placed,
    Pruned,
    Retention,
    SessionRecord,
    Store,
)
from chatd.storage.memory import MemoryStore
from chatd.timestyle import TimeStyle
from chatd.wire.commands import parse, parse_introduction
from chatd.wire.text import TextForm
from tests.passwords import QuickPasswords

START = datetime(2026, 11, 21, 14, 3, tzinfo=UTC).timestamp()
"""The time of day when a test begins."""
UNLIMITED = Limits(flood_rate=0)
"""The default limits, but as many lines per second as a test needs."""


def said(text: str, name: str = "ali", origin: int = 1, kind: Kind = Kind.SAID) -> Message:
    """Something that somebody said, by this connection."""
    return Message(kind, name, text, START, person=origin, origin=origin)


def _change(event: Joined | Left | Present | Renamed) -> str:
    """Who is there, in short."""
    match event:
        case Joined(who):
            return f"+ {','.join(one.name for one in who)}"
        case Left(who):
            return f"- {','.join(one.name for one in who)}"
        case Present(people):
            return f"= {','.join(people.names)}"
        case Renamed(old, new):
            return f"~ {old},{new}"


@dataclass(frozen=True, slots=True)
class NumberedForm:
    """A form that shows what tests look at, one line for everything.

    ``#lobby/7 ali: salam`` is a message; its own connection is shown ``#lobby/7 ack`` with ``acks``, nothing without.
    ``> #lobby + ali,sara`` came, ``-`` went, ``=`` are there, ``~`` changed a name. ``+ #lobby sara`` stands for having
    entered a room where sara is, ``- #lobby`` for having left it, ``! NotStored salam`` for a refusal.
    """

    log: str = ""
    acks: bool = False

    def encode(self, event: Event | Reply, id: int = 0) -> bytes:
        """One line, whatever it is."""
        return f"{self._line(event, id)}\n".encode()

    def _line(self, event: Event | Reply, id: int) -> str:
        match event:
            case Message(name=name, text=text):
                return f"{self.log}/{id} {name}: {text}"
            case Joined() | Left() | Present() | Renamed():
                return f"> {self.log} {_change(event)}"
            case Greeted(room=room, others=others) | Entered(room=room, others=others, fresh=True):
                return f"+ {room} {','.join(others.names)}"
            case Departed(room=room):
                return f"- {room}"
            case Refused(error, line):
                return f"! {type(error).__name__} {line}"
        return f"* {event!r}"

    def recall(self, entry: Entry, now: float) -> bytes:  # noqa: ARG002 (it shows no times)
        """The same line as ever."""
        return self.encode(entry.message, entry.id)

    def line_and_receipt(self, message: Message, id: int) -> tuple[bytes, bytes | None]:
        """An ack or nothing for what was said to a room; private copies are shown like any other line."""
        line = self.encode(message, id)
        if message.kind in (Kind.SAID, Kind.ACTED):
            return line, f"{self.log}/{id} ack\n".encode() if self.acks else b""
        return line, None

    def receipts(self, notice: Notice) -> Mapping[int, bytes]:  # noqa: ARG002 (all are shown the same)
        """Nothing."""
        return {}

    def translated(self, language: Language) -> "NumberedForm":  # noqa: ARG002 (there are no words in it)
        """See :class:`chatd.batch.Form`."""
        return self

    def variant(self, style: TimeStyle, room: str, current: bool) -> "NumberedForm":  # noqa: ARG002 (all look alike)
        """The form for that log; a box is ``@``."""
        return replace(self, log=room or "@")


class RecordingOutlet:
    """Keeps what it is sent. It blocks when a test says so, or once it was sent ``capacity`` bytes."""

    def __init__(self) -> None:
        self.blocked = False
        self.sent: list[bytes] = []
        self.capacity: int | None = None

    @property
    def text(self) -> str:
        """All of it."""
        return b"".join(self.sent).decode()

    def send(self, data: bytes) -> None:
        """Keep these bytes, even when blocked: they were accepted."""
        self.sent.append(data)
        if self.capacity is not None:
            self.capacity -= len(data)
            self.blocked = self.blocked or self.capacity <= 0


class RecordingJournal:
    """What the operator was told, line by line."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def came(self, name: str, address: str, online: int) -> None:
        """Somebody gave a name."""
        self.lines.append(f"{name} came from {address}, {online} online")

    def went(self, name: str, address: str, online: int) -> None:
        """Somebody is gone."""
        self.lines.append(f"{name} went from {address}, {online} online")

    def renamed(self, old: str, new: str) -> None:
        """Somebody took another name."""
        self.lines.append(f"{old} became {new}")


@dataclass(slots=True)
class RecordingAuthor:
    """Writes down what became of what it said, into a list that may be shared to see an order."""

    heard: list[str] = field(default_factory=list)

    def stored(self, post: Post) -> None:
        """It is on disk."""
        self.heard.append(f"stored {post.size}")

    def not_stored(self, post: Post, error: ChatError) -> None:
        """It is nowhere."""
        self.heard.append(f"not stored {post.size} {post.text}: {error.code}")

    def repeated(self, post: Post, placed: Placed) -> None:
        """It is there already."""
        self.heard.append(f"repeated {post.text}: {placed.log}/{placed.id}")


class SlowStore:
    """A store that answers when a test lets it, or fails then.

    Only the methods named in ``held`` wait: ``"append"`` for example. All of them can, but ``epoch`` and ``close``.
    """

    def __init__(self, *held: str, inner: Store | None = None) -> None:
        self.inner = inner or MemoryStore()
        self.held = set(held)
        self.waiting: list[tuple[str, Deferred[None]]] = []
        self.appended: list[Sequence[Append]] = []
        """Every attempt."""

    def let_go(self, method: str, error: Exception | None = None, newest: bool = False) -> None:
        """Let the call that waits longest (or shortest) go on, or fail."""
        calls = [call for call in self.waiting if call[0] == method]
        call = calls[-1 if newest else 0]
        self.waiting.remove(call)
        if error is None:
            call[1].callback(None)
        else:
            call[1].errback(error)

    def pending(self, method: str) -> int:
        """So many calls wait."""
        return sum(name == method for name, _ in self.waiting)

    async def epoch(self) -> str:
        """As the store says."""
        return await self.inner.epoch()

    async def head(self, log: str) -> Head:
        """As the store says now; the answer may come late."""
        head = await self.inner.head(log)
        await self._turn("head")
        return head

    async def describe(self, log: str, shown: str, topic: str) -> None:
        """Keep a room's spelling and topic."""
        await self._turn("describe")
        await self.inner.describe(log, shown, topic)

    async def append(self, appends: Sequence[Append]) -> None:
        """Keep these messages, in time."""
        self.appended.append(appends)
        await self._turn("append")
        await self.inner.append(appends)

    async def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """Some entries, in time."""
        await self._turn("read")
        return await self.inner.read(log, after, upto, budget)

    async def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """The last entries, in time."""
        await self._turn("latest")
        return await self.inner.latest(log, upto, count, since, budget)

    async def prune(self, retention: Retention, now: float, place: str = "") -> Pruned:
        """Drop some, in time."""
        await self._turn("prune")
        return await self.inner.prune(retention, now, place)

    async def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """The entries that were found, in time."""
        await self._turn("search")
        return await self.inner.search(upto, words, count)

    async def accounts(self) -> Sequence[Account]:
        """All of them, in time."""
        await self._turn("accounts")
        return await self.inner.accounts()

    async def keep_account(self, account: Account) -> None:
        """Keep this account, in time."""
        await self._turn("keep_account")
        await self.inner.keep_account(account)

    async def mark_seen(self, person: int, seen: int) -> None:
        """Keep how far somebody has read, in time."""
        await self._turn("mark_seen")
        await self.inner.mark_seen(person, seen)

    async def mark_language(self, person: int, language: str) -> None:
        """Keep somebody's language, in time."""
        await self._turn("mark_language")
        await self.inner.mark_language(person, language)

    async def keep_session(self, session: SessionRecord) -> None:
        """Keep this session, in time."""
        await self._turn("keep_session")
        await self.inner.keep_session(session)

    async def find_session(self, digest: str) -> SessionRecord | None:
        """The session that was asked for, in time."""
        await self._turn("find_session")
        return await self.inner.find_session(digest)

    async def forget_sessions(self, person: int, but: str | None = None) -> None:
        """Forget sessions, in time."""
        await self._turn("forget_sessions")
        await self.inner.forget_sessions(person, but)

    async def find_message(self, person: int, cid: str) -> Placed | None:
        """Where a message is, in time."""
        await self._turn("find_message")
        return await self.inner.find_message(person, cid)

    async def sweep_sessions(self, before: float, cut: float | None = None) -> None:
        """End and forget sessions, in time."""
        await self._turn("sweep_sessions")
        await self.inner.sweep_sessions(before, cut)

    async def close(self) -> None:
        """Give everything back."""
        await self.inner.close()

    async def _turn(self, method: str) -> None:
        if method in self.held:
            waiting: Deferred[None] = Deferred()
            self.waiting.append((method, waiting))
            await waiting


class SlowPasswords:
    """Passwords that are worked on until a test lets them go; then the ``inner`` check says what it says."""

    def __init__(self) -> None:
        self.inner = QuickPasswords()
        self.waiting: deque[Deferred[None]] = deque()

    def let_go(self, error: Exception | None = None) -> None:
        """Let the one that waits longest be done, or fail."""
        if error is None:
            self.waiting.popleft().callback(None)
        else:
            self.waiting.popleft().errback(error)

    async def hashed(self, password: Secret) -> str:
        """As the inner one says, in time."""
        await self._turn()
        return await self.inner.hashed(password)

    async def matches(self, name: str, password: Secret, encoded: str | None) -> bool:
        """As the inner one says, in time."""
        await self._turn()
        return await self.inner.matches(name, password, encoded)

    async def _turn(self) -> None:
        waiting: Deferred[None] = Deferred()
        self.waiting.append(waiting)
        await waiting


class Terminal:
    """Somebody at a terminal: what they type waits until the session is hungry, what they are shown is kept."""

    secure = True
    interactive = True
    how_to_encrypt = "ncat --ssl chat.example 5050"

    def __init__(self, chat: Chat, address: str, form: Form, outlet: RecordingOutlet | None = None) -> None:
        self.hidden = False
        self.outlet = outlet or RecordingOutlet()
        self.hung_up = False
        self._typed: deque[str | Request] = deque()
        self._offering = False
        self._read = 0
        self.session = Session(chat, self, address, form, ANSWERS)
        self.session.await_name(chat.clock.seconds() + chat.limits.name_seconds)

    @property
    def shown(self) -> list[str]:
        """Every line so far."""
        return self.outlet.text.splitlines()

    @property
    def untaken(self) -> int:
        """Lines that were typed, and that the server has not read yet."""
        return len(self._typed)

    def read(self) -> list[str]:
        """The lines since the last time this was called."""
        lines = self.shown
        new, self._read = lines[self._read :], len(lines)
        return new

    def type(self, *lines: str) -> None:
        """Type these lines."""
        self._typed += lines
        self.resume()

    def send(self, *requests: Request) -> None:
        """Ask for this, in whatever language."""
        self._typed += requests
        self.resume()

    def block(self) -> None:
        """Read nothing more for now."""
        self.outlet.blocked = True

    def unblock(self) -> None:
        """Read again."""
        self.outlet.blocked = False
        self.session.clear()
        self.resume()

    def lose(self) -> None:
        """The cable is cut."""
        self._typed.clear()
        self.session.lost()

    def resume(self) -> None:
        """See :class:`chatd.session.Connection`: offer lines while they are taken."""
        if self._offering:
            return
        self._offering = True
        while self._typed and self.session.hungry and not (self.outlet.blocked or self.session.ended):
            line = self._typed.popleft()
            request = self._parse(line) if isinstance(line, str) else line
            if request is not None:
                self.session.receive(request)
        self._offering = False

    def hang_up(self) -> None:
        """See :class:`chatd.session.Connection`."""
        assert not self.hung_up, "hung up twice"
        self.hung_up = True

    def hide_input(self, hidden: bool) -> None:
        """See :class:`chatd.session.Connection`."""
        self.hidden = hidden

    def _parse(self, line: str) -> Request | None:
        if self.session.asking:
            return Enter(Secret(line))
        return parse(line) if self.session.named else parse_introduction(line)


class World:
    """A chat with everything around it. Nothing happens in it by itself."""

    _log = Logger()

    def __init__(
        self,
        limits: Limits = UNLIMITED,
        store: Store | None = None,
        *,
        clock: Clock | None = None,
        seed: int = 1,
        motd: str = "",
        hide_addresses: bool = False,
        language: Language = ENGLISH,
    ) -> None:
        self.clock = clock or Clock()
        self.clock_error = 0.0
        """How far the time of day has been set wrong."""
        self.store: Store = store or MemoryStore()
        self.journal = RecordingJournal()
        self.random = Random(seed)
        self.chat = Chat(
            Surroundings(
                self.store,
                self.clock,
                self.wall,
                self.random,
                self.spawn,
                self.journal,
                QuickPasswords(),
                limits,
                motd,
                hide_addresses,
                language,
            )
        )

    def wall(self) -> float:
        """The time of day."""
        return START + self.clock.seconds() + self.clock_error

    def spawn(self, doing: Coroutine[Any, Any, None]) -> None:
        """Let it run."""
        Deferred.fromCoroutine(doing).addErrback(self.report)

    def report(self, failure: Failure) -> None:
        """Something failed that must not: in the log it fails the test."""
        self._log.failure("a coroutine failed", failure)

    def settle(self) -> None:
        """Let everything happen that needs no time."""
        self.clock.advance(0)

    def sleep(self, seconds: float) -> None:
        """Let time pass, a little at a time, as it does."""
        for _ in range(max(1, round(seconds * 4))):
            self.clock.advance(seconds / max(1, round(seconds * 4)))

    def connect(self, address: str = "192.0.2.7", form: Form | None = None) -> Terminal:
        """Somebody connects, and has not said anything."""
        return Terminal(self.chat, address, form or TextForm(zone=UTC))

    def join(self, name: str, address: str = "192.0.2.7", room: str | None = None) -> Terminal:
        """Somebody connects and gives a name; what they were shown until then is read."""
        terminal = self.connect(address)
        terminal.type(name, *([f"/join {room}"] if room else []))
        self.settle()
        terminal.read()
        return terminal

    def ask(self, terminal: Terminal, *lines: str) -> list[str]:
        """Somebody types these lines; what they are shown by that, and nothing from before."""
        terminal.read()
        terminal.type(*lines)
        self.settle()
        return terminal.read()
