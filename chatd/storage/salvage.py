"""The rows of messages in a file whose pages do not fit together: all that can be reached. Knows tables; not what rows mean.

A page may be lost, or be a copy of another, or stand in the place of another. So a walk through the table can miss rows, meet
some twice or in disorder, or end; and who looks for a key can miss a row that a walk meets. Both ways are gone, and the index
is asked as well which rows there are.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from chatd.storage.integrity import is_corrupt
from chatd.storage.rows import COLUMNS, Row

BEFORE_ALL: Final = -(2**63)
BEYOND_ALL: Final = 2**63 - 1
"""What SQLite has for keys is between these. Those of messages begin at 1."""

_WALK: Final = f"SELECT key, log, {COLUMNS}, crc FROM entry NOT INDEXED WHERE key > ? ORDER BY key"
_SEEK: Final = f"SELECT key, log, {COLUMNS}, crc FROM entry NOT INDEXED WHERE key = ?"
_INDEX: Final = "SELECT key FROM entry INDEXED BY sqlite_autoindex_entry_1"


class Salvage:
    """Finds rows, within the caller's transaction. Takes memory for each key, about 10 bytes, and for the rows out of place."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._strays: dict[int, list[Row]] = {}

    def rows(self) -> Iterator[Row]:
        """Every row that there is, in the order of their keys: its key, its log's number, its columns, its checksum.

        Of one key there can be several, if pages disagree.

        Raises:
            sqlite3.Error: it is not the file's content that keeps it from being read.
        """
        # Not a temporary table: after it has met a damage, this connection may not be able to write to one.
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as places:
            places.execute("CREATE TABLE place (key INTEGER PRIMARY KEY)")
            for keys in (self._met(), self._indexed()):
                places.executemany("INSERT OR IGNORE INTO place VALUES (?)", ((key,) for key in keys))
            for (key,) in places.execute("SELECT key FROM place ORDER BY key"):
                found = seek(self._connection, key)
                yield from self._strays.get(key, []) if found is None else [found, *self._strays.get(key, [])]

    def _met(self) -> Iterator[int]:
        """The keys that a walk meets. Rows that are not where they should be are kept in mind."""
        for row in self._walk():
            key = row[0]
            if row != seek(self._connection, key) and row not in self._strays.get(key, []):
                self._strays.setdefault(key, []).append(row)
            yield key

    def _walk(self) -> Iterator[Row]:
        """From the first to the last, in whatever order; a page that cannot be read is jumped over, farther each time."""
        place, jump = 0, 0
        while place + jump < BEYOND_ALL:
            try:
                for row in self._connection.execute(_WALK, (place + jump,)):
                    yield row
                    if row[0] > place:
                        place, jump = row[0], 0
            except sqlite3.DatabaseError as error:
                pass_over(error)
                jump = 2 * jump or 1
            else:
                return

    def _indexed(self) -> Iterator[int]:
        try:
            for (key,) in self._connection.execute(_INDEX):
                yield key
        except sqlite3.DatabaseError as error:
            pass_over(error)  # what it has told is good for a look


def seek(connection: sqlite3.Connection, key: int) -> Row | None:
    """The row of this key, as in :meth:`Salvage.rows`, if it is where it should be."""
    try:
        row: Row | None = connection.execute(_SEEK, (key,)).fetchone()
    except sqlite3.DatabaseError as error:
        pass_over(error)
        return None
    return row


def pass_over(error: sqlite3.DatabaseError) -> None:
    """Nothing more can be read there, because the file is damaged. Anything else is raised."""
    if not is_corrupt(error):
        raise error
