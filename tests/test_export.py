"""``chatd export``: every message once, in order, as JSON anybody can read; private ones only for those who ask."""

import json
import os
import subprocess
import sys
import tracemalloc
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.command.export import encode
from chatd.command.options import parse
from chatd.command.program import run
from chatd.events import Entry, Kind, Message
from chatd.storage.contract import Retention
from chatd.storage.rows import damaged
from chatd.storage.transcript import Line, State, Transcript
from chatd.storage.visit import visiting
from tests.processes import ROOT
from tests.runs import running
from tests.test_check import LATER, change

NOON = datetime(2026, 3, 21, 12).timestamp()
COMMAND = [sys.executable, "-m", "chatd.command", "export"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database in which people talked in two rooms, and in private."""
    path = tmp_path / "chatd.db"
    with running(path) as server:
        server.say("one", log="#lobby", at=NOON)
        server.say("سلام", log="#گپ", at=NOON + 60, name="سارا", person=8)
        server.say("waves", log="#lobby", at=NOON + 120, kind=Kind.ACTED)
        server.say("hush", log="@7", at=NOON + 180, kind=Kind.SENT, to="sara")
        server.say("hush", log="@8", at=NOON + 180, kind=Kind.TOLD, to="sara")
        server.say("two", log="#lobby", at=NOON + 240)
    return path


class Exported:
    """What is written of a database, decoded, and what is said about it."""

    def __init__(self, path: Path, captured: pytest.CaptureFixture[bytes]) -> None:
        self._path, self._captured = path, captured

    def __call__(self, *options: str, status: int = 0) -> list[dict[str, Any]]:
        """With these options. If all is well, nothing is said."""
        assert run(["export", str(self._path), *options]) == status
        out, err = self._captured.readouterr()
        self.said = err.decode("utf-8").splitlines()
        assert bool(self.said) == bool(status)
        return [json.loads(line) for line in out.decode("utf-8").splitlines()]


@pytest.fixture
def exported(path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Exported:
    """Of this database."""
    return Exported(path, capfdbinary)


def test_everything_is_exported_in_the_order_it_was_said(exported: Exported) -> None:
    """With the fields that are documented, and without what was said in private."""
    assert exported() == [
        {"room": "#lobby", "id": 1, "kind": "said", "from": "ali", "person": 7, "text": "one", "ts": NOON},
        {"room": "#گپ", "id": 1, "kind": "said", "from": "سارا", "person": 8, "text": "سلام", "ts": NOON + 60},
        {"room": "#lobby", "id": 2, "kind": "acted", "from": "ali", "person": 7, "text": "waves", "ts": NOON + 120},
        {"room": "#lobby", "id": 3, "kind": "said", "from": "ali", "person": 7, "text": "two", "ts": NOON + 240},
    ]


def test_private_messages_are_exported_when_they_are_asked_for(exported: Exported) -> None:
    """Both copies, each in its box."""
    private = [line for line in exported("--private") if line["room"].startswith("@")]
    assert [(line["room"], line["kind"], line["to"]) for line in private] == [
        ("@7", "sent", "sara"),
        ("@8", "told", "sara"),
    ]


@pytest.mark.parametrize(("room", "texts"), [("#lobby", ["one", "waves", "two"]), ("#LOBBY", ["one", "waves", "two"])])
def test_one_room_can_be_had(exported: Exported, room: str, texts: list[str]) -> None:
    """However it is spelled."""
    assert [line["text"] for line in exported("--room", room)] == texts


@pytest.mark.parametrize(
    ("since", "texts"),
    [("2026-03-21T12:01:30", ["waves", "two"]), ("2026-03-21", ["one", "سلام", "waves", "two"])],
)
def test_a_part_of_the_time_can_be_had(exported: Exported, since: str, texts: list[str]) -> None:
    """From a time on."""
    assert [line["text"] for line in exported("--since", since)] == texts


def test_the_last_hours_can_be_had(path: Path, exported: Exported) -> None:
    """By how long ago they began."""
    now = datetime.now().timestamp()
    with running(path) as server:
        server.say("old", log="#now", at=now - 90_000)
        server.say("new", log="#now", at=now - 3600)
    assert [line["text"] for line in exported("--room", "#now", "--since", "1d")] == ["new"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--room", "#nobody"], "chatd: There is no room #nobody in "),
        (["--room", "@7"], "'@7' is no room; private messages are exported with --private"),
        (["--room", "a b"], "argument --room: "),
        (["--since", "noon"], "'noon' is no time. Times are written 2026-03-21, "),
    ],
)
def test_what_makes_no_sense_is_explained(
    path: Path, options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With status 2."""
    try:
        status = run(["export", str(path), *options])
    except SystemExit as ended:
        status = int(ended.code or 0)
    assert status == 2
    assert sentence in capsys.readouterr().err


def test_a_damaged_message_is_marked(path: Path, exported: Exported) -> None:
    """Nothing of it is told but its place; the others are whole. That it is not all is said, and the status is 1."""
    change(
        path, "UPDATE entry SET text = 'forged' WHERE text = 'waves'", "UPDATE entry SET log = 99 WHERE text = 'two'"
    )
    lines = exported("--since", "1d", status=1)
    assert lines == [{"room": "#lobby", "id": 2, "damaged": True}, {"room": "?", "id": 3, "damaged": True}]
    assert exported.said == [
        f"chatd: {path} is damaged: 2 messages are damaged or missing, and marked in the output. 'chatd check' tells more."
    ]


@pytest.mark.parametrize("options", [[], ["--room", "#lobby"]])
def test_a_missing_message_has_a_line_in_its_place(path: Path, exported: Exported, options: list[str]) -> None:
    """Where the numbers of its room show that it was there; however few are asked for."""
    change(path, "DELETE FROM entry WHERE text = 'waves'")
    lobby = [line for line in exported(*options, status=1) if line["room"] == "#lobby"]
    assert [line["id"] for line in lobby] == [1, 2, 3]
    assert lobby[1] == {"room": "#lobby", "id": 2, "damaged": True}


def test_messages_that_are_missing_at_the_end_are_not_passed_over(path: Path, exported: Exported) -> None:
    """They leave no hole; the mark beside the file knows of them."""
    change(path, "DELETE FROM entry WHERE text = 'two'")
    assert [line["id"] for line in exported("--room", "#lobby", status=1)] == [1, 2]
    assert exported.said[0].startswith("Up to 1 messages are missing at the end")


def test_a_gap_in_private_messages_concerns_only_who_asks_for_them(path: Path, exported: Exported) -> None:
    """What was asked for is complete."""
    with running(path) as server:
        server.say("hush", "hush", log="@7")
    change(path, "DELETE FROM entry WHERE log = 3 AND id = 2")
    assert len(exported()) == 4
    assert {"room": "@7", "id": 2, "damaged": True} in exported("--private", status=1)


def test_a_message_that_only_an_index_still_knows_is_in_its_place(path: Path, exported: Exported) -> None:
    """One bit in the number of its room: the server shows it, and so it is exported."""
    content = bytearray(path.read_bytes())
    at = content.rindex(
        b"\x00\x09\x01", 0, content.index(b"saidalitwo")
    )  # a row's header: no key, room 1, an id of a byte
    content[at + 1] = 8  # room 0 (sqlite.org/fileformat2.html#record_format)
    path.write_bytes(content)
    lobby = [line for line in exported("--private", status=1) if line["room"] == "#lobby"]
    assert [line["text"] for line in lobby] == ["one", "waves", "two"]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("ALTER TABLE entry RENAME COLUMN id TO jd", "no such column: "),
        ("ALTER TABLE entry RENAME TO ensry", "no such table: entry"),
    ],
)
def test_tables_that_are_not_known_any_more_are_a_damage(
    path: Path, exported: Exported, statement: str, reason: str
) -> None:
    """As one flipped bit makes them: it is not the operator who has done something wrong."""
    change(path, statement)
    assert exported(status=2) == []
    assert exported.said[0].startswith("It is damaged: ")
    assert exported.said[-1].startswith(f"chatd: {path} is too damaged to be exported ({reason}")
    assert exported.said[-1].endswith("). Please restore a backup.")


