"""What only the SQLite store promises: about its file, its crashes, its damages, its threads."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from dataclasses import astuple, replace
from pathlib import Path
from threading import Event, get_ident
from typing import Any, TypeAlias, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock

from chatd.details import Clause
from chatd.events import Entry, Kind, Message
from chatd.operators_log import OperatorsLog
from chatd.service import ChatService
from chatd.storage import migrations, people, repeats, rows
from chatd.storage.contract import (
    LOCKED,
    Account,
    Append,
    Head,
    Page,
    Placed,
    Pruned,
    Repeated,
    Retention,
    SessionRecord,
    StoreError,
    StoreFull,
)
from chatd.storage.database import connect, prepare, reconnect
from chatd.storage.index import SLICE_CHARACTERS
from chatd.storage.indexing import (
    INDEX_FULL_SECONDS,
    INDEX_MANY,
    INDEX_MANY_POSTPONEMENTS,
    INDEX_MANY_SECONDS,
    INDEX_POSTPONEMENTS,
    INDEX_SECONDS,
    Indexer,
)
from chatd.storage.migrations import migrate, steps
from chatd.storage.sqlite import SqliteReader, SqliteWriter
from chatd.storage.threaded import QUIET_SECONDS, ThreadedStore, open_sqlite
from chatd.storage.threads import Reactor
from tests.worlds import Visitor, World

pytestmark = pytest.mark.usefixtures("_index_asked")

PLENTY = 1_000_000
LEFT = ["chatd.db", "chatd.db.mark"]
"""The files of a store that is closed."""
LAST = 2**62
SAID_AT = 1_700_000_000.25
ALI = Account(7, "ali", "Ali", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA", 1)
SARA = Account(8, "sara", "Sara", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaB", 1)
SESSION = SessionRecord("a" * 64, 8, "sara", 100.5)


def the_reactor() -> Reactor:
    """The one pytest-twisted runs."""
    from twisted.internet import reactor  # noqa: PLC0415 (pytest-twisted has chosen one by now)

    return cast(Reactor, reactor)


def said(text: str = "salam", **changes: Any) -> Message:
    """Something ali said."""
    return Message(Kind.SAID, "ali", text, SAID_AT, 7, 70)._replace(**changes)


def append(log: str, first: int, *lines: str) -> list[Append]:
    """What to append for these lines."""
    return [Append(log, first, [said(line) for line in lines])]


def texts(page: Page) -> list[str]:
    """What the page says."""
    return [entry.message.text for entry in page.entries]


class File:
    """A database with one writer and one reader, blocking, and what was reported of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = prepare(path)
        self.connection = connect(path, write=True)
        self.writer = SqliteWriter(self.connection)
        self.reports: list[str] = []
        self.reader = SqliteReader(connect(path, write=False), self.reports.append)

    def __enter__(self) -> "File":
        return self

    def __exit__(self, *_: object) -> None:
        self.reader.close()
        self.writer.close()
        self.lock.release()

    def lines(self, log: str = "#a") -> list[str]:
        """Everything in the log."""
        return texts(self.reader.read(log, 0, LAST, PLENTY))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is to be."""
    return tmp_path / "chatd.db"


@pytest.fixture
def file(path: Path) -> Iterator[File]:
    """A new database."""
    with File(path) as opened:
        yield opened


def opened(path: Path) -> ThreadedStore:
    """The store as the server uses it."""
    return open_sqlite(str(path), the_reactor(), pytest.fail)


# --- the file ---


@pytest.mark.parametrize("umask", [0, 0o777])
def test_nobody_else_may_read_the_files_from_the_first_moment(path: Path, umask: int) -> None:
    """Whatever the umask of the process that makes them."""
    before = os.umask(umask)
    try:
        with File(path) as file:
            file.writer.append(append("#a", 1, "secret"))
            file.lines()
            names = {name: stat.S_IMODE(os.stat(path.parent / name).st_mode) for name in os.listdir(path.parent)}
    finally:
        os.umask(before)
    assert names.pop("chatd.db.lock") & 0o177 == 0
    assert names == {"chatd.db": 0o600, "chatd.db-wal": 0o600, "chatd.db-shm": 0o600, "chatd.db.mark": 0o600}


def test_a_file_that_others_could_read_is_closed_to_them(path: Path) -> None:
    """A copy that was put back with the wrong permissions, for example."""
    with File(path):
        pass
    path.chmod(0o644)
    with File(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_one_file_is_left_when_all_is_closed(path: Path) -> None:
    """With everything in it: it can be copied, and the same history goes on from it."""
    store = opened(path)
    await store.append(append("#a", 1, "one"))
    await store.describe("#a", "#A", "salam")
    epoch = await store.epoch()
    await store.close()
    assert sorted(os.listdir(path.parent)) == LEFT
    store = opened(path)
    assert await store.head("#a") == Head(1, "#A", "salam", SAID_AT)
    await store.append(append("#a", 2, "two"))
    assert texts(await store.read("#a", 0, LAST, PLENTY)) == ["one", "two"]
    assert await store.epoch() == epoch
    await store.close()


async def test_one_file_is_left_by_a_store_that_was_only_read(path: Path) -> None:
    """Readers leave nothing behind either."""
    store = opened(path)
    await store.head("#a")
    await store.close()
    assert sorted(os.listdir(path.parent)) == LEFT


def test_every_file_has_another_history(tmp_path: Path) -> None:
    """A client that saw message 5 of one has not seen message 5 of another."""
    with File(tmp_path / "a.db") as one, File(tmp_path / "b.db") as other:
        assert one.reader.epoch() != other.reader.epoch()


def test_a_commit_is_on_the_disk_when_it_returns(file: File) -> None:
    """Write-ahead log and FULL: with less, a power cut could take back what was acknowledged."""
    found = [file.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert found == ["wal", 2]


def test_a_reader_cannot_write(path: Path) -> None:
    """There is one writer; two of them could corrupt the file."""
    with File(path), closing(connect(path, write=False)) as reader, pytest.raises(sqlite3.Error, match="readonly"):
        reader.execute("DELETE FROM meta")


@pytest.mark.parametrize("write", [False, True])
def test_a_connection_that_cannot_be_opened_does_not_tell_people_where_the_file_is(path: Path, write: bool) -> None:
    """They read the reason, while the server runs on or stops."""
    with pytest.raises(StoreError) as wrong:
        reconnect(path / "nowhere", write=write)
    assert str(path.parent) not in wrong.value.reason
    assert "unable to open" in wrong.value.reason


def test_a_second_server_is_refused(file: File, path: Path) -> None:
    """In this process and in another; the first goes on undisturbed."""
    with pytest.raises(StoreError, match="in use by another chatd"):
        prepare(path)
    code = f"from chatd.storage.database import *; prepare(Path({str(path)!r}))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "in use by another chatd" in other.stderr
    file.writer.append(append("#a", 1, "still here"))
    assert file.lines() == ["still here"]


def test_the_name_of_a_file_may_hold_anything(tmp_path: Path) -> None:
    """It is not taken for a part of an address."""
    path = tmp_path / "چت #1?mode=memory%41.db"
    with File(path) as file:
        file.writer.append(append("#a", 1, "one"))
    assert sorted(found.name for found in tmp_path.iterdir()) == [path.name, f"{path.name}.mark"]


# --- what cannot be opened ---


def garbage(path: Path) -> None:
    """No database."""
    path.write_bytes(b"this is not a database\n" * 500)


def foreign(path: Path) -> None:
    """Somebody else's."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url)")


