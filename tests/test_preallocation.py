"""Zeros ahead in the write-ahead log: nothing is lost in them, and where they cannot be, messages are kept without them."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from errno import EDQUOT, EIO, EMFILE, ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.storage import checkpoints, preallocation
from chatd.storage.checkpoints import FRAME_BYTES, HEADER_BYTES
from chatd.storage.contract import Append, StoreError
from chatd.storage.database import connect, prepare
from chatd.storage.preallocation import AHEAD, COMMITS, STEP
from chatd.storage.sqlite import SqliteWriter
from chatd.storage.threaded import open_sqlite
from tests.runs import Run, in_child, running
from tests.test_sqlite import LEFT, said, the_reactor

STEP_BYTES = STEP * FRAME_BYTES


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is to be."""
    return tmp_path / "chatd.db"


@pytest.fixture
def run(path: Path) -> Iterator[Run]:
    """A server that is stopped in good order."""
    with running(path) as run:
        yield run


def log_of(path: Path) -> Path:
    """The write-ahead log beside it."""
    return Path(f"{path}-wal")


def size(path: Path) -> int:
    """That of the log."""
    return log_of(path).stat().st_size


def zeros(path: Path) -> int:
    """The bytes of it that are not written yet."""
    content = log_of(path).read_bytes()
    return len(content) - len(content.rstrip(b"\0"))


def talk(run: Run, count: int) -> None:
    """So many commits of a message, each with what a thread does after it."""
    for number in range(count):
        run.say(str(number))
        run.writer.rest()


