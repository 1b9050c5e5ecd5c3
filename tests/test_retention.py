"""Old messages dropped from a database file: what stays whole around them, in the middle of it and through any mix of events."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chatd.events import Kind, Message
from chatd.storage import retention
from chatd.storage.contract import Append, Pruned, Repeated, Retention, StoreError, StoreFull
from chatd.storage.database import connect, prepare
from chatd.storage.receipts import find_receipt
from chatd.storage.retention import BEYOND, PRUNED_ENTRIES
from chatd.storage.sqlite import SqliteReader, SqliteWriter

pytestmark = pytest.mark.usefixtures("_index_asked")

PLENTY = 1_000_000
LAST = 2**62
SAID_AT = 1_700_000_000.25
HOUR, DAY = 3600.0, 86400.0
LATER = SAID_AT + HOUR


def said(text: str = "salam", **changes: Any) -> Message:
    """Something ali said."""
    return Message(Kind.SAID, "ali", text, SAID_AT, 7, 70)._replace(**changes)


class File:
    """A database with one writer and one reader, blocking, and what was reported of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reports: list[str] = []
        self._lock = prepare(path)
        self.connection = connect(path, write=True)
        self.writer = SqliteWriter(self.connection)
        self.reader = SqliteReader(connect(path, write=False), self.reports.append)

    def close(self) -> None:
        """Give everything back."""
        self.reader.close()
        self.writer.close()
        self._lock.release()

    def say(self, log: str, *texts: str, **changes: Any) -> None:
        """Keep these at the end of the log."""
        first = self.reader.head(log).last + 1
        self.writer.append([Append(log, first, [said(text, **changes) for text in texts])])

    def index(self) -> None:
        """Put every word into the index."""
        while self.writer.index_some(100):
            pass

    def prune(self, kept: Retention, now: float = LATER) -> int:
        """Drop all that is too much; how many messages that was."""
        dropped, pruned = 0, Pruned(0, "")
        while pruned.rest is not None:
            pruned = self.writer.prune(kept, now, pruned.rest)
            dropped += pruned.dropped
        return dropped

    def lines(self, log: str = "#a") -> list[str]:
        """Everything in the log."""
        return [entry.message.text for entry in self.reader.read(log, 0, LAST, PLENTY).entries]

    def found(self, words: str, *logs: str) -> list[str]:
        """What a search brings."""
        page = self.reader.search(dict.fromkeys(logs or ["#a"], LAST), words, PLENTY)
        return [entry.message.text for entry in page.entries]

    def value(self, query: str) -> Any:
        """What the file says itself."""
        return self.values(query)[0]

    def values(self, query: str) -> list[Any]:
        """All that the file says itself."""
        with closing(sqlite3.connect(self.path)) as connection:
            return [row[0] for row in connection.execute(query)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is to be."""
    return tmp_path / "chatd.db"


@pytest.fixture
def file(path: Path) -> Iterator[File]:
    """A new database."""
    opened = File(path)
    yield opened
    opened.close()


# --- slices ---


def test_a_slice_is_short_and_the_next_goes_on(file: File) -> None:
    """Few messages, fewer of long ones; between two of them messages are kept as ever."""
    file.say("#a", *("salam" for _ in range(PRUNED_ENTRIES + 1)))
    file.say("#b", *("word " * 1500 for _ in range(4)))
    sizes, place = [], ""
    for id in range(1, 5):
        pruned = file.writer.prune(Retention(seconds=1.0), LATER, place)
        sizes.append(pruned.dropped)
        file.say("#c", f"meanwhile {id}", at=LATER)
        place = pruned.rest or ""
    assert sizes == [PRUNED_ENTRIES, 3, 2, 0]
    assert file.lines("#a") == file.lines("#b") == []
    assert len(file.lines("#c")) == 4


def test_what_a_slice_drops_is_gone_from_every_table(file: File) -> None:
    """Rows and words; what stays is where the log was, and the messages that may be sent again."""
    file.say("#a", "one word", "another word", cid=None)
    file.index()
    assert file.value("SELECT count(*) FROM words WHERE words MATCH 'word'") == 2
    file.prune(Retention(seconds=1.0))
    assert file.value("SELECT count(*) FROM entry") == 0
    assert file.value("SELECT count(*) FROM words WHERE words MATCH 'word OR k1'") == 0
    assert file.value("SELECT count(*) FROM receipt") == 0
    assert file.value("SELECT id FROM dropped") == 2


def test_of_what_nobody_sends_again_nothing_is_remembered(file: File) -> None:
    """Who had said it, and when, is nobody's business any more; of what is younger it is kept, and goes in the end."""
    ages = [30, 5, 2.2, 1.9, 1.1, 0.5]
    for age in ages:
        file.say("#a", "salam", at=LATER - age * DAY, cid=f"{age}")
    statements: list[str] = []
    file.connection.set_trace_callback(statements.append)
    assert file.prune(Retention(messages=1)) == 5
    assert file.values("SELECT cid FROM receipt ORDER BY at") == ["1.9", "1.1"]
    assert (
        sum("INTO receipt" in statement for statement in statements) == 2
    )  # nor are others written only to be deleted
    file.say("#a", "salam", at=LATER)
    statements.clear()
    assert file.prune(Retention(), LATER + 2 * DAY) == 0
    assert file.values("SELECT cid FROM receipt ORDER BY at") == []
    assert not any("FROM log" in statement for statement in statements)  # there is nothing to look for in them


def test_a_damaged_time_does_not_shorten_what_is_remembered(file: File) -> None:
    """Wherever it stands among those that are looked at to see how long ago the last message was said."""
    for id in range(1, 41):
        file.say("#a", "salam", at=SAID_AT + id, cid=f"{id}")
    file.connection.execute("UPDATE entry SET at = 'noon' WHERE id > 30 AND id % 2")
    file.connection.execute("UPDATE entry SET at = 9e15 WHERE id > 30 AND NOT id % 2")
    assert file.prune(Retention(messages=1), SAID_AT + 3 * DAY) == 30
    assert len(file.values("SELECT cid FROM receipt")) == 30


PRUNER = """
import sys
from pathlib import Path
from chatd.storage.contract import Retention
from chatd.storage.database import connect, prepare
from chatd.storage.sqlite import SqliteWriter

path, now = Path(sys.argv[1]), float(sys.argv[2])
lock = prepare(path)
writer = SqliteWriter(connect(path, write=True))
place = ""
while place is not None:
    place = writer.prune(Retention(messages=10), now, place).rest
    print(place, flush=True)
"""


@pytest.mark.parametrize("slices", [1, 3, 6])
def test_a_crash_between_slices_leaves_a_whole_log(path: Path, slices: int) -> None:
    """Shorter by some of them, without holes; the next round does the rest."""
    total = 4000
    before = File(path)
    before.say("#a", *(f"line {id}" for id in range(1, total + 1)))
    before.index()
    before.close()
    child = subprocess.Popen([sys.executable, "-c", PRUNER, str(path), str(LATER)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout as told:
        for _ in range(slices):
            told.readline()
        child.send_signal(signal.SIGKILL)
    child.wait()
    file = File(path)
    head = file.reader.head("#a")
    assert (head.first > slices * 100, head.last) == (True, total)
    lines = [f"line {id}" for id in range(head.first, total + 1)]
    assert file.lines() == file.found("line") == lines
    file.prune(Retention(messages=10))
    assert file.lines() == file.found("line") == lines[-10:]
    assert file.reports == []
    file.close()


# --- searching ---


def test_a_search_shows_nothing_that_was_dropped(file: File) -> None:
    """Whether it was in the index or not; nor does it count that for more than its answer holds."""
    file.say("#a", "salam 1", "salam 2", "salam 3")
    file.writer.index_some(2)
    file.prune(Retention(messages=1))
    assert file.reader.search({"#a": LAST}, "salam", 1).cut is False
    assert file.found("salam") == ["salam 3"]
    file.index()
    assert file.found("salam") == ["salam 3"]


@pytest.mark.parametrize("reopened", [False, True])
def test_what_is_said_after_everything_was_dropped_is_indexed_and_found(path: Path, reopened: bool) -> None:
    """Keys of rows are not given out twice: the index goes by them, and so does whoever compares two states of a file."""
    file = File(path)
    file.say("#a", "old one", "old two")
    file.index()
    file.prune(Retention(seconds=1.0))
    if reopened:
        file.close()
        file = File(path)
    file.say("#a", "new one", "new two", at=LATER)
    file.say("#b", "new three", at=LATER)
    assert file.found("one") == ["new one"]
    file.index()
    assert (file.found("new", "#a", "#b"), file.found("old")) == (["new one", "new two", "new three"], [])
    assert file.connection.execute("SELECT key FROM entry ORDER BY key").fetchall() == [(3,), (4,), (5,)]
    assert file.value("SELECT value FROM meta WHERE name = 'indexed'") == 5
    file.close()


def test_the_highest_key_is_remembered_when_its_row_goes(file: File) -> None:
    """And never lowered, whatever order messages go in."""
    file.say("#a", "long ago", at=SAID_AT)
    file.say("#b", "from the future", at=LATER + HOUR)
    file.say("#a", "now")
    file.prune(Retention(seconds=1.0))
    assert file.value("SELECT value FROM meta WHERE name = 'highest'") == 3
    file.prune(Retention(seconds=1.0), LATER + 9 * HOUR)
    assert file.value("SELECT value FROM meta WHERE name = 'highest'") == 3
    file.say("#b", "again")
    assert file.value("SELECT max(key) FROM entry") == 4


def test_the_index_does_not_keep_growing(file: File) -> None:
    """With always as many messages kept, it becomes small again and again, as SQLite merges its pieces."""
    sizes = []
    for _ in range(30):
        file.say("#a", *(f"word{n} salam" for n in range(200)))
        file.index()
        file.prune(Retention(messages=200))
        sizes.append(file.value("SELECT sum(length(block)) FROM words_data"))
    assert min(sizes[-10:]) < sizes[2]
    assert file.value("SELECT count(*) FROM words WHERE words MATCH 'salam'") == 200


@pytest.mark.parametrize(
    ("damage", "left"), [("DELETE FROM words_data", 0), ("UPDATE words_data SET block = x'00' WHERE id > 10", 50)]
)
def test_a_damaged_index_hinders_nothing(file: File, damage: str, left: int) -> None:
    """If it cannot be told what to forget, it is made anew; what is kept is found all the same, and nothing else."""
    file.say("#a", *(f"salam {n}" for n in range(50)))
    file.index()
    file.connection.execute(damage)
    assert file.prune(Retention(messages=10)) == 40
    assert file.value("SELECT value FROM meta WHERE name = 'indexed'") == left
    assert len(file.found("salam")) == 10
    file.say("#a", "salam")
    if not left:
        file.index()
    assert len(file.found("salam")) == 11


# --- damages and failures ---


def test_damaged_messages_go_with_those_after_them(file: File) -> None:
    """Nobody knows how old they are; those at the end may be young, and stay."""
    file.say("#a", *"abcdef")
    file.connection.execute("UPDATE entry SET at = 9e15 WHERE id IN (1, 2, 4)")
    file.connection.execute("UPDATE entry SET at = 'noon' WHERE id IN (5, 6)")
    assert file.prune(Retention(seconds=60.0)) == 3
    assert [entry.id for entry in file.reader.read("#a", 0, LAST, PLENTY).entries] == [4, 5, 6]
    file.say("#a", "g", "h")
    assert file.prune(Retention(messages=1)) == 4
    assert file.lines() == ["h"]


@pytest.mark.parametrize("damaged", [5, 6, 9, 10, 23])
def test_more_damaged_messages_than_a_slice_drops_are_dropped(
    file: File, damaged: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else that log would be kept for ever. They wait for a message after them that is old, and for no younger one."""
    monkeypatch.setattr(retention, "PRUNED_ENTRIES", 5)
    file.say("#a", *("salam" for _ in range(damaged)))
    file.connection.execute("UPDATE entry SET text = 'damaged'")
    assert file.prune(Retention(seconds=60.0)) == 0
    file.say("#a", *("salam" for _ in range(30)), at=SAID_AT + 1)
    assert file.prune(Retention(seconds=60.0), SAID_AT + 61) == 0
    assert file.prune(Retention(seconds=60.0), SAID_AT + 61.5) == damaged + 30


def test_damaged_messages_do_not_take_young_ones_with_them(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept begins with the first whole message that is to be kept, and perhaps a few before it."""
    monkeypatch.setattr(retention, "PRUNED_ENTRIES", 5)
    file.say("#a", *("salam" for _ in range(30)))
    file.say("#a", *("young" for _ in range(30)), at=LATER)
    file.connection.execute("UPDATE entry SET text = 'damaged' WHERE id <= 14")
    assert file.prune(Retention(seconds=60.0)) == 30
    assert file.lines() == ["young"] * 30


def test_a_damaged_text_is_dropped_with_its_message(file: File) -> None:
    """The index was told other words than are there now: a search shows neither."""
    file.say("#a", "salam one", "salam two", "salam three")
    file.index()
    file.connection.execute("UPDATE entry SET text = 'other words' WHERE id = 1")
    assert file.prune(Retention(messages=1)) == 2
    assert (file.found("one"), file.found("other"), file.found("salam")) == ([], [], ["salam three"])
    file.say("#a", "more")
    file.index()
    assert (file.found("one"), file.found("more")) == ([], ["more"])


def test_numbers_never_come_back_after_a_damage(path: Path) -> None:
    """Of an empty log whose end is damaged it is only certain how far no log ever came; the operator is told."""
    file = File(path)
    file.say("#a", "one", "two")
    file.prune(Retention(seconds=1.0))
    file.connection.execute("UPDATE dropped SET id = 1")
    file.close()
    file = File(path)
    head = file.reader.head("#a")
    assert (head.first, head.last) == (BEYOND + 1, BEYOND)
    assert "The end of #a is damaged" in file.reports[0]
    file.writer.append([Append("#a", BEYOND + 1, [said("three", at=LATER)])])
    assert file.lines() == ["three"]
    file.prune(Retention(seconds=1.0), LATER + HOUR)
    assert file.reader.head("#a").last == BEYOND + 1
    file.close()


@pytest.mark.parametrize("damage", ["id = 2", "at = 1.5", "cid = 'c-2'", "log = 2", "crc = 0"])
def test_a_damaged_receipt_is_none(file: File, damage: str) -> None:
    """A wrong id would be worse than a second copy."""
    file.say("#a", "one", cid="c-1")
    file.say("#b", "other")
    file.prune(Retention(seconds=1.0))
    assert find_receipt(file.connection, 7, "c-1") is not None
    file.connection.execute(f"UPDATE receipt SET {damage}")
    assert [find_receipt(file.connection, 7, cid) for cid in ("c-1", "c-2")] == [None, None]


def test_a_full_disk_drops_nothing_and_loses_nothing(file: File) -> None:
    """A slice needs a little room to note what it does; a later one may find it."""
    file.writer.append([Append("#a", 1, [said(f"salam {n}", cid=f"{n}" * 60) for n in range(400)])])
    file.index()
    (pages,) = file.connection.execute("PRAGMA page_count").fetchone()
    file.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFull):
        file.prune(Retention(messages=10))
    assert len(file.lines()) == len(file.found("salam")) == 400
    file.connection.execute("PRAGMA max_page_count = 1073741823")
    assert file.prune(Retention(messages=10)) == 390
    assert len(file.lines()) == len(file.found("salam")) == 10


def test_a_disk_that_does_not_write_is_trusted_no_more(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes after a lost write may be lost with it, so no message is acknowledged any more."""
    file.say("#a", "one")

    def fails(*_: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise error

    monkeypatch.setattr("chatd.storage.sqlite.prune", fails)
    with pytest.raises(StoreError, match="Old messages cannot be dropped: disk I/O error"):
        file.prune(Retention(messages=1))
    with pytest.raises(StoreError, match="The database cannot be written: disk I/O error"):
        file.say("#a", "two")
    assert file.lines() == ["one"]


@pytest.mark.parametrize("method", ["prune", "index_some"])
def test_an_error_of_pythons_own_is_a_failure_like_any_other(
    file: File, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """It has no number of SQLite's; that must not be what the operator reads of it."""
    file.say("#a", "one")

    def fails(*_: object) -> None:
        raise sqlite3.ProgrammingError("so it is")

    monkeypatch.setattr(f"chatd.storage.sqlite.{method}", fails)
    with pytest.raises(StoreError, match="so it is"):
        file.prune(Retention(messages=1)) if method == "prune" else file.index()
    file.say("#a", "two")
    assert file.lines() == ["one", "two"]


def test_another_failure_stops_only_the_dropping(file: File) -> None:
    """Nothing that was promised depends on it."""
    file.say("#a", "one", "two")
    file.connection.execute("DROP TABLE dropped")
    with pytest.raises(StoreError, match="Old messages cannot be dropped: no such table"):
        file.prune(Retention(messages=1))
    file.say("#a", "three")
    assert file.lines() == ["one", "two", "three"]


# --- any mix of it all ---


@dataclass
class Line:
    """What was said once."""

    text: str
    at: float
    cid: str | None


@dataclass
class Known:
    """All that was ever said in one log, and how much of it is dropped."""

    lines: list[Line] = field(default_factory=list)
    dropped: int = 0


LOGS = st.sampled_from(["#a", "#b", "@7"])


class Keeping(RuleBasedStateMachine):
    """A database, and what must be in it, through any mix of saying, dropping, indexing and starting again."""

    def __init__(self) -> None:
        super().__init__()
        self.small = ExitStack()
        for limit in ("PRUNED_ENTRIES", "PRUNED_LOGS"):  # so that there are many slices
            self.small.enter_context(patch.object(retention, limit, 2))
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name, "chatd.db")
        self.file = File(self.path)
        self.known: dict[str, Known] = {}
        self.now = SAID_AT
        self.place = ""
        self.retention = Retention(messages=3)

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.file.close()
        self.folder.cleanup()
        self.small.close()

    @rule(log=LOGS, count=st.integers(1, 4), known=st.booleans(), step=st.floats(0, 100))
    def say(self, log: str, count: int, known: bool, step: float) -> None:
        """Some messages at the end of a log, which must be where it was left."""
        self.now += step
        into = self.known.setdefault(log, Known())
        first = len(into.lines) + 1
        new = [
            Line(f"salam {log[1:]}{id}", self.now, f"{log}{id}" if known else None)
            for id in range(first, first + count)
        ]
        messages = [said(line.text, at=line.at, cid=line.cid) for line in new]
        self.file.writer.append([Append(log, first, messages)])
        into.lines += new

    @rule(log=LOGS, pick=st.integers(0, 10**6))
    def say_again(self, log: str, pick: int) -> None:
        """A message with a cid, whether it is still kept or not: it has its place already."""
        known = self.known.get(log, Known())
        again = [(id, line) for id, line in enumerate(known.lines, 1) if line.cid is not None]
        if again:
            id, line = again[pick % len(again)]
            message = said("again", cid=line.cid)
            with pytest.raises(Repeated) as refused:
                self.file.writer.append([Append("#c", 1, [message])])
            assert refused.value.placed == {(7, line.cid): (log, id, line.at)}

    @rule(messages=st.sampled_from([None, 1, 2, 5]), seconds=st.sampled_from([None, 50.0, 200.0]))
    def decide(self, messages: int | None, seconds: float | None) -> None:
        """The operator wants more or less to be kept."""
        self.retention = Retention(seconds, messages)

    @rule(step=st.sampled_from([0.0, 70.0, 300.0]))
    def prune(self, step: float) -> None:
        """One slice: it never takes what is to be kept; the last of a round leaves nothing else."""
        self.now += step
        pruned = self.file.writer.prune(self.retention, self.now, self.place)
        whole_round, self.place = self.place == "" and pruned.rest is None, pruned.rest or ""
        for log, known in self.known.items():
            surplus = self.surplus(known)
            first = self.file.reader.head(log).first
            assert known.dropped < first <= max(surplus, known.dropped) + 1
            assert not whole_round or first == max(surplus, known.dropped) + 1
            known.dropped = first - 1

    def surplus(self, known: Known) -> int:
        """As many of the first messages are too much."""
        for id, line in enumerate(known.lines, 1):
            if id > known.dropped and not self.retention.drops(id, line.at, len(known.lines), self.now):
                return id - 1
        return len(known.lines)

    @rule(count=st.integers(1, 5))
    def index(self, count: int) -> None:
        """Some words go into the index."""
        self.file.writer.index_some(count)

    @precondition(lambda self: self.known)
    @rule()
    def reopen(self) -> None:
        """The server is started again, and the round with it."""
        self.file.close()
        self.file = File(self.path)
        self.place = ""

    @invariant()
    def all_that_is_kept_is_there(self) -> None:
        """Without a hole, in the order it was said in, found by words, and nothing else."""
        for log, known in self.known.items():
            page = self.file.reader.read(log, 0, LAST, PLENTY)
            assert [entry.id for entry in page.entries] == list(range(known.dropped + 1, len(known.lines) + 1))
            assert [entry.message.text for entry in page.entries] == [
                line.text for line in known.lines[known.dropped :]
            ]
            assert self.file.reader.search({log: LAST}, "salam", PLENTY) == page
            head = self.file.reader.head(log)
            assert (head.first, head.last) == (known.dropped + 1, len(known.lines))
        assert self.file.reports == []


TestKeeping = Keeping.TestCase
TestKeeping.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
