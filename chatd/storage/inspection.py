"""Whether a database is whole: its pages, each row's checksum, each log's numbers, the index. Knows its tables.

What is wrong is told in sentences for the operator, which name rooms and numbers, never what was said. Must not know who
asks, or where the sentences go.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chatd.storage.history import UNREADABLE, highest, mark_of, run_of
from chatd.storage.index import indexed
from chatd.storage.mark import Mark, MarkDamagedError, read
from chatd.storage.people import PeopleDecoder, checksum
from chatd.storage.retention import last_dropped
from chatd.storage.rows import COLUMNS, NOBODY, Decoder, Row

_ENTRIES: Final = f"SELECT entry.key, entry.log, {COLUMNS}, entry.crc FROM entry WHERE entry.key > ? ORDER BY entry.key"
_RECEIPTS: Final = """
    SELECT log.log, receipt.person, receipt.cid, receipt.id, receipt.at, receipt.crc
    FROM receipt LEFT JOIN log ON log.key = receipt.log
"""
_ALL_WORDS: Final = """
    CREATE VIRTUAL TABLE temp.every_word USING fts5vocab (main, words, 'row');
    SELECT count(*) FROM temp.every_word;
"""


@dataclass(slots=True)
class Found:
    """What there is in a database."""

    logs: int = 0
    messages: int = 0
    accounts: int = 0
    unindexed: int = 0
    """Messages that are not in the index of words yet."""
    damages: int = 0


@dataclass(slots=True)
class _Log:
    name: str
    last: int | None
    """The last message that was seen of it, or was dropped before; ``None``: that is not known."""

    def follows(self, id: int) -> bool:
        """Whether it has its place behind the last one."""
        return self.last is None or id == self.last + 1


@dataclass(slots=True)
class Inspection:
    """Looks at everything, within one transaction: one moment's state, however long it takes.

    Args:
        connection: one that may make a temporary table.
        path: where the database is; only the mark beside it is read.
        tell: is given each damage, as a sentence.
        at: is told how far it is, from time to time: what is being looked at, and the share of it that is done.
    """

    connection: sqlite3.Connection
    path: Path
    tell: Callable[[str], None]
    at: Callable[[str, float], None]
    found: Found = field(default_factory=Found)

    def run(self) -> Found:
        """All of it.

        Raises:
            sqlite3.Error: it cannot be read at all, or was interrupted.
        """
        mark = self._mark()  # first: what is stored meanwhile is beyond it
        self.connection.execute("BEGIN")
        self.inspect_pages()
        self._inspect_end(mark)
        for what, inspect in (
            ("The rooms", self._inspect_logs),
            ("The accounts", self._inspect_accounts),
            ("The sessions", self._inspect_sessions),
            ("What is known of dropped messages", self._inspect_receipts),
            ("The index of words", self._inspect_index),
        ):
            with self._going_on(what):
                inspect()
        return self.found

    def _damage(self, sentence: str) -> None:
        self.found.damages += 1
        self.tell(sentence)

    @contextmanager
    def _going_on(self, what: str) -> Iterator[None]:
        """What cannot be read is told, and no reason not to look at the rest."""
        try:
            yield
        except UNREADABLE as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
                raise
            self._damage(f"{what} cannot be read to the end: {error}.")

    def inspect_pages(self) -> Found:
        """What SQLite can tell of any database: whether its pages and indexes fit together.

        Raises:
            sqlite3.Error: as in :meth:`run`.
        """
        self.at("pages", 0)
        for (sentence,) in self.connection.execute("PRAGMA integrity_check"):
            if sentence != "ok":
                self._damage(f"SQLite says: {sentence}.")
        return self.found

    # --- messages ---

    def _inspect_logs(self) -> None:
        logs = {key: self._log(name, words) for key, name, *words in self._logs()}
        self.found.logs = len(logs)
        decoder = Decoder(self._damage)
        last = highest(self.connection)
        for key, number, *row in self.connection.execute(_ENTRIES, (0,)):
            self.found.messages += 1
            if self.found.messages % 10_000 == 0:
                self.at("messages", key / last)
            if number in logs:
                self._inspect_entry(decoder, logs[number], tuple(row))
            else:
                self._damage(f"Message {row[0]} of a room that is not known any more is left over.")

    def _logs(self) -> list[Row]:
        return self.connection.execute("SELECT key, log, shown, topic, crc FROM log").fetchall()

    def _log(self, name: str, words: list[object]) -> _Log:
        Decoder(self._damage).words(name, tuple(words))
        last, damaged = last_dropped(self.connection, name)
        if damaged:
            self._damage(f"It is not known any more which messages of {name} were dropped.")
        return _Log(name, None if damaged else last)

    def _inspect_entry(self, decoder: Decoder, log: _Log, row: Row) -> None:
        """Its checksum, and that it follows the one before; the number of a damaged one may be the damage."""
        entry = decoder.entry(log.name, row)
        if entry.message.person == NOBODY:
            log.last = entry.id if log.follows(entry.id) else log.last
            return
        if not log.follows(entry.id):
            self._damage(_gap(log.name, log.last or 0, entry.id))
        log.last = entry.id

    def _mark(self) -> Mark | None:
        try:
            return read(mark_of(self.path))
        except (MarkDamagedError, OSError):
            return None  # the next start makes a new epoch; nothing that was said is lost

    def _inspect_end(self, mark: Mark | None) -> None:
        """The last messages leave no hole when they are lost; the mark of the same run knows of them."""
        last = highest(self.connection)
        if mark is not None and run_of(self.connection) in (mark.run, mark.before) and last < mark.key:
            self._damage(
                f"Up to {mark.key - last} messages are missing at the end: {mark.key} were stored, counting all rooms."
            )

    # --- people ---

    def _inspect_accounts(self) -> None:
        accounts = PeopleDecoder(self.connection, self._damage).accounts()
        self.found.accounts = len({account.person for account in accounts})

    def _inspect_sessions(self) -> None:
        decoder = PeopleDecoder(self.connection, self._damage)
        for (digest,) in self.connection.execute("SELECT digest FROM session").fetchall():
            decoder.session(digest)

    def _inspect_receipts(self) -> None:
        for *columns, crc in self.connection.execute(_RECEIPTS):
            if crc != checksum(tuple(columns)):
                self._damage(f"A receipt for message {columns[3]} of {columns[0]}, which is dropped, is damaged.")

    # --- the index ---

    def _inspect_index(self) -> None:
        """Nothing of it is lost for good, and nothing said: a search looks at the messages themselves then."""
        self.at("index", 0)
        end = indexed(self.connection)
        (self.found.unindexed,) = self.connection.execute("SELECT count(*) FROM entry WHERE key > ?", (end,)).fetchone()
        if end > highest(self.connection):
            self._damage(f"The index of words claims to hold entry {end}, which there is not.")
        create, count = _ALL_WORDS.split(";")[:2]
        self.connection.execute(create)
        self.connection.execute(count).fetchone()


def _gap(log: str, last: int, id: int) -> str:
    """What it means that message ``id`` comes next after message ``last``."""
    if id <= last:
        return f"Message {id} of {log} stands behind message {last}."
    if id == last + 2:
        return f"Message {last + 1} of {log} is missing."
    return f"Messages {last + 1} to {id - 1} of {log} are missing."
