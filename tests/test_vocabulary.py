"""The words of the index by their beginnings, so that a search need not walk through all messages that hold them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.storage import vocabulary
from chatd.storage.contract import StoreFull
from chatd.storage.database import connect, prepare
from chatd.storage.index import find_indexed
from chatd.storage.sqlite import SqliteReader, SqliteWriter
from chatd.storage.vocabulary import closed, open_vocabulary
from chatd.words import Query, Spelling
from tests.test_sqlite import LAST, append, texts

pytestmark = pytest.mark.usefixtures("_index_asked")

LINES = ("salam", "salamat", "salad", "سلام", "salam salad", "book")


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to some lines, all of them indexed, that only reads."""
    path = tmp_path / "chatd.db"
    prepare(path).release()
    with closing(SqliteWriter(connect(path, write=True))) as writer, closing(connect(path, write=False)) as connection:
        writer.append(append("#a", 1, *LINES))
        while writer.index_some(100):
            pass
        yield connection


def query(words: str) -> Query:
    """What somebody typed."""
    parsed = Query.parse(words)
    assert parsed is not None
    return parsed


def test_a_beginning_becomes_the_words_that_begin_so(reading: sqlite3.Connection) -> None:
    """All of them and no others; of words that are asked for whole, only those."""
    open_vocabulary(reading)
    asked = closed(reading, query("book sala"))
    assert asked.terms[0] == (Spelling(("book",), False),)
    assert asked.terms[1] == tuple(Spelling((word,), False) for word in ("salad", "salam", "salamat"))


def test_a_beginning_of_too_many_words_stays_one(reading: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """To ask for each of very many would take longer than it saves."""
    open_vocabulary(reading)
    monkeypatch.setattr(vocabulary, "MOST_WORDS", 2)
    assert closed(reading, query("sala")) == query("sala")
    monkeypatch.setattr(vocabulary, "MOST_WORDS", 3)
    assert closed(reading, query("sala")) != query("sala")


def test_what_no_word_begins_with_is_not_asked_for(reading: sqlite3.Connection) -> None:
    """There is no way to write nothing to FTS5, so it must not be tried."""
    open_vocabulary(reading)
    assert closed(reading, query("book z")).terms[1] == ()
    assert list(find_indexed(reading, closed(reading, query("book z")), [1], LAST)) == []


def test_the_connection_goes_on_reading_only(reading: sqlite3.Connection) -> None:
    """The vocabulary is its own affair; it may be opened again, and the file is as safe from it as before."""
    open_vocabulary(reading)
    open_vocabulary(reading)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reading.execute("DELETE FROM entry")


def test_a_vocabulary_that_cannot_be_opened_leaves_the_connection_reading_only(
    reading: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it could write from then on, as the second one that does."""
    monkeypatch.setattr(vocabulary, "_OPEN", "CREATE VIRTUAL TABLE temp.vocabulary USING nosuch")
    with pytest.raises(sqlite3.OperationalError, match="no such module"):
        open_vocabulary(reading)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reading.execute("DELETE FROM entry")


@pytest.mark.parametrize("what", ["open_vocabulary", "closed"])
def test_what_passes_is_no_damage_of_the_index(
    reading: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The operator is told no such thing, and nobody waits for all of the history to be looked at: it can be asked again."""
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY

    def locked(*_: object) -> None:
        raise error

    reader = SqliteReader(reading, pytest.fail)
    with monkeypatch.context() as patched:
        patched.setattr(f"chatd.storage.searching.{what}", locked)
        with pytest.raises(StoreFull):
            reader.search({"#a": LAST}, "sala", 5)
    assert texts(reader.search({"#a": LAST}, "sala", 5)) == ["salam", "salamat", "salad", "salam salad"]


@given(st.text(st.sampled_from("abسل "), max_size=6))
def test_words_find_what_their_beginning_finds(words: str) -> None:
    """The same rows, whatever is asked for: it is a shortcut, and no other search."""
    asked = Query.parse(words)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE VIRTUAL TABLE words USING fts5 (log, text, content='', columnsize=0, detail=column)")
        held = ["a", "ab", "aba", "ba", "bb a", "س", "سل ab", "لس"]
        connection.executemany("INSERT INTO words (rowid, log, text) VALUES (?, 'k1', ?)", enumerate(held, 1))
        connection.execute("CREATE TABLE entry (key, log, id, kind, name, text, at, person, origin, to_name, cid, crc)")
        connection.executemany("INSERT INTO entry (key, log) VALUES (?, 1)", ((key,) for key in range(1, 9)))
        open_vocabulary(connection)
        if asked is not None:
            found = list(find_indexed(connection, closed(connection, asked), [1], LAST))
            assert found == list(find_indexed(connection, asked, [1], LAST))


def test_a_search_asks_for_words(reading: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed is a beginning, so without that each search for a usual word would take the longer the more was said."""
    asked: list[Query] = []

    def watched(connection: sqlite3.Connection, query: Query, *where: Any) -> Iterator[tuple[int, object]]:
        asked.append(query)
        return find_indexed(connection, query, *where)

    monkeypatch.setattr("chatd.storage.searching.find_indexed", watched)
    reader = SqliteReader(reading, pytest.fail)
    assert texts(reader.search({"#a": LAST}, "sala", 5)) == ["salam", "salamat", "salad", "salam salad"]
    assert not any(spelling.open for spellings in asked[0].terms for spelling in spellings)
