"""The promise, for the whole server: no chance breaks it, and mistakes planted on purpose are found by the same checks."""

import os
import subprocess
import sys
from collections import Counter

import pytest

from chatd.protocols.outlet import Outlet
from tests.simulated import planted_in_clients, planted_in_reading, planted_in_storing
from tests.simulated.planted import BUGS
from tests.simulated.runs import run, run_all
from tests.simulated.simulation import Simulation

PLANTED = (planted_in_clients, planted_in_reading, planted_in_storing)
"""Which enter what they plant in :data:`BUGS`."""
SEEDS = 500
SEEDS_FOR_A_BUG = 400
AT_LEAST = {
    "accounts": 50,
    "acked": 10_000,
    "aborted": 50,
    "back_again": 500,
    "backups_put_back": 50,
    "blocked": 1000,
    "broken_disks": 50,
    "bye_failure": 50,
    "bye_shutdown": 50,
    "clients_killed": 50,
    "clock_steps": 100,
    "cuts": 500,
    "cuts_with_bytes_in_flight": 200,
    "full_appends": 500,
    "full_writes": 500,
    "gaps_in_words": 5,
    "gaps_told": 100,
    "given_back": 200,
    "half_open": 100,
    "kills": 300,
    "kills_behind_a_commit": 100,
    "kills_in_a_commit": 100,
    "left_in_a_box": 50,
    "pruned": 1000,
    "refused": 500,
    "repeats": 300,
    "resets_told": 100,
    "restarts": 100,
    "resumed": 1000,
    "retries": 1000,
    "shown": 10_000,
    "shown_to_outsiders": 5000,
    "slow_disks": 100,
    "stalls": 300,
    "unreadable": 300,
}
"""How often each of these has to happen in all runs together, for them to be worth something."""


@pytest.mark.timeout(300)
def test_no_seed_breaks_a_promise() -> None:
    """P1 to P7 of the promise hold, whatever fails; and everything that can fail does, often."""
    outcomes = run_all(range(SEEDS))
    broken = [outcome.report for outcome in outcomes if outcome.violation]
    assert not broken, "\n".join(broken)
    counts = sum((outcome.counts for outcome in outcomes), Counter[str]())
    assert not {what: counts[what] for what, least in AT_LEAST.items() if counts[what] < least}


def test_a_seed_tells_the_same_story_every_time() -> None:
    """A failing seed can be studied: the same one gives the same bytes to the same people at the same times."""
    for seed in (3, 7):
        first, second = Simulation(seed), Simulation(seed)
        first.run()
        second.run()
        assert len(first.around.story) > 100
        assert first.around.story == second.around.story


def test_the_story_of_a_seed_is_told_in_full_by_a_command() -> None:
    """The one that a failing test names: who did what, who was told what, and how it ended; in words, also when it is broken."""
    told = _python("-m", "tests.simulated", "3").stdout
    assert "the server  starts" in told
    assert "m0" in told
    assert told.splitlines()[-1] == "Nothing is broken."


def test_many_seeds_are_looked_through_by_the_same_command() -> None:
    """For an hour in which the machine has nothing to do."""
    assert _python("-m", "tests.simulated", "3", "--to", "5").stdout == "3 of 3 runs, 0 broken\n"


def test_a_seed_that_fails_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody has to look for it."""
    monkeypatch.setattr(Outlet, "send", lambda *_: None)
    assert "python -m tests.simulated 3" in run(3).report


@pytest.mark.parametrize("name", BUGS)
def test_the_checks_find_a_planted_bug(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulation that finds nothing is worth something only if it finds this."""
    BUGS[name](monkeypatch)
    assert any(run(seed).violation for seed in range(SEEDS_FOR_A_BUG)), f"nobody noticed: {name}"


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONHASHSEED": "random"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, encoding="utf-8", check=True, env=environment
    )
