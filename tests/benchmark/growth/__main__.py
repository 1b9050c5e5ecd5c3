"""The command: which axes, how far, and where the figures go. ``python -m tests.benchmark.growth --help``.

Knows what can be asked for. Must not know how anything is measured or drawn.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.benchmark.__main__ import DOCUMENT
from tests.benchmark.growth.history import NoAnswer
from tests.benchmark.growth.plots import PICTURES, drawn
from tests.benchmark.growth.points import Point, read, written
from tests.benchmark.growth.report import rewritten, sentence
from tests.benchmark.growth.run import NAMES, Journey, points
from tests.benchmark.load import Fault, NoCompiler, build
from tests.benchmark.machine import conditions
from tests.benchmark.measure import Settings
from tests.benchmark.options import ask_how_long, within
from tests.benchmark.servers import NoServer

SMALLEST = 10
"""The least that an axis can be cut to."""
NO_PICTURES = "The pictures are drawn by matplotlib, which is not installed. Please run: pip install 'chatd[benchmark]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Go along the axes; the exit status is 1, and there are no figures, if a server failed the check or did not start."""
    options = _options().parse_args(arguments)
    if options.write and find_spec("matplotlib") is None:
        sys.stderr.write(f"{NO_PICTURES}\n")  # before anything is measured
        return 1
    try:
        found, how = read(options.from_json.read_text("utf-8")) if options.from_json else _measured(options)
    except (Fault, NoServer, NoAnswer, NoCompiler, OSError, ValueError) as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1
    for axis in dict.fromkeys(point.axis for point in found):
        sys.stdout.write(f"\n{axis}: {sentence(axis, found)}\n")
    if options.json:
        options.json.write_text(written(found, how), "utf-8")
    if options.write:
        _write(found, how)
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark.growth",
        description="Measure what chatd costs against members, rooms, messages kept and idle connections.",
    )
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, default=NAMES, metavar="AXIS", help=f"{', '.join(NAMES)} (all)"
    )
    parser.add_argument(
        "--most", type=within(SMALLEST, 10**8), metavar="N", help="no size above that: for a quick look"
    )
    ask_how_long(parser, 3.0)
    parser.add_argument(
        "--folder", type=Path, help="where files go; databases stay there for the next time (2.5 GB if all are made)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--from-json", type=Path, metavar="FILE", help="measure nothing, and take those")
    parser.add_argument(
        "--write", action="store_true", help="draw the pictures of docs/performance.rst and say what they show"
    )
    return parser


def _measured(options: argparse.Namespace) -> tuple[list[Point], str]:
    settings = Settings(build(), seconds=options.seconds, folder=options.folder)
    journey = Journey(settings, options.only, options.most, options.repeat)
    return list(points(journey, _tell)), conditions(options.folder, options.seconds, options.repeat)


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def _write(found: Sequence[Point], how: str) -> None:
    measured = {point.axis for point in found}
    for picture in PICTURES:
        if picture.axis in measured:
            (DOCUMENT.parent / "pictures" / f"growth-{picture.axis}.svg").write_bytes(drawn(picture, found))
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text("utf-8"), found, how), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
