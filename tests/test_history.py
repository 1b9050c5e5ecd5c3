"""A history that went back gets a new epoch, and no other does: whatever was copied, put back, or killed, and when."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from errno import EACCES, ENOSPC
from pathlib import Path
from types import FrameType
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.storage import history, mark
from chatd.storage.contract import StoreError
from chatd.storage.database import connect, prepare
from chatd.storage.history import mark_of, settle
from chatd.storage.mark import Identity, KeyNote, Mark, MarkDamagedError, decode, encode
from chatd.storage.sqlite import SqliteWriter
from tests.runs import Run, in_child, killed, running
from tests.test_sqlite import ALI, LEFT

STEPS = {module.__file__ for module in (history, mark)}
"""The sources of what a start does about the history."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is to be."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder / "chatd.db"


def dies_at(path: Path, moment: int) -> bool:
    """A server that begins and dies at the so-many-th line of code that its start executes. Whether it got that far."""
    left = moment

    def each_line(frame: FrameType, event: str, _: object) -> Callable[..., object] | None:
        nonlocal left
        if frame.f_code.co_filename not in STEPS:
            return None
        left -= event == "line"
        if left <= 0:
            os._exit(1)
        return each_line

    def start() -> None:
        sys.settrace(cast(Any, each_line))
        prepare(path)

    return not in_child(start)


def epoch(path: Path) -> str:
    """The epoch that a start comes to, with nothing to report."""
    with running(path) as run:
        assert run.reports == []
        return run.epoch


# --- one history ---


def test_a_restart_goes_on_with_the_history(path: Path) -> None:
    """In good order or after a kill; only the mark is left beside the file."""
    first = epoch(path)
    for _ in range(3):
        killed(path, "salam")
        assert epoch(path) == first
        assert sorted(os.listdir(path.parent)) == LEFT


def test_a_start_that_is_killed_at_any_moment_makes_no_epoch(path: Path) -> None:
    """Also when the next one is killed as well: what was kept before is there, and ids mean what they meant."""
    with running(path) as run:
        first = run.epoch
    moment, lines = 0, []
    while True:
        moment += 1
        lines.append(str(moment))
        killed(path, lines[-1])  # so that there is a write-ahead log that is needed
        if not dies_at(path, moment):
            break
        dies_at(path, moment * 7919 % 70)
    with running(path) as run:
        assert (run.epoch, run.lines, run.reports) == (first, lines, [])
    assert sorted(os.listdir(path.parent)) == LEFT  # no write-ahead log was taken for another's
    assert moment > 50  # the moments were counted


def test_the_first_start_that_is_killed_at_any_moment_makes_one_history(tmp_path: Path) -> None:
    """There is nothing to report of a file that nobody has used."""
    moment, killed_in_time = 0, True
    while killed_in_time:
        moment += 1
        path = tmp_path / f"{moment}.db"
        killed_in_time = dies_at(path, moment)
        assert epoch(path) == epoch(path)


def test_a_file_of_a_version_without_marks_is_taken_over(path: Path) -> None:
    """An upgrade is no other history, killed at any moment or not."""
    with running(path) as run:
        run.say("before")
        first = run.epoch
    without_word(path)
    keep(path.parent)
    moment, killed_in_time = 0, True
    while killed_in_time:
        moment += 1
        put_back(path.parent)
        killed_in_time = dies_at(path, moment)
        assert epoch(path) == first


def keep(folder: Path) -> None:
    """Remember what is in the folder."""
    shutil.copytree(folder, folder.parent / "kept")


def put_back(folder: Path) -> None:
    """The same files again, each with what it held: nothing that tells files apart has changed."""
    kept = folder.parent / "kept"
    for path in folder.iterdir():
        if not (kept / path.name).exists():
            path.unlink()
    for path in kept.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())


