"""The servers under test: how each is started and ended.

Knows processes and ports. Must not know what is said to the servers, nor what is measured.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmark.peers import INSPIRCD, NGIRCD

ROOT = Path(__file__).parents[2]
START_SECONDS = 20.0
STOP_SECONDS = 10.0
_TWISTD = "from twisted.scripts.twistd import run; run()"
_PLACES = os.pathsep.join(["/usr/sbin", "/usr/local/sbin"])
"""Where servers are installed, and people's PATH does not always lead."""


class NoServer(Exception):
    """A server did not come up. The text says which, and the end of what it had to say."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to be measured."""

    key: str
    """What it is called on the command line."""
    title: str
    dialect: str
    """How it is spoken to, see ``dialect.h``."""
    command: tuple[str, ...]
    """``{port}`` is filled in. It runs in an empty folder that is removed afterwards."""
    files: tuple[tuple[str, str], ...] = ()
    """Names and texts of files in that folder; ``{port}`` is filled in, too."""
    root: Path = ROOT
    """The checkout that Python imports from."""
    at_once: int = 64
    """How many idle clients are let in at a time; not for what is measured."""

    @property
    def has_rooms(self) -> bool:
        """Whether there can be more than one room, and people who are in none."""
        return self.dialect != "plain"


def _chatd(key: str, title: str, store: str, dialect: str = "line") -> Contender:
    options = ("--nodaemon", "--pidfile=", "--no_save", "chatd", "--port", "{port}", "--store", store, "--flood", "0")
    return Contender(key, title, dialect, (sys.executable, "-c", _TWISTD, *options))


def _as_root() -> tuple[str, ...]:
    return ("--runasroot",) if os.geteuid() == 0 else ()


SQLITE = _chatd("sqlite", "chatd, SQLite", "sqlite:benchmark.db")
MEMORY = _chatd("memory", "chatd, memory", "memory:")
INSPIRCD_3 = Contender(
    "inspircd",
    "InspIRCd",
    "irc",
    ("inspircd", "--nofork", *_as_root(), "--config", "{folder}/inspircd.conf"),
    (("inspircd.conf", INSPIRCD),),
    at_once=1000,
)
NGIRCD_26 = Contender(
    "ngircd", "ngIRCd", "irc", ("ngircd", "--nodaemon", "--config", "{folder}/ngircd.conf"), (("ngircd.conf", NGIRCD),)
)
THREADS = Contender(
    "threads", "a thread each", "plain", (sys.executable, "-m", "tests.benchmark.threads", "{port}")
)
PLAIN = Contender("plain", "plain loop", "plain", (sys.executable, "-m", "tests.benchmark.plain_loop", "{port}"))
CONTENDERS = (SQLITE, MEMORY, INSPIRCD_3, NGIRCD_26, THREADS, PLAIN)


def of_checkout(name: str, root: Path) -> tuple[Contender, Contender]:
    """chatd as it is in another checkout, with both stores."""
    sqlite, memory = (replace(one, root=root) for one in (SQLITE, MEMORY))
    return (
        replace(sqlite, key=f"{name}-sqlite", title=f"{name}, SQLite"),
        replace(memory, key=f"{name}-memory", title=f"{name}, memory"),
    )


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens on 127.0.0.1."""

    pid: int
    port: int


def installed(contender: Contender) -> bool:
    """Whether its program is there."""
    return _program(contender.command[0]) is not None


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
        Path(place).chmod(0o755)  # a server that is started by root may go on as nobody
        for name, text in contender.files:
            Path(place, name).write_text(text.format(port=port), "utf-8")
        log = Path(place, "benchmark.log")
        command = [part.format(port=port, folder=place) for part in contender.command]
        process = _start(contender, command, Path(place), log)
        try:
            if core is not None:
                os.sched_setaffinity(process.pid, {core})
            _await_listening(process, port, contender.title, log)
            yield Running(process.pid, port)
        finally:
            _stop(process)


def environment(root: Path = ROOT) -> dict[str, str]:
    """This process's, with a checkout first among the places that Python imports from."""
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}


def two_cores() -> tuple[int, int] | tuple[None, None]:
    """One CPU for the server and one for the load, if this process may use two."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)


def _program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), _PLACES]))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _start(contender: Contender, command: Sequence[str], place: Path, log: Path) -> subprocess.Popen[bytes]:
    program = _program(command[0])
    if program is None:
        raise NoServer(f"The server '{contender.title}' is not installed: there is no program {command[0]}.")
    with log.open("wb") as output:
        return subprocess.Popen(
            [program, *command[1:]],
            cwd=place,
            env=environment(contender.root),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
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
