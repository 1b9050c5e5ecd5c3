"""How many connections one place may have, and how often it may come without giving a name."""

import pytest

from chatd import admission
from chatd.admission import Admission
from chatd.errors import TooManyConnections, TooManyNameless
from chatd.limits import Limits

LIMITS = Limits(connections_per_address=3, nameless_per_address=2, nameless_seconds=600)
HERE = "192.0.2.7"


@pytest.fixture
def door() -> Admission:
    """A door that lets three in at once, and knows who came twice for nothing."""
    return Admission(LIMITS)


def come_for_nothing(door: Admission, address: str, now: float) -> None:
    """Connect, and go without a name."""
    door.enter(address, now)
    door.leave(address, named=False, now=now)


def test_so_many_connections_may_be_open(door: Admission) -> None:
    """One more is refused, with the numbers; one that ends makes room."""
    for _ in range(3):
        door.enter(HERE, 0)
    with pytest.raises(TooManyConnections) as refused:
        door.enter(HERE, 0)
    assert refused.value.details == {"address": HERE, "measured": 3, "limit": 3}
    door.leave(HERE, named=True, now=0)
    door.enter(HERE, 0)


def test_each_address_counts_for_itself(door: Admission) -> None:
    """A full place keeps nobody else out."""
    for _ in range(3):
        door.enter(HERE, 0)
    door.enter("192.0.2.8", 0)


def test_an_ipv6_network_is_one_place(door: Admission) -> None:
    """Machines change their address within their /64 as they like; in another /64 is somebody else."""
    for host in range(1, 4):
        door.enter(f"2001:db8::{host}", 0)
    with pytest.raises(TooManyConnections):
        door.enter("2001:db8::ffff", 0)
    door.enter("2001:db8:0:1::1", 0)


def test_a_mapped_address_is_the_address_itself(door: Admission) -> None:
    """The same client comes to a dual-stack port in other clothes."""
    for _ in range(3):
        door.enter(f"::ffff:{HERE}", 0)
    with pytest.raises(TooManyConnections):
        door.enter(HERE, 0)
    door.leave(HERE, named=True, now=0)
    door.enter(HERE, 0)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_people_on_one_machine_are_not_counted(door: Admission, address: str) -> None:
    """Loopback may be a whole class on a terminal server."""
    for _ in range(100):
        door.enter(address, 0)
        come_for_nothing(door, address, 0)


def test_coming_for_nothing_is_refused_for_a_while(door: Admission) -> None:
    """It says how long; after that the oldest is forgotten."""
    come_for_nothing(door, HERE, 100)
    come_for_nothing(door, HERE, 160)
    with pytest.raises(TooManyNameless) as refused:
        door.enter(HERE, 200)
    assert refused.value.details == {"address": HERE, "measured": 2, "limit": 2, "period": 600, "seconds": 501}
    with pytest.raises(TooManyNameless):
        door.enter(HERE, 699.9)
    come_for_nothing(door, HERE, 701)
    with pytest.raises(TooManyNameless):
        door.enter(HERE, 702)


def test_who_gives_a_name_does_not_come_for_nothing(door: Admission) -> None:
    """People who reconnect all day are welcome."""
    for now in range(100):
        door.enter(HERE, now)
        door.leave(HERE, named=True, now=now)


def test_a_refused_connection_is_not_counted(door: Admission) -> None:
    """Nobody calls ``leave`` for it: it must not hold a place for ever."""
    for _ in range(3):
        door.enter(HERE, 0)
    for _ in range(5):
        with pytest.raises(TooManyConnections):
            door.enter(HERE, 0)
    for _ in range(3):
        door.leave(HERE, named=True, now=0)
    for _ in range(3):
        door.enter(HERE, 0)


