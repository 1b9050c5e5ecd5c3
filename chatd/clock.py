"""What the server asks of time, and of whatever runs it. Knows no reactor: Twisted's and ``task.Clock`` fit these shapes."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol


class Timer(Protocol):
    """A call that has been put off."""

    def cancel(self) -> None:
        """Do not make the call after all; only valid while :meth:`active`."""

    def active(self) -> bool:
        """Whether the call is still to come."""


class Clock(Protocol):
    """Seconds that only go forward, and calls after some of them. Never the time of day: that is a ``WallClock``."""

    def seconds(self) -> float:
        """Seconds since some fixed moment."""

    def callLater(self, delay: float, callable: Callable[..., Any], *args: Any) -> Timer:
        """Call ``callable(*args)`` after ``delay`` seconds, 0 meaning: after what is being done now."""


WallClock = Callable[[], float]
"""The time of day, as Unix seconds. For people to read; never used to order or to wait."""

Spawn = Callable[[Coroutine[Any, Any, None]], None]
"""Lets a coroutine run by itself; a failure of it is somebody else's to report."""
