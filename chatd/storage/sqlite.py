"""Logs in SQLite, blocking: one connection that writes, and some that read. Knows SQL; no Twisted, and not who calls.

Nothing here grows with the history: a page is found by an index, and read until it is full.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from heapq import nlargest
from itertools import chain, islice, takewhile
from operator import itemgetter

from chatd.events import Entry
from chatd.storage.contract import Append, Head, Page, StoreError, StoreFull
from chatd.storage.index import find_indexed, find_unindexed, index_some, indexed
from chatd.storage.pages import backwards, fill
from chatd.storage.rows import COLUMNS, INSERT, NOBODY, Decoder, log_checksum, rows
from chatd.storage.words import Query

_KNOWN_LOGS = 100_000
"""Logs whose keys the writer keeps in memory."""

_PASSING = {
    sqlite3.SQLITE_FULL: "The disk is full.",
    sqlite3.SQLITE_IOERR_SHMSIZE: "The disk is full.",  # its index of the write-ahead log could not grow
    sqlite3.SQLITE_BUSY: "Another program has locked the database.",
    sqlite3.SQLITE_BUSY_SNAPSHOT: "Another program has locked the database.",
}
"""What may be over at the next attempt, by SQLite's code. Nothing was written."""

_PAGE = f"""
    SELECT {COLUMNS}, entry.crc FROM entry
    WHERE entry.log = (SELECT key FROM log WHERE log = ?) AND entry.id > ? AND entry.id <= ? ORDER BY entry.id
"""


def _failure(error: sqlite3.Error, doing: str) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in _PASSING:
        return StoreFull(_PASSING[code])
    return StoreError(f"The database cannot be {doing}: {error}.")


class SqliteWriter:
    """The one connection that writes. Not to be used by two threads at once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._logs: dict[str, tuple[int, int]] = {}
        self._broken: str | None = None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing; nothing at all once :meth:`_keeping` has failed."""
        if self._broken is not None:
            raise StoreError(self._broken)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:  # some failures have rolled it back already
                self._connection.execute("ROLLBACK")

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        """A transaction of what was promised. After a failure not known to pass, nothing is written any more.

        A commit whose fsync has failed must not be tried again: the second one may succeed without the first's bytes.
        """
        try:
            with self._transaction():
                yield
        except sqlite3.IntegrityError as error:
            raise StoreError(f"A message is kept already, or stands in another's place: {error}.") from error
        except sqlite3.Error as error:
            failure = _failure(error, "written")
            if not isinstance(failure, StoreFull):
                self._broken = str(failure)
            raise failure from error

    def append(self, appends: Sequence[Append]) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        ends: dict[str, tuple[int, int]] = {}
        with self._keeping():
            for append in appends:
                key, last = ends.get(append.log) or self._logs.get(append.log) or self._end(append.log)
                if append.first != last + 1:
                    raise StoreError(f"Message {append.first} of {append.log} does not follow message {last}.")
                ends[append.log] = key, last + len(append.messages)
            self._connection.executemany(INSERT, chain.from_iterable(rows(ends[a.log][0], a) for a in appends))
        self._remember(ends)

    def _end(self, log: str) -> tuple[int, int]:
        """The log's key and last id; a new log gets a row."""
        find = "SELECT key, (SELECT max(id) FROM entry WHERE entry.log = log.key) FROM log WHERE log = ?"
        found = self._connection.execute(find, (log,)).fetchone()
        if found is not None:
            return found[0], found[1] or 0
        values = (log, "", "", log_checksum(log, "", ""))
        new = self._connection.execute("INSERT INTO log (log, shown, topic, crc) VALUES (?, ?, ?, ?)", values)
        return new.lastrowid or 0, 0

    def _remember(self, ends: dict[str, tuple[int, int]]) -> None:
        """Only what is committed: a log that was rolled back gets another key."""
        if len(self._logs) > _KNOWN_LOGS:
            self._logs.clear()
        self._logs.update(ends)

    def describe(self, log: str, shown: str, topic: str) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._keeping():
            self._connection.execute(
                "INSERT INTO log (log, shown, topic, crc) VALUES (?1, ?2, ?3, ?4) "
                "ON CONFLICT (log) DO UPDATE SET shown = ?2, topic = ?3, crc = ?4",
                (log, shown, topic, log_checksum(log, shown, topic)),
            )

    def index_some(self, limit: int) -> bool:
        """Put up to ``limit`` entries into the index of words. True: there may be more.

        Raises:
            StoreFull: there is no room for them now.
            StoreError: they cannot be indexed. Nothing that was promised is lost by that, so messages are kept as
                before, and a search looks at those that are not in the index.
        """
        try:
            with self._transaction():
                return index_some(self._connection, limit)
        except sqlite3.Error as error:
            raise _failure(error, "indexed") from error

    def close(self) -> None:
        """Give the connection back; the last one to go leaves one file, without its write-ahead log."""
        self._connection.close()


