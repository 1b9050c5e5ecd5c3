"""``python -m tests.simulated SEED``: the story of one run, as it happened, and how it ended; or, ``--to``, only that of many."""

import argparse
import re
import sys
import traceback
from typing import Final

from tests.simulated.runs import run_all
from tests.simulated.simulation import Simulation
from tests.simulated.violation import Violation

REPORTED = 200
"""Runs after which it is said how many there were."""
_PADDING: Final = re.compile(r"([xy])\1{20,}")


def main() -> None:
    """Tell it."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulated", description="Tell what happens in one run.")
    parser.add_argument("seed", type=int)
    parser.add_argument(
        "--to", type=int, metavar="LAST", help="only find out whether anything is broken, in all runs up to this one"
    )
    options = parser.parse_args()
    if options.to is None:
        tell(options.seed)
    else:
        look_through(options.seed, options.to)


def look_through(first: int, last: int) -> None:
    """Run them all, on all processors; say what is broken, and exit with 1 if anything is."""
    broken = 0
    for seed in range(first, last + 1, REPORTED):
        seeds = range(seed, min(seed + REPORTED, last + 1))
        reports = [outcome.report for outcome in run_all(seeds) if outcome.violation]
        broken += len(reports)
        sys.stdout.write("".join(f"BROKEN: {report}\n" for report in reports))
        sys.stdout.write(f"{seeds[-1] - first + 1} of {last - first + 1} runs, {broken} broken\n")
        sys.stdout.flush()
    sys.exit(1 if broken else 0)


def tell(seed: int) -> None:
    """One run, from the beginning to the end."""
    simulation = Simulation(seed)
    ending = ""
    try:
        simulation.run()
    except Violation as violation:
        ending = "".join(traceback.format_exception(violation.__cause__)) if violation.__cause__ else ""
        ending += f"BROKEN: {violation}"
    for seconds, who, what in simulation.around.story:
        sys.stdout.write(f"{seconds:9.3f}  {who:11} {_in_a_line(what)}\n")
    counts = ", ".join(
        f"{count} {what.replace('_', ' ')}" for what, count in sorted(simulation.counts.items()) if count
    )
    sys.stdout.write(f"{counts}\n")
    if ending:
        sys.exit(ending)
    sys.stdout.write("Nothing is broken.\n")


def _in_a_line(what: object) -> str:
    """Bytes stand for themselves, behind a mark; texts are cut where they only take room."""
    if isinstance(what, bytes):
        what = f"< {what.decode(errors='replace')}".replace("\n", "\\n")
    return _PADDING.sub(r"\1...", what if isinstance(what, str) else repr(what))


if __name__ == "__main__":  # not in the processes that share the runs
    main()
