"""``chatd backup``: one moment of a database, complete or not there at all; and wherever it is served, a history of its own."""

import errno
import fcntl
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from chatd.command.program import run
from chatd.storage import visit
from chatd.storage.copying import copy, part_of
from chatd.storage.history import mark_of
from chatd.storage.migrations import steps
from chatd.storage.visit import InterruptedVisit
from tests.processes import ROOT
from tests.runs import running
from tests.servers import PATIENCE
from tests.test_check import change

COMMAND = [sys.executable, "-m", "chatd.command", "backup"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database in which two things were said."""
    path = tmp_path / "chatd.db"
    with running(path) as server:
        server.say("one", "two")
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the copy is to be."""
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "backup.db"


def epoch(path: Path) -> object:
    """Which history the file holds."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0]


def test_a_copy_is_made_while_the_server_runs(path: Path, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what is not in the file itself yet; nobody else may read it, and nothing else is left beside it."""
    with running(path) as server:
        server.say("three")
        assert run(["backup", str(path), str(target)]) == 0
        server.say("four")
        assert server.lines == ["one", "two", "three", "four"]
    assert capsys.readouterr().out == f"{target} is made and checked, 0.1 MB: it is whole.\n"
    assert os.listdir(target.parent) == [target.name]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with running(target) as copied:
        assert copied.lines == ["one", "two", "three"]


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who makes a copy is asked very often whether to go on."""
    monkeypatch.setattr(visit, "PULSE", 50)


@pytest.mark.usefixtures("often")
def test_a_copy_holds_one_moment(path: Path, target: Path) -> None:
    """However much is said while it is made."""
    with running(path) as server:
        server.say(*(["salam"] * 5000))
        said = 0

        def talks_on() -> bool:
            nonlocal said
            if said < 40:
                said += 1
                server.say("later")
            return True

        copy(path, target, talks_on)
    assert said == 40
    with running(target) as copied:
        assert len(copied.lines) == 5002
        assert "later" not in copied.lines


def unmarked(path: Path) -> None:
    """As an older version leaves it."""
    mark_of(path).unlink()
    change(path, "DELETE FROM meta WHERE name = 'run'")


def as_it_was(path: Path) -> None:
    """Its mark is there, and nothing was said since the copy."""


@pytest.mark.parametrize("leave", [as_it_was, unmarked])
def test_a_copy_is_another_history_each_time_it_is_served(
    path: Path, target: Path, leave: Callable[[Path], None]
) -> None:
    """Even if nothing else speaks against it: what was said since, nobody knows."""
    leave(path)
    copy(path, target, lambda: True)
    epochs = {epoch(target)}
    for _ in range(2):
        shutil.copyfile(target, path)
        with running(path) as server:
            assert "So it has a new epoch" in server.reports[0]
            epochs.add(server.epoch)
        leave(path)
    assert len(epochs) == 3


def test_what_was_deleted_is_not_in_the_copy(path: Path, target: Path) -> None:
    """The file itself may still hold it somewhere."""
    with running(path) as server:
        server.say(*(["keepthistoyourself"] * 100))
    change(path, "PRAGMA secure_delete = OFF", "DELETE FROM entry WHERE text LIKE 'keep%'")
    assert b"keepthistoyourself" in path.read_bytes()
    copy(path, target, lambda: True)
    assert b"keepthistoyourself" not in target.read_bytes()


def test_an_older_version_is_copied_as_it_is(path: Path, target: Path) -> None:
    """To be kept, or to be brought up to date."""
    change(path, f"PRAGMA user_version = {len(steps()) - 1}")
    assert run(["backup", str(path), str(target)]) == 0


def test_a_damaged_database_is_copied_and_said_to_be_damaged(
    path: Path, target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is better than none; the status is 1."""
    change(path, "UPDATE entry SET text = 'other' WHERE id = 2")
    assert run(["backup", str(path), str(target)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("Message 2 of #a is damaged on disk.")
    assert f"{target} is made and checked, 0.1 MB. It is as damaged as the original" in said
    assert target.exists()


# --- no copy ---


def exists(target: Path) -> None:
    """Something that was made before."""
    target.write_bytes(b"precious")


def folder(target: Path) -> None:
    """A folder."""
    target.mkdir()


def no_folder(target: Path) -> None:
    """Nowhere to put it."""
    target.parent.rmdir()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (exists, "{target} exists already. Please choose another name, or delete it."),
        (folder, "{target} is a folder. Please name a file in it."),
        (no_folder, "There is no folder {target.parent}. Please make it first"),
    ],
)
def test_nothing_is_replaced(
    path: Path, target: Path, make: Callable[[Path], None], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, and everything is as before."""
    make(target)
    assert run(["backup", str(path), str(target)]) == 2
    assert capsys.readouterr().err.startswith(f"chatd: {sentence.format(target=target)}")
    assert not target.exists() or target.is_dir() or target.read_bytes() == b"precious"
    assert not part_of(target).exists()


def test_two_backups_do_not_write_one_file(path: Path, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second one is told; the first one goes on."""
    with part_of(target).open("wb") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        assert run(["backup", str(path), str(target)]) == 2
    assert "is being written by another backup" in capsys.readouterr().err
    assert part_of(target).exists()


@pytest.mark.usefixtures("often")
def test_what_is_stopped_leaves_nothing(path: Path, target: Path) -> None:
    """By whoever is asked now and then whether to go on."""
    with pytest.raises(InterruptedVisit):
        copy(path, target, lambda: False)
    assert os.listdir(target.parent) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_leaves_no_half_copy(path: Path, target: Path, number: signal.Signals) -> None:
    """Not even kill -9; what that leaves beside it is in nobody's way."""
    with running(path) as server:
        for _ in range(20):
            server.say(*(["salam" * 100] * 1000))
    process = subprocess.Popen([*COMMAND, path, target], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + PATIENCE
    while not (part_of(target).exists() and part_of(target).stat().st_size):
        assert time.monotonic() < deadline
        assert process.poll() is None
    process.send_signal(number)
    _, said = process.communicate(timeout=PATIENCE)
    assert not target.exists()
    if number != signal.SIGKILL:
        assert (process.returncode, said) == (130, "chatd: Stopped.\n")
        assert os.listdir(target.parent) == []
    assert run(["backup", str(path), str(target)]) == 0
    assert os.listdir(target.parent) == [target.name]


def test_a_disk_that_is_full_leaves_no_half_copy(path: Path, target: Path) -> None:
    """One sentence says so."""
    with running(path) as server:
        server.say(*(["salam" * 100] * 1000))

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    process = subprocess.run(
        [*COMMAND, path, target], check=False, env=ENVIRONMENT, capture_output=True, text=True, preexec_fn=small
    )
    assert process.returncode == 2
    assert process.stderr.startswith(f"chatd: {target} cannot be written: ")
    assert process.stderr.count("\n") == 1
    assert os.listdir(target.parent) == []


class FullDisk:
    """A connection whose target has no room."""

    def execute(self, *_: object) -> None:
        """As SQLite puts it, which does not say of which file."""
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error


def test_a_full_disk_is_that_of_the_copy(
    path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The original is only read."""
    monkeypatch.setattr("chatd.storage.copying.visiting", lambda *_: nullcontext(FullDisk()))
    assert run(["backup", str(path), str(target)]) == 2
    said = capsys.readouterr().err
    assert said == f"chatd: {target} cannot be written: No space left on device. Nothing is left of it.\n"
    assert os.listdir(target.parent) == []


def test_a_name_that_would_not_last_is_taken_back(
    path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder cannot be brought to the disk: whoever reads that nothing is left finds nothing."""

    def broken(what: Path) -> None:
        if what == target.parent:
            assert os.listdir(what) == [target.name]
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("chatd.storage.copying.sync", broken)
    assert run(["backup", str(path), str(target)]) == 2
    said = capsys.readouterr().err
    assert said == f"chatd: {target} cannot be written: Input/output error. Nothing is left of it.\n"
    assert os.listdir(target.parent) == []


def test_what_cannot_be_copied_can_be_exported(path: Path, target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence says so, and no copy is made."""
    with running(path) as server:
        server.say(*(["salam" * 100] * 100))
    content = bytearray(path.read_bytes())
    content[-4096 * 3 :] = bytes(4096 * 3)
    path.write_bytes(content)
    assert run(["backup", str(path), str(target)]) == 2
    assert f"{path} is too damaged to be copied (" in (said := capsys.readouterr().err)
    assert "'chatd export' still writes what can be read in it." in said
    assert os.listdir(target.parent) == []


def test_what_is_stopped_while_it_is_checked_leaves_nothing(
    path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has its name when it is known what it is worth, not before."""

    def stopped(*_: object) -> None:
        assert os.listdir(target.parent) == [part_of(target).name]
        raise InterruptedVisit

    monkeypatch.setattr("chatd.command.backup._inspect", stopped)
    assert run(["backup", str(path), str(target)]) == 130
    assert capsys.readouterr().err == "chatd: Stopped.\n"
    assert os.listdir(target.parent) == []


def test_a_signal_that_comes_too_late_changes_nothing(
    path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever is told that it was stopped has no copy; whoever has one is told so."""
    monkeypatch.setattr("chatd.storage.copying.sync", lambda _: os.kill(os.getpid(), signal.SIGINT))
    monkeypatch.setattr("chatd.storage.copying._finish", lambda _: None)
    before = signal.getsignal(signal.SIGINT)
    assert run(["backup", str(path), str(target)]) == 0
    assert "is made and checked" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before


STOPPED_WHILE_IMPORTING = """
import os, signal, sys
class Stops:
    def find_spec(self, name, *_):
        if name == "chatd.storage.visit":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stops())
from chatd.command.__main__ import main
main()
"""


def test_a_signal_in_the_first_moment_is_answered_like_any_other(path: Path, target: Path) -> None:
    """While most of the program is not even loaded."""
    command = [sys.executable, "-c", STOPPED_WHILE_IMPORTING, "backup", str(path), str(target)]
    process = subprocess.run(command, check=False, env=ENVIRONMENT, capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (130, "chatd: Stopped.\n")
    assert os.listdir(target.parent) == []


SERVE = """
import os, sys
from pathlib import Path
from tests.runs import Run
server = Run(Path(sys.argv[1]))
server.say("three")
os._exit(len(server.reports))
"""


@pytest.mark.usefixtures("often")
def test_a_server_that_starts_beside_a_backup_goes_on_with_its_history(path: Path, target: Path) -> None:
    """Also when it was killed before, and is killed again."""
    before: list[object] = []

    def restarts() -> bool:
        if not before:
            before.append(epoch(path))
            for _ in range(2):
                subprocess.run([sys.executable, "-c", SERVE, path], check=True, env=ENVIRONMENT)
        return True

    copy(path, target, restarts)
    with running(path) as server:
        assert (server.epoch, server.reports) == (before[0], [])
        assert server.lines == ["one", "two", "three", "three"]
