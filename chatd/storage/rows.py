"""A message as a row with a checksum, and back. Knows SQLite's types; not how rows are written or found.

SQLite does not notice when bits of a row change on the disk, so every row carries a CRC-32 of all it says, its log's
name and its id included.
"""

import struct
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeAlias
from zlib import crc32

from chatd.details import Clause
from chatd.events import Entry, Kind, Message
from chatd.languages import N_
from chatd.storage.contract import KIND_VALUES, KINDS, Append

Row: TypeAlias = tuple[Any, ...]

MOST_ROWS: Final = 128
"""Rows that one statement inserts. Python's module keeps a prepared one for each number of rows, as a connection to write has
room for (:mod:`chatd.storage.database`): 1 KB for each row of it, 8 MB in all."""
_INTO: Final = (
    "INSERT OR ROLLBACK INTO entry (key, log, id, kind, name, text, at, person, origin, to_name, cid, crc) VALUES "
)
WIDTH: Final = 12
"""Values of one row."""
_ROW: Final = f"({', '.join('?' * WIDTH)})"

COLUMNS = "entry.id, entry.kind, entry.name, entry.text, entry.at, entry.person, entry.origin, entry.to_name, entry.cid"
"""What :func:`checksum` and :meth:`Rows.entry` take, followed by ``entry.crc``."""

NOBODY = -1
"""The person and the connection of a damaged message; real ones are not negative."""

_ON_DISK = "damaged on disk. Please restore a backup, or let it be: it is shown as damaged."


_numbers = struct.Struct("<qdqq").pack


def checksum(  # noqa: PLR0917 (a row's columns, in their order)
    log: str, id: Any, kind: Any, name: Any, text: Any, at: Any, person: Any, origin: Any, to: Any, cid: Any
) -> int:
    """CRC-32 over a log's name and a row's :data:`COLUMNS`.

    Raises:
        struct.error: what should be a number is none.
    """
    words = f"{log}\0{kind}\0{name}\0{to}\0{cid!a}\0{text}"  # !a: what !r escapes changes with Python's Unicode
    return crc32(words.encode(), crc32(_numbers(id, at, person, origin)))


def log_checksum(log: str, shown: object, topic: object) -> int:
    """The same for a log's own row."""
    return crc32(f"{log}\0{shown}\0{topic}".encode())


@cache
def insert(count: int) -> str:
    """The statement that inserts so many rows, with their :func:`values`; at most :data:`MOST_ROWS`."""
    return _INTO + ", ".join([_ROW] * count)


def values(number: int, append: Append, key: int) -> list[Any]:
    """What these messages are as rows, :data:`WIDTH` for each: ``number`` is the log's, ``key`` the first row's own.

    One list, and not a tuple for each: this is half of what Python does for a message that is stored.
    """
    log = append.log
    found: list[Any] = []
    for id, (kind, name, text, at, person, origin, to, cid) in enumerate(append.messages, append.first):
        value = KIND_VALUES[kind]  # SQLite's module is slow to bind subclasses of strings
        crc = checksum(log, id, value, name, text, at, person, origin, to, cid)
        found += (key, number, id, value, name, text, at, person, origin, to, cid, crc)
        key += 1
    return found


def entry_of(log: str, row: Row) -> Entry | None:
    """The entry of a row of :data:`COLUMNS` and ``entry.crc``, if it is what was written to this log."""
    columns, crc = row[:-1], row[-1]
    try:
        if crc != checksum(log, *columns) or columns[1] not in KINDS:
            return None
    except struct.error:
        return None
    id, kind, name, text, at, person, origin, to, cid = columns
    return Entry(id, Message(KINDS[kind], name, text, at, person, origin, to, cid))


def damaged(id: object) -> Entry:
    """What stands in the place of a message that is not what was written; of one whose number is none any more, 0."""
    number = id if isinstance(id, int) else 0
    text = Clause(N_("[message {id} is damaged on disk]"), id=number)
    return Entry(number, Message(Kind.SAID, "?", text, 0.0, NOBODY, NOBODY))


def damage(log: str, id: int) -> str:
    """The operator's sentence about a damaged message."""
    which = f"Message {id}" if id else "A message"
    return f"{which} of {log} is {_ON_DISK}"


class Decoder:
    """Makes entries of rows. A damaged row becomes :func:`damaged`, and is reported: once, not each time it is read."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._reported: set[str] = set()

    def entry(self, log: str, row: Row) -> Entry:
        """The entry of a row of :data:`COLUMNS` and ``entry.crc``."""
        entry = entry_of(log, row)
        if entry is None:
            entry = damaged(row[0])
            self._tell(damage(log, entry.id))
        return entry

    def words(self, log: str, row: Row) -> tuple[str, str]:
        """A room's spelling and topic, of a row of ``shown``, ``topic``, ``crc``; empty if they are damaged."""
        shown, topic, crc = row
        if crc == log_checksum(log, shown, topic):
            return shown, topic
        self._tell(f"The name and the topic of {log} are {_ON_DISK}")
        return "", ""

    def _tell(self, sentence: str) -> None:
        if sentence not in self._reported:
            self._reported.add(sentence)
            self._report(sentence)
