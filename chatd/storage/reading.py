"""Logs in SQLite, blocking: a connection that reads. Knows SQL; no Twisted, and not who calls.

Nothing here grows with the history: a page is found by an index, and read until it is full.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import takewhile
from typing import Final

from chatd.events import Entry
from chatd.storage import meta
from chatd.storage.contract import Account, Head, Page, Placed, SessionRecord
from chatd.storage.database import NOT_READ, failure
from chatd.storage.doubt import doubt
from chatd.storage.ends import last_of
from chatd.storage.integrity import is_corrupt
from chatd.storage.pages import backwards, fill
from chatd.storage.people import PeopleDecoder
from chatd.storage.receipts import find_receipt
from chatd.storage.repeats import find_message
from chatd.storage.retention import last_dropped
from chatd.storage.rows import COLUMNS, NOBODY, Decoder
from chatd.storage.searching import Searcher
from chatd.storage.snapshot import snapshot

_HEAD_ENTRIES: Final = 100
"""How far back a message is looked for whose time is known."""

_PAGE: Final = f"""
    SELECT {COLUMNS}, entry.crc FROM entry
    WHERE entry.log = (SELECT key FROM log WHERE log = ?) AND entry.id > ? AND entry.id <= ? ORDER BY entry.id
"""

_HEAD: Final = """
    SELECT key, (SELECT min(id) FROM entry WHERE entry.log = log.key), shown, topic, crc FROM log WHERE log = ?
"""


class SqliteReader:
    """A connection that reads. Not to be used by two threads at once.

    A cursor that stays open would keep the write-ahead log growing, so none outlives its call.
    """

    def __init__(self, connection: sqlite3.Connection, report: Callable[[str], None]) -> None:
        self._connection = connection
        self._report = report
        self._decoder = Decoder(report)
        self._people = PeopleDecoder(connection, report)
        self._searcher = Searcher(connection, self._decoder, report)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if is_corrupt(error):
                doubt(self._connection)
            raise failure(error, NOT_READ) from error

    def epoch(self) -> str:
        """Which history this is: a random word."""
        with self._reading():
            return meta.text(self._connection, "epoch")

    def head(self, log: str) -> Head:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._reading(), snapshot(self._connection):
            found = self._connection.execute(_HEAD, (log,)).fetchone()
            if found is None:
                return Head()
            number, first = found[:2]
            last = last_of(self._connection, number)
            if first is None or last is None:
                first, last = self._emptied(log)
            return Head(last, *self._decoder.words(log, found[2:]), self._time_at(log, last), first)

    def _emptied(self, log: str) -> tuple[int, int]:
        """The next id and the last one of a log of which nothing is left."""
        last, damaged = last_dropped(self._connection, log)
        if damaged:
            self._report(f"The end of {log} is damaged on disk. Its next message gets the number {last + 1}.")
        return last + 1, last

    def _time_at(self, log: str, last: int) -> float:
        """When the newest message up to ``last`` was said that is not damaged; 0: none of those looked at is whole."""
        with closing(self._connection.execute(f"{_PAGE} DESC LIMIT {_HEAD_ENTRIES}", (log, 0, last))) as found:
            entries = (self._decoder.entry(log, row).message for row in found)
            return next((message.at for message in entries if message.person != NOBODY), 0.0)

    def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._reading(), closing(self._connection.execute(_PAGE, (log, after, upto))) as found:
            return fill((self._decoder.entry(log, row) for row in found), budget)

    def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._reading(), closing(self._connection.execute(f"{_PAGE} DESC", (log, 0, upto))) as found:
            entries = (self._decoder.entry(log, row) for row in found)
            return backwards(fill(takewhile(lambda entry: _is_since(entry, since), entries), budget, count))

    def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._reading():
            return self._searcher.search(upto, words, count)

    def accounts(self) -> Sequence[Account]:
        """See :class:`~chatd.storage.contract.Store`. A damaged one keeps its name from others; nobody can log in to it."""
        with self._reading():
            return list(self._people.accounts())

    def find_message(self, person: int, cid: str) -> Placed | None:
        """See :class:`~chatd.storage.contract.Store`."""
        with self._reading():
            return find_message(self._connection, person, cid) or find_receipt(self._connection, person, cid)

    def find_session(self, digest: str) -> SessionRecord | None:
        """See :class:`~chatd.storage.contract.Store`. A damaged one is none."""
        with self._reading():
            return self._people.session(digest)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def _is_since(entry: Entry, since: float) -> bool:
    """A damaged message has no time any more; it is shown among its neighbours."""
    return entry.message.person == NOBODY or entry.message.at >= since
