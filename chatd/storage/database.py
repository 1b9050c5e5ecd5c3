"""The database file: made, checked, brought up to date, connected to. Knows files and SQLite; no table of it."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path

from chatd.details import Clause
from chatd.languages import N_
from chatd.storage import integrity, meta, tables
from chatd.storage.checkpoints import USUAL
from chatd.storage.contract import StoreError, StoreFull
from chatd.storage.doubt import doubt_of
from chatd.storage.ends import is_end_whole
from chatd.storage.files import create_private, sync
from chatd.storage.history import UNREADABLE, begin_run, mark_of, set_aside
from chatd.storage.indexes import mend_indexes
from chatd.storage.integrity import Check, in_line, is_corrupt
from chatd.storage.lock import Lock
from chatd.storage.mark import Identity, identity
from chatd.storage.migrations import migrate, steps, version

LARGE_BYTES = 32 * 2**20
"""A file beyond that is not looked at as a whole by its start: that would take longer than a quarter of a second."""
BUSY_SECONDS = 5.0
"""How long to wait for another program that has locked the file, a backup for example."""

STATEMENTS = 256
"""Prepared ones that a connection keeps. Python's usual 128 would be filled by those that insert messages, one for each number
of rows (:data:`chatd.storage.rows.MOST_ROWS`): each would be gone before it is needed again."""

# FULL: a commit is on the disk when it returns, not only safe from a crash of this process (sqlite.org/pragma.html).
_WRITER = (
    "PRAGMA synchronous = FULL",
    f"PRAGMA wal_autocheckpoint = {USUAL}",  # pages; a fifth faster than the default 1000 at full load
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cell_size_check = ON",
    "PRAGMA foreign_keys = OFF",  # keys come from this code only; checking them would cost a look-up per message
)
_READER = ("PRAGMA query_only = ON", "PRAGMA cell_size_check = ON")

_FULL = N_("The disk is full.")
_LOCKED = N_("Another program has locked the database.")
_PASSING = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,  # its index of the write-ahead log could not grow
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_BUSY_SNAPSHOT: _LOCKED,
}
"""What may be over at the next attempt, by SQLite's code. Nothing was written."""

NOT_WRITTEN = N_("The database cannot be written: {error}.")
NOT_READ = N_("The database cannot be read: {error}.")
NOT_INDEXED = N_("The database cannot be indexed: {error}.")


