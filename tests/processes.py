"""An installed twistd as a child process. Knows how to start and stop one; must not know the chat beyond its first lines."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).parent.parent
TWISTD = str(Path(sys.executable).with_name("twistd"))


def environment(**more: str) -> dict[str, str]:
    """The environment of this process, without what would let another find modules that are not installed there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONUTF8": "1", **more}


IN_TREE = environment(PYTHONPATH=str(ROOT))
"""For this environment's twistd: chatd is the one under test, whether it is installed or not."""


@dataclass(slots=True)
class Server:
    """A server that listens on 127.0.0.1."""

    process: subprocess.Popen[str]
    port: int
    log: str = ""
    """What it logged; complete once it has stopped."""


@contextmanager
def running(command: Sequence[str | Path], cwd: Path, env: dict[str, str]) -> Iterator[Server]:
    """Run this command until the end of the block, which begins as soon as somebody can connect.

    Raises:
        AssertionError: it ends by itself, or with a traceback in its log.
    """
    process = subprocess.Popen(
        command, cwd=cwd, env=env, text=True, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        server = _listening(process)
        yield server
    finally:
        process.terminate()
        rest, _ = process.communicate()
    server.log += rest
    assert "Server Shut Down" in server.log, server.log
    assert "Traceback" not in server.log, server.log


def _listening(process: subprocess.Popen[str]) -> Server:
    assert process.stdout is not None
    log = ""
    for line in process.stdout:
        log += line
        found = re.search(r"Listening on \S+ port (\d+)", line)
        if found:
            _await_answer(int(found[1]))
            return Server(process, int(found[1]), log)
    raise AssertionError(f"it ended before it listened:\n{log}")


def _await_answer(port: int) -> None:
    """Until the reactor runs: before that, SIGTERM would find nobody to stop the server in good order."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as visit:
        visit.sendall(b"Hello Server")
        assert visit.recv(1) == b"H"


@dataclass(slots=True)
class Visitor:
    """Somebody at a terminal: what they see there, their own lines included."""

    port: int
    screen: list[str] = field(default_factory=list)
    _socket: socket.socket = field(init=False)
    _lines: TextIO = field(init=False)

    def __post_init__(self) -> None:
        """Connect."""
        self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\n")

    def types(self, line: str) -> None:
        """A line and Enter."""
        self.screen.append(line)
        self._socket.sendall(f"{line}\n".encode())

    def sees(self, lines: int = 1) -> str:
        """Wait for so many lines; the last of them is returned."""
        for _ in range(lines):
            line = self._lines.readline()
            assert line.endswith("\n"), f"the connection ended after {self.screen}"
            self.screen.append(line.removesuffix("\n"))
        return self.screen[-1]

    def goes(self) -> None:
        """Close the window."""
        self._lines.close()
        self._socket.close()
