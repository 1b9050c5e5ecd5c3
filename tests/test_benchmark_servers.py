"""Every workload runs, in miniature, against every server that is there; what it finds, the command shows."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmark import __main__ as command
from tests.benchmark import load
from tests.benchmark.figures import Figures
from tests.benchmark.load import NoCompiler, Program, build
from tests.benchmark.measure import Settings, measure
from tests.benchmark.report import TABLES
from tests.benchmark.servers import (
    CONTENDERS,
    INSPIRCD_3,
    NGIRCD_26,
    PLAIN,
    SQLITE,
    Contender,
    NoServer,
    by_python,
    environment,
    installed,
    of_checkout,
    running,
)
from tests.benchmark.workloads import JSON, WORKLOADS, Workload
from tests.conftest import missing

MOST = 7
PAIRS = [
    pytest.param(workload, contender, id=f"{workload.key}-{contender.key}")
    for workload in WORKLOADS
    for contender in CONTENDERS
    if contender.can(workload) and (contender in (SQLITE, INSPIRCD_3, NGIRCD_26) or workload.key in ("a", "d"))
]
"""All that there is, but for chatd's other store and the two smallest servers."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The load program."""
    if not shutil.which("cc"):
        missing("cc")
    return build(tmp_path_factory.mktemp("built"))


@pytest.mark.parametrize(("workload", "contender"), PAIRS)
def test_every_workload_runs_with_every_server(
    workload: Workload, contender: Contender, program: Program, tmp_path: Path
) -> None:
    """Few people and a moment only; everything that is heard is checked."""
    if not installed(contender):
        missing(contender.command[0])
    if workload.tls and not program.has_tls:
        missing("libssl-dev")
    settings = Settings(program, seconds=0.1, warm=0.0, patience=20.0, folder=tmp_path)
    small = replace(workload.at_most(MOST), rate=min(workload.rate, 200.0) * 2)
    figures = measure(small, contender, settings)
    assert figures.resident > 0
    assert figures.connects == small.connects
    assert (figures.checked > 0) == (not small.connects)
    assert (figures.disk > 0) == (contender is SQLITE and not small.connects)


@pytest.mark.parametrize(("contender", "dialect"), [(SQLITE, JSON), (INSPIRCD_3, "")], ids=["sqlite", "inspircd"])
def test_people_may_be_in_several_rooms(contender: Contender, dialect: str, program: Program, tmp_path: Path) -> None:
    """Programs and people of IRC, in some rooms each; all is delivered in the room that it was said in."""
    if not installed(contender):
        missing(contender.command[0])
    several = Workload("several", "", rooms=12, each=4, members=5, talkers=2, burst=2, idle=1, dialect=dialect)
    figures = measure(several, contender, Settings(program, seconds=0.1, warm=0.0, patience=20.0, folder=tmp_path))
    assert figures.checked > several.rooms


def whole(arguments: list[str]) -> int:
    """The command, with very small workloads."""
    return command.main([*arguments, "--at-most", "4", "--seconds", "0.1", "--repeat", "1"])


def test_the_whole_command_measures_and_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables on the terminal and in the document, all figures in a file."""
    document = tmp_path / "performance.rst"
    document.write_text(f"before\n\n{TABLES.begin}\nold\n{TABLES.end}\n\nafter\n", "utf-8")
    monkeypatch.setattr(command, "DOCUMENT", document)
    kept = tmp_path / "figures.json"
    assert whole(["--servers", "plain", "--workloads", "a", "d", "--json", str(kept), "--write"]) == 0
    said = capsys.readouterr().out
    assert "each message reached everyone else exactly once" in said
    rows = json.loads(kept.read_text("utf-8"))["rows"]
    assert [(row["workload"], row["server"]) for row in rows] == [("a", "plain"), ("d", "plain")]
    assert all(Figures(**run).rate > 0 for row in rows for run in row["runs"])
    written = document.read_text("utf-8")
    assert "old" not in written
    assert all(line.strip() in written for line in said.splitlines())


def test_another_checkout_is_measured_beside_this_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], program: Program
) -> None:
    """What it runs is the code over there: here one that says so and ends."""
    (tmp_path / "chatd").mkdir()
    (tmp_path / "chatd" / "__init__.py").write_text("raise SystemExit('the other chatd')")
    assert program.path.exists()
    assert whole(["--servers", "memory", "--workloads", "a", "--chatd", f"mine={tmp_path}"]) == 1
    said = capsys.readouterr()
    assert "1, a, chatd, memory" in said.err
    assert "The server 'mine, memory' did not start" in said.err
    assert "the other chatd" in said.err
    assert said.out == ""


def test_another_python_is_measured_beside_this_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], program: Program
) -> None:
    """What chatd costs is for the most part what its interpreter costs: here one that says so and ends."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho the other Python\n")
    python.chmod(0o755)
    assert program.path.exists()
    assert whole(["--servers", "memory", "--workloads", "a", "--python", f"quick={python}"]) == 1
    said = capsys.readouterr()
    assert "1, a, chatd, memory" in said.err
    assert "The server 'quick, memory' did not start" in said.err
    assert "the other Python" in said.err