def test_very_many_missing_messages_are_one_line() -> None:
    """Their number may be the damage itself."""
    assert len(list(encode(Line("#a", damaged(1), State.MISSING, 100)))) == 100
    (line,) = encode(Line("#a", damaged(1), State.MISSING, 2**48))
    assert json.loads(line) == {"room": "#a", "id": 1, "until": 2**48, "damaged": True}


def test_dropped_messages_are_not_there(path: Path, exported: Exported) -> None:
    """What is left has its numbers."""
    with running(path) as server:
        server.writer.prune(Retention(messages=1), LATER)
    assert [(line["room"], line["id"]) for line in exported()] == [("#گپ", 1), ("#lobby", 3)]


def test_more_than_a_page_is_exported_in_constant_memory(path: Path, exported: Exported) -> None:
    """And without what is said after the beginning, while the server goes on: it empties its write-ahead log meanwhile."""
    with running(path) as server:
        for _ in range(5):
            server.say(*(["salam" * 200] * 1000), log="#big")
        with visiting(path, lambda: True) as connection:
            tracemalloc.start()
            count = 0
            for line in Transcript(connection).lines("#big"):
                count += 1
                assert line.entry.id == count
                if count == 1000:
                    server.say("later", log="#big")
                    moved = server.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    assert count == 5000
    assert moved == (0, 0, 0)
    assert peak < 4_000_000
    assert len(exported("--room", "#big")) == 5001


