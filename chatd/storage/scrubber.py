"""When a large file is looked at as a whole: once, from the start on, in a thread of its own; later, where that cannot be now.

Knows time and that thread; no SQL, not what is looked at, and not what is done about damage.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from twisted.internet.defer import Deferred

from chatd.storage.contract import StoreError, StoreFull
from chatd.storage.scrubbing import Scrub
from chatd.storage.threads import Reactor, Threads

SCRUB_AGAIN_SECONDS: Final = 60.0
"""How soon that is tried again after it was put off, for want of room for example."""


class Scrubber:
    """Has a large file looked at, once. Of damage, the operator is told first, and then ``distrust`` is called."""

    def __init__(
        self,
        reactor: Reactor,
        scrub: Scrub,
        distrust: Callable[[], Coroutine[Any, Any, None]],
        report: Callable[[str], None],
    ) -> None:
        self._scrub = scrub
        self._distrust = distrust
        self._report = report
        self._threads = Threads(reactor, 1, "chatd-scrub", lambda: scrub)
        self._reactor = reactor
        self._told = self._closed = False
        self._begin_in(0.0)  # not now: a process with threads must not fork

    def _begin_in(self, seconds: float) -> None:
        if not self._closed:
            self._timer = self._reactor.callLater(seconds, lambda: Deferred.fromCoroutine(self._run()))

    async def _run(self) -> None:
        try:
            found = await self._threads.call(Scrub.run)
        except StoreError as error:
            self._tell(error)
            self._begin_in(SCRUB_AGAIN_SECONDS)
            return
        except Exception as error:  # a bug: nobody else would say that they were not
            self._report(f"The pages of the database were not looked at: {error!r}")
            return
        if found is not None:
            self._report(found)
            if not self._closed:
                await self._distrust()

    def _tell(self, error: StoreError) -> None:
        """That it is not looked at now, once. What is known to pass, such as a full disk, is told by whoever says something."""
        if not isinstance(error, StoreFull) and not self._told:
            self._told = True
            self._report(f"The pages of the database were not looked at yet: {error}")

    def put_off(self) -> None:
        """Go on later."""
        self._scrub.put_off()

    async def close(self) -> None:
        """Look no further."""
        self._closed = True
        if self._timer.active():
            self._timer.cancel()
        self._scrub.stop()
        await self._threads.close()
