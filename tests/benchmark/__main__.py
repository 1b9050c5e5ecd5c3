"""The command: options, the runs in turn, and the table. ``python -m tests.benchmark --help``.

Knows what is run and how it is shown. Must not know how a server is started or how anything is measured.
"""

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median

from tests.benchmark.check import FEWEST_CLIENTS, MOST_CLIENTS, Fault
from tests.benchmark.load import Figures, Plan
from tests.benchmark.servers import (
    CONTENDERS,
    MEMORY,
    PLAIN,
    SQLITE,
    Contender,
    NoServer,
    environment,
    running,
    two_cores,
)

FULL = 0.9
"""From this much CPU use on, the load is the limit."""

Runs = dict[str, list[Figures]]
"""By contender's key, one for each repetition."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table."""

    head: tuple[str, str]
    cell: Callable[[Figures], str]


COLUMNS = (
    Column(("deliveries", "/s"), lambda f: f"{f.rate:,.0f}" + ("+" if f.load_busy > FULL else "")),
    Column(("server CPU", "s per M"), lambda f: f"{f.cpu_per_million:.3f}"),
    Column(("all talk", "p50 ms"), lambda f: f"{f.busy_p50:.2f}"),
    Column(("", "p99 ms"), lambda f: f"{f.busy_p99:.2f}"),
    Column(("one talks", "p50 ms"), lambda f: f"{f.calm_p50:.2f}"),
    Column(("", "p99 ms"), lambda f: f"{f.calm_p99:.2f}"),
    Column(("server", "busy"), lambda f: f"{f.server_busy:.0%}"),
    Column(("load", "busy"), lambda f: f"{f.load_busy:.0%}"),
    Column(("server", "peak MB"), lambda f: f"{f.peak_megabytes:.0f}"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it all; the exit status is 1, and there are no figures, if a server failed the check or did not start."""
    options = _options().parse_args(arguments)
    _allow_connections()
    try:
        runs = _all_runs(options)
    except (Fault, NoServer) as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1
    medians = {key: _median(figures) for key, figures in runs.items()}
    sys.stdout.write(_report(options, runs, medians))
    if options.json:
        _keep(options, runs, medians)
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark", description="Measure chatd on this machine, and check that it loses nothing."
    )
    keys = [contender.key for contender in CONTENDERS]
    parser.add_argument(
        "--clients",
        type=_within(FEWEST_CLIENTS, MOST_CLIENTS),
        default=100,
        help="people in the room, all of them talking (100)",
    )
    parser.add_argument("--seconds", type=_within(0.1, 3600, float), default=5.0, help="how long all talk at once (5)")
    parser.add_argument("--rounds", type=_within(1, 10**6), help="instead of seconds: how many messages each says")
    parser.add_argument(
        "--calm-rounds", type=_within(0, 1000), default=2, help="messages of each while one talks at a time (2)"
    )
    parser.add_argument(
        "--rate",
        type=_within(0.1, 1000, float),
        default=20.0,
        help="messages per second while one talks at a time (20)",
    )
    parser.add_argument(
        "--repeat", type=_within(1, 1000), default=3, help="repetitions, of which medians are shown (3)"
    )
    parser.add_argument("--servers", nargs="+", choices=keys, default=keys, help="which to measure (all)")
    parser.add_argument("--folder", type=Path, help="where SQLite's file goes (where temporary files go)")
    parser.add_argument(
        "--patience", type=_within(0.1, 600, float), default=10.0, help="seconds after which a message is lost (10)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    return parser


def _within(least: float, most: float, kind: type[int] | type[float] = int) -> Callable[[str], float]:
    """An option's value: a number from ``least`` to ``most``."""

    def number(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not from {least} to {most}")
        return value

    return number


def _allow_connections() -> None:
    """As many open sockets as the system lets this process, and those it starts, have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _all_runs(options: argparse.Namespace) -> Runs:
    """Servers in turn inside each repetition, so that a slow moment of the machine hits them alike."""
    contenders = [contender for contender in CONTENDERS if contender.key in options.servers]
    runs: Runs = {contender.key: [] for contender in contenders}
    for repetition in range(1, options.repeat + 1):
        for contender in contenders:
            sys.stderr.write(f"{repetition} of {options.repeat}: {contender.title} ... ")
            sys.stderr.flush()
            figures = _run(contender, options)
            sys.stderr.write(f"{figures.rate:,.0f} deliveries/s, all {figures.deliveries:,} checked\n")
            runs[contender.key].append(figures)
    return runs


def _run(contender: Contender, options: argparse.Namespace) -> Figures:
    """One server, one process of load."""
    server_core, load_core = two_cores()
    with running(contender, server_core, options.folder) as server:
        plan = Plan(
            port=server.port,
            pid=server.pid,
            clients=options.clients,
            seconds=options.seconds,
            rounds=options.rounds,
            calm_rounds=options.calm_rounds,
            rate=options.rate,
            core=load_core,
            patience=options.patience,
        )
        load = subprocess.run(
            [sys.executable, "-m", "tests.benchmark.load", json.dumps(asdict(plan))],
            env=environment(),
            stdout=subprocess.PIPE,
            check=True,
        )
    answer = json.loads(load.stdout)
    if "fault" in answer:
        raise Fault(f"The server '{contender.title}' failed the check. {answer['fault']}")
    return Figures(**answer["figures"])


def _median(runs: Sequence[Figures]) -> Figures:
    return Figures(**{one.name: median(getattr(run, one.name) for run in runs) for one in fields(Figures)})


def _report(options: argparse.Namespace, runs: Runs, medians: Mapping[str, Figures]) -> str:
    lines = [f"\n{options.clients} clients in one room; medians of {options.repeat}.\n", *_table(medians)]
    lines += ["", *_ratios(runs)]
    if any(figures.load_busy > FULL for figures in medians.values()):
        lines.append("+ The load was (nearly) full: the server may be faster. Trust its CPU seconds per million.")
    total = sum(figures.deliveries for repetitions in runs.values() for figures in repetitions)
    lines.append(f"{total:,} deliveries: each message reached everyone else exactly once, in one order for all.")
    return "\n".join(lines) + "\n"


def _table(medians: Mapping[str, Figures]) -> list[str]:
    titles = {contender.key: contender.title for contender in CONTENDERS}
    rows = [["", *(column.head[line] for column in COLUMNS)] for line in (0, 1)]
    rows += [[titles[key], *(column.cell(figures) for column in COLUMNS)] for key, figures in medians.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def _ratios(runs: Runs) -> list[str]:
    """Deliveries per second and CPU against another server, repetition by repetition; medians of that."""
    lines = []
    for one, other in ((MEMORY, PLAIN), (SQLITE, PLAIN), (SQLITE, MEMORY)):
        if one.key in runs and other.key in runs:
            pairs = list(zip(runs[one.key], runs[other.key], strict=True))
            rate = median(left.rate / right.rate for left, right in pairs)
            cpu = median(left.cpu_per_million / right.cpu_per_million for left, right in pairs)
            lines.append(f"{one.title} against {other.title}: {rate:.2f} x deliveries/s, {cpu:.2f} x CPU.")
    return lines


def _keep(options: argparse.Namespace, runs: Runs, medians: Mapping[str, Figures]) -> None:
    settings = {key: value for key, value in vars(options).items() if key not in ("json", "folder")}
    kept = {
        "settings": settings,
        "medians": {key: asdict(figures) for key, figures in medians.items()},
        "runs": {key: [asdict(figures) for figures in repetitions] for key, repetitions in runs.items()},
    }
    options.json.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
