"""A copy of a database that a server may be using, as it was at one moment. Knows files and SQLite; not who wants it."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from errno import ENOSPC
from pathlib import Path
from typing import Final

from chatd.storage.contract import StoreError
from chatd.storage.database import connect
from chatd.storage.files import create_private, sync
from chatd.storage.history import UNREADABLE, mark_copy
from chatd.storage.integrity import is_corrupt
from chatd.storage.visit import visiting

_OF_TARGET: Final = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_CLOSE,
)
"""What goes wrong while a file is written. The other one is only read."""


def copy(path: Path, target: Path, pulse: Callable[[], bool], inspect: Callable[[Path], None] = lambda _: None) -> None:
    """Copy the database to a file that does not exist yet. It is there when all of it is on the disk, or never.

    Nothing is taken over of what was deleted. Wherever the copy is served, it begins a new history: what was said after it
    was made is not in it. ``pulse`` is called now and then, and stops it by ``False``; :func:`part_of` grows meanwhile, and
    may be looked at by ``inspect`` before it gets its name. Whatever that raises, there is no copy.

    Raises:
        StoreError: one of the two files cannot be used.
        InterruptedVisit: ``pulse`` said so.
        OSError: it may not be there after a power cut, and cannot be deleted either.
    """
    target = target.absolute()
    _require_absent(target)
    with visiting(path, pulse) as connection, _part(target) as part:
        _fill(connection, path, target)
        inspect(part)
        _give_name(part, target)


def _give_name(part: Path, target: Path) -> None:
    """For good, or not at all."""
    try:
        _require_absent(target)
        part.replace(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        sync(target.parent)
    except OSError as error:
        target.unlink()  # if that fails as well, it must not be said that nothing is left
        raise _unwritable(target, error) from error


def _fill(connection: sqlite3.Connection, path: Path, target: Path) -> None:
    part = part_of(target)
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
    except sqlite3.Error as error:
        if is_corrupt(error):
            raise StoreError(
                f"{path} is too damaged to be copied ({error}). 'chatd export' still writes what can be read in it."
            ) from error
        if getattr(error, "sqlite_errorcode", None) in _OF_TARGET:
            raise _unwritable(target, error) from error
        raise
    try:
        _finish(part)
    except (*UNREADABLE, OSError) as error:
        raise _unwritable(target, error) from error


def _unwritable(target: Path, error: sqlite3.Error | UnicodeDecodeError | OSError) -> StoreError:
    why = error.strerror if isinstance(error, OSError) else str(error)
    if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
        why = os.strerror(ENOSPC)
    return StoreError(f"{target} cannot be written: {why}. Nothing is left of it.")


def part_of(target: Path) -> Path:
    """Where the copy is while it is made."""
    return Path(f"{target}.part")


def _require_absent(target: Path) -> None:
    if target.is_dir():
        raise StoreError(f"{target} is a folder. Please name a file in it.")
    if target.exists():
        raise StoreError(f"{target} exists already. Please choose another name, or delete it.")
    if not target.parent.is_dir():
        raise StoreError(f"There is no folder {target.parent}. Please make it first, or name another one.")


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """The file that is to become the copy, empty and this process's alone; what remains of it in the end is deleted."""
    part = part_of(target)
    try:
        descriptor = create_private(part)
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"{part} is being written by another backup. Please wait for its end.") from None
        os.ftruncate(descriptor, 0)  # one that was killed may have left something
        try:
            yield part
        finally:
            with suppress(FileNotFoundError):  # as it should be
                part.unlink()
    finally:
        os.close(descriptor)


def _finish(part: Path) -> None:
    """Have it begin a new history, and be on the disk."""
    with closing(connect(part, write=True)) as connection:
        connection.execute("PRAGMA journal_mode = MEMORY")  # a crash leaves no file beside one that is of no use then
        mark_copy(connection)
    sync(part)
