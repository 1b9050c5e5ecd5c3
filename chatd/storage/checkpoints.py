"""When the write-ahead log is brought into the database. Knows both files; must not know what is kept, or by whom.

SQLite does that after a commit, every so many pages, and says nothing when it fails (sqlite3_wal_autocheckpoint). Nothing is
lost by that, but the log would grow without end, on a disk that does not write any more. And on a disk that has less room than
the log takes until then, the log alone would fill it, with room for nothing that it could be brought into.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

USUAL = 4_000
"""Pages after which SQLite is to begin."""
FEW = 100
"""The same on a disk with little room: 50 short messages."""
ROWS = 100
"""So many rows may be inserted until it is looked again: some 600 pages at most, a seventh of what is usual."""
HEADER_BYTES = 32
"""The log begins with them (sqlite.org/walformat.html)."""
FRAME_BYTES = 24 + 4_096
"""A page in the log, which has a header there. If another program has changed the size of a page, lengths are guesses."""


class Checkpoints:
    """Watches the log of this connection's database grow; it must be the one that writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.database = Path(connection.execute("PRAGMA database_list").fetchone()[2])
        self.log = Path(f"{self.database}-wal")
        self.usual_bytes = HEADER_BYTES + USUAL * FRAME_BYTES
        """So long it is when SQLite begins."""
        self._most = self._usual = 2 * USUAL * FRAME_BYTES
        self._pages = USUAL
        self._rows = ROWS

    def is_time(self, rows: int) -> bool:
        """Whether to :meth:`look`, after a commit of so many rows. To look each time would take longer than to write a few."""
        self._rows += rows
        return self._rows >= ROWS

    def look(self) -> None:
        """If it has grown beyond what is usual, try for ourselves; again after as much. To be called after a commit.

        A long read by somebody else is the other reason for growth, and no error.

        Raises:
            sqlite3.Error: the database cannot be written.
        """
        self._rows = 0
        self._mind_the_room()
        with suppress(FileNotFoundError):
            size = os.stat(self.log).st_size
            self._most = max(self._usual, min(self._most, size + USUAL * FRAME_BYTES))  # it may be short again
            if size > self._most:
                self._most = size + USUAL * FRAME_BYTES
                self._checkpoint()

    def make_room(self) -> bool:
        """After the log could not grow: begin it anew, if all of it fits into the database. Whether it does.

        Raises:
            sqlite3.Error: the database cannot be written, and not because the disk is full.
        """
        try:
            return self._checkpoint()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
                raise
            return False

    def _checkpoint(self) -> bool:
        """Bring it into the database as far as readers allow; nobody is waited for. Whether that was all."""
        busy, pages, moved = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return bool(busy == 0 and pages == moved)

    def has_room(self) -> bool | None:
        """Whether the disk has enough for the log to become as long as usual, and more; ``None``: it does not say."""
        try:
            disk = os.statvfs(self.log.parent)
        except OSError:
            return None
        return disk.f_bavail * disk.f_frsize > self._usual

    def _mind_the_room(self) -> None:
        """Where there is little, keep the log short, so that what is in it still fits into the database."""
        has_room = self.has_room()
        if has_room is None:
            return  # what is stored stays stored
        pages = USUAL if has_room else FEW
        if pages != self._pages:
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")
            self._pages = pages
