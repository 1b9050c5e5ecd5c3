"""One timer for many who all wait equally long. Knows a clock; neither who they are, nor for what they wait.

Where a crowd comes, nearly all who wait for a moment stop again at once: a timer of the reactor's for each of them takes as
long as everything else that is done to find out who they are. Since all wait equally long, they are in the order in which
their time is over, and one timer for the first of them is enough.
"""

from collections import OrderedDict
from collections.abc import Callable

from chatd.clock import Clock, Timer


class SharedTimer:
    """Calls back once somebody has waited for so many ``seconds``."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._waiting: OrderedDict[object, tuple[float, Callable[[], None]]] = OrderedDict()
        """Who: until when, and what is called then. The first one's time is over first."""
        self._timer: Timer | None = None
        self._rings_at = 0.0

    def start(self, who: object, then: Callable[[], None]) -> None:
        """``who`` waits from now on; if they do already, anew."""
        self._waiting[who] = self._clock.seconds() + self._seconds, then
        self._waiting.move_to_end(who)
        if self._timer is None:
            self._wait_for_first()

    def stop(self, who: object) -> None:
        """``who`` does not wait, or not any more."""
        if self._waiting.pop(who, None) is not None and not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait_for_first(self) -> None:
        self._rings_at, _ = next(iter(self._waiting.values()))
        self._timer = self._clock.callLater(max(0.0, self._rings_at - self._clock.seconds()), self._ring)

    def _ring(self) -> None:
        """The time of one who waited is over, if they still wait; a bug in what is called then leaves the others theirs."""
        self._timer = None
        now = max(self._clock.seconds(), self._rings_at)  # which may be later by a rounding
        try:
            while self._waiting and next(iter(self._waiting.values()))[0] <= now:
                _, (_, then) = self._waiting.popitem(last=False)
                then()
        finally:
            if self._waiting and self._timer is None:
                self._wait_for_first()
