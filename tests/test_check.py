"""``chatd check``: what is whole is called whole, what is damaged is named with its place, and nothing that was said is shown."""

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pexpect
import pytest

from chatd.command.program import run
from chatd.events import Kind
from chatd.storage.contract import Retention
from chatd.storage.history import mark_of
from chatd.storage.migrations import steps
from tests.processes import ROOT
from tests.runs import killed, running
from tests.servers import PATIENCE
from tests.test_sqlite import ALI, LEFT, SESSION

LATER = 2_000_000_000.0
"""Long after everything was said."""
MARKER = "keepthistoyourself"
"""In every text that was said."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database in which there is something of everything."""
    path = tmp_path / "chatd.db"
    with running(path) as server:
        server.say(*(f"{MARKER} {number}" for number in range(5)))
        server.say(MARKER, log="#سلام", cid="c-1")
        server.say(MARKER, log="@7", kind=Kind.SENT, to="sara")
        server.say(MARKER, log="@8", kind=Kind.TOLD, to="sara")
        server.writer.describe("#a", "#A", f"topic {MARKER}")
        server.writer.keep_account(ALI)
        server.writer.keep_session(SESSION)
        server.writer.index_some(6)
    return path


def change(path: Path, *statements: str) -> None:
    """Behind the server's back."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


Said = Callable[[], str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What was printed since it was asked the last time. Never what people said."""

    def said() -> str:
        out, err = capsys.readouterr()
        assert MARKER not in out + err
        return out + err

    return said


def test_a_whole_database_is_called_whole(path: Path, said: Said) -> None:
    """Its status is 0, and it is left as it was, with nothing beside it."""
    before = path.read_bytes()
    assert run(["check", str(path)]) == 0
    held = "messages: 8, rooms and boxes: 4, accounts: 1, messages not indexed yet: 2"
    assert said() == f"{path} is whole ({held}).\n"
    assert sorted(os.listdir(path.parent)) == LEFT
    assert path.read_bytes() == before


def test_a_running_server_is_not_disturbed(path: Path, said: Said) -> None:
    """What it has not moved to the file yet is looked at as well."""
    with running(path) as server:
        server.say(MARKER)
        files = sorted(os.listdir(path.parent))
        assert run(["check", str(path)]) == 0
        assert "messages: 9," in said()
        assert sorted(os.listdir(path.parent)) == files
        server.say(MARKER)


def test_a_killed_server_is_not_tidied_up_after(path: Path, said: Said) -> None:
    """Its write-ahead log is needed, and stays."""
    killed(path, MARKER)
    left = {name: (path.parent / name).read_bytes() for name in os.listdir(path.parent) if not name.endswith("-shm")}
    assert run(["check", str(path)]) == 0
    assert "messages: 9," in said()
    assert {name: (path.parent / name).read_bytes() for name in left} == left


@contextmanager
def nobody(path: Path, file_mode: int = 0o644) -> Iterator[None]:
    """As a user who may read the file, if its mode is not another, and write nothing."""
    path.chmod(file_mode)
    folders = {folder: folder.stat().st_mode for folder in path.parents}
    user = os.geteuid()
    for folder, mode in folders.items():
        if mode & 0o011 != 0o011:
            folder.chmod(mode | 0o011)
    path.parent.chmod(0o555)
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        for folder, mode in folders.items():
            if folder.stat().st_mode != mode:
                folder.chmod(mode)


def test_a_folder_that_cannot_be_written_is_no_hindrance(path: Path, said: Said) -> None:
    """SQLite can then make no files beside the database, and needs none."""
    with nobody(path):
        assert run(["check", str(path)]) == 0
    assert "is whole" in said()
    assert sorted(os.listdir(path.parent)) == LEFT


