"""What happens in a chat, as values. Knows no rules, no formats, no storage: everything else is told in these words.

Three families, one way out: a :class:`Message` has a number in its log and is stored; a *notice* has its place between
the messages of a room and is not stored; a *reply* goes to the one client that asked.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from chatd.errors import ChatError
from chatd.languages import Language
from chatd.requests import Request
from chatd.secret import Secret
from chatd.timestyle import TimeStyle


class Kind(StrEnum):
    """What sort of message. ``TOLD`` and ``SENT`` are the two copies of a private one: the receiver's, the sender's."""

    SAID = "said"
    ACTED = "acted"
    TOLD = "told"
    SENT = "sent"


class Message(NamedTuple):
    """Something a person said. Its number is its position in the log, so it is not part of the value.

    A tuple takes a third of what a frozen dataclass takes to be made. That shows with this and :class:`Entry`, and when a crowd
    comes, with :class:`Greeted`, :class:`Company` and :class:`Arrival`.
    """

    kind: Kind
    name: str
    """The sender's name at that time."""
    text: str
    at: float
    """Wall clock, Unix seconds: for people to read, never for order."""
    person: int
    """Who said it, whatever their name is now."""
    origin: int
    """The connection it came in by; unique across restarts. That connection is not shown it again."""
    to: str = ""
    """For private messages: the receiver's name."""
    cid: str | None = None
    """The client's own id for it, unique per person: a repeat is recognised by it."""


class Entry(NamedTuple):
    """A message in its place: the ``id``-th of its log, counted from 1 without gaps."""

    id: int
    message: Message


class Arrival(NamedTuple):
    """One who came or went, and by which connection."""

    name: str
    origin: int


@dataclass(frozen=True, slots=True)
class Joined:
    """People came into the room."""

    who: tuple[Arrival, ...]
    count: int
    """How many are in it now."""


@dataclass(frozen=True, slots=True)
class Left:
    """People went out of the room."""

    who: tuple[Arrival, ...]
    count: int
    """How many are in it now."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """Somebody took another name."""

    old: str
    new: str
    origin: int


@dataclass(frozen=True, slots=True)
class TopicSet:
    """Somebody set the room's topic; an empty one removes it."""

    name: str
    topic: str
    origin: int


@dataclass(frozen=True, slots=True)
class Roll:
    """Everybody who is online now, sorted: for clients of the old protocol, which know no comings and goings."""

    names: tuple[str, ...]


Notice: TypeAlias = Joined | Left | Renamed | TopicSet | Roll


@dataclass(frozen=True, slots=True)
class Welcome:
    """Somebody connected: ask for a name."""


class Company(NamedTuple):
    """Who else is there: the first few by name, and how many ``more``."""

    names: tuple[str, ...]
    more: int = 0


class Greeted(NamedTuple):
    """A name was accepted, and its owner is in the first room, or in none yet."""

    name: str
    room: str | None
    others: Company
    topic: str
    motd: str
    last: int
    """The id of the last message of that room."""
    epoch: str
    """Which history this is: ids mean nothing in another one."""
    account: bool
    """The name belongs to somebody for good, who has given its password."""
    session: Secret | None = None
    """What takes name and person back after a cut, if that was asked for."""
    box: int = 0
    """The id of the last private message that they were shown, as far as is known; the next ones follow."""
    language_asked: bool = False
    """They said which language they want."""


@dataclass(frozen=True, slots=True)
class Entered:
    """You are now in this room, and it is the one you talk to. ``fresh``: you were not in it before."""

    room: str
    others: Company
    topic: str
    fresh: bool
    last: int
    """The id of its last message."""
    epoch: str
    """Which history this is."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """You are in this room again (:data:`~chatd.requests.BOX`: you read yours); what follows begins behind ``after``."""

    room: str
    topic: str
    after: int
    last: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Reset:
    """The messages you know of this room are of another history: forget their ids. What follows begins behind ``after``."""

    room: str
    topic: str
    after: int
    last: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who is here now, sorted: everybody, or the people of one room. In a crowd only how many."""

    room: str | None
    names: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Departed:
    """You left this room; ``current`` is where you talk now, if anywhere."""

    room: str
    current: str | None


