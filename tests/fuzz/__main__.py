"""``python -m tests.fuzz``: fuzz some targets or all, keep what led somewhere, replay what was found.

Knows the command line and how results are told. Must not know how any of it is done.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from tests.fuzz.campaign import Outcome, fuzz, keep
from tests.fuzz.stretching import stretched
from tests.fuzz.table import TARGETS
from tests.fuzz.target import Target


def main(arguments: Sequence[str]) -> int:
    """Do what was asked for; 1 if something was found."""
    given = _read(arguments)
    targets = [TARGETS[name] for name in given.target or TARGETS]
    if given.replay:
        return _replay(targets, given.replay)
    if given.stretch:
        return _stretch(targets)
    if find_spec("atheris") is None:
        sys.stderr.write(
            "Fuzzing needs atheris, which is not installed: pip install -e '.[test]' does, where there is one.\n"
        )
        return 2
    return _fuzz(targets, given)


def _read(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser("python -m tests.fuzz", description="Search for inputs that break a parser's promises.")
    parser.add_argument("target", nargs="*", help=f"one or several of: {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--keep", action="store_true", help="put what led further into the corpus, and minimise that")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run one target on this input, without a fuzzer")
    parser.add_argument(
        "--stretch", action="store_true", help="look for inputs that take more time than their length explains"
    )
    given = parser.parse_args(arguments)
    unknown = [name for name in given.target if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]}; there are {', '.join(TARGETS)}")
    if given.replay and len(given.target) != 1:
        parser.error("--replay needs the one target that the file is for")
    return given


def _replay(targets: Sequence[Target], file: Path) -> int:
    targets[0].run(file.read_bytes())
    _say(f"{targets[0].name} holds its promises for {file}.")
    return 0


def _stretch(targets: Sequence[Target]) -> int:
    steep = 0
    for target in targets:
        for line in stretched(target):
            _say(line)
            steep += 1
    _say(f"{steep} take more time than their length explains.")
    return 1 if steep else 0


def _fuzz(targets: Sequence[Target], given: Namespace) -> int:
    folder = Path(mkdtemp(prefix="chatd-fuzz-"))
    outcomes = fuzz(targets, given.seconds, folder)
    _say(f"{'target':16}{'executions':>12}{'edges':>8}{'features':>10}{'new':>6}  findings")
    for outcome in outcomes:
        _say(_row(outcome))
    if given.keep:
        whole = [TARGETS[outcome.target] for outcome in outcomes if not outcome.findings]
        kept = keep(whole, folder)
        _say(f"{sum(kept.values())} inputs are kept of {len(kept)} targets.")
    broken = [outcome for outcome in outcomes if outcome.findings or not outcome.executions]
    for outcome in broken:
        _say(how_to_see(outcome))
    return 1 if broken else 0


def _row(outcome: Outcome) -> str:
    counts = f"{outcome.executions:>12}{outcome.edges:>8}{outcome.features:>10}{outcome.new:>6}"
    return f"{outcome.target:16}{counts}  {len(outcome.findings) or '-'}"


def how_to_see(outcome: Outcome) -> str:
    """What to look at, and what to type, where something was found."""
    replays = [f"  python -m tests.fuzz {outcome.target} --replay {file}" for file in outcome.findings]
    return "\n".join([f"{outcome.target}: what happened is at the end of {outcome.log}", *replays])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