DAMAGES = [
    ("UPDATE entry SET text = 'other' WHERE log = 1 AND id = 3", "Message 3 of #a is damaged on disk."),
    ("UPDATE entry SET at = 'noon' WHERE log = 2", "Message 1 of #سلام is damaged on disk."),
    ("UPDATE entry SET id = 30 WHERE log = 1 AND id = 3", "Message 30 of #a is damaged on disk."),
    ("UPDATE entry SET id = 30 WHERE log = 1 AND id = 3", "Message 3 of #a is missing."),
    ("UPDATE entry SET log = 99 WHERE log = 2", "Message 1 of a room that is not known any more is left over."),
    ("DELETE FROM entry WHERE log = 1 AND id IN (2, 3)", "Messages 2 to 3 of #a are missing."),
    ("DELETE FROM entry WHERE log = 1 AND id = 1", "Message 1 of #a is missing."),
    ("DELETE FROM entry WHERE log = 4", "Up to 1 messages are missing at the end: 8 were stored"),
    ("UPDATE log SET topic = 'other' WHERE key = 1", "The name and the topic of #a are damaged on disk."),
    ("UPDATE log SET log = '#b' WHERE key = 1", "Message 5 of #b is damaged on disk."),
    ("UPDATE account SET password = 'mine'", "The account 'Ali' is damaged on disk"),
    ("UPDATE session SET person = 9", "A session is damaged on disk"),
    ("INSERT INTO dropped VALUES (1, 3, 0)", "It is not known any more which messages of #a were dropped."),
    (
        "INSERT INTO receipt VALUES (7, 'c-9', 1, 4, 0.0, 0)",
        "A receipt for message 4 of #a, which is dropped, is damaged.",
    ),
    (
        "UPDATE meta SET value = 99 WHERE name = 'indexed'",
        "The index of words claims to hold entry 99, which there is not.",
    ),
    ("UPDATE words_data SET block = x'00' WHERE id > 10", "The index of words cannot be read to the end: "),
    ("DROP TABLE session", "The sessions cannot be read to the end: no such table: session."),
    ("DELETE FROM meta WHERE name = 'epoch'", "It is damaged: its table meta has no epoch."),
    (
        "UPDATE meta SET value = 'six' WHERE name = 'indexed'",
        "It is damaged: what its table meta has as indexed is none.",
    ),
    ("DROP INDEX receipt_at", "It is damaged: its table receipt has no index receipt_at."),
    ("ALTER TABLE account RENAME COLUMN seen TO saen", "It is damaged: its table account has no seen."),
    ("UPDATE session SET digest = 7", "A session is damaged on disk"),
    ("INSERT INTO words (words) VALUES ('delete-all')", "The index of words holds only 0 of 5 messages of #a."),
    ("UPDATE entry SET id = 'five' WHERE id = 5", "A message of #a is damaged on disk."),
]


@pytest.mark.parametrize(("statement", "sentence"), DAMAGES)
def test_a_damage_is_named_with_its_place(path: Path, said: Said, statement: str, sentence: str) -> None:
    """And the status is 1."""
    change(path, statement)
    assert run(["check", str(path)]) == 1
    lines = said().splitlines()
    assert any(line.startswith(sentence) for line in lines[:-1]), lines
    assert lines[-1].startswith(f"{path} is damaged (")
    assert f"damages: {len(lines) - 1}" in lines[-1]


def test_what_was_dropped_is_not_missing(path: Path, said: Said) -> None:
    """A log begins behind it; a hole after that is one. What is known of the dropped is looked at as well."""
    with running(path) as server:
        server.writer.prune(Retention(messages=2), LATER)
    assert run(["check", str(path)]) == 0
    assert "messages: 5," in said()
    change(path, "DELETE FROM entry WHERE log = 1 AND id = 4")
    assert run(["check", str(path)]) == 1
    assert "Message 4 of #a is missing.\n" in said()


def test_any_flipped_bit_is_found_or_does_no_harm(path: Path, said: Said) -> None:
    """What is called whole holds every word that was said, each in its place."""
    whole, chance = path.read_bytes(), Random(5)
    with running(path) as server:
        lines = server.lines
    verdicts = set()
    for _ in range(150):
        data = bytearray(whole)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        mark_of(path).unlink(missing_ok=True)
        verdict = run(["check", str(path)])
        said()
        verdicts.add(verdict)
        if verdict == 0:
            with running(path) as server:
                assert server.lines == lines
                assert not [report for report in server.reports if "damaged" in report]
    assert verdicts >= {0, 1}


# --- what cannot be checked ---


def test_a_database_of_an_older_version_is_not_checked_but_explained(path: Path, said: Said) -> None:
    """Its tables are others."""
    change(path, f"PRAGMA user_version = {len(steps()) - 1}")
    assert run(["check", str(path)]) == 2
    assert "is of an older chatd" in (sentence := said())
    assert "Please start the server on it once, or on a copy of it" in sentence


def foreign(path: Path) -> None:
    """Another program's."""
    change(path, "PRAGMA application_id = 7")


def newer(path: Path) -> None:
    """Another time's."""
    change(path, "PRAGMA user_version = 99")


def text(path: Path) -> None:
    """No database at all."""
    path.write_text("salam " * 100, "utf-8")


def folder(path: Path) -> None:
    """No file at all."""
    path.unlink()
    path.mkdir()


def empty(path: Path) -> None:
    """Made, and nothing more."""
    path.write_bytes(b"")


def linked(path: Path) -> None:
    """With another name, by which somebody may have written to it."""
    os.link(path, path.parent / "other.db")


