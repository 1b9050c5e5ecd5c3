"""Old messages dropped from a SQLite database, slice by slice. Knows rows, the index and receipts; not threads or timers.

A log loses its beginning only, so that what is left has no holes. A message whose time is damaged goes with the one after
it: it may be younger than it looks.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from math import inf
from typing import Final

from chatd.events import Entry
from chatd.storage.contract import Pruned, Retention
from chatd.storage.index import SLICE_CHARACTERS, unindex
from chatd.storage.people import checksum
from chatd.storage.receipts import forget_receipts, keep_receipts, receipts_since
from chatd.storage.rows import COLUMNS, NOBODY, Decoder, Row

PRUNED_ENTRIES: Final = 500
"""Messages that a slice drops, fewer if they are long: about 15 ms that a message may have to wait."""
PRUNED_LOGS: Final = 200
"""Logs that a slice looks at: about 5 ms."""
BEYOND: Final = 2**48
"""Where a log goes on whose last number is damaged: no log has ever come so far, and programs can still count there."""

_LOGS = "SELECT key, log FROM log WHERE log > ? ORDER BY log LIMIT ?"
_FROM = f"""
    SELECT entry.key, {COLUMNS}, entry.crc FROM entry WHERE entry.log = ? AND entry.id >= ? ORDER BY entry.id LIMIT ?
"""
_FIRST = -(2**63)
_LAST = "SELECT max(id) FROM entry WHERE log = ?"
_KEEP_HIGHEST = """
    INSERT INTO meta (name, value) SELECT 'highest', ?1 WHERE ?1 = (SELECT max(key) FROM entry)
    ON CONFLICT (name) DO UPDATE SET value = max(value, ?1)
"""
_MARK = "INSERT OR REPLACE INTO dropped (log, id, crc) VALUES (?, ?, ?)"


def prune(connection: sqlite3.Connection, retention: Retention, now: float, place: str) -> Pruned:
    """One slice, inside the caller's transaction. See :class:`~chatd.storage.contract.Store`."""
    since = receipts_since(connection, now)
    left = _Slice(connection, retention, now, since, PRUNED_ENTRIES, SLICE_CHARACTERS)
    logs = [] if retention == Retention() else connection.execute(_LOGS, (place, PRUNED_LOGS)).fetchall()
    for key, log in logs:
        left.prune(key, log)
        if left.full:
            break  # of this log there may be more
        place = log
    forget_receipts(connection, since, 2 * PRUNED_ENTRIES)
    done = not left.full and len(logs) < PRUNED_LOGS
    return Pruned(PRUNED_ENTRIES - left.entries, None if done else place)


@dataclass(slots=True)
class _Slice:
    """One slice, and how much more it may drop."""

    connection: sqlite3.Connection
    retention: Retention
    now: float
    since: float
    """Whatever was said since then is recognised when it is sent again."""
    entries: int
    characters: int
    decoder: Decoder = field(default_factory=lambda: Decoder(_say_nothing))

    @property
    def full(self) -> bool:
        """Whether it may drop nothing more."""
        return self.entries <= 0 or self.characters <= 0

    def prune(self, key: int, log: str) -> None:
        """Drop of this log what is too much, as far as that goes; ``key`` is its number."""
        last = self.connection.execute(_LAST, (key,)).fetchone()[0]
        if last is not None:
            surplus = list(self._surplus(key, log, last))
            if surplus:
                self._drop(key, log, surplus)

    def _surplus(self, key: int, log: str, last: int) -> Iterator[tuple[Row, Entry]]:
        """What is too much, from the log's first message on."""
        doubtful: list[tuple[Row, Entry]] = []
        with closing(self.connection.execute(_FROM, (key, _FIRST, self.entries))) as rows:
            for row in rows:
                entry = self.decoder.entry(log, row[1:])
                doubtful.append((row, entry))
                if self._is_surplus(entry, last):
                    yield from self._take(doubtful)
                    doubtful.clear()
                elif not _is_damaged(entry):
                    return
                if self.full:
                    return
        if len(doubtful) >= self.entries and self._is_surplus_beyond(key, log, doubtful[-1][1].id, last):
            yield from self._take(doubtful)

    def _take(self, surplus: Sequence[tuple[Row, Entry]]) -> Sequence[tuple[Row, Entry]]:
        self.entries -= len(surplus)
        self.characters -= sum(len(str(row[4])) for row, _ in surplus)
        return surplus

    def _is_surplus(self, entry: Entry, last: int) -> bool:
        return self.retention.drops(entry.id, inf if _is_damaged(entry) else entry.message.at, last, self.now)

    def _is_surplus_beyond(self, key: int, log: str, id: int, last: int) -> bool:
        """Whether a message after this one is too much, and so all before it: more are damaged than a slice drops.

        Each step is twice as long as the one before, so that it is quick. If it steps over a few, they go a little later.
        """
        step = 1
        while id + step <= last:
            row = self.connection.execute(_FROM, (key, id + step, 1)).fetchone()
            entry = self.decoder.entry(log, row[1:])
            if not _is_damaged(entry):
                return self._is_surplus(entry, last)
            id, step = id + step, step * 2
        return False

    def _drop(self, key: int, log: str, surplus: Sequence[tuple[Row, Entry]]) -> None:
        """Drop these first messages of the log, and what refers to them; remember how far that was."""
        connection, last = self.connection, surplus[-1][1].id
        connection.execute(_KEEP_HIGHEST, (surplus[-1][0][0],))
        unindex(connection, [(row[0], key, str(row[4])) for row, _ in surplus])
        keep_receipts(connection, key, log, [entry for _, entry in surplus if entry.message.at >= self.since])
        connection.execute("DELETE FROM entry WHERE log = ? AND id <= ?", (key, last))
        connection.execute(_MARK, (key, last, checksum((log, last))))


def _is_damaged(entry: Entry) -> bool:
    return entry.message.person == NOBODY


def _say_nothing(_: str) -> None:
    """A damage is reported when somebody reads; here it goes with the message."""


def last_dropped(connection: sqlite3.Connection, log: str) -> tuple[int, bool]:
    """The last message of this log that was dropped, 0 if none was; and whether that is damaged.

    If it is, what is told is :data:`BEYOND`: numbers that were given out must not come back. (Those beyond it would, if the
    same row were damaged a second time.)
    """
    find = "SELECT dropped.id, dropped.crc FROM dropped JOIN log ON log.key = dropped.log WHERE log.log = ?"
    row = connection.execute(find, (log,)).fetchone()
    if row is None:
        return 0, False
    id, crc = row
    return (id, False) if crc == checksum((log, id)) else (BEYOND, True)
