"""Whether the write-ahead log is brought into the database. Knows both files; must not know what is kept, or by whom.

SQLite does that after a commit, every so many pages, and says nothing when it fails (sqlite3_wal_autocheckpoint). Nothing is
lost by that, but the log would grow without end, on a disk that does not write any more.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

USUAL = 4_000
"""Pages after which SQLite is to begin."""
_PAGE_BYTES = 4_096 + 24  # in the log each has a header (sqlite.org/walformat.html)


class Checkpoints:
    """Watches the log of this connection's database grow; it must be the one that writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._log = Path(f"{connection.execute('PRAGMA database_list').fetchone()[2]}-wal")
        self._most = 2 * USUAL * _PAGE_BYTES

    def look(self) -> None:
        """If it has grown beyond what is usual, try for ourselves; again after as much.

        A long read by somebody else is the other reason for growth, and no error. To be called after a commit.

        Raises:
            sqlite3.Error: the database cannot be written.
        """
        with suppress(FileNotFoundError):
            size = os.stat(self._log).st_size
            if size > self._most:
                self._most = size + USUAL * _PAGE_BYTES
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
