"""Who may connect: so many from one place, machines of their own exempt, and a line for whoever is one too many."""

from collections.abc import Iterator

import pytest
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.interfaces import IProtocol
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher
from zope.interface import provider

from chatd.limits import Limits
from chatd.protocols.factory import MOST_TURNED_AWAY, TOLD_WHEN_FULL, TurnedAway
from chatd.protocols.recogniser import Recogniser
from tests.wires import Wire
from tests.worlds import Visitor, World


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """What the operator is warned of."""
    told: list[str] = []

    @provider(ILogObserver)
    def observe(event: LogEvent) -> None:
        if event["log_level"] is LogLevel.warn:
            told.append(formatEvent(event))

    globalLogPublisher.addObserver(observe)
    yield told
    globalLogPublisher.removeObserver(observe)


def test_the_sixty_fifth_connection_from_one_address_is_turned_away() -> None:
    """It reads both numbers and is closed; others are not concerned, and a place that is given up is free."""
    world = World()
    crowd = [world.connect("192.0.2.7") for _ in range(64)]
    late = waits(world.connect("192.0.2.7"))
    assert late.sees().startswith("! 192.0.2.7 has 64 connections open; at most 64 are allowed.")
    assert late.closed
    assert "* Hello ali." in world.connect("192.0.2.8").types("ali").sees()
    crowd[0].types("sara").types("/exit")
    assert "* Hello reza." in world.connect("192.0.2.7").types("reza").sees()


def test_one_network_of_ipv6_is_one_place() -> None:
    """Every customer has a /64: addresses out of it are no different places."""
    world = World(Limits(connections_per_address=2))
    world.connect("2001:db8::1")
    world.connect("2001:db8::2")
    assert waits(world.connect("2001:db8::3")).sees().startswith("! 2001:db8::3 has 2 connections open")
    assert world.connect("2001:db8:0:1::1").sees() == ""


def test_an_ipv4_address_is_the_same_by_any_listener() -> None:
    """A dual-stack listener reports ``::ffff:192.0.2.7``; that is no second address."""
    world = World(Limits(connections_per_address=1))
    world.connect("::ffff:192.0.2.7")
    assert waits(world.connect("192.0.2.7")).sees().startswith("! 192.0.2.7 has 1 connections open")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_exempt(address: str) -> None:
    """People share a machine, and a proxy in front of the server comes from there too."""
    world = World(Limits(connections_per_address=1, nameless_per_address=1))
    assert all(world.connect(address).sees() == "" for _ in range(5))


def test_a_unix_socket_has_no_address_to_count() -> None:
    """Whoever comes by it is on this machine."""
    world = World(Limits(connections_per_address=1))
    assert all(isinstance(world.factory.buildProtocol(UNIXAddress(None)), Recogniser) for _ in range(3))


def test_coming_and_going_without_a_name_is_limited() -> None:
    """A scanner that connects again and again is told for how long it has to wait, and then may."""
    world = World(Limits(nameless_per_address=3, nameless_seconds=600))
    for _ in range(3):
        world.connect().drops()
        world.passes(10)
    turned_away = waits(world.connect())
    assert turned_away.sees() == (
        "! 3 connections from 192.0.2.7 ended without a name; at most 3 may in 600 s. Please try again in 571 s.\n"
    )
    world.passes(571)
    assert world.connect().sees() == ""


def test_those_who_gave_a_name_may_come_back_as_often_as_they_like() -> None:
    """Somebody with a bad network is no scanner."""
    world = World(Limits(nameless_per_address=1))
    for _ in range(5):
        visitor = world.connect().types("ali")
        assert "* Hello ali." in visitor.sees()
        visitor.drops()


def test_one_address_that_comes_all_the_time_is_slowed_down() -> None:
    """Each of its visits costs everybody something; who waits notices nothing else, and may go meanwhile."""
    world = World()
    for number in range(256):
        world.joined(f"ali{number}").drops()
    late, gone = world.connect().types("late"), world.connect().types("gone")
    assert "* Hello sara." in world.connect("192.0.2.8").types("sara").sees(), "others are not concerned"
    assert late.wire.paused
    assert late.sees() == ""
    gone.drops()
    world.passes(1 / 64)
    assert "* Hello late." in late.sees()
    world.passes(1)
    assert not any("gone" in line for line in world.journal.lines)