def test_a_folder_that_is_moved_keeps_its_history(path: Path) -> None:
    """Its name is not what counts, nor whether the server was stopped well."""
    first = epoch(path)
    killed(path, "salam")
    path.parent.rename(path.parent.with_name("there"))
    assert epoch(path.parent.with_name("there") / path.name) == first


def test_a_new_file_in_the_place_of_one_that_was_taken_away_is_no_surprise(path: Path) -> None:
    """It has an epoch of its own."""
    first = epoch(path)
    path.unlink()
    assert epoch(path) != first


# --- copies ---


def by_vacuum(path: Path, to: Path) -> None:
    """As SQLite's own program does it, while the server runs."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))


def by_pages(path: Path, to: Path) -> None:
    """SQLite's backup of pages: the copy says that it has a write-ahead log."""
    with closing(sqlite3.connect(path)) as connection, closing(sqlite3.connect(to)) as copy:
        connection.backup(copy)


def over_it(copy: Path, path: Path) -> None:
    """``cp copy chatd.db``: the same file with another content."""
    shutil.copyfile(copy, path)


def in_its_place(copy: Path, path: Path) -> None:
    """``mv copy chatd.db``."""
    shutil.copy(copy, f"{copy}.moved")
    os.replace(f"{copy}.moved", path)


PUT_BACK = pytest.mark.parametrize("put", [over_it, in_its_place])
TIDIED = "killed, and its write-ahead log deleted"
ENDS = pytest.mark.parametrize("leave", ["stopped", "killed", TIDIED])


def tidied(path: Path, leave: str) -> None:
    """What was said to delete is deleted."""
    if leave == TIDIED:
        Path(f"{path}-wal").unlink()
        Path(f"{path}-shm").unlink()


def assert_went_back(path: Path, old: str, lines: list[str]) -> None:
    """Nobody who knew the old history takes this one for it; the operator knows; the next start is as any other."""
    with running(path) as run:
        assert run.epoch != old
        assert run.lines == lines
        assert run.reports[-1].startswith(f"{path} ")
        assert "So it has a new epoch" in run.reports[-1]
        run.say("on it goes")
        new = run.epoch
    killed(path, "and on")
    with running(path) as run:
        assert (run.epoch, run.reports) == (new, [])
        assert run.lines == [*lines, "on it goes", "and on"]


@PUT_BACK
@pytest.mark.parametrize(
    ("copy", "leave"),
    [
        (by_vacuum, "stopped"),
        (by_vacuum, "killed"),
        (by_vacuum, TIDIED),
        (by_pages, "stopped"),
        (by_pages, TIDIED),  # not merely killed: nothing tells whose log it is then, which is why it is to be deleted
    ],
)
def test_a_copy_of_the_running_server_is_recognised(
    path: Path, copy: Callable[[Path, Path], None], put: Callable[[Path, Path], None], leave: str
) -> None:
    """It is of the same run, but not all of it. A write-ahead log that was left is not written over it."""
    saved = path.with_name("saved")

    def serve() -> None:
        run = Run(path)
        run.say("one", "two")
        copy(path, saved)
        run.say("three", *"abcdefghij")
        if leave == "stopped":
            run.close()

    first = epoch(path)
    assert in_child(serve)
    tidied(path, leave)
    put(saved, path)
    assert_went_back(path, first, ["one", "two"])


@PUT_BACK
@ENDS
def test_a_copy_of_an_earlier_run_is_recognised(path: Path, put: Callable[[Path, Path], None], leave: str) -> None:
    """Made by cp, after a stop."""
    with running(path) as run:
        run.say("one")
        first = run.epoch
    saved = path.with_name("saved")
    shutil.copy(path, saved)
    epoch(path)
    killed(path, "two")
    if leave == "stopped":
        epoch(path)
    tidied(path, leave)
    put(saved, path)
    assert_went_back(path, first, ["one"])


