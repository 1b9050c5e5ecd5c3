"""The load program: built from the C beside this file, run, and its answer taken in.

Knows the compiler, and the program's options and answers. Must not know which server is measured.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.figures import Figures
from tests.benchmark.workloads import Workload

SOURCES = Path(__file__).parent
FLAGS = ("-std=gnu11", "-O2", "-flto=auto", "-Wall", "-Wextra", "-Werror")
"""With ``-flto`` the files are compiled together: else what they ask of each other for every line would cost a call."""
TLS_HEADER = "openssl/ssl.h"
TLS_FLAGS, TLS_LIBRARIES = ("-DTLS",), ("-lssl", "-lcrypto")


class Fault(Exception):
    """The server did not do what a chat server is there for. The text is one sentence about what was found."""


class NoCompiler(Exception):
    """The load program cannot be built. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """The load program."""

    path: Path
    has_tls: bool
    """Whether the headers of OpenSSL were there."""


@dataclass(frozen=True, slots=True)
class Plan:
    """With whom the load program is to do a workload, and for how long."""

    port: int
    pid: int
    """The server's process, whose CPU time and memory are read."""
    dialect: str
    core: int | None = None
    """The CPU to use; ``None`` for any."""
    server_core: int | None = None
    """The one that the server uses."""
    seconds: float = 4.0
    """How long is measured."""
    warm: float = 0.5
    """How long people talk before."""
    patience: float = 10.0
    """Seconds without any news after which what is missing counts as lost."""
    quiet: float = 0.2
    """Seconds in which nothing may come after the last message."""
    messages: int = 0
    """In closed loops: how many each says in each room, if that takes less time; 0: no such end."""
    at_once: int = 64
    """How many are on their way in at the same time."""


def cache() -> Path:
    """Where built programs are kept: the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "chatd-benchmark")


def build(folder: Path | None = None) -> Program:
    """The load program, in ``folder`` (else the user's cache); made anew only when its source or :data:`FLAGS` have changed.

    Raises:
        NoCompiler: there is none, or it does not like the source.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler("The load is written in C, and there is no compiler, cc. On Debian: apt install gcc libc6-dev")
    has_tls = not _compiled([compiler, "-fsyntax-only", "-include", TLS_HEADER, "-xc", "-"])
    program = (folder or cache()) / f"load-{_version()}-{'tls' if has_tls else 'plain'}"
    if not program.exists():
        _make(compiler, program, has_tls)
    return Program(program, has_tls)


def run(program: Program, workload: Workload, plan: Plan) -> Figures:
    """One workload against one server.

    Raises:
        Fault: a message got lost, doubled, into different orders, or back to its sender; or the server gave up.
    """
    answer = subprocess.run([program.path, *_options(workload, plan)], stdout=subprocess.PIPE, check=False)
    if not answer.stdout:
        raise Fault(f"The load ended without an answer, with status {answer.returncode}.")
    found = json.loads(answer.stdout)
    if "fault" in found:
        raise Fault(found["fault"])
    return Figures(**found)


def _version() -> str:
    """What tells one source, and one way to compile it, from another."""
    texts = (file.read_bytes() for file in sorted(SOURCES.glob("*.[ch]")))
    return hashlib.sha256(b"".join([" ".join(FLAGS).encode(), *texts])).hexdigest()[:16]


def _compiled(command: Sequence[str]) -> str:
    """What the compiler had to complain about; empty if nothing."""
    answer = subprocess.run(command, input="", capture_output=True, text=True, check=False)
    return (answer.stderr.strip() or "no reason given") if answer.returncode else ""


def _make(compiler: str, program: Path, has_tls: bool) -> None:
    """Under another name first: somebody may be running it, or building it as well."""
    program.parent.mkdir(parents=True, exist_ok=True)
    made = program.with_name(f"{program.name}.{os.getpid()}")
    sources = map(str, sorted(SOURCES.glob("*.c")))
    flags, libraries = (TLS_FLAGS, TLS_LIBRARIES) if has_tls else ((), ())
    complaint = _compiled([compiler, *FLAGS, *flags, "-o", str(made), *sources, *libraries])
    if complaint:
        raise NoCompiler(f"The load could not be compiled: {complaint}")
    made.replace(program)


def _options(workload: Workload, plan: Plan) -> list[str]:
    values = {
        "port": plan.port,
        "pid": plan.pid,
        "dialect": workload.dialect or plan.dialect,
        "core": plan.core,
        "server-core": plan.server_core,
        "seconds": plan.seconds,
        "warm": plan.warm,
        "patience": plan.patience,
        "quiet": plan.quiet,
        "messages": plan.messages,
        "at-once": plan.at_once,
        "rooms": workload.rooms,
        "each": workload.each,
        "members": workload.members,
        "talkers": workload.talkers,
        "burst": workload.burst,
        "idle": workload.idle,
        "rate": workload.rate,
        "connects": workload.connects,
    }
    options = [f"--{key}={value}" for key, value in values.items() if value is not None]
    return [*options, "--tls"] if workload.tls else options
