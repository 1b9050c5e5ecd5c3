"""What a server says, as values: the lines of the protocol for programs, version 1, that a client acts on.

Knows what each means (docs/protocol.rst, From the server); neither how it is written nor what is done about it. Strings
that people see are safe to show; those that are only given back to the server (sessions, epochs, cids) are as they came.
"""

from dataclasses import dataclass
from typing import TypeAlias

from chatd.secret import Secret


@dataclass(frozen=True, slots=True)
class Registered:
    """``register``: the name was accepted. ``version`` is ``None`` from a server that only speaks version 0."""

    name: str
    version: int | None
    account: bool
    session: Secret | None
    epoch: str
    box: int
    motd: str
    text_bytes: int


@dataclass(frozen=True, slots=True)
class Unregistered:
    """``register``: it was not."""

    reason: str
    text: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Ack:
    """``ack``: a message is on disk."""

    room: str
    id: int
    at: float
    cid: str | None
    to: str


@dataclass(frozen=True, slots=True)
class Line:
    """``chat`` and ``pm``: somebody said something. ``past``: the same in an answer, where ids prove nothing."""

    room: str
    id: int
    name: str
    text: str
    at: float
    acted: bool
    to: str
    past: bool


@dataclass(frozen=True, slots=True)
class AnswerEnd:
    """``history`` and ``found``: the last line of an answer. ``words``: what was searched for, if it was a search.

    ``gone``: what was before is no longer kept.
    """

    room: str | None
    words: str | None
    more: bool
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """``waiting``: a private message is kept for somebody who is away."""

    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """``entered``: you are in a room."""

    room: str
    fresh: bool
    topic: str
    last: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Exit:
    """``departed``: you left a room."""

    room: str
    current: str | None


@dataclass(frozen=True, slots=True)
class Resumption:
    """``resumed``: you are in a room again; ``reset``: the same, but its history is another."""

    room: str
    topic: str
    after: int
    last: int
    epoch: str
    reset: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """``gap``: the messages of a room before ``first`` are no longer kept."""

    room: str
    first: int


@dataclass(frozen=True, slots=True)
class Users:
    """``users``: who is there; in a crowd only how many."""

    room: str | None
    names: tuple[str, ...] | None
    count: int


@dataclass(frozen=True, slots=True)
class Move:
    """``joined`` and ``left``: people came, or went."""

    room: str
    names: tuple[str, ...] | None
    count: int
    at: float
    came: bool


@dataclass(frozen=True, slots=True)
class NewName:
    """``renamed``: somebody has another name."""

    room: str
    old: str
    new: str
    at: float


@dataclass(frozen=True, slots=True)
class TopicIs:
    """``topic``: what a room is about; without a name it answers a request of one's own."""

    room: str
    topic: str
    name: str | None
    at: float


@dataclass(frozen=True, slots=True)
class YouAre:
    """``nick``: your name."""

    name: str


@dataclass(frozen=True, slots=True)
class RoomTable:
    """``rooms``: name, people, topic and whether one is in it, for each; and how many more there are."""

    rows: tuple[tuple[str, int, str, bool], ...]
    more: int


@dataclass(frozen=True, slots=True)
class People:
    """``who``: name and address of each; an empty address is hidden."""

    room: str | None
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AccountMade:
    """``claim``: your name is an account."""

    name: str


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """``password``: your password is another one."""


@dataclass(frozen=True, slots=True)
class Ping:
    """``ping``: are you there?"""


@dataclass(frozen=True, slots=True)
class Pong:
    """``pong``: I am here."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """``error``: no; ``retry``: not now."""

    code: str
    text: str
    request: str | None
    cid: str | None
    seconds: float | None
    retry: bool


@dataclass(frozen=True, slots=True)
class Farewell:
    """``bye``: the connection ends."""

    reason: str
    text: str


ServerMessage: TypeAlias = (
    Registered
    | Unregistered
    | Ack
    | Line
    | AnswerEnd
    | Kept
    | Entry
    | Exit
    | Resumption
    | Lost
    | Users
    | Move
    | NewName
    | TopicIs
    | YouAre
    | RoomTable
    | People
    | AccountMade
    | PasswordSet
    | Ping
    | Pong
    | Refusal
    | Farewell
)
