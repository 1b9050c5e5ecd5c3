"""Threads that each work with something of their own, and are asked from the reactor. Knows both; not what the work is.

Twisted's pool of threads can do more than is needed here, and takes 50 µs longer to hand over a call at low load, when caches
are cold: a tenth of what a message waits for the disk.
"""

from collections.abc import Callable
from contextlib import ExitStack
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from chatd.clock import Clock
from chatd.details import Clause
from chatd.languages import N_
from chatd.storage.contract import StoreError, StoreFull

P = ParamSpec("P")
R = TypeVar("R")


class Reactor(Clock, Protocol):
    """What is asked of the reactor: timers, and calls from other threads."""

    def callFromThread(self, callable: Callable[..., object], *args: object, **kwargs: object) -> object:  # noqa: N802
        """Call it in the reactor's thread."""


class Closeable(Protocol):
    """What a thread works with."""

    def close(self) -> None:
        """Give it back."""


C = TypeVar("C", bound=Closeable)


def _do_nothing(made: Closeable) -> None:
    """What a thread does between two questions."""


def to_nobody(error: StoreError) -> None:
    """What fails is told to whoever wants something next."""


class Threads(Generic[C]):
    """Up to ``count`` threads, each with what ``make`` made in it, at its first use.

    After each answer a thread calls ``rest`` with that: it is done before anything else is, and nobody waits for it. So a
    :exc:`~chatd.storage.contract.StoreError` of it is what ``failed`` is called with, in the reactor's thread.
    """

    def __init__(
        self,
        reactor: Reactor,
        count: int,
        name: str,
        make: Callable[[], C],
        rest: Callable[[C], None] = _do_nothing,
        *,
        failed: Callable[[StoreError], None] = to_nobody,
    ) -> None:
        self._reactor = reactor
        self._count = count
        self._name = name
        self._make = make
        self._rest = rest
        self._failed = failed
        self._queue: SimpleQueue[tuple[Deferred[Any], Callable[[C], object]] | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._lock = Lock()
        self._all: list[C] = []
        self._busy = 0
        self._closing = False
        self._waiting: list[Deferred[None]] = []

    @property
    def started(self) -> bool:
        """Whether anything was ever done."""
        return bool(self._threads)

    @property
    def idle(self) -> bool:
        """Whether nothing is being done, or queued."""
        return self._busy == 0

    async def call(self, method: Callable[Concatenate[C, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run this in one of the threads, after what was asked before.

        Raises:
            StoreFull: there is no thread, and none can be started now.
            StoreError: they are given back already, or the method says so.
        """
        if self._closing:
            raise StoreError(Clause(N_("The store is closed.")))
        return await self._call(method, *args, **kwargs)

    async def _call(self, method: Callable[Concatenate[C, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        if len(self._threads) < min(self._busy + 1, self._count):
            self._start()  # not earlier: a process with threads must not fork, as a daemon does at its start
        done: Deferred[R] = Deferred()
        self._busy += 1
        self._queue.put((done, lambda made: method(made, *args, **kwargs)))
        try:
            return await done
        finally:
            self._busy -= 1
            if self.idle:
                self._tell_idle()

    def _start(self) -> None:
        """One thread more. Where there can be no more, those that there are do its work."""
        # Not one that the process waits for: what is left undone when the reactor is gone, nobody would hear of.
        thread = Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the machine has no more of them, or no memory for one
            if not self._threads:
                raise StoreFull(Clause(N_("The store cannot work now: {error}."), error=str(error))) from error
        else:
            self._threads.append(thread)

    def _work(self) -> None:
        """One thread's life."""
        made: C | None = None
        while (asked := self._queue.get()) is not None:
            made = self._answer(made, *asked)
            del asked  # nothing of it is kept while the thread waits
            if made is not None:
                self._take_rest(made)

    def _take_rest(self, made: C) -> None:
        try:
            self._rest(made)
        except StoreError as error:
            self._reactor.callFromThread(self._failed, error)
        except BaseException:  # a bug, which the reactor logs; the thread goes on
            self._reactor.callFromThread(Failure().raiseException)

    def _answer(self, made: C | None, done: Deferred[Any], call: Callable[[C], object]) -> C | None:
        """Do what was asked, with what this thread has made; which is made now, if it was not yet."""
        try:
            made = self._made() if made is None else made
            result = call(made)
        except BaseException:
            self._reactor.callFromThread(done.errback, Failure())
        else:
            self._reactor.callFromThread(done.callback, result)
        return made

    def _made(self) -> C:
        made = self._make()
        with self._lock:
            self._all.append(made)
        return made

    def _tell_idle(self) -> None:
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(None)

    async def close_there(self, method: Callable[[C], None]) -> None:
        """Take nothing more, and begin to close in one of the threads, after what was asked before."""
        self._closing = True
        await self._call(method)

    async def close(self) -> None:
        """Finish what is queued, end the threads, give everything back. Closing must be quick: it happens here.

        Raises what the last of them to fail has raised, after all of them had their turn.
        """
        self._closing = True
        if not self.idle:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting
        self._end()  # first: one of them may be in its rest
        with ExitStack() as closing:  # from the last to the first
            for made in self._all:
                closing.callback(made.close)

    def _end(self) -> None:
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()