def without_word(path: Path) -> None:
    """As versions left it that kept none, nor a mark."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM meta WHERE name = 'run'")
    mark_of(path).unlink()


@PUT_BACK
@ENDS
@pytest.mark.parametrize("upgraded", [False, True])
def test_a_copy_made_just_before_the_last_start_is_recognised(
    path: Path, put: Callable[[Path, Path], None], leave: str, upgraded: bool
) -> None:
    """Its word is the one that the mark knew while the server started. A write-ahead log that was left is not its own.

    Here that log was begun anew when all before was in the file, so that it would leave a ruin.
    """
    with running(path) as run:
        run.say("one")
        first = run.epoch
    if upgraded:
        without_word(path)
    saved = path.with_name("saved")
    shutil.copy(path, saved)

    def serve() -> None:
        run = Run(path)
        run.say(*["x" * 200_000] * 100)  # more pages than SQLite leaves in a log
        run.say("two")
        if leave == "stopped":
            run.close()

    assert in_child(serve)
    tidied(path, leave)
    put(saved, path)
    assert_went_back(path, first, ["one"])


@pytest.mark.parametrize("upgraded", [False, True])
def test_a_copy_made_before_a_start_that_was_killed_is_whole(path: Path, upgraded: bool) -> None:
    """At whatever moment: nobody was served meanwhile, so that one history is as good as another; but nothing is lost."""
    with running(path) as run:
        run.say("one")
    if upgraded:
        without_word(path)
    keep(path.parent)
    moment, killed_in_time = 0, True
    while killed_in_time:
        moment += 1
        put_back(path.parent)
        killed_in_time = dies_at(path, moment)
        over_it(path.parent.parent / "kept" / path.name, path)
        with running(path) as run:
            assert run.lines == ["one"]
            now = run.epoch
        assert epoch(path) == now


def test_who_reads_while_a_server_starts_harms_nothing(path: Path) -> None:
    """The word stays in the write-ahead log then, and the mark knows both; a kill is a kill like any other."""
    with running(path) as run:
        run.say("one")
        first = run.epoch
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entry").fetchone()
        killed(path, "two")
        kept = mark.read(mark_of(path))
        assert kept is not None
        assert kept.before not in {kept.run, ""}
    with running(path) as run:
        assert (run.epoch, run.lines, run.reports) == (first, ["one", "two"], [])


def begun_beside_a_reader(path: Path) -> Run:
    """A run that somebody kept from settling its mark, and who is gone by now."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entry").fetchone()
        return Run(path)


def knows_one_word(path: Path) -> bool:
    """Whether the mark has forgotten the run before."""
    kept = mark.read(mark_of(path))
    assert kept is not None
    return kept.before == kept.run


@PUT_BACK
@pytest.mark.parametrize(
    "lines", [["x" * 200_000] * 100, ["two"]], ids=["the log is begun anew at once", "when SQLite is told to"]
)
def test_a_copy_made_before_a_start_beside_a_reader_is_recognised(
    path: Path, put: Callable[[Path, Path], None], lines: list[str]
) -> None:
    """As soon as the reader is gone, and before the write-ahead log could be begun anew and ruin the copy."""
    with running(path) as run:
        run.say("one")
        first = run.epoch
    saved = path.with_name("saved")
    shutil.copy(path, saved)

    def serve() -> None:
        run = begun_beside_a_reader(path)
        assert not knows_one_word(path)
        run.say(*lines)
        assert knows_one_word(path)
        run.connection.execute("PRAGMA wal_checkpoint").fetchone()
        run.say("three")

    assert in_child(serve)
    put(saved, path)
    assert_went_back(path, first, ["one"])


def test_whatever_is_written_first_settles_the_mark(path: Path) -> None:
    """Not only messages: each commit may be the last before the write-ahead log is begun anew."""
    epoch(path)
    for write in (
        lambda run: run.writer.describe("#a", "#A", "topic"),
        lambda run: run.writer.keep_account(ALI),
        lambda run: run.writer.sweep_sessions(0.0),
        lambda run: run.writer.index_some(10),
    ):
        run = begun_beside_a_reader(path)
        write(run)
        assert knows_one_word(path)
        run.close()


