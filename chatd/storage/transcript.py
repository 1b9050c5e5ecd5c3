"""All messages of a database, each once, in the order they were kept. Knows tables; not formats, or who reads.

The numbers of a log have no holes but where retention has dropped its beginning. So each message that is not there is known,
and has a line in its place. What is said after the beginning is left out.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, NamedTuple

from chatd.events import Entry
from chatd.storage.history import highest
from chatd.storage.people import checksum
from chatd.storage.rows import COLUMNS, Row, damaged, entry_of
from chatd.storage.salvage import BEFORE_ALL, BEYOND_ALL, Salvage, pass_over, seek

PAGE: Final = 500
"""Messages in memory at a time."""
UNKNOWN: Final = "?"
"""A log of which nothing is known any more but that it had messages."""

_COLUMNS: Final = f"SELECT entry.key, entry.log, {COLUMNS}, entry.crc FROM entry"
_ALL: Final = f"{_COLUMNS} NOT INDEXED WHERE key > ? AND key <= ? AND {{logs}} ORDER BY key LIMIT {PAGE}"
_OF_LOG: Final = f"{_COLUMNS} WHERE entry.log = ? AND entry.id >= ? AND entry.id <= ? ORDER BY entry.id LIMIT {PAGE}"
_CLAIMED: Final = """
    SELECT id, key FROM entry INDEXED BY sqlite_autoindex_entry_1 WHERE log = ? AND id > ? AND key <= ? ORDER BY id
"""
_NAMES: Final = ("SELECT key, log FROM log NOT INDEXED", "SELECT key, log FROM log INDEXED BY sqlite_autoindex_log_1")


class State(Enum):
    """What there is of a message."""

    WHOLE = auto()
    DAMAGED = auto()
    """A row, but not what was written."""
    MISSING = auto()
    """Nothing."""
    AGAIN = auto()
    """It is whole, and was told already."""


class Line(NamedTuple):
    """A message, and the log it is in. Of one that is damaged or missing nothing is known but its place, if that."""

    log: str
    entry: Entry
    state: State = State.WHOLE
    last: int = 0
    """Of missing ones: the id of the last of them; the entry's is that of the first."""


@dataclass(slots=True)
class _Log:
    number: int
    names: list[str]
    """More than one if the table and its index disagree; what is said of the log is said of the first."""
    last: int | None
    """The last message that was told of it, or was dropped before; ``None``: that is not known."""
    lost: list[tuple[int, int]] = field(default_factory=list)
    """What was told to be damaged or missing."""
    late: set[int] = field(default_factory=set)
    """What was found out of place after that."""

    def decode(self, row: Row) -> Entry | None:
        """The entry of a row, if it is whole in this log."""
        for name in self.names:
            entry = entry_of(name, row)
            if entry is not None:
                self.names.remove(name)
                self.names.insert(0, name)
                return entry
        return None

    def was_lost(self, id: int) -> bool:
        """Whether it is found only now."""
        if id in self.late or not any(first <= id <= last for first, last in self.lost):
            return False
        self.late.add(id)
        return True


