"""One client's requests, taken one at a time in the order they came. Knows when, not what: it must not know rooms.

Messages follow each other at once, as long as little of them is still on its way to the disk, and not too much of
everybody's; then they wait, and so does whoever sends them. Anything else waits until all of them are stored, so that
``/exit`` leaves after what was said before it. Too many lines wait for their turn; too many of those are refused.
"""

import math
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from chatd.clock import Clock, Spawn, Timer
from chatd.errors import ChatError, TooFast
from chatd.fanout import Outlet
from chatd.limits import Limits
from chatd.ratelimit import TokenBucket
from chatd.requests import Act, Quit, Request, Say, Tell

Performance: TypeAlias = Coroutine[Any, Any, None] | None
"""Something done, or something that will be when this has run."""

MESSAGES = (Say, Tell, Act)
REFUSED_AT_ONCE = 16
"""Lines of a flood that are refused one after the other; then the others have their turn."""
BREATHER = 0.05
"""Seconds until the next of them are looked at: so long nobody notices, and a flood costs hardly anything."""


class Performer(Protocol):
    """Whose requests they are."""

    @property
    def crowded(self) -> bool:
        """Whether so many messages of all are on their way that nobody should have more than one among them."""

    def perform(self, request: Request) -> Performance:
        """Do this one."""

    def refuse(self, error: ChatError, line: str = "", request: Request | None = None) -> None:
        """Say that one is not even kept, once for all that follow it, but of each that has an id by which it is known."""

    def drown(self) -> None:
        """There were far too many."""


class Offering(Protocol):
    """Where they come from."""

    def resume(self) -> None:
        """The next may be offered."""


