"""What a client may ask for, as values. Knows no formats and no rules: it is only asked here, not yet allowed."""

from dataclasses import dataclass
from typing import TypeAlias

from chatd.errors import ChatError
from chatd.events import TimeStyle


@dataclass(frozen=True, slots=True)
class Say:
    """Say this in the room I am in."""

    text: str


@dataclass(frozen=True, slots=True)
class Act:
    """Show me doing this in the room I am in."""

    text: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Say this to one person, given by name or by address; to nobody named: the last one who wrote to me."""

    to: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Introduce:
    """I want to be called this: the first name, before anything else works."""

    name: str


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


@dataclass(frozen=True, slots=True)
class Leave:
    """Let me out of this room; of the one I talk to, if none is named."""

    room: str | None = None


@dataclass(frozen=True, slots=True)
class Rooms:
    """Which rooms are there?"""


@dataclass(frozen=True, slots=True)
class Topic:
    """Set the topic of the room I am in; ``None``: show it; empty: remove it."""

    text: str | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """What was said here before: the last ``count`` messages, or those of the last ``seconds``."""

    count: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Where were these words said?"""

    words: str


@dataclass(frozen=True, slots=True)
class SetTime:
    """Show times like this."""

    style: TimeStyle


@dataclass(frozen=True, slots=True)
class Ignore:
    """Show me nothing of this person, or again something; nobody named: whom do I ignore?"""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Help:
    """How is it done: everything, or this command."""

    topic: str | None = None


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


Request: TypeAlias = (
    Say
    | Act
    | Tell
    | Introduce
    | Rename
    | Who
    | Join
    | Leave
    | Rooms
    | Topic
    | Recall
    | Search
    | SetTime
    | Ignore
    | Help
    | Quit
    | Nothing
    | Invalid
)