def newer(path: Path) -> None:
    """One that a later chatd has written."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA application_id = {migrations.APPLICATION}; PRAGMA user_version = 99")


def torn(path: Path) -> None:
    """Ours, with pages overwritten."""
    with File(path) as file:
        file.writer.append(append("#a", 1, *("x" * 1000 for _ in range(100))))
    data = bytearray(path.read_bytes())
    data[4096 * 3 :] = b"\xff" * (len(data) - 4096 * 3)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (Path.mkdir, "is a folder, not a file"),
        (garbage, "is not a database"),
        (foreign, "is the database of another program"),
        (newer, "was written by a newer chatd"),
        (torn, "is damaged|cannot be used"),
    ],
)
def test_what_cannot_be_used_is_refused_untouched(path: Path, make: Callable[[Path], None], sentence: str) -> None:
    """One sentence that names the file; nothing in it is changed, and no lock is left."""
    make(path)
    before, beside = path.read_bytes() if path.is_file() else None, sorted(os.listdir(path.parent))
    with pytest.raises(StoreError, match=sentence) as refused:
        open_sqlite(str(path), the_reactor(), pytest.fail)
    assert str(path) in str(refused.value)
    assert before is None or path.read_bytes() == before
    assert sorted(os.listdir(path.parent)) == beside


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM meta", "its table meta has no epoch"),
        ("DELETE FROM meta WHERE name = 'indexed'", "its table meta has no indexed"),
        ("UPDATE meta SET value = 7 WHERE name = 'epoch'", "what its table meta has as epoch is none"),
        ("INSERT INTO meta VALUES ('highest', 'much')", "what its table meta has as highest is none"),
        ("ALTER TABLE log RENAME COLUMN topic TO topik", "its table log has no topic"),
        ("DROP INDEX entry_cid", "its table entry has no index entry_cid"),
    ],
)
def test_a_file_that_lacks_what_it_needs_is_refused_in_a_line(path: Path, statement: str, problem: str) -> None:
    """SQLite finds nothing wrong with it; a server would answer nobody."""
    with File(path) as file:
        file.writer.append(append("#a", 1, "one"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    with pytest.raises(StoreError) as refused:
        prepare(path)
    assert str(refused.value) == f"{path} is damaged ({problem}). Please restore a backup."


@pytest.mark.parametrize(
    ("written", "turned", "problem"),
    [
        (
            b"key INTEGER PRIMARY KEY,\n    log TEXT",
            b"key INTEGER PRIMA\xd2Y KEY,\n    log TEXT",
            "no key of type INTEGER",
        ),
        (b"at REAL NOT NULL,\n    person", b"at SEAL NOT NULL,\n    person", "no at of type REAL"),
    ],
)
def test_a_bit_in_the_description_of_a_table_is_noticed(
    path: Path, written: bytes, turned: bytes, problem: str
) -> None:
    """SQLite reads words it does not know as the type of a column: then all rooms would be empty, and begin at 1 again."""
    with File(path) as file:
        file.writer.append(append("#a", 1, "one"))
    content = path.read_bytes()
    assert content.count(written) == 1
    path.write_bytes(content.replace(written, turned))
    with pytest.raises(StoreError, match=problem):
        prepare(path)


def test_a_refusal_is_one_line(path: Path) -> None:
    """However SQLite puts it."""
    torn(path)
    with pytest.raises(StoreError) as refused:
        prepare(path)
    assert str(refused.value).isprintable()
    assert "***" not in str(refused.value)


def test_what_is_lost_while_the_server_runs_is_an_error_of_the_store(file: File) -> None:
    """Not one that nobody foresaw."""
    file.connection.execute("DELETE FROM meta")
    with pytest.raises(StoreError, match="its table meta has no epoch"):
        file.reader.epoch()
    with pytest.raises(StoreError, match="its table meta has no indexed"):
        file.writer.index_some(10)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """Nothing is made that was not asked for."""
    with pytest.raises(StoreError, match="No such file or directory"):
        prepare(tmp_path / "nowhere" / "chatd.db")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The operator has to give it to the server's user."""
    tmp_path.chmod(0o500)
    before = os.geteuid()
    if before == 0:  # may write everywhere, so be nobody for a moment
        os.seteuid(65534)
    try:
        with pytest.raises(StoreError, match="Permission denied"):
            prepare(tmp_path / "chatd.db")
    finally:
        os.seteuid(before)


# --- versions ---

EVERY = """
    CREATE TABLE meta (name PRIMARY KEY, value); INSERT INTO meta VALUES ('epoch', 'e'), ('indexed', 0);
    CREATE TABLE entry (key);
"""
"""What there has always been."""
ONE = f"{EVERY} CREATE TABLE a (x); INSERT INTO a VALUES (1);"
TWO = "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1;"


def no_copy(version: int) -> None:
    """For databases that are not to be copied."""
    pytest.fail(f"copied version {version}")


