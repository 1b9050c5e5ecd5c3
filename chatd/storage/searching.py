"""Searching a SQLite database: what was said last is looked at, the rest is asked of the index of words.

Knows logs and their keys; not threads. What is not in the index yet has to be looked at. So is a little more: a word that
everybody says is found there at once, while the index takes the longer for it the more often it was said.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Final

from chatd.events import Entry
from chatd.storage.contract import Page
from chatd.storage.database import passes
from chatd.storage.index import find_indexed, indexed
from chatd.storage.rows import COLUMNS, Decoder, Row, entry_of
from chatd.storage.snapshot import snapshot
from chatd.storage.vocabulary import closed, open_vocabulary
from chatd.words import Query

PER_FOUND: Final = 10
"""What is indexed is looked at as long as at least one message of so many holds the words; each takes some 10 to 30 us,"""
MOST_LOOKED_AT: Final = 100
"""and at most so many are,"""
MOST_CHARACTERS: Final = 10_000
"""of about so many characters, for of long ones each takes longer."""

_KEY: Final = itemgetter(0)
_NEWEST: Final = f"""
    SELECT entry.key, {COLUMNS}, entry.crc FROM entry WHERE entry.log = ? AND entry.id <= ? ORDER BY entry.id DESC
"""


class Searcher:
    """Finds messages by their words, over one connection. ``report`` is told, once, that the index is damaged."""

    def __init__(self, connection: sqlite3.Connection, decoder: Decoder, report: Callable[[str], None]) -> None:
        self._connection = connection
        self._decoder = decoder
        self._report = report
        self._told = False

    def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`.

        Raises:
            sqlite3.Error: the messages themselves cannot be read, or nothing can be read now.
        """
        query = Query.parse(words)
        if query is None:
            return Page(())
        usable = self._is_index_usable()
        with snapshot(self._connection):
            logs = self._keys(upto)
            found = self._found(query, logs, upto, count + 1, usable) if logs else []
        return Page(tuple(found[:count][::-1]), cut=len(found) > count)

    def _keys(self, logs: dict[str, int]) -> dict[int, str]:
        """The logs among these that exist, by key."""
        found = (
            (self._connection.execute("SELECT key FROM log WHERE log = ?", (log,)).fetchone(), log) for log in logs
        )
        return {row[0]: log for row, log in found if row is not None}

    def _is_index_usable(self) -> bool:
        """Whether it seems so. That is outside of the snapshot, because what is made for it is to stay."""
        try:
            open_vocabulary(self._connection)
        except sqlite3.Error as error:
            if passes(error):
                raise
            self._tell_unusable(error)
            return False
        return True

    def _found(self, query: Query, logs: dict[int, str], upto: dict[str, int], count: int, usable: bool) -> list[Entry]:
        """The newest first; if the index is damaged, by looking at every message. Where it is not asked, that is not noticed."""
        try:
            end = indexed(self._connection) if usable else 0
            return list(islice(self._find(query, logs, upto, end), count))
        except sqlite3.Error as error:
            if passes(error):
                raise
            found = list(islice(self._find(query, logs, upto, 0), count))
            self._tell_unusable(error)
            return found

    def _tell_unusable(self, error: sqlite3.Error) -> None:
        if not self._told:
            self._told = True
            self._report(f"The index of words is damaged on disk, which makes searching slow: {error}.")

    def _find(self, query: Query, logs: dict[int, str], upto: dict[str, int], end: int) -> Iterator[Entry]:
        """Newest first; ``end`` is the last that is indexed, 0 if the index is not to be asked."""
        look = _Look(end)
        for key, number, row in self._looked_at(logs, upto, look):
            text = str(row[3])
            if key <= end and not (look.is_worth_it and entry_of(logs[number], row)):
                break
            matches = query.matches(text)
            look.count(key, text, matches)
            if matches:
                yield self._decoder.entry(logs[number], row)
        if end and not look.is_complete:
            yield from self._find_indexed(query, logs, upto, look.last)

    def _looked_at(self, logs: dict[int, str], upto: dict[str, int], look: "_Look") -> Iterator[tuple[int, int, Row]]:
        """All rows, newest first, each after its key and its log's; as far as they can be read, if the index knows the rest."""
        try:
            yield from merge(*(self._newest(number, upto[log]) for number, log in logs.items()), key=_KEY, reverse=True)
            look.is_complete = True
        except sqlite3.Error as error:
            if passes(error) or not look.is_in_index:
                raise

    def _newest(self, log: int, upto: int) -> Iterator[tuple[int, int, Row]]:
        """All rows of the log of this key, newest first, each after its own key and its log's."""
        for key, *row in self._connection.execute(_NEWEST, (log, upto)):
            yield key, log, tuple(row)

    def _find_indexed(self, query: Query, logs: dict[int, str], upto: dict[str, int], last: int) -> Iterator[Entry]:
        """The same in the index, up to the message of this key."""
        for number, row in find_indexed(self._connection, closed(self._connection, query), logs, last):
            if number in logs and row[0] <= upto[logs[number]]:
                yield self._decoder.entry(logs[number], row)


@dataclass(slots=True)
class _Look:
    """How far messages were looked at, and whether it is worth it to go on. What is damaged is left to the index."""

    last: int
    """The last in the index that was not looked at."""
    is_in_index: bool = False
    """Whether all that is not in the index was looked at."""
    is_complete: bool = False
    """Whether everything was."""
    looked_at: int = 0
    characters: int = 0
    found: int = 0

    @property
    def is_worth_it(self) -> bool:
        """Whether there is hope to be through soon."""
        return self.looked_at < min(PER_FOUND * (self.found + 1), MOST_LOOKED_AT) and self.characters < MOST_CHARACTERS

    def count(self, key: int, text: str, found: bool) -> None:
        """This one was looked at."""
        self.looked_at += 1
        self.characters += len(text)
        self.found += found
        if key <= self.last:
            self.last = key - 1
            self.is_in_index = True
