"""Time in a simulation: a clock that goes from one event to the next, and the part of it that dies with a server.

Knows when, not what. Must not know servers, clients or networks.
"""

from bisect import insort
from collections.abc import Callable
from operator import methodcaller
from typing import Any, cast

from twisted.internet.base import DelayedCall
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock

from chatd.clock import Timer
from tests.simulated.violation import Violation

_due = methodcaller("getTime")
_MANY = 100
ENDLESS = 10_000
"""Calls at the same time: they wait for nothing, so that on a real clock a processor would be busy with them for ever."""
TICK = 1e-6
"""Seconds: as exactly as this clock is told."""


class Time(Clock):
    """A ``task.Clock`` that puts each call into its place at once, instead of sorting all of them again and again."""

    def callLater(self, delay: float, callable: Callable[..., object], *args: object, **kw: object) -> IDelayedCall:
        """Call this after so many seconds, behind all that is due at the same time."""
        # A real clock goes on by itself; here a wait that is lost in rounding would never end.
        wait = max(delay, TICK) if delay else 0.0
        call = DelayedCall(self.seconds() + wait, callable, args, kw, self.calls.remove, lambda _: None, self.seconds)
        insort(self.calls, call, key=_due)
        return cast(IDelayedCall, call)

    def pass_by(self, seconds: float) -> None:
        """Let time pass, so that each call sees the time for which it was asked."""
        end, calls = self.seconds() + seconds, 0
        while self.calls and self.calls[0].getTime() <= end:
            wait = max(0.0, self.calls[0].getTime() - self.seconds())
            calls = 0 if wait else calls + 1
            if calls >= ENDLESS:
                raise Violation(f"time stands still for {self.calls[0].func}")
            self._call_next(wait)
        self.advance(end - self.seconds())

    def _call_next(self, wait: float) -> None:
        """Make one call, the next; not, as :meth:`advance` does, all that follow from it at the same time."""
        self.rightNow += wait
        call = self.calls.pop(0)
        call.called = 1
        call.func(*call.args, **call.kw)

    def _sortCalls(self) -> None:
        """They are sorted."""


class Lifetime:
    """The clock of one run of a server: when it dies, nothing that was put off happens any more."""

    def __init__(self, time: Time) -> None:
        self.over = False
        self._time = time
        self._timers: list[IDelayedCall] = []

    @property
    def timers(self) -> list[IDelayedCall]:
        """What is still to be called."""
        return [timer for timer in self._timers if timer.active()]

    def seconds(self) -> float:
        """See :class:`chatd.clock.Clock`."""
        return self._time.seconds()

    def callLater(self, delay: float, callable: Callable[..., Any], *args: Any) -> Timer:
        """See :class:`chatd.clock.Clock`."""
        timer = self._time.callLater(delay, callable, *args)
        if self.over:
            self._time.calls.remove(cast(DelayedCall, timer))
        elif len(self._timers) > 2 * _MANY:
            self._timers = self.timers
        self._timers.append(timer)
        return cast(Timer, timer)

    def die(self) -> None:
        """The power is cut. What waited is kept, so that nothing of it ends, but is never called."""
        self.over = True
        self._timers = self.timers
        for timer in self._timers:
            self._time.calls.remove(cast(DelayedCall, timer))
