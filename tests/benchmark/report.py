"""The figures as people read them: the table, and the ratios. Knows no server and no process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from statistics import median

from tests.benchmark.load import Figures

FULL = 0.9
"""From this share of the time on that the load is at work, it is the limit."""

Runs = dict[tuple[str, str], list[Figures]]
"""By the keys of workload and server, one for each repetition."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table."""

    head: tuple[str, str]
    cell: Callable[[Figures], str]


def rate(figures: Figures) -> float:
    """Deliveries, or people who come, per second."""
    return (figures.deliveries or figures.connects) / figures.seconds


def cost(figures: Figures) -> float:
    """The server's CPU microseconds per delivery, or per person who comes."""
    return figures.server_cpu / max(figures.deliveries or figures.connects, 1) * 1e6


COLUMNS = (
    Column(("deliveries", "/s"), lambda f: f"{rate(f):,.0f}" + ("+" if f.load_busy > FULL else "")),
    Column(("server CPU", "s per M"), lambda f: f"{cost(f):.3f}"),
    Column(("p50", "ms"), lambda f: f"{f.p50:.2f}"),
    Column(("p99", "ms"), lambda f: f"{f.p99:.2f}"),
    Column(("server", "busy"), lambda f: f"{f.server_cpu / f.seconds:.0%}"),
    Column(("load", "busy"), lambda f: f"{f.load_busy:.0%}"),
    Column(("resident", "MB"), lambda f: f"{f.resident / 1e6:.0f}"),
)


def middle(runs: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(**{one.name: median(getattr(run, one.name) for run in runs) for one in fields(Figures)})


def report(runs: Runs) -> str:
    """All of it."""
    return "\n".join(_table(runs)) + "\n"


def _table(runs: Runs) -> list[str]:
    rows = [["", "", *(column.head[line] for column in COLUMNS)] for line in (0, 1)]
    for (workload, server), figures in runs.items():
        rows.append([workload, server, *(column.cell(middle(figures)) for column in COLUMNS)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([*map(str.ljust, row[:2], widths[:2]), *map(str.rjust, row[2:], widths[2:])]) for row in rows
    ]
