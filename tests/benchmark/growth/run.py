"""Going along the axes: each size with each server, in turn. Knows what there is to measure; no options, no pictures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmark.growth.axes import AXES, HISTORIES, HISTORY, Axis, connections, values
from tests.benchmark.growth.databases import database, last_words
from tests.benchmark.growth.history import Looking, measured
from tests.benchmark.growth.points import Point, Values, middle
from tests.benchmark.measure import Settings, allow_connections, measure
from tests.benchmark.servers import MEMORY, SQLITE, Contender

SERVERS = (SQLITE, MEMORY)
NAMES = (*(axis.key for axis in AXES), HISTORY)
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Journey:
    """Where to, and how."""

    settings: Settings
    only: Sequence[str] = NAMES
    most: int | None = None
    """No size above that."""
    repeat: int = 3
    looking: Looking = field(default_factory=Looking)


def points(journey: Journey, tell: Tell) -> Iterator[Point]:
    """Everything that was asked for."""
    allow_connections()
    for axis in AXES:
        if axis.key in journey.only:
            yield from _talk(axis, journey, tell)
    if HISTORY in journey.only:
        yield from _histories(journey, tell)


def _talk(axis: Axis, journey: Journey, tell: Tell) -> Iterator[Point]:
    """Servers in turn at each size, so that a slow moment of the machine hits them alike."""
    sizes = axis.within(journey.most, connections())
    for size in sizes:
        runs: dict[str, list[Values]] = {server.key: [] for server in SERVERS}
        for _ in range(journey.repeat):
            for server in SERVERS:
                runs[server.key].append(_run(axis, size, server, journey.settings))
                tell(f"{axis.key} {size:,}, {server.title}: {runs[server.key][-1]['rate']:,.0f} deliveries/s")
        yield from (Point(axis.key, key, size, middle(each)) for key, each in runs.items())
    tell(f"{axis.key}: {len(sizes)} sizes up to {sizes[-1]:,}")


def _run(axis: Axis, size: int, server: Contender, settings: Settings) -> Values:
    busy = measure(axis.busy(size), server, settings)
    calm = measure(axis.calm(size), server, settings) if axis.calm is not None else None
    return values(busy, calm)


def _histories(journey: Journey, tell: Tell) -> Iterator[Point]:
    """Beginning with none."""
    yield Point(HISTORY, SQLITE.key, 0, measured(None, "", journey.looking))
    with TemporaryDirectory(prefix="chatd-growth-") as temporary:
        folder = journey.settings.folder or Path(temporary)
        for size in HISTORIES:
            if journey.most is None or size <= journey.most:
                path = database(folder, size, tell)
                found = measured(path, last_words(size), journey.looking)
                tell(
                    f"{HISTORY} {size:,}: {', '.join(f'{name} {value * 1000:.1f} ms' for name, value in found.items())}"
                )
                yield Point(HISTORY, SQLITE.key, size, found)
