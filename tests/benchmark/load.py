"""The load program: built from the C beside this file, run, and its answer taken in.

Knows the compiler, and the program's options and figures. Must not know which server is measured.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.benchmark.workloads import Workload

SOURCES = Path(__file__).parent
FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror")


class Fault(Exception):
    """The server did not do what a chat server is there for. The text is one sentence about what was found."""


class NoCompiler(Exception):
    """The load program cannot be built. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the load program is to do, and with whom."""

    port: int
    pid: int
    """The server's process, whose CPU time and memory are read."""
    dialect: str
    core: int | None
    """The CPU to use; ``None`` for any."""
    seconds: float = 4.0
    """How long is measured."""
    warm: float = 0.5
    """How long people talk before."""
    patience: float = 10.0
    """Seconds without any news after which what is missing counts as lost."""
    at_once: int = 64
    """How many are on their way in at the same time."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out of one run. Seconds and bytes; delays in milliseconds, from saying to having received."""

    seconds: float
    """How long was measured."""
    deliveries: int
    """Messages received in that time, counted once per receiver."""
    messages: int
    """Messages said in that time."""
    server_cpu: float
    """CPU seconds of the server in that time."""
    load_busy: float
    """How much of that time the load was at work. Near 1 it is the limit, and the rate says too little about the server."""
    resident: int
    """The server's resident memory at the end."""
    peak: int
    """The same at its highest."""
    checked: int = 0
    """Messages received in the whole run; every one has been checked."""
    p50: float = 0.0
    p99: float = 0.0
    p999: float = 0.0
    slowest: float = 0.0
    connects: int = 0
    """People who came."""
    before: int = 0
    """The server's resident memory before they did."""


def build() -> Path:
    """The load program, made anew only when its source has changed.

    Raises:
        NoCompiler: there is none, or it does not like the source.
    """
    sources = sorted(SOURCES.glob("*.c"))
    text = b"".join(file.read_bytes() for file in sorted(SOURCES.glob("*.[ch]")))
    name = f"chatd-benchmark-load-{hashlib.sha256(text).hexdigest()[:16]}"
    program = Path(tempfile.gettempdir(), name)
    if program.exists():
        return program
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler("The load is written in C and there is no compiler, cc. On Debian: apt install gcc libc6-dev.")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "load")
        command = [compiler, *FLAGS, "-o", str(made), *map(str, sources)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode:
            raise NoCompiler(f"The load could not be compiled: {answer.stderr.strip()}")
        shutil.move(made, program)
    return program


def run(program: Path, workload: Workload, plan: Plan) -> Figures:
    """One workload against one server.

    Raises:
        Fault: a message got lost, doubled, into different orders, or back to its sender; or the server gave up.
    """
    answer = subprocess.run([program, *_options(workload, plan)], stdout=subprocess.PIPE, check=False)
    if not answer.stdout:
        raise Fault(f"The load ended without an answer, with status {answer.returncode}.")
    found = json.loads(answer.stdout)
    if "fault" in found:
        raise Fault(found["fault"])
    return Figures(**found)


def _options(workload: Workload, plan: Plan) -> list[str]:
    values = {
        "port": plan.port,
        "pid": plan.pid,
        "dialect": plan.dialect,
        "core": plan.core,
        "seconds": plan.seconds,
        "warm": plan.warm,
        "patience": plan.patience,
        "at-once": plan.at_once,
        "rooms": workload.rooms,
        "members": workload.members,
        "talkers": workload.talkers,
        "idle": workload.idle,
        "rate": workload.rate,
        "connects": workload.connects,
    }
    return [f"--{key}={value}" for key, value in values.items() if value is not None]
