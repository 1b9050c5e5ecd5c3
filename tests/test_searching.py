"""Where a search looks: at what was said last as long as that is worth it, then in the index; all of it once, in one order."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.storage import searching
from chatd.storage.contract import Append, Page, StoreError
from chatd.storage.migrations import migrate, steps
from chatd.storage.rows import COLUMNS, Row
from chatd.storage.sqlite import SqliteReader, SqliteWriter
from chatd.storage.vocabulary import closed
from chatd.words import Query
from tests.test_sqlite import LAST, no_copy, said, texts

Lines = list[tuple[str, str]]
"""Each a log and a text."""


class Asked:
    """The index, and how often it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times = 0
        monkeypatch.setattr(searching, "closed", self._watched)

    def _watched(self, connection: sqlite3.Connection, query: Query) -> Query:
        self.times += 1
        return closed(connection, query)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """An empty database in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as opened:
        migrate(opened, "it", steps(), no_copy)
        yield opened


def keep(connection: sqlite3.Connection, lines: Lines, indexed: int) -> None:
    """Keep them one after the other, and put so many of them into the index."""
    writer, ends = SqliteWriter(connection), dict[str, int]()
    for log, text in lines:
        ends[log] = ends.get(log, 0) + 1
        writer.append([Append(log, ends[log], [said(text)])])
    if indexed:
        writer.index_some(indexed)


def found(connection: sqlite3.Connection, words: str, count: int = 5, **upto: int) -> Page:
    """What a search brings."""
    return SqliteReader(connection, pytest.fail).search({f"#{log}": last for log, last in upto.items()}, words, count)


def test_a_word_that_everybody_says_is_found_without_the_index(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index takes the longer for it, the more often it was said."""
    keep(connection, [("#a", f"salam {number}") for number in range(100)], indexed=100)
    asked = Asked(monkeypatch)
    assert texts(found(connection, "sal", a=LAST)) == [f"salam {number}" for number in range(95, 100)]
    assert not asked.times