def test_whoever_is_turned_away_takes_no_place() -> None:
    """Only connections that were let in are counted out again."""
    world = World(Limits(connections_per_address=1))
    first = world.connect().types("ali")
    for _ in range(3):
        assert waits(world.connect()).closed
    first.drops()
    assert "* Hello sara." in world.connect().types("sara").sees()


def test_so_many_are_told_why_they_are_turned_away_and_others_just_closed() -> None:
    """Each is held until it has read that, or is cut off; whoever never reads must not fill the server with connections."""
    world = World(Limits(connections_per_address=1))
    world.connect()
    held = [held_at_the_door(world) for _ in range(MOST_TURNED_AWAY)]
    assert arrive(world) is None, "which has Twisted close the connection"
    assert "* Hello ali." in world.connect("192.0.2.8").types("ali").sees(), "others are not concerned"
    held[0].lose()
    assert waits(world.connect()).closed, "who reads it"
    assert waits(world.connect()).closed, "makes room again"
    held_at_the_door(world)
    assert arrive(world) is None


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        (b'{"type":"register"}\n', b'{"type":"error","error":"too_many_connections"'),
        (b"GET / HTTP/1.1\r\n", b"HTTP/1.1 400 "),
    ],
)
def test_whoever_speaks_first_is_turned_away_in_their_own_form(first: bytes, answer: bytes) -> None:
    """A program that skips what is not JSON learns why, too."""
    world = World(Limits(connections_per_address=1))
    world.connect()
    turned_away = world.connect().sends(first)
    assert turned_away.gets().startswith(answer)
    assert turned_away.closed
    assert waits(world.connect()).sees().startswith("! 192.0.2.7 has 1 connections open")


class Machine:
    """One that has room for so many connections; below 0 they take what files need."""

    def __init__(self, world: World, room: int) -> None:
        self.room = room
        world.factory._room = lambda: self.room


def test_a_full_server_tells_newcomers_so_and_goes_on(warnings: list[str]) -> None:
    """From wherever they come; those who are in talk on, and one who goes makes room. The operator reads it once a minute."""
    world = World()
    ali, sara = world.joined("ali", "127.0.0.1"), world.joined("sara")
    machine = Machine(world, 0)
    for address in ("127.0.0.1", "192.0.2.8", "2001:db8::1"):
        assert waits(world.connect(address)).sees() == (
            "! This server is full: 2 are connected, and it has no room for more. Please try again in a few minutes.\n"
        )
    ali.types("salam")
    assert sara.sees().endswith("ali: salam\n")
    machine.room = 1
    assert "* Hello reza." in world.connect().types("reza").sees()
    assert warnings == [
        "The server is full: 2 are connected, and newcomers are turned away. It may have more with a higher limit on "
        "open files (ulimit -n, or LimitNOFILE= in its unit)."
    ]
    machine.room = 0
    world.passes(60)
    waits(world.connect())
    assert len(warnings) == 2


@pytest.mark.parametrize(("room", "told"), [(0, True), (-TOLD_WHEN_FULL + 1, True), (-TOLD_WHEN_FULL, False)])
def test_few_are_told_that_a_server_is_full(room: int, told: bool) -> None:
    """Else they would take what is kept for files; the others are closed at once, those with too many connections too."""
    world = World(Limits(connections_per_address=1))
    machine = Machine(world, 1)
    arrive(world)
    machine.room = room
    assert (arrive(world) is not None) == told
    assert (world.factory.buildProtocol(IPv4Address("TCP", "192.0.2.8", 4000)) is not None) == told


def waits(visitor: Visitor) -> Visitor:
    """Say nothing at first, as people do."""
    visitor.world.greet()
    return visitor


def arrive(world: World) -> IProtocol | None:
    """Be accepted by the kernel."""
    return world.factory.buildProtocol(IPv4Address("TCP", "192.0.2.7", 4000))


def held_at_the_door(world: World) -> Wire:
    """Somebody who is turned away, and does not read it."""
    protocol, wire = arrive(world), Wire()
    assert isinstance(protocol, TurnedAway)
    wire.protocol = protocol
    protocol.makeConnection(wire)
    return wire