def in_the_file(path: Path) -> list[str]:
    """What SQLite finds, by itself and in a process of its own."""
    program = (
        "import sqlite3, sys; print(*(row[0] for row in sqlite3.connect(sys.argv[1], uri=True).execute(sys.argv[2])))"
    )
    command = [sys.executable, "-c", program, f"{path.as_uri()}?mode=ro", "SELECT text FROM entry ORDER BY key"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


# --- what is written, and when ---


def test_a_server_on_which_nobody_talks_writes_no_zeros(run: Run, path: Path) -> None:
    """The first of them come with the first message."""
    run.writer.describe("#a", "#A", "topic")
    run.writer.rest()
    assert zeros(path) < FRAME_BYTES
    before = size(path)
    talk(run, 1)
    assert size(path) >= before + STEP_BYTES


def test_it_is_looked_now_and_then(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not after each commit; and no descriptor is left of it."""
    looks = []
    opened = os.open

    def look(*arguments: Any) -> int:
        looks.append(opened(*arguments))
        return looks[-1]

    monkeypatch.setattr(os, "open", look)
    talk(run, 4 * COMMITS)
    assert len(looks) == 4
    assert len(set(looks)) == 1


def test_commits_write_over_zeros(run: Run, path: Path) -> None:
    """None of them makes the log longer, however many there are; only what is done between them does."""
    talk(run, COMMITS)
    for _ in range(20 * COMMITS):
        before = size(path)
        run.say("salam")
        assert size(path) == before
        run.writer.rest()
        assert zeros(path) > FRAME_BYTES * AHEAD // 4
    assert zeros(path) < STEP_BYTES + 2 * FRAME_BYTES * AHEAD


def test_it_ends_where_sqlite_begins_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there by then is written over again and again."""
    monkeypatch.setattr(checkpoints, "USUAL", 300)
    with running(path) as run:
        run.connection.execute("PRAGMA wal_autocheckpoint = 300")
        talk(run, 30 * COMMITS)
        assert HEADER_BYTES + 300 * FRAME_BYTES <= size(path) < HEADER_BYTES + 310 * FRAME_BYTES
        monkeypatch.setattr(os, "fsync", failing(EIO))  # which nobody asks for any more
        talk(run, 2 * COMMITS)
        assert len(run.lines) == 32 * COMMITS


def test_what_is_said_at_once_by_many_is_gone_on_behind(run: Run, path: Path) -> None:
    """A commit that is longer than what was ahead made the log longer itself."""
    talk(run, COMMITS)
    run.say(*["x" * 5_000] * (STEP + 10))
    assert not zeros(path)
    talk(run, COMMITS)
    assert zeros(path) > FRAME_BYTES * AHEAD
    assert len(run.lines) == 2 * COMMITS + STEP + 10


def test_one_file_is_left_by_a_stop(path: Path) -> None:
    """As without zeros."""
    with running(path) as run:
        talk(run, COMMITS)
    assert sorted(os.listdir(path.parent)) == LEFT


async def test_the_thread_that_writes_does_it_after_its_answers(path: Path) -> None:
    """And is done with it when the store is closed."""
    store = open_sqlite(str(path), the_reactor(), pytest.fail)
    for id in range(1, COMMITS + 2):
        await store.append([Append("#a", id, [said(str(id))])])
    assert size(path) >= STEP_BYTES
    for id in range(COMMITS + 2, 2 * COMMITS + 1):
        await store.append([Append("#a", id, [said(str(id))])])
    await store.close()
    assert sorted(os.listdir(path.parent)) == LEFT


# --- nothing is lost ---


def test_all_is_there_after_a_kill(path: Path) -> None:
    """SQLite finds the end of its frames, though the log goes on; and so does the next start, twice."""
    for _ in range(2):
        assert in_child(lambda: talk(Run(path), 3 * COMMITS))
        assert zeros(path) > FRAME_BYTES
    with running(path) as run:
        assert len(run.lines) == 6 * COMMITS
        assert run.reports == []


def test_a_kill_at_any_moment_of_it_loses_nothing(path: Path) -> None:
    """Whatever of the zeros is there then."""
    moment, said_before = 0, 0
    while True:
        moment += 1
        if not dies_at(path, moment):
            break
        said_before += 1
        with running(path) as run:
            assert len(run.lines) == said_before
    assert moment > 15  # the moments were counted


def dies_at(path: Path, moment: int) -> bool:
    """A server that dies at the so-many-th line of code while it makes its log longer. Whether it got that far."""
    left = moment

    def each_line(frame: FrameType, event: str, _: object) -> Callable[..., object] | None:
        nonlocal left
        if frame.f_code.co_filename != preallocation.__file__:
            return None
        left -= event == "line"
        if left <= 0:
            os._exit(1)
        return each_line

    def serve() -> None:
        run = Run(path)
        run.say("salam")
        sys.settrace(cast(Any, each_line))
        run.writer.rest()

    return not in_child(serve)


def test_other_programs_read_what_was_said(run: Run, path: Path) -> None:
    """Beside the server, and from a copy of the files, in which SQLite makes its index of the log anew."""
    talk(run, COMMITS + 3)
    said_so_far = [*map(str, range(COMMITS + 3))]
    assert in_the_file(path) == said_so_far
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    shutil.copy(log_of(path), log_of(copy))
    assert in_the_file(copy) == said_so_far


def test_a_file_that_is_read_as_if_nobody_could_write_has_no_log(run: Run, path: Path) -> None:
    """With zeros in it or without."""
    talk(run, COMMITS)
    run.connection.execute("PRAGMA wal_checkpoint").fetchone()
    talk(run, 1)
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as reader:
        assert reader.execute("SELECT count(*) FROM entry").fetchone()[0] == COMMITS


def test_a_log_of_zeros_only_is_an_empty_one(run: Run, path: Path) -> None:
    """Nobody makes one, but a power cut may."""
    talk(run, 1)
    copy = path.with_name("copy.db")
    run.connection.execute("PRAGMA wal_checkpoint").fetchone()
    shutil.copy(path, copy)
    log_of(copy).write_bytes(bytes(STEP_BYTES))
    assert in_the_file(copy) == ["0"]


CHECKPOINTS = [f"PRAGMA wal_checkpoint({mode})" for mode in ("PASSIVE", "RESTART", "TRUNCATE")]


@given(st.lists(st.sampled_from(["few", "many", "long", "somebody else", *CHECKPOINTS]), max_size=12))
@settings(max_examples=15, deadline=None)
def test_whatever_is_done_to_the_log_a_copy_of_it_is_whole(doings: list[str]) -> None:
    """Others checkpoint it, make it shorter, and write to it as well: all that was committed is there, and sound."""
    with TemporaryDirectory() as folder:
        path = Path(folder).resolve() / "chatd.db"
        with running(path) as run, closing(sqlite3.connect(path, isolation_level=None)) as other:
            for doing in doings:
                if doing == "few":
                    talk(run, COMMITS // 2)
                elif doing == "many":
                    talk(run, 2 * COMMITS)
                elif doing == "long":
                    run.say(*["x" * 5_000] * STEP)
                elif doing == "somebody else":
                    other.execute("CREATE TABLE IF NOT EXISTS theirs (x)")
                    other.execute("INSERT INTO theirs VALUES (zeroblob(20000))")
                else:
                    other.execute(doing).fetchone()
            assert_whole(path, texts(run.connection))


def assert_whole(path: Path, lines: list[str]) -> None:
    """As SQLite finds it if the server is killed now."""
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    if log_of(path).exists():
        shutil.copy(log_of(path), log_of(copy))
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert texts(connection) == lines


def texts(connection: sqlite3.Connection) -> list[str]:
    """All that was said."""
    return [row[0] for row in connection.execute("SELECT text FROM entry ORDER BY key")]


# --- where it cannot be ---


@pytest.mark.parametrize("pages", [7_000, None])
def test_where_there_is_little_room_or_none_is_known_of_the_log_grows_as_it_does(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch, pages: int | None
) -> None:
    """The room is for messages."""

    def room(_: object) -> os.statvfs_result:
        if pages is None:
            raise FileNotFoundError
        return os.statvfs_result((4096, 4096, 0, 0, pages, 0, 0, 0, 0, 255))

    monkeypatch.setattr(os, "statvfs", room)
    talk(run, 2 * COMMITS)
    assert zeros(path) < FRAME_BYTES


def failing(code: int) -> Callable[..., int]:
    """A call of the kernel that does not work."""

    def call(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    return call


@pytest.mark.parametrize("code", [ENOSPC, EDQUOT])
@pytest.mark.parametrize("call", ["fsync", "some"])
def test_a_disk_that_becomes_full_gets_its_room_back(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    """Nobody hears of it, and messages are kept as long as there is room for them."""
    run.say("the last before")
    before = size(path)
    write = os.pwrite
    with monkeypatch.context() as patched:
        if call == "fsync":
            patched.setattr(os, "fsync", failing(code))
        else:
            patched.setattr(os, "pwrite", lambda file, data, place: write(file, data[:5000], place))
        run.writer.rest()
    assert size(path) == before
    talk(run, COMMITS)
    assert zeros(path) > STEP_BYTES // 2
    assert len(run.lines) == COMMITS + 1


def test_a_disk_that_fails_is_not_trusted_any_more(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a commit fails: the next sync may say that all is well, and it is not. What was said before is kept."""
    run.say("the last before")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing(EIO))
        run.writer.rest()
    with pytest.raises(StoreError, match=r"The database cannot be written: Input/output error\."):
        run.say("and on")
    assert len(run.lines) == 1
    assert Path(f"{path}.doubt").exists()


def test_without_a_descriptor_the_log_grows_as_it_does(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until there is one again."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", failing(EMFILE))
        talk(run, COMMITS)
    assert zeros(path) < FRAME_BYTES
    talk(run, COMMITS)
    assert zeros(path) > STEP_BYTES // 2


def test_while_somebody_else_writes_nothing_is_done(path: Path) -> None:
    """They might be writing there. Nobody hears of it."""
    prepare(path).release()
    connection = connect(path, write=True)
    with closing(SqliteWriter(connection)) as writer, closing(sqlite3.connect(path, isolation_level=None)) as other:
        for id in range(1, COMMITS + 1):
            writer.append([Append("#a", id, [said("salam")])])
        connection.execute("PRAGMA busy_timeout = 0")
        before = size(path)
        other.execute("BEGIN IMMEDIATE")
        writer.rest()
        assert size(path) == before
        other.execute("ROLLBACK")
        writer.append([Append("#a", COMMITS + 1, [said("salam")])])