def test_what_hardly_anybody_says_is_asked_of_the_index_soon(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To look at everything would take the longer, the more was said of anything else."""
    keep(connection, [("#a", "salam" if number % 50 == 49 else "book") for number in range(200)], indexed=200)
    asked, looked_at, matches = Asked(monkeypatch), list[str](), Query.matches

    def watched(query: Query, text: str) -> bool:
        looked_at.append(text)
        return matches(query, text)

    monkeypatch.setattr(Query, "matches", watched)
    assert len(found(connection, "sal", a=LAST).entries) == 4
    assert asked.times == 1
    assert len(looked_at) == 2 * searching.PER_FOUND, "one of the first ten held it, and none of the ten after it"


def test_what_is_not_indexed_is_looked_at_however_rare_the_word_is(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade may make the index anew: until it is done, nothing else knows of it."""
    keep(connection, [("#a", "salam" if number == 20 else "book") for number in range(100)], indexed=10)
    asked = Asked(monkeypatch)
    assert texts(found(connection, "sal", a=LAST)) == ["salam"]
    assert asked.times == 1, "for the ten before those"


def test_nothing_is_asked_of_the_index_once_all_was_looked_at(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A room of a few messages in a file of many needs no index."""
    keep(connection, [("#b", "salam")] * 100 + [("#a", "book")] * 3, indexed=200)
    asked = Asked(monkeypatch)
    assert found(connection, "sal", a=LAST) == Page(())
    assert not asked.times


@pytest.mark.parametrize(("limit", "size"), [("MOST_LOOKED_AT", 3), ("MOST_CHARACTERS", 40)])
def test_there_is_an_end_to_looking(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, limit: str, size: int
) -> None:
    """However many are asked for, and however long they are: nobody else's search waits for it."""
    keep(connection, [("#a", f"salam {'x' * 10}")] * 50, indexed=50)
    asked, matches, looked_at = Asked(monkeypatch), Query.matches, list[str]()

    def watched(query: Query, text: str) -> bool:
        looked_at.append(text)
        return matches(query, text)

    monkeypatch.setattr(Query, "matches", watched)
    monkeypatch.setattr(searching, limit, size)
    assert len(found(connection, "sal", 20, a=LAST).entries) == 20
    assert asked.times == 1
    assert len(looked_at) == 3


DAMAGED = "[message 38 is damaged on disk]"


def searched(connection: sqlite3.Connection, words: str, count: int) -> tuple[list[str], list[str]]:
    """What a search brings, and what the operator is told."""
    told: list[str] = []
    return texts(SqliteReader(connection, told.append).search({"#a": LAST}, words, count)), told


@pytest.mark.parametrize("damage", ["text = 'talam 38'", "text = x'4142'", "at = 7.0"])
def test_what_was_damaged_later_is_found_as_what_it_was(connection: sqlite3.Connection, damage: str) -> None:
    """The index knows what it said, and its text does not any more."""
    keep(connection, [("#a", f"salam {number}") for number in range(1, 41)], indexed=40)
    connection.execute(f"UPDATE entry SET {damage} WHERE id = 38")
    lines, told = searched(connection, "sal", 5)
    assert lines == ["salam 36", "salam 37", DAMAGED, "salam 39", "salam 40"]
    assert len(told) == 1


def test_what_was_damaged_later_is_not_found_as_what_it_became(connection: sqlite3.Connection) -> None:
    """Nobody has said that."""
    keep(connection, [("#a", f"book {number}") for number in range(1, 41)], indexed=40)
    connection.execute("UPDATE entry SET text = 'salam 38' WHERE id = 38")
    assert searched(connection, "sal", 5) == ([], [])


class Damaged(searching.Searcher):
    """Whose rows cannot be read from somewhere on, or lead elsewhere: pages and indexes can be damaged as well."""

    at = 0
    """The id at which that happens,"""
    to: int | None = None
    """and the key that is told there; ``None``: it cannot be read."""

    def _newest(self, log: int, upto: int) -> Iterator[tuple[int, int, Row]]:
        for key, number, row in super()._newest(log, upto):
            if row[0] != self.at:
                yield key, number, row
            elif self.to is None:
                error = sqlite3.DatabaseError("database disk image is malformed")
                error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise error
            else:
                other = self._connection.execute(
                    f"SELECT {COLUMNS}, crc FROM entry WHERE key = ?", (self.to,)
                ).fetchone()
                yield self.to, number, (row[0], *other[1:])


@pytest.mark.parametrize("to", [None, 14, 39], ids=["unreadable", "an older one", "a newer one"])
@pytest.mark.parametrize("at", [30, 36])
def test_what_cannot_be_looked_at_is_asked_of_the_index(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, at: int, to: int | None
) -> None:
    """Nothing is skipped because of it."""
    keep(connection, [("#a", f"salam {number}" if number <= 35 else "book") for number in range(1, 41)], indexed=40)
    monkeypatch.setattr("chatd.storage.reading.Searcher", Damaged)
    monkeypatch.setattr(Damaged, "at", at)
    monkeypatch.setattr(Damaged, "to", to)
    assert searched(connection, "sal", 20) == ([f"salam {number}" for number in range(16, 36)], [])


def test_what_only_looking_would_have_found_and_cannot_be_read_is_told(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a search would say that there is nothing."""
    keep(connection, [("#a", "salam")] * 40, indexed=20)
    monkeypatch.setattr("chatd.storage.reading.Searcher", Damaged)
    monkeypatch.setattr(Damaged, "at", 30)
    with pytest.raises(StoreError, match="cannot be read"):
        searched(connection, "sal", 20)


def test_of_two_rooms_the_newest_come_first_wherever_they_were_found(connection: sqlite3.Connection) -> None:
    """One talks now, the other did so long ago; what is looked at and what the index tells are one row of messages."""
    said_long_ago = [("#a", f"salam {number}") for number in range(30)]
    keep(connection, [*said_long_ago, *[("#b", "book")] * 30, ("#b", "salam b"), ("#b", "book")], indexed=100)
    page = found(connection, "sal", count=4, a=29, b=LAST)
    assert texts(page) == ["salam 26", "salam 27", "salam 28", "salam b"]
    assert page.cut


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["#a", "#b"]), st.sampled_from(["salam", "salad", "book", ""])), max_size=30),
    st.integers(0, 30),
    st.integers(0, 3),
    st.integers(1, 8),
    st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_an_answer_does_not_depend_on_where_it_comes_from(
    lines: Lines, indexed: int, per_found: int, count: int, upto: tuple[int, int]
) -> None:
    """However much is indexed, and however soon the index is asked: the same as by looking at everything."""
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as connection,
        pytest.MonkeyPatch.context() as patch,
    ):
        migrate(connection, "it", steps(), no_copy)
        keep(connection, lines, indexed)
        patch.setattr(searching, "PER_FOUND", per_found)
        answer = found(connection, "sala", count, a=upto[0], b=upto[1])
        patch.setattr(searching, "PER_FOUND", len(lines) + 1)
        assert answer == found(connection, "sala", count, a=upto[0], b=upto[1])
    ids: dict[str, int] = {}
    expected = []
    for log, text in lines:
        ids[log] = ids.get(log, 0) + 1
        if text.startswith("sala") and ids[log] <= upto[log == "#b"]:
            expected.append((ids[log], text))
    assert texts(answer) == [text for _, text in expected[-count:]]
    assert [entry.id for entry in answer.entries] == [id for id, _ in expected[-count:]]
    assert answer.cut == (len(expected) > count)
