"""Zeros at the end of the write-ahead log, there before they are needed. Knows the log's form; must not know what is kept.

A commit that makes the log longer waits for the file system as well, which has to write down where the new blocks are. For one
short message, two pages, it takes 250 µs on an SSD with ext4, and 165 where something is written over; after 50 ms in which
nothing was written 630 and 550 (medians). SQLite writes over its log only after all of it was brought into the database. Until
then it grows: for the first :data:`~chatd.storage.checkpoints.USUAL` pages after each start, all the life of a quiet server.

So there are zeros ahead of SQLite, written and synced while nobody waits. To SQLite they are nothing: it reads a log up to the
first frame that does not have the log's salts and the right checksum, or is of page 0; the length of the file only tells it where
to stop at the latest (sqlite.org/walformat.html). Blocks that are allocated and were never written (``fallocate``) would not do:
to write to them is written down as well.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EIO, EMFILE, ENFILE, ENOENT, ENOSPC
from typing import Final

from chatd.storage.checkpoints import FRAME_BYTES, HEADER_BYTES, Checkpoints

COMMITS = 16
"""So often it is looked, and after the first: where nobody says anything, nothing is written."""
STEP: Final = 128
"""Pages that are written at a time: half a megabyte, which takes 0.5 ms here, and 50 on a card that writes 10 MB per second."""
AHEAD: Final = 64
"""Pages that are to be left: twice as many as :data:`COMMITS` short messages take, which are said one at a time."""
_PIECE_BYTES: Final = 2**16
"""Zeros written by one call. The kernel keeps what comes at once in one piece of its memory if it can, and to write to a large
one takes longer: a commit's writes, with cold caches, 30 µs; 48 if half a megabyte came at once, 100 if 4 MB did."""
_FRAME_HEADER_BYTES: Final = 24
_PASSING: Final = (ENOENT, EMFILE, ENFILE)
"""Why a log may not be opened now: there is none, or there are no descriptors left."""


class Preallocation:
    """Makes the log of this connection longer; it must be the one that writes. Where there is little room it is left alone."""

    def __init__(self, connection: sqlite3.Connection, checkpoints: Checkpoints) -> None:
        self._connection = connection
        self._checkpoints = checkpoints
        self._commits = COMMITS - 1

    def count(self) -> None:
        """There was a commit."""
        self._commits += 1

    def look(self) -> None:
        """If it is time, and SQLite has come near to the end of the log, make it longer. Outside of a transaction.

        On a disk that is full by then, and wherever else it cannot be done, the log grows as it would.

        Raises:
            sqlite3.Error: the database cannot be used, or not now.
            OSError: the disk fails.
        """
        if self._commits < COMMITS:
            return
        self._commits = 0
        try:
            log = os.open(self._checkpoints.log, os.O_RDWR)
        except OSError as error:
            if error.errno in _PASSING:
                return
            raise
        try:
            if self._is_near_the_end(log) and self._checkpoints.has_room():
                self._lengthen(log)
        finally:
            os.close(log)  # no lock is lost by that: SQLite has none on this file

    def _is_near_the_end(self, log: int) -> bool:
        """Whether there is a frame where nothing but zeros is to be; and the log is to become longer at all."""
        size = _size(log)
        if size >= self._checkpoints.usual_bytes:
            return False
        frame = max(0, (size - HEADER_BYTES) // FRAME_BYTES - AHEAD)
        return any(os.pread(log, _FRAME_HEADER_BYTES, HEADER_BYTES + frame * FRAME_BYTES))

    def _lengthen(self, log: int) -> None:
        """By a step. In a transaction, though of nothing: so nobody else writes there now, or makes it shorter."""
        with self._without_waiting():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            size = _size(log)  # not before: until now somebody else might have written there
            _write_zeros(log, size, min(STEP * FRAME_BYTES, self._checkpoints.usual_bytes - size))
        finally:
            self._connection.execute("ROLLBACK")

    @contextmanager
    def _without_waiting(self) -> Iterator[None]:
        """If another program has locked the database, this can be left; the next message would have to wait behind it."""
        usual = self._connection.execute("PRAGMA busy_timeout").fetchone()[0]
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {usual}")


def _size(log: int) -> int:
    # Not by its status: since Linux 6.13 the next write has its exact time written down, if somebody has asked for that.
    return os.lseek(log, 0, os.SEEK_END)


def _write_zeros(log: int, start: int, count: int) -> None:
    """All of them, on the disk; or none, if there is no room.

    A sync that fails, for whatever reason, is passed on. What it could not write may have been somebody else's, and all who have
    the file open are told of it once (since Linux 4.13): SQLite is, at a commit that was well.
    """
    try:
        for place in range(start, start + count, _PIECE_BYTES):
            piece = bytes(min(_PIECE_BYTES, start + count - place))
            if os.pwrite(log, piece, place) < len(piece):
                raise OSError(ENOSPC, os.strerror(ENOSPC))
    except OSError as error:
        os.ftruncate(log, start)
        if error.errno == EIO:
            raise
    else:
        os.fsync(log)  # else the next commit would wait for that