def contents(path: Path) -> list[tuple[int, ...]]:
    """What is in the little database, and its version."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT * FROM a").fetchall()
        return rows + connection.execute("PRAGMA user_version").fetchall()


def test_an_older_file_is_brought_up_to_date_after_a_copy(path: Path) -> None:
    """Its data are carried over; the copy is as it was before, and as private."""
    prepare(path, [ONE]).release()
    assert contents(path) == [(1,), (1,)]
    prepare(path, [ONE, TWO]).release()
    assert contents(path) == [(1, 2), (2,)]
    copy = Path(f"{path}.version-1")
    assert contents(copy) == [(1,), (1,)]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    prepare(path, [ONE, TWO]).release()
    assert sorted(os.listdir(path.parent)) == ["chatd.db", "chatd.db.mark", "chatd.db.version-1"]


def test_a_new_file_takes_all_steps_without_a_copy(path: Path) -> None:
    """There is nothing to lose yet."""
    prepare(path, [ONE, TWO]).release()
    assert contents(path) == [(1, 2), (2,)]
    assert sorted(os.listdir(path.parent)) == LEFT


def test_a_step_that_fails_changes_nothing(path: Path) -> None:
    """Not even by the statements before the one that failed; a later attempt starts afresh."""
    prepare(path, [ONE]).release()
    with pytest.raises(StoreError, match="no such table: nowhere"):
        prepare(path, [ONE, f"{TWO} INSERT INTO nowhere VALUES (1);"])
    assert contents(path) == [(1,), (1,)]
    prepare(path, [ONE, TWO]).release()
    assert contents(path) == [(1, 2), (2,)]


def test_steps_are_files_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """Every SQL file in the folder is one, and leads to the next version."""
    for name, script in (("0002.sql", TWO), ("0001.sql", ONE), ("README", "no step")):
        (tmp_path / name).write_text(script)
    assert steps(tmp_path) == [ONE, TWO]
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, "it", steps(tmp_path), no_copy)
        assert connection.execute("SELECT * FROM a").fetchall() == [(1, 2)]


def write_rows(connection: sqlite3.Connection, *appends: Append) -> None:
    """Put these logs into the tables as every version did."""
    for key, one in enumerate(appends, 1):
        log = (key, one.log, "", "", rows.log_checksum(one.log, "", ""))
        connection.execute("INSERT INTO log (key, log, shown, topic, crc) VALUES (?, ?, ?, ?, ?)", log)
        (last,) = connection.execute("SELECT count(*) FROM entry").fetchone()
        connection.execute(rows.insert(len(one.messages)), rows.values(key, one, last + 1))


def version_1(path: Path) -> None:
    """A file as the first chatd left it, with two rooms and a private message, some of it indexed."""
    prepare(path, steps()[:1]).release()
    with closing(connect(path, write=True)) as connection:
        room = Append("#a", 1, [said("salam one", cid="c-1"), said("salam دو")])
        write_rows(connection, room, *append("@7", 1, "psst"))
        writer = SqliteWriter(connection)
        writer.describe("#a", "#A", "topic")
        writer.index_some(2)


def test_a_file_of_version_1_keeps_all_it_has(path: Path) -> None:
    """Messages, history, index, and what counts as a repeat; people can be kept from now on; a copy is left."""
    version_1(path)
    with closing(connect(path, write=False)) as connection:
        epoch = SqliteReader(connection, pytest.fail).epoch()
    with File(path) as file:
        assert file.connection.execute("PRAGMA user_version").fetchone() == (len(steps()),)
        assert file.reader.epoch() == epoch
        assert file.reader.head("#a") == Head(2, "#A", "topic", SAID_AT)
        assert (file.lines("#a"), file.lines("@7")) == (["salam one", "salam دو"], ["psst"])
        assert texts(file.reader.search({"#a": LAST, "@7": LAST}, "salam", 10)) == ["salam one", "salam دو"]
        with pytest.raises(Repeated):
            file.writer.append([Append("#a", 3, [said(cid="c-1")])])
        assert file.reader.accounts() == []
        file.writer.keep_account(SARA)
        file.writer.keep_session(SESSION)
        assert file.reader.accounts() == [SARA]
        assert file.reports == []
    copy = Path(f"{path}.version-1")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM entry").fetchone() == (3,)
        assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'account'").fetchone() == (0,)


def test_a_file_of_version_4_has_dropped_nothing_and_can(path: Path) -> None:
    """All it has is kept, and a copy of it; from now on the old can be dropped."""
    prepare(path, steps()[:4]).release()
    with closing(connect(path, write=True)) as connection:
        write_rows(connection, Append("#a", 1, [said("salam one", cid="c-1"), said("salam two")]))
    with File(path) as file:
        assert file.reader.head("#a") == Head(2, "", "", SAID_AT, 1)
        assert file.lines() == ["salam one", "salam two"]
        assert file.writer.prune(Retention(messages=1), SAID_AT + 3600) == Pruned(1, None)
        assert file.lines() == ["salam two"]
        assert file.reader.find_message(7, "c-1") == Placed("#a", 1, SAID_AT)
        assert file.reports == []
    with closing(sqlite3.connect(f"{path}.version-4")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (4,)
        assert connection.execute("SELECT count(*) FROM entry").fetchone() == (2,)


def test_accounts_of_version_2_have_no_language_and_are_whole(path: Path) -> None:
    """Their checksums are from a time without languages; one that is chosen is part of the sum from then on."""
    old = "person, key, name, password, seen"
    prepare(path, steps()[:2]).release()
    with closing(connect(path, write=True)) as connection:
        for account in (ALI, SARA):
            columns = astuple(account)[:5]
            connection.execute(
                f"INSERT INTO account ({old}, crc) VALUES (?, ?, ?, ?, ?, ?)", (*columns, people.checksum(columns))
            )
    prepare(path).release()
    with File(path) as file:
        assert file.reader.accounts() == [ALI, SARA]
        file.writer.mark_language(ALI.person, "fa")
        file.writer.mark_seen(ALI.person, 9)
        assert file.reader.accounts() == [replace(ALI, language="fa", seen=9), SARA]
        assert file.reports == []


@pytest.mark.parametrize(("kept", "damaged"), [("fa", ""), ("", "fa"), ("fa", "en")])
def test_a_language_that_was_not_chosen_is_a_damage(file: File, kept: str, damaged: str) -> None:
    """A language that was lost or that came from nowhere is not taken for what somebody wanted."""
    file.writer.keep_account(replace(ALI, language=kept))
    file.connection.execute("UPDATE account SET language = ?", (damaged,))
    file.writer.mark_language(ALI.person, "en")
    assert [account.password for account in file.reader.accounts()] == [LOCKED]
    assert "damaged" in file.reports[0]


async def test_people_are_there_again_after_a_restart(path: Path) -> None:
    """Accounts with what was seen, and sessions; and a repeat from before is still one."""
    store = opened(path)
    await store.append([Append("#a", 1, [said(cid="c-1")])])
    await store.keep_account(SARA)
    await store.mark_seen(SARA.person, 9)
    await store.keep_session(SESSION)
    await store.close()
    store = opened(path)
    assert list(await store.accounts()) == [replace(SARA, seen=9)]
    assert await store.find_session(SESSION.digest) == SESSION
    with pytest.raises(Repeated) as refused:
        await store.append([Append("#b", 1, [said(cid="c-1")])])
    assert refused.value.placed == {(7, "c-1"): Placed("#a", 1, 1_700_000_000.25)}
    await store.close()


# --- repeats ---


def test_repeats_are_found_by_an_index(file: File) -> None:
    """However long the history is: without one the question fails, instead of taking minutes."""
    plan = file.connection.execute(f"EXPLAIN QUERY PLAN {repeats._FIND}", (7, "c-1")).fetchall()
    assert any("USING INDEX entry_cid (cid=? AND person=?)" in row[3] for row in plan)
    assert not any("SCAN" in row[3] for row in plan)


def test_without_repeats_nothing_is_asked(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way of nearly every batch costs nothing for them."""
    monkeypatch.setattr("chatd.storage.sqlite.find_kept", pytest.fail)
    file.writer.append([Append("#a", 1, [said(cid=f"c-{n}") for n in range(100)])])
    assert len(file.lines()) == 100


