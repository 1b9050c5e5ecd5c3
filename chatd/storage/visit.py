"""A database visited from outside, beside the server that may be using it. Knows files and SQLite; not what is looked for.

Nothing is written. SQLite makes two files beside a database that nobody else has open, and does not take them away when it
may only read; :func:`visiting` does.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from chatd.storage.contract import StoreError
from chatd.storage.database import connect, unusable
from chatd.storage.history import UNREADABLE
from chatd.storage.lock import require_one_name
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
    _require_readable(path)
    before = _is_alone(path)
    try:
        with closing(_open(path)) as connection:
            _require_used(connection, path)
            connection.set_progress_handler(lambda: not pulse(), PULSE)
            yield connection
    except UNREADABLE as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise InterruptedVisit from None
        raise unusable(path, error) from error
    finally:
        if before:
            _tidy(path)


def _require_readable(path: Path) -> None:
    if not path.is_file():
        raise StoreError(f"{path} is a folder, not a file." if path.is_dir() else f"There is no file {path}.")
    if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
        raise StoreError(f"{path} may not be read by you: permission denied. Please do this as the user who owns it.")


def _require_used(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database in which there is nothing, or nothing known; or that is not all there is of it."""
    found = version(connection, str(path))
    require_known(found, str(path), len(steps()))
    if not found:
        raise StoreError(f"{path} is empty: no server has used it yet.")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":  # a copy of chatd backup has no such log
        require_one_name(path.stat(), path)


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
