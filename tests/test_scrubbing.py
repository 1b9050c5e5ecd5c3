"""A large file is served at once, and looked at while it is: damage that is found ends the run, and is the next start's affair."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred

from chatd.storage import database, scrubbing, threaded
from chatd.storage.contract import StoreError
from chatd.storage.database import connect, doubt_of, prepare
from chatd.storage.scrubbing import Scrub
from chatd.storage.sqlite import SqliteWriter
from chatd.storage.threaded import ThreadedStore, open_sqlite
from tests.test_sqlite import append, the_reactor

LINES = 3_000
"""Messages; the first of them are none of those that a start looks at."""


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is."""
    monkeypatch.setattr(database, "LARGE_BYTES", 0)
    monkeypatch.setattr(threaded, "SCRUB_SECONDS", 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of some messages, in one file."""
    path = tmp_path / "chatd.db"
    prepare(path).release()
    with closing(SqliteWriter(connect(path, write=True))) as writer:
        for first in range(1, LINES, 100):
            writer.append(append("#a", first, *["salam"] * 100))
    return path


def spoil_index(path: Path, id: int) -> None:
    """Have the index of messages name another id for this one, as a bit that has changed could."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        number = "(SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_entry_1')"
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("CREATE TABLE copy (key INTEGER PRIMARY KEY, log, id, UNIQUE (log, id))")
        connection.execute("INSERT INTO copy SELECT key, log, id FROM entry")
        connection.execute("UPDATE copy SET id = 100000 WHERE id = ?", (id,))
        copied = "(SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_copy_1')"
        (right,), (wrong,) = (connection.execute(f"SELECT {page}").fetchone() for page in (number, copied))
        move = "UPDATE sqlite_schema SET rootpage = ? WHERE name = ?"
        connection.execute(move, (wrong, "sqlite_autoindex_entry_1"))
        connection.execute(move, (right, "sqlite_autoindex_copy_1"))
        connection.execute("PRAGMA schema_version = 1000")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_schema WHERE tbl_name = 'copy'")
        connection.execute("PRAGMA schema_version = 1001")


def spoil_page(path: Path) -> None:
    """Overwrite a page of the table of messages: not the first ones, and not the last."""
    with closing(sqlite3.connect(path)) as connection:
        find = "SELECT pageno FROM dbstat WHERE name = 'entry' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 20"
        (page,) = connection.execute(find).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 200)


@pytest.fixture
def opened(path: Path) -> Iterator[list[ThreadedStore]]:
    """Stores that were opened."""
    return iter([[]])


async def told(path: Path) -> tuple[ThreadedStore, str]:
    """A store on this file, and the first sentence that its operator is told."""
    sentences: Deferred[str] = Deferred()
    store = open_sqlite(str(path), the_reactor(), lambda sentence: sentences.called or sentences.callback(sentence))
    return store, await sentences
