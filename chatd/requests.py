"""What a client may ask for, as values. Knows no formats and no rules: it is only asked here, not yet allowed.

``room``, where it may be left out, is then the room that is talked to. ``cid`` is the client's own id of a message:
whoever sends one may send the same message again, and it still appears once.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from chatd.errors import ChatError
from chatd.secret import Secret
from chatd.timestyle import TimeStyle

BOX = "@"
"""Stands for one's own private messages where a room is named."""


@dataclass(frozen=True, slots=True)
class Say:
    """Say this in a room."""

    text: str
    room: str | None = None
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Show me doing this in a room."""

    text: str
    room: str | None = None
    cid: str | None = None


@dataclass(frozen=True, slots=True)
class Tell:
    """Say this to one person, given by name or by address; to nobody named: the last one who wrote to me."""

    to: str | None
    text: str
    cid: str | None = None


class Introduce(NamedTuple):
    """I want to be called this: the first name, before anything else works.

    A program that wants to come back as the same person after a cut says ``resumable``, and is given a secret; presenting
    it as ``session`` is coming back, and then the name may be left out.

    A tuple, since those are made and compared quickly: when a crowd comes, each of it says this.
    """

    name: str | None
    password: Secret | None = None
    session: Secret | None = None
    resumable: bool = False
    rooms: tuple[str, ...] | None = None
    """The rooms to go into; ``None``: the lobby, or none when coming back."""
    recent: int | None = None
    """How many of the last messages to show in each; ``None``: as many as usual."""
    language: str | None = None
    """The language to be spoken to in, by its code; ``None``, or one that there is not: as the server likes."""


@dataclass(frozen=True, slots=True)
class Rename:
    """I want to be called this from now on."""

    name: str


@dataclass(frozen=True, slots=True)
class Who:
    """Who is here: everybody, or in one room."""

    room: str | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """Let me into this room, or make it the one I talk to."""

    room: str
    recent: int | None = None
    """How many of its last messages to show; ``None``: as many as usual."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Let me into this room again (or read my :data:`BOX` again), from behind the last message I have."""

    room: str
    epoch: str
    after: int


@dataclass(frozen=True, slots=True)
class List:
    """The names of those who are here: everybody, or in one room."""

    room: str | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """Let me out of this room; of the one I talk to, if none is named."""

    room: str | None = None


@dataclass(frozen=True, slots=True)
class Rooms:
    """Which rooms are there?"""


@dataclass(frozen=True, slots=True)
class Topic:
    """Set the topic of a room; ``None``: show it; empty: remove it."""

    text: str | None = None
    room: str | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """What was said before: the last ``count`` messages, or those of the last ``seconds``, of ids below ``before``.

    No room: the one that is talked to and the box, together.
    """

    count: int | None = None
    seconds: float | None = None
    room: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Where were these words said? No room: in the one that is talked to, and in the box."""

    words: str
    room: str | None = None


@dataclass(frozen=True, slots=True)
class SetTime:
    """Show times like this."""

    style: TimeStyle


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Speak this language to me, by its code or name; none given: which are there?"""

    code: str | None = None


@dataclass(frozen=True, slots=True)
class Ignore:
    """Show me nothing of this person, or again something; nobody named: whom do I ignore?"""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Help:
    """How is it done: everything, or this command."""

    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """Make an account of my name, with this password; none given: ask me for it."""

    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """I am the owner of this account; what is not given: ask me for it."""

    name: str | None = None
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Another password for my account; what is not given: ask me for it."""

    old: Secret | None = None
    new: Secret | None = None


@dataclass(frozen=True, slots=True)
class Enter:
    """What was typed where the server asked for something that must not be seen."""

    secret: Secret


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there?"""


@dataclass(frozen=True, slots=True)
class Quit:
    """I am going."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty line. It asks for nothing, but takes its turn: a flood of them is a flood."""


@dataclass(frozen=True, slots=True)
class Invalid:
    """What came in could not be understood. It takes its turn like a request, so that the answer does too."""

    error: ChatError
    line: str = ""
    kind: str = ""
    """What it was going to be, in a format that says so."""
    cid: str | None = None

    def __post_init__(self) -> None:
        """Let go of how the error came about: a traceback holds all that was being read, for as long as this waits."""
        self.error.__traceback__ = self.error.__context__ = self.error.__cause__ = None


Request: TypeAlias = (
    Say
    | Act
    | Tell
    | Introduce
    | Rename
    | Who
    | Join
    | Resume
    | List
    | Leave
    | Rooms
    | Topic
    | Recall
    | Search
    | SetTime
    | SetLanguage
    | Ignore
    | Help
    | Register
    | Login
    | ChangePassword
    | Enter
    | Ping
    | Quit
    | Nothing
    | Invalid
)
