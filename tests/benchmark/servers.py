"""The servers under test: how each is started, ended, and how much of the machine it used.

Knows processes, ports, and how Linux accounts for them. Must not know what is said to the servers.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
START_SECONDS = 20.0
STOP_SECONDS = 10.0
_TWISTD = "from twisted.scripts.twistd import run; run()"


class NoServer(Exception):
    """A server did not come up. The text says which, and the end of what it had to say."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to be measured."""

    key: str
    """What it is called on the command line."""
    title: str
    command: tuple[str, ...]
    """Its arguments to Python; ``{port}`` is filled in. It runs in an empty folder that is removed afterwards."""


def _chatd(store: str) -> tuple[str, ...]:
    options = ("--nodaemon", "--pidfile=", "--no_save", "chatd", "--port", "{port}", "--store", store, "--flood", "0")
    return ("-c", _TWISTD, *options)


PLAIN = Contender("plain", "plain loop", ("-m", "tests.benchmark.plain_loop", "{port}"))
MEMORY = Contender("memory", "chatd, memory", _chatd("memory:"))
SQLITE = Contender("sqlite", "chatd, SQLite", _chatd("sqlite:benchmark.db"))
CONTENDERS = (PLAIN, MEMORY, SQLITE)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens on 127.0.0.1."""

    pid: int
    port: int


@contextmanager
def running(contender: Contender, core: int | None, folder: Path | None = None) -> Iterator[Running]:
    """Start a server on a free port and pin it to ``core``; end it afterwards.

    Args:
        contender: which one.
        core: the CPU it may use, ``None`` for any.
        folder: where its own empty folder is made; by default where temporary files go.

    Raises:
        NoServer: it ended, or did not listen within 20 s.
    """
    port = _free_port()
    with TemporaryDirectory(prefix="chatd-benchmark-", dir=folder) as place:
        log = Path(place, "benchmark.log")
        process = _start([part.format(port=port) for part in contender.command], Path(place), log)
        try:
            if core is not None:
                os.sched_setaffinity(process.pid, {core})
            _await_listening(process, port, contender.title, log)
            yield Running(process.pid, port)
        finally:
            _stop(process)


def environment() -> dict[str, str]:
    """This process's, with this checkout first among the places that Python imports from."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}


def two_cores() -> tuple[int, int] | tuple[None, None]:
    """One CPU for the server and one for the load, if this process may use two."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, with all its threads, by its CPU clock: finer than the ticks of ``/proc``."""
    # What clock_getcpuclockid(3) computes on Linux; Python offers it for threads only.
    return time.clock_gettime(~pid << 3 | 2)


def peak_megabytes(pid: int) -> float:
    """The most memory a process has had resident, in MB (10^6 bytes)."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    kibibytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kibibytes) * 1024 / 1e6


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _start(arguments: Sequence[str], place: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=place, env=environment(), stdout=output, stderr=subprocess.STDOUT
        )


def _await_listening(process: subprocess.Popen[bytes], port: int, title: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    said = log.read_text("utf-8", "replace").strip().splitlines()[-5:]
    raise NoServer("\n".join([f"The server '{title}' did not start. Its last words:", *said]))


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