def test_places_that_do_not_matter_any_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """When there are many, and their time has passed, which for those with a name is soon: memory stays bounded."""
    monkeypatch.setattr(admission, "SWEEP", 10)
    door = Admission(LIMITS)
    for host in range(50):
        door.enter(f"203.0.113.{host}", host)
        door.leave(f"203.0.113.{host}", named=True, now=host)
    assert len(door._places) <= 10
    door = Admission(LIMITS)
    for host in range(10):
        come_for_nothing(door, f"198.51.100.{host}", 0)
    door.enter(HERE, 0)
    come_for_nothing(door, "198.51.100.200", 700)
    assert set(door._places) == {f"{HERE}/32", "198.51.100.200/32"}


def test_of_very_many_places_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has whole networks can make them be remembered faster than they stop to matter; those who are here stay."""
    monkeypatch.setattr(admission, "SWEEP", 10)
    monkeypatch.setattr(admission, "MOST_CLOSED", 20)
    door = Admission(LIMITS)
    door.enter(HERE, 0)
    for host in range(200):
        come_for_nothing(door, f"198.51.100.{host}", 1)
        assert len(door._places) <= 1 + 2 * 21
    assert f"{HERE}/32" in door._places
    assert "198.51.100.199/32" in door._places
    door.leave(HERE, named=True, now=1)


def test_who_comes_very_often_waits_and_is_not_refused() -> None:
    """Four times as many as may be open begin at once, then as many each second; after a while it is as it was."""
    door = Admission(Limits(connections_per_address=50))

    def visit(now: float) -> float:
        wait = door.enter(HERE, now)
        door.leave(HERE, named=True, now=now)
        return wait

    assert [visit(100) for _ in range(200)] == [0] * 200
    assert [visit(100) for _ in range(3)] == pytest.approx([0.02, 0.04, 0.06])
    assert visit(101) == 0
    assert door.enter("192.0.2.8", 101) == 0
    assert [visit(200) for _ in range(201)] == pytest.approx([0.0] * 200 + [0.02], abs=1e-6)
    assert [door.enter("127.0.0.1", 0) for _ in range(500)] == [0] * 500


def test_the_time_to_wait_is_long_enough(door: Admission) -> None:
    """Of connections that were open together more than the limit can end; it is not the first of them that matters."""
    for _ in range(3):
        door.enter(HERE, 0)
    for now in (0, 100, 200):
        door.leave(HERE, named=False, now=now)
    with pytest.raises(TooManyNameless) as refused:
        door.enter(HERE, 200)
    assert refused.value.details == {"address": HERE, "measured": 3, "limit": 2, "period": 600, "seconds": 501}
    with pytest.raises(TooManyNameless):
        door.enter(HERE, 699)
    door.enter(HERE, 701)


def test_a_unix_socket_is_no_place(door: Admission) -> None:
    """Whoever comes by it is on this machine, and has no address to be counted by."""
    for _ in range(100):
        door.enter("", 0)
        come_for_nothing(door, "/run/chatd.sock", 0)
    assert not door._places


def test_many_places_that_matter_are_not_looked_through_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else whoever has many networks could keep the server busy with coming and going: first there have to be twice as many."""
    monkeypatch.setattr(admission, "SWEEP", 10)
    door = Admission(LIMITS)
    for host in range(11):
        come_for_nothing(door, f"198.51.100.{host}", 0)
    assert len(door._places) == 11, "the eleventh had them all looked through, and they all mattered"
    for host in range(11, 22):
        come_for_nothing(door, f"198.51.100.{host}", 650)
    assert len(door._places) == 22
    come_for_nothing(door, "198.51.100.22", 650)
    assert len(door._places) == 12


def test_few_places_are_never_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when fewer than that mattered the last time."""
    monkeypatch.setattr(admission, "SWEEP", 10)
    door = Admission(LIMITS)
    for host in range(10):
        come_for_nothing(door, f"198.51.100.{host}", 0)
    come_for_nothing(door, "198.51.100.10", 650)
    assert len(door._places) == 1
    for host in range(11, 20):
        come_for_nothing(door, f"198.51.100.{host}", 1300)
    assert len(door._places) == 10
    come_for_nothing(door, "198.51.100.20", 1300)
    assert len(door._places) == 10
