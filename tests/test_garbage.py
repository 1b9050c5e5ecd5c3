"""Python's collector: the server has it look seldom, and what came and went is collected all the same."""

import gc
from collections.abc import Iterator

import pytest
from twisted.internet.address import IPv4Address

from chatd.garbage import THRESHOLDS, collect_seldom
from chatd.protocols.text import TextProtocol
from tests.wires import Wire
from tests.worlds import World


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """For the other tests, the collector as it was."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def come(world: World) -> Wire:
    """Somebody connects, and says who they are."""
    protocol, wire = world.factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", 4000)), Wire()
    assert protocol is not None
    wire.protocol = protocol
    protocol.makeConnection(wire)
    protocol.dataReceived(b"/help\n")
    return wire


def people() -> int:
    """How many connections of people there are in memory."""
    return sum(type(thing) is TextProtocol for thing in gc.get_objects())


def test_what_was_there_at_the_start_is_left_out() -> None:
    """Modules stay for good: there is nothing to be looked for in them."""
    collect_seldom()
    assert gc.get_threshold() == THRESHOLDS
    assert gc.get_freeze_count() > len(gc.get_objects())


def test_people_who_are_gone_are_collected_before_there_are_many() -> None:
    """Also those who stayed for a while, whom it looks at last; by its own rules, as nobody asks it to."""
    world = World()
    collect_seldom()
    left = []
    for _ in range(12):
        wires = [come(world) for _ in range(2_000)]
        world.clock.advance(0)
        for wire in wires:
            wire.lose()
        del wires, wire
        left.append(people())
    assert max(left) < 20_000
