"""The write-ahead log is brought into the database: before it fills a small disk, and if it cannot be, nothing more is taken."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chatd.events import Kind, Message
from chatd.storage import checkpoints
from chatd.storage.contract import Append, StoreError, StoreFull
from chatd.storage.database import connect, prepare
from chatd.storage.sqlite import SqliteWriter
from tests.conftest import missing
from tests.faults.outcome import Unavailable
from tests.faults.small_disk import small_disk
from tests.processes import IN_TREE


class Disk:
    """A connection whose database can be given an error, which only a checkpoint meets: commits go into the log."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.code: int | None = None
        self.full = 0
        """So many commits find no room for the log."""
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        """As the connection does, but for checkpoints."""
        if "wal_checkpoint" in sql:
            self.asked += 1
            if self.code is not None:
                raise failed("disk I/O error", self.code)
        if self.full and (sql == "COMMIT" or ("INTO entry" in sql and not self.in_transaction)):
            self.full -= 1
            raise failed("database or disk is full", sqlite3.SQLITE_FULL)
        return self._connection.execute(sql, *parameters)


def failed(words: str, code: int) -> sqlite3.Error:
    """What SQLite raises."""
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


def said(first: int) -> list[Append]:
    """Enough for some pages."""
    return [Append("#lobby", first, [Message(Kind.SAID, "ali", "x" * 4000, 1e9, 7, 0) for _ in range(10)])]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "chatd.db"


@pytest.fixture
def disk(path: Path) -> Disk:
    """One with an empty database."""
    prepare(path).release()
    return Disk(connect(path, write=True))


@pytest.fixture
def writer(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> SqliteWriter:
    """One that looks after some pages."""
    monkeypatch.setattr(checkpoints, "USUAL", 10)
    monkeypatch.setattr(checkpoints, "ROWS", 10)
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


def test_a_log_that_was_long_once_is_watched_as_closely_as_before(disk: Disk, path: Path, writer: SqliteWriter) -> None:
    """Somebody has read for long, and it could not be begun anew; now it is short again, and the disk breaks."""
    disk.execute("PRAGMA journal_size_limit = 0")
    with closing(writer), closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entry").fetchone()
        for first in range(1, 501, 10):
            writer.append(said(first))
        reader.execute("COMMIT")
        disk.execute("PRAGMA wal_checkpoint")
        writer.append(said(501))
        disk.code = sqlite3.SQLITE_IOERR_FSYNC
        writer.append(said(511))
        with pytest.raises(StoreError, match="cannot be written"):
            writer.append(said(521))


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


def test_a_log_that_cannot_grow_is_begun_anew(disk: Disk, writer: SqliteWriter) -> None:
    """All of it fits into the database, and then its own room is free again: nobody hears of it."""
    with closing(writer):
        writer.append(said(1))
        disk.full = 1
        writer.append(said(11))
        assert disk.execute("SELECT max(id) FROM entry").fetchone()[0] == 20


def test_a_log_that_cannot_grow_and_fits_nowhere_is_a_full_disk(disk: Disk, writer: SqliteWriter) -> None:
    """Nothing of it is kept, and the same may work later; also where the disk is as full after all was moved."""
    with closing(writer):
        writer.append(said(1))
        disk.full, disk.code = 1, sqlite3.SQLITE_FULL
        with pytest.raises(StoreFull):
            writer.append(said(11))
        disk.full, disk.code = 2, None
        with pytest.raises(StoreFull):
            writer.append(said(11))
        writer.append(said(11))
        assert disk.execute("SELECT max(id) FROM entry").fetchone()[0] == 20


def test_a_broken_database_is_no_full_disk(disk: Disk, writer: SqliteWriter) -> None:
    """It may show when the log is to be moved for want of room: then that was the last attempt to write."""
    with closing(writer):
        writer.append(said(1))
        disk.full, disk.code = 1, sqlite3.SQLITE_IOERR_WRITE
        with pytest.raises(StoreFull):
            writer.append(said(11))
        with pytest.raises(StoreError, match="cannot be written: disk I/O error") as refused:
            writer.append(said(11))
        assert not isinstance(refused.value, StoreFull)


def test_somebody_who_has_locked_the_database_is_not_asked_for_room(disk: Disk, path: Path) -> None:
    """That takes seconds as it is; trying again at once would take as many more."""
    disk.execute("PRAGMA busy_timeout = 0")
    with closing(SqliteWriter(disk)) as writer, closing(sqlite3.connect(path)) as other:  # type: ignore[arg-type]
        writer.append(said(1))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFull, match="locked"):
            writer.append(said(11))
    assert disk.asked == 0


def test_on_a_disk_with_little_room_the_log_stays_short(
    disk: Disk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And grows as usual when there is room again."""
    room = [1_000]
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((4096, 4096, 0, 0, room[0], 0, 0, 0, 0, 255)))
    with closing(SqliteWriter(disk)) as writer:  # type: ignore[arg-type]  # the same
        for first in range(1, 2001, 10):
            writer.append(said(first))
        assert path.with_name("chatd.db-wal").stat().st_size < 2 * checkpoints.FEW * 4120
        room[0] = 1_000_000
        for first in range(2001, 4001, 10):
            writer.append(said(first))
        assert path.with_name("chatd.db-wal").stat().st_size > 10 * checkpoints.FEW * 4120


def test_room_that_goes_is_missed_after_a_hundred_messages(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long they are: by then the log must not be what fills the disk."""
    room = [1_000_000]
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((4096, 4096, 0, 0, room[0], 0, 0, 0, 0, 255)))
    with closing(SqliteWriter(disk)) as writer:  # type: ignore[arg-type]  # the same
        writer.append(said(1))
        room[0] = 1_000
        for first in range(11, 111, 10):
            assert disk.execute("PRAGMA wal_autocheckpoint").fetchone()[0] == checkpoints.USUAL
            writer.append(said(first))
        assert disk.execute("PRAGMA wal_autocheckpoint").fetchone()[0] == checkpoints.FEW


def test_a_disk_that_does_not_tell_its_room_is_written_as_usual(
    writer: SqliteWriter, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stored by then is not called lost for it."""

    def gone(_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(os, "statvfs", gone)
    with closing(writer):
        writer.append(said(1))
        writer.append(said(11))
        assert disk.execute("SELECT max(id) FROM entry").fetchone()[0] == 20


def test_a_small_disk_is_filled_with_messages_and_not_with_the_log(tmp_path: Path) -> None:
    """For real. Only when the database itself has no more room are people asked to wait."""
    program = """
from pathlib import Path
from tests.test_checkpoints import *
path = Path("chatd.db").resolve()
lock = prepare(path)
writer, last = SqliteWriter(connect(path, write=True)), 0
try:
    while True:
        writer.append(said(last + 1))
        last += 10
except StoreFull:
    print(path.stat().st_size, path.with_name("chatd.db-wal").stat().st_size)
"""
    try:
        with small_disk(tmp_path / "disk", 4) as disk:
            command = [*disk.before, sys.executable, "-c", program]
            done = subprocess.run(command, capture_output=True, text=True, env=IN_TREE, check=True)
    except Unavailable as lack:
        missing(f"what a small disk needs ({lack})")
    database, log = map(int, done.stdout.split())
    assert database > 3 * log
