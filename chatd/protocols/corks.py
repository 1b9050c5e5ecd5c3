"""What several clients are sent in one turn of the reactor, at the end of it. Knows a clock; not what they are sent, or by whom.

To send to a client that sleeps is to wake it up, and costs many times what it costs to send to the next one as long as the
first is awake: where both are on one machine, most of what a greeting takes. So when a crowd comes, those who are let in in one
turn are greeted one right after the other; and each with one ``send``, whatever the greeting consists of.
"""

from collections import deque
from typing import Protocol

from chatd.clock import Clock


class Corkable(Protocol):
    """Where one client's bytes go."""

    def cork(self) -> None:
        """Gather them."""

    def uncork(self) -> None:
        """Send what was gathered; nothing, if that has happened."""


class Corks:
    """Those who gather what they are sent until the end of this turn."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._corked: deque[Corkable] = deque()

    def put(self, outlet: Corkable) -> None:
        """Let this one do so."""
        if not self._corked:
            self._clock.callLater(0, self._pull)
        self._corked.append(outlet)
        outlet.cork()

    def _pull(self) -> None:
        try:
            while self._corked:
                self._corked.popleft().uncork()
        finally:
            if self._corked:  # a bug with one of them must not keep the others waiting
                self._clock.callLater(0, self._pull)
