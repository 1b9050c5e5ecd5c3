"""The command: options, the runs in turn, and the table. ``python -m tests.benchmark --help``.

Knows what is run and how it is shown. Must not know how a server is started or how anything is measured.
"""

import argparse
import json
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from tests.benchmark.load import Fault, Figures, NoCompiler, Plan, build, run
from tests.benchmark.report import Runs, report
from tests.benchmark.servers import CONTENDERS, Contender, NoServer, installed, of_checkout, running, two_cores
from tests.benchmark.workloads import WORKLOADS, Workload


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it all; the exit status is 1, and there are no figures, if a server failed the check or did not start."""
    options = _options().parse_args(arguments)
    _allow_connections()
    try:
        contenders = _contenders(options)
        runs = _all_runs(options, contenders)
    except (Fault, NoServer, NoCompiler) as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1
    sys.stdout.write(report(runs))
    if options.json:
        _keep(options, runs)
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark", description="Measure chatd on this machine, and check that it loses nothing."
    )
    workloads = [workload.key for workload in WORKLOADS]
    servers = [contender.key for contender in CONTENDERS]
    parser.add_argument("--workloads", nargs="+", choices=workloads, default=workloads, help="which to run (all)")
    parser.add_argument("--servers", nargs="+", choices=servers, default=servers, help="which to measure (all)")
    parser.add_argument(
        "--chatd", action="append", default=[], metavar="NAME=PATH", help="chatd of another checkout, too (repeatable)"
    )
    parser.add_argument("--seconds", type=_within(0.1, 3600, float), default=4.0, help="how long each is measured (4)")
    parser.add_argument(
        "--repeat", type=_within(1, 1000), default=3, help="repetitions, of which medians are shown (3)"
    )
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


def _contenders(options: argparse.Namespace) -> list[Contender]:
    chosen = [contender for contender in CONTENDERS if contender.key in options.servers]
    for other in options.chatd:
        name, _, path = other.partition("=")
        chosen += [one for one in of_checkout(name, Path(path).resolve()) if one.key.rpartition("-")[2] in options.servers]
    for absent in [contender for contender in chosen if not installed(contender)]:
        sys.stderr.write(f"Not installed, and left out: {absent.title}.\n")
        chosen.remove(absent)
    return chosen


def _all_runs(options: argparse.Namespace, contenders: Sequence[Contender]) -> Runs:
    """Servers in turn inside each repetition, so that a slow moment of the machine hits them alike."""
    program = build()
    runs: Runs = {}
    for workload in [workload for workload in WORKLOADS if workload.key in options.workloads]:
        able = [one for one in contenders if one.has_rooms or not (workload.rooms != 1 or workload.idle)]
        for repetition in range(1, options.repeat + 1):
            for contender in able:
                sys.stderr.write(f"{workload.key}, {repetition} of {options.repeat}: {contender.title} ... ")
                sys.stderr.flush()
                figures = _run(program, workload, contender, options)
                sys.stderr.write(f"{figures.deliveries / figures.seconds:,.0f} deliveries/s\n")
                runs.setdefault((workload.key, contender.key), []).append(figures)
    return runs


def _run(program: Path, workload: Workload, contender: Contender, options: argparse.Namespace) -> Figures:
    """One server, one process of load."""
    server_core, load_core = two_cores()
    with running(contender, server_core, options.folder) as server:
        plan = Plan(
            port=server.port,
            pid=server.pid,
            dialect=contender.dialect,
            core=load_core,
            seconds=options.seconds,
            patience=options.patience,
            at_once=contender.at_once if workload.idle else 64,
        )
        try:
            return run(program, workload, plan)
        except Fault as fault:
            raise Fault(f"The server '{contender.title}' failed the check in {workload.key}. {fault}") from fault


def _keep(options: argparse.Namespace, runs: Runs) -> None:
    kept = [
        {"workload": workload, "server": server, "runs": [asdict(one) for one in figures]}
        for (workload, server), figures in runs.items()
    ]
    options.json.write_text(json.dumps({"seconds": options.seconds, "rows": kept}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
