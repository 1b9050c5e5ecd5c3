"""What a core has to tell at this moment, as one value that another thread may keep: the window's side never sees the core.

Knows the core's views. Must not know threads or windows, and changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from chatd.limits import Limits
from chatd.requests import BOX
from clients.core import ClientCore
from clients.events import Event, State, Welcomed
from clients.outbox import Pending
from clients.rooms import Room

T = TypeVar("T")

_CLOCKS_AGREE: Final = 1.0  # seconds by which two clocks may drift before a time is told anew


@dataclass(frozen=True, slots=True)
class RoomView:
    """One joined room."""

    name: str
    topic: str = ""
    count: int = 0
    """How many people are in it."""
    people: tuple[str, ...] | None = None
    """Who, sorted, oneself included; ``None``: it is not known, as in rooms of more than 1,000."""
    speakers: tuple[str, ...] = ()
    """Who has said something, the last one first."""


@dataclass(frozen=True, slots=True)
class View:
    """A conversation with a server. What has not changed since the view before is the same object in both."""

    state: State
    server: str
    """Where it is: ``chat.example.org:5050``."""
    encrypted: bool = False
    """Whether it is spoken to over TLS."""
    retry_at: float | None = None
    """The next attempt to connect, if one waits for its time, in Unix seconds."""
    name: str = ""
    account: bool = False
    """Whether the name belongs to this person for good."""
    current: str | None = None
    """The room that is talked to."""
    rooms: tuple[RoomView, ...] = ()
    """The joined ones, in the order of joining, without the box of private messages."""
    correspondents: tuple[str, ...] = ()
    """With whom there were private messages, the last one first."""
    pending: tuple[Pending, ...] = ()
    """What was said and is not acknowledged yet, in order. Its times are those of :func:`time.monotonic`."""
    text_bytes: int = Limits().text_bytes
    """The most that the text of a message may have here, in bytes of UTF-8."""

    def room(self, name: str | None) -> RoomView | None:
        """The room of this name, as it is shown."""
        return next((room for room in self.rooms if room.name == name), None)


def look(core: ClientCore, happened: Iterable[Event], before: View, wall: float) -> View:
    """The view after ``happened``.

    Only the rooms that the events name are looked at closely, so that it costs little however many people are in the others.

    Args:
        core: what is looked at.
        happened: everything that the core has told since ``before``.
        before: the view until now; the first one has only ``server`` and ``encrypted``.
        wall: what is added to the core's clock to get Unix seconds.
    """
    happened = tuple(happened)
    anew = any(isinstance(event, Welcomed) for event in happened)
    named = {getattr(event, "room", None) for event in happened}
    known = {room.name: room for room in before.rooms}
    rooms = [room for name, room in core.rooms.items() if name != BOX]
    seen = (known[room.name] if _is_old(room, known, named) and not anew else _room(room) for room in rooms)
    view = View(
        core.state,
        before.server,
        before.encrypted,
        _moment(core.retry_at, wall, before.retry_at),
        core.name,
        core.account,
        core.current,
        _kept(tuple(_kept(room, known.get(room.name)) for room in seen), before.rooms),
        _kept(core.conversations, before.correspondents),
        _kept(core.pending, before.pending),
        core.text_bytes,
    )
    return _kept(view, before)


def _is_old(room: Room, known: dict[str, RoomView], named: set[str | None]) -> bool:
    return room.name in known and room.name not in named


def _room(room: Room) -> RoomView:
    return RoomView(room.name, room.topic, room.count, room.people, room.speakers)


def _kept(now: T, before: T | None) -> T:
    """The one from before, if nothing has changed: what is equal need not be drawn again."""
    return before if before is not None and now == before else now


def _moment(at: float | None, wall: float, before: float | None) -> float | None:
    """In Unix seconds; the clocks' jitter is no change."""
    if at is None:
        return None
    moment = at + wall
    return before if before is not None and abs(moment - before) < _CLOCKS_AGREE else moment
