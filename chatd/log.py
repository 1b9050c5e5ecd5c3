"""A log and those who tail it: batches are encoded once per form and handed to every reader. The hot path is here.

Knows positions, forms and outlets by their shapes only. Must not know sockets, SQL, clocks, who people are or what they
may do; the bytes it joins are made by a :class:`Form` and never looked into.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chatd.events import Entry, Event, Joined, Left, Message, Present, Reply, TimeStyle
from chatd.folding import fold_letters

if TYPE_CHECKING:
    from chatd.reader import Reader


class Form(Protocol):
    """One way to write events as bytes; equal forms write the same bytes. Hashable."""

    def encode(self, event: Event | Reply, id: int = 0) -> bytes:
        """The event as whole lines; ``id`` is a message's place in its log."""

    def recall(self, entry: Entry, now: float) -> bytes:
        """The message as it is shown at a later time, ``now``."""

    def receipts(self, event: Event, id: int) -> Mapping[int, bytes]:
        """What is shown instead of the event to the connections that caused it, by origin."""

    def variant(self, style: TimeStyle, room: str, current: bool) -> "Form":
        """The same, for the log of ``room`` (a box: empty), which is the ``current`` one or not."""


class Outlet(Protocol):
    """Where one client's bytes go."""

    blocked: bool
    """The other side takes nothing more for now. Set by :meth:`send` only, cleared before the reader is told."""

    def send(self, data: bytes) -> None:
        """Take these bytes, even when blocked. Never calls back, never raises."""


Cut = tuple[int, int, bytes]
"""From here to there, these bytes instead."""


class Encoded:
    """One batch in one form: the bytes that everyone shares, and where they differ for whom."""

    __slots__ = ("_spans", "data", "own")

    def __init__(self, events: Sequence[Event], first: int, form: Form) -> None:
        parts: list[bytes] = []
        self.own: dict[int, list[Cut]] = {}
        self._spans: list[tuple[int, int]] = []
        at, id = 0, first
        for event in events:
            part = form.encode(event, id)
            end = at + len(part)
            for origin, instead in form.receipts(event, id).items():
                self.own.setdefault(origin, []).append((at, end, instead))
            parts.append(part)
            self._spans.append((at, end))
            at = end
            id += type(event) is Message
        self.data = b"".join(parts)

    def bytes_for(self, origin: int, hidden: Iterable[int] = ()) -> bytes:
        """The bytes for one connection: its receipts instead of what it caused, and without the ``hidden`` events."""
        cuts = self.own.get(origin, [])
        hide = [(*self._spans[index], b"") for index in hidden]
        if hide:
            cuts = sorted({start: (start, end, instead) for start, end, instead in [*cuts, *hide]}.values())
        return _cut(self.data, cuts) if cuts else self.data


def _cut(data: bytes, cuts: Sequence[Cut]) -> bytes:
    """The data with these pieces replaced, in one copy."""
    view = memoryview(data)
    pieces: list[bytes | memoryview] = []
    at = 0
    for start, end, instead in cuts:
        pieces += (view[at:start], instead)
        at = end
    pieces.append(view[at:])
    return b"".join(pieces)


class Batch:
    """Consecutive events of one log that are stored and delivered together."""

    __slots__ = ("_encoded", "_keys", "events", "first", "last", "messages", "number")

    def __init__(self, number: int, events: Sequence[Event], first: int) -> None:
        self.number = number
        """Which batch of its log this is, counted from 1 since the log was opened."""
        self.events = list(_runs_joined(events))
        self.messages = [event for event in self.events if type(event) is Message]
        self.first = first
        self.last = first + len(self.messages) - 1
        self._encoded: dict[Form, Encoded] = {}
        self._keys: list[str] | None = None

    def encoded(self, form: Form) -> Encoded:
        """The batch in this form; made once."""
        encoded = self._encoded.get(form)
        if encoded is None:
            encoded = self._encoded[form] = Encoded(self.events, self.first, form)
        return encoded

    def bytes_for(self, reader: "Reader", form: Form) -> bytes:
        """What this reader is sent of the batch."""
        return self.encoded(form).bytes_for(reader.origin, self._hidden(reader) if reader.ignored else ())

    def _hidden(self, reader: "Reader") -> Iterable[int]:
        """Which events the reader does not want to see."""
        if self._keys is None:
            self._keys = [fold_letters(event.name) if type(event) is Message else "" for event in self.events]
        return (index for index, key in enumerate(self._keys) if key in reader.ignored)

    def size(self) -> int:
        """About how many bytes of memory this takes."""
        return sum(len(encoded.data) for encoded in self._encoded.values()) + 300 * len(self.events)


