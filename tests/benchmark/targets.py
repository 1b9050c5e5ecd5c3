"""What chatd is to reach, as ratios within one table. Knows figures and keys. Must not know how they came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from statistics import median

from tests.benchmark.figures import Figures, Runs

Place = tuple[str, str]
"""The keys of a workload and a server."""


@dataclass(frozen=True, slots=True)
class Target:
    """A figure of one server against that of another, or against a number."""

    figure: str
    """Which of :class:`Figures`."""
    of: Place
    to: Place | None
    """Whose figure it is divided by; ``None``: by nothing."""
    goal: float
    at_least: bool
    """Else at most."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target, and what was measured."""

    target: Target
    value: float
    """The median of the repetitions."""
    load_was_full: tuple[str, ...]
    """For which of the servers, so that its rate is a floor."""

    @property
    def reached(self) -> bool:
        """Whether it is."""
        return self.value >= self.target.goal if self.target.at_least else self.value <= self.target.goal


def _rate(workload: str, server: str, other: str, goal: float, figure: str = "rate") -> Target:
    return Target(figure, (workload, server), (workload, other), goal, at_least=True)


def _delay(figure: str, workload: str, server: str, goal: float) -> Target:
    return Target(figure, (workload, server), (workload, "inspircd"), goal, at_least=False)


TARGETS = (
    _rate("a", "sqlite", "ngircd", 1.5),
    _rate("a", "sqlite", "inspircd", 1.0),
    _rate("a", "memory", "inspircd", 1.8),
    _rate("b", "sqlite", "inspircd", 2.0),
    _rate("c", "sqlite", "inspircd", 1.0),
    Target("rate", ("c", "sqlite"), ("a", "sqlite"), 0.9, at_least=True),
    _rate("e", "sqlite", "inspircd", 0.8, "per_cpu_second"),
    _delay("p50", "a1", "sqlite", 2.0),
    _delay("p50", "a1", "memory", 1.1),
    _delay("p50", "d", "sqlite", 2.0),
    _delay("p50", "d", "memory", 1.1),
    _delay("p99", "r20k", "sqlite", 2.0),
    _delay("p99", "r20k", "memory", 1.0),
    Target("rate", ("conn", "sqlite"), None, 10_000, at_least=True),
    Target("bytes_per_idle", ("conn", "sqlite"), None, 3 * 1024, at_least=False),
    Target("rate", ("a-json", "sqlite"), ("a", "sqlite"), 0.7, at_least=True),
)


def verdicts(runs: Runs, targets: Sequence[Target] = TARGETS) -> list[Verdict]:
    """Of those targets whose servers and workloads have been measured."""
    return [_verdict(target, runs) for target in targets if target.of in runs and (not target.to or target.to in runs)]


def ratio(figure: str, one: Sequence[Figures], other: Sequence[Figures]) -> float:
    """Repetition by repetition, the median of that: a slow moment of the machine changes both figures alike."""
    pairs = [(getattr(left, figure), getattr(right, figure)) for left, right in zip(one, other, strict=True)]
    return median(left / right if right else nan for left, right in pairs)


def _verdict(target: Target, runs: Runs) -> Verdict:
    places = [target.of, *([target.to] if target.to else [])]
    full = tuple(
        place[1] for place in places if target.figure == "rate" and any(run.load_is_full for run in runs[place])
    )
    if target.to:
        value = ratio(target.figure, runs[target.of], runs[target.to])
    else:
        value = median(getattr(run, target.figure) for run in runs[target.of])
    return Verdict(target, value, full)
