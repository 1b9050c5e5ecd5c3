"""How long something does not work, and how often it was tried: told when it begins, now and then, and when it is over.

Knows time, and whom to tell; must not know what it is that does not work.
"""

from typing import Final, Protocol

from chatd.clock import Clock, Timer

AGAIN_SECONDS: Final = 600.0
"""How soon it is told again while it lasts."""
CALM_SECONDS: Final = 10.0
"""For so long nothing may have failed until it is said to be over: of a disk that is almost full, some things still fit."""


class Failing(Protocol):
    """Tells that it does not work."""

    def __call__(self, reason: str, count: int, seconds: float) -> None:
        """Why, by a sentence; how much has failed so far, in how long."""


class Over(Protocol):
    """Tells that it works again."""

    def __call__(self, count: int, seconds: float) -> None:
        """How much has failed, in how long."""


class Outage:
    """Whether there is one now. What fails and what works must be told to it, each time."""

    def __init__(self, clock: Clock, failing: Failing, over: Over) -> None:
        self._clock = clock
        self._failing = failing
        self._over = over
        self._since: float | None = None
        self._count = 0
        self._seconds = 0.0
        self._tell_at = 0.0
        self._calm: Timer | None = None

    def failed(self, reason: str, count: int = 1) -> None:
        """So much has failed just now."""
        now = self._clock.seconds()
        if self._since is None:
            self._since = self._tell_at = now
            self._count = 0
        self._count += count
        self._be_calm(None)
        if now >= self._tell_at:
            self._tell_at = now + AGAIN_SECONDS
            self._failing(reason, self._count, now - self._since)

    def worked(self) -> None:
        """Something has worked just now. Costs nothing when there is no outage."""
        if self._since is not None and self._calm is None:
            self._seconds = self._clock.seconds() - self._since
            self._be_calm(self._clock.callLater(CALM_SECONDS, self._end))

    def goes_on(self) -> None:
        """If there is one, it is not over yet, whatever has worked before. That it lasts is nobody's news."""
        self._be_calm(None)

    def close(self) -> None:
        """Nothing more will be told to it. May be called again."""
        if self._calm is not None:
            self._end()

    def _be_calm(self, timer: Timer | None) -> None:
        if self._calm is not None and self._calm.active():
            self._calm.cancel()
        self._calm = timer

    def _end(self) -> None:
        self._be_calm(None)
        self._since = None
        self._over(self._count, self._seconds)