def test_a_repeat_of_a_damaged_message_has_a_place(file: File) -> None:
    """It is kept, if not whole: to keep it again would be another message. Its time is told like that of a damaged one."""
    file.writer.append([Append("#a", 1, [said(cid="c-1")])])
    file.connection.execute("UPDATE entry SET at = 'noon'")
    with pytest.raises(Repeated) as refused:
        file.writer.append([Append("#a", 2, [said(cid="c-1")])])
    assert refused.value.placed == {(7, "c-1"): Placed("#a", 1, 0.0)}


def test_a_new_room_of_a_repeated_batch_can_be_made_again(file: File) -> None:
    """What was rolled back leaves nothing in the writer's memory."""
    file.writer.append([Append("#a", 1, [said(cid="c-1")])])
    with pytest.raises(Repeated):
        file.writer.append([*append("#b", 1, "new"), Append("#a", 2, [said(cid="c-1")])])
    file.writer.append([*append("#c", 1, "in c"), *append("#b", 1, "in b")])
    assert (file.lines("#b"), file.lines("#c")) == (["in b"], ["in c"])


# --- people ---


@pytest.mark.parametrize(
    "damage",
    [
        "person = 9",
        "key = 'sar1'",
        "name = 'Sar1'",
        "name = x'4142'",
        "password = 'other'",
        "password = CAST(x'ff41' AS TEXT)",
        "seen = 2",
        "seen = 'much'",
        "crc = crc + 1",
    ],
)
def test_a_damaged_account_is_nobodys(file: File, damage: str) -> None:
    """No password opens it, its name does not become free, the operator hears of it, and the others are whole."""
    file.writer.keep_account(SARA)
    file.writer.keep_account(ALI)
    file.connection.execute(f"UPDATE account SET {damage} WHERE key = 'sara'")
    accounts = {account.key: account for account in file.reader.accounts()}
    assert accounts.pop("ali") == ALI
    assert "sara" in accounts
    assert {account.password for account in accounts.values()} == {LOCKED}
    assert len(file.reports) == 1
    assert "damaged on disk" in file.reports[0]
    assert "argon2" not in file.reports[0]


def test_a_damaged_account_does_not_become_whole_by_a_mark(file: File) -> None:
    """The mark is for somebody who logged in before the damage; their account stays known as damaged."""
    file.writer.keep_account(SARA)
    file.connection.execute("UPDATE account SET password = 'other'")
    file.writer.mark_seen(SARA.person, 5)
    assert [account.password for account in file.reader.accounts()] == [LOCKED]


@pytest.mark.parametrize("damage", ["person = 9", "name = 'Sara'", "ended = NULL", "ended = 'noon'", "crc = 0"])
def test_a_damaged_session_takes_nothing_back(file: File, damage: str) -> None:
    """Else a flipped bit could make somebody another person."""
    file.writer.keep_session(SESSION)
    file.connection.execute(f"UPDATE session SET {damage}")
    assert file.reader.find_session(SESSION.digest) is None
    assert "damaged on disk" in file.reports[0]


def test_damaged_sessions_do_not_stay_for_ever(file: File) -> None:
    """At a start they are neither mended nor kept."""
    for digest in "ab":
        file.writer.keep_session(SessionRecord(digest, 7, "ali"))
    file.connection.execute("UPDATE session SET person = 8 WHERE digest = 'a'")
    file.writer.sweep_sessions(0, 10)
    assert file.connection.execute("SELECT digest, ended FROM session").fetchall() == [("b", 10.0)]
    assert file.reader.find_session("b") == SessionRecord("b", 7, "ali", 10.0)
    assert file.reports == []


def test_a_full_disk_refuses_an_account(file: File) -> None:
    """It may be tried again; what was kept before stays."""
    file.writer.keep_account(SARA)
    limit_pages(file, 0)
    with pytest.raises(StoreFull):
        file.writer.keep_account(replace(ALI, name="x" * 10_000))
    limit_pages(file, None)
    file.writer.keep_account(ALI)
    assert {SARA, ALI} <= set(file.reader.accounts())


# --- crashes and full disks ---

TALKER = """
import sys
from pathlib import Path
from chatd.events import Kind, Message
from chatd.storage.contract import Append
from chatd.storage.database import connect, prepare, reconnect
from chatd.storage.sqlite import SqliteWriter

path = Path(sys.argv[1])
lock = prepare(path)
writer = SqliteWriter(connect(path, write=True))
for first in range(1, 1_000_000, 10):
    messages = [Message(Kind.SAID, "ali", f"line {id}", 1.0, 7, 70) for id in range(first, first + 10)]
    writer.append([Append("#a", first, messages), Append("#b", first, messages)])
    print(first + 9, flush=True)
"""


