"""The blocking SQLite store in threads of its own, so that only those wait for the disk who asked it something.

Knows which thread does what; no SQL, and no reactor but the one it is given.

One thread writes, in the order it is asked; two read; one searches, which can take long; one looks at all of a large file,
once. Each makes its own connection.
"""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from math import inf
from pathlib import Path
from typing import Final

from chatd.clock import Clock
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
    StoreFull,
)
from chatd.storage.database import prepare, reconnect
from chatd.storage.history import mark_of
from chatd.storage.indexing import Indexer
from chatd.storage.mark import KeyNote
from chatd.storage.scrubber import Scrubber
from chatd.storage.scrubbing import Scrub
from chatd.storage.sqlite import SqliteReader, SqliteWriter
from chatd.storage.threads import Reactor, Threads, to_nobody

READERS: Final = 2
QUIET_SECONDS: Final = 0.02
"""So long after a message its words may be indexed. Under load the next ones would have to wait for that."""
INDEX_ENTRIES = 500
"""Entries indexed at a time, fewer if they are long: about 10 ms that a message may have to wait, now and then 40."""


class ThreadedStore:
    """A :class:`chatd.storage.contract.Store` on SQLite. ``release`` is called when all of it is closed.

    ``failed`` is called, in the reactor's thread, when it is found that it must not be used any more, whoever uses it.
    """

    def __init__(
        self,
        reactor: Reactor,
        make_writer: Callable[[], SqliteWriter],
        make_reader: Callable[[], SqliteReader],
        release: Callable[[], None],
        report: Callable[[str], None],
        *,
        scrub: Scrub | None = None,
        failed: Callable[[StoreError], None] = to_nobody,
    ) -> None:
        self._writers = Threads(reactor, 1, "chatd-writer", make_writer, SqliteWriter.rest, failed=failed)
        self._readers = Threads(reactor, READERS, "chatd-reader", make_reader)
        self._searchers = Threads(reactor, 1, "chatd-search", make_reader)
        self._clock: Clock = reactor
        self._appended = -inf
        self._indexer = Indexer(reactor, self._is_quiet, self._index_some, report)
        self._indexer.expect()  # an earlier run may have left something to do, or an upgrade everything
        self._release = release
        self._failed = failed
        self._scrubbing = None if scrub is None else Scrubber(reactor, scrub, self._distrust, report)

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
        self._appended = self._clock.seconds()
        try:
            await self._writers.call(SqliteWriter.append, appends)
        except StoreFull:
            if self._scrubbing is not None:
                self._scrubbing.put_off()
            raise
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

    def _is_quiet(self) -> bool:
        since = self._clock.seconds() - self._appended
        return self._writers.idle and not 0 <= since < QUIET_SECONDS  # less than 0: the clock was set back

    async def _index_some(self) -> int:
        return await self._writers.call(SqliteWriter.index_some, INDEX_ENTRIES)

    async def _distrust(self) -> None:
        self._indexer.stop()
        try:
            error = await self._writers.call(SqliteWriter.distrust)
        except StoreError as other:
            error = other
        self._failed(error)

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
            if self._scrubbing is not None:
                closing.push_async_callback(self._scrubbing.close)


def open_sqlite(
    path: str, reactor: Reactor, report: Callable[[str], None], failed: Callable[[StoreError], None] = to_nobody
) -> ThreadedStore:
    """The logs in this file, which is made if there is none. A lock is held; no thread runs before the reactor does.

    ``report`` is given sentences for the operator, in the reactor's thread; ``failed`` as to :class:`ThreadedStore`.

    Raises:
        StoreError: the file cannot be used, and why.
    """
    file = Path(path).resolve()

    def tell(sentence: str) -> None:
        reactor.callFromThread(report, sentence)

    later: list[Path] = []
    lock = prepare(file, report=report, postpone=later.append)
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
        scrub=Scrub(file) if later else None,
        failed=failed,
    )