def test_the_python_of_a_virtual_environment_is_not_followed_to_where_it_came_from(tmp_path: Path) -> None:
    """It knows by its own place what is installed in it."""
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    assert command._interpreter(f"mine={link}") == ("mine", link)


def test_others_of_one_name_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their figures would be mixed."""
    (tmp_path / "chatd").mkdir()
    assert whole(["--chatd", f"mine={tmp_path}", "--python", f"mine={sys.executable}"]) == 1
    assert "have the same name" in capsys.readouterr().err


def test_only_chatd_is_there_in_another_checkout_or_python() -> None:
    """Its other servers are those of this one."""
    assert [one.key for one in of_checkout("mine", Path("/"), CONTENDERS)] == ["mine-sqlite", "mine-memory"]
    assert [one.key for one in by_python("mine", Path("/"), CONTENDERS)] == ["mine-sqlite", "mine-memory"]


def test_a_revision_that_git_does_not_know_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is measured."""
    assert whole(["--servers", "memory", "--against", "no-such-revision"]) == 1
    assert "The revision no-such-revision cannot be taken out of git" in capsys.readouterr().err


DEAF = "import sys; from tests.benchmark.plain_loop import Talk, serve\nTalk.say = lambda *_: None; serve(int(sys.argv[1]))"


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("raise SystemExit('the port is taken')", "did not start. Its last words:\nthe port is taken"),
        (DEAF, "failed the check in a. Nobody received message 0 of b00000."),
    ],
)
def test_a_failure_is_a_sentence_and_no_figures(
    script: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Figures of a server that loses messages are worth nothing."""
    broken = replace(PLAIN, title="broken", command=(sys.executable, "-c", script, "{port}"))
    monkeypatch.setattr(command, "CONTENDERS", (broken,))
    assert whole(["--servers", "plain", "--workloads", "a", "--patience", "0.3"]) == 1
    output = capsys.readouterr()
    assert sentence in output.err
    assert output.out == ""


def test_servers_that_are_not_installed_are_named_and_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are measured all the same."""
    absent = replace(PLAIN, key="absent", title="Absent", command=("no-such-program",))
    monkeypatch.setattr(command, "CONTENDERS", (absent, PLAIN))
    assert whole(["--workloads", "a"]) == 0
    output = capsys.readouterr()
    assert "Not installed, and left out: Absent." in output.err
    assert "Absent" not in output.out
    with pytest.raises(NoServer, match="'Absent' is not installed"), running(absent):
        pass


def test_a_server_may_not_write_anywhere_else(tmp_path: Path) -> None:
    """Its folder is made where it was asked for, and gone afterwards."""
    with running(SQLITE, folder=tmp_path) as server:
        assert os.readlink(f"/proc/{server.pid}/cwd").startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_is_ended_leaves_no_server_behind(tmp_path: Path, program: Program) -> None:
    """SIGTERM, as from ``timeout``."""
    assert program.path.exists()
    arguments = [
        "--servers",
        "plain",
        "--workloads",
        "a",
        "--at-most",
        "4",
        "--seconds",
        "60",
        "--folder",
        str(tmp_path),
    ]
    with subprocess.Popen([sys.executable, "-m", "tests.benchmark", *arguments], env=environment()) as running_command:
        while not (servers := list(tmp_path.glob("*/benchmark.log"))):
            assert running_command.poll() is None
            time.sleep(0.01)
        assert servers
        running_command.terminate()
        assert running_command.wait(60) == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_without_a_compiler_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sentence."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert whole(["--servers", "plain"]) == 1
    assert "there is no compiler, cc. On Debian: apt install gcc libc6-dev" in capsys.readouterr().err


@pytest.mark.usefixtures("program")
def test_a_compiler_that_complains_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that one can see what it was."""
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho 'no room left' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(NoCompiler, match="could not be compiled: no room left"):
        build(tmp_path / "built")


@pytest.mark.usefixtures("program")
def test_without_openssl_tls_is_left_out_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All else is measured."""
    monkeypatch.setattr(load, "TLS_HEADER", "no/such/header.h")
    monkeypatch.setattr(load, "cache", lambda: tmp_path)
    assert whole(["--servers", "memory", "--workloads", "a", "a-tls"]) == 0
    output = capsys.readouterr()
    assert "TLS is left out" in output.err
    assert "a-tls" not in output.out
    assert [file.name.rpartition("-")[2] for file in tmp_path.iterdir()] == ["plain"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--at-most", "2"],
        ["--seconds", "0"],
        ["--repeat", "many"],
        ["--servers", "irc"],
        ["--workloads", "z"],
        ["--chatd", "nowhere"],
        ["--chatd", "name=/nowhere"],
        ["--python", sys.executable],
        ["--python", "name=/nowhere"],
        ["--python", "name=/tmp"],
    ],
)
def test_options_that_make_no_sense_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is started."""
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert arguments[0] in capsys.readouterr().err
