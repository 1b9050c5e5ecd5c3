"""A real server as a trial needs it: on a port that it keeps, killed and started again, under strace or in a namespace.

Knows twistd, processes and files. Must not know what is said to the server, and judges nothing.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.processes import IN_TREE, TWISTD

HOST = "127.0.0.1"
PATIENCE = 30.0
"""Seconds until something that has to happen has not happened."""

_BELOW_EPHEMERAL = range(20_000, 32_000)
_LISTENING = b"Listening on "
_TROUBLE = ("Traceback", "Unhandled", "#critical", "damaged")


class NotStarted(Exception):
    """The server ended before it listened; the message is what it wrote."""


def free_port(random: Random) -> int:
    """A port nobody listens on, which no outgoing connection is given either, so that it stays free between two runs."""
    while True:
        port = random.choice(_BELOW_EPHEMERAL)
        try:
            socket.create_server((HOST, port)).close()
        except OSError:
            continue
        return port


class Server:
    """One run of ``twistd chatd``. Its database is ``chatd.db`` in ``folder``, what it writes is added to ``folder/log``.

    ``before`` is what stands in front of the command, and has to become it (``exec``) or follow it from aside
    (``strace -D``), so that a signal reaches the server itself. It begins to run at once; see :meth:`await_listening`.
    """

    def __init__(
        self, folder: Path, port: int, *options: str, before: Sequence[str] = (), env: Mapping[str, str] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = port
        self.database = folder / "chatd.db"
        self._log = folder.parent / f"{folder.name}.log"
        self._log.touch()
        self._begin = self._log.stat().st_size
        listen = f"tcp:{port}:backlog=1024:interface={HOST}"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*before, TWISTD, "-n", "--pidfile=", "chatd", "--listen", listen, *options],
                cwd=folder,
                env={**IN_TREE, "TZ": "UTC", "LC_ALL": "C.UTF-8", **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        """What this run has written."""
        with self._log.open("rb") as log:
            log.seek(self._begin)
            return log.read().decode(errors="replace")

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self.process.pid

    def megabytes(self) -> float:
        """The memory it has resident now (10^6 bytes)."""
        lines = Path(f"/proc/{self.pid}/status").read_text("utf-8").splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmRSS:"))) * 1024 / 1e6

    def await_listening(self) -> "Server":
        """Wait until people can come.

        Raises:
            NotStarted: it has ended instead, or nothing happened.
        """
        deadline = time.monotonic() + PATIENCE
        while _LISTENING not in self.log.encode():
            if not self.running or time.monotonic() > deadline:
                self.kill()
                raise NotStarted(self.log)
            time.sleep(0.01)
        return self

    def kill(self) -> None:
        """``kill -9``, and wait for the end of it."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """``systemctl stop``: its exit status, once it has ended."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Its exit status, once it has ended; negative: the signal that ended it."""
        return self.process.wait(PATIENCE)

    def await_log(self, words: str) -> None:
        """Wait until it has written this.

        Raises:
            TimeoutError: it has not.
        """
        deadline = time.monotonic() + PATIENCE
        while words not in self.log:
            if time.monotonic() > deadline:
                raise TimeoutError(f"The server did not write {words!r} but: {self.log}")
            time.sleep(0.01)


@contextmanager
def serving(
    folder: Path, port: int, *options: str, before: Sequence[str] = (), env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A server that people can come to; stopped, and killed if need be, at the end of the block."""
    server = Server(folder, port, *options, before=before, env=env)
    try:
        yield server.await_listening()
    finally:
        end(server)


def end(server: Server) -> None:
    """Stop it if it runs, by force if it does not go by itself."""
    if server.running:
        server.process.send_signal(signal.SIGTERM)
        try:
            server.wait()
        except subprocess.TimeoutExpired:
            server.kill()


def has_program(name: str) -> bool:
    """Whether there is such a program on the path of executables."""
    return any(os.access(Path(folder) / name, os.X_OK) for folder in os.environ.get("PATH", "").split(os.pathsep))


def troubles(server: Server) -> list[str]:
    """What this run has written that nobody should find in a log, as violations."""
    found = [line for line in server.log.splitlines() if any(word in line for word in _TROUBLE)]
    return [f"The server wrote {line!r} ({server.folder.name}.log)." for line in found[:3]]
