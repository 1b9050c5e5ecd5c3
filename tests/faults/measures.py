"""What a process takes of its machine. Knows /proc (proc(5)); not what the process does."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def descriptors(pid: int) -> int:
    """How many files, connections and other things it has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def sockets(pid: int) -> int:
    """How many of those are connections, or listen for them."""
    with os.scandir(f"/proc/{pid}/fd") as opened:
        return sum(_is_socket(one.path) for one in opened)


def _is_socket(descriptor: str) -> bool:
    """One that was closed since it was listed is none any more."""
    try:
        return os.readlink(descriptor).startswith("socket:")
    except FileNotFoundError:
        return False


def busy_seconds(pid: int) -> float:
    """The processor time it has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