def test_whoever_stops_reading_is_not_complained_to(path: Path) -> None:
    """As in ``chatd export ... | head -1``; the status is that of a program which nobody reads any more."""
    with running(path) as server:
        for _ in range(3):
            server.say(*(["salam" * 200] * 1000))
    with subprocess.Popen([*COMMAND, path], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
    assert sorted(os.listdir(path.parent)) == ["chatd.db", "chatd.db.mark"]


def test_the_locale_changes_nothing(path: Path) -> None:
    """It is UTF-8; an output that is full or closed is an error, in one sentence."""
    latin = {**ENVIRONMENT, "LC_ALL": "en_US.ISO-8859-1", "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    process = subprocess.run([*COMMAND, path, "--room", "#گپ"], env=latin, capture_output=True, check=True)
    assert json.loads(process.stdout.decode("utf-8"))["text"] == "سلام"
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run([*COMMAND, path], env=latin, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (process.returncode, process.stderr) == (2, b"chatd: The output cannot be used: No space left on device.\n")
    process = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *COMMAND, path], env=latin, capture_output=True, check=False
    )
    assert process.returncode == 2
    assert process.stderr == b"chatd: The output is closed, so there is nowhere to write the messages to.\n"


@given(st.text(), st.text(), st.integers(1, 2**53), st.floats(allow_nan=False, allow_infinity=False))
def test_any_text_is_one_line_of_json(name: str, text: str, id: int, at: float) -> None:
    """Which says it again, byte for byte."""
    (line,) = encode(Line("#a", Entry(id, Message(Kind.SAID, name, text, at, 7, 70))))
    assert line.count(b"\n") == 1
    fields = json.loads(line)
    assert (fields["from"], fields["text"], fields["id"], fields["ts"]) == (name, text, id, at)


@given(st.sampled_from(["--room", "--since"]), st.text())
def test_any_argument_is_understood_or_refused(option: str, argument: str) -> None:
    """In the way command lines are refused."""
    with suppress(SystemExit):
        parse(["export", "chatd.db", f"{option}={argument}"])


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"], ["backup", "--help"], ["export", "--help"]])
def test_help_shows_an_example(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Of each command; the first page says how the server itself is started."""
    with pytest.raises(SystemExit) as ended:
        run(arguments)
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"chatd {arguments[0]} " in shown if len(arguments) > 1 else "twistd -n chatd" in shown
