"""When a figure that a trial has measured is harm, and when it is what any machine does now and then. No server is started."""

from collections import Counter

import pytest

from tests.faults.flood import HARM, NOTICED, Measured
from tests.faults.flooders import BUSY, WAIT, WRONG
from tests.faults.logins import check_guesses, check_logins
from tests.faults.quiet import Waits


@pytest.mark.parametrize(
    ("alone", "beside", "harm"),
    [
        (0.001, 0.001 * HARM * 2, False),
        (NOTICED / 2, NOTICED * 2, False),
        (0.002, NOTICED * 2, True),
    ],
    ids=["nobody notices", "slow machine", "harm"],
)
def test_a_wait_is_harm_if_it_is_long_and_much_longer(alone: float, beside: float, harm: bool) -> None:
    """In the median: one word that comes late is nobody's fault."""
    measured = Measured("lines", 20, Waits([alone] * 9 + [9.0]), Waits([beside] * 9 + [9.0]))
    assert measured.harm is harm


def test_what_was_measured_is_told() -> None:
    """Whoever reads of a violation wants to know how bad it is."""
    measured = Measured("lines", 20, Waits([0.002]), Waits([0.5]))
    assert str(measured) == (
        "beside 20 (short lines) the others waited 500.0 ms, 99 of 100 within 500.0 ms (alone 2.0 and 2.0)"
    )


@pytest.mark.parametrize(("seconds", "looked_at"), [(5, 3), (59, 3), (60, 4), (130, 5)])
def test_three_guesses_are_looked_at_and_one_more_each_minute(seconds: float, looked_at: int) -> None:
    """That is what the server promises, so more is a violation."""
    told = Counter({WRONG: looked_at, WAIT: 900, BUSY: 30})
    assert not list(check_guesses(told, 10, seconds))
    told[WRONG] += 1
    (violation,) = check_guesses(told, 10, seconds)
    assert violation.endswith(f"{looked_at + 1} were looked at, and {looked_at} may be.")


def test_guesses_that_nobody_makes_are_no_trial() -> None:
    """As when those who guess are not let in, or are told something else."""
    (violation,) = check_guesses(Counter({WRONG: 3, WAIT: 9}), 10, 1.0)
    assert violation == "10 guessed, and 9 times they were told to wait: that is no flood."


@pytest.mark.parametrize(
    ("beside", "violation"),
    [
        ([0.4, 0.4, 9.0], []),
        ([0.4, None, 0.4], ["The owner was not let in 1 times."]),
        ([1.0, 1.0, 1.0], ["A login took 1000 ms, 33 times as long as without guesses (30 ms)."]),
    ],
    ids=["as it may be", "locked out", "kept waiting"],
)
def test_the_owner_is_let_in_and_not_kept_waiting(beside: list[float | None], violation: list[str]) -> None:
    """Whoever else guesses at their password."""
    assert list(check_logins([0.03, 0.03, 0.03], beside, {})) == violation
