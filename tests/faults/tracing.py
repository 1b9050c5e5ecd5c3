"""System calls of a server, as strace(1) tells them: what was written, synced and sent, in the order in which it happened.

Knows strace's command line and its lines. Must not know the chat, or what a call should have been.
"""

import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.outcome import Unavailable
from tests.faults.running import PATIENCE

WRITES = "pwrite64,pwritev,write,writev,sendto,sendmsg,fsync,fdatasync,ftruncate"

_BEGUN = re.compile(r"(\d+) +(\w+)\(\d+<(.*?)>(.*)$")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>")
_RESULT = re.compile(r"\) += (-?\d+)")
_OFFSET = re.compile(r", (\d+)\) += -?\d+[^=]*$")
_END = re.compile(r"\+\+\+ (?:exited with|killed by) .*\+\+\+$")


@dataclass(frozen=True, slots=True)
class Call:
    """One moment of a system call that names a file or a socket: it begins, or it returns."""

    thread: int
    name: str
    path: str
    """What the descriptor stands for: a file's path, or ``socket:[...]``."""
    data: str
    """The other arguments as strace shows them; what is not ASCII stands there as escapes."""
    result: int | None
    """``None`` when it begins; what it returned when it returns."""


def require_strace() -> None:
    """Raises :exc:`Unavailable` if strace(1) is not there, or may not trace."""
    try:
        tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    except FileNotFoundError:
        raise Unavailable("There is no strace here.") from None
    if tried.returncode:
        raise Unavailable("strace may not trace other processes here (a container may need CAP_SYS_PTRACE).")


def tracing(output: Path, *options: str) -> tuple[str, ...]:
    """What stands before a server's command so that these calls of it go to a file; signals reach the server itself."""
    return ("strace", "-f", "-D", "-y", "--seccomp-bpf", "-s", "16777216", "-o", str(output), *options)


@contextmanager
def attached(process: int, *options: str) -> Iterator[None]:
    """Follow a process that runs already, and all its threads, until the end of the block.

    Raises:
        Unavailable: it may not be attached.
    """
    command = ["strace", "-f", "-p", str(process), "-o", "/dev/null", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as strace:
        assert strace.stderr is not None
        try:
            if b"attached" not in (said := strace.stderr.readline()):
                raise Unavailable(f"strace may not be attached to a process ({said.decode(errors='replace').strip()}).")
            yield
        finally:
            strace.terminate()


def await_end(output: Path, process: int) -> None:
    """Wait until strace has written the last line about this process, which has ended.

    Raises:
        TimeoutError: it does not come.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        with output.open("rb") as trace:
            trace.seek(max(0, output.stat().st_size - 10_000))
            lines = trace.read().decode(errors="replace").splitlines()
        if any(line.startswith(f"{process} ") and _END.search(line) for line in lines):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"strace does not end writing {output}.")
        time.sleep(0.01)


def calls(lines: Iterable[str]) -> Iterator[Call]:
    """The beginnings and returns in strace's output (``-f -y``), in their order. What is no such line is left out."""
    open_calls: dict[int, Call] = {}
    for line in lines:
        if begun := _BEGUN.match(line):
            thread, name, path, rest = int(begun[1]), begun[2], begun[3], begun[4]
            call = Call(thread, name, path, rest, None)
            yield call
            result = _RESULT.findall(rest)
            if rest.endswith("<unfinished ...>") or not result:
                open_calls[thread] = call
            else:
                yield Call(thread, name, path, rest, int(result[-1]))
        elif resumed := _RESUMED.match(line):
            earlier = open_calls.pop(int(resumed[1]), None)
            result = _RESULT.findall(line)
            if earlier is not None and earlier.name == resumed[2] and result:
                yield Call(earlier.thread, earlier.name, earlier.path, earlier.data, int(result[-1]))