def test_a_mark_is_settled_before_anything_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader may have gone at the end of the start, and all be in the file: then the next commit begins the log anew."""
    epoch(path)
    with monkeypatch.context() as patched:
        patched.setattr(history, "settle", lambda *_: False)
        prepare(path).release()
    assert not knows_one_word(path)
    with closing(SqliteWriter(connect(path, write=True))):
        assert knows_one_word(path)


def test_keys_are_noted_in_a_mark_that_was_settled_late(path: Path) -> None:
    """It is another file than the one that was there at the start."""
    epoch(path)
    run = begun_beside_a_reader(path)
    run.say("one")
    run.say("two", "three")
    kept = mark.read(mark_of(path))
    assert kept is not None
    assert kept.key == 3
    assert run.reports == []
    run.close()


def test_a_mark_that_is_settled_is_not_looked_at_any_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit costs what it did."""
    with running(path) as run:
        run.say("one")
        monkeypatch.setattr(history, "settle", lambda *_: pytest.fail("once is enough"))
        run.say("two")


def test_a_mark_that_cannot_be_settled_is_tried_again_later(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk, for example: what is said is kept meanwhile, and nothing is tried at each commit."""
    monkeypatch.setattr(history, "PAUSE", 3)
    epoch(path)
    run = begun_beside_a_reader(path)
    with monkeypatch.context() as patched:
        patched.setattr(history, "write", full)
        run.say("one")
    run.say("two")
    assert not knows_one_word(path)
    run.say("three")
    assert knows_one_word(path)
    assert run.lines == ["one", "two", "three"]
    run.close()


def test_a_word_that_found_no_room_at_the_start_is_kept_later(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark has it already; the database gets it with the first thing that it has room for."""
    first = epoch(path)
    with monkeypatch.context() as patched:
        patched.setattr(history, "_set_run", lambda *_: None)
        run = Run(path)
    assert not knows_one_word(path)
    run.say("one")
    assert knows_one_word(path)
    run.close()
    assert epoch(path) == first


def test_settling_again_and_again_changes_nothing(path: Path) -> None:
    """Nor is there anything to settle without a mark, or with one that says nothing."""
    with running(path) as run:
        before = mark_of(path).read_bytes()
        assert all(settle(run.connection, path) for _ in range(3))
        assert mark_of(path).read_bytes() == before
        mark_of(path).write_bytes(b"damaged")
        assert settle(run.connection, path)
        mark_of(path).unlink()
        assert settle(run.connection, path)
        assert not mark_of(path).exists()


@PUT_BACK
def test_a_copy_that_grew_elsewhere_is_recognised(path: Path, put: Callable[[Path, Path], None]) -> None:
    """It holds more than was stored here, but something else."""
    first = epoch(path)
    elsewhere = path.with_name("elsewhere.db")
    shutil.copy(path, elsewhere)
    shutil.copy(mark_of(path), mark_of(elsewhere))
    killed(path, "here")
    with running(elsewhere) as run:
        run.say(*"abcdef")
    epoch(path)
    put(elsewhere, path)
    assert_went_back(path, first, list("abcdef"))


@pytest.mark.parametrize("leave", ["stopped", "killed"])
def test_a_folder_that_is_put_back_as_a_whole_is_recognised(path: Path, leave: str) -> None:
    """Its mark is as old as the file, and all agrees; but it is another file."""
    first = epoch(path)
    if leave == "killed":
        killed(path, "one")
    tar = path.parent.with_suffix(".tar")
    subprocess.run(["tar", "-C", path.parent.parent, "-cf", tar, path.parent.name], check=True)
    killed(path, "two")
    shutil.rmtree(path.parent)
    subprocess.run(["tar", "-C", tar.parent, "-xf", tar], check=True)
    assert_went_back(path, first, ["one"] if leave == "killed" else [])


def test_a_pair_of_file_and_write_ahead_log_is_put_back_as_it_was(path: Path) -> None:
    """What only its log holds is not lost: it is not the one that was left here."""
    first = epoch(path)
    killed(path, "one")
    saved = [path.with_name(f"chatd.db{end}") for end in ("", "-wal", "-shm")]
    contents = [file.read_bytes() for file in saved]
    epoch(path)
    killed(path, "two")
    for file, content in zip(saved, contents, strict=True):
        file.write_bytes(content)
    assert_went_back(path, first, ["one"])


def test_a_file_that_lost_its_mark_is_another_history(path: Path) -> None:
    """Nobody knows how old it is."""
    first = epoch(path)
    killed(path, "one")
    mark_of(path).unlink()
    assert_went_back(path, first, ["one"])


@pytest.mark.parametrize("damage", [b"", b"\0" * 80, b"chatd-mark 2\n"])
def test_a_damaged_mark_says_nothing(path: Path, damage: bytes) -> None:
    """The server starts all the same, and the log that is needed is not taken away."""
    first = epoch(path)
    killed(path, "one")
    mark_of(path).write_bytes(damage)
    assert_went_back(path, first, ["one"])


def test_a_new_history_is_not_forgotten_by_a_start_that_is_killed(path: Path) -> None:
    """At whatever moment: the next one makes it then, and nothing of the backup is lost."""
    with running(path) as run:
        run.say("one")
        first = run.epoch
    saved = path.with_name("saved")
    shutil.copy(path, saved)
    killed(path, "two")
    epoch(path)
    shutil.copyfile(saved, path)
    keep(path.parent)
    moment, killed_in_time = 0, True
    while killed_in_time:
        moment += 1
        put_back(path.parent)
        killed_in_time = dies_at(path, moment)
        with running(path) as run:
            assert run.epoch != first
            assert run.lines == ["one"]


def test_the_same_history_put_back_is_still_the_same(path: Path) -> None:
    """A copy that holds all that was ever stored is no older than the file it replaces."""
    saved = path.with_name("saved")
    with running(path) as run:
        run.say("one")
        first = run.epoch
        by_vacuum(path, saved)
    over_it(saved, path)
    assert epoch(path) == first


def test_a_key_counts_though_its_entry_was_dropped(path: Path) -> None:
    """By retention: the file has not gone back."""
    with running(path) as run:
        run.say("one", "two")
        first = run.epoch
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('highest', (SELECT max(key) FROM entry))")
        connection.execute("DELETE FROM entry")
    assert epoch(path) == first


# --- a mark that cannot be written ---


def full(*_: object) -> None:
    """What a full disk answers."""
    raise OSError(ENOSPC, os.strerror(ENOSPC))


def test_a_full_disk_at_the_start_is_no_other_history(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark of before stays, and is right."""
    first = epoch(path)

    with monkeypatch.context() as patched:
        patched.setattr(history, "write", full)
        with running(path) as run:
            run.say("one")
            (sentence,) = run.reports
    assert sentence.startswith(f"{path}.mark cannot be written (No space left on device).")
    assert epoch(path) == first


def test_a_disk_that_becomes_full_during_the_start_is_no_matter(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark goes on knowing the word before as well, until the next start."""
    first = epoch(path)

    def once(file: Path, new: Mark) -> None:
        mark.write(file, new)
        patched.setattr(history, "write", full)

    with monkeypatch.context() as patched:
        patched.setattr(history, "write", once)
        killed(path, "one")
    with running(path) as run:
        assert (run.epoch, run.lines, run.reports) == (first, ["one"], [])
        kept = mark.read(mark_of(path))
        assert kept is not None
        assert kept.before == kept.run


def test_a_new_history_begins_once_though_the_disk_is_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mark can be written for it; the next start goes on with it all the same."""
    first = epoch(path)
    mark_of(path).write_bytes(b"damaged")
    with monkeypatch.context() as patched:
        patched.setattr(history, "write", full)
        with running(path) as run:
            assert len(run.reports) == 2
            new = run.epoch
    assert new != first
    assert epoch(path) == new


def test_a_mark_that_cannot_be_written_for_a_while_stops_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once; when it can be written again, it is right again."""
    with running(path) as run:
        with monkeypatch.context() as patched:
            patched.setattr(os, "pwrite", full)
            run.say("one")
            run.say("two")
        (sentence,) = run.reports
        assert sentence.startswith(f"{path}.mark cannot be written (No space left on device).")
        run.say("three")
        kept = mark.read(mark_of(path))
        assert kept is not None
        assert kept.key == 3


def test_a_mark_that_may_not_be_read_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was made by another user, perhaps: that is to be mended, and nothing has been changed."""
    first = epoch(path)

    def denied(file: Path) -> Mark:
        raise PermissionError(EACCES, os.strerror(EACCES), str(file))

    with monkeypatch.context() as patched:
        patched.setattr(history, "read", denied)
        with pytest.raises(StoreError, match=r"Permission denied \(.*chatd\.db\.mark\)"):
            prepare(path)
    assert epoch(path) == first


# --- the mark ---

WORDS = st.text("0123456789abcdef", max_size=20)
MARKS = st.builds(
    Mark,
    WORDS,
    WORDS,
    st.builds(Identity, st.integers(0, 2**64 - 1), st.none() | st.integers(0, 2**32 - 1)),
    st.integers(0, 2**63 - 1),
)


@given(MARKS)
def test_a_mark_is_read_as_it_was_written(mark: Mark) -> None:
    """Of every word, file and key."""
    assert decode(encode(mark)) == mark


@given(st.binary(max_size=200) | st.from_regex(rb"chatd-mark 1 \w* \w* \d+ \d* \w{8}\n\d{20} \w{8}\n"))
def test_what_is_no_mark_is_refused(content: bytes) -> None:
    """Nothing else comes of it, whatever it is."""
    with pytest.raises(MarkDamagedError):
        decode(content)


@given(MARKS, st.data())
def test_a_changed_byte_is_noticed(mark: Mark, data: st.DataObject) -> None:
    """Wherever it is."""
    content = bytearray(encode(mark))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(MarkDamagedError):
        decode(bytes(content))


def test_the_key_is_written_over_and_nothing_else(tmp_path: Path) -> None:
    """A smaller one as well as a larger one; one sector of a disk holds all of it."""
    file = tmp_path / "mark"
    mark.write(file, Mark("a" * 16, "b" * 16, Identity(2**64 - 1, 2**32 - 1), 0))
    note = KeyNote(file, pytest.fail)
    for key in (2**63 - 1, 7):
        note.note(key)
        assert mark.read(file) == Mark("a" * 16, "b" * 16, Identity(2**64 - 1, 2**32 - 1), key)
        assert file.stat().st_size < 512
    note.close()


def test_a_file_that_nobody_replaces_any_more_is_only_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To ask for its status makes the next commit slower; while it knows two words it is asked."""
    asked: list[int] = []
    status = os.fstat

    def ask(descriptor: int) -> os.stat_result:
        asked.append(descriptor)
        return status(descriptor)

    for before in ("a", "b"):
        file = tmp_path / before
        mark.write(file, Mark("a", before, Identity(1), 0))
        note = KeyNote(file, pytest.fail)
        with monkeypatch.context() as patched:
            patched.setattr(os, "fstat", ask)
            note.note(1)
            assert bool(asked) == (before == "b")
        note.close()


def test_a_number_that_is_used_again_is_another_file() -> None:
    """Where the file system tells; where it does not, the number has to do."""
    assert Identity(1, 2).agrees(Identity(1, 2))
    assert not Identity(1, 2).agrees(Identity(1, 3))
    assert not Identity(1, 2).agrees(Identity(2, 2))
    assert Identity(1, 2).agrees(Identity(1))
    assert Identity(1).agrees(Identity(1))
