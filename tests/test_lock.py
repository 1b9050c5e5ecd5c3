"""One server per database, by whatever name it is reached: else each would write a log of its own, and messages be lost."""

import errno
import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chatd.storage.contract import StoreError
from chatd.storage.database import connect, prepare
from chatd.storage.lock import Lock

LEFT = ["chatd.db", "chatd.db.mark"]


def second(path: Path) -> str:
    """What a second server says that is started on this file, in a process of its own; nothing if it would run."""
    program = """
import sys
from pathlib import Path
from chatd.storage.contract import StoreError
from chatd.storage.database import prepare
try:
    prepare(Path(sys.argv[1])).release()
except StoreError as error:
    print(error)
"""
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "chatd.db"


@pytest.fixture
def served(path: Path) -> Iterator[sqlite3.Connection]:
    """A server has it open, and something is in its write-ahead log."""
    lock = prepare(path)
    with closing(connect(path, write=True)) as connection:
        connection.execute("INSERT INTO meta (name, value) VALUES ('test', 'one')")
        yield connection
    lock.release()


@pytest.mark.usefixtures("served")
def test_deleting_the_lock_file_lets_nobody_in(path: Path) -> None:
    """Somebody tidied up under a running server: a second one is refused all the same, and leaves no lock file."""
    os.unlink(f"{path}.lock")
    assert "chatd.db is in use by another chatd" in second(path)
    assert not os.path.exists(f"{path}.lock")


@pytest.mark.usefixtures("served")
def test_a_second_name_of_a_served_file_is_refused(path: Path) -> None:
    """A hard link, as cp -al makes them: by that name there is neither the lock file nor the write-ahead log."""
    other = path.with_name("h.db")
    os.link(path, other)
    assert f"{other} is in use by another chatd" in second(other)
    assert sorted(os.listdir(path.parent)) == sorted([*LEFT, "chatd.db-shm", "chatd.db-wal", "chatd.db.lock", "h.db"])


@pytest.mark.usefixtures("served")
def test_a_served_file_that_was_renamed_is_refused(path: Path) -> None:
    """The server has it open still, whatever it is called now."""
    other = path.rename(path.with_name("h.db"))
    assert f"{other} is in use by another chatd" in second(other)


def test_a_file_of_two_names_is_refused_also_when_nobody_serves_it(path: Path) -> None:
    """One of them may have a write-ahead log, which by the other is not found: what is in it would be lost."""
    prepare(path).release()
    other = path.with_name("h.db")
    os.link(path, other)
    for name in (path, other):
        with pytest.raises(StoreError, match=rf"{name.name} has 2 names \(hard links\).* -samefile ") as refused:
            prepare(name)
        assert "\n" not in str(refused.value)
    assert sorted(os.listdir(path.parent)) == sorted([*LEFT, "h.db"])
    other.unlink()
    prepare(path).release()


def test_a_copy_is_a_file_of_its_own(path: Path) -> None:
    """Two servers on two files are in nobody's way; a link that only points there is no second name."""
    lock = prepare(path)
    path.with_name("copy.db").write_bytes(path.read_bytes())
    prepare(path.with_name("copy.db")).release()
    lock.release()
    link = path.with_name("link.db")
    link.symlink_to(path)
    prepare(link.resolve()).release()


@pytest.mark.parametrize("tidied", [False, True])
def test_the_locks_of_sqlite_stay(path: Path, served: sqlite3.Connection, *, tidied: bool) -> None:
    """They are of another kind. Would they go, other programs could change the file as if nobody had it."""
    if tidied:
        os.unlink(f"{path}.lock")
    assert second(path)
    program = "import sqlite3, sys; sqlite3.connect(sys.argv[1], 0).execute('PRAGMA journal_mode = DELETE')"
    other = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    assert "database is locked" in other.stderr
    assert served.execute("SELECT value FROM meta WHERE name = 'test'").fetchone() == ("one",)


def test_it_is_free_after_the_release(path: Path) -> None:
    """By every name, also if its lock file was deleted meanwhile; and giving it back twice harms nobody."""
    first = prepare(path)
    os.unlink(f"{path}.lock")
    first.release()
    another = prepare(path)
    first.release()
    with pytest.raises(StoreError, match="in use by another chatd"):
        prepare(path)
    another.release()
    assert sorted(os.listdir(path.parent)) == LEFT


def test_a_refused_lock_holds_nothing(path: Path) -> None:
    """Neither the file beside the database stays, nor a lock on either."""
    prepare(path).release()
    os.link(path, path.with_name("h.db"))
    with pytest.raises(StoreError):
        Lock(path)
    os.unlink(path.with_name("h.db"))
    assert not os.path.exists(f"{path}.lock")
    Lock(path).release()


@pytest.mark.parametrize("allowed", [0, 1], ids=["none at all", "only one"])
def test_without_locks_nobody_serves(path: Path, monkeypatch: pytest.MonkeyPatch, allowed: int) -> None:
    """As on a network file system that has none: the operator reads what to do, and no file or descriptor is left over."""
    lock = fcntl.flock
    given: list[int] = []

    def few(descriptor: int, operation: int) -> None:
        if len(given) == allowed:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        given.append(descriptor)
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", few)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(
        StoreError, match=r"cannot be locked \(No locks available\).* Please keep it on a disk of this machine"
    ):
        prepare(path)
    assert os.listdir("/proc/self/fd") == before
    assert not path.exists()


def test_a_file_that_cannot_be_locked_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there before is nobody's to delete, not even when it is empty."""
    path.touch()
    lock = fcntl.flock

    def of_others(descriptor: int, operation: int) -> None:
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", of_others)
    with pytest.raises(StoreError, match=f"{path} cannot be locked"):
        prepare(path)
    assert os.listdir(path.parent) == [path.name]


def test_where_both_kinds_of_locks_are_one_sqlite_comes_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on BSD and macOS: the lock on the database itself would keep our own SQLite out, so there the other one must do."""

    def one_kind(descriptor: int, operation: int, *where: int) -> None:  # noqa: ARG001 (whatever is asked for)
        raise BlockingIOError

    monkeypatch.setattr(fcntl, "lockf", one_kind)
    lock = Lock(path)
    with path.open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with pytest.raises(StoreError, match="in use by another chatd"):
        Lock(path)
    lock.release()
