"""Tells clients of the old protocol, which know no comings and goings, who is online. Must not know formats or sockets."""

from collections.abc import Callable

from chatd.clock import Clock, Timer
from chatd.events import Roll

SECONDS = 1.0
"""How often, at most: a list of everybody to everybody at every change would be quadratic, and more."""


class RollCall:
    """Calls the roll a moment after something has changed, if anybody listens."""

    def __init__(self, clock: Clock, names: Callable[[], tuple[str, ...]], tell: Callable[[Roll], None]) -> None:
        self._clock = clock
        self._names = names
        self._tell = tell
        self._listeners = 0
        self._timer: Timer | None = None

    def listen(self, more: int) -> None:
        """So many more (or fewer) clients want to hear it; without any, no timer runs."""
        self._listeners += more
        if not self._listeners and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def changed(self) -> None:
        """Somebody came, went, or has another name."""
        if self._listeners and self._timer is None:
            self._timer = self._clock.callLater(SECONDS, self._call)

    def _call(self) -> None:
        self._timer = None
        self._tell(Roll(self._names()))