@pytest.mark.parametrize("batches", [1, 40, 150])
def test_what_was_acknowledged_survives_kill_9(path: Path, batches: int) -> None:
    """Whole batches only, in every log of a batch; and the dead server's lock is in nobody's way."""
    child = subprocess.Popen([sys.executable, "-c", TALKER, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout as said_by_child:
        acknowledged = [int(said_by_child.readline()) for _ in range(batches)]
        child.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in said_by_child if line.endswith("\n")]
    child.wait()
    with File(path) as file:
        last = file.reader.head("#a").last
        assert last >= acknowledged[-1]
        assert last % 10 == 0
        assert file.lines("#a") == file.lines("#b") == [f"line {id}" for id in range(1, last + 1)]
        assert file.reports == []
        file.writer.append(append("#a", last + 1, "alive"))


REGISTRAR = """
import sys
from pathlib import Path
from chatd.storage.contract import Account, SessionRecord
from chatd.storage.database import connect, prepare, reconnect
from chatd.storage.sqlite import SqliteWriter

path = Path(sys.argv[1])
lock = prepare(path)
writer = SqliteWriter(connect(path, write=True))
for number in range(1, 1_000_000):
    writer.keep_account(Account(number, f"name{number}", f"Name{number}", "$argon2id$"))
    writer.mark_seen(number, number)
    writer.keep_session(SessionRecord(f"{number}", number, f"Name{number}"))
    print(number, flush=True)
"""


def test_people_that_were_acknowledged_survive_kill_9(path: Path) -> None:
    """Every account, every mark, every session, and each of them whole."""
    child = subprocess.Popen([sys.executable, "-c", REGISTRAR, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout as said_by_child:
        acknowledged = [int(said_by_child.readline()) for _ in range(60)]
        child.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in said_by_child if line.endswith("\n")]
    child.wait()
    with File(path) as file:
        accounts = {account.person: account for account in file.reader.accounts()}
        for number in acknowledged:
            assert accounts[number] == Account(number, f"name{number}", f"Name{number}", "$argon2id$", number)
            assert file.reader.find_session(str(number)) == SessionRecord(str(number), number, f"Name{number}")
        assert file.reports == []
        file.writer.sweep_sessions(0, 5)
        assert file.reader.find_session("1") == SessionRecord("1", 1, "Name1", 5)


def limit_pages(file: File, more: int | None) -> None:
    """Let the file grow by so many pages, or by as many as it likes."""
    pages = file.connection.execute("PRAGMA page_count").fetchone()[0]
    file.connection.execute(f"PRAGMA max_page_count = {2**30 if more is None else pages + more}")


def test_a_full_disk_refuses_a_batch_and_keeps_what_there_is(file: File) -> None:
    """Nothing of the batch is kept, reading goes on, and when there is room again so does writing."""
    file.writer.append(append("#a", 1, "one"))
    limit_pages(file, 2)
    with pytest.raises(StoreFull, match="disk is full"):
        file.writer.append([*append("#b", 1, "first of it"), *append("#a", 2, *("x" * 1000 for _ in range(50)))])
    assert file.lines() == ["one"]
    assert file.reader.head("#b") == Head()
    limit_pages(file, None)
    file.writer.append([*append("#b", 1, "now"), *append("#a", 2, "two")])
    assert (file.lines("#a"), file.lines("#b")) == (["one", "two"], ["now"])


def test_a_full_disk_does_not_stop_a_search(file: File) -> None:
    """What cannot be indexed now is looked at one by one, and indexed later."""
    file.writer.append(append("#a", 1, *(f"word{n} and more of it {n * 7}" for n in range(300)), "salam"))
    limit_pages(file, 1)
    with pytest.raises(StoreFull):
        file.writer.index_some(1000)
    assert texts(file.reader.search({"#a": LAST}, "salam", 10)) == ["salam"]
    limit_pages(file, None)
    assert not file.writer.index_some(1000)
    assert texts(file.reader.search({"#a": LAST}, "salam", 10)) == ["salam"]


def test_a_locked_file_may_be_free_again(file: File, path: Path) -> None:
    """A backup, or somebody with a shell: not a reason to stop the server."""
    file.connection.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFull, match="locked"):
            file.writer.append(append("#a", 1, "one"))
        other.execute("ROLLBACK")
    file.writer.append(append("#a", 1, "one"))
    assert file.lines() == ["one"]


def test_after_a_failure_nothing_is_written_any_more(file: File) -> None:
    """A commit that failed must not seem to work at the second attempt; what is there can be read."""
    file.writer.append(append("#a", 1, "one"))
    file.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="cannot be written") as failed:
        file.writer.append(append("#a", 2, "two"))
    assert not isinstance(failed.value, StoreFull)
    file.connection.execute("PRAGMA query_only = OFF")
    with pytest.raises(StoreError, match="cannot be written"):
        file.writer.append(append("#a", 2, "two"))
    assert file.lines() == ["one"]


# --- damages ---


def test_a_flipped_bit_is_found(path: Path) -> None:
    """The message is shown as damaged, the operator is told once, and its neighbours are whole."""
    with File(path) as file:
        file.writer.append(append("#a", 1, "pay 100 to ali", "pay 200 to ali", "pay 300 to ali"))
    data = bytearray(path.read_bytes())
    data[data.index(b"pay 200") + 4] ^= 4  # 2 becomes 6
    path.write_bytes(data)
    with File(path) as file:
        assert file.lines() == ["pay 100 to ali", "[message 2 is damaged on disk]", "pay 300 to ali"]
        assert texts(file.reader.latest("#a", 2, 1, 0, PLENTY)) == ["[message 2 is damaged on disk]"]
        assert texts(file.reader.search({"#a": LAST}, "600", 10)) == ["[message 2 is damaged on disk]"]
        assert len(file.reports) == 1
        assert "Message 2 of #a" in file.reports[0]


@pytest.mark.parametrize(
    "damage",
    [
        "kind = 'sent'",
        "kind = 'sung'",
        "name = 'al1'",
        "text = 'other'",
        "text = CAST(x'ff41' AS TEXT)",
        "text = x'4142'",
        "at = at + 0.000001",
        "at = 'noon'",
        "person = 8",
        "person = 'who'",
        "origin = 71",
        "to_name = 'sara'",
        "cid = NULL",
        "cid = 'c-2'",
        "crc = crc + 1",
        "crc = 'x'",
        "log = 2",
    ],
)
def test_damage_to_any_column_is_found(file: File, damage: str) -> None:
    """Values that are wrong, and values that are none."""
    file.writer.append([Append("#a", 1, [said("one", cid="c-1")]), Append("#b", 1, [])])
    file.connection.execute(f"UPDATE entry SET {damage}")
    log = "#b" if damage.startswith("log") else "#a"
    assert file.lines(log) == ["[message 1 is damaged on disk]"]
    assert len(file.reports) == 1


def test_checksums_are_those_of_every_other_version() -> None:
    """A file is read by another chatd, on another Python with a newer Unicode: nothing in it may look damaged by that."""
    plain = (1, "sent", "علی", "سلام", 1.5, 7, 70, "sara", "c-1")
    assert rows.checksum("#a", *plain) == 3172632238
    assert rows.checksum("#a", *plain[:-1], None) == 84241906
    assert rows.checksum("#a", *plain[:-1], "é\U0001fae9") == 447926137
    assert people.checksum((8, "sara", "Sara", "$argon2id$", 3)) == 1410841162
    assert people.checksum(("a", 7, "علی", None)) == 4032107803


def test_a_damaged_time_does_not_hide_a_message(file: File) -> None:
    """Nor those before it."""
    messages = [said(str(at), at=at) for at in (1.0, 2.0, 3.0)]
    file.writer.append([Append("#a", 1, messages)])
    file.connection.execute("UPDATE entry SET at = 0.5 WHERE id = 2")
    page = file.reader.latest("#a", LAST, 10, 0.9, PLENTY)
    assert texts(page) == ["1.0", "[message 2 is damaged on disk]", "3.0"]


def test_a_damaged_topic_is_not_shown(file: File) -> None:
    """The log itself goes on; setting the topic again mends it."""
    file.writer.append(append("#a", 1, "one"))
    file.writer.describe("#a", "#A", "salam")
    file.connection.execute("UPDATE log SET topic = 'salad'")
    assert file.reader.head("#a") == Head(1, "", "", SAID_AT)
    assert "#a" in file.reports[0]
    file.writer.describe("#a", "#A", "salam")
    assert file.reader.head("#a") == Head(1, "#A", "salam", SAID_AT)


