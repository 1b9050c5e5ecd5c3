"""Many simulations, on all processors: what each came to. Knows seeds; nothing of what is simulated."""

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from tests.simulated.simulation import Simulation
from tests.simulated.violation import Violation

AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended."""

    seed: int
    counts: Counter[str]
    """How often what happened."""
    violation: str = ""
    """What was broken; empty: nothing."""

    @property
    def report(self) -> str:
        """What was broken, and how to see it again."""
        return f"{self.violation}\nThe story of it: python -m tests.simulated {self.seed}"


def run(seed: int) -> Outcome:
    """One simulation."""
    simulation = Simulation(seed)
    try:
        simulation.run()
    except Violation as violation:
        return Outcome(seed, simulation.counts, str(violation))
    return Outcome(seed, simulation.counts)


def run_all(seeds: Iterable[int]) -> list[Outcome]:
    """All of them, each in one of several processes that share nothing with this one."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as processes:
        return list(processes.map(run, seeds, chunksize=AT_ONCE))
