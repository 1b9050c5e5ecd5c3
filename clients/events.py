"""What a user interface is told, as values. Knows no window, no terminal, no bytes and no rules of the connection.

Every string in them is safe to stand in a line: controls and what turns a line around have been taken out. Sentences that
were made here, not by the server, are in the language that is spoken (:mod:`clients.wording`), and safe as they are. Two names
stand for rooms without a ``#``: :data:`~chatd.requests.BOX` is the room of the private messages. Times are Unix seconds.

What is shown of a conversation is one event, :class:`Said`: once for each message, in the order of the ids of its room,
one's own included. :class:`Acked` and :class:`NotSent` only say what became of something that was waiting to be sent.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from chatd.requests import BOX, ChangePassword, Help, Register, SetLanguage, SetTime
from chatd.secret import Secret
from clients.outbox import Pending


class State(StrEnum):
    """How the connection is."""

    CONNECTING = "connecting"
    """A connection is being opened."""
    REGISTERING = "registering"
    """It is open; the server has not accepted the name yet, or the person is being asked for one."""
    ONLINE = "online"
    WAITING = "waiting"
    """There is none; the next attempt is made at a time that is known, or when the person has answered."""
    ENDED = "ended"
    """For good."""


class Timing(StrEnum):
    """When a message was said, seen from the one who reads it."""

    LIVE = "live"
    """Now."""
    MISSED = "missed"
    """While the connection was cut, or while its reader was away."""
    EARLIER = "earlier"
    """Before the room was joined, or in an answer to ``/history`` or ``/search``."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message in its place: the ``id``-th of its room. Each is told once, in order; answers repeat what was shown."""

    room: str
    id: int
    name: str
    """Who said it."""
    text: str
    at: float
    acted: bool = False
    """It was done, not said: ``* ali waves``."""
    own: bool = False
    """It is this person's."""
    mention: bool = False
    """It calls this person by name."""
    to: str = ""
    """For private messages: the receiver's name."""
    timing: Timing = Timing.LIVE

    @property
    def private(self) -> bool:
        """Whether it was said to one person only."""
        return self.room == BOX


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The connection is something else now: ``why``, in a sentence if there is something to say, else empty."""

    state: State
    why: str = ""
    retry_at: float | None = None
    """When :attr:`state` is ``WAITING``: the next attempt, on the clock that the core is given."""


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The name was accepted: the conversation begins, or goes on."""

    name: str
    account: bool
    motd: str
    """The one string here that may be several lines, divided by line feeds."""
    again: bool
    """As the same person as before a cut."""
    session: Secret
    """By this the same person can come back for 24 hours."""


@dataclass(frozen=True, slots=True)
class PasswordWanted:
    """The name is an account: please give its password, or another name. ``wrong``: the last one was not it."""

    name: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class NameWanted:
    """Please give a name; the last one could not be had, and the sentence says why."""

    reason: str


@dataclass(frozen=True, slots=True)
class NewPasswordWanted:
    """Please ask for what this request lacks (so that nobody sees it), and send it again with it."""

    request: Register | ChangePassword


@dataclass(frozen=True, slots=True)
class Named:
    """This person is called this now."""

    name: str


@dataclass(frozen=True, slots=True)
class Came:
    """Others came into a room."""

    room: str
    names: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Went:
    """Others went out of a room."""

    room: str
    names: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Renamed:
    """Somebody else in a room has another name."""

    room: str
    old: str
    new: str
    at: float


@dataclass(frozen=True, slots=True)
class TopicChanged:
    """A room is about something else; an empty topic is none. ``name``: who set it, if that is known."""

    room: str
    topic: str
    name: str
    at: float


@dataclass(frozen=True, slots=True)
class TopicTold:
    """The answer to ``/topic``."""

    room: str
    topic: str


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """The list of the people of a room, or their number, is another: look at the room again."""

    room: str


@dataclass(frozen=True, slots=True)
class Entered:
    """This person is in a room, and talks to it if it is the current one. ``again``: after a cut, or it was joined already."""

    room: str
    topic: str
    again: bool


@dataclass(frozen=True, slots=True)
class Departed:
    """This person is no longer in a room; ``current`` is the one that is talked to now, if any."""

    room: str
    current: str | None


@dataclass(frozen=True, slots=True)
class CurrentChanged:
    """Another room is talked to, or none."""

    room: str | None


@dataclass(frozen=True, slots=True)
class Acked:
    """A message of this person is on the server's disk, in this place. It is shown by its :class:`Said`, not by this."""

    pending: Pending
    room: str
    id: int
    at: float


@dataclass(frozen=True, slots=True)
class NotSent:
    """A message of this person is given up; the sentence says why, and whether it may have been sent after all."""

    pending: Pending
    sentence: str
    quoted: bool = False
    """The sentence says which message it was."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages of a room that were missed are no longer kept by the server: the next one is the ``first``."""

    room: str
    first: int


@dataclass(frozen=True, slots=True)
class HistoryReset:
    """The server's history of a room was replaced by another: the ids begin anew, and what was missed is not known."""

    room: str


@dataclass(frozen=True, slots=True)
class History:
    """The answer to ``/history``, the oldest first. No room: the current one and the private messages together."""

    room: str | None
    messages: tuple[Said, ...]
    more: bool
    """There were more than the answer may hold."""
    gone: bool = False
    """It begins with the first that is kept; there were others before."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to ``/search``, the oldest first."""

    room: str | None
    words: str
    messages: tuple[Said, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Present:
    """The answer to ``/who``: names, each with an address or, where those are hidden, without. No room: everybody."""

    room: str | None
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RoomRow:
    """One room in a list of rooms."""

    name: str
    count: int
    topic: str
    joined: bool


@dataclass(frozen=True, slots=True)
class RoomsListed:
    """The answer to ``/rooms``: the fullest first, and how many ``more`` there are."""

    rooms: tuple[RoomRow, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """The names that are ignored, as they were given, sorted. ``changed``: the one put on the list or taken off it."""

    names: tuple[str, ...]
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class Local:
    """A request that the interface answers by itself: help, how times are shown, and the language."""

    request: Help | SetTime | SetLanguage


@dataclass(frozen=True, slots=True)
class Waiting:
    """The last private message to this person, who is away, is kept until the next login."""

    name: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """The name is an account now."""

    name: str


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """The account has another password now."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was asked for was not done; the sentence says why and what to do."""

    sentence: str
    code: str = ""
    """The server's error code, if it was the server's answer (docs/protocol.rst, Errors)."""


@dataclass(frozen=True, slots=True)
class Bye:
    """The server ends the connection: its word for the reason (``shutdown``, ``replaced``, ...), and a sentence."""

    reason: str
    text: str


Event: TypeAlias = (
    Said
    | StateChanged
    | Welcomed
    | PasswordWanted
    | NameWanted
    | NewPasswordWanted
    | Named
    | Came
    | Went
    | Renamed
    | TopicChanged
    | TopicTold
    | PeopleChanged
    | Entered
    | Departed
    | CurrentChanged
    | Acked
    | NotSent
    | Gap
    | HistoryReset
    | History
    | Found
    | Present
    | RoomsListed
    | Ignored
    | Local
    | Waiting
    | Claimed
    | PasswordChanged
    | Problem
    | Bye
)
