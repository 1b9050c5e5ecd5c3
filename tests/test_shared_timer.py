"""One timer for many who all wait equally long: each has their time, whoever else waits or stops."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from chatd.shared_timer import SharedTimer

SECONDS = 0.3


class Waiting:
    """Some who wait, and who was called when."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.timer = SharedTimer(self.clock, SECONDS)
        self.called: list[tuple[str, float]] = []

    def start(self, who: str) -> None:
        """``who`` waits from now on."""
        self.timer.start(who, lambda: self.called.append((who, round(self.clock.seconds(), 6))))

    def stop(self, who: str) -> None:
        """``who`` does not wait any more."""
        self.timer.stop(who)

    def passes(self, seconds: float) -> None:
        """Time goes by."""
        self.clock.advance(seconds)


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    """Nobody yet."""
    made = Waiting()
    yield made
    assert len(made.clock.getDelayedCalls()) <= 1, "one timer is enough"


def test_each_is_called_when_their_own_time_is_over(waiting: Waiting) -> None:
    """And not with those who came before."""
    waiting.start("ali")
    waiting.passes(0.1)
    waiting.start("sara")
    waiting.passes(0.1)
    waiting.start("reza")
    waiting.passes(0.1)
    assert waiting.called == [("ali", 0.3)]
    waiting.passes(0.1)
    waiting.passes(0.1)
    assert waiting.called == [("ali", 0.3), ("sara", 0.4), ("reza", 0.5)]


def test_who_stops_is_not_called(waiting: Waiting) -> None:
    """Whoever waited behind them still has to wait as long."""
    waiting.start("ali")
    waiting.passes(0.1)
    waiting.start("sara")
    waiting.stop("ali")
    waiting.passes(0.2)
    assert waiting.called == []
    waiting.passes(0.1)
    assert waiting.called == [("sara", 0.4)]


def test_who_starts_again_waits_anew(waiting: Waiting) -> None:
    """Once, and behind the others."""
    waiting.start("ali")
    waiting.start("sara")
    waiting.passes(0.2)
    waiting.start("ali")
    waiting.passes(0.1)
    waiting.passes(1)
    assert [who for who, _ in waiting.called] == ["sara", "ali"]


def test_where_nobody_waits_there_is_no_timer(waiting: Waiting) -> None:
    """Nothing is left behind, for the reactor or for the end of a test."""
    waiting.stop("nobody")
    waiting.start("ali")
    waiting.start("sara")
    waiting.stop("ali")
    waiting.stop("sara")
    assert waiting.clock.getDelayedCalls() == []


def test_a_bug_in_one_call_leaves_the_others_theirs(waiting: Waiting) -> None:
    """It is the reactor's to report."""

    def fail() -> None:
        raise RuntimeError

    waiting.timer.start("ali", fail)
    waiting.start("sara")
    with pytest.raises(RuntimeError):
        waiting.passes(SECONDS)
    waiting.passes(0)
    assert waiting.called == [("sara", 0.3)]


def test_who_is_called_may_wait_once_more(waiting: Waiting) -> None:
    """As long as the first time."""
    waiting.timer.start("ali", lambda: waiting.start("ali"))
    waiting.start("sara")
    waiting.passes(SECONDS)
    waiting.passes(SECONDS)
    assert waiting.called == [("sara", 0.3), ("ali", 0.6)]


STEPS = st.one_of(
    st.tuples(st.sampled_from(["start", "stop"]), st.sampled_from("abcd")),
    st.tuples(st.just("passes"), st.floats(0, 0.5)),
)


@given(st.lists(STEPS, max_size=40))
def test_it_is_as_if_each_had_a_timer_of_their_own(steps: list[tuple[str, str | float]]) -> None:
    """Whatever happens in whatever order: the same are called, at the same moments of the clock."""
    shared, own = Waiting(), Waiting()
    timers: dict[str, SharedTimer] = {who: SharedTimer(own.clock, SECONDS) for who in "abcd"}
    for step, what in steps:
        getattr(shared, step)(what)
        if isinstance(what, str):
            own.timer = timers[what]
        getattr(own, step)(what)
    assert sorted(shared.called) == sorted(own.called)
    assert len(shared.clock.getDelayedCalls()) <= 1
