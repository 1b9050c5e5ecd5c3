"""How often something may happen. Knows neither what it is nor what time it is: it is told the seconds."""


class TokenBucket:
    """Lets ``burst`` things through at once and ``rate`` per second after that.

    The token bucket of RFC 2697 without its colours. A rate of 0 means no limit.
    """

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, burst: int, rate: float, now: float) -> None:
        self._burst = burst
        self._rate = rate
        self._tokens: float = burst
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until the next one may pass; 0 means now."""
        if not self._rate:
            return 0.0
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        # A hair less than one whole token is one: a timer set for that moment must not find itself early.
        return 0.0 if self._tokens > 1 - 1e-9 else (1 - self._tokens) / self._rate

    def take(self) -> None:
        """One passes; only after :meth:`wait` said 0."""
        if self._rate:
            self._tokens -= 1
