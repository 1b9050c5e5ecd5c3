"""The servers under test: how each is started and ended.

Knows processes and ports. Must not know what is said to the servers, nor what is measured.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmark.peers import INSPIRCD, NGIRCD
from tests.benchmark.workloads import JSON, Workload

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
    with_tls: tuple[str, ...] | None = None
    """Further arguments by which TLS is offered; ``None``: it is not."""
    dialects: tuple[str, ...] = ()
    """Others that it understands."""
    root: Path = ROOT
    """The checkout that Python imports from."""
    at_once: int = 64
    """How many clients come in at a time: with so many it does best."""
    waits_for_disk: bool = False
    """Whether nobody sees a message before it is on the disk."""

    def can(self, workload: Workload) -> bool:
        """Whether it has what the workload asks for: rooms, a dialect, TLS."""
        rooms = self.dialect != "plain" or not workload.needs_rooms
        dialect = not workload.dialect or workload.dialect in self.dialects
        return rooms and dialect and (self.with_tls is not None or not workload.tls)


def _chatd(key: str, title: str, store: str, *, waits_for_disk: bool) -> Contender:
    options = ("--nodaemon", "--pidfile=", "--no_save", "chatd", "--port", "{port}", "--store", store, "--flood", "0")
    command = (sys.executable, "-c", _TWISTD, *options)
    return Contender(
        key, title, "line", command, with_tls=("--cert", "auto"), dialects=(JSON,), waits_for_disk=waits_for_disk
    )


def _as_root() -> tuple[str, ...]:
    return ("--runasroot",) if os.geteuid() == 0 else ()


SQLITE = _chatd("sqlite", "chatd, SQLite", "sqlite:benchmark.db", waits_for_disk=True)
MEMORY = _chatd("memory", "chatd, memory", "memory:", waits_for_disk=False)
INSPIRCD_3 = Contender(
    "inspircd",
    "InspIRCd",
    "irc",
    ("inspircd", "--nofork", *_as_root(), "--config", "{folder}/inspircd.conf"),
    (("inspircd.conf", INSPIRCD),),
    at_once=1000,  # it looks once a second whom it can let in
)
NGIRCD_26 = Contender(
    "ngircd",
    "ngIRCd",
    "irc",
    ("ngircd", "--nodaemon", "--config", "{folder}/ngircd.conf"),
    (("ngircd.conf", NGIRCD),),
    at_once=10,  # its listening socket has no more places; who finds none tries again seconds later
)
THREADS = Contender("threads", "a thread each", "plain", (sys.executable, "-m", "tests.benchmark.threads", "{port}"))
PLAIN = Contender("plain", "plain loop", "plain", (sys.executable, "-m", "tests.benchmark.plain_loop", "{port}"))
CONTENDERS = (SQLITE, MEMORY, INSPIRCD_3, NGIRCD_26, THREADS, PLAIN)


def of_checkout(name: str, root: Path, chosen: Iterable[Contender]) -> list[Contender]:
    """Those of ``chosen`` that are chatd, as they are in another checkout."""
    return [replace(one, root=root) for one in _renamed(name, chosen)]


def by_python(name: str, program: Path, chosen: Iterable[Contender]) -> list[Contender]:
    """Those of ``chosen`` that are chatd, run by another Python, in which what chatd needs is installed."""
    return [replace(one, command=(str(program), *one.command[1:])) for one in _renamed(name, chosen)]


def _renamed(name: str, chosen: Iterable[Contender]) -> list[Contender]:
    return [
        replace(one, key=f"{name}-{one.key}", title=one.title.replace("chatd", name))
        for one in chosen
        if one in (SQLITE, MEMORY)
    ]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens on 127.0.0.1."""

    pid: int
    port: int


def installed(contender: Contender) -> bool:
    """Whether its program is there."""
    return _program(contender.command[0]) is not None


@contextmanager
def running(
    contender: Contender, core: int | None = None, folder: Path | None = None, *, tls: bool = False
) -> Iterator[Running]:
    """Start a server on a free port and pin it to ``core``; end it afterwards.

    Args:
        contender: which one.
        core: the CPU it may use, ``None`` for any.
        folder: where its own empty folder is made; by default where temporary files go.
        tls: whether it is to offer TLS.

    Raises:
        NoServer: it ended, or did not listen within 20 s.
    """
    port = _free_port()
    with TemporaryDirectory(prefix="chatd-benchmark-", dir=folder) as place:
        Path(place).chmod(0o755)  # a server that is started by root may go on as nobody
        for name, text in contender.files:
            Path(place, name).write_text(text.format(port=port), "utf-8")
        log = Path(place, "benchmark.log")
        parts = [*contender.command, *(contender.with_tls or () if tls else ())]
        command = [part.format(port=port, folder=place) for part in parts]
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
