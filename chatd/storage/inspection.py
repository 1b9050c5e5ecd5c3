"""Whether a database is whole: its pages, each row's checksum, each log's numbers, the index. Knows its tables.

What is wrong is told in sentences for the operator, which name rooms and numbers, never what was said. Must not know who
asks, or where the sentences go.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from chatd.storage import meta, tables
from chatd.storage.history import UNREADABLE, highest, mark_of, run_of
from chatd.storage.index import indexed
from chatd.storage.integrity import Check, problems
from chatd.storage.mark import Mark, MarkDamagedError, read
from chatd.storage.migrations import steps
from chatd.storage.people import PeopleDecoder, checksum
from chatd.storage.retention import last_dropped
from chatd.storage.rows import Decoder, Row, damage
from chatd.storage.transcript import UNKNOWN, Line, State, Transcript

_RECEIPTS: Final = """
    SELECT log.log, receipt.person, receipt.cid, receipt.id, receipt.at, receipt.crc
    FROM receipt LEFT JOIN log ON log.key = receipt.log
"""
_EVERY_WORD: Final = "CREATE VIRTUAL TABLE temp.every_word USING fts5vocab (main, words, 'row')"
_NOT_FOUND: Final = """
    SELECT count(*) FROM temp.every_word
    WHERE doc <> (SELECT count(*) FROM words WHERE words MATCH '"' || term || '"')
"""
_HELD: Final = """
    SELECT log.log, (SELECT count(*) FROM words WHERE words MATCH 'log : "k' || log.key || '"') AS held,
        (SELECT count(*) FROM entry WHERE entry.log = log.key AND entry.key <= ?) AS kept
    FROM log WHERE held < kept
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
        self.begin(Check.FULL)
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

    def begin(self, check: Check) -> Found:
        """Begin the transaction, and look at what can be told without looking at each row.

        Raises:
            sqlite3.Error: as in :meth:`run`.
        """
        self.connection.execute(
            _EVERY_WORD
        )  # once it has met a damage, a transaction may not be able to make any table
        mark = self._mark()  # before it begins: what is stored meanwhile is beyond the mark
        self.connection.execute("BEGIN")
        self.inspect_pages(check)
        with self._going_on("What it says of itself"):
            for problem in chain(tables.problems(self.connection, steps()), meta.problems(self.connection)):
                self._damage(f"It is damaged: {problem}.")
        with self._going_on("The end"):
            self._inspect_end(mark)
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

    def inspect_pages(self, check: Check = Check.FULL) -> Found:
        """What SQLite can tell of any database: whether its pages, and if that is asked its indexes, fit together.

        Raises:
            sqlite3.Error: as in :meth:`run`.
        """
        self.at("pages", 0)
        with self._going_on("The pages"):
            for problem in problems(self.connection, check):
                self._damage(f"SQLite says: {problem}.")
        return self.found

    # --- messages ---

    def _inspect_logs(self) -> None:
        for name, *words in self.connection.execute("SELECT log, shown, topic, crc FROM log").fetchall():
            self.found.logs += 1
            self._inspect_log(name, tuple(words))
        transcript = Transcript(self.connection, torn=bool(self.found.damages))
        for line in transcript.lines():
            self._inspect_line(line)
            if self.found.messages % 10_000 == 0:
                self.at("messages", transcript.share)

    def _inspect_log(self, name: str, words: Row) -> None:
        Decoder(self._damage).words(name, words)
        if last_dropped(self.connection, name)[1]:
            self._damage(f"It is not known any more which messages of {name} were dropped.")

    def _inspect_line(self, line: Line) -> None:
        """A message that is there, or that is not."""
        self.found.messages += line.state is not State.MISSING
        if line.state is not State.WHOLE:
            self._damage(_sentence(line))

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
        for *columns, crc in self.connection.execute("SELECT digest, person, name, ended, crc FROM session"):
            if crc != checksum(tuple(columns)):
                self._damage("A session is damaged on disk, so that its owner has to give a name again.")

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
        (not_found,) = self.connection.execute(_NOT_FOUND).fetchone()
        if not_found:
            self._damage(f"The index of words does not find all it holds: {not_found} words.")
        for log, held, kept in self.connection.execute(_HELD, (end,)):
            self._damage(f"The index of words holds only {held} of {kept} messages of {log}.")


def _sentence(line: Line) -> str:
    """What is wrong with a message that is not as it should be."""
    id = line.entry.id
    if line.state is State.AGAIN:
        return f"Message {id} of {line.log} is there twice."
    if line.state is State.MISSING:
        return f"{_messages(id, line.last)} of {line.log} {'is' if id == line.last else 'are'} missing."
    if line.log == UNKNOWN:
        return f"Message {id} of a room that is not known any more is left over."
    return damage(line.log, id)


def _messages(first: int, last: int) -> str:
    return f"Message {first}" if first == last else f"Messages {first} to {last}"
