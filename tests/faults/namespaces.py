"""Machines of their own within this one: network namespaces, and the cable between two of them.

Knows Linux namespaces (network_namespaces(7)) and ip(8). Must not know what is sent.

A namespace belongs to a thread here, so nothing has to be mounted or named: whatever is done in that thread, a socket
made or a program started, is done on that machine. It is gone with its thread, its sockets and its programs.
"""

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from tests.faults.outcome import Unavailable
from tests.faults.running import has_program

P = ParamSpec("P")
T = TypeVar("T")

_CLONE_NEWNET = 0x40000000


class Machine:
    """A machine with its own network; ``lo`` is up, and nothing else is there."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "machine")
        self._number = 0
        try:
            self.do(self._become)
            self.configure("link", "set", "lo", "up")
        except Unavailable:
            self.close()
            raise

    @property
    def path(self) -> str:
        """A file that stands for its network, as ip(8) and nsenter(1) take it."""
        return f"/proc/{os.getpid()}/task/{self._number}/ns/net"

    def do(self, what: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do this there, one thing after the other; a child process that it starts, or a socket, stays there."""
        return self._thread.submit(what, *args, **kwargs).result()

    def configure(self, *words: str) -> str:
        """Have ip(8) do something there; what it wrote.

        Raises:
            Unavailable: it failed, and why.
        """
        done = self.do(subprocess.run, ["ip", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"ip {' '.join(words)} fails here: {done.stderr.strip()}.")
        return str(done.stdout)

    def enter(self) -> None:
        """Have the calling thread be there from now on, for good.

        Raises:
            Unavailable: it may not.
        """
        namespace = os.open(self.path, os.O_RDONLY)
        try:
            _call("setns", namespace, _CLONE_NEWNET)
        finally:
            os.close(namespace)

    def close(self) -> None:
        """Nothing more is done there."""
        self._thread.shutdown()

    def _become(self) -> None:
        self._number = threading.get_native_id()
        _call("unshare", _CLONE_NEWNET)


def _call(name: str, *arguments: int) -> None:
    """One of libc's functions that Python does not have."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        raise Unavailable(f"{name}(2) of a network fails here: {os.strerror(ctypes.get_errno())}. It takes root.")


@contextmanager
def machines(count: int) -> Iterator[list[Machine]]:
    """So many machines that are not connected to anything.

    Raises:
        Unavailable: this one cannot have any.
    """
    if not has_program("ip"):
        raise Unavailable("ip is not installed (Debian: iproute2).")
    made: list[Machine] = []
    try:
        made += (Machine() for _ in range(count))
        yield made
    finally:
        for machine in made:
            machine.close()


def plug(one: Machine, name: str, other: Machine, other_name: str) -> None:
    """Connect two machines by a pair of network cards, which are up.

    Raises:
        Unavailable: there are no such cards here.
    """
    one.configure("link", "add", name, "type", "veth", "peer", "name", other_name, "netns", other.path)
    one.configure("link", "set", name, "up")
    other.configure("link", "set", other_name, "up")
