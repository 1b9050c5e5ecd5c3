"""What is measured along an axis: points, and files of them. Knows no server and no picture."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

Values = dict[str, float]
"""By name: see the axes. Seconds, bytes, and counts per second."""


@dataclass(frozen=True, slots=True)
class Point:
    """One size of one axis with one server."""

    axis: str
    server: str
    size: int
    values: Values


def middle(runs: Sequence[Values]) -> Values:
    """The median of each value."""
    return {name: median(run[name] for run in runs) for name in runs[0]}


def of_axis(points: Iterable[Point], axis: str, server: str) -> list[Point]:
    """Those of one curve, by size."""
    return sorted((one for one in points if (one.axis, one.server) == (axis, server)), key=lambda one: one.size)


def written(points: Sequence[Point], conditions: str) -> str:
    """As JSON, with the conditions under which they were made."""
    return json.dumps({"conditions": conditions, "points": [asdict(point) for point in points]}, indent=1) + "\n"


def read(text: str) -> tuple[list[Point], str]:
    """What :func:`written` made.

    Raises:
        ValueError: it did not.
    """
    try:
        found = json.loads(text)
        return [Point(**point) for point in found["points"]], found["conditions"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("These are no figures of growth: they are made by --json.") from error
