"""The small file beside a database that tells whether it is the latest one. Knows its form; no SQL, and not what follows.

Two lines of ASCII, far below the 512 bytes that a disk writes at once. The first is replaced as a whole, by renaming;
the second, which begins where it always begins, is written over after each commit.
"""

import fcntl
import os
import re
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

from chatd.storage.files import create_private, sync

_FIRST: Final = re.compile(r"chatd-mark 1 ([0-9a-f]*) ([0-9a-f]*) (\d{1,20}) (\d{0,20}) [0-9a-f]{8}\n")
_SECOND: Final = re.compile(r"(\d{20}) ([0-9a-f]{8})\n")
_GET_GENERATION: Final = 0x80087601
"""FS_IOC_GETVERSION of Linux (ioctl_fs(2), linux/fs.h) on 64-bit machines; what does not know it says so."""


class MarkDamagedError(Exception):
    """The file is not as it was written."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which file of its file system one is: not its name, and not what is in it."""

    inode: int
    generation: int | None = None
    """Tells it from an earlier file of the same number, where the file system can: numbers are used again."""

    def agrees(self, other: "Identity") -> bool:
        """Whether both can be the same file."""
        generations = {self.generation, other.generation} - {None}
        return self.inode == other.inode and len(generations) < 2  # noqa: PLR2004 (two different ones)


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known beside a database of its last run: of the last time that a server began to use it."""

    run: str
    """The word of that run, in hexadecimal: by the time it served anybody, the database held it too."""
    before: str
    """The word that the file held until then; empty: none. The same as ``run``: the file holds no other any more."""
    file: Identity
    key: int
    """Entries up to this key were committed; more may have been."""


def identity(descriptor: int) -> Identity:
    """The identity of an open file.

    Must not be asked of a database that this process has open: closing the descriptor would drop SQLite's locks on it.
    """
    generation = None
    with suppress(OSError):  # tmpfs has none, for example
        (generation,) = struct.unpack("L", fcntl.ioctl(descriptor, _GET_GENERATION, bytes(struct.calcsize("L"))))
    return Identity(os.fstat(descriptor).st_ino, generation)


def encode(mark: Mark) -> bytes:
    """The file's content."""
    generation = "" if mark.file.generation is None else mark.file.generation
    words = f"chatd-mark 1 {mark.run} {mark.before} {mark.file.inode} {generation}"
    return f"{words} {crc32(words.encode()):08x}\n".encode() + _second(mark.run, mark.key)


def _second(run: str, key: int) -> bytes:
    digits = f"{key:020d}"
    return f"{digits} {crc32((run + digits).encode()):08x}\n".encode()


def decode(content: bytes) -> Mark:
    """The mark of that content.

    Raises:
        MarkDamagedError: it is none.
    """
    first, newline, second = content.decode("ascii", "replace").partition("\n")
    found, rest = _FIRST.fullmatch(first + newline), _SECOND.fullmatch(second)
    if found is None or rest is None:
        raise MarkDamagedError
    run, before, inode, generation = found.groups()
    mark = Mark(run, before, Identity(int(inode), int(generation) if generation else None), int(rest[1]))
    if encode(mark) != content:  # the checksums, and that there is one way to write it
        raise MarkDamagedError
    return mark


def read(path: Path) -> Mark | None:
    """The mark in this file; ``None`` if there is no file.

    Raises:
        MarkDamagedError: it holds no mark.
        OSError: it cannot be read.
    """
    try:
        return decode(path.read_bytes())
    except FileNotFoundError:
        return None


def write(path: Path, mark: Mark) -> None:
    """Put this mark in the place of the one before: after a crash at any moment, one of the two is there, and whole.

    Raises:
        OSError: it cannot be written. The one before is still there.
    """
    part = Path(f"{path}.part")
    part.unlink(missing_ok=True)
    descriptor = create_private(part)
    try:
        os.write(descriptor, encode(mark))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.replace(path)
    sync(path.parent)


class KeyNote:
    """Notes in the mark up to which key entries are committed. One thread notes; ``close`` comes after that.

    Nothing is synced: the kernel keeps what was written when the process dies. After a power cut the mark may know less
    than the database, never more, because each key is noted after its commit. If it cannot be written, ``report`` is
    given a sentence, once, and that is all: an old backup would be recognised less surely until it can be.
    When another mark was put in its place meanwhile, in the same thread, that one is gone on with; as long as it knows two
    words, for afterwards none is put there.
    """

    def __init__(self, path: Path, report: Callable[[str], None]) -> None:
        self._path = path
        self._report = report
        self._descriptor: int | None = None
        self._run, self._offset = "", 0
        self._may_be_replaced = False
        self._told = False
        try:
            self._open()
        except (OSError, MarkDamagedError) as error:
            self._tell(error)

    def _open(self) -> None:
        mark = read(self._path)
        if mark is not None:
            self._run = mark.run
            self._may_be_replaced = mark.run != mark.before
            self._offset = len(encode(mark)) - len(_second(mark.run, mark.key))
            self._descriptor = os.open(self._path, os.O_WRONLY)

    def note(self, key: int) -> None:
        """Entries up to this key are committed. Never fails."""
        if self._descriptor is None:
            return
        try:
            # Not each time: whoever asks for a file's status makes the kernel (since Linux 6.13) write down the exact time of
            # the next write, and the commit after that takes 30 µs longer.
            if self._may_be_replaced and not os.fstat(self._descriptor).st_nlink:
                self.close()
                self._open()
            if self._descriptor is not None:
                os.pwrite(self._descriptor, _second(self._run, key), self._offset)
        except (OSError, MarkDamagedError) as error:
            self._tell(error)

    def _tell(self, error: OSError | MarkDamagedError) -> None:
        if self._told:
            return
        self._told = True
        why = error.strerror if isinstance(error, OSError) else "it is damaged"
        self._report(
            f"{self._path} cannot be written ({why}). Until it can be, it cannot be told as surely whether an old backup "
            "is put back."
        )

    def close(self) -> None:
        """Note nothing more. May be called again."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
