"""The sample unit: systemd understands it, it keeps the server in, and the server can live with it."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.faults.altered import ALTERED
from tests.processes import IN_TREE, ROOT, TWISTD, Visitor, running

UNIT = (ROOT / "docs" / "chatd.service").read_text("utf-8")
INSTALLED = "/opt/chatd/bin/twistd"
"""Where the unit looks for twistd."""
MOST_EXPOSED = 15
"""Tenths of the points that ``systemd-analyze security`` gives for what a service may do; without a unit's care it is 96."""

AS_ROOT = {"fchown"} if os.geteuid() == 0 else set()
"""What SQLite does with a new file where it runs as root, as the unit's server does not."""


def systemd_analyze(*arguments: str | Path) -> str:
    """What it says, if all is well."""
    if shutil.which("systemd-analyze") is None:
        missing("systemd-analyze")
    command = ["systemd-analyze", "--no-pager", *arguments]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a twistd that is there."""
    path = tmp_path / "chatd.service"
    path.write_text(UNIT.replace(INSTALLED, TWISTD))
    return path


def test_systemd_understands_the_unit(unit: Path) -> None:
    """It has nothing to say about it: what it does not know it would only ignore, and a slip would protect nobody."""
    assert systemd_analyze("verify", unit) == ""


def test_the_unit_lets_the_server_do_little_else_than_serve(unit: Path) -> None:
    """Systemd itself judges what is left; the network is the most of it."""
    systemd_analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit)


def test_the_server_asks_the_kernel_for_nothing_that_the_unit_forbids(tmp_path: Path) -> None:
    """From its start to its end, with a database taken for a large one, passwords and TLS: each call is one of those allowed."""
    if shutil.which("strace") is None:
        missing("strace")
    calls = tmp_path / "calls"
    (start,) = values("ExecStart")
    watched = ["strace", "-D", "-f", "-qq", "-o", str(calls)]
    large = [*ALTERED, "--set=chatd.storage.database.LARGE_BYTES=0"]
    command = [*watched, *large, *start.replace(INSTALLED, TWISTD).split(), "--port", "0", "--cert", "auto"]
    with running(command, tmp_path, IN_TREE) as server:
        ali = Visitor(server.port)
        for line in ("ali", "salam", "/register four words are better", "/search salam", "/exit"):
            ali.types(line)
        while not ali.sees().startswith("* Goodbye"):
            pass
        ali.goes()
        assert encrypted(server.port, "sara\n/exit\n").endswith("* Goodbye, sara.\n")
    made = set(re.findall(r"^\d+ +(\w+)\(", calls.read_text("utf-8"), re.MULTILINE))
    assert {"fdatasync", "epoll_wait", "accept4", "setpriority"} <= made, "it was not watched"
    assert made <= allowed() | AS_ROOT


def test_a_reload_ends_no_server_that_has_no_certificate(tmp_path: Path) -> None:
    """The unit's way to reload is SIGHUP, which would end a program that knows nothing of it."""
    assert values("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    with running([TWISTD, "-n", "--pidfile=", "chatd", "--port", "0", "-s", "memory:"], tmp_path, IN_TREE) as server:
        server.process.send_signal(signal.SIGHUP)
        ali = Visitor(server.port)
        ali.types("ali")
        assert ali.sees().startswith("* Hello ali.")
        ali.goes()
    assert "There is no certificate to read again" in server.log


def encrypted(port: int, words: str) -> str:
    """Say this over TLS; what is answered until the end."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as plain,
        context.wrap_socket(plain) as connection,
        connection.makefile("r", encoding="utf-8") as answers,
    ):
        connection.sendall(words.encode())
        return answers.read()


def values(name: str) -> list[str]:
    """What the unit says of this, line by line."""
    return re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)


def allowed() -> set[str]:
    """The system calls that the unit leaves: a line adds some, or takes some away if it begins with ``~``."""
    calls = members("@default")
    for line in values("SystemCallFilter"):
        named = set().union(*(members(name) for name in line.removeprefix("~").split()))
        calls = calls - named if line.startswith("~") else calls | named
    return calls


@cache
def members(name: str) -> set[str]:
    """The system calls of a set of systemd's, and of those sets it is made of; a call is a set of its own."""
    if not name.startswith("@"):
        return {name}
    lines = systemd_analyze("syscall-filter", name).splitlines()[1:]
    names = [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]
    return set().union(*(members(inner) for inner in names))
