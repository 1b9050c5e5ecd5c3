"""What happens when bits change in an index of the database: nobody misses a message for that."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatd.command.program import run
from chatd.events import Kind, Message
from chatd.storage import indexes
from chatd.storage.contract import Append, Retention, StoreError
from chatd.storage.database import connect, prepare
from chatd.storage.indexes import mend_indexes
from chatd.storage.migrations import steps
from chatd.storage.sqlite import SqliteReader, SqliteWriter
from tests.test_sqlite import SARA

READ_BY = "sqlite_autoindex_entry_1"
REPEATS_BY = "entry_cid"
LOGS_BY = "sqlite_autoindex_log_1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database in which ali has said twenty things."""
    path = tmp_path / "chatd.db"
    prepare(path).release()
    said = [Message(Kind.SAID, "ali", f"words {number}", 1e9, 7, 0, cid=f"c{number}") for number in range(1, 21)]
    with closing(SqliteWriter(connect(path, write=True))) as writer:
        writer.append([Append("#lobby", 1, said)])
    return path


def pages(file: Path, *names: str) -> list[slice]:
    """Where in the file these tables and indexes are, each of which is one page long."""
    with closing(sqlite3.connect(file)) as connection:
        find = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        roots = [connection.execute(find, (name,)).fetchone()[0] for name in names]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    return [slice((root - 1) * size, root * size) for root in roots]


def change(file: Path, index: str, old: bytes, new: bytes) -> None:
    """Change bytes of an index that is one page long."""
    (page,) = pages(file, index)
    content = bytearray(file.read_bytes())
    at = content.index(old, page.start, page.stop)
    content[at : at + len(old)] = new
    file.write_bytes(content)


def cell(id: int) -> bytes:
    """An entry of the index by which messages are read: log 1, this id, and the same number as its row's key."""
    return bytes([4, 9, 1, 1, id, id])


def mended(file: Path) -> list[str]:
    """What the operator is told when the indexes are mended."""
    told: list[str] = []
    with closing(connect(file, write=True)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone()[0] == "ok", "SQLite has noticed by itself"
        mend_indexes(connection, "chatd.db", told.append)
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    return told


def ids(file: Path) -> Iterator[int]:
    """The ids of the lobby's messages, as they are read."""
    with closing(SqliteReader(connect(file, write=False), pytest.fail)) as reader:
        yield from (entry.id for entry in reader.read("#lobby", 0, reader.head("#lobby").last, 1 << 20).entries)


def test_nothing_is_said_of_indexes_that_are_right(file: Path) -> None:
    """Every start but a few."""
    assert mended(file) == []


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (cell(5), bytes([4, 9, 1, 1, 69, 5])),
        (cell(20), bytes([4, 9, 1, 1, 16, 20])),
        (cell(5), bytes([4, 9, 1, 1, 5, 4])),
        (cell(5), bytes([4, 8, 1, 1, 5, 5])),
    ],
    ids=["another id", "a lower last id", "another row", "another log"],
)
def test_a_message_that_an_index_hides_is_found_again(
    file: Path, old: bytes, new: bytes, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bit in the index by which messages are read; however many there are, the operator is told and nothing is lost."""
    if many:
        monkeypatch.setattr(indexes, "THOROUGH", 10)
    change(file, READ_BY, old, new)
    (told,) = mended(file)
    assert told.startswith("An index of chatd.db did not say what its table entry says")
    assert list(ids(file)) == list(range(1, 21))


def test_a_repeat_that_an_index_hides_is_found_again(file: Path) -> None:
    """One bit in the index by which a message that is sent twice is stored once."""
    change(file, REPEATS_BY, b"c12", b"c92")
    assert len(mended(file)) == 1


def test_a_room_that_an_index_hides_is_found_again(file: Path) -> None:
    """One bit in its name."""
    change(file, LOGS_BY, b"#lobby", b"#lobbx")
    assert len(mended(file)) == 1
    assert list(ids(file)) == list(range(1, 21))


def test_a_receipt_that_an_index_hides_is_found_again(file: Path) -> None:
    """One bit in the index by which old ones are forgotten."""
    with closing(SqliteWriter(connect(file, write=True))) as writer:
        writer.prune(Retention(messages=1), 1e9 + 100)
    change(file, "receipt_at", b"c12", b"c92")
    assert len(mended(file)) == 1


def test_the_start_mends_and_tells(file: Path) -> None:
    """Before anybody is served."""
    change(file, READ_BY, cell(20), bytes([4, 9, 1, 1, 16, 20]))
    told: list[str] = []
    prepare(file, report=told.append).release()
    assert [sentence for sentence in told if "did not say what its table entry says" in sentence]
    assert list(ids(file)) == list(range(1, 21))


def row(file: Path, text: bytes) -> int:
    """Where a message's row begins in the file: its header, before its key and its columns."""
    content = file.read_bytes()
    assert content.count(text) == 1
    return content.rindex(b"said", 0, content.index(text))


def mended_quietly(file: Path) -> list[str]:
    """What the operator is told; the file may stay damaged."""
    told: list[str] = []
    with closing(connect(file, write=True)) as connection:
        mend_indexes(connection, "chatd.db", told.append)
    return told


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"\x0csaid", b"\x4csaid"), (b"\x0csaid", b"\x0dsaid"), (b"\x00\x09\x01", b"\x00\x08\x01")],
    ids=["id", "another's id", "log"],
)
def test_a_row_that_has_lost_its_place_gets_it_back(file: Path, old: bytes, new: bytes) -> None:
    """From the index, by which it is read; that must not be made to fit the row. Sent again, it is recognised."""
    content = bytearray(file.read_bytes())
    at = content.rindex(old, 0, row(file, b"words 12") + 4)
    content[at : at + len(old)] = new
    file.write_bytes(content)
    assert len(mended_quietly(file)) == 1
    assert list(ids(file)) == list(range(1, 21))
    with closing(SqliteReader(connect(file, write=False), pytest.fail)) as reader:
        found = reader.find_message(7, "c12")
    assert found is not None
    assert (found.log, found.id) == ("#lobby", 12)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_room_that_has_lost_its_name_gets_it_back(file: Path) -> None:
    """From the index: nothing would show it but the answer to a repeat."""
    content = bytearray(file.read_bytes())
    places = [at for at in range(len(content)) if content.startswith(b"#lobby", at)]
    assert len(places) == 2, "the row, and its entry in the index"
    for at in places:
        damaged = content.copy()
        damaged[at + 5] = ord("x")
        file.write_bytes(damaged)
        assert len(mended(file)) == 1
        with closing(SqliteReader(connect(file, write=False), pytest.fail)) as reader:
            placed = reader.find_message(7, "c12")
        assert placed is not None
        assert placed.log == "#lobby"


