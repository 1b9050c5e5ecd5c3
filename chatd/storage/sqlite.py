"""Logs in SQLite, blocking: the one connection that writes. Those that read are in :mod:`chatd.storage.reading`.

Knows SQL; no Twisted, and not who calls. Nothing here grows with the history.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import TypeVar

from chatd.details import Clause
from chatd.languages import N_
from chatd.storage.checkpoints import Checkpoints
from chatd.storage.contract import (
    Account,
    Append,
    Placed,
    Pruned,
    Repeated,
    Retention,
    SessionRecord,
    StoreError,
    StoreFull,
)
from chatd.storage.database import NOT_INDEXED, NOT_READ, NOT_WRITTEN, failure, is_full
from chatd.storage.history import Settling
from chatd.storage.index import index_some
from chatd.storage.people import (
    forget_sessions,
    keep_account,
    keep_session,
    mark_language,
    mark_seen,
    sweep_sessions,
)
from chatd.storage.reading import SqliteReader
from chatd.storage.receipts import find_receipts
from chatd.storage.repeats import find_kept
from chatd.storage.retention import last_dropped, next_key, prune
from chatd.storage.rows import INSERT, Row, log_checksum, rows

__all__ = ["SqliteReader", "SqliteWriter"]

R = TypeVar("R")

NOT_PRUNED = N_("Old messages cannot be dropped: {error}.")

_KNOWN_LOGS = 100_000
"""Logs whose keys the writer keeps in memory."""


class _Conflict(StoreError):
    """What was to be kept does not go with what is kept."""


class SqliteWriter:
    """The one connection that writes. Not to be used by two threads at once.

    ``note`` is told, after each commit of messages, the key of the last of them. It must not fail.
    """

    def __init__(self, connection: sqlite3.Connection, note: Callable[[int], None] | None = None) -> None:
        self._connection = connection
        self._note = note
        self._logs: dict[str, tuple[int, int]] = {}
        self._broken: str | None = None
        self._checkpoints = Checkpoints(connection)
        self._settling = Settling(connection, self._checkpoints.database)
        self._checkpoint(self._settling.look)

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
        self._checkpoint(self._settling.look)

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        """A transaction of what was promised. After a failure not known to pass, nothing is written any more.

        A commit whose fsync has failed must not be tried again: the second one may succeed without the first's bytes.
        """
        try:
            with self._transaction():
                yield
        except sqlite3.IntegrityError as error:
            reason = Clause(N_("Something else is kept in its place: {error}."), error=str(error))
            raise _Conflict(reason) from error
        except sqlite3.Error as error:
            failed = failure(error, NOT_WRITTEN)
            if not isinstance(failed, StoreFull):
                self._broken = failed.reason
            raise failed from error

    @contextmanager
    def _tidying(self, otherwise: str) -> Iterator[None]:
        """A transaction of what was not promised. What is damaged is no reason to stop; a disk that does not write is."""
        try:
            with self._transaction():
                yield
        except sqlite3.Error as error:
            failed = failure(error, otherwise)
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)  # Python's own errors have none
            if not isinstance(failed, StoreFull) and code & 0xFF == sqlite3.SQLITE_IOERR:
                self._broken = failure(error, NOT_WRITTEN).reason
            raise failed from error

    def append(self, appends: Sequence[Append]) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        try:
            self._append(appends)
        except StoreFull as error:
            if not (is_full(error) and self._checkpoint(self._checkpoints.make_room)):
                raise
            self._checkpoint(self._settling.look)
            self._append(appends)
        self._checkpoint(self._checkpoints.look)
        self._checkpoint(self._settling.look)

    def _append(self, appends: Sequence[Append]) -> None:
        try:
            with self._keeping():
                self._require_no_receipts(appends)
                ends = self._insert(appends)
                last: int | None = self._connection.execute("SELECT max(key) FROM entry").fetchone()[0]
        except _Conflict as error:
            placed = self._find_kept(appends)  # only now: the insert tells of repeats at no cost when there are none
            if placed:
                raise Repeated(placed) from error
            raise
        self._remember(ends)
        if self._note is not None and last is not None:
            self._note(last)

    def _checkpoint(self, method: Callable[[], R]) -> R | None:
        """What is stored is on the disk. If the database itself cannot be written, these messages are the last."""
        try:
            return method()
        except sqlite3.Error as error:
            failed = failure(error, NOT_WRITTEN)
            if not isinstance(failed, StoreFull):
                self._broken = failed.reason
            return None

    def _insert(self, appends: Sequence[Append]) -> dict[str, tuple[int, int]]:
        """Write the messages. Returns each log's key and last id."""
        ends: dict[str, tuple[int, int]] = {}
        for append in appends:
            key, last = ends.get(append.log) or self._logs.get(append.log) or self._end(append.log)
            if append.first != last + 1:
                reason = N_("Message {first} of {log} does not follow message {last}.")
                raise StoreError(Clause(reason, first=append.first, log=append.log, last=last))
            ends[append.log] = key, last + len(append.messages)
        self._insert_rows(chain.from_iterable(rows(ends[a.log][0], a) for a in appends))
        return ends

    def _insert_rows(self, rows: Iterator[Row]) -> None:
        key, first = next_key(self._connection), None
        if key is not None and (first := next(rows, None)) is not None:
            self._connection.execute(INSERT, first)
            self._connection.execute("UPDATE entry SET key = ? WHERE key = last_insert_rowid()", (key,))
        self._connection.executemany(INSERT, rows)

    def _require_no_receipts(self, appends: Sequence[Append]) -> None:
        """None of the messages is the repeat of one that is dropped already: the table of messages would not tell.

        Raises:
            Repeated: some are; or of those that are kept.
        """
        dropped = find_receipts(self._connection, appends)
        if dropped:
            raise Repeated(dropped | find_kept(self._connection, appends))

    def _find_kept(self, appends: Sequence[Append]) -> dict[tuple[int, str], Placed]:
        """Which of the messages are kept, and where. Nobody else writes, so it is as it was when they were refused."""
        try:
            return find_kept(self._connection, appends)
        except sqlite3.Error as error:
            raise failure(error, NOT_READ) from error

    def _end(self, log: str) -> tuple[int, int]:
        """The log's key and last id; a new log gets a row."""
        find = "SELECT key, (SELECT max(id) FROM entry WHERE entry.log = log.key) FROM log WHERE log = ?"
        found = self._connection.execute(find, (log,)).fetchone()
        if found is not None:
            return found[0], found[1] or last_dropped(self._connection, log)[0]
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

    def keep_account(self, account: Account) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._keeping():
            keep_account(self._connection, account)

    def mark_seen(self, person: int, seen: int) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._keeping():
            mark_seen(self._connection, person, seen)

    def mark_language(self, person: int, language: str) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._keeping():
            mark_language(self._connection, person, language)

    def keep_session(self, session: SessionRecord) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._keeping():
            keep_session(self._connection, session)

    def forget_sessions(self, person: int, but: str | None = None) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._keeping():
            forget_sessions(self._connection, person, but)

    def sweep_sessions(self, before: float, cut: float | None = None) -> None:
        """See :class:`~chatd.storage.contract.Store`. Damaged ones are forgotten as well."""
        with self._keeping():
            sweep_sessions(self._connection, before, cut)

    def prune(self, retention: Retention, now: float, place: str = "") -> Pruned:
        """See :class:`~chatd.storage.contract.Store`. Nothing that was promised is lost by a failure."""
        with self._tidying(NOT_PRUNED):
            return prune(self._connection, retention, now, place)

    def index_some(self, limit: int) -> int:
        """Put up to ``limit`` entries into the index of words, fewer if they are long. How many are left then.

        Raises:
            StoreFull: there is no room for them now.
            StoreError: they cannot be indexed. Nothing that was promised is lost by that, so messages are kept as
                before, and a search looks at those that are not in the index.
        """
        with self._tidying(NOT_INDEXED):
            return index_some(self._connection, limit)

    def close(self) -> None:
        """Give the connection back; the last one to go leaves one file, without its write-ahead log."""
        self._connection.close()
