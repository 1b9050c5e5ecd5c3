"""Messages as new rows at the ends of logs, in a SQLite database. Knows SQL, and where each log ends.

Must not know threads, whether a commit succeeds, or what is done when it does not: it is told what has been kept.

What was kept last is in memory, so that a batch of messages is one statement to SQLite, or few: each makes Python's threads
wait for one another, and a transaction of one statement needs no others around it.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from chatd.details import Clause
from chatd.languages import N_
from chatd.storage.contract import Append, StoreError
from chatd.storage.ends import last_of
from chatd.storage.history import highest
from chatd.storage.retention import last_dropped
from chatd.storage.rows import MOST_ROWS, WIDTH, insert, log_checksum, values

_KNOWN_LOGS: Final = 100_000
"""Logs whose ends are kept in memory."""


class End(NamedTuple):
    """Where a log ends. Not a dataclass: there may be one for each message."""

    number: int
    """The log's own, by which its rows refer to it."""
    last: int
    """The id of its last message."""


@dataclass(frozen=True, slots=True)
class Appended:
    """What is kept if the transaction is: to be given to :meth:`Appender.keep` then."""

    ends: dict[str, End]
    count: int
    """Rows."""
    key: int
    """That of the last row."""


class Appender:
    """Inserts messages by the connection that writes; nobody else does."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._ends: dict[str, End] = {}
        self._key: int | None = None

    def takes_one_statement(self, appends: Sequence[Append]) -> bool:
        """Whether :meth:`append` changes the database by one statement only: all of it is done, or nothing."""
        count = 0
        for append in appends:
            if append.log not in self._ends:
                return False
            count += len(append.messages)
        return count <= MOST_ROWS

    def append(self, appends: Sequence[Append]) -> Appended:
        """Insert the messages.

        Raises:
            StoreError: an id is not the next one of its log.
            sqlite3.IntegrityError: a message is kept already.
            sqlite3.Error: they cannot be written.
        """
        ends: dict[str, End] = {}
        new: list[Any] = []
        before = highest(self._connection) if self._key is None else self._key
        for append in appends:
            end = ends.get(append.log) or self._ends.get(append.log) or self._find_end(append.log)
            if append.first != end.last + 1:
                reason = N_("Message {first} of {log} does not follow message {last}.")
                raise StoreError(Clause(reason, first=append.first, log=append.log, last=end.last))
            ends[append.log] = End(end.number, end.last + len(append.messages))
            new += values(end.number, append, before + len(new) // WIDTH + 1)
        self._insert(new)
        count = len(new) // WIDTH
        return Appended(ends, count, before + count)

    def _insert(self, new: Sequence[Any]) -> None:
        for first in range(0, len(new), MOST_ROWS * WIDTH):
            some = new[first : first + MOST_ROWS * WIDTH]
            self._connection.execute(insert(len(some) // WIDTH), some)

    def _find_end(self, log: str) -> End:
        """Where the log ends; a new log gets a row."""
        found = self._connection.execute("SELECT key FROM log WHERE log = ?", (log,)).fetchone()
        if found is not None:
            return End(found[0], last_of(self._connection, found[0]) or last_dropped(self._connection, log)[0])
        values = (log, "", "", log_checksum(log, "", ""))
        new = self._connection.execute("INSERT INTO log (log, shown, topic, crc) VALUES (?, ?, ?, ?)", values)
        return End(new.lastrowid or 0, 0)

    def keep(self, appended: Appended) -> None:
        """This is committed. What is rolled back was never there: a log that was new then gets another number."""
        if len(self._ends) > _KNOWN_LOGS:
            self._ends.clear()
        self._ends.update(appended.ends)
        self._key = appended.key
