"""Logs in SQLite, blocking: the one connection that writes. Those that read are in :mod:`chatd.storage.reading`.

Knows SQL; no Twisted, and not who calls. Nothing here grows with the history.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from chatd.details import Clause
from chatd.languages import N_
from chatd.storage.appending import Appended, Appender
from chatd.storage.checkpoints import Checkpoints
from chatd.storage.contract import (
    Account,
    Append,
    Pruned,
    Repeated,
    Retention,
    SessionRecord,
    StoreError,
    StoreFull,
)
from chatd.storage.database import NOT_INDEXED, NOT_WRITTEN, failure, is_full
from chatd.storage.doubt import doubt
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
from chatd.storage.preallocation import Preallocation
from chatd.storage.reading import SqliteReader
from chatd.storage.receipts import find_receipts, has_receipts
from chatd.storage.repeats import find_kept
from chatd.storage.retention import prune
from chatd.storage.rows import log_checksum

__all__ = ["SqliteReader", "SqliteWriter"]

R = TypeVar("R")

NOT_PRUNED = N_("Old messages cannot be dropped: {error}.")


class SqliteWriter:
    """The one connection that writes. Not to be used by two threads at once.

    ``note`` is told, after each commit of messages, the key of the last of them. It must not fail.
    """

    def __init__(self, connection: sqlite3.Connection, note: Callable[[int], None] | None = None) -> None:
        self._connection = connection
        self._note = note
        self._appender = Appender(connection)
        self._has_receipts: bool | None = None
        self._broken: str | None = None
        self._told = False
        self._checkpoints = Checkpoints(connection)
        self._preallocation = Preallocation(connection, self._checkpoints)
        self._settling = Settling(connection, self._checkpoints.database)
        self._checkpoint(self._settling.look)

    def _require_sound(self) -> None:
        """Nothing is written any more after :meth:`_break`."""
        if self._broken is not None:
            raise StoreError(self._broken)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        self._require_sound()
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
        """A transaction of what was promised."""
        try:
            with self._transaction():
                yield
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error) -> StoreError:
        """What an error means to what was promised. After one not known to pass, nothing is written any more.

        A commit whose fsync has failed must not be tried again: the second one may succeed without the first's bytes.
        """
        if isinstance(error, sqlite3.IntegrityError):
            doubt(self._connection)  # the index may be wrong, or where it led us
            return StoreError(Clause(N_("Something else is kept in its place: {error}."), error=str(error)))
        failed = failure(error, NOT_WRITTEN)
        if not isinstance(failed, StoreFull):
            self._break(failed.reason)
        return failed

    def _break(self, reason: str) -> None:
        """The last of it: nothing is written by this process any more, and the next one looks at everything."""
        self._broken = reason
        doubt(self._connection)

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
                self._break(failure(error, NOT_WRITTEN).reason)
            raise failed from error

    def append(self, appends: Sequence[Append]) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        self._require_sound()
        try:
            count = self._append(appends)
        except StoreFull as error:
            if not (is_full(error) and self._checkpoint(self._checkpoints.make_room)):
                raise
            self._checkpoint(self._settling.look)
            count = self._append(appends)
        self._preallocation.count()
        if self._checkpoints.is_time(count):
            self._checkpoint(self._checkpoints.look)
        self._checkpoint(self._settling.look)

    def _append(self, appends: Sequence[Append]) -> int:
        """Keep these messages; returns how many they are."""
        try:
            self._require_no_receipts(appends)
            appended = self._insert(appends)
        except sqlite3.Error as error:
            self._require_no_repeats(appends, error)
            raise self._failure(error) from error
        self._appender.keep(appended)
        if self._note is not None:
            self._note(appended.key)
        return appended.count

    def _insert(self, appends: Sequence[Append]) -> Appended:
        """One statement is a transaction of its own."""
        if self._appender.takes_one_statement(appends):
            return self._appender.append(appends)
        with self._transaction():
            return self._appender.append(appends)

    def _checkpoint(self, method: Callable[[], R]) -> R | None:
        """What is stored is on the disk. If the database itself cannot be written, these messages are the last."""
        try:
            return method()
        except sqlite3.Error as error:
            failed = failure(error, NOT_WRITTEN)
            if not isinstance(failed, StoreFull):
                self._break(failed.reason)
            return None

    def _require_no_receipts(self, appends: Sequence[Append]) -> None:
        """None of the messages is the repeat of one that is dropped already: the table of messages would not tell.

        Raises:
            Repeated: some are; or of those that are kept.
        """
        if self._has_receipts is None:
            self._has_receipts = has_receipts(self._connection)
        dropped = find_receipts(self._connection, appends) if self._has_receipts else {}
        if dropped:
            raise Repeated(dropped | find_kept(self._connection, appends))

    def _require_no_repeats(self, appends: Sequence[Append], error: sqlite3.Error) -> None:
        """This error while they were inserted is not that some are kept. Only now: when there are none, that costs nothing.

        Nobody else writes, so all is as it was then.

        Raises:
            Repeated: it is.
        """
        if not isinstance(error, sqlite3.IntegrityError):
            return
        try:
            placed = find_kept(self._connection, appends)
        except sqlite3.Error as unreadable:
            raise self._failure(unreadable) from unreadable
        if placed:
            raise Repeated(placed) from error

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
        self._has_receipts = None
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

    def distrust(self) -> StoreError:
        """The file was found damaged: nothing is written any more, which would make it worse. What is said of it from now on."""
        reason = Clause(NOT_WRITTEN, error="database disk image is malformed")  # as SQLite says
        self._break(reason)
        self._told = True
        return StoreError(reason)

    def rest(self) -> None:
        """To be called when nobody waits for an answer, after each.

        Raises:
            StoreError: nothing is written any more, since now or since that answer; who asked may not know. Once.
        """
        if self._broken is None:
            self._look_ahead()
        if not self._told:
            self._told = self._broken is not None
            self._require_sound()

    def _look_ahead(self) -> None:
        try:
            self._checkpoint(self._preallocation.look)
        except OSError as error:
            self._break(Clause(NOT_WRITTEN, error=error.strerror))

    def close(self) -> None:
        """Give the connection back; the last one to go leaves one file, without its write-ahead log."""
        self._connection.close()
