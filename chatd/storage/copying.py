"""A copy of a database that a server may be using, as it was at one moment. Knows files and SQLite; not who wants it."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from chatd.storage.contract import StoreError
from chatd.storage.database import connect, unusable
from chatd.storage.files import create_private, sync
from chatd.storage.history import UNREADABLE, mark_copy
from chatd.storage.migrations import version
from chatd.storage.visit import visiting


def copy(path: Path, target: Path, pulse: Callable[[], bool]) -> None:
    """Copy the database to a file that does not exist yet. It is there when all of it is on the disk, or never.

    Nothing is taken over of what was deleted. Wherever the copy is served, it begins a new history: what was said after it
    was made is not in it. ``pulse`` is called now and then, and stops it by ``False``; :func:`part_of` grows meanwhile.

    Raises:
        StoreError: one of the two files cannot be used.
        InterruptedVisit: ``pulse`` said so.
    """
    target = target.absolute()
    _require_absent(target)
    with visiting(path, pulse) as connection, _part(target) as part:
        if not version(connection, str(path)):
            raise StoreError(f"{path} is empty: no server has used it yet.")
        connection.execute("VACUUM INTO ?", (str(part),))
        try:
            _finish(part)
            _require_absent(target)
            part.replace(target)
            sync(target.parent)
        except OSError as error:
            raise unusable(target, error) from error


def part_of(target: Path) -> Path:
    """Where the copy is while it is made."""
    return Path(f"{target}.part")


def _require_absent(target: Path) -> None:
    if target.is_dir():
        raise StoreError(f"{target} is a folder. Please name a file in it.")
    if target.exists():
        raise StoreError(f"{target} exists already. Please choose another name, or delete it.")


@contextmanager
def _part(target: Path) -> Iterator[Path]:
    """The file that is to become the copy, empty and this process's alone; what remains of it in the end is deleted."""
    part = part_of(target)
    try:
        descriptor = create_private(part)
    except OSError as error:
        raise unusable(part, error) from error
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
    with closing(connect(part, write=True)) as connection:
        connection.execute("PRAGMA journal_mode = MEMORY")  # a crash leaves no file beside one that is of no use then
        try:
            mark_copy(connection)
        except UNREADABLE as error:
            raise unusable(part, error) from error
    sync(part)
