"""The database file: made, checked, brought up to date, connected to. Knows files and SQLite; no table of it."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from chatd.details import Clause
from chatd.languages import N_
from chatd.storage.contract import StoreError, StoreFull
from chatd.storage.lock import Lock
from chatd.storage.migrations import migrate, steps, version

BUSY_SECONDS = 5.0
"""How long to wait for another program that has locked the file, a backup for example."""

# FULL: a commit is on the disk when it returns, not only safe from a crash of this process (sqlite.org/pragma.html).
_WRITER = (
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4000",  # pages; a fifth faster than the default 1000 at full load
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


def failure(error: sqlite3.Error, otherwise: str) -> StoreError:
    """What an error while reading or writing means to the store; ``otherwise`` is the sentence about one that will not pass."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in _PASSING:
        return StoreFull(Clause(_PASSING[code]))
    return StoreError(Clause(otherwise, error=str(error)))


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """A connection to an existing file. There must be only one with ``write`` at a time.

    (Two connections that write or checkpoint can corrupt a database before SQLite 3.51.3: the "WAL-reset" bug.)

    Raises:
        StoreError: it cannot be opened.
    """
    uri = f"{path.as_uri()}?mode={'rw' if write else 'ro'}"
    try:
        connection = sqlite3.connect(uri, BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)
        connection.text_factory = _text
        for pragma in _WRITER if write else _READER:
            connection.execute(pragma)
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    return connection


def _text(raw: bytes) -> str:
    """Text of a row; bytes that are no text, for the checksum to notice, not for an exception."""
    return raw.decode(errors="replace")


def _use_write_ahead_log(connection: sqlite3.Connection, path: Path) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(f"The file system of {path} cannot hold a write-ahead log (network file systems cannot).")


def prepare(path: Path, scripts: list[str] | None = None) -> Lock:
    """Make the file if there is none, check it, bring it up to date; nobody else can until the lock is released.

    Nothing is left open but the lock, so that this may be followed by a fork.

    Raises:
        StoreError: it cannot be used, and why.
    """
    try:
        if path.is_dir():
            raise StoreError(f"{path} is a folder, not a file. Please name a file in it.")
        lock = Lock(f"{path}.lock", str(path))
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        _prepare(path, steps() if scripts is None else scripts)
    except BaseException:
        lock.release()
        raise
    return lock


def _prepare(path: Path, scripts: list[str]) -> None:
    try:
        os.close(_create_private(path))
        with closing(connect(path, write=True)) as connection:
            version(connection, str(path))  # before anything is changed in it
            _make_private(path)
            migrate(connection, str(path), scripts, lambda old: _back_up(connection, path, old))
            _use_write_ahead_log(connection, path)
            _check(connection, path)
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: sqlite3.Error | OSError) -> StoreError:
    if isinstance(error, OSError):
        return StoreError(f"{path} cannot be used: {error.strerror} ({error.filename}).")
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
        return StoreError(f"{path} is not a database. Please choose another file.")
    return StoreError(f"{path} cannot be used: {error}.")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file whose pages do not fit together. 0.4 s per million messages."""
    problem: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise StoreError(f"{path} is damaged ({problem}). Please restore a backup.")


def _make_private(path: Path) -> None:
    """Make the files their owner's alone; SQLite gives new side files the permissions of the first."""
    for name in (str(path), f"{path}-wal", f"{path}-shm"):
        with suppress(FileNotFoundError):
            if os.stat(name).st_mode & 0o077:
                os.chmod(name, 0o600)
    _sync(path.parent)


def _create_private(path: Path) -> int:
    """A descriptor of the file, made now if need be, whatever the umask."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, os.O_RDWR)
    os.fchmod(descriptor, 0o600)
    return descriptor


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Keep a copy of the old version beside the file: ``chatd.db.version-1``."""
    unfinished, finished = Path(f"{path}.version-{version}.part"), Path(f"{path}.version-{version}")
    unfinished.unlink(missing_ok=True)
    os.close(_create_private(unfinished))
    connection.execute("VACUUM INTO ?", (str(unfinished),))
    _sync(unfinished)
    unfinished.replace(finished)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Have a file, or a folder's list of names, on the disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