def passes(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    """Whether it may be over at the next attempt, so that nothing is known to be damaged."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) in _PASSING


def failure(error: sqlite3.Error | UnicodeDecodeError, otherwise: str) -> StoreError:
    """What an error while reading or writing means to the store; ``otherwise`` is the sentence about one that will not pass."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in _PASSING:
        return StoreFull(Clause(_PASSING[code]))
    return StoreError(Clause(otherwise, error=str(error)))


def is_full(error: StoreFull) -> bool:
    """Whether the disk is; else somebody else has the database."""
    return getattr(error.__cause__, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def connect(path: Path, *, write: bool, immutable: bool = False) -> sqlite3.Connection:
    """A connection to an existing file. There must be only one with ``write`` at a time.

    (Two connections that write or checkpoint can corrupt a database before SQLite 3.51.3: the "WAL-reset" bug.)
    ``immutable``: nobody can write to it, so SQLite needs no files beside it.

    Raises:
        StoreError: it cannot be opened.
    """
    uri = f"{path.as_uri()}?mode={'rw' if write else 'ro'}{'&immutable=1' if immutable else ''}"
    try:
        connection = sqlite3.connect(
            uri, BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS, uri=True
        )
        connection.text_factory = _text
        for pragma in _WRITER if write else _READER:
            connection.execute(pragma)
    except UNREADABLE as error:
        raise unusable(path, error) from error
    return connection


def _text(raw: bytes) -> str:
    """Text of a row; bytes that are no text, for the checksum to notice, not for an exception."""
    return raw.decode(errors="replace")


def _use_write_ahead_log(connection: sqlite3.Connection, path: Path) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(f"The file system of {path} cannot hold a write-ahead log (network file systems cannot).")


def _to_nobody(sentence: str) -> None:
    """Where sentences go that nobody wants."""


def _never(path: Path) -> None:
    """What was postponed is not done."""


def prepare(
    path: Path,
    scripts: list[str] | None = None,
    report: Callable[[str], None] = _to_nobody,
    postpone: Callable[[Path], None] = _never,
) -> Lock:
    """Make the file if there is none, check it, bring it up to date; nobody else can until the lock is released.

    If it is not the file that was served here last, or not all of it, it gets a new epoch. Nothing is left open but the
    lock, so that this may be followed by a fork. ``report`` is given sentences for the operator; ``postpone`` is given the path
    if most of the file was not looked at, because it is large: see :mod:`chatd.storage.scrubbing`.

    Raises:
        StoreError: it cannot be used, and why.
    """
    try:
        if path.is_dir():
            raise StoreError(f"{path} is a folder, not a file. Please name a file in it.")
        lock = Lock(path)
    except OSError as error:
        raise unusable(path, error) from error
    try:
        whole = _prepare(path, lock.descriptor, steps() if scripts is None else scripts, report)
    except BaseException:
        lock.release()
        raise
    if not whole:
        postpone(path)
    return lock


def _prepare(path: Path, descriptor: int, scripts: list[str], report: Callable[[str], None]) -> bool:
    """As :func:`prepare`. Whether all of the file was looked at."""
    try:
        file = _identify(path, descriptor)
        set_aside(path, report)
        with closing(connect(path, write=True)) as connection:
            version(connection, str(path))  # before anything is changed in it
            _make_private(path)
            migrate(connection, str(path), scripts, lambda old: _back_up(connection, path, old))
            _use_write_ahead_log(connection, path)
            doubted = doubt_of(path).exists()
            whole = doubted or path.stat().st_size <= LARGE_BYTES or not is_end_whole(connection)
            _check(connection, path, scripts, whole)
            mend_indexes(connection, str(path), report, whole, thorough=doubted)
            begin_run(connection, path, file, report)
            if whole:
                doubt_of(path).unlink(missing_ok=True)
            return whole
    except (*UNREADABLE, OSError) as error:
        raise unusable(path, error) from error


def reconnect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Another connection to a file that was prepared. What is wrong with it people may read, so the path is not named.

    Raises:
        StoreError: it cannot be opened.
    """
    try:
        return connect(path, write=write)
    except StoreError as error:
        raise StoreError(Clause(NOT_WRITTEN if write else NOT_READ, error=str(error.__cause__))) from error


def unusable(path: Path, error: sqlite3.Error | UnicodeDecodeError | OSError) -> StoreError:
    """What an error while opening the file means to the operator."""
    if isinstance(error, UnicodeDecodeError):
        return _damaged(path, "the names of its tables cannot be read")
    if isinstance(error, OSError):
        where = "" if error.filename in (None, str(path)) else f" ({error.filename})"
        return StoreError(f"{path} cannot be used: {error.strerror}{where}.")
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
        return StoreError(f"{path} is not a database. Please choose another file.")
    if is_corrupt(error) or isinstance(error, sqlite3.IntegrityError):  # while it is mended, values do not fit together
        return _damaged(path, error)
    return StoreError(f"{path} cannot be used: {in_line(error)}.")


def _damaged(path: Path, how: object) -> StoreError:
    return StoreError(f"{path} is damaged ({in_line(how)}). Please restore a backup.")


def _check(connection: sqlite3.Connection, path: Path, scripts: list[str], whole: bool) -> None:
    """Refuse a file whose pages do not fit together, or that lacks what it needs."""
    pages = integrity.problems(connection, Check.QUICK, 1) if whole else ()
    for problem in chain(pages, tables.problems(connection, scripts), meta.problems(connection)):
        raise _damaged(path, problem)


def _make_private(path: Path) -> None:
    """Make the files their owner's alone; SQLite gives new side files the permissions of the first."""
    for name in (str(path), f"{path}-wal", f"{path}-shm"):
        with suppress(FileNotFoundError):
            if os.stat(name).st_mode & 0o077:
                os.chmod(name, 0o600)
    sync(path.parent)


def _identify(path: Path, descriptor: int) -> Identity:
    """Which file it is."""
    if not os.fstat(descriptor).st_size:
        mark_of(path).unlink(missing_ok=True)  # of a file that was taken away: this one has a new epoch anyway
    return identity(descriptor)


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Keep a copy of the old version beside the file: ``chatd.db.version-1``."""
    unfinished, finished = Path(f"{path}.version-{version}.part"), Path(f"{path}.version-{version}")
    unfinished.unlink(missing_ok=True)
    os.close(create_private(unfinished))
    connection.execute("VACUUM INTO ?", (str(unfinished),))
    sync(unfinished)
    unfinished.replace(finished)
    sync(path.parent)