def test_where_a_log_stands_in_time_is_said_by_its_newest_whole_message(file: File) -> None:
    """A damaged time, from the year 2255 perhaps, must not become that of all that is said from now on."""
    file.writer.append([Append("#a", 1, [said(str(at), at=at) for at in (1.0, 2.0, 3.0)])])
    assert file.reader.head("#a").at == 3.0
    file.connection.execute("UPDATE entry SET at = 9e9 WHERE id = 3")
    assert file.reader.head("#a").at == 2.0
    file.connection.execute("UPDATE entry SET at = 9e9")
    assert file.reader.head("#a").at == 0.0


# --- the index ---


def test_a_search_brings_the_same_however_much_is_indexed(file: File) -> None:
    """Before, between the slices, and after; messages that come later are found as well."""
    for first in range(1, 13, 2):
        file.writer.append([*append("#a", first, "salam", "other"), *append("#b", first, "other", "salam")])
    everywhere, answers = {"#a": 10, "#b": LAST}, []
    for left in (19, 14, 9, 4, 0):
        answers.append(file.reader.search(everywhere, "sal", 10))
        assert file.writer.index_some(5) == left
    answers.append(file.reader.search(everywhere, "sal", 10))
    assert len(answers[0].entries) == 10
    assert answers[0].cut
    assert all(answer == answers[0] for answer in answers)
    file.writer.append(append("#b", 13, "salam again"))
    assert texts(file.reader.search(everywhere, "again", 10)) == ["salam again"]


def break_index(path: Path) -> None:
    """Lose all that the index of words consists of; the messages stay as they are."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM words_data")


def test_a_damaged_index_does_not_stop_the_writer(file: File, path: Path) -> None:
    """Only what was promised to somebody may: messages are kept as before, and found by looking at them."""
    break_index(path)
    file.writer.append(append("#a", 1, "salam one"))
    with pytest.raises(StoreError, match="cannot be indexed") as failed:
        file.writer.index_some(10)
    assert not isinstance(failed.value, StoreFull)
    file.writer.append(append("#a", 2, "salam two"))
    file.writer.describe("#a", "#A", "topic")
    assert file.reader.head("#a") == Head(2, "#A", "topic", SAID_AT)
    assert texts(file.reader.search({"#a": LAST}, "salam", 10)) == ["salam one", "salam two"]


def test_after_a_failed_commit_nothing_is_indexed_either(file: File) -> None:
    """Nothing is written to a disk that failed, not even what nobody would miss."""
    file.writer.append(append("#a", 1, "one"))
    file.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError):
        file.writer.append(append("#a", 2, "two"))
    file.connection.execute("PRAGMA query_only = OFF")
    with pytest.raises(StoreError, match="cannot be written"):
        file.writer.index_some(10)
    assert in_index(file.path) == 0


def test_every_refusal_after_a_failed_commit_can_be_told_in_any_language(file: File) -> None:
    """Those who come later read the same reason as the first one did."""
    file.connection.execute("PRAGMA query_only = ON")
    reasons = []
    for _ in range(2):
        with pytest.raises(StoreError) as failed:
            file.writer.append(append("#a", 1, "one"))
        reasons.append(failed.value.reason)
    first, later = reasons
    assert isinstance(first, Clause)
    assert isinstance(later, Clause)
    assert (later.template, later.values) == (first.template, first.values)


def test_what_a_damaged_index_holds_is_found_all_the_same(file: File, path: Path) -> None:
    """By looking at every message: the same answers, and the operator is told once."""
    for first in range(1, 9, 2):
        file.writer.append([*append("#a", first, "salam", "other"), *append("#b", first, "other", "salam")])
    assert file.writer.index_some(10) == 6
    everywhere = {"#a": 7, "#b": LAST}
    before = [file.reader.search(everywhere, "sal", count) for count in (3, 8, 10)]
    break_index(path)
    with closing(connect(path, write=False)) as connection:
        reader = SqliteReader(connection, file.reports.append)
        assert [reader.search(everywhere, "sal", count) for count in (3, 8, 10)] == before
    assert len(file.reports) == 1
    assert "index of words is damaged" in file.reports[0]


@pytest.mark.parametrize("damage", ["text = x'4142'", "log = 2"])
def test_a_damaged_message_does_not_stop_searching(file: File, damage: str) -> None:
    """Whether it was indexed before the damage, or not at all, the others are found."""
    file.writer.append([*append("#a", 1, "salam one", "salam two"), Append("#b", 1, [])])
    file.writer.index_some(1)
    file.connection.execute(f"UPDATE entry SET {damage} WHERE id = 1")
    assert "salam two" in texts(file.reader.search({"#a": LAST}, "salam", 10))


def test_a_damaged_message_does_not_stop_indexing(file: File) -> None:
    """Not even one that is no text any more; those after it are indexed, and found before and after that."""
    file.writer.append(append("#a", 1, "salam one", "salam two"))
    file.connection.execute("UPDATE entry SET text = x'4142' WHERE id = 1")
    assert texts(file.reader.search({"#a": LAST}, "salam", 10)) == ["salam two"]
    file.writer.index_some(10)
    assert in_index(file.path) == 2
    assert texts(file.reader.search({"#a": LAST}, "salam", 10)) == ["salam two"]


WORDS = st.text(st.sampled_from("abآاي ی\u200c\u064e-'\"*9۹é"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=8), WORDS)
def test_the_index_finds_what_looking_finds(lines: list[str], words: str) -> None:
    """FTS5 and Python agree on every text and every query."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, "it", steps(), no_copy)
        writer, reader = SqliteWriter(connection), SqliteReader(connection, pytest.fail)
        writer.append(append("#a", 1, *lines))
        looked = reader.search({"#a": LAST}, words, 5)
        writer.index_some(100)
        assert reader.search({"#a": LAST}, words, 5) == looked


# --- the threads ---


class TestReactor(Clock):
    """Timers by hand; threads as they are."""

    __test__ = False

    def callFromThread(self, callable: Callable[..., object], *args: object, **kwargs: object) -> object:
        """As the real one."""
        return the_reactor().callFromThread(callable, *args, **kwargs)


def in_index(path: Path) -> int:
    """How many entries are indexed, by what the file says."""
    with closing(sqlite3.connect(path)) as connection:
        count: int = connection.execute("SELECT value FROM meta WHERE name = 'indexed'").fetchone()[0]
        return count


async def test_words_are_indexed_when_the_writer_is_idle(path: Path) -> None:
    """A moment after a message; the whole history in slices, however long it is."""
    reactor = TestReactor()
    store = open_sqlite(str(path), cast(Reactor, reactor), pytest.fail)
    await store.append(append("#a", 1, *(f"line {n}" for n in range(1200))))
    reactor.advance(INDEX_SECONDS)
    while in_index(path) < 1200:
        await store.describe("#a", "#A", "")  # waits for the slice before it
        reactor.advance(0)
    assert texts(await store.search({"#a": LAST}, "line 1111", 10)) == ["line 1111"]
    await store.close()
    assert reactor.getDelayedCalls() == []


