"""One server per database, whatever names it has. Knows files and ``flock``; not what is in them, or who uses them.

There are two locks, and the kernel drops both with their process, also by ``kill -9``. One is on a file beside the database,
which goes by its name; one on the database itself, for whoever removes that file or comes by another name (SQLite finds the
write-ahead log by the name: two servers would each have their own).
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from chatd.storage.contract import StoreError
from chatd.storage.files import create_private

_UNUSED: Final = 0x40000000 - 1
"""A byte of the file on which SQLite has no locks: they begin behind it (sqlite.org/fileformat2.html, "The Lock-Byte Page")."""


class Lock:
    """Held from the moment it is made until :meth:`release`. The database is made, empty, if there is none.

    Raises:
        StoreError: another process, or this one, holds it already; or the database has several names; or there are no locks
            where it is.
        OSError: there cannot be such files.
    """

    descriptor: int
    """The database. It must stay open as long as SQLite has it: closing it would drop SQLite's locks (POSIX, fcntl)."""

    def __init__(self, path: Path) -> None:
        self._beside = f"{path}.lock"
        held = _locked(self._beside, lambda: os.open(self._beside, os.O_RDWR | os.O_CREAT, 0o600))
        if held is None:
            raise _in_use(path)
        self._held: int | None = held
        try:
            self.descriptor = _hold(path)
        except BaseException:
            self._release_name(held)
            raise

    def release(self) -> None:
        """Let others have it; SQLite must not use it any more. May be called again.

        Raises:
            OSError: the file beside it cannot be removed. Others can have it all the same.
        """
        held, self._held = self._held, None
        if held is None:
            return
        os.close(self.descriptor)
        self._release_name(held)

    def _release_name(self, held: int) -> None:
        try:
            if _is_at(self._beside, held):  # not if somebody has removed it: then it may be another's by now
                os.unlink(self._beside)  # while it is still locked: whoever has opened it by now finds it gone
        finally:
            os.close(held)


def require_one_name(status: os.stat_result, path: Path) -> None:
    """Refuse a file that can be reached by another name as well: by that one, SQLite does not find its write-ahead log.

    Raises:
        StoreError: there is another.
    """
    if status.st_nlink > 1:
        raise StoreError(
            f"{path} has {status.st_nlink} names (hard links), and what was said last may be in the -wal file of another "
            f"one. Please leave only the name that was served; this finds them: find / -xdev -samefile {path}"
        )


def _in_use(path: Path) -> StoreError:
    return StoreError(f"{path} is in use by another chatd. Please stop that one, or give this one another file.")


def _no_locks(path: str, error: OSError) -> StoreError:
    return StoreError(
        f"{path} cannot be locked ({error.strerror}), so another server could use the database at the same time. Please keep "
        "it on a disk of this machine, or mount its file system with locks."
    )


def _hold(path: Path) -> int:
    """A descriptor of the database, locked where that can be done beside SQLite's own locks."""
    is_new = not path.exists()
    try:
        descriptor = _locked(str(path), lambda: create_private(path))
    except StoreError:
        if is_new:
            path.unlink(missing_ok=True)  # who is refused leaves nothing behind
        raise
    if descriptor is None:
        raise _in_use(path)
    try:
        require_one_name(os.fstat(descriptor), path)
        if not _is_apart(descriptor):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _is_apart(descriptor: int) -> bool:
    """Whether this flock is in nobody's way who locks bytes of the file, as SQLite does.

    On Linux it is not; BSD, macOS and network file systems have one kind of lock for both calls.
    """
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _UNUSED)
    except OSError:
        return False
    fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, _UNUSED)
    return True


def _locked(path: str, open: Callable[[], int]) -> int | None:
    """A descriptor of the file of that name, locked; ``None`` if somebody else has it.

    Raises:
        StoreError: the file system has no locks, or no more of them.
        OSError: there cannot be such a file.
    """
    while True:
        descriptor = open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as error:
            os.close(descriptor)
            raise _no_locks(path, error) from error
        if _is_at(path, descriptor):
            return descriptor
        os.close(descriptor)  # its last holder removed it between our two calls


def _is_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
