"""Under which conditions figures were made, in a few lines. Knows Linux and versions. Must not know servers or figures."""

import os
import platform
import re
import sqlite3
import tempfile
from pathlib import Path

from twisted.copyright import version as twisted_version

_MOUNTS = Path("/proc/self/mounts")


def conditions(folder: Path | None, seconds: float, repeat: int) -> str:
    """The machine, the versions, the file system, and how often and long was measured."""
    kind = file_system(folder or Path(tempfile.gettempdir()))
    memory = ", which is memory: its commits cost next to nothing" if kind in ("tmpfs", "ramfs") else ""
    return (
        f"{_processor()}, {os.cpu_count()} CPUs, Linux {platform.release()}, "
        f"Python {platform.python_version()}, Twisted {twisted_version}, SQLite {sqlite3.sqlite_version}.\n"
        f"SQLite's file is on {kind}{memory}. {seconds:g} s each, medians of {repeat}."
    )


def file_system(folder: Path, mounts: Path = _MOUNTS) -> str:
    """Which kind of file system a folder is on; that of the longest path of a mount that leads there."""
    place = folder.resolve()
    rows = [line.split() for line in mounts.read_text("utf-8").splitlines()]
    above = [(len(row[1]), row[2]) for row in rows if place.is_relative_to(row[1])]
    return max(above, default=(0, "an unknown file system"))[1]


def _processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    return found[1] if found else platform.machine()
