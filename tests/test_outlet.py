"""Bytes on their way out: all of them, in order, straight into the socket when it takes them, and never a queue in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.interfaces import INegotiated
from twisted.internet.task import Clock
from zope.interface import directlyProvides

from chatd.protocols.outlet import PIECE, Outlet, StreamOutlet, open_outlet
from tests.wires import DeafWire, Wire

STALL = 60.0


class Bench:
    """An outlet on a wire, and how often it said that it is clear."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.clock = Clock()
        self.cleared = 0
        self.outlet = Outlet(wire, self.clock, STALL, self)

    def takes(self, size: int) -> None:
        """The other side reads so many bytes more."""
        self.wire.room = (self.wire.room or 0) + size
        self.wire.flush()

    def clear(self) -> None:
        """It said so."""
        self.cleared += 1


class CountingWire(Wire):
    """One that counts what its socket is asked for."""

    calls = 0

    def take(self, data: bytes) -> int:
        """Take it, and count."""
        self.calls += 1
        return super().take(data)


@dataclass
class Told:
    """Does this whenever an outlet is clear."""

    then: Callable[[], object]

    def clear(self) -> None:
        """It is."""
        self.then()


@pytest.fixture(params=[Wire, DeafWire])
def slow(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """An outlet whose other side takes nothing yet, with a socket that can be asked, and without."""
    bench = Bench(request.param(room=0))
    yield bench
    bench.outlet.close_quietly()
    assert not bench.clock.getDelayedCalls()


def test_what_the_socket_takes_never_enters_the_transport() -> None:
    """To one who reads, every send is one system call: nothing is buffered, nobody is told."""
    bench = Bench(wire := CountingWire())
    bench.outlet.send(b"salam\n")
    bench.outlet.send(b"")
    bench.outlet.send(b"khubi?\n")
    assert wire.calls == 2, "nothing needs none"
    assert bytes(bench.wire.received) == b"salam\nkhubi?\n"
    assert bench.wire.direct == len(b"salam\nkhubi?\n")
    assert (bench.outlet.blocked, bench.cleared, bench.wire.largest_write) == (False, 0, 0)


def test_without_a_socket_the_transport_gets_it() -> None:
    """A transport that has no plain socket is written to, and the outlet is clear again when that has left."""
    bench = Bench(DeafWire())
    bench.outlet.send(b"salam\n")
    assert bench.outlet.blocked
    bench.wire.flush()
    assert bytes(bench.wire.received) == b"salam\n"
    assert (bench.outlet.blocked, bench.cleared, bench.wire.direct) == (False, 1, 0)


def test_what_the_socket_refuses_follows_in_its_place() -> None:
    """A send that is taken in part blocks; what comes after waits behind the rest."""
    bench = Bench(Wire(room=3))
    bench.outlet.send(b"salam\n")
    bench.outlet.send(b"khubi?\n")
    assert (bytes(bench.wire.received), bench.outlet.blocked) == (b"sal", True)
    bench.takes(100)
    assert bytes(bench.wire.received) == b"salam\n"
    bench.takes(100)
    bench.takes(0)
    assert bytes(bench.wire.received) == b"salam\nkhubi?\n"
    assert (bench.outlet.blocked, bench.cleared) == (False, 1)


def test_a_slow_reader_gets_it_in_pieces(slow: Bench) -> None:
    """The transport holds one piece at a time, so each one that leaves is a sign of life."""
    slow.outlet.send(b"x" * (10 * PIECE + 1))
    for taken in range(11):
        assert slow.outlet.blocked
        assert len(slow.wire.received) == min(taken * PIECE, 10 * PIECE + 1)
        slow.takes(PIECE)
    assert len(slow.wire.received) == 10 * PIECE + 1
    assert slow.wire.largest_write <= PIECE
    assert (slow.outlet.blocked, slow.cleared) == (False, 1)


def test_whoever_takes_nothing_is_dropped(slow: Bench) -> None:
    """After a minute without a piece taken the connection is aborted, and not a second sooner."""
    slow.outlet.send(b"salam\n")
    slow.clock.advance(STALL - 1)
    assert not slow.wire.aborted
    slow.clock.advance(1)
    assert slow.wire.aborted


def test_whoever_takes_a_piece_now_and_then_is_kept(slow: Bench) -> None:
    """Slow is not gone: every piece begins the minute anew."""
    slow.outlet.send(b"x" * (5 * PIECE))
    for _ in range(4):
        slow.clock.advance(STALL - 1)
        slow.takes(PIECE)
    assert not slow.wire.aborted
    slow.clock.advance(STALL)
    assert slow.wire.aborted


def test_whoever_has_read_everything_may_be_silent_for_ever(slow: Bench) -> None:
    """No clock runs against a reader that has nothing to read."""
    slow.outlet.send(b"salam\n")
    slow.takes(6)
    slow.clock.advance(10 * STALL)
    assert not slow.wire.aborted


def test_the_next_send_can_come_from_being_told() -> None:
    """Whoever hears that the outlet is clear sends at once, and that is neither lost nor out of order."""
    wire, clock = Wire(room=0), Clock()
    more = [b"2", b"3", b"4"]

    def say_more() -> None:
        if more:
            outlet.send(more.pop(0))

    outlet = Outlet(wire, clock, STALL, Told(say_more))
    outlet.send(b"1")
    for _ in range(8):
        wire.room = 1
        wire.flush()
    assert bytes(wire.received) == b"1234"
    assert not outlet.blocked
    assert not clock.getDelayedCalls()


def test_finishing_sends_everything_first(slow: Bench) -> None:
    """The last words arrive, however slowly they are read, and then the connection can end."""
    slow.outlet.send(b"x" * (3 * PIECE))
    slow.outlet.send(b"goodbye\n")
    slow.outlet.finish(slow.wire.loseConnection)
    slow.outlet.send(b"too late\n")
    while not slow.wire.disconnected:
        slow.takes(PIECE)
    assert bytes(slow.wire.received) == b"x" * (3 * PIECE) + b"goodbye\n"
    assert not slow.wire.aborted


def test_finishing_does_not_wait_for_ever(slow: Bench) -> None:
    """Whoever does not read the last words either is dropped."""
    slow.outlet.send(b"salam\n")
    slow.outlet.finish(slow.wire.loseConnection)
    slow.clock.advance(STALL - 1)
    assert not slow.wire.aborted
    slow.clock.advance(1)
    assert slow.wire.aborted


def test_finishing_waits_for_one_who_reads_slowly(slow: Bench) -> None:
    """Every piece that is taken is a sign of life: the time to stand still begins anew."""
    slow.outlet.send(b"x" * (5 * PIECE))
    slow.outlet.finish(slow.wire.loseConnection)
    while not slow.wire.disconnected:
        slow.clock.advance(STALL - 1)
        slow.takes(PIECE)
    assert bytes(slow.wire.received) == b"x" * (5 * PIECE)
    assert not slow.wire.aborted


def test_what_came_while_it_was_blocked_leaves_in_pieces_too(slow: Bench) -> None:
    """One who reads slowly has a minute for each piece of it, not for all of it."""
    slow.outlet.send(b"salam\n")
    slow.outlet.send(b"x" * (5 * PIECE))
    slow.outlet.finish(slow.wire.loseConnection)
    while not slow.wire.disconnected:
        slow.clock.advance(STALL - 1)
        slow.takes(PIECE)
    assert slow.wire.largest_write <= PIECE
    assert not slow.wire.aborted


def test_a_connection_that_goes_first_is_not_closed_again(slow: Bench) -> None:
    """Nobody is left to close it for, and no clock runs on."""
    closed: list[bool] = []
    slow.outlet.send(b"salam\n")
    slow.outlet.finish(lambda: closed.append(True))
    slow.wire.lose()
    slow.outlet.finish(lambda: closed.append(True))
    assert not closed
    assert not slow.clock.getDelayedCalls()


def test_what_is_closed_is_not_blocked(slow: Bench) -> None:
    """Nobody waits for an outlet that will never be clear again."""
    slow.outlet.send(b"salam\n")
    assert slow.outlet.blocked
    slow.outlet.close_quietly()
    assert not slow.outlet.blocked


def test_a_lost_connection_leaves_no_timer(slow: Bench) -> None:
    """The transport says that it is gone; then nothing is waited for, and nothing is sent."""
    slow.outlet.send(b"salam\n")
    slow.wire.lose()
    assert not slow.clock.getDelayedCalls()
    slow.outlet.send(b"khubi?\n")
    assert not slow.clock.getDelayedCalls()


def test_a_broken_socket_is_the_transports_to_find() -> None:
    """An error while sending is not raised at whoever happened to speak: the transport is given the bytes and finds out."""
    bench = Bench(Wire())
    bench.wire.gone = True
    bench.outlet.send(b"salam\n")
    assert bench.outlet.blocked
    assert bytes(bench.wire.buffer) == b"salam\n"
    bench.wire.lose()
    assert not bench.clock.getDelayedCalls()


def test_letting_go_leaves_the_transport_free(slow: Bench) -> None:
    """Another owner finds no producer registered, no timer, and what was still to be sent before its own bytes."""
    slow.outlet.send(b"salam\n")
    slow.outlet.send(b"khubi?\n")
    slow.outlet.let_go()
    slow.wire.write(b"HTTP/1.1 400\r\n")
    slow.wire.loseConnection()
    slow.takes(100)
    assert bytes(slow.wire.received) == b"salam\nkhubi?\nHTTP/1.1 400\r\n"
    assert slow.wire.disconnected
    assert not slow.clock.getDelayedCalls()


@given(
    wire=st.sampled_from([Wire, DeafWire]),
    steps=st.lists(
        st.one_of(st.binary(min_size=1, max_size=40), st.integers(0, 60), st.just(b"y" * (PIECE + 7))), max_size=30
    ),
)
def test_nothing_is_lost_doubled_or_turned_round(wire: type[Wire], steps: list[bytes | int]) -> None:
    """However sending and reading alternate, what arrives is what was sent."""
    bench = Bench(wire(room=0))
    for step in steps:
        if isinstance(step, bytes):
            bench.outlet.send(step)
        else:
            bench.takes(step)
    while bench.outlet.blocked:
        bench.takes(PIECE)
    assert bytes(bench.wire.received) == b"".join(step for step in steps if isinstance(step, bytes))
    assert not bench.clock.getDelayedCalls()


class Stream:
    """A transport that takes everything and says when it has enough, as Twisted's TLS does."""

    def __init__(self, enough: int) -> None:
        self.enough = enough
        self.received = b""
        self.buffered = b""
        self.producer: Any = None
        self.asked = 0

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Only a push producer is left in peace."""
        assert streaming
        self.producer = producer

    def unregisterProducer(self) -> None:
        """Nobody is told any more."""
        self.producer = None

    def write(self, data: bytes) -> None:
        """Take it; say so at every write, as long as there is too much."""
        self.buffered += data
        if len(self.buffered) >= self.enough and self.producer is not None:
            self.producer.pauseProducing()

    def drain(self) -> None:
        """The other side reads it all."""
        self.received, self.buffered = self.received + self.buffered, b""
        self.producer.resumeProducing()


def stream(enough: int) -> tuple[Stream, Clock, StreamOutlet, list[bool]]:
    """An outlet on such a transport, and whether it was blocked each time it said that it is clear."""
    transport, clock, cleared = Stream(enough), Clock(), []
    outlet = StreamOutlet(transport, clock, STALL, Told(lambda: cleared.append(outlet.blocked)))
    return transport, clock, outlet, cleared


def test_a_stream_is_written_to_until_it_has_enough() -> None:
    """What comes after that waits here, in order, and leaves when there is room."""
    transport, clock, outlet, cleared = stream(enough=10)
    outlet.send(b"salam\n")
    assert (outlet.blocked, transport.buffered) == (False, b"salam\n")
    outlet.send(b"khubi?\n")
    outlet.send(b"bale\n")
    assert (outlet.blocked, transport.buffered) == (True, b"salam\nkhubi?\n")
    transport.drain()
    assert (outlet.blocked, cleared, transport.buffered) == (False, [False], b"bale\n")
    assert not clock.getDelayedCalls()


def test_a_stream_that_fills_again_stays_blocked() -> None:
    """Clear is said only when it is true."""
    transport, clock, outlet, cleared = stream(enough=4)
    for word in (b"salam\n", b"khubi?\n", b"bale\n"):
        outlet.send(word)
    transport.drain()
    assert (outlet.blocked, cleared) == (True, [])
    transport.drain()
    transport.drain()
    assert (outlet.blocked, cleared, transport.received) == (False, [False], b"salam\nkhubi?\nbale\n")
    assert not clock.getDelayedCalls()


def test_a_stream_ends_once_it_has_everything() -> None:
    """Long words go in pieces, each with its time; then the producer is gone, and the transport is closed."""
    transport, clock, outlet, cleared = stream(enough=PIECE)
    closed: list[bytes] = []
    outlet.send(b"x" * (3 * PIECE))
    outlet.finish(lambda: closed.append(transport.received))
    outlet.send(b"too late\n")
    for taken in range(3):
        assert (closed, len(transport.received), outlet.blocked) == ([], taken * PIECE, True)
        clock.advance(STALL - 1)
        transport.drain()
    assert closed == [b"x" * (3 * PIECE)]
    assert (transport.producer, outlet.blocked, cleared) == (None, False, [])
    outlet.close_quietly()


@given(st.lists(st.binary(max_size=12), max_size=20), st.integers(1, 30), st.data())
def test_a_stream_gets_every_byte_in_order(words: list[bytes], enough: int, data: st.DataObject) -> None:
    """However the other side reads between the sends."""
    transport, clock, outlet, _ = stream(enough)
    for word in words:
        outlet.send(word)
        if data.draw(st.booleans()):
            transport.drain()
    while outlet.blocked or transport.buffered:
        transport.drain()
    assert transport.received == b"".join(words)
    assert not clock.getDelayedCalls()


def test_encrypted_transports_get_the_stream_outlet() -> None:
    """Bytes that went around TLS would be in clear; a pull producer would keep TLS busy for ever."""
    encrypted = Stream(10)
    directlyProvides(encrypted, INegotiated)
    assert isinstance(open_outlet(encrypted, Clock(), STALL), StreamOutlet)
    assert type(open_outlet(Wire(), Clock(), STALL)) is Outlet


def test_what_is_gathered_leaves_by_one_call() -> None:
    """In its order; meanwhile nothing has been sent, and nobody has to wait for anything."""
    bench = Bench(wire := CountingWire())
    bench.outlet.cork()
    bench.outlet.send(b"salam\n")
    bench.outlet.send(b"")
    bench.outlet.send(b"khubi?\n")
    bench.wire.flush()
    assert (wire.calls, bytes(wire.received), bench.outlet.blocked) == (1, b"", False), (
        "one, for nothing, was the flush"
    )
    bench.outlet.uncork()
    assert (wire.calls, bytes(wire.received)) == (2, b"salam\nkhubi?\n")
    bench.outlet.uncork()
    bench.outlet.send(b"khubam\n")
    assert (wire.calls, bytes(wire.received)) == (3, b"salam\nkhubi?\nkhubam\n")
    assert (wire.largest_write, bench.cleared) == (0, 0)


@pytest.mark.parametrize("size", [6, 1000, PIECE, 10 * PIECE])
def test_only_a_piece_is_gathered(size: int) -> None:
    """Whoever is sent more than a greeting is sent it as ever, and blocks: nothing here may grow."""
    bench = Bench(Wire(room=0))
    bench.outlet.cork()
    count = -(-PIECE // size)
    for _ in range(count - 1):
        bench.outlet.send(b"x" * size)
    assert not bench.outlet.blocked
    bench.outlet.send(b"x" * size)
    assert bench.outlet.blocked
    bench.outlet.send(b"y")
    for _ in range(count * size):
        bench.takes(PIECE)
        if not bench.outlet.blocked:
            break
    assert bytes(bench.wire.received) == b"x" * size * count + b"y"


def test_what_was_gathered_may_be_more_than_the_socket_takes() -> None:
    """Then it blocks, as any send does."""
    bench = Bench(Wire(room=3))
    bench.outlet.cork()
    bench.outlet.send(b"salam\n")
    bench.outlet.uncork()
    assert (bytes(bench.wire.received), bench.outlet.blocked) == (b"sal", True)
    bench.takes(100)
    bench.takes(0)
    assert (bytes(bench.wire.received), bench.outlet.blocked, bench.cleared) == (b"salam\n", False, 1)


def test_what_was_gathered_is_sent_before_an_outlet_is_left() -> None:
    """Into the socket, not into the transport's buffer: whoever has the connection next goes around that."""
    bench = Bench(Wire())
    bench.outlet.cork()
    bench.outlet.send(b"salam\n")
    bench.outlet.let_go()
    assert bytes(bench.wire.received) == b"salam\n"
    bench.outlet.uncork()
    assert (bytes(bench.wire.received), bytes(bench.wire.buffer)) == (b"salam\n", b"")


@pytest.mark.parametrize("room", [None, 3])
def test_what_was_gathered_is_sent_before_the_end(room: int | None) -> None:
    """A goodbye may follow a greeting in one turn."""
    bench = Bench(Wire(room=room))
    ended: list[bytes] = []
    bench.outlet.cork()
    bench.outlet.send(b"salam\n")
    bench.outlet.send(b"khodahafez\n")
    bench.outlet.finish(lambda: ended.append(bytes(bench.wire.received)))
    bench.outlet.uncork()
    bench.takes(100)
    bench.takes(0)
    assert ended == [b"salam\nkhodahafez\n"]
    bench.outlet.close_quietly()


def test_what_was_gathered_for_one_who_is_gone_is_dropped() -> None:
    """There is no socket any more."""
    bench = Bench(Wire())
    bench.outlet.cork()
    bench.outlet.send(b"salam\n")
    bench.outlet.close_quietly()
    bench.outlet.uncork()
    bench.outlet.send(b"salam\n")
    assert (bytes(bench.wire.received), bytes(bench.wire.buffer)) == (b"", b"")


STEPS = st.lists(st.one_of(st.just("cork"), st.just("uncork"), st.integers(0, 12), st.binary(max_size=9)), max_size=30)


@given(STEPS, st.sampled_from([Wire, DeafWire]), st.none() | st.integers(0, 5))
def test_corks_change_nothing_but_when(
    steps: list[str | int | bytes], kind: Callable[..., Wire], room: int | None
) -> None:
    """Everything arrives, once and in order, whenever it is gathered and however little is taken at a time."""
    bench = Bench(kind(room=room))
    for step in steps:
        match step:
            case "cork":
                bench.outlet.cork()
            case "uncork":
                bench.outlet.uncork()
            case int():
                bench.takes(step)
            case bytes():
                bench.outlet.send(step)
    sent = b"".join(step for step in steps if isinstance(step, bytes))
    assert sent.startswith(bench.wire.received)
    bench.outlet.uncork()
    for _ in range(len(steps) + 1):
        bench.takes(1000)
    assert bytes(bench.wire.received) == sent
    assert not bench.outlet.blocked
    assert not bench.clock.getDelayedCalls()
