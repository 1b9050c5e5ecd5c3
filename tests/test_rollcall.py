"""The roll is called a moment after somebody came or went, if anybody listens, and never more often than that."""

from dataclasses import dataclass, field

import pytest
from twisted.internet.task import Clock

from chatd.events import Roll
from chatd.rollcall import SECONDS, RollCall


@dataclass
class School:
    """Who is there, and what was called."""

    clock: Clock = field(default_factory=Clock)
    there: list[str] = field(default_factory=list)
    called: list[Roll] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.roll = RollCall(self.clock, lambda: tuple(self.there), self.called.append)

    def comes(self, name: str) -> None:
        """One more is there."""
        self.there.append(name)
        self.roll.changed()


@pytest.fixture
def school() -> School:
    """Nobody is there, and nobody listens."""
    return School()


def test_without_a_listener_nothing_is_called(school: School) -> None:
    """And no timer runs for it."""
    school.comes("ali")
    assert not school.clock.getDelayedCalls()


def test_a_change_is_called_a_moment_later(school: School) -> None:
    """With whoever is there by then."""
    school.roll.listen(+1)
    school.comes("ali")
    school.clock.advance(SECONDS / 2)
    school.comes("sara")
    assert school.called == []
    school.clock.advance(SECONDS / 2)
    assert school.called == [Roll(("ali", "sara"))]


def test_a_crowd_is_called_once(school: School) -> None:
    """However many come in that moment; what comes later is called again."""
    school.roll.listen(+1)
    for number in range(50):
        school.comes(f"v{number}")
    school.clock.advance(SECONDS)
    assert len(school.called) == 1
    school.clock.advance(10 * SECONDS)
    assert len(school.called) == 1
    school.comes("late")
    school.clock.advance(SECONDS)
    assert len(school.called) == 2


def test_when_the_last_listener_goes_no_timer_is_left(school: School) -> None:
    """The others' going changes nothing."""
    school.roll.listen(+1)
    school.roll.listen(+1)
    school.comes("ali")
    school.roll.listen(-1)
    assert school.clock.getDelayedCalls()
    school.roll.listen(-1)
    assert not school.clock.getDelayedCalls()
    school.roll.listen(+1)
    school.comes("sara")
    school.clock.advance(SECONDS)
    assert school.called == [Roll(("ali", "sara"))]
