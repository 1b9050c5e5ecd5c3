"""How long the disk alone takes: below that is no delay of a server that waits for it. Knows one file; no server, no load."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

WRITTEN = 8 * 1024
"""Bytes: the two pages that SQLite writes for one message."""
WRITES = 20
LONGEST = 0.1
"""Seconds between two of them, so that all do not take long."""


def wait_for_disk(folder: Path | None, period: float, core: int | None) -> float:
    """Milliseconds that one write takes until it is on the disk: the median of :data:`WRITES`.

    What is written over is there already, as in a write-ahead log that was made longer before: else the file system had to
    write down where the new blocks are.

    Args:
        folder: where; by default where temporary files go.
        period: seconds from one to the next, at most :data:`LONGEST`. A disk that has rested takes longer.
        core: the CPU it is done by; ``None``: any.
    """
    with TemporaryFile(dir=folder) as file, _pinned(core):
        descriptor = file.fileno()
        os.write(descriptor, bytes(WRITES * WRITTEN))
        os.fsync(descriptor)
        return median(_write(descriptor, place, period) for place in range(0, WRITES * WRITTEN, WRITTEN)) * 1000


def _write(descriptor: int, place: int, period: float) -> float:
    beat = min(period, LONGEST)
    if beat:
        time.sleep(beat - time.perf_counter() % beat)
    begin = time.perf_counter()
    os.pwrite(descriptor, b"\1" * WRITTEN, place)
    os.fdatasync(descriptor)
    return time.perf_counter() - begin


@contextmanager
def _pinned(core: int | None) -> Iterator[None]:
    """This thread, for a while."""
    usual = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usual)
