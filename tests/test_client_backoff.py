"""How long clients wait: between attempts to connect, and before a silence means that nobody is there."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from clients.backoff import Backoff
from clients.events import State, StateChanged
from clients.keepalive import Keepalive, Pulse
from clients.link import Link, Wish

SEEDS = st.integers(0, 2**32)


class Latest(Random):
    """Chance that always takes the longest."""

    def uniform(self, a: float, b: float) -> float:  # noqa: ARG002
        """The upper end."""
        return b


@given(SEEDS)
def test_the_ceiling_doubles_until_the_most(seed: int) -> None:
    """No wait is longer than its ceiling, and the ceilings are 1, 2, 4 ... 60."""
    backoff = Backoff(Random(seed), 1.0, 60.0)
    for ceiling in (1, 2, 4, 8, 16, 32, 60, 60):
        assert 0 <= backoff.next() <= ceiling


def test_chance_alone_decides_within_the_ceiling() -> None:
    """The longest waits are the ceilings themselves, after one attempt at once if that is wanted."""
    backoff = Backoff(Latest(), 1.0, 60.0, at_once=True)
    assert [backoff.next() for _ in range(9)] == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert [backoff.next() for _ in range(2)] == [0, 1]


@given(SEEDS)
def test_a_part_of_the_wait_can_be_kept_from_chance(seed: int) -> None:
    """With ``least`` a half, half of every ceiling is waited at least."""
    backoff = Backoff(Random(seed), 1.0, 30.0, least=0.5)
    for ceiling in (1, 2, 4, 8, 16, 30):
        assert ceiling / 2 <= backoff.next() <= ceiling


def test_a_thousand_clients_do_not_come_back_together() -> None:
    """Full jitter: the waits of many clients fill the whole time up to the ceiling."""
    waits = sorted(Backoff(Random(seed), 10.0, 60.0).next() for seed in range(1000))
    assert waits[50] < 1.5
    assert waits[-50] > 8.5


def test_a_silence_is_asked_about_once_and_then_is_the_end() -> None:
    """A ping after 60 s without anything, dead after 90 s; each word from the server begins anew."""
    keepalive = Keepalive(0.0)
    assert [keepalive.check(now) for now in (59.9, 60.0, 70.0, 89.9, 90.0)] == [
        Pulse.FINE,
        Pulse.ASK,
        Pulse.FINE,
        Pulse.FINE,
        Pulse.DEAD,
    ]
    keepalive.heard(95.0)
    assert keepalive.deadline == 155.0
    assert keepalive.check(155.0) is Pulse.ASK
    assert keepalive.deadline == 185.0


class Ups:
    """A link, and what it told."""

    def __init__(self) -> None:
        self.told: list[StateChanged] = []
        self.link = Link(Latest(), 0.0, self.told.append)

    def wishes(self) -> Wish:
        """What is to be done now."""
        return self.link.wish


def test_waits_grow_until_a_connection_has_lived() -> None:
    """Failures wait longer and longer; after a connection that was online for 30 s the next attempt is made at once."""
    ups = Ups()
    now = 0.0
    for wait in (1, 2, 4):
        ups.link.lost(now, "refused")
        assert ups.told[-1] == StateChanged(State.WAITING, "refused", now + wait)
        ups.link.check(now + wait - 0.1)
        assert ups.wishes() is Wish.NOTHING
        now += wait
        ups.link.check(now)
        assert ups.wishes() is Wish.CONNECT
    ups.link.opened(now)
    ups.link.registered(now)
    ups.link.lost(now + 29.9, "cut too early")
    assert ups.link.retry_at == now + 29.9 + 8
    ups.link.connect()
    ups.link.opened(now)
    ups.link.registered(now)
    ups.link.lost(now + 30, "cut")
    assert ups.told[-1] == StateChanged(State.CONNECTING, "cut")


def test_a_closed_link_is_opened_again_after_the_pause_that_was_asked_for() -> None:
    """The reason of the closing is told, not what the network says about it."""
    ups = Ups()
    ups.link.opened(0.0)
    ups.link.close("Too many wrong passwords.", 50.0)
    assert ups.wishes() is Wish.CLOSE
    ups.link.lost(1.0, "closed by us")
    assert ups.told[-1] == StateChanged(State.WAITING, "Too many wrong passwords.", 51.0)


def test_what_has_ended_is_not_opened_again() -> None:
    """Even a connection that was just being made is closed at once."""
    ups = Ups()
    ups.link.end("over")
    ups.link.opened(1.0)
    assert ups.wishes() is Wish.CLOSE
    ups.link.lost(2.0, "")
    assert ups.wishes() is Wish.NOTHING
    assert [change.state for change in ups.told] == [State.ENDED]
