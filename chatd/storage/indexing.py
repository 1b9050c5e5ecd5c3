"""When words are indexed: while the writer has nothing else to do, or now and then all the same.

Knows time, and that there is an index; no SQL, no threads, and not what a word is.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred

from chatd.clock import Clock, Timer
from chatd.storage.contract import StoreError, StoreFull

INDEX_SECONDS = 0.5
"""How soon after a message its words are indexed, if the writer is idle then; if not, how soon to look again."""
INDEX_POSTPONEMENTS = 10
"""How often a busy writer puts it off. After that a slice is indexed anyway: no load may last for ever."""
INDEX_MANY = 10_000
"""With more left than this, searching is slow: the operator is told, and a busy writer puts a slice off less often."""
INDEX_MANY_SECONDS = 0.1
"""And for so long."""
INDEX_MANY_POSTPONEMENTS = 5
"""And so often: then fewer than one message of a hundred has to wait for a slice."""
INDEX_FULL_SECONDS = 60.0
"""How soon to try again when there was no room for them."""


class Indexer:
    """Has the words of new messages indexed, slice by slice, one slice at a time.

    The operator is told when there is much to do, by an upgrade for example, and when that is done. A failure that is
    not known to pass ends it; messages are kept all the same, and found by looking at those that are not indexed.

    Args:
        clock: makes the timers.
        is_idle: whether no message waits for the writer, or is likely to come at once.
        index_some: indexes one slice, after what the writer was asked before. How many are left then.
        report: is given a sentence for the operator.
    """

    def __init__(
        self,
        clock: Clock,
        is_idle: Callable[[], bool],
        index_some: Callable[[], Coroutine[Any, Any, int]],
        report: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._is_idle = is_idle
        self._index_some = index_some
        self._report = report
        self._timer: Timer | None = None
        self._postponed = 0
        self._many = False
        self._running = False
        self._stopped = False

    def expect(self) -> None:
        """There may be something to index. Costs nothing when that is known already."""
        self._begin_in(INDEX_SECONDS)

    def stop(self) -> None:
        """Begin no further slice. May be called again."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin_in(self, seconds: float) -> None:
        if self._timer is None and not self._running and not self._stopped:
            self._timer = self._clock.callLater(seconds, self._begin)

    def _begin(self) -> None:
        """Index a slice, unless that would keep a message waiting and can be put off."""
        self._timer = None
        if self._is_idle() or self._postponed >= (INDEX_MANY_POSTPONEMENTS if self._many else INDEX_POSTPONEMENTS):
            self._postponed = 0
            Deferred.fromCoroutine(self._run())
        else:
            self._postponed += 1
            self._begin_in(INDEX_MANY_SECONDS if self._many else INDEX_SECONDS)

    async def _run(self) -> None:
        self._running = True  # and so it stays after an error nobody foresaw, which Twisted logs: once, too
        again = await self._slice()
        self._running = False
        if again is not None:
            self._begin_in(again)

    async def _slice(self) -> float | None:
        """Index some. In how many seconds to go on, if there is more to do."""
        try:
            left = await self._index_some()
        except StoreFull:
            return INDEX_FULL_SECONDS
        except StoreError as error:
            self.stop()
            self._report(f"New messages are not indexed any more, which makes searching slow: {error}")
            return None
        self._tell(left)
        return 0.0 if left else None

    def _tell(self, left: int) -> None:
        """Tell the operator about many, once, and when none of them is left."""
        if left > INDEX_MANY and not self._many:
            self._many = True
            self._report(f"{left:,} messages are being indexed; until that is done, searching is slow.")
        elif not left and self._many:
            self._many = False
            self._report("All messages are indexed.")
