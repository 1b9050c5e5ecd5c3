"""What a long history costs: starting, coming in, looking back, searching; through a real server and a socket.

Knows processes and what is typed to chatd. Must not know how databases are made, nor pictures.
"""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tests.benchmark.growth.databases import ABSENT, COMMON, RARE
from tests.benchmark.growth.points import Values
from tests.benchmark.measure import two_cores
from tests.benchmark.servers import SQLITE, NoServer, environment

START_SECONDS, STOP_SECONDS, ANSWER_SECONDS = 300.0, 60.0, 120.0
POLL_SECONDS = 0.002
SQLITE_FILE = "sqlite:benchmark.db"
FENCE = b"/fence\n"
"""No command: the answer to it is the end of the answer to the one before."""
REQUESTS = {
    "history": "/history 100",
    "rare": f"/search {RARE}",
    "common": f"/search {COMMON}",
    "absent": f"/search {ABSENT}",
}


class NoAnswer(Exception):
    """The server did not say what it had to. The text says what that was."""


@dataclass(frozen=True, slots=True)
class Looking:
    """How thoroughly one looks."""

    times: int = 51
    """Medians of so many."""
    seconds: float = 3.0
    """Nothing is tried again after that."""
    starts: int = 5
    """The same of starting, which takes longer."""


class Conversation:
    """One connection, and what it is told."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def says(self, words: bytes, until: bytes) -> None:
        """Say it, and read until this was told.

        Raises:
            NoAnswer: the connection ends before, or nothing comes for two minutes.
        """
        self._socket.sendall(words)
        heard = b""
        while until not in heard:
            try:
                more = self._socket.recv(1 << 18)
            except TimeoutError:
                more = b""
            if not more:
                raise NoAnswer(
                    f"The server was told {words!r}, and did not answer {until!r}. It said: {heard[-300:]!r}"
                )
            heard += more

    def asks(self, request: str) -> None:
        """Give a command, and read all of its answer."""
        self.says(request.encode() + b"\n" + FENCE, b"\n! ")

    def close(self) -> None:
        """Leave."""
        self._socket.close()


def measured(path: Path | None, newest: str, looking: Looking) -> Values:
    """All of it, in seconds, with this database; with ``None``, starting with an empty one.

    Args:
        path: the database.
        newest: what the last message in the lobby ends with.
        looking: how thoroughly.

    Raises:
        NoServer: it does not start.
        NoAnswer: it does not answer.
    """
    starts = []
    values: Values = {}
    with TemporaryDirectory(prefix="chatd-growth-") as folder:
        for turn in range(looking.starts):
            with _running(path or Path(folder, f"{turn}.db"), Path(folder)) as (port, seconds):
                starts.append(seconds)
                if path is not None and not values:
                    values = _asked(port, newest.encode(), looking)
    return {"start": median(starts), **values}


def _asked(port: int, newest: bytes, looking: Looking) -> Values:
    """Coming in, and each of the requests, again and again."""
    names = count()
    values = {"join": _median(lambda: _join(port, next(names), newest), looking)}
    with closing(Conversation(port)) as reader:
        reader.says(b"reader\n", newest)
        for name, request in REQUESTS.items():
            values[name] = _median(partial(reader.asks, request), looking)
    return values


def _join(port: int, number: int, newest: bytes) -> None:
    """Connect, give a name, and read the last of the lines that a newcomer is shown."""
    with closing(Conversation(port)) as visitor:
        visitor.says(b"visitor%d\n" % number, newest)


def _median(do: Callable[[], None], looking: Looking) -> float:
    seconds: list[float] = []
    while len(seconds) < looking.times and sum(seconds) < looking.seconds:
        begin = time.perf_counter()
        do()
        seconds.append(time.perf_counter() - begin)
    return median(seconds)


@contextmanager
def _running(path: Path, folder: Path) -> Iterator[tuple[int, float]]:
    """A server with this database: its port, and how many seconds it took from starting the process until it listened."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    options = {"{port}": str(port), SQLITE_FILE: f"sqlite:{path.resolve()}"}
    command = [options.get(part, part) for part in SQLITE.command]
    with (folder / "log").open("wb") as log:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=log, stderr=log)
    try:
        if (core := two_cores()[0]) is not None:
            os.sched_setaffinity(process.pid, {core})
        _await_listening(process, port, folder / "log")
        yield port, time.perf_counter() - begin
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _await_listening(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Try again and again, more often than the benchmark does, since that is what is measured."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(POLL_SECONDS)
    said = log.read_text("utf-8", "replace").strip().splitlines()[-5:]
    raise NoServer("\n".join(["chatd did not start with its long history. Its last words:", *said]))
