"""Searching a SQLite database: the index of words, and what is not in it yet. Knows logs and their keys; not threads."""

import sqlite3
from collections.abc import Callable, Iterator
from heapq import nlargest
from itertools import islice
from operator import itemgetter

from chatd.events import Entry
from chatd.storage.contract import Page
from chatd.storage.database import passes
from chatd.storage.index import find_indexed, find_unindexed, indexed
from chatd.storage.rows import Decoder
from chatd.storage.snapshot import snapshot
from chatd.storage.vocabulary import closed, open_vocabulary
from chatd.words import Query


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
            return list(islice(self._find(query, logs, upto, count, end), count))
        except sqlite3.Error as error:
            if passes(error):
                raise
            found = list(islice(self._find(query, logs, upto, count, 0), count))
            self._tell_unusable(error)
            return found

    def _tell_unusable(self, error: sqlite3.Error) -> None:
        if not self._told:
            self._told = True
            self._report(f"The index of words is damaged on disk, which makes searching slow: {error}.")

    def _find(self, query: Query, logs: dict[int, str], upto: dict[str, int], count: int, end: int) -> Iterator[Entry]:
        """Newest first: of each log what comes after the last indexed ``end`` (at most ``count``), then the index's."""
        tails = (
            (key, log, row)
            for number, log in logs.items()
            for key, row in islice(find_unindexed(self._connection, query, number, upto[log], end), count)
        )
        for _, log, row in nlargest(count, tails, key=itemgetter(0)):
            yield self._decoder.entry(log, row)
        for number, row in find_indexed(self._connection, closed(self._connection, query), logs) if end else ():
            if number in logs and row[0] <= upto[logs[number]]:
                yield self._decoder.entry(logs[number], row)
