"""A write-ahead log that cannot be brought into the database: SQLite does not say so, and the server must not go on."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chatd.events import Kind, Message
from chatd.storage import checkpoints
from chatd.storage.contract import Append, StoreError
from chatd.storage.database import connect, prepare
from chatd.storage.sqlite import SqliteWriter


class Disk:
    """A connection whose database can be given an error, which only a checkpoint meets: commits go into the log."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.code: int | None = None
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        """As the connection does, but for checkpoints."""
        if "wal_checkpoint" in sql:
            self.asked += 1
            if self.code is not None:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = self.code
                raise error
        return self._connection.execute(sql, *parameters)


def said(first: int) -> list[Append]:
    """Enough for some pages."""
    return [Append("#lobby", first, [Message(Kind.SAID, "ali", "x" * 4000, 1e9, 7, 0) for _ in range(10)])]


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    """One with an empty database."""
    path = tmp_path / "chatd.db"
    prepare(path).release()
    return Disk(connect(path, write=True))


@pytest.fixture
def writer(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> SqliteWriter:
    """One that looks after some pages."""
    monkeypatch.setattr(checkpoints, "USUAL", 10)
    return SqliteWriter(disk)  # type: ignore[arg-type]  # it does what a connection does


def test_a_log_of_the_usual_size_is_left_to_sqlite(disk: Disk) -> None:
    """A checkpoint of its own would only cost time."""
    with closing(SqliteWriter(disk)) as writer:  # type: ignore[arg-type]  # the same
        writer.append(said(1))
    assert disk.asked == 0


def test_a_log_that_grows_is_asked_about_now_and_then(disk: Disk, writer: SqliteWriter) -> None:
    """Not at each commit: a reader may be the reason for its size, for a while."""
    with closing(writer):
        for first in range(1, 101, 10):
            writer.append(said(first))
    assert 1 < disk.asked < 10


def test_a_database_that_cannot_be_written_is_the_end(disk: Disk, writer: SqliteWriter) -> None:
    """What was in the log by then is kept, and said to be; nothing more is taken."""
    disk.code = sqlite3.SQLITE_IOERR_FSYNC
    with closing(writer):
        writer.append(said(1))
        writer.append(said(11))
        assert disk.asked
        with pytest.raises(StoreError, match="cannot be written: disk I/O error"):
            writer.append(said(21))
        assert disk.execute("SELECT max(id) FROM entry").fetchone()[0] == 20


def test_a_full_disk_is_not_the_end(disk: Disk, writer: SqliteWriter) -> None:
    """It passes, and until then the log has room or says so itself."""
    disk.code = sqlite3.SQLITE_FULL
    with closing(writer):
        for first in range(1, 51, 10):
            writer.append(said(first))
    assert disk.asked
