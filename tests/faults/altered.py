"""Starts a Python program in a world that is a little different: another time of day, other constants.

``python -m tests.faults.altered [--clock FILE] [--set MODULE.NAME=NUMBER ...] PROGRAM [ARGUMENT ...]`` becomes the program.
Knows how modules are loaded. Must not know what the program does with them.
"""

import argparse
import mmap
import runpy
import struct
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

_SECONDS = struct.Struct("<d")


class WallClock:
    """How far the time of day is off in every program that was started with this file; to be set while they run."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seconds = 0.0
        self.set(0.0)

    def turn(self, seconds: float) -> None:
        """It jumps, ahead or back."""
        self.set(self._seconds + seconds)

    @property
    def before(self) -> tuple[str, ...]:
        """What has to stand in front of a program."""
        return (*ALTERED, "--clock", str(self._file))

    def set(self, seconds: float) -> None:
        """From now on it is off by so many seconds, against this machine's own."""
        self._seconds = seconds
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(_SECONDS.pack(seconds))


ALTERED = (sys.executable, "-m", "tests.faults.altered")


def main(arguments: Sequence[str]) -> None:
    """Change what was asked for, and go on as the program."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.altered")
    parser.add_argument("--clock", type=Path, metavar="FILE", help="by how many seconds the time of day is off")
    parser.add_argument("--set", action="append", default=[], metavar="MODULE.NAME=NUMBER", help="another constant")
    parser.add_argument("program", nargs=argparse.REMAINDER, help="a Python program and what it is given")
    options = parser.parse_args(arguments)
    if options.clock is not None:  # before anything is loaded that keeps a reference to time.time
        _set_clock(options.clock)
    for setting in options.set:
        place, _, number = setting.partition("=")
        module, _, name = place.rpartition(".")
        _set(module, name, float(number) if "." in number else int(number))
    sys.argv = options.program
    runpy.run_path(sys.argv[0], run_name="__main__")


def _set_clock(file: Path) -> None:
    with file.open("rb") as opened:
        off = mmap.mmap(opened.fileno(), _SECONDS.size, access=mmap.ACCESS_READ)
    truly = time.time
    time.time = lambda: truly() + _SECONDS.unpack_from(off)[0]


def _set(module: str, name: str, number: float) -> None:
    loaded = import_module(module)
    if not hasattr(loaded, name):
        raise SystemExit(f"There is no {name} in {module} to be set.")
    setattr(loaded, name, number)


if __name__ == "__main__":
    main(sys.argv[1:])
