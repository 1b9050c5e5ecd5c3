"""The command: options, progress, and where the figures go. ``python -m tests.benchmark --help``.

Knows what can be asked for. Must not know how a server is started, how anything is measured, or how tables are made.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from tests.benchmark.checkouts import NoCheckout, revision
from tests.benchmark.figures import Figures, Runs
from tests.benchmark.load import Fault, NoCompiler, build
from tests.benchmark.machine import conditions
from tests.benchmark.measure import Settings, Turn, expected_seconds, measure_all, turns
from tests.benchmark.options import ask_how_long, within
from tests.benchmark.report import report, rewritten
from tests.benchmark.servers import CONTENDERS, Contender, NoServer, by_python, installed, of_checkout
from tests.benchmark.workloads import FEWEST_MEMBERS, WORKLOADS, Workload

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.rst"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it all; the exit status is 1, and there are no figures, if a server failed the check or did not start."""
    options = _options().parse_args(arguments)
    try:
        with ExitStack() as stack:
            contenders = _contenders(options, stack)
            runs = _measured(options, contenders)
    except (Fault, NoServer, NoCompiler, NoCheckout) as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1
    titles = {contender.key: contender.title for contender in contenders}
    tables = report(runs, titles, with_targets=not options.at_most)
    text = f"{conditions(options.folder, options.seconds, options.repeat)}\n\n{tables}"
    sys.stdout.write(f"\n{text}")
    if options.json:
        options.json.write_text(_as_json(options, runs), "utf-8")
    if options.write:
        DOCUMENT.write_text(rewritten(DOCUMENT.read_text("utf-8"), text), "utf-8")
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark",
        description="Measure chatd and other servers on this machine, and check that they lose nothing.",
    )
    _what(parser)
    _how(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.rst")
    return parser


def _what(parser: argparse.ArgumentParser) -> None:
    workloads = [workload.key for workload in WORKLOADS]
    servers = [contender.key for contender in CONTENDERS]
    parser.add_argument("--workloads", nargs="+", choices=workloads, default=workloads, help="which to run (all)")
    parser.add_argument("--servers", nargs="+", choices=servers, default=servers, help="which to measure (all)")
    parser.add_argument(
        "--chatd",
        action="append",
        type=_named,
        default=[],
        metavar="NAME=PATH",
        help="chatd as it is in another checkout, as further servers (repeatable)",
    )
    parser.add_argument(
        "--python",
        action="append",
        type=_interpreter,
        default=[],
        metavar="NAME=PATH",
        help="chatd as it is here, run by another Python that has what it needs (repeatable)",
    )
    parser.add_argument(
        "--against", action="append", default=[], metavar="REVISION", help="the same, as it was in git (repeatable)"
    )
    parser.add_argument(
        "--at-most",
        type=within(FEWEST_MEMBERS, 10**6),
        metavar="N",
        help="no room, and no number of rooms or people, larger than that: for a quick look",
    )


def _how(parser: argparse.ArgumentParser) -> None:
    ask_how_long(parser, 4.0)
    parser.add_argument("--folder", type=Path, help="where SQLite's file goes (where temporary files go)")
    parser.add_argument(
        "--patience", type=within(0.1, 600, float), default=10.0, help="seconds after which a message is lost (10)"
    )


def _named(text: str) -> tuple[str, Path]:
    """An option's value: a name and a folder in which chatd is."""
    name, _, path = text.partition("=")
    folder = Path(path).resolve()
    if not name or not path or not (folder / "chatd").is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not NAME=PATH with the path of a checkout of chatd")
    return name, folder


def _interpreter(text: str) -> tuple[str, Path]:
    """An option's value: a name and a program that is a Python."""
    name, _, path = text.partition("=")
    program = Path(path).absolute()  # a virtual environment's is a link, and knows by its own place what it is
    if not name or not path or not os.access(program, os.X_OK) or program.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not NAME=PATH with the path of a Python")
    return name, program


def _contenders(options: argparse.Namespace, stack: ExitStack) -> list[Contender]:
    """All that were asked for and are installed; those that are not are named."""
    chosen = [contender for contender in CONTENDERS if contender.key in options.servers]
    checkouts = list(options.chatd) + [(name, stack.enter_context(revision(name))) for name in options.against]
    others = [one for name, root in checkouts for one in of_checkout(name, root, chosen)]
    others += [one for name, program in options.python for one in by_python(name, program, chosen)]
    _require_own_keys(others)
    absent = [contender.title for contender in chosen if not installed(contender)]
    if absent:
        sys.stderr.write(f"Not installed, and left out: {', '.join(absent)}.\n")
    return [contender for contender in (*chosen, *others) if installed(contender)]


def _require_own_keys(others: Sequence[Contender]) -> None:
    keys = [contender.key for contender in others]
    if len(set(keys)) < len(keys):
        raise NoServer("Two others that are to be measured have the same name. Please give each its own.")


def _measured(options: argparse.Namespace, contenders: Sequence[Contender]) -> Runs:
    program = build()
    settings = Settings(program, seconds=options.seconds, patience=options.patience, folder=options.folder)
    plan = turns(_workloads(options), contenders, options.repeat, program.has_tls)
    if not program.has_tls and any(workload.tls for workload in _workloads(options)):
        sys.stderr.write("OpenSSL's headers are missing, so TLS is left out. On Debian: apt install libssl-dev\n")
    minutes = sum(expected_seconds(turn, settings) for turn in plan) / 60
    sys.stderr.write(f"{len(plan)} runs, about {minutes:.0f} minutes.\n")
    return measure_all(plan, settings, _tell)


def _workloads(options: argparse.Namespace) -> list[Workload]:
    chosen = [workload for workload in WORKLOADS if workload.key in options.workloads]
    return [workload.at_most(options.at_most) for workload in chosen] if options.at_most else chosen


def _tell(turn: Turn, figures: Figures) -> None:
    what = "connects" if figures.connects else "deliveries"
    where = f"{turn.repetition}, {turn.workload.key}, {turn.contender.title}"
    sys.stderr.write(f"{where}: {figures.rate:,.0f} {what}/s, all {figures.checked or figures.connects:,} checked\n")


def _as_json(options: argparse.Namespace, runs: Runs) -> str:
    rows = [
        {"workload": workload, "server": server, "runs": [asdict(one) for one in figures]}
        for (workload, server), figures in runs.items()
    ]
    settings = {"seconds": options.seconds, "repeat": options.repeat, "at_most": options.at_most}
    return json.dumps({"settings": settings, "rows": rows}, indent=2) + "\n"


def _end(number: int, _frame: FrameType | None) -> None:
    """A signal ends the command in the way of an exception, so that no server is left running."""
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main())