class SqliteReader:
    """A connection that reads. Not to be used by two threads at once.

    A cursor that stays open would keep the write-ahead log growing, so none outlives its call.
    """

    def __init__(self, connection: sqlite3.Connection, report: Callable[[str], None]) -> None:
        self._connection = connection
        self._decoder = Decoder(report)
        self._report = report
        self._told = False

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _failure(error, "read") from error

    def epoch(self) -> str:
        """Which history this is: a random word, made with the file."""
        with self._reading():
            value = self._connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0]
        return str(value)

    def head(self, log: str) -> Head:
        """See :class:`~chatd.storage.contract.Store`."""
        find = "SELECT (SELECT max(id) FROM entry WHERE entry.log = log.key), shown, topic, crc FROM log WHERE log = ?"
        with self._reading():
            found = self._connection.execute(find, (log,)).fetchone()
        return Head() if found is None else Head(found[0] or 0, *self._decoder.words(log, found[1:]))

    def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._reading(), closing(self._connection.execute(_PAGE, (log, after, upto))) as found:
            return fill((self._decoder.entry(log, row) for row in found), budget)

    def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._reading(), closing(self._connection.execute(f"{_PAGE} DESC", (log, 0, upto))) as found:
            entries = (self._decoder.entry(log, row) for row in found)
            return backwards(fill(takewhile(lambda entry: _is_since(entry, since), entries), budget, count))

    def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        query = Query.parse(words)
        if query is None:
            return Page(())
        with self._snapshot():
            logs = self._keys(upto)
            found = self._found(query, logs, upto, count + 1) if logs else []
        return Page(tuple(found[:count][::-1]), cut=len(found) > count)

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """One state of the database for several questions."""
        with self._reading():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _keys(self, logs: dict[str, int]) -> dict[int, str]:
        """The logs among these that exist, by key."""
        found = (
            (self._connection.execute("SELECT key FROM log WHERE log = ?", (log,)).fetchone(), log) for log in logs
        )
        return {row[0]: log for row, log in found if row is not None}

    def _found(self, query: Query, logs: dict[int, str], upto: dict[str, int], count: int) -> list[Entry]:
        """The newest first; if the index is damaged, by looking at every message."""
        try:
            end = indexed(self._connection)
            return list(islice(self._find(query, logs, upto, count, end), count))
        except sqlite3.Error as error:
            found = list(islice(self._find(query, logs, upto, count, 0), count))
            self._tell_unusable(error)
            return found

    def _tell_unusable(self, error: sqlite3.Error) -> None:
        if not self._told:
            self._told = True
            self._report(f"The index of words is damaged on disk, which makes searching slow: {error}.")

    def _find(self, query: Query, logs: dict[int, str], upto: dict[str, int], count: int, end: int) -> Iterator[Entry]:
        """Newest first: of each log what comes after the last indexed ``end`` (at most ``count``), then the index's."""
        tails = (
            (key, log, row)
            for number, log in logs.items()
            for key, row in islice(find_unindexed(self._connection, query, number, upto[log], end), count)
        )
        for _, log, row in nlargest(count, tails, key=itemgetter(0)):
            yield self._decoder.entry(log, row)
        for number, row in find_indexed(self._connection, query, logs) if end else ():
            if number in logs and row[0] <= upto[logs[number]]:
                yield self._decoder.entry(logs[number], row)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def _is_since(entry: Entry, since: float) -> bool:
    """A damaged message has no time any more; it is shown among its neighbours."""
    return entry.message.person == NOBODY or entry.message.at >= since
