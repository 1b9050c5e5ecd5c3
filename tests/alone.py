"""Tests that are run by themselves, where several processes share the others. Knows locks; not which tests those are, or why."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

GATE: Final = Path(__file__)
TURN: Final = Path(__file__).with_name("conftest.py")
"""Two files that are there for everybody. Only locked: nothing is written."""
SHARED: Final = "PYTEST_XDIST_WORKER" in os.environ
"""Whether there are other processes."""


@contextmanager
def turn(*, alone: bool, gate: Path = GATE, held: Path = TURN) -> Iterator[None]:
    """While this lasts, no other process has one that is ``alone``, or if this is, any.

    Whoever waits to be alone keeps the gate, so that nobody begins meanwhile, and those who are at it come to an end.
    """
    with gate.open("rb") as passing, held.open("rb") as holding:
        fcntl.flock(passing, fcntl.LOCK_EX)
        fcntl.flock(holding, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(passing, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(holding, fcntl.LOCK_UN)  # also of what a test has started, which may hold the file open