def test_a_damaged_row_and_a_damaged_index_are_too_much(file: Path) -> None:
    """Which of the two is to be believed cannot be told for all of them."""
    content = bytearray(file.read_bytes())
    content[row(file, b"words 12") - 1] = 76
    file.write_bytes(content)
    change(file, READ_BY, cell(5), bytes([4, 9, 1, 1, 37, 5]))
    with pytest.raises(StoreError, match=r"damaged \(its table entry\).*restore a backup"):
        mended_quietly(file)


def test_a_file_of_the_first_version_has_fewer_indexes(tmp_path: Path) -> None:
    """Those that are there are compared."""
    prepare(tmp_path / "chatd.db", steps()[:1]).release()
    assert mended(tmp_path / "chatd.db") == []


def test_messages_of_no_room_stop_the_start(file: Path) -> None:
    """They would be lost without a word."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE log SET key = 3")
        connection.commit()
    with pytest.raises(StoreError, match=r"has messages of no room.*restore a backup"):
        prepare(file)


# --- rows that are gone ---


def say_more(file: Path) -> None:
    """Four more messages, in a room of its own the last, and somebody who has an account."""
    said = [Message(Kind.SAID, "ali", f"words {number}", 1e9, 7, 0, cid=f"c{number}") for number in range(21, 25)]
    with closing(SqliteWriter(connect(file, write=True))) as writer:
        writer.append([Append("#lobby", 21, said[:3]), Append("#attic", 1, said[3:])])
        writer.keep_account(SARA)


def go_back(file: Path, *names: str) -> None:
    """Say more, of which these pages then know nothing: their writes were lost, or a copy was made meanwhile."""
    before = file.read_bytes()
    say_more(file)
    content = bytearray(file.read_bytes())
    for page in pages(file, *names):
        content[page] = before[page]
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("lost", "table"),
    [(["entry"], "entry"), (["log"], "log"), (["account"], "account"), (["entry", READ_BY], "entry")],
    ids=["messages", "rooms", "accounts", "messages, of which one index tells"],
)
def test_rows_that_only_an_index_knows_stop_the_start(file: Path, lost: list[str], table: str) -> None:
    """They are lost. An index that is made anew would hide it, and tell the operator that nothing is; nothing is changed."""
    go_back(file, *lost)
    content = file.read_bytes()
    with pytest.raises(
        StoreError, match=rf"damaged \(rows of its table {table} are missing\)\. Please restore a backup"
    ):
        prepare(file)
    assert file.read_bytes() == content
    assert run(["check", str(file)]) == 1


@pytest.mark.parametrize("index", [READ_BY, REPEATS_BY, LOGS_BY, "sqlite_autoindex_account_1"])
def test_an_index_of_an_earlier_day_is_made_anew(file: Path, index: str) -> None:
    """Nothing is lost by that: the rows are there."""
    go_back(file, index)
    assert len(mended(file)) == 1
    assert list(ids(file)) == list(range(1, 24))


def test_a_hole_is_not_hidden_because_an_index_is_damaged_as_well(file: Path) -> None:
    """The table alone tells of it then."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM entry WHERE id IN (9, 10)")
    change(file, READ_BY, cell(5), bytes([4, 9, 1, 1, 69, 5]))
    with pytest.raises(StoreError, match=r"rows of its table entry are missing"):
        prepare(file)
