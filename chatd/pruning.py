"""When old messages are dropped: at the start and then regularly, a slice at a time, so that messages need not wait.

Knows a store and time. Must not know how messages are kept, or who reads them.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from chatd.chat import Surroundings
from chatd.clock import Timer
from chatd.limits import Limits
from chatd.storage.contract import Retention, StoreError, StoreFull

ROUND_SECONDS: Final = 60.0
"""How long after the end of one round the next begins."""
SLICE_SECONDS: Final = 0.05
"""Between two slices: so that a large backlog does not take the disk for itself."""
DAY_SECONDS: Final = 86400.0


class Operator(Protocol):
    """Who is told what was done."""

    def announce(self, lines: Sequence[str]) -> None:
        """What is as it should be."""

    def report(self, sentence: str) -> None:
        """What is not."""


def retention(limits: Limits) -> Retention:
    """What is to be kept by these; by default everything, for ever."""
    return Retention(limits.keep_days * DAY_SECONDS or None, limits.keep_messages or None)


class Pruner:
    """Has the store drop what is not to be kept any more, round after round, and tells the operator how much that was.

    Where everything is kept it has something to do as well: what is remembered of messages that were dropped before goes
    in the end.

    A failure that is not known to pass ends it, and the operator is told: nothing else is harmed by that.
    """

    def __init__(self, surroundings: Surroundings, kept: Retention, operator: Operator) -> None:
        self._surroundings = surroundings
        self._kept = kept
        self._operator = operator
        self._timer: Timer | None = None
        self._dropped = 0
        self._stopped = False

    def start(self) -> None:
        """Begin the first round as soon as the reactor runs."""
        self._call_later(0, "")

    def stop(self) -> None:
        """Begin no further slice. May be called again."""
        self._stopped = True
        self._tell_dropped()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _call_later(self, seconds: float, place: str) -> None:
        if not self._stopped:
            self._timer = self._surroundings.clock.callLater(seconds, self._begin, place)

    def _begin(self, place: str) -> None:
        self._timer = None
        self._surroundings.spawn(self._slice(place))

    async def _slice(self, place: str) -> None:
        surroundings = self._surroundings
        try:
            pruned = await surroundings.store.prune(self._kept, surroundings.wall(), place)
        except StoreFull:
            self._end_round()  # who writes hears of full disks; here the next round will do
            return
        except StoreError as error:
            self._give_up(error)
            return
        self._dropped += pruned.dropped
        if pruned.rest is None:
            self._end_round()
        else:
            self._call_later(SLICE_SECONDS, pruned.rest)

    def _end_round(self) -> None:
        self._tell_dropped()
        self._call_later(ROUND_SECONDS, "")

    def _tell_dropped(self) -> None:
        dropped, self._dropped = self._dropped, 0
        if dropped:
            were = "message was" if dropped == 1 else "messages were"
            self._operator.announce([f"{dropped:,} old {were} dropped."])

    def _give_up(self, error: StoreError) -> None:
        if not self._stopped:  # else the store is closed
            self.stop()
            self._operator.report(f"Old messages are not dropped any more, until the next start: {error}")