async def test_indexing_gives_way_to_messages(path: Path) -> None:
    """While one is on its way to the disk, no slice is begun."""
    reactor = TestReactor()
    store = open_sqlite(str(path), cast(Reactor, reactor), pytest.fail)
    await store.append(append("#a", 1, "one"))
    second = Deferred.fromCoroutine(store.append(append("#a", 2, "two")))
    reactor.advance(INDEX_SECONDS)
    await second
    await store.describe("#a", "#A", "")
    assert in_index(path) == 0
    reactor.advance(INDEX_SECONDS)
    await store.close()
    assert in_index(path) == 2


async def test_indexing_gives_way_to_messages_that_are_likely_to_come(path: Path) -> None:
    """Under load the writer rests between two batches, for so short a time that the next one would wait for a slice."""
    reactor = TestReactor()
    store = open_sqlite(str(path), cast(Reactor, reactor), pytest.fail)
    reactor.advance(INDEX_SECONDS - QUIET_SECONDS / 2)
    await store.append(append("#a", 1, "one"))
    reactor.advance(QUIET_SECONDS / 2)
    await store.describe("#a", "#A", "")
    assert in_index(path) == 0
    reactor.advance(INDEX_SECONDS)
    await store.close()
    assert in_index(path) == 1


async def test_messages_without_end_are_indexed_all_the_same(path: Path) -> None:
    """A writer that is never idle puts it off some times, and then indexes a slice."""
    reactor = TestReactor()
    store = open_sqlite(str(path), cast(Reactor, reactor), pytest.fail)
    counts = []
    period = INDEX_POSTPONEMENTS + 2  # a message asks for it (at first the store itself), the last need not wait
    for id in range(1, 2 * period + 1):
        keeping = Deferred.fromCoroutine(store.append(append("#a", id, f"line {id}")))
        reactor.advance(INDEX_SECONDS)
        await keeping
        await store.describe("#a", "#A", "")  # waits for the slice before it
        counts.append(in_index(path))
    await store.close()
    assert counts == [0] * (period - 2) + [period - 1] * period + [2 * period - 1] * 2


def test_a_slice_of_long_messages_is_short(file: File) -> None:
    """A message that waits for it waits no longer than for many short ones; the longest of all is indexed as well."""
    long = "word " * (SLICE_CHARACTERS // 10)  # half a slice
    file.writer.append(append("#a", 1, long, long, "salam", f"{long}{long}{long}", "salam"))
    assert [file.writer.index_some(500) for _ in range(4)] == [3, 1, 0, 0]


async def test_what_an_earlier_run_left_is_indexed_though_nobody_comes(path: Path) -> None:
    """After an upgrade that is everything; the first search should not have to look at it all."""
    with File(path) as file:
        file.writer.append(append("#a", 1, "line 1", "line 2"))
    reactor = TestReactor()
    store = open_sqlite(str(path), cast(Reactor, reactor), pytest.fail)
    reactor.advance(INDEX_SECONDS)
    await store.close()
    assert in_index(path) == 2


def test_the_operator_is_told_when_there_is_much_to_index() -> None:
    """Once when it begins, once when it is done; a busy writer puts a slice off less often and briefly then."""
    reports: list[str] = []
    left = [0, INDEX_MANY - 1, INDEX_MANY, INDEX_MANY + 1]

    async def index_some() -> int:
        return left.pop()

    reactor = Clock()
    indexer = Indexer(reactor, lambda: False, index_some, reports.append)
    indexer.expect()
    reactor.pump([INDEX_SECONDS] * (INDEX_POSTPONEMENTS + 1))
    assert reports == ["10,001 messages are being indexed; until that is done, searching is slow."]
    for fewer in ([0, INDEX_MANY - 1], [0], []):
        reactor.pump([0] + [INDEX_MANY_SECONDS] * INDEX_MANY_POSTPONEMENTS)
        assert left == fewer
    assert reports[1:] == ["All messages are indexed."]
    left = [0]
    indexer.expect()
    reactor.pump([INDEX_SECONDS] * (INDEX_POSTPONEMENTS + 1))
    assert (left, len(reports)) == ([], 2)


async def test_indexing_that_fails_is_given_up_and_told_once(path: Path) -> None:
    """Messages are kept and found without it, and no message tries it again."""
    reports: list[str] = []
    reactor = TestReactor()
    store = open_sqlite(str(path), cast(Reactor, reactor), reports.append)
    break_index(path)
    for id in range(1, 4):
        await store.append(append("#a", id, f"line {id}"))
        reactor.advance(INDEX_SECONDS)
        await store.describe("#a", "#A", "")  # waits for the slice before it
        assert texts(await store.search({"#a": LAST}, "line", 10)) == [f"line {n}" for n in range(1, id + 1)]
    assert len(reports) == 1
    assert "not indexed any more" in reports[0]
    assert reactor.getDelayedCalls() == []
    await store.close()


async def test_indexing_waits_for_room_on_a_full_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not tried again after every message, but a good while later; the operator hears of full disks elsewhere."""
    tried: list[int] = []

    def full(_: SqliteWriter, limit: int) -> int:
        tried.append(limit)
        raise StoreFull("The disk is full.")

    monkeypatch.setattr(SqliteWriter, "index_some", full)
    reactor = TestReactor()
    store = open_sqlite(str(path), cast(Reactor, reactor), pytest.fail)
    for id in range(1, 6):
        await store.append(append("#a", id, "line"))
        reactor.advance(INDEX_SECONDS)
        await store.describe("#a", "#A", "")
    assert len(tried) == 1
    reactor.advance(INDEX_FULL_SECONDS)
    await store.close()
    assert len(tried) == 2


async def test_slow_searches_keep_nobody_else_waiting(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait for each other in a thread of their own; joining and catching up go on."""
    store, go_on, threads = opened(path), Event(), set[int]()
    await store.append(append("#a", 1, "one"))

    def slow(*_: object) -> Page:
        threads.add(get_ident())
        go_on.wait()
        return Page(())

    monkeypatch.setattr(SqliteReader, "search", slow)
    searches = [Deferred.fromCoroutine(store.search({"#a": LAST}, "one", 10)) for _ in range(5)]
    try:
        joining = Deferred.fromCoroutine(store.head("#a"))
        assert await joining.addTimeout(20, cast(IReactorTime, the_reactor())) == Head(1, "", "", SAID_AT)
        assert texts(await store.read("#a", 0, LAST, PLENTY)) == ["one"]
        assert not any(search.called for search in searches)
    finally:
        go_on.set()
        await store.close()
    assert all(search.called for search in searches)
    assert len(threads) == 1


@pytest.mark.parametrize("part", [SqliteReader, SqliteWriter])
async def test_closing_leaves_nothing_when_a_part_of_it_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch, part: type[SqliteReader | SqliteWriter]
) -> None:
    """The failure is told; no thread, no lock and no connection stay behind."""
    close = part.close

    def failing(it: Any) -> None:
        close(it)
        raise StoreError("It cannot be closed.")

    store = opened(path)
    await store.append(append("#a", 1, "one"))
    await store.search({"#a": LAST}, "one", 10)
    await gatherResults([Deferred.fromCoroutine(store.head("#a")) for _ in range(20)])
    monkeypatch.setattr(part, "close", failing)
    with pytest.raises(StoreError, match="cannot be closed"):
        await store.close()
    assert [thread.name for thread in threading.enumerate() if "chatd" in thread.name] == []
    assert sorted(os.listdir(path.parent)) == LEFT
    monkeypatch.undo()
    with File(path) as file:
        assert file.lines() == ["one"]


