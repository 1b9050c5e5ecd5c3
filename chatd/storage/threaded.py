"""The blocking SQLite store in threads of its own, so that only those wait for the disk who asked it something.

Knows Twisted's thread pools; no SQL, and no reactor but the one it is given.

One thread writes, in the order it is asked; two read. Each makes its own connection.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import local
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from chatd.clock import Clock, Timer
from chatd.storage.contract import Append, Head, Page, StoreError, StoreFull
from chatd.storage.database import connect, prepare
from chatd.storage.sqlite import SqliteReader, SqliteWriter

READERS = 2
INDEX_ENTRIES = 500
"""Entries indexed at a time: about 15 ms that a message may have to wait."""
INDEX_SECONDS = 0.5
"""How soon after a message its words are indexed, if the writer is idle then."""
INDEX_FULL_SECONDS = 60.0
"""The same, when there was no room for them."""

P = ParamSpec("P")
R = TypeVar("R")


class Closeable(Protocol):
    """What a thread works with."""

    def close(self) -> None:
        """Give it back."""


C = TypeVar("C", bound=Closeable)


class Reactor(Clock, Protocol):
    """What is asked of the reactor: timers, and calls from other threads."""

    def callFromThread(self, callable: Callable[..., object], *args: object, **kwargs: object) -> object:  # noqa: N802
        """Call it in the reactor's thread."""


class _Threads(Generic[C]):
    """Some threads, each with what ``make`` made in it, at its first use."""

    def __init__(self, reactor: IReactorFromThreads, count: int, name: str, make: Callable[[], C]) -> None:
        self._reactor = reactor
        self._pool = ThreadPool(minthreads=0, maxthreads=count, name=name)
        self._make = make
        self._own = local()
        self._all: list[C] = []
        self._busy = 0
        self._waiting: list[Deferred[None]] = []

    @property
    def idle(self) -> bool:
        """Whether nothing is being done, or queued."""
        return self._busy == 0

    async def call(self, method: Callable[Concatenate[C, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run this in one of the threads, after what was asked before."""
        if not self._pool.started:
            self._pool.start()  # not earlier: a process with threads must not fork, as a daemon does at its start
        self._busy += 1
        try:
            return await deferToThreadPool(self._reactor, self._pool, self._run, method, *args, **kwargs)
        finally:
            self._busy -= 1
            if self.idle:
                self._tell_idle()

    def _run(self, method: Callable[Concatenate[C, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not hasattr(self._own, "made"):
            made = self._make()
            self._all.append(made)
            self._own.made = made
        return method(self._own.made, *args, **kwargs)

    def _tell_idle(self) -> None:
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(None)

    async def close(self) -> None:
        """Finish what is queued, give everything back, end the threads. Closing must be quick: it happens here."""
        if not self.idle:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting
        for made in self._all:
            made.close()
        if self._pool.started:
            self._pool.stop()


class ThreadedStore:
    """A :class:`chatd.storage.contract.Store` on SQLite. ``release`` is called when all of it is closed."""

    def __init__(
        self,
        reactor: Reactor,
        make_writer: Callable[[], SqliteWriter],
        make_reader: Callable[[], SqliteReader],
        release: Callable[[], None],
        report: Callable[[str], None],
    ) -> None:
        self._clock: Clock = reactor
        threads = cast(IReactorFromThreads, reactor)
        self._writers = _Threads(threads, 1, "chatd-writer", make_writer)
        self._readers = _Threads(threads, READERS, "chatd-reader", make_reader)
        self._release = release
        self._report = report
        self._timer: Timer | None = None
        self._closing = False

    async def epoch(self) -> str:
        """Which history this is: another file has another."""
        return await self._readers.call(SqliteReader.epoch)

    async def head(self, log: str) -> Head:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._readers.call(SqliteReader.head, log)

    async def describe(self, log: str, shown: str, topic: str) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._writers.call(SqliteWriter.describe, log, shown, topic)

    async def append(self, appends: Sequence[Append]) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._writers.call(SqliteWriter.append, appends)
        self._index_in(INDEX_SECONDS)

    async def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._readers.call(SqliteReader.read, log, after, upto, budget)

    async def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._readers.call(SqliteReader.latest, log, upto, count, since, budget)

    async def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        self._index_in(INDEX_SECONDS)  # an earlier run may have left something to do
        return await self._readers.call(SqliteReader.search, upto, words, count)

    def _index_in(self, seconds: float) -> None:
        if self._timer is None and not self._closing:
            self._timer = self._clock.callLater(seconds, self._index_if_idle)

    def _index_if_idle(self) -> None:
        """Never in the way of a message that is waiting, nor twice at once."""
        self._timer = None
        if self._writers.idle:
            Deferred.fromCoroutine(self._index_some())
        else:
            self._index_in(INDEX_SECONDS)

    async def _index_some(self) -> None:
        try:
            more = await self._writers.call(SqliteWriter.index_some, INDEX_ENTRIES)
        except StoreFull:
            self._index_in(INDEX_FULL_SECONDS)
        except StoreError as error:
            self._report(f"New messages are not indexed any more, which makes searching slow: {error}")
        else:
            if more:
                self._index_in(0)

    async def close(self) -> None:
        """See :class:`~chatd.storage.contract.Store`. What is queued is done first; one file is left."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        try:
            await self._readers.close()
            await self._writers.call(SqliteWriter.close)  # last of all, so that SQLite cleans up after itself
        finally:
            await self._writers.close()
            self._release()


def open_sqlite(path: str, reactor: Reactor, report: Callable[[str], None]) -> ThreadedStore:
    """The logs in this file, which is made if there is none. Until it is used, no thread runs; only a lock is held.

    ``report`` is given sentences for the operator, in the reactor's thread.

    Raises:
        StoreError: the file cannot be used, and why.
    """
    file = Path(path).resolve()
    lock = prepare(file)

    def tell(sentence: str) -> None:
        reactor.callFromThread(report, sentence)

    return ThreadedStore(
        reactor,
        lambda: SqliteWriter(connect(file, write=True)),
        lambda: SqliteReader(connect(file, write=False), tell),
        lock.release,
        report,
    )
