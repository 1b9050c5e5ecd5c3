"""A log's growing end: what its next batch is, and who reads it, live or behind. How it is handed on is the fan-out's.

Knows positions, and readers by their shape only. Must not know sockets, SQL, clocks, who people are or what they may do.
"""

import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from chatd.batch import Batch
from chatd.events import Event, Present
from chatd.fanout import Live, Stuck, Tailer
from chatd.form import Form

PART = 200
"""Of a crowd, so many are handed a batch at a time: 2 ms."""


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


class LogReader(Tailer, Protocol):
    """Whoever reads a log."""

    def fall_behind(self, log: "Log", position: Position) -> None:
        """Its outlet is blocked: the log's batches pass it by from here on."""


class Log:
    """One log's growing end. Its readers are live, or behind and known to have a place of their own."""

    __slots__ = (
        "_behind",
        "_live",
        "_new_tail",
        "_partly",
        "_scheduled",
        "_soon",
        "_tail",
        "attendance",
        "count",
        "last",
        "latest",
        "name",
    )

    def __init__(
        self,
        name: str,
        last: int,
        new_tail: Callable[[], Tail],
        attendance: Callable[[], Present | None] = lambda: None,
        *,
        latest: float = 0.0,
        soon: Callable[[Callable[[], None]], object] = lambda call: call(),
    ) -> None:
        self.name = name
        self.last = last
        """The id of the last message delivered; what is on its way has none yet that counts."""
        self.count = 0
        """Batches delivered since the log was opened."""
        self.latest = latest
        """The time of the last message that was to go in (Unix seconds); no later one may have an earlier time."""
        self.attendance = attendance
        """Who is here now: told to readers that missed comings and goings."""
        self._live = Live[LogReader]()
        self._new_tail = new_tail
        self._tail: Tail | None = None
        self._behind = 0
        self._soon = soon
        self._partly: Batch | None = None
        """What a crowd is being handed."""
        self._scheduled = False

    @property
    def end(self) -> Position:
        """The position of those who have read everything."""
        return Position(self.count, self.last)

    def next_batch(self, events: Sequence[Event]) -> Batch:
        """These events as what comes next. They have happened only when they are delivered."""
        return Batch(self.count + 1, events, self.last + 1)

    def deliver(self, batch: Batch) -> None:
        """Hand the batch to every live reader; those whose outlet is blocked fall behind, with their position.

        In a crowd that takes long, so it is done a part at a time, ``soon``, and all others have their turn meanwhile. Where
        the next batch is there before the end, the rest is done at once.
        """
        self.count, self.last = batch.number, batch.last
        if self._partly is not None:
            self._hand_on(self._partly)
        self._leave_behind(self._live.deliver(batch.encoded), batch)
        if self._live.somebody_left:
            self._partly = batch
            self._schedule()

    def settle(self, reader: LogReader) -> None:
        """See that this one has what others were handed before."""
        if self._partly is not None:
            self._leave_behind(self._live.settle(reader), self._partly)

    def _schedule(self) -> None:
        """Have the next part of the crowd handed the batch."""
        if not self._scheduled:
            self._scheduled = True
            self._soon(self._hand_part)

    def _hand_part(self) -> None:
        self._scheduled = False
        if self._partly is None:
            return  # all have it by now
        try:  # a bug with one reader must not keep all behind it waiting
            self._hand_on(self._partly, PART)
        finally:
            if self._partly is not None:
                self._schedule()

    def _hand_on(self, batch: Batch, most: int = sys.maxsize) -> None:
        """To so many more of the crowd, or to all."""
        self._leave_behind(self._live.hand_on(most), batch)
        if not self._live.somebody_left:
            self._partly = None

    def _leave_behind(self, stuck: Stuck[LogReader], batch: Batch) -> None:
        """These have no more of it, or no more than it; it is kept while anybody is behind."""
        for reader in stuck.passed_by:
            reader.fall_behind(self, Position(batch.number - 1, batch.first - 1))
        for reader in stuck.blocked:
            reader.fall_behind(self, Position(batch.number, batch.last))
        if self._tail is not None and self.recent(batch.number) is None:
            self._tail.add(batch)

    def recent(self, number: int) -> Batch | None:
        """The batch of this number, if it is still in memory."""
        return self._tail.get(number) if self._tail is not None else None

    def go_live(self, reader: LogReader, form: Form) -> None:
        """From now on this reader is handed every batch."""
        self._live.add(reader, form)

    def live_form(self, reader: LogReader) -> Form:
        """The form in which this reader, which is live, is handed the batches."""
        return self._live.form_of(reader)

    def leave_live(self, reader: LogReader) -> Form:
        """This reader is handed nothing any more; its form is returned."""
        return self._live.remove(reader)

    def somebody_behind(self, more: int) -> None:
        """So many more (or fewer) readers are behind: while there are any, recent batches are kept."""
        self._behind += more
        if self._tail is None:
            self._tail = self._new_tail()
        elif not self._behind:
            self._tail.clear()
            self._tail = None
