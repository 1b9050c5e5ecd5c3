"""All messages of a database, one after the other, in the order they were kept. Knows tables; not formats, or who reads.

Each page is a question of its own, so that no server beside it is kept from emptying its write-ahead log, however slowly
this is read. What is said after the beginning is left out.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

from chatd.events import Entry
from chatd.storage.history import highest
from chatd.storage.rows import COLUMNS, NOBODY, Decoder, Row

PAGE: Final = 500
"""Messages in memory at a time."""

_FROM: Final = (
    f"SELECT entry.key, ifnull(log.log, '?'), {COLUMNS}, entry.crc FROM entry LEFT JOIN log ON log.key = entry.log"
)
_ALL: Final = f"{_FROM} WHERE entry.key > ?1 AND entry.key <= ?2 ORDER BY entry.key LIMIT {PAGE}"
_OF_LOG: Final = f"""
    {_FROM} WHERE entry.log = (SELECT key FROM log WHERE log = ?3) AND entry.id > ?1 AND entry.key <= ?2
    ORDER BY entry.id LIMIT {PAGE}
"""


class Line(NamedTuple):
    """A message, and the log it is in. Of a damaged one nothing is known but its place, if that."""

    log: str
    entry: Entry

    @property
    def damaged(self) -> bool:
        """Whether it is not what was written."""
        return self.entry.message.person == NOBODY


def has_log(connection: sqlite3.Connection, log: str) -> bool:
    """Whether there is, or was, such a room or box.

    Raises:
        sqlite3.Error: the database cannot tell.
    """
    return connection.execute("SELECT 1 FROM log WHERE log = ?", (log,)).fetchone() is not None


def transcript(connection: sqlite3.Connection, log: str | None = None) -> Iterator[Line]:
    """Everything, or what is in one log.

    Raises:
        sqlite3.Error: the database cannot be read any further.
    """
    decoder = Decoder(_told_by_its_line)
    last = highest(connection)
    place = 0
    while rows := _page(connection, log, place, last):
        for key, name, *row in rows:
            yield Line(name, decoder.entry(name, tuple(row)))
            place = key if log is None else row[0]


def _page(connection: sqlite3.Connection, log: str | None, place: int, last: int) -> list[Row]:
    if log is None:
        return connection.execute(_ALL, (place, last)).fetchall()
    return connection.execute(_OF_LOG, (place, last, log)).fetchall()


def _told_by_its_line(_: str) -> None:
    """A damage is seen where the message stands."""
