"""Zeros ahead in the write-ahead log: nothing is lost in them, and where they cannot be, messages are kept without them."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from errno import EACCES, EDQUOT, EIO, EMFILE, ENFILE, ENOENT, ENOSPC
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from chatd.storage import checkpoints, preallocation
from chatd.storage.checkpoints import FRAME_BYTES, HEADER_BYTES
from chatd.storage.contract import Append, StoreError
from chatd.storage.preallocation import AHEAD, COMMITS, STEP
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


@pytest.mark.parametrize("code", [None, ENOSPC, EDQUOT])
def test_a_disk_that_becomes_full_gets_its_room_back(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None
) -> None:
    """Whether it says so, or takes less than it was given. Nobody hears of it, and messages are kept while they find room."""
    run.say("the last before")
    before = size(path)
    write = os.pwrite

    def fill(file: int, data: bytes, place: int) -> int:
        if code is not None and place > before:
            raise OSError(code, os.strerror(code))
        return write(file, data if code is not None else data[:5000], place)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", fill)
        run.writer.rest()
    assert size(path) == before
    talk(run, COMMITS)
    assert zeros(path) > STEP_BYTES // 2
    assert len(run.lines) == COMMITS + 1


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("fsync", EIO),
        ("fsync", ENOSPC),
        ("fsync", EDQUOT),
        ("pwrite", EIO),
        ("pread", EIO),
    ],
)
def test_a_disk_that_fails_is_not_trusted_any_more(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    """As when a commit fails: the next sync may say that all is well, and it is not. What was said before is kept.

    After a sync for which there was no room either: SQLite's next one would be told of that, and would call it its own.
    """
    run.say("the last before")
    reason = rf"The database cannot be written: {os.strerror(code)}\."
    with monkeypatch.context() as patched:
        patched.setattr(os, call, failing(code))
        with pytest.raises(StoreError, match=reason):
            run.writer.rest()
    with pytest.raises(StoreError, match=reason):
        run.say("and on")
    assert len(run.lines) == 1
    assert Path(f"{path}.doubt").exists()


@pytest.mark.parametrize("code", [EIO, EACCES])
def test_a_log_that_cannot_be_opened_is_not_trusted_any_more(
    run: Run, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Whatever the reason, but for those that pass."""
    run.say("the last before")
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", failing(code))
        with pytest.raises(StoreError, match=os.strerror(code)):
            run.writer.rest()
    with pytest.raises(StoreError, match=os.strerror(code)):
        run.say("and on")


def test_after_that_nothing_is_written_and_it_is_not_said_again(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the rests behind what is still asked."""
    run.say("the last before")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing(EIO))
        with pytest.raises(StoreError):
            run.writer.rest()
    run.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    for _ in range(2 * COMMITS):
        run.writer._preallocation.count()
        run.writer.rest()
    assert size(path) == 0


def test_what_was_found_after_the_answer_was_certain_is_said_in_the_rest(run: Run, path: Path) -> None:
    """By a checkpoint, say: who said something has the answer that it is kept, and it is. And zeros are not written any more."""
    run.say("the last before")
    before = size(path)
    run.writer._break("The disk is gone.")
    with pytest.raises(StoreError, match="The disk is gone"):
        run.writer.rest()
    run.writer.rest()
    assert size(path) == before


def test_what_is_found_damaged_elsewhere_was_told_there(run: Run) -> None:
    """So a rest says nothing of it."""
    run.writer.distrust()
    run.writer.rest()


async def test_a_disk_that_fails_is_told_though_nobody_says_anything_more(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the server stops, and does not go on for hours as one that keeps nothing."""
    failed: Deferred[StoreError] = Deferred()
    store = open_sqlite(str(path), the_reactor(), pytest.fail, failed.callback)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing(EIO))
        await store.append([Append("#a", 1, [said("the last")])])
        error = await failed.addTimeout(60, cast(IReactorTime, the_reactor()))
    assert str(error) == "The database cannot be written: Input/output error."
    await store.close()


@pytest.mark.parametrize("code", [EMFILE, ENFILE, ENOENT])
def test_without_a_descriptor_the_log_grows_as_it_does(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Until there is one again."""
    with monkeypatch.context() as patched:
        patched.setattr(os, "open", failing(code))
        talk(run, COMMITS)
    assert zeros(path) < FRAME_BYTES
    talk(run, COMMITS)
    assert zeros(path) > STEP_BYTES // 2


def test_while_somebody_else_writes_nothing_is_done(run: Run, path: Path) -> None:
    """They might be writing there. Nobody hears of it, and nobody has to wait behind it."""
    usual, waits = busy_timeout(run), list[int]()
    run.say("salam")
    connection = Tapped(run.connection)
    run.writer._preallocation._connection = cast(sqlite3.Connection, connection)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        before = size(path)
        other.execute("BEGIN IMMEDIATE")
        connection.first = lambda: waits.append(busy_timeout(run))
        run.writer.rest()
        assert size(path) == before
        other.execute("ROLLBACK")
    talk(run, COMMITS)
    assert zeros(path) > STEP_BYTES // 2
    assert waits == [0]
    assert busy_timeout(run) == usual


def busy_timeout(run: Run) -> int:
    """How many milliseconds the one that writes would wait."""
    found: int = run.connection.execute("PRAGMA busy_timeout").fetchone()[0]
    return found


class Tapped:
    """A connection to which something is done right before its next transaction begins."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.first: Callable[[], object] | None = None

    def execute(self, statement: str) -> sqlite3.Cursor:
        """As SQLite's."""
        if statement.startswith("BEGIN") and self.first is not None:
            first, self.first = self.first, None
            first()
        return self._connection.execute(statement)


@pytest.mark.parametrize("doing", ["INSERT INTO theirs VALUES (zeroblob(900000))", *CHECKPOINTS])
def test_what_somebody_else_does_right_before_it_is_looked_at(run: Run, path: Path, doing: str) -> None:
    """The log has another length then: nothing of theirs is written over, and there is no hole behind a log that is short."""
    lengths: list[int] = []
    run.say("one")
    connection = Tapped(run.connection)
    run.writer._preallocation._connection = cast(sqlite3.Connection, connection)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE theirs (x)")
        connection.first = lambda: lengths.append((other.execute(doing).fetchall(), size(path))[1])
        run.writer.rest()
    assert size(path) == lengths[0] + STEP_BYTES
    talk(run, 3)
    assert_whole(path, ["one", "0", "1", "2"])
    with closing(sqlite3.connect(path.with_name("copy.db"))) as copy:
        assert copy.execute("SELECT count(*) FROM theirs").fetchone()[0] == doing.startswith("INSERT")
