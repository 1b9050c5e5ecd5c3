"""The figures as people read them: tables for a terminal and for the document. Knows no process and no file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.benchmark.figures import FULL, NOISY, Figures, Runs, middle
from tests.benchmark.targets import Target, Verdict, ratio, verdicts
from tests.documents import Part

TABLES = Part(".. The figures are written by: python -m tests.benchmark --write", ".. The end of the figures.")
"""Where they stand in the document."""

Row = list[str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    head: tuple[str, str]
    cell: Callable[[Figures], str]


def _marked(rate: str, figures: Figures) -> str:
    return rate + ("?" if figures.is_disturbed else "+" if figures.load_is_full else " ")


_USE = (
    Column(("server", "busy"), lambda f: f"{f.server_busy:.0%}"),
    Column(("load", "busy"), lambda f: f"{f.load_busy:.0%}"),
    Column(("others", "busy"), lambda f: f"{f.others_busy:.0%}"),
    Column(("resident", "MB"), lambda f: f"{f.resident / 1e6:.0f}"),
)
TALKING = (
    Column(("deliveries", "/s "), lambda f: _marked(f"{f.rate:,.0f}", f)),
    Column(("server CPU", "s per M"), lambda f: f"{f.cost:.3f}"),
    Column(("p50", "ms"), lambda f: f"{f.p50:.2f}"),
    Column(("p99", "ms"), lambda f: f"{f.p99:.2f}"),
    Column(("disk", "ms"), lambda f: f"{f.disk:.2f}" if f.disk else ""),
    *_USE,
)
COMING = (
    Column(("connects", "/s "), lambda f: _marked(f"{f.rate:,.0f}", f)),
    Column(("server CPU", "us each"), lambda f: f"{f.cost:.1f}"),
    Column(("memory", "bytes each"), lambda f: f"{f.bytes_per_idle:,.0f}"),
    *_USE,
)
RATIOS = (
    ("sqlite", "inspircd"),
    ("memory", "inspircd"),
    ("sqlite", "ngircd"),
    ("memory", "ngircd"),
    ("sqlite", "memory"),
)
FIGURES = {
    "rate": "per second",
    "per_cpu_second": "per CPU second",
    "p50": "p50",
    "p99": "p99",
    "bytes_per_idle": "bytes per idle connection",
}
"""What figures of targets are called."""


def report(runs: Runs, titles: Mapping[str, str], *, with_targets: bool = True) -> str:
    """All of it: figures, ratios, and targets unless the workloads are not their own. ``titles``: of servers, by key."""
    medians = {place: middle(figures) for place, figures in runs.items()}
    talking = {place: figures for place, figures in medians.items() if not figures.connects}
    coming = {place: figures for place, figures in medians.items() if figures.connects}
    blocks = [
        _figures(talking, titles, TALKING),
        _figures(coming, titles, COMING),
        _ratios(runs, titles),
        _targets(verdicts(runs) if with_targets else [], titles),
        _last_words(runs),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def rewritten(document: str, text: str) -> str:
    """The document with this text, as it is, in place of the figures.

    Raises:
        ValueError: one of the two comments is not there.
    """
    block = "\n".join(f"   {line}".rstrip() for line in text.splitlines())
    return TABLES.replaced(document, f"::\n\n{block}")


def _figures(medians: Mapping[tuple[str, str], Figures], titles: Mapping[str, str], columns: Sequence[Column]) -> Row:
    if not medians:
        return []
    rows = [["", "", *(column.head[line] for column in columns)] for line in (0, 1)]
    rows += [
        [workload, titles[server], *(column.cell(figures) for column in columns)]
        for (workload, server), figures in medians.items()
    ]
    return _aligned(rows, left=2)


def _aligned(rows: Sequence[Row], left: int) -> list[str]:
    """Columns of equal width; the first ``left`` of them begin, the others end at the same place."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    cells = [
        [
            cell.ljust(width) if at < left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in rows
    ]
    return ["  ".join(row).rstrip() for row in cells]


def _ratios(runs: Runs, titles: Mapping[str, str]) -> list[str]:
    """One server against another, repetition by repetition; medians of that. chatd also against other checkouts."""
    checkouts = [(store, key) for store in ("sqlite", "memory") for key in titles if key.endswith(f"-{store}")]
    rows = [
        [workload, f"{titles[one]} to {titles[other]}", *_ratio_cells(runs[workload, one], runs[workload, other])]
        for workload in dict.fromkeys(workload for workload, _ in runs)
        for one, other in (*RATIOS, *checkouts)
        if (workload, one) in runs and (workload, other) in runs
    ]
    return _aligned([["ratio", "", "per second", "per CPU second", "p50", "p99"], *rows], left=2) if rows else []


def _ratio_cells(one: Sequence[Figures], other: Sequence[Figures]) -> Row:
    delays = ["", ""] if one[0].connects else [f"{ratio(figure, one, other):.2f}" for figure in ("p50", "p99")]
    return [*(f"{ratio(figure, one, other):.2f}" for figure in ("rate", "per_cpu_second")), *delays]


def _targets(found: Sequence[Verdict], titles: Mapping[str, str]) -> list[str]:
    rows = [
        [
            _name(one.target, titles),
            f"{one.value:,.{2 if one.target.to else 0}f}",
            f"{'at least' if one.target.at_least else 'at most'} {one.target.goal:,}",
            "reached" if one.reached else "NOT reached",
            " ".join(f"(the load was full for {titles[server]})" for server in one.load_was_full),
        ]
        for one in found
    ]
    return _aligned([["target", "value", "goal", "", ""], *rows], left=1) if rows else []


def _name(target: Target, titles: Mapping[str, str]) -> str:
    (workload, server), other = target.of, target.to
    to = "" if other is None else f" to {titles[other[1]]}" if other[0] == workload else f" to {other[0]}"
    return f"{workload}: {titles[server]}{to}, {FIGURES[target.figure]}"


def _last_words(runs: Runs) -> list[str]:
    lines = []
    medians = [middle(figures) for figures in runs.values()]
    if any(figures.is_disturbed for figures in medians):
        lines.append(f"? Something else had more than {NOISY:.0%} of the CPUs: measure again on a quiet machine.")
    if any(figures.load_is_full for figures in medians):
        lines.append(
            f"+ The load was at work for more than {FULL:.0%} of the time: the server may be faster. Trust its CPU time."
        )
    total = sum(figures.checked for repetitions in runs.values() for figures in repetitions)
    lines.append(f"{total:,.0f} deliveries: each message reached everyone else exactly once, in one order for all.")
    return lines
