"""The words of the project are true: commands, options, examples and files stand in the documents as they are."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from docutils.core import publish_doctree
from docutils.utils import SystemMessage

from chatd.limits import Limits
from chatd.options import Options
from chatd.wire.commands import COMMANDS, Command
from tests.processes import IN_TREE, ROOT, TWISTD, Visitor, running

README = (ROOT / "README.rst").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.rst").read_text("utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.rst"), *(ROOT / "docs").glob("*.rst")])
SERVER = [TWISTD, "-n", "--pidfile=", "chatd", "--port", "0"]

# Praise, promises, and places on somebody's machine.
NOT_SAID = re.compile(
    r"\b(blazing|powerful|seamless|robust|modern|enterprise|revolutionary|world-class|cutting-edge|awesome|lightning|"
    r"TODO|FIXME|coming soon)\b|(?<![\w.])/(home|root|tmp|Users)/",
    re.IGNORECASE,
)


def literal_block(document: str, beginning: str) -> list[str]:
    """The lines of the literal block that begins with this, without their indentation."""
    _, found, rest = document.partition(f"\n    {beginning}")
    assert found, f"there is no block that begins with {beginning}"
    indented = re.match(r"(?:.*\n(?=    |\n+    ))*.*\n", beginning + rest)
    assert indented
    return [line.removeprefix("    ") for line in indented[0].rstrip("\n").split("\n")]


def options() -> dict[str, str]:
    """Every option of ``twistd chatd`` and its default, as its help has them."""
    explained = re.findall(r"--([a-z-]+)=?\s+(.+?)(?=\n {2,6}-|\n\n)", Options().getUsage(), re.DOTALL)
    defaults = {name: re.search(r"\[default:\s+(\S+)\]", words) for name, words in explained}
    return {name: found[1] for name, found in defaults.items() if found}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_are_well_formed(path: Path) -> None:
    """Not a single warning: where they are shown, a warning is what is shown."""
    strict = {"report_level": 1, "halt_level": 1, "warning_stream": False, "file_insertion_enabled": False}
    try:
        publish_doctree(path.read_text("utf-8"), str(path), settings_overrides=strict)
    except SystemMessage as message:
        pytest.fail(str(message))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_say_what_is_and_do_not_praise_it(path: Path) -> None:
    """Nor do they name folders that other people do not have."""
    assert NOT_SAID.findall(path.read_text("utf-8")) == []


def test_there_are_two_commands_and_ci_runs_the_second() -> None:
    """One line that starts the server, and one that passes the tests; whoever changes one changes the other."""
    lines = re.findall(r"^    (python3 -m venv .+)$", README, re.MULTILINE)
    start, test = lines
    assert start.endswith(" && .venv/bin/twistd -n chatd")
    assert test.endswith(" && .venv/bin/python -m pytest -n auto")
    assert test in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert f"\n    {test}\n" in (ROOT / "CONTRIBUTING.rst").read_text("utf-8")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_is_in_the_readme(command: Command) -> None:
    """With the words that /help has for it."""
    assert re.search(rf"^``{re.escape(command.usage)}`` +{re.escape(command.summary)}$", README, re.MULTILINE)


def test_the_readme_has_no_other_commands() -> None:
    """One that was taken out is taken out of its table too."""
    assert set(re.findall(r"^``(/[^`]+)`` ", README, re.MULTILINE)) == {command.usage for command in COMMANDS}


def test_the_readme_has_every_option_with_its_default() -> None:
    """These, and no others."""
    rows = re.findall(r"^``--([a-z-]+)``(?:, ``-\w``)? +(\S+)  ", README, re.MULTILINE)
    assert dict(rows) == options()
    assert len(rows) > len(Limits.__slots__) / 4, "the table was not found"


def test_the_conversation_in_the_readme_is_a_real_one(tmp_path: Path) -> None:
    """The same words again give what ali sees there; only the time of day and invisible marks are other ones."""
    with running(SERVER, tmp_path, IN_TREE) as server:
        ali = Visitor(server.port)
        ali.sees()
        ali.types("ali")
        ali.sees()
        sara = Visitor(server.port)
        sara.sees()
        sara.types("سارا")
        ali.sees()
        converse(ali, sara, "salam! are you there?", "/pm ali the key is under the mat", "/reply thank you")
    assert as_printed(ali.screen) == as_printed(literal_block(README, "* Welcome to chatd."))


def converse(ali: Visitor, sara: Visitor, question: str, private: str, reply: str) -> None:
    """What the READMEs show, from somebody's question to the end, as ali sees it."""
    ali.types(question)
    sara.types("سلام علی، بله!")
    ali.sees()
    sara.types(private)
    ali.sees()
    ali.types(reply)
    ali.sees()
    ali.types("/who")
    ali.sees(3)
    for visitor in (sara, ali):
        visitor.types("/exit")
        ali.sees()
    sara.goes()
    ali.goes()


def as_printed(lines: list[str]) -> list[str]:
    """Without what a page does not show, and with the same time everywhere."""
    return [re.sub(r"\d\d:\d\d", "00:00", re.sub("[\u2066-\u2069]", "", line)) for line in lines]


def test_the_file_of_options_in_the_documents_is_a_good_one(tmp_path: Path) -> None:
    """It is read as it stands there."""
    (tmp_path / "welcome.txt").write_text("Welcome.\n")
    text = "\n".join(literal_block(OPERATIONS, "host = ")).replace("welcome.txt", str(tmp_path / "welcome.txt"))
    (tmp_path / "chatd.toml").write_text(text, "utf-8")
    understood = Options()
    understood.parseOptions(["--config", str(tmp_path / "chatd.toml")])
    assert understood.settings.listen == ("tcp:5050:backlog=1024:interface=0.0.0.0",)
    assert understood.settings.limits.connections_per_address == 200


def test_the_backup_in_the_documents_has_what_was_said(tmp_path: Path) -> None:
    """Made while the server runs, it is whole, and it is its owner's alone."""
    (line,) = literal_block(OPERATIONS, "chatd backup")
    line = line.replace("chatd backup", f"{sys.executable} -m chatd.command backup", 1)
    with running(SERVER, tmp_path, IN_TREE) as server:
        ali, sara = Visitor(server.port), Visitor(server.port)
        ali.types("ali")
        ali.sees()
        sara.types("sara")
        sara.sees()
        ali.types("salam")
        sara.sees()
        subprocess.run(["sh", "-ec", line], cwd=tmp_path, env=IN_TREE, check=True)
        ali.goes()
        sara.goes()
    backup = tmp_path / "backup.db"
    assert backup.stat().st_mode & 0o077 == 0
    with sqlite3.connect(backup) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT name, text FROM entry").fetchall() == [("ali", "salam")]
    connection.close()


def test_the_files_in_the_documents_are_the_files(tmp_path: Path) -> None:
    """Whatever lies beside the database while the server runs is explained."""
    with running([TWISTD, "-n", "chatd", "--port", "0"], tmp_path, IN_TREE) as server:
        ali = Visitor(server.port)
        ali.types("ali")
        ali.sees()
        ali.types("salam")
        ali.types("/exit")
        ali.sees()
        files = {path.name for path in tmp_path.iterdir()}
        ali.goes()
    assert files == {"chatd.db", "chatd.db-wal", "chatd.db-shm", "chatd.db.lock", "chatd.db.mark", "twistd.pid"}
    assert files <= set(re.findall(r"^``([^`]+)`` ", OPERATIONS, re.MULTILINE))