class Transcript:
    """Reads everything there is.

    Args:
        connection: one that reads.
        torn: the pages of the file do not fit together. Then all is one question, within the caller's transaction, and
            takes longer. Else each page is a question of its own, so that no server beside it is kept from emptying its
            write-ahead log, however slowly this is read.

    Raises:
        sqlite3.Error: the database cannot be read; so do the methods.
    """

    def __init__(self, connection: sqlite3.Connection, *, torn: bool = False) -> None:
        self._connection = connection
        self._salvage = Salvage(connection) if torn else None
        self._end = BEYOND_ALL if torn else max(highest(connection), _last_claimed(connection))
        self._place = BEFORE_ALL
        self._logs = {number: _Log(number, names, 0) for number, names in self._names().items()}
        for log in self._logs.values():
            log.last = self._before(log)

    @property
    def share(self) -> float:
        """How much of it is done; 0 if that is not known."""
        return max(self._place, 0) / max(self._end, 1)

    def has(self, name: str) -> bool:
        """Whether there is, or was, such a room or box."""
        return any(name in log.names for log in self._logs.values())

    def lines(self, name: str | None = None) -> Iterator[Line]:
        """Everything, or what is in one log."""
        wanted = {number: log for number, log in self._logs.items() if name is None or name in log.names}
        for _, number, *row in self._rows(None if name is None else wanted):
            if number in wanted:
                yield from self._told(wanted[number], tuple(row))
            elif name is None:
                yield Line(UNKNOWN, damaged(row[0]), State.DAMAGED)
        for log in wanted.values():
            yield from self._rest(log)

    def _rows(self, wanted: Iterable[int] | None) -> Iterator[Row]:
        if self._salvage is not None:
            yield from self._salvage.rows()
            return
        ask = _ALL.format(logs="1" if wanted is None else f"entry.log IN ({', '.join(map(str, wanted))})")
        while rows := self._connection.execute(ask, (self._place, self._end)).fetchall():
            yield from rows
            self._place = max(
                self._place + 1, rows[-1][0]
            )  # on and on, whatever has become of the file since it was checked

    def _told(self, log: _Log, row: Row) -> Iterator[Line]:
        """What there is to tell when a row is met."""
        entry = log.decode(row)
        if entry is None:
            yield self._damaged(log, row)
        elif log.last is not None and entry.id <= log.last:
            yield Line(log.names[0], entry, State.WHOLE if log.was_lost(entry.id) else State.AGAIN)
        else:
            if log.last is not None:
                yield from self._between(log, log.last + 1, entry.id - 1)
            log.last = entry.id
            yield Line(log.names[0], entry)

    def _damaged(self, log: _Log, row: Row) -> Line:
        """A row that is not what was written; its number may be the damage."""
        entry = damaged(row[0])
        if log.last is None or entry.id == log.last + 1:
            log.last = entry.id
        log.lost.append((entry.id, entry.id))
        return Line(log.names[0], entry, State.DAMAGED)

    def _between(self, log: _Log, first: int, last: int) -> Iterator[Line]:
        """Messages that the walk has not met. The index may still know the place of some, by which the server finds them."""
        while first <= last:
            rows = self._of_log(log, first, last)
            for _, _, *row in rows:
                yield from self._missing(log, first, row[0] - 1)
                entry = log.decode(tuple(row))
                yield self._damaged(log, tuple(row)) if entry is None else Line(log.names[0], entry)
                first = row[0] + 1
            if not rows:
                yield from self._missing(log, first, last)
                return

    def _of_log(self, log: _Log, first: int, last: int) -> list[Row]:
        try:
            rows = self._connection.execute(_OF_LOG, (log.number, first, last)).fetchall()
        except sqlite3.DatabaseError as error:
            pass_over(error)
            return []
        return [row for row in rows if isinstance(row[2], int)]

    def _missing(self, log: _Log, first: int, last: int) -> Iterator[Line]:
        """Nothing is left of these. Retention may have gone on since the beginning; what it has dropped is not missing."""
        if first <= last:
            first = max(first, (self._dropped(log) or 0) + 1)
        if first <= last:
            log.lost.append((first, last))
            yield Line(log.names[0], damaged(first), State.MISSING, last)

    def _rest(self, log: _Log) -> Iterator[Line]:
        """What the index knows of the log beyond the last message that was met."""
        last = log.last or 0
        yield from self._between(log, last + 1, max(self._claimed(log, last), default=last))

    def _before(self, log: _Log) -> int | None:
        """The number before the first message; if it is not known what was dropped, the index may know which that is."""
        dropped = self._dropped(log)
        first = next(self._claimed(log, 0), None) if dropped is None else None
        return dropped if first is None else first - 1

    def _claimed(self, log: _Log, last: int) -> Iterator[int]:
        """The numbers behind this one that the index knows, from the lowest on; not those in which it is certainly wrong."""
        try:
            for id, key in self._connection.execute(_CLAIMED, (log.number, last, self._end)):
                if isinstance(id, int) and not self._is_elsewhere(log, id, key):
                    yield id
        except sqlite3.DatabaseError as error:
            pass_over(error)

    def _is_elsewhere(self, log: _Log, id: int, key: int) -> bool:
        """Whether the row of this key is whole, and another message: then it is the index that is wrong."""
        row = seek(self._connection, key)
        entry = None if row is None or row[1] != log.number else log.decode(row[2:])
        return entry is not None and entry.id != id

    def _names(self) -> dict[int, list[str]]:
        """What logs are called, by their numbers: in the table, and in its index."""
        names: dict[int, list[str]] = {}
        for ask in _NAMES:
            try:
                for number, name in self._connection.execute(ask):
                    known = names.setdefault(number, [])
                    if isinstance(name, str) and name not in known:
                        known.append(name)
            except sqlite3.DatabaseError as error:
                pass_over(error)
        return {number: known for number, known in names.items() if known}

    def _dropped(self, log: _Log) -> int | None:
        """The last message of the log that was dropped; ``None``: it is not known."""
        try:
            row = self._connection.execute("SELECT id, crc FROM dropped WHERE log = ?", (log.number,)).fetchone()
        except sqlite3.DatabaseError as error:
            pass_over(error)
            return None
        if row is None:
            return 0
        return row[0] if any(row[1] == checksum((name, row[0])) for name in log.names) else None


def _last_claimed(connection: sqlite3.Connection) -> int:
    """The key of the last message that the index by which they are read knows: the table may have lost it."""
    ask = "SELECT max(key) FROM entry INDEXED BY sqlite_autoindex_entry_1 WHERE key > 0 AND key < 1 << 60"
    try:
        (key,) = connection.execute(ask).fetchone()
    except sqlite3.DatabaseError as error:
        pass_over(error)
        return 0
    return key or 0
