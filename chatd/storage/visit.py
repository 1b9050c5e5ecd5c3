"""A database visited from outside, beside the server that may be using it. Knows files and SQLite; not what is looked for.

Nothing is written. SQLite makes two files beside a database that nobody else has open, and does not take them away when it
may only read; :func:`visiting` does.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from chatd.storage.contract import StoreError
from chatd.storage.database import connect, unusable
from chatd.storage.history import UNREADABLE
from chatd.storage.migrations import require_known, steps, version

PULSE: Final = 50_000
"""Instructions of SQLite between two calls of ``pulse``: some milliseconds."""

_NO_FILES: Final = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


class InterruptedVisit(Exception):
    """``pulse`` wanted no more of it."""


@contextmanager
def visiting(path: Path, pulse: Callable[[], bool]) -> Iterator[sqlite3.Connection]:
    """A connection that only reads. ``pulse`` is called now and then while SQLite works, and stops it by ``False``.

    Raises:
        StoreError: it is no database of chatd, or of a newer one, or cannot be read.
        InterruptedVisit: ``pulse`` said so.
    """
    path = path.absolute()
    if not path.is_file():
        raise StoreError(f"{path} is a folder, not a file." if path.is_dir() else f"There is no file {path}.")
    before = _is_alone(path)
    try:
        with closing(_open(path)) as connection:
            require_known(version(connection, str(path)), str(path), len(steps()))
            connection.set_progress_handler(lambda: not pulse(), PULSE)
            yield connection
    except UNREADABLE as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise InterruptedVisit from None
        raise unusable(path, error) from error
    finally:
        if before:
            _tidy(path)


def require_current(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that this version of chatd would bring up to date first.

    Raises:
        StoreError: it is older.
    """
    found, current = version(connection, str(path)), len(steps())
    if found < current:
        raise StoreError(
            f"{path} is of an older chatd (its version is {found}, this one's is {current}). Please start the server on it "
            "once, or on a copy of it: that brings it up to date."
        )


def _open(path: Path) -> sqlite3.Connection:
    connection = connect(path, write=False)
    try:
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    except UNREADABLE as error:
        connection.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _NO_FILES or not _is_alone(path):
            raise
        # SQLite could not make its files in that folder. Then no server can be using it either.
        connection = connect(path, write=False, immutable=True)
    connection.execute("PRAGMA query_only = OFF")  # the file is read-only; a copy of it, or a temporary table, is not
    return connection


def _is_alone(path: Path) -> bool:
    """Whether nobody has it open, as far as can be seen, and nothing is to be recovered."""
    return not Path(f"{path}-wal").exists() and not Path(f"{path}-shm").exists()


def _tidy(path: Path) -> None:
    """Let SQLite take away its two files, unless somebody else uses them by now: as one who may write, and goes last."""
    try:
        if Path(f"{path}-wal").stat().st_size:
            return
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    except (*UNREADABLE, OSError):
        return  # they are gone, or may not be touched; empty ones do no harm
