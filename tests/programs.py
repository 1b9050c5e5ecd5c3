"""Real programs in front of a server: what is typed into them, and what they show.

Knows pexpect, pipes and terminals. Must not know the server's inside.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pexpect
from pexpect.popen_spawn import PopenSpawn

from tests.conftest import missing
from tests.servers import HOST, PATIENCE, Server


def need(*programs: str) -> None:
    """Skip the test, or fail in CI, if one of these is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            missing(program)


def run(*command: str, typed: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end with this as its input."""
    need(command[0])
    return subprocess.run(command, input=typed, capture_output=True, timeout=PATIENCE, check=False)


@contextmanager
def piped(server: Server, name: str = "", program: str = "nc") -> Iterator[PopenSpawn]:
    """``nc`` between two pipes, so that its bytes are seen as they are. With a name, it has joined."""
    need(program)
    client = PopenSpawn([program, HOST, str(server.port)], timeout=PATIENCE)
    try:
        if name:
            client.sendline(name.encode())
            client.expect_exact(b"/help shows the commands.\n")
        yield client
    finally:
        client.proc.kill()
        client.proc.wait(PATIENCE)
        client.proc.stdin.close()
        client.proc.stdout.close()


@contextmanager
def on_terminal(server: Server, program: str, *arguments: str) -> Iterator["pexpect.spawn[str]"]:
    """A program at a terminal of its own, whose keys are pressed by the test."""
    need(program)
    command = [*arguments, HOST, str(server.port)]
    environment = {"HOME": str(server.folder), "TERM": "dumb", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    client = pexpect.spawn(program, command, env=environment, encoding="utf-8", timeout=PATIENCE)
    try:
        yield client
    finally:
        client.close(force=True)
