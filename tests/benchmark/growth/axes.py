"""The axes: what there is more and more of, up to where, and what is asked of the server there.

Knows workloads and limits of the system. Must not know how anything is measured, nor pictures.
"""

import resource
from collections.abc import Callable
from dataclasses import dataclass
from math import gcd

from tests.benchmark.figures import Figures
from tests.benchmark.growth.points import Values
from tests.benchmark.workloads import FEWEST_MEMBERS, JSON, Workload

TALKERS = 100
RATE = 20.0
"""Messages per second: as people talk, not as fast as the server can."""
HISTORY = "history"
ROOMS_OF_EACH = 10
"""So many rooms a person is in, where there are more and more of them: else there would be too few connections for them."""
KEPT_FOR_FILES = 200
"""Open files that are no connections, of the server and of the load."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A number of people that grows."""

    key: str
    sizes: tuple[int, ...]
    busy: Callable[[int], Workload]
    """As much talk as the server can do."""
    calm: Callable[[int], Workload] | None = None
    """The same with little talk, where delays are looked at."""

    def within(self, most: int | None, connections: int) -> tuple[int, ...]:
        """The sizes up to ``most``, and up to what so many connections allow: the largest one of those takes its place."""
        wanted = [size for size in self.sizes if most is None or size <= most]
        fitting = [size for size in wanted if self.busy(size).clients <= connections]
        if len(fitting) < len(wanted):
            fitting += self._largest(fitting[-1] if fitting else 1, wanted[len(fitting)], connections)
        return tuple(dict.fromkeys(fitting))

    def _largest(self, least: int, beyond: int, connections: int) -> list[int]:
        """As many as there may be, with two or three significant digits; nothing, if not even ``least`` may."""
        step: int = 10 ** max(0, len(str(connections)) - 3)
        fitting = [size for size in range(least, beyond, step) if self.busy(size).clients <= connections]
        return fitting[-1:]


def connections() -> int:
    """How many there may be at a time, since server and load may have so many open files each."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return most - KEPT_FOR_FILES


def _members(size: int) -> Workload:
    return Workload(f"{size:,} members", "", members=size, talkers=min(size, TALKERS))


def _rooms(size: int) -> Workload:
    each = gcd(size, ROOMS_OF_EACH)  # all of them, while there are no more
    return Workload(f"{size:,} rooms", "", rooms=size, each=each, members=FEWEST_MEMBERS, talkers=1, dialect=JSON)


def _idle(size: int) -> Workload:
    return Workload(f"{size:,} idle", "", idle=size)


def _idle_and_calm(size: int) -> Workload:
    return Workload(f"{size:,} idle, calm", "", idle=size, rate=RATE)


AXES = (
    Axis("members", (10, 30, 100, 300, 1000, 2000, 5000), _members),
    Axis("rooms", (1, 10, 100, 1000, 10_000), _rooms),
    Axis("idle", (0, 1000, 3000, 10_000, 20_000), _idle, _idle_and_calm),
)
HISTORIES = (1000, 10_000, 100_000, 1_000_000, 10_000_000)
"""Messages in the file."""


def values(figures: Figures, calm: Figures | None) -> Values:
    """What is kept of a run: deliveries per second, microseconds of CPU for each, bytes; delays in seconds."""
    kept = {
        "rate": figures.rate,
        "cost": figures.cost,
        "resident": figures.resident,
        "load_busy": figures.load_busy,
    }
    return kept if calm is None else {**kept, "p50": calm.p50 / 1000, "p99": calm.p99 / 1000}
