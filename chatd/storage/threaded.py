"""The blocking SQLite store in threads of its own, so that only those wait for the disk who asked it something.

Knows Twisted's thread pools; no SQL, and no reactor but the one it is given.

One thread writes, in the order it is asked; two read; one searches, which can take long. Each makes its own
connection.
"""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from threading import local
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from chatd.clock import Clock
from chatd.details import Clause
from chatd.languages import N_
from chatd.storage.contract import (
    Account,
    Append,
    Head,
    Page,
    Placed,
    Pruned,
    Retention,
    SessionRecord,
    StoreError,
)
from chatd.storage.database import prepare, reconnect
from chatd.storage.history import mark_of
from chatd.storage.indexing import Indexer
from chatd.storage.mark import KeyNote
from chatd.storage.sqlite import SqliteReader, SqliteWriter

READERS = 2
INDEX_ENTRIES = 500
"""Entries indexed at a time, fewer if they are long: about 10 ms that a message may have to wait, now and then 40."""

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
        self._closing = False
        self._waiting: list[Deferred[None]] = []

    @property
    def started(self) -> bool:
        """Whether anything was ever done."""
        return bool(self._pool.started)

    @property
    def idle(self) -> bool:
        """Whether nothing is being done, or queued."""
        return self._busy == 0

    async def call(self, method: Callable[Concatenate[C, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run this in one of the threads, after what was asked before.

        Raises:
            StoreError: they are given back already, or the method says so.
        """
        if self._closing:
            raise StoreError(Clause(N_("The store is closed.")))
        return await self._call(method, *args, **kwargs)

    async def _call(self, method: Callable[Concatenate[C, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
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

    async def close_there(self, method: Callable[[C], None]) -> None:
        """Take nothing more, and begin to close in one of the threads, after what was asked before."""
        self._closing = True
        await self._call(method)

    async def close(self) -> None:
        """Finish what is queued, give everything back, end the threads. Closing must be quick: it happens here.

        Raises what the last of them to fail has raised, after all of them had their turn.
        """
        self._closing = True
        if not self.idle:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting
        with ExitStack() as closing:  # from the last to the first
            if self._pool.started:
                closing.callback(self._pool.stop)
            for made in self._all:
                closing.callback(made.close)


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
        threads = cast(IReactorFromThreads, reactor)
        self._writers = _Threads(threads, 1, "chatd-writer", make_writer)
        self._readers = _Threads(threads, READERS, "chatd-reader", make_reader)
        self._searchers = _Threads(threads, 1, "chatd-search", make_reader)
        self._indexer = Indexer(reactor, lambda: self._writers.idle, self._index_some, report)
        self._indexer.expect()  # an earlier run may have left something to do, or an upgrade everything
        self._release = release

    async def epoch(self) -> str:
        """See :class:`~chatd.storage.contract.Store`."""
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
        self._indexer.expect()

    async def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._readers.call(SqliteReader.read, log, after, upto, budget)

    async def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._readers.call(SqliteReader.latest, log, upto, count, since, budget)

    async def prune(self, retention: Retention, now: float, place: str = "") -> Pruned:
        """See :class:`~chatd.storage.contract.Store`."""
        pruned = await self._writers.call(SqliteWriter.prune, retention, now, place)
        if pruned.dropped:
            self._indexer.expect()  # of an index that was damaged, all has to be done anew
        return pruned

    async def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._searchers.call(SqliteReader.search, upto, words, count)

    async def accounts(self) -> Sequence[Account]:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._readers.call(SqliteReader.accounts)

    async def keep_account(self, account: Account) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._writers.call(SqliteWriter.keep_account, account)

    async def mark_seen(self, person: int, seen: int) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._writers.call(SqliteWriter.mark_seen, person, seen)

    async def mark_language(self, person: int, language: str) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._writers.call(SqliteWriter.mark_language, person, language)

    async def keep_session(self, session: SessionRecord) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._writers.call(SqliteWriter.keep_session, session)

    async def find_session(self, digest: str) -> SessionRecord | None:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._readers.call(SqliteReader.find_session, digest)

    async def forget_sessions(self, person: int, but: str | None = None) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._writers.call(SqliteWriter.forget_sessions, person, but)

    async def find_message(self, person: int, cid: str) -> Placed | None:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._readers.call(SqliteReader.find_message, person, cid)

    async def sweep_sessions(self, before: float, cut: float | None = None) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._writers.call(SqliteWriter.sweep_sessions, before, cut)

    async def _index_some(self) -> int:
        return await self._writers.call(SqliteWriter.index_some, INDEX_ENTRIES)

    async def close(self) -> None:
        """See :class:`~chatd.storage.contract.Store`. What is queued is done first; one file is left.

        If nothing was ever asked of it, that is done at once, without a thread.
        Raises what the last part to fail has raised, after all of them had their turn.
        """
        self._indexer.stop()
        async with AsyncExitStack() as closing:  # from the last to the first
            closing.callback(self._release)
            closing.push_async_callback(self._writers.close)
            if any(threads.started for threads in (self._writers, self._readers, self._searchers)):
                # After all that read, so that SQLite cleans up after itself; in its thread, because that takes a while.
                closing.push_async_callback(self._writers.close_there, SqliteWriter.close)
            closing.push_async_callback(self._searchers.close)
            closing.push_async_callback(self._readers.close)


def open_sqlite(path: str, reactor: Reactor, report: Callable[[str], None]) -> ThreadedStore:
    """The logs in this file, which is made if there is none. A lock is held; no thread runs before the reactor does.

    ``report`` is given sentences for the operator, in the reactor's thread.

    Raises:
        StoreError: the file cannot be used, and why.
    """
    file = Path(path).resolve()

    def tell(sentence: str) -> None:
        reactor.callFromThread(report, sentence)

    lock = prepare(file, report=report)
    mark = KeyNote(mark_of(file), tell)

    def release() -> None:
        mark.close()
        lock.release()

    return ThreadedStore(
        reactor,
        lambda: SqliteWriter(reconnect(file, write=True), mark.note),
        lambda: SqliteReader(reconnect(file, write=False), tell),
        release,
        report,
    )
