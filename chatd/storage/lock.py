"""One server per database. Knows files and ``flock``; not what is in them.

The lock is on a file of its own: closing any descriptor of the database would drop the locks SQLite holds on it
(POSIX, fcntl). The kernel drops an flock with its process, so that nothing is left behind even by ``kill -9``; an empty
lock file that stays is free to be locked again.
"""

import fcntl
import os

from chatd.storage.contract import StoreError


class Lock:
    """Held from the moment it is made until :meth:`release`, which removes the file.

    Raises:
        StoreError: another process, or this one, holds it already.
        OSError: there cannot be such a file.
    """

    def __init__(self, path: str, guarded: str) -> None:
        self._path = path
        self._descriptor = _locked(path)
        if self._descriptor is None:
            raise StoreError(
                f"{guarded} is in use by another chatd. Please stop that one, or give this one another file."
            )

    def release(self) -> None:
        """Let others have it. May be called again.

        Raises:
            OSError: the file cannot be removed. Others can have it all the same.
        """
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        try:
            if _is_at(self._path, descriptor):  # not if somebody has removed it: then it may be another's by now
                os.unlink(self._path)  # while it is still locked: whoever has opened it by now finds it gone
        finally:
            os.close(descriptor)


def _locked(path: str) -> int | None:
    """A descriptor of the locked file of that name; ``None`` if somebody else has it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if _is_at(path, descriptor):
            return descriptor
        os.close(descriptor)  # its last holder removed it between our two calls


def _is_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
