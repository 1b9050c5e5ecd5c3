"""A large file is served at once, and looked at while it is: damage that is found ends the run, and the next start's affair."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from twisted.internet.defer import Deferred

from chatd.storage import database, threaded
from chatd.storage.contract import StoreError
from chatd.storage.database import connect, doubt_of, prepare
from chatd.storage.scrubbing import Scrub
from chatd.storage.sqlite import SqliteWriter
from chatd.storage.threaded import open_sqlite
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
        self.store = open_sqlite(str(path), the_reactor(), self._tell)

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


def test_a_look_that_is_stopped_finds_nothing(path: Path) -> None:
    """A server that stops is not kept waiting, and what was not looked at is not damaged."""
    spoil_page(path)
    scrub = Scrub(path)
    scrub.stop()
    assert scrub.run() is None
    assert not doubt_of(path).exists()


async def test_a_store_that_is_closed_at_once_looks_at_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No timer is left, and no thread."""
    monkeypatch.setattr(threaded, "SCRUB_SECONDS", 1000.0)
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
