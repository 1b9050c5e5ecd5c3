"""How long to wait before the next attempt. Knows numbers; neither clocks nor what is attempted.

Exponential back-off with full jitter: each wait is anything from nothing to a ceiling that doubles, so that a thousand
clients whose server comes back do not come back in the same moment. (Marc Brooker, "Exponential Backoff And Jitter",
AWS Architecture Blog, 2015.)
"""

from random import Random


class Backoff:
    """The waits between attempts: up to ``first`` seconds, then up to twice as many each time, never beyond ``most``.

    ``least`` is the part of each wait that is not left to chance: 0 is full jitter, 0.5 waits half of it at least.
    ``at_once``: before the first wait there is an attempt without any.
    """

    def __init__(self, random: Random, first: float, most: float, *, least: float = 0.0, at_once: bool = False) -> None:
        self._random = random
        self._first = first
        self._most = most
        self._least = least
        self._at_once = at_once
        self.reset()

    def reset(self) -> None:
        """It worked: the next wait is the first one again."""
        self._ceiling = 0.0 if self._at_once else self._first

    def next(self) -> float:
        """Seconds until the next attempt."""
        ceiling = self._ceiling
        self._ceiling = min(self._most, max(self._first, 2 * ceiling))
        return ceiling * self._random.uniform(self._least, 1.0)