async def test_closing_finishes_what_is_queued(path: Path) -> None:
    """Whoever asked before is answered, and what was to be kept is kept."""
    store = opened(path)
    await store.head("#0")
    asked: list[Deferred[Any]] = [Deferred.fromCoroutine(store.describe(f"#{n}", f"#{n}", "topic")) for n in range(20)]
    asked += [Deferred.fromCoroutine(store.head("#0")) for _ in range(200)]
    await store.close()
    assert all(deferred.called for deferred in asked)
    for deferred in asked:
        await deferred
    with File(path) as file:
        assert [file.reader.head(f"#{n}").topic for n in range(20)] == ["topic"] * 20


Asking: TypeAlias = Callable[[ThreadedStore], Coroutine[Any, Any, Any]]

QUESTIONS: list[Asking] = [
    lambda store: store.epoch(),
    lambda store: store.head("#a"),
    lambda store: store.read("#a", 0, LAST, PLENTY),
    lambda store: store.latest("#a", LAST, 10, 0.0, PLENTY),
]
"""Those that are asked of the threads that read."""
REQUESTS: list[Asking] = [
    *QUESTIONS,
    lambda store: store.search({"#a": LAST}, "one", 10),
    lambda store: store.describe("#a", "#A", "topic"),
    lambda store: store.append(append("#a", 1, "one")),
]
"""What is asked of a store about what is said."""


async def refuses(store: ThreadedStore, request: Asking) -> None:
    """Ask, and be told that it is too late."""
    with pytest.raises(StoreError, match=r"^The store is closed\.$"):
        await request(store)


class Held:
    """Holds up one of the reader's methods, in its thread, until it is let go."""

    def __init__(self, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self._go_on = Event()
        self._method = getattr(SqliteReader, method)
        monkeypatch.setattr(SqliteReader, method, self._call)

    async def begun(self, store: ThreadedStore) -> None:
        """Wait until a thread is busy with it; another one answers meanwhile."""
        while not self.calls:
            await store.epoch()

    def let_go(self) -> None:
        """Answer it."""
        self._go_on.set()

    def _call(self, *arguments: Any) -> Any:
        self.calls += 1
        assert self._go_on.wait(20), "nobody let it go"
        return self._method(*arguments)


async def test_a_store_that_is_closing_is_not_asked_any_more(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asked before is still answered; who asks now is told at once that it is too late."""
    store, held = opened(path), Held("head", monkeypatch)
    asked = Deferred.fromCoroutine(store.head("#a"))
    await held.begun(store)
    closed = Deferred.fromCoroutine(store.close())
    try:
        for question in QUESTIONS:
            await refuses(store, question)
        assert not asked.called
        assert not closed.called
    finally:
        held.let_go()
        await closed
    assert await asked == Head()
    assert held.calls == 1


@pytest.mark.parametrize("used", REQUESTS[-3:], ids=["after a search", "after a topic", "after a message"])
async def test_a_closed_store_starts_no_thread_again(path: Path, used: Asking) -> None:
    """Whichever threads it had until then: those that were ended cannot begin again, and others would never end."""
    store = opened(path)
    await used(store)
    await store.close()
    for request in REQUESTS:
        await refuses(store, request)
    assert [thread.name for thread in threading.enumerate() if "chatd" in thread.name] == []
    assert sorted(os.listdir(path.parent)) == LEFT


async def welcomed(world: World, store: ThreadedStore, name: str) -> Visitor:
    """Somebody who has joined, which takes as many answers of the store as it takes."""
    visitor = world.connect().types(name)
    while "* Hello" not in visitor.sees():
        await store.epoch()
        world.settle()
    return visitor


async def test_a_history_that_is_being_read_when_the_server_stops_ends_quietly(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The box and the room are read one after the other; the next one finds the store closed, which is nobody's error."""
    store = opened(path)
    world = World(store=store)
    service = ChatService(world.site, store, [], world.clock, OperatorsLog())
    service.startService()
    ali = await welcomed(world, store, "ali")
    held = Held("latest", monkeypatch)
    ali.types("/history")
    await held.begun(store)
    stopped = service.stopService()
    world.settle()
    try:
        assert ali.sees() == "* The server is shutting down. Goodbye, ali.\n"
        assert ali.closed
        assert not stopped.called
    finally:
        held.let_go()
        await stopped
    assert held.calls == 1
    assert sorted(os.listdir(path.parent)) == LEFT


async def test_damage_is_reported_in_the_reactors_thread(path: Path) -> None:
    """What the operator's log does with it needs no locks."""
    with File(path) as file:
        file.writer.append(append("#a", 1, "one"))
        file.connection.execute("UPDATE entry SET text = 'two'")
    reports: list[tuple[str, int]] = []
    store = open_sqlite(str(path), the_reactor(), lambda sentence: reports.append((sentence, get_ident())))
    page = await store.read("#a", 0, LAST, PLENTY)
    assert page == Page((Entry(1, Message(Kind.SAID, "?", "[message 1 is damaged on disk]", 0.0, -1, -1)),))
    await store.close()
    assert [thread for _, thread in reports] == [get_ident()]


async def test_a_failing_disk_fails_only_who_asked(path: Path) -> None:
    """The error of a thread reaches its caller; closing works all the same."""
    store = opened(path)
    await store.append(append("#a", 1, "one"))
    with pytest.raises(StoreError):
        await store.append(append("#a", 7, "gap"))
    assert texts(await store.read("#a", 0, LAST, PLENTY)) == ["one"]
    await store.close()
    assert sorted(os.listdir(path.parent)) == LEFT


async def test_a_write_while_closing_is_told_so(path: Path) -> None:
    """It comes after the connection was closed, and must not be taken for a database that fails."""
    store = opened(path)
    await store.append(append("#a", 1, "one"))

    async def describe() -> None:
        await store.head("#a")
        await store.describe("#a", "#A", "topic")

    asked = Deferred.fromCoroutine(describe())
    await store.close()
    with pytest.raises(StoreError, match=r"^The store is closed\.$"):
        await asked
