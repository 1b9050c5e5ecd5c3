"""A large file is served at once, and looked at while it is: damage that is found ends the run, and the next start's affair."""

import dataclasses
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from threading import Event
from typing import Any, Final, cast

import pytest
from twisted.internet.defer import Deferred

from chatd.storage import database, indexes, scrubber, scrubbing, threaded
from chatd.storage.contract import Append, Repeated, StoreError, StoreFull
from chatd.storage.database import connect, prepare
from chatd.storage.doubt import doubt_of
from chatd.storage.indexes import do_messages_agree
from chatd.storage.scrubbing import Scrub
from chatd.storage.sqlite import SqliteReader, SqliteWriter
from chatd.storage.threaded import open_sqlite
from tests.processes import IN_TREE
from tests.test_sqlite import append, the_reactor

LINES = 3_000
"""Messages; the first of them are none of those that a start looks at."""


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is."""
    monkeypatch.setattr(database, "LARGE_BYTES", 0)


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
    """Turn over one bit in the index of messages, so that it names another id for this one, which has two bytes."""
    number = id.to_bytes(2)
    replace(path, bytes([4, 9, 2, 2]) + number * 2, bytes([4, 9, 2, 2, number[0] | 64, number[1]]) + number)


_LAST_PAGE = "SELECT pageno FROM dbstat WHERE name = 'entry' AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1"


def replace(path: Path, old: bytes, new: bytes) -> None:
    """Change these bytes, which are in one place."""
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))


def spoil_page(path: Path) -> None:
    """Overwrite a page of the table of messages: not the first ones, and not the last."""
    with closing(sqlite3.connect(path)) as connection:
        find = "SELECT pageno FROM dbstat WHERE name = 'entry' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 20"
        (page,) = connection.execute(find).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 200)


class Server:
    """A store on this file, as the server has it, and what its operator is told first."""

    def __init__(self, path: Path) -> None:
        self.first: Deferred[str] = Deferred()
        self.told: list[str] = []
        self.failed: Deferred[StoreError] = Deferred()
        self.store = open_sqlite(str(path), the_reactor(), self._tell, self.failed.callback)

    async def talk(self) -> None:
        """Say something, again and again: a store is distrusted a moment after that is told."""
        while True:
            last = (await self.store.head("#a")).last
            await self.store.append(append("#a", last + 1, "salam"))

    def _tell(self, sentence: str) -> None:
        self.told.append(sentence)
        if not self.first.called:
            self.first.callback(sentence)


async def stopped(path: Path) -> str:
    """What the operator is told by a run on this file that ends because of it, when somebody says something."""
    server = Server(path)
    try:
        sentence = await server.first
        with pytest.raises(StoreError, match="cannot be written: database disk image is malformed"):
            await server.talk()
    finally:
        await server.store.close()
    return sentence


async def test_damage_that_a_start_can_mend_ends_the_run_and_is_mended_by_the_next(path: Path) -> None:
    """A message that an index hides: the server begins at once, finds it, and stops; started again, it has all of them."""
    spoil_index(path, 300)
    assert "An index of" in await stopped(path)
    assert doubt_of(path).exists()
    told: list[str] = []
    prepare(path, report=told.append).release()
    assert "was made anew" in told[0]
    assert not doubt_of(path).exists()


async def test_damage_that_cannot_be_mended_ends_the_run_and_the_next_start_refuses_it(path: Path) -> None:
    """It would be served again and again otherwise, by whatever restarts a server that failed."""
    spoil_page(path)
    assert "is damaged" in await stopped(path)
    with pytest.raises(StoreError, match=r"is damaged .* restore a backup"):
        prepare(path)
    assert doubt_of(path).exists()


async def test_damage_ends_the_run_though_nobody_says_anything(path: Path) -> None:
    """People come, read and search in the meantime, and would not be shown what an index hides."""
    spoil_index(path, 300)
    server = Server(path)
    error = await server.failed
    assert str(error) == "The database cannot be written: database disk image is malformed."
    await server.store.close()
    (told,) = server.told
    assert "An index of" in told


LARGE: Final = """
from chatd.storage import database
database.LARGE_BYTES = 0
from twisted.scripts.twistd import run
run()
"""


def test_a_server_that_nobody_talks_on_ends_with_status_1_by_what_is_found(path: Path) -> None:
    """Whatever looks after it starts it again, and is told by that start what is wrong, before anybody is served."""
    spoil_page(path)
    command = [sys.executable, "-c", LARGE, "-n", "--pidfile=", "chatd", "--port", "0", "--store", str(path)]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=path.parent, env=IN_TREE, capture_output=True, text=True, timeout=60, check=False
        )

    first, second = run(), run()
    assert first.returncode == 1
    assert first.stdout.count("is damaged") == 1
    assert first.stdout.count("The store failed, so the server stops: The database cannot be written") == 1
    assert "Server Shut Down" in first.stdout
    assert second.returncode == 1
    assert re.fullmatch(r"chatd: .* is damaged \(.*\)\. Please restore a backup\.\n", second.stderr)


async def test_words_are_not_indexed_any_more_in_a_file_that_is_distrusted(path: Path) -> None:
    """Nothing is written; and that is not told as a trouble of the index."""
    spoil_index(path, 300)
    server = Server(path)
    await server.failed
    server.store._indexer.expect()
    assert server.store._indexer._timer is None
    await server.store.close()


async def test_what_a_start_has_looked_at_is_not_looked_at_again(path: Path) -> None:
    """It may have found a doubt, or an end that was wrong."""
    doubt_of(path).touch()
    server = Server(path)
    assert server.store._scrubbing is None
    await server.store.close()


async def test_a_sandbox_that_allows_no_niceness_allows_the_look(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As docs/chatd.service does by its SystemCallFilter: what is damaged is found all the same."""

    def refused(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.setpriority", refused)
    spoil_page(path)
    assert "is damaged" in await stopped(path)


async def test_a_look_that_fails_in_a_way_nobody_foresaw_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the operator of a large file would believe that it is looked at."""

    def fail(_: Scrub) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(Scrub, "run", fail)
    server = Server(path)
    assert await server.first == "The pages of the database were not looked at: ValueError('a bug')"
    await server.store.close()


async def test_a_file_that_is_whole_is_served_on(path: Path) -> None:
    """Nobody hears of it, and there is no doubt."""
    server = Server(path)
    assert Scrub(path).run() is None
    await server.store.append(append("#a", LINES + 1, "salam"))
    await server.store.close()
    assert server.told == []
    assert not doubt_of(path).exists()


@pytest.mark.parametrize("id", [LINES - 10, LINES])
def test_the_end_is_looked_at_before_anybody_is_served(path: Path, id: int) -> None:
    """Of the last messages nobody may miss one at the start, and no number may be given a second time."""
    spoil_index(path, id)
    told: list[str] = []
    prepare(path, report=told.append).release()
    assert "was made anew" in told[0]


def test_rows_that_only_the_end_of_the_index_knows_are_noticed_at_the_start(path: Path) -> None:
    """The last page of the table is of an earlier day: its numbers must not be given again."""
    with closing(sqlite3.connect(path)) as connection:
        before, (page,) = path.read_bytes(), connection.execute(_LAST_PAGE).fetchone()
        connection.execute("DELETE FROM entry WHERE key > ?", (LINES - 5,))
        connection.commit()
    place = slice((page - 1) * 4096, page * 4096)
    content = bytearray(before)
    content[place] = path.read_bytes()[place]
    path.write_bytes(content)
    with pytest.raises(StoreError, match="rows of its table entry are missing"):
        prepare(path)


def test_a_small_file_is_looked_at_as_a_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That takes no time to speak of, so nothing is left for later."""
    monkeypatch.setattr(database, "LARGE_BYTES", 2**30)
    spoil_page(path)
    with pytest.raises(StoreError, match="is damaged"):
        prepare(path)


@pytest.mark.parametrize("end", [Scrub.stop, Scrub.put_off])
@pytest.mark.parametrize("first", ["", "SELECT end() UNION ALL "], ids=["between two statements", "while one runs"])
def test_a_look_ends_whatever_is_being_done(
    path: Path, monkeypatch: pytest.MonkeyPatch, end: Callable[[Scrub], None], first: str
) -> None:
    """However long that would have taken; and nothing is found that was not looked at."""
    scrub, ran = Scrub(path), []

    def agree(connection: sqlite3.Connection) -> bool:
        connection.create_function("end", 0, lambda: end(scrub))
        if not first:
            end(scrub)
        ran.append("begun")
        connection.execute(f"{first}SELECT sum(a.key * b.key) FROM entry AS a, entry AS b").fetchall()
        ran.append("finished")
        return False

    monkeypatch.setattr(scrubbing, "do_messages_agree", agree)
    with nullcontext() if end is Scrub.stop else pytest.raises(StoreFull, match="was put off"):
        assert scrub.run() is None
    assert ran == ["begun"]
    assert not doubt_of(path).exists()
    end(scrub)  # there is nothing to be ended any more


def test_a_look_that_was_interrupted_is_not_taken_for_done(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have begun after it was said that it is put off, and before it is interrupted."""
    scrub = Scrub(path)

    def agree(_: sqlite3.Connection) -> bool:
        scrub.put_off()
        scrub._postponed = False  # as the next run says
        raise interrupted

    interrupted = sqlite3.OperationalError("interrupted")
    interrupted.sqlite_errorcode = sqlite3.SQLITE_INTERRUPT
    monkeypatch.setattr(scrubbing, "do_messages_agree", agree)
    with pytest.raises(StoreFull, match="was put off"):
        scrub.run()


def test_what_was_found_is_told_though_the_look_is_stopped(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its very end: the next start must know of it."""
    spoil_page(path)
    scrub = Scrub(path)

    def found(*_: object) -> Iterator[str]:
        scrub.stop()
        yield "a page"

    monkeypatch.setattr(scrubbing, "problems", found)
    assert "is damaged (a page)" in (scrub.run() or "")
    assert doubt_of(path).exists()
    scrub.stop()


def test_a_look_that_was_put_off_is_taken_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then from its beginning, and in full."""
    spoil_index(path, 300)
    scrub = Scrub(path)

    def put_off(_: sqlite3.Connection) -> bool:
        scrub.put_off()
        return True

    with monkeypatch.context() as patched:
        patched.setattr(scrubbing, "do_messages_agree", put_off)
        with pytest.raises(StoreFull):
            scrub.run()
    assert "An index of" in (scrub.run() or "")


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL])
async def test_what_passes_is_no_damage_and_looked_past_later(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Another program has locked the file, for example, or there is no room for the index of the write-ahead log."""
    spoil_index(path, 300)
    monkeypatch.setattr(scrubber, "SCRUB_AGAIN_SECONDS", 0.0)
    errors = [sqlite3.OperationalError("not now")]
    errors[0].sqlite_errorcode = code

    def agree(connection: sqlite3.Connection) -> bool:
        if errors:
            raise errors.pop()
        return do_messages_agree(connection)

    monkeypatch.setattr(scrubbing, "do_messages_agree", agree)
    assert "An index of" in await stopped(path)
    assert not errors


async def test_a_look_that_cannot_begin_is_told_once_and_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While descriptors are short, for example."""
    errors = [StoreError("No descriptor."), StoreError("No descriptor.")]
    run = Scrub.run

    def failing(scrub: Scrub) -> str | None:
        if errors:
            raise errors.pop()
        scrub.stop()
        done.callback(None)
        return run(scrub)

    done: Deferred[None] = Deferred()
    monkeypatch.setattr(scrubber, "SCRUB_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(Scrub, "run", failing)
    server = Server(path)
    await done
    await server.store.close()
    assert server.told == ["The pages of the database were not looked at yet: No descriptor."]


async def test_a_look_gives_way_to_a_disk_that_is_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it reads keeps the write-ahead log from being begun anew, which could have made room."""
    scrub, begun, go_on = Scrub(path), Event(), Event()

    def full(*_: object) -> None:
        raise StoreFull("The disk is full.")

    def look(_: Scrub) -> None:
        begun.set()
        go_on.wait(60)

    monkeypatch.setattr(scrub, "put_off", go_on.set)
    monkeypatch.setattr(threaded, "Scrub", lambda _: scrub)
    monkeypatch.setattr(Scrub, "run", look)
    monkeypatch.setattr(SqliteWriter, "append", full)
    server = Server(path)
    with pytest.raises(StoreFull):
        await server.store.append(append("#a", LINES + 1, "salam"))
    assert go_on.is_set()
    await server.store.close()


def test_an_index_of_repeats_is_compared_however_many_messages_there_are(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bit in it, and a message that is sent again would be said twice. The next start makes it anew."""
    monkeypatch.setattr(indexes, "THOROUGH", 0)
    with closing(SqliteWriter(connect(path, write=True))) as writer:
        for first in range(LINES + 1, 2 * LINES, 100):
            writer.append(named(first, 100))
    spoil_cid(path, f"c{LINES + 300:08}")
    told: list[str] = []
    prepare(path, report=told.append).release()
    assert told == []
    assert "An index of" in (Scrub(path).run() or "")
    prepare(path, report=told.append).release()
    assert "was made anew" in told[0]
    assert Scrub(path).run() is None
    with closing(SqliteWriter(connect(path, write=True))) as writer, pytest.raises(Repeated):
        writer.append([dataclasses.replace(named(LINES + 300, 1)[0], first=2 * LINES + 1)])


def spoil_cid(path: Path, cid: str) -> None:
    """Turn over one bit of this name of a message in the index of them, and nowhere else."""
    with closing(sqlite3.connect(path)) as connection:
        pages = [page for (page,) in connection.execute("SELECT pageno FROM dbstat WHERE name = 'entry_cid'")]
    content = bytearray(path.read_bytes())
    (place,) = (found.end() - 1 for found in re.finditer(cid.encode(), content) if found.start() // 4096 + 1 in pages)
    content[place] ^= 64
    path.write_bytes(content)


def test_a_look_that_is_stopped_finds_nothing(path: Path) -> None:
    """A server that stops is not kept waiting, and what was not looked at is not damaged."""
    spoil_page(path)
    scrub = Scrub(path)
    scrub.stop()
    assert scrub.run() is None
    assert not doubt_of(path).exists()


async def test_a_store_that_is_closed_at_once_looks_at_nothing(path: Path) -> None:
    """No timer is left, and no thread."""
    spoil_page(path)
    server = Server(path)
    await server.store.close()
    assert server.told == []


def test_a_doubt_that_cannot_be_kept_is_told(path: Path) -> None:
    """Then it is for the operator to see to it that the next start does not serve that file."""
    spoil_page(path)
    doubt_of(path).mkdir()
    found = Scrub(path).run()
    assert found is not None
    assert "chatd.db.doubt cannot be written: Is a directory" in found


def spoil_cids(path: Path) -> None:
    """Overwrite a page of the index by which repeats are recognised, of which every new message needs the last one."""
    find = "SELECT pageno FROM dbstat WHERE name = 'entry_cid' AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1"
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute(find).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 100)


def named(first: int, count: int) -> list[Append]:
    """Messages that have names of their own for them."""
    (each,) = append("#a", first, *["salam"] * count)
    messages = (message._replace(cid=f"c{id:08}") for id, message in enumerate(each.messages, first))
    return [dataclasses.replace(each, messages=list(messages))]


def test_damage_that_the_writer_meets_first_has_the_next_start_look_at_everything(path: Path) -> None:
    """Before any look at all of it is done. Else each start would serve that file, and each first message stop it."""
    with closing(SqliteWriter(connect(path, write=True))) as writer:
        for first in range(LINES + 1, 2 * LINES, 100):
            writer.append(named(first, 100))
    spoil_cids(path)
    prepare(path).release()
    with (
        closing(SqliteWriter(connect(path, write=True))) as writer,
        pytest.raises(StoreError, match="malformed"),
    ):
        writer.append(named(2 * LINES + 1, 1))
    with pytest.raises(StoreError, match="is damaged"):
        prepare(path)


def test_damage_that_a_reader_meets_has_the_next_start_look_at_everything(path: Path) -> None:
    """Whoever asked is told so; what was said then is not refused for it."""
    spoil_page(path)
    with closing(SqliteReader(connect(path, write=False), pytest.fail)) as reader:
        with pytest.raises(StoreError, match="malformed"):
            reader.read("#a", 0, LINES, 2**30)
        assert reader.read("#a", LINES - 1, LINES, 2**30).entries
    with pytest.raises(StoreError, match="is damaged"):
        prepare(path)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_CONSTRAINT_UNIQUE])
def test_a_store_that_fails_for_good_leaves_a_doubt(path: Path, code: int) -> None:
    """A disk that does not write may not have written before, either; and nothing can be in a place that is free."""
    with closing(SqliteWriter(broken_disk(path, code))) as writer, pytest.raises(StoreError):
        writer.append(append("#a", LINES + 1, "salam"))
    assert doubt_of(path).exists()


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY])
def test_what_passes_leaves_no_doubt(path: Path, code: int) -> None:
    """A full disk is no damage."""
    with closing(SqliteWriter(broken_disk(path, code))) as writer, pytest.raises(StoreFull):
        writer.append(append("#a", LINES + 1, "salam"))
    assert not doubt_of(path).exists()


def broken_disk(path: Path, code: int) -> sqlite3.Connection:
    """A connection none of whose inserts succeeds."""
    return cast(sqlite3.Connection, BrokenDisk(connect(path, write=True), code))


LAST_IN_QUIET = 300
"""Of a room that has none of the last thousand messages, at which a start looks."""


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    """A database of a room that has been quiet for long, and of one that has not."""
    path = tmp_path / "quiet.db"
    prepare(path).release()
    with closing(SqliteWriter(connect(path, write=True))) as writer:
        writer.append(append("#quiet", 1, *["salam"] * LAST_IN_QUIET))
        for first in range(1, 2_000, 100):
            writer.append(append("#later", first, *["salam"] * 100))
    return path


def turned(number: int, bit: int) -> bytes:
    """The end of the quiet room in the index, as its id is after this change, and then its key."""
    return bytes([4, 9, 2, 2]) + (number ^ bit).to_bytes(2) + number.to_bytes(2)


TURNED = {
    "one more": turned(LAST_IN_QUIET, 1),
    "fewer": turned(LAST_IN_QUIET, 4),
    "many more": turned(LAST_IN_QUIET, 1024),
    "in the log before": bytes([4, 8]) + turned(LAST_IN_QUIET, 0)[2:],
}


@pytest.mark.parametrize("how", TURNED)
def test_where_a_quiet_room_ends_is_not_believed_before_its_rows_say_so(quiet: Path, how: str) -> None:
    """Else its next number would be one that was given already, or one too far: nobody reads it, and nobody writes there."""
    replace(quiet, turned(LAST_IN_QUIET, 0), TURNED[how])
    told: list[str] = []
    prepare(quiet, report=told.append).release()
    assert told == []
    with closing(SqliteReader(connect(quiet, write=False), pytest.fail)) as reader:
        with pytest.raises(StoreError, match="cannot be read: database disk image is malformed"):
            reader.head("#quiet")
        assert reader.head("#later").last == 2_000
    assert doubt_of(quiet).exists()
    doubt_of(quiet).unlink()
    with closing(SqliteWriter(connect(quiet, write=True))) as writer:
        for first in (LAST_IN_QUIET, LAST_IN_QUIET + 1):
            with pytest.raises(StoreError, match=r"is malformed|not follow|cannot be written"):
                writer.append(append("#quiet", first, "salam"))
    prepare(quiet, report=told.append).release()
    assert "was made anew" in told[0]
    with closing(SqliteReader(connect(quiet, write=False), pytest.fail)) as reader:
        assert reader.head("#quiet").last == LAST_IN_QUIET


def test_a_bit_that_moves_the_end_behind_the_next_room_is_noticed_too(tmp_path: Path) -> None:
    """Then the last message of the room seems to be another one, which is in its place."""
    path = tmp_path / "rooms.db"
    prepare(path).release()
    with closing(SqliteWriter(connect(path, write=True))) as writer:
        for room in range(2, 20, 2):
            writer.append(append(f"#{room - 1}", 1, "salam"))
            writer.append(append(f"#{room}", 1, *["salam"] * LAST_IN_QUIET))
        for first in range(1, 2_000, 100):
            writer.append(append("#later", first, *["salam"] * 100))
    key = 4 * (LAST_IN_QUIET + 1)
    tail = LAST_IN_QUIET.to_bytes(2) + key.to_bytes(2)
    replace(path, bytes([4, 1, 2, 2, 8]) + tail, bytes([4, 1, 2, 2, 9]) + tail)
    prepare(path).release()
    with closing(SqliteReader(connect(path, write=False), pytest.fail)) as reader:
        with pytest.raises(StoreError, match="cannot be read: database disk image is malformed"):
            reader.head("#8")
        assert reader.head("#6").last == LAST_IN_QUIET


class BrokenDisk:
    """A connection, but for its inserts."""

    def __init__(self, connection: sqlite3.Connection, code: int) -> None:
        self._connection, self._code = connection, code

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """As SQLite's, but for that."""
        if statement.startswith("INSERT"):
            integrity = self._code == sqlite3.SQLITE_CONSTRAINT_UNIQUE
            error = (sqlite3.IntegrityError if integrity else sqlite3.OperationalError)("told by its code")
            error.sqlite_errorcode = self._code
            raise error
        return self._connection.execute(statement, *values)
