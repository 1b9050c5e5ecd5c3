"""A chatd of its own process, as an operator starts it, and what it must be like when it ends.

Knows ``twistd``, processes and files. Must not know what is said to the server.
"""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
PATIENCE = 20.0
"""Seconds until something that has to happen has not happened."""

_LISTENING = re.compile(rb"Listening on 127\.0\.0\.1 port (\d+)")
_STOPPED = (0, -signal.SIGTERM, -signal.SIGINT)
_TROUBLE = (b"Traceback", b"Unhandled", b"CRITICAL")


class Server:
    """A running ``twistd chatd`` on a free port of this machine. Its files are in ``folder``."""

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._log = folder.parent / f"{folder.name}.log"
        twistd = str(Path(sys.executable).parent / "twistd")
        listen = f"tcp:0:backlog=1024:interface={HOST}"  # crowds come at once here
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [twistd, "-n", "--pidfile=", "chatd", "--listen", listen, *options],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), "TZ": "UTC", "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.port = self._await_listening()

    @property
    def log(self) -> bytes:
        """What it has written."""
        return self._log.read_bytes()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def megabytes(self) -> float:
        """The memory it has resident now (10^6 bytes)."""
        return self._status("VmRSS") * 1024 / 1e6

    def descriptors(self) -> tuple[int, int]:
        """How many its limit allows it to open, and for how many the kernel's table has room now."""
        return resource.prlimit(self._process.pid, resource.RLIMIT_NOFILE)[0], self._status("FDSize")

    def _status(self, field: str) -> int:
        lines = Path(f"/proc/{self._process.pid}/status").read_text("utf-8").splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(f"{field}:")))

    def kill(self) -> None:
        """As a power cut would end it."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def signal(self, number: signal.Signals) -> None:
        """Send it this signal."""
        self._process.send_signal(number)

    def terminate(self) -> None:
        """Ask it to stop, as ``systemctl stop`` does."""
        self.signal(signal.SIGTERM)

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        return self._process.wait(PATIENCE)

    def await_everybody_gone(self) -> None:
        """Wait until all who came have left, so that their names are free."""
        deadline = time.monotonic() + PATIENCE
        while self.log.count(b" joined from ") > self.log.count(b" left from "):
            assert time.monotonic() < deadline, self.log.decode()
            time.sleep(0.01)

    def assert_left_well(self) -> None:
        """It has stopped as it should: no error, nothing in the log to be ashamed of, and only its database left.

        A program that a signal has stopped in good order ends by that signal, so that its parent sees why: twistd does.
        """
        assert self.wait() in _STOPPED, self.log.decode()
        assert not any(trouble in self.log for trouble in _TROUBLE), self.log.decode()
        left = {path.name for path in self.folder.iterdir()}
        assert left <= {"chatd.db", "chatd.db.mark"}, f"left behind: {left}"

    def _await_listening(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.running:
            found = _LISTENING.search(self.log)
            if found:
                return int(found[1])
            time.sleep(0.02)
        self.kill()
        raise AssertionError(f"the server did not start:\n{self.log.decode()}")


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    """A server for as long as it is needed; then it is stopped, and must end well unless it was killed."""
    server = Server(folder, *options)
    try:
        yield server
        if server.running:
            server.terminate()
            server.assert_left_well()
    finally:
        if server.running:
            server.kill()
