"""A burst at once, then so many per second, and never more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.ratelimit import TokenBucket


def passed(bucket: TokenBucket, now: float, tries: int) -> int:
    """How many of so many tries pass at this moment."""
    count = 0
    for _ in range(tries):
        if bucket.wait(now):
            break
        bucket.take()
        count += 1
    return count


def test_a_burst_passes_at_once() -> None:
    """The one after it waits as long as one takes."""
    bucket = TokenBucket(10, 2, now=100)
    assert passed(bucket, 100, 50) == 10
    assert bucket.wait(100) == pytest.approx(0.5)


def test_after_the_burst_the_rate_counts() -> None:
    """Two per second are two per second."""
    bucket = TokenBucket(10, 2, now=0)
    passed(bucket, 0, 10)
    assert [passed(bucket, now, 10) for now in (0.25, 0.5, 1, 3)] == [0, 1, 1, 4]


def test_rest_gives_back_one_burst_and_no_more() -> None:
    """An hour of silence does not buy an hour of lines."""
    bucket = TokenBucket(10, 2, now=0)
    passed(bucket, 0, 10)
    assert passed(bucket, 3600, 100) == 10


def test_a_rate_of_nothing_is_no_limit() -> None:
    """``--flood 0``: everything passes."""
    assert passed(TokenBucket(0, 0, now=0), 0, 10_000) == 10_000


@given(st.integers(1, 20), st.floats(0.1, 50), st.integers(1, 60))
def test_whoever_waits_as_told_is_not_told_to_wait_again(burst: int, rate: float, lines: int) -> None:
    """A timer set for that moment must not find itself early by a rounding."""
    bucket = TokenBucket(burst, rate, now=0)
    now = 0.0
    for _ in range(lines):
        now += bucket.wait(now)
        assert bucket.wait(now) == 0
        bucket.take()
    assert now >= (lines - burst) / rate - 1e-6


@given(st.integers(1, 20), st.floats(0.1, 50), st.lists(st.floats(0, 10), max_size=50))
def test_no_pattern_of_tries_gets_more_through(burst: int, rate: float, pauses: list[float]) -> None:
    """In any time there pass at most a burst and the rate times that time."""
    bucket = TokenBucket(burst, rate, now=0)
    now, count = 0.0, 0
    for pause in pauses:
        now += pause
        count += passed(bucket, now, 30)
        assert count <= burst + rate * now + 1e-6
