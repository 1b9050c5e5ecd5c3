"""Files that nobody else may read, and that a power cut leaves as they were. Knows the operating system only."""

import os
from pathlib import Path


def create_private(path: Path) -> int:
    """A descriptor of the file, made now if need be, whatever the umask.

    Raises:
        OSError: there cannot be such a file.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, os.O_RDWR)
    os.fchmod(descriptor, 0o600)
    return descriptor


def sync(path: Path) -> None:
    """Have a file, or a folder's list of names, on the disk before going on.

    Raises:
        OSError: it cannot be.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
