"""Searching a SQLite database: what was said last is looked at, the rest is asked of the index of words.

Knows logs and their keys; not threads. What is not in the index yet has to be looked at. So is a little more: a word that
everybody says is found there at once, while the index takes the longer for it the more often it was said.
"""

import sqlite3
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Final

from chatd.events import Entry
from chatd.storage.contract import Page
from chatd.storage.database import passes
from chatd.storage.index import find_indexed, indexed
from chatd.storage.rows import COLUMNS, Decoder, Row
from chatd.storage.snapshot import snapshot
from chatd.storage.vocabulary import closed, open_vocabulary
from chatd.words import Query

PER_FOUND: Final = 10
"""As long as one of so many holds the words, messages are looked at; then the index is asked. Each takes some 10 to 30 us."""

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
        """The newest first; if the index is damaged, by looking at every message."""
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
        found = 0
        newest = [self._newest(number, upto[log]) for number, log in logs.items()]
        for looked_at, (key, number, row) in enumerate(merge(*newest, key=itemgetter(0), reverse=True)):
            if key <= end and looked_at >= PER_FOUND * (found + 1):
                yield from self._find_indexed(query, logs, upto, key)
                return
            if query.matches(str(row[3])):
                found += 1
                yield self._decoder.entry(logs[number], row)

    def _newest(self, log: int, upto: int) -> Iterator[tuple[int, int, Row]]:
        """All rows of the log of this key, newest first, each after its own key and its log's."""
        for key, *row in self._connection.execute(_NEWEST, (log, upto)):
            yield key, log, tuple(row)

    def _find_indexed(self, query: Query, logs: dict[int, str], upto: dict[str, int], last: int) -> Iterator[Entry]:
        """The same in the index, up to the message of this key."""
        for number, row in find_indexed(self._connection, closed(self._connection, query), logs, last):
            if number in logs and row[0] <= upto[logs[number]]:
                yield self._decoder.entry(logs[number], row)
