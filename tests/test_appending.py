"""Batches of every kind, one after the other, on a disk that fails now and then: what was kept is known, and numbers go on."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.storage.contract import Append, Repeated, Retention, StoreFull
from chatd.storage.database import connect, prepare
from chatd.storage.rows import MOST_ROWS
from chatd.storage.sqlite import SqliteReader, SqliteWriter
from tests.test_sqlite import SESSION, said

LOGS = ("#a", "#b", "#c")
KEPT = 5
"""How many messages of a log retention leaves."""
PERSON = 7

CODES = st.sampled_from([sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY])
COUNTS = st.sampled_from([1, 2, MOST_ROWS, MOST_ROWS + 1])
BATCHES = st.dictionaries(st.sampled_from(LOGS), COUNTS, min_size=1)
FAILURES = st.none() | st.tuples(st.integers(0, 4), CODES, st.booleans())
STEPS = st.lists(st.sampled_from(["prune", "reopen"]) | st.tuples(BATCHES, st.booleans(), FAILURES), max_size=12)


@dataclass(slots=True)
class Disk:
    """A connection whose next statement but so many fails, of those that write."""

    connection: sqlite3.Connection
    failure: tuple[int, int, bool] | None = None
    """After how many statements, by which of SQLite's codes, and whether that rolls the transaction back."""

    def __getattr__(self, name: str) -> object:
        return getattr(self.connection, name)

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """As SQLite's."""
        if self.failure is not None and statement.startswith(("INSERT", "BEGIN", "COMMIT")):
            after, code, ends = self.failure
            self.failure = (after - 1, code, ends) if after else None
            if not after:
                self._fail(code, ends)
        return self.connection.execute(statement, *values)

    def _fail(self, code: int, ends: bool) -> None:
        if ends and self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        error = sqlite3.OperationalError("told by its code")
        error.sqlite_errorcode = code
        raise error


@dataclass(slots=True)
class Story:
    """A database, and what must be in it."""

    path: Path
    ends: dict[str, int] = field(default_factory=dict)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Of each message, by its sender's name for it."""
    count: int = 0

    def open(self) -> None:
        """Begin a run."""
        told: list[str] = []
        prepare(self.path, report=told.append).release()
        assert told == []
        self.disk = Disk(connect(self.path, write=True))
        self.writer = SqliteWriter(cast(sqlite3.Connection, self.disk))

    disk: Disk = field(init=False)
    writer: SqliteWriter = field(init=False)

    def batch(self, counts: dict[str, int]) -> dict[str, tuple[str, int]]:
        """New messages: the places they are going to have."""
        places = {}
        for log, count in counts.items():
            for id in range(self.ends.get(log, 0) + 1, self.ends.get(log, 0) + count + 1):
                self.count += 1
                places[f"c{self.count}"] = (log, id)
        return places

    def say(self, counts: dict[str, int], again: bool, failure: tuple[int, int, bool] | None) -> None:
        """Have a batch kept, perhaps with one in it that is kept already."""
        places = self.batch(counts)
        repeated = next(iter(self.places)) if again and self.places else None
        self.disk.failure = failure
        try:
            self.writer.append(list(appends(places, repeated)))
        except StoreFull:
            assert failure is not None
        except Repeated as error:
            self.recognise(error, repeated)
        else:
            assert repeated is None
            self.places |= places
            self.ends |= dict(places.values())
        self.disk.failure = None

    def recognise(self, error: Repeated, repeated: str | None) -> None:
        """That one is where it was kept, and no other is a repeat."""
        assert repeated is not None
        found = {cid: (placed.log, placed.id) for (_, cid), placed in error.placed.items()}
        assert found == {repeated: self.places[repeated]}

    def check(self) -> None:
        """What is read is what was kept."""
        with closing(SqliteReader(connect(self.path, write=False), pytest.fail)) as reader:
            for log, last in self.ends.items():
                head = reader.head(log)
                assert head.last == last
                found = reader.read(log, 0, last, 2**30).entries
                assert [entry.id for entry in found] == list(range(head.first, last + 1))
            for cid, place in self.places.items():
                placed = reader.find_message(PERSON, cid)
                assert placed is not None
                assert (placed.log, placed.id) == place


def appends(places: dict[str, tuple[str, int]], repeated: str | None) -> list[Append]:
    """A batch of these messages; the first of them is a repeat, if one is named."""
    cids = [repeated, *list(places)[1:]] if repeated is not None else list(places)
    batch: dict[str, list[tuple[int, str]]] = {}
    for cid, (log, id) in zip(cids, places.values(), strict=True):
        batch.setdefault(log, []).append((id, cid))
    return [Append(log, each[0][0], [said(cid=cid, person=PERSON) for _, cid in each]) for log, each in batch.items()]


def test_the_statements_for_all_sizes_of_batches_are_kept_beside_all_others(tmp_path: Path) -> None:
    """SQLite asks its authorizer when it prepares one: what was said once in each size is prepared for the next round."""
    path, last, prepared = tmp_path / "chatd.db", 0, 0

    def count(*_: object) -> int:
        nonlocal prepared
        prepared += 1
        return sqlite3.SQLITE_OK

    prepare(path).release()
    connection = connect(path, write=True)
    connection.set_authorizer(count)
    with closing(SqliteWriter(connection)) as writer:
        for _ in range(2):
            prepared = 0
            for size in range(1, MOST_ROWS + 1):
                writer.append([Append("#a", last + 1, [said("salam")] * size)])
                last += size
            writer.describe("#a", "#A", "topic")
            writer.keep_session(SESSION)
            writer.mark_seen(PERSON, last)
    assert prepared < MOST_ROWS // 4


@settings(deadline=None, max_examples=40)
@given(STEPS)
def test_what_was_kept_is_known_however_much_has_failed(steps: list[Any]) -> None:
    """New rooms, long batches, repeats, retention and restarts, in any order, on a disk that is full or locked for moments."""
    with TemporaryDirectory() as folder:
        story = Story(Path(folder).resolve() / "chatd.db")
        story.open()
        try:
            for step in steps:
                if step == "prune":
                    story.writer.prune(Retention(messages=KEPT), 0.0)
                elif step == "reopen":
                    story.writer.close()
                    story.open()
                else:
                    story.say(*step)
            story.check()
        finally:
            story.writer.close()
