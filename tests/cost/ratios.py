"""What each path costs, as a ratio to the reference, and the ceilings that it must stay below.

Knows clocks of CPU time. Must not know what is done on the paths.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf

from tests.cost import reference
from tests.cost.paths import PATHS, Work

AIR = 1.3
"""A ceiling is so many times what was measured when it was set: less than that is the machine's doing."""
REPETITIONS, AT_MOST = 40, 2000
"""Short ones, of which the quickest counts: somebody else's work on the machine can only make them slower.

So whatever is above its ceiling is measured again, up to so many times, until a quiet moment of the machine has come by.
"""
BESIDE = 2
"""Runs of the reference beside each of the path, which takes longer: both are to find a quiet moment."""
MICROSECOND = 1e-6


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of one unit of a path, and of one step of the reference, in the same stretch of time."""

    path: float
    reference: float

    @property
    def ratio(self) -> float:
        """How many steps of the reference one unit is worth."""
        return self.path / self.reference


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a path may cost at most."""

    ratio: float
    unit: str
    why: str
    """What is in it: where to look when it grows."""


CEILINGS = {
    "people": Ceiling(
        6.3, "message", "a line taken in, checked, queued, kept, encoded once, cut out of what its author gets"
    ),
    "listeners": Ceiling(
        0.55, "delivery", "one look at an outlet and one send for each reader; the message is shared by 99"
    ),
    "programs": Ceiling(
        13.1, "message", "an object read from JSON and one written, an id looked for, an acknowledgement cut in"
    ),
    "small_rooms": Ceiling(7, "message", "as people, but every room has a batch of its own, which is shared by 5"),
    "storing": Ceiling(
        4.2, "message", "a row and its checksum in Python; in SQLite the row and its place among the ids"
    ),
    "visits": Ceiling(
        211, "visit", "a session, a name compared with others, 20 lines shown, 50 told of coming and going"
    ),
}
"""Set anew by what ``python -m tests.cost`` prints: the present ratio times :data:`AIR`."""


def measured(make: Callable[[], Work], ceiling: float = 0.0, at_most: int = AT_MOST) -> Cost:
    """What the path costs: it and the reference in turn, many times, the quickest of each.

    Not for longer than it takes to be below the ceiling. Python's collector waits meanwhile: when it comes depends on what
    other tests have left.
    """
    work = make()
    cost = Cost(inf, inf)
    with _no_collector():
        for repetition in range(at_most):
            if repetition >= REPETITIONS and (not ceiling or cost.ratio <= ceiling):
                break
            step = min(_seconds(reference.run) for _ in range(BESIDE)) / reference.STEPS
            cost = Cost(min(cost.path, _seconds(work.do) / work.units), min(cost.reference, step))
    return cost


def all_measured() -> Iterator[tuple[str, Cost]]:
    """Every path's."""
    for name, make in PATHS.items():
        yield name, measured(make)


def _seconds(do: Callable[[], None]) -> float:
    """CPU time of this process."""
    begin = time.process_time()
    do()
    return time.process_time() - begin


@contextmanager
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
