"""``python -m tests.simulated SEED``: the story of one run, as it happened, and how it ended."""

import argparse
import re
import sys
import traceback
from typing import Final

from tests.simulated.simulation import Simulation
from tests.simulated.violation import Violation

_PADDING: Final = re.compile(r"([xy])\1{20,}")


def main() -> None:
    """Tell it."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulated", description="Tell what happens in one run.")
    parser.add_argument("seed", type=int)
    simulation = Simulation(parser.parse_args().seed)
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


main()