@pytest.mark.parametrize("command", ["check", "export", "backup"])
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (foreign, "{path} is the database of another program."),
        (newer, "{path} was written by a newer chatd (its version is 99, this one knows"),
        (text, "{path} is not a database."),
        (empty, "{path} is empty: no server has used it yet."),
        (linked, "{path} has 2 names (hard links), and "),
        (folder, "{path} is a folder, not a file."),
        (Path.unlink, "There is no file {path}."),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    path: Path, said: Said, command: str, make: Callable[[Path], None], sentence: str
) -> None:
    """Its status is 2, whatever was to be done with it; nothing is made."""
    make(path)
    target = [str(path.parent / "copy")] if command == "backup" else []
    before = sorted(os.listdir(path.parent))
    assert run([command, str(path), *target]) == 2
    told = said()
    assert told.startswith(f"chatd: {sentence.format(path=path)}")
    assert told.count("\n") == 1
    assert sorted(os.listdir(path.parent)) == before


@pytest.mark.parametrize("command", ["check", "export", "backup"])
def test_a_file_of_somebody_else_is_one_sentence(path: Path, said: Said, command: str) -> None:
    """Which says who may read it."""
    target = [str(path.parent / "copy")] if command == "backup" else []
    with nobody(path, 0):
        assert run([command, str(path), *target]) == 2
    assert (
        said() == f"chatd: {path} may not be read by you: permission denied. Please do this as the user who owns it.\n"
    )


def test_hard_links_of_a_backup_are_read(path: Path, said: Said) -> None:
    """Programs that keep many of them make such links; no server writes to them."""
    assert run(["backup", str(path), str(path.parent / "copy.db")]) == 0
    linked(path.parent / "copy.db")
    assert run(["check", str(path.parent / "copy.db")]) == 0
    assert "is whole" in said()


def test_pages_that_do_not_fit_together_are_a_line_each(path: Path, said: Said) -> None:
    """SQLite tells several in one, under a heading."""
    with running(path) as server:
        for _ in range(4):
            server.say(*(["salam" * 100] * 20))
    content = bytearray(path.read_bytes())
    leaves = [at for at in range(0, len(content), 4096) if content[at : at + 4096].count(b"salam" * 100) > 5]
    for to, source in ((0, 2), (3, 5)):
        content[leaves[to] : leaves[to] + 4096] = content[leaves[source] : leaves[source] + 4096]
    path.write_bytes(content)
    assert run(["check", str(path)]) == 1
    lines = [line for line in said().splitlines() if line.startswith("SQLite says: ")]
    assert len([line for line in lines if "out of order" in line]) == 2
    assert not [line for line in lines if "***" in line]


def test_the_page_that_cannot_be_read_is_named(path: Path, said: Said) -> None:
    """Although SQLite goes no further then."""
    with running(path) as server:
        server.say(*(["salam" * 100] * 20))
    content = bytearray(path.read_bytes())
    content[-4096:] = bytes(4096)
    path.write_bytes(content)
    assert run(["check", str(path)]) == 1
    assert f"SQLite says: Page {len(content) // 4096}: " in said()


def test_a_line_is_not_as_long_as_what_is_damaged(path: Path, said: Said) -> None:
    """A name can be as long as a page by then."""
    change(path, "UPDATE log SET log = hex(zeroblob(5000)) WHERE key = 1")
    assert run(["check", str(path)]) == 1
    assert max(map(len, said().splitlines()[:-1])) < 400


def test_a_room_whose_name_is_damaged_does_nothing_to_the_terminal(path: Path, said: Said) -> None:
    """Control characters are spelled."""
    change(path, "UPDATE log SET log = '#' || char(27) || '[2J' WHERE key = 1")
    assert run(["check", str(path)]) == 1
    assert "\x1b" not in (told := said())
    assert "Message 1 of #\\x1b[2J is damaged on disk." in told


def test_a_terminal_is_told_how_far_it_is(path: Path) -> None:
    """Of something that takes long; the line is gone in the end."""
    with running(path) as server:
        for _ in range(20):
            server.say(*(["salam"] * 1000))
    client = pexpect.spawn(
        sys.executable,
        ["-c", SLOW, "check", str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        encoding="utf-8",
        timeout=PATIENCE,
    )
    client.expect_exact("Checking messages: ")
    client.expect_exact("\r\x1b[K")
    client.expect(r"is whole \(messages: 20,008,")
    client.expect(pexpect.EOF)
    client.close()
    assert client.exitstatus == 0


SLOW = """
from chatd.command import progress
progress.EVERY_SECONDS = 0.0
from chatd.command.__main__ import main
main()
"""