class Turns:
    """Holds requests until their turn, and performs them.

    Nothing begins while the ``outlet`` is blocked: then the answer could only be kept in memory.
    """

    __slots__ = (
        "_advancing",
        "_breather",
        "_bucket",
        "_clock",
        "_ended",
        "_held",
        "_limits",
        "_offering",
        "_outlet",
        "_overflowing",
        "_performer",
        "_refuse_each",
        "_refused",
        "_spawn",
        "_timer",
        "_uncommitted",
        "_waiting",
    )

    def __init__(  # noqa: PLR0917 (all of them are given once, by name)
        self,
        limits: Limits,
        clock: Clock,
        spawn: Spawn,
        outlet: Outlet,
        performer: Performer,
        offering: Offering,
        refuse_each: bool = False,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._spawn = spawn
        self._outlet = outlet
        self._performer = performer
        self._offering = offering
        self._refuse_each = refuse_each
        self._bucket = TokenBucket(limits.flood_burst, limits.flood_rate, clock.seconds())
        self._waiting: tuple[Request, ...] = ()  # mostly none, and few ever; nothing else that is empty takes no memory
        self._timer: Timer | None = None
        self._breather: Timer | None = None
        self._held = 0
        self._advancing = False
        self._ended = False
        self._uncommitted = 0
        self._refused = 0
        self._overflowing = False

    @property
    def hungry(self) -> bool:
        """Whether to offer more. Lines that wait for the flood limit do not stop the reading: a reset must be noticed.

        Refused ones do for a moment: a peer that sends thousands must not keep everybody waiting.
        """
        if self._ended or self._breather is not None:
            return False
        return not (self._held or self._waiting) or self._timer is not None

    @property
    def empty(self) -> bool:
        """Whether nothing waits for its turn."""
        return not self._waiting

    def add(self, request: Request) -> None:
        """Take this one in its turn."""
        if self._ended:
            return
        if (self._overflowing or self._timer is not None) and self._overflows(request):
            return
        if self._waiting or self._advancing or not self._may_go(request):
            self._waiting += (request,)
            return
        self._advancing = True
        try:
            self._begin(request)
        finally:
            self._advancing = False
        if self._waiting:  # they came meanwhile
            self._advance()

    def passes(self) -> bool:
        """Take a message at once, if nothing is in its way; whether it is. Most of what is said need not be added."""
        if (
            self._waiting
            or self._advancing
            or self._held
            or self._ended
            or self._outlet.blocked
            or (self._uncommitted and self._uncommitted > self._most_uncommitted())
            or self._bucket.wait(self._clock.seconds())
        ):
            return False
        self._bucket.take()
        return True

    def hold(self) -> None:
        """Let nothing else begin until :meth:`release`; may be called several times."""
        self._held += 1

    def hold_until(self) -> Callable[[], None]:
        """Let nothing else begin until what is returned was called, the first time."""
        held = [self]
        self.hold()
        return lambda: held.pop().release() if held else None

    def release(self) -> None:
        """What was held for is done."""
        self._held -= 1
        self.go_on()

    def committing(self, size: int) -> None:
        """So many bytes are on their way to the disk."""
        self._uncommitted += size

    def committed(self, size: int) -> None:
        """So many have arrived."""
        self._uncommitted -= size
        if self._waiting:  # only what waits can have been waiting for the disk
            self.go_on()

    def dropped(self, size: int) -> None:
        """So many never will arrive. What waits begins once its sender was told of all that failed together."""
        self._uncommitted -= size
        self._clock.callLater(0, self.go_on)

    def go_on(self) -> None:
        """Something that may have been in the way is gone."""
        if self._waiting and not self._advancing:
            self._advance()
        if self.hungry and not self._ended:
            self._offering.resume()

    def end(self) -> list[Request]:
        """Take nothing more; what waited, and will not be done, is returned."""
        self._ended = True
        waiting, self._waiting = self._waiting, ()
        for timer in (self._timer, self._breather):
            if timer is not None:
                timer.cancel()
        self._timer = self._breather = None
        return list(waiting)

    def _overflows(self, request: Request) -> bool:
        """Refuse a line that finds too many waiting, and all after it until those are through; in one sentence."""
        if not self._waiting:  # the last of them is being done, and has brought this one
            self._through()
        full = len(self._waiting) >= self._limits.flood_waiting
        if isinstance(request, Quit) or not (full or self._overflowing):
            return False
        self._refused += 1
        if self._refused >= self._limits.flood_refusals:
            self._performer.drown()
        elif not self._overflowing or self._refuse_each:
            self._overflowing = True
            self._performer.refuse(self._too_fast(), "", request)
        if not (self._refused % REFUSED_AT_ONCE or self._ended or self._breather):
            self._breather = self._clock.callLater(BREATHER, self._breathed)
        return True

    def _breathed(self) -> None:
        self._breather = None
        self.go_on()

    def _too_fast(self) -> TooFast:
        waiting, rate = len(self._waiting), self._limits.flood_rate
        limit = self._limits.flood_waiting
        return TooFast(
            waiting=waiting,
            limit=limit,
            rate=int(rate) if rate == int(rate) else rate,
            seconds=math.ceil(waiting / rate),
        )

    def _advance(self) -> None:
        """Begin whatever may begin now."""
        self._advancing = True
        try:
            while self._waiting and self._may_go(self._waiting[0]):
                first, self._waiting = self._waiting[0], self._waiting[1:]
                self._begin(first)
        finally:
            self._advancing = False
            if not self._waiting:
                self._through()

    def _through(self) -> None:
        """Nothing of a flood waits any more: what comes now is kept."""
        self._overflowing = False
        self._refused = 0

    def _may_go(self, request: Request) -> bool:
        if self._held or self._timer is not None or self._outlet.blocked:
            return False
        if self._uncommitted and self._uncommitted > self._allowed(request):
            return False
        wait = self._bucket.wait(self._clock.seconds())
        if wait:
            self._timer = self._clock.callLater(wait, self._timer_fired)
        return not wait

    def _allowed(self, request: Request) -> int:
        """How many bytes may still be on their way to the disk when this begins."""
        return self._most_uncommitted() if isinstance(request, MESSAGES) else 0

    def _most_uncommitted(self) -> int:
        """How many bytes of messages may be on their way to the disk when one more is to join them."""
        return 0 if self._performer.crowded else self._limits.uncommitted_bytes

    def _timer_fired(self) -> None:
        self._timer = None
        self.go_on()

    def _begin(self, request: Request) -> None:
        self._bucket.take()
        doing = self._performer.perform(request)
        if doing is not None:
            self.hold()
            self._spawn(self._until_done(doing))

    async def _until_done(self, doing: Coroutine[Any, Any, None]) -> None:
        try:
            await doing
        finally:
            self.release()
