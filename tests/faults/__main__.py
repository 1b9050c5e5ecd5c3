"""The command: which trials, how long, and where the results go. ``python -m tests.faults --help``.

Knows the frame of a trial; must not know what any of them does.
"""

import argparse
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random, SystemRandom

from tests.faults.outcome import Outcome, Setting, Trial, Unavailable
from tests.faults.report import for_terminal, rewritten
from tests.faults.table import TRIALS, name

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.rst"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the trials; the exit status is 1 if the promise did not hold in one of them, or one could not be finished."""
    options = _options().parse_args(arguments)
    chosen = [trial for trial in TRIALS if not options.only or name(trial) in options.only]
    outcomes, unavailable = _make(chosen, options)
    sys.stdout.write(f"\n{for_terminal(outcomes)}\n\nAgain, with the same chances: --seed {options.seed}\n")
    for trial, reason in unavailable.items():
        sys.stdout.write(f"Not done here: {trial}. {reason}\n")
    held = not any(outcome.violations for outcome in outcomes.values())
    if options.write and held:
        DOCUMENT.write_text(rewritten(DOCUMENT.read_text("utf-8"), outcomes), "utf-8")
    return 0 if held else 1


def _options() -> argparse.ArgumentParser:
    names = [name(trial) for trial in TRIALS]
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description="Hurt a real server in many ways, and see what it has promised hold."
    )
    parser.add_argument("--long", action="store_true", help="the long form, for figures (the short: seconds a trial)")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"just these: {', '.join(names)}")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6), help="repeat these chances")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/reliability.rst if all held")
    return parser


def _make(trials: Iterable[Trial], options: argparse.Namespace) -> tuple[dict[str, Outcome], dict[str, str]]:
    """The outcomes of the trials, and why some could not be made."""
    outcomes: dict[str, Outcome] = {}
    unavailable: dict[str, str] = {}
    for trial in trials:
        _say(name(trial), trial.TITLE)
        try:
            outcomes[name(trial)] = _one(trial, options)
        except Unavailable as lack:
            unavailable[name(trial)] = str(lack)
    return outcomes, unavailable


def _one(trial: Trial, options: argparse.Namespace) -> Outcome:
    """One trial in a folder of its own, which is kept if there is something to look at."""
    folder = Path(tempfile.mkdtemp(prefix=f"chatd-{name(trial)}-"))
    chances = Random(f"{options.seed} {name(trial)}")
    setting = Setting(folder, options.long, chances, lambda line: _say(name(trial), line))
    outcome = Outcome({}, ["The trial broke off."])
    try:
        outcome = trial.run(setting)
    except Unavailable:
        outcome = Outcome({}, ())
        raise
    except Exception as error:  # the other trials still have something to tell
        traceback.print_exc()
        outcome = Outcome({}, [f"The trial broke off: {error}"])
    finally:
        if outcome.violations:
            _say(name(trial), f"VIOLATED; see {folder}")
        else:
            shutil.rmtree(folder)
    return outcome


def _say(trial: str, line: str) -> None:
    sys.stderr.write(f"{trial}: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