@dataclass(frozen=True, slots=True)
class Online:
    """Who is here: everybody, or the people of one room; name and address each, sorted. No address: they are hidden."""

    room: str | None
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """One row of the list of rooms."""

    name: str
    people: int
    topic: str
    joined: bool


@dataclass(frozen=True, slots=True)
class RoomList:
    """The rooms that people are in, the fullest first, and how many ``more`` there are."""

    rooms: tuple[RoomSummary, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class TopicShown:
    """What the room's topic is."""

    room: str
    topic: str


@dataclass(frozen=True, slots=True)
class NowCalled:
    """Your new name was accepted."""

    name: str


@dataclass(frozen=True, slots=True)
class Recalled:
    """What was said before, oldest first. ``cut``: there was more than one answer may hold."""

    room: str | None
    entries: tuple[Entry, ...]
    now: float
    cut: bool
    gone: bool = False
    """It begins with the first that is kept; what was before that is not any more."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought, oldest first. ``cut``: there was more than one answer may hold."""

    words: str
    room: str | None
    entries: tuple[Entry, ...]
    now: float
    cut: bool


@dataclass(frozen=True, slots=True)
class TimeStyleSet:
    """From now on times look like this."""

    style: TimeStyle


@dataclass(frozen=True, slots=True)
class LanguageSet:
    """From now on you are spoken to in this language."""

    language: Language


@dataclass(frozen=True, slots=True)
class LanguagesShown:
    """Which languages there are."""


@dataclass(frozen=True, slots=True)
class LanguageOffered:
    """Your name looks as if you would rather be spoken to in this language."""

    language: Language


@dataclass(frozen=True, slots=True)
class Ignored:
    """The names you ignore, sorted. ``changed``: the one that was just put on the list, or taken off it."""

    names: tuple[str, ...]
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class Helped:
    """How it is done: all commands, or one."""

    topic: str | None


@dataclass(frozen=True, slots=True)
class Present:
    """Who is in the room now: stands in for the comings and goings that a slow reader did not see."""

    people: Company
    names: tuple[str, ...]
    """All of them, sorted; in a crowd none."""


@dataclass(frozen=True, slots=True)
class Missed:
    """So many messages that a reader had still to read are no longer kept."""

    count: int
    first: int
    """The id of the first one that is."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What was asked for was not done. ``line``: the text that was lost by it, if it was meant for others."""

    error: ChatError
    line: str = ""
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Acked:
    """A message that was sent again is kept already, in this place of this room (or of the box: private ones)."""

    cid: str
    room: str
    id: int
    at: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """Your private message is kept: its receiver, who is away, is shown it when they are back."""

    name: str


@dataclass(frozen=True, slots=True)
class Unread:
    """So many private messages came while you were away; they follow."""

    count: int


class Prompt(StrEnum):
    """Something that is asked for and must not be seen."""

    PASSWORD = "password"
    """The account's."""
    NEW = "new"
    """One to be used from now on."""
    AGAIN = "again"
    """The new one once more."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Please type this now; ``name``: whose it is."""

    prompt: Prompt
    name: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """Your name is an account now: yours for good."""

    name: str


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """Your account has another password now."""


@dataclass(frozen=True, slots=True)
class Pong:
    """I am here."""


class Farewell(StrEnum):
    """Why the server ends a conversation."""

    ASKED = "asked"
    SHUTDOWN = "shutdown"
    FAILURE = "failure"
    NAMELESS = "nameless"
    FLOOD = "flood"
    PASSWORD = "password"
    """The account's password was changed by another connection."""
    REPLACED = "replaced"
    """The same session came back by another connection."""


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The last word before the connection is closed."""

    why: Farewell
    name: str | None = None


Reply: TypeAlias = (
    Welcome
    | Greeted
    | Entered
    | Resumed
    | Reset
    | Attendance
    | Departed
    | Online
    | RoomList
    | TopicShown
    | NowCalled
    | Recalled
    | Found
    | TimeStyleSet
    | LanguageSet
    | LanguagesShown
    | LanguageOffered
    | Ignored
    | Helped
    | Present
    | Missed
    | Refused
    | Acked
    | Waiting
    | Unread
    | Asking
    | Claimed
    | PasswordChanged
    | Pong
    | Goodbye
)

Event: TypeAlias = Message | Notice
"""What a room's queue holds."""
