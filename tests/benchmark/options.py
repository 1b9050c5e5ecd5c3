"""Options that the commands of the benchmark have in common. Knows argparse; not what is measured."""

import argparse
from collections.abc import Callable


def within(least: float, most: float, kind: type[int] | type[float] = int) -> Callable[[str], float]:
    """An option's value: a number from ``least`` to ``most``."""

    def number(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not from {least} to {most}")
        return value

    return number


def ask_how_long(parser: argparse.ArgumentParser, seconds: float) -> None:
    """How long each is measured, by default so many seconds, and how often."""
    parser.add_argument(
        "--seconds", type=within(0.1, 3600, float), default=seconds, help=f"how long each is measured ({seconds:g})"
    )
    parser.add_argument("--repeat", type=within(1, 1000), default=3, help="repetitions, of which medians are shown (3)")
