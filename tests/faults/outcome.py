"""What a trial is given and what it gives back. Knows no trial, and nothing of how one is shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol


class Unavailable(Exception):
    """This machine lacks what the trial needs; the message is one sentence that says what."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how thoroughly a trial is made."""

    folder: Path
    """Its own, empty at first; it need not be cleared."""
    long: bool
    """The long form, for figures; else the short one: a few seconds, for every run of the tests."""
    random: Random
    """The only source of chance, so that a seed repeats what can be repeated."""
    say: Callable[[str], None]
    """Tells how it goes, in one line."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial."""

    counts: Mapping[str, int | str]
    """What was done and measured, by what it is called, in the order in which it is shown. Ratios and sizes are text."""
    violations: Sequence[str]
    """Sentences, each about one thing that the promise rules out; none if it held."""


class Trial(Protocol):
    """One fault: a module of this package with these names in it."""

    TITLE: str
    """What is done to the server."""
    PROMISE: str
    """What must hold."""

    def run(self, setting: Setting) -> Outcome:
        """Do it, once.

        Raises:
            Unavailable: it cannot be done on this machine.
        """