def _runs_joined(events: Sequence[Event]) -> Iterable[Event]:
    """The events with neighbouring arrivals made one, and neighbouring departures: a crowd is one line, in its place."""
    run: list[Joined | Left] = []
    for event in events:
        if run and type(event) is not type(run[0]):
            yield _one(run)
            run = []
        if isinstance(event, Joined | Left):
            run.append(event)
        else:
            yield event
    if run:
        yield _one(run)


def _one(run: Sequence[Joined | Left]) -> Joined | Left:
    return run[0] if len(run) == 1 else type(run[0])(tuple(who for event in run for who in event.who))


class Position(NamedTuple):
    """How far a log has been read: so many batches, and up to this id."""

    batch: int
    id: int


@dataclass(slots=True)
class TailBudget:
    """How much memory all tails may take together."""

    limit: int
    used: int = 0


@dataclass(slots=True)
class Tail:
    """The newest batches of one log, whole and in order, kept while somebody is behind. Bounded by dropping the oldest."""

    limit: int
    budget: TailBudget
    batches: deque[tuple[Batch, int]] = field(default_factory=deque)
    used: int = 0

    def add(self, batch: Batch) -> None:
        """Keep this one; forget the oldest beyond the limits."""
        size = batch.size()
        self.batches.append((batch, size))
        self._account(size)
        while self.batches and (self.used > self.limit or self.budget.used > self.budget.limit):
            self._account(-self.batches.popleft()[1])

    def get(self, number: int) -> Batch | None:
        """The batch of this number, if it is still here."""
        index = number - self.batches[0][0].number if self.batches else -1
        return self.batches[index][0] if 0 <= index < len(self.batches) else None

    def clear(self) -> None:
        """Forget everything: nobody is behind."""
        self._account(-self.used)
        self.batches.clear()

    def _account(self, size: int) -> None:
        self.used += size
        self.budget.used += size


class Log:
    """One log's growing end. Its readers are live, or behind and known to have a place of their own."""

    def __init__(
        self, name: str, last: int, tail: Tail, attendance: Callable[[], Present | None] = lambda: None
    ) -> None:
        self.name = name
        self.last = last
        """The id of the last message delivered; what is on its way has none yet that counts."""
        self.count = 0
        """Batches delivered since the log was opened."""
        self.attendance = attendance
        """Who is here now: told to readers that missed comings and goings."""
        self._live: dict[Form, dict[Reader, None]] = {}
        self._tail = tail
        self._behind = 0

    @property
    def end(self) -> Position:
        """The position of those who have read everything."""
        return Position(self.count, self.last)

    def next_batch(self, events: Sequence[Event]) -> Batch:
        """These events as what comes next. They have happened only when they are delivered."""
        return Batch(self.count + 1, events, self.last + 1)

    def deliver(self, batch: Batch) -> None:
        """Hand the batch to every live reader; those whose outlet is blocked fall behind, with their position."""
        before = self.end
        self.count, self.last = batch.number, batch.last
        fallen: list[tuple[Reader, Position]] = []
        for form, readers in self._live.items():
            encoded = batch.encoded(form)
            data, own = encoded.data, encoded.own
            for reader in readers:
                outlet = reader.outlet
                if outlet.blocked:
                    fallen.append((reader, before))
                    continue
                if reader.ignored or reader.origin in own:
                    outlet.send(batch.bytes_for(reader, form))
                else:
                    outlet.send(data)
                if outlet.blocked:
                    fallen.append((reader, self.end))
        for reader, position in fallen:
            reader.fall_behind(self, position)
        if self._behind:
            self._tail.add(batch)

    def recent(self, number: int) -> Batch | None:
        """The batch of this number, if it is still in memory."""
        return self._tail.get(number)

    def go_live(self, reader: "Reader", form: Form) -> None:
        """From now on this reader is handed every batch."""
        self._live.setdefault(form, {})[reader] = None

    def leave_live(self, reader: "Reader", form: Form) -> None:
        """This reader is handed nothing any more."""
        readers = self._live[form]
        del readers[reader]
        if not readers:
            del self._live[form]

    def somebody_behind(self, more: int) -> None:
        """So many more (or fewer) readers are behind: while there are any, recent batches are kept."""
        self._behind += more
        if not self._behind:
            self._tail.clear()
