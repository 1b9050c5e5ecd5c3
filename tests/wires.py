"""Both ends of connections that exist in memory: what a visitor sends and sees, over a transport that takes only so much.

Knows the factory under test, Twisted's transports and a clock that stands still. Must not know rules of the chat.
"""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC
from random import Random
from typing import Any, cast

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IHalfCloseableProtocol,
    IProtocol,
    IPushProducer,
    ITransport,
)
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.chat import Chat, Surroundings
from chatd.limits import Limits
from chatd.protocols.factory import ChatFactory
from chatd.protocols.site import Site
from chatd.protocols.text import SILENCE
from chatd.storage.contract import Store
from chatd.storage.memory import MemoryStore

NOON = 1_700_049_600.0
"""2023-11-15 12:00 UTC, when every world begins."""


class Handle:
    """A socket's sending half: takes what the wire has room for, as ``socket.send`` does."""

    def __init__(self, wire: "Wire") -> None:
        self._wire = wire

    def send(self, data: bytes) -> int:
        """Take some of it.

        Raises:
            BlockingIOError: there is room for nothing.
            BrokenPipeError: nobody is there.
        """
        if self._wire.gone:
            raise BrokenPipeError
        taken = self._wire.take(data)
        if data and not taken:
            raise BlockingIOError
        self._wire.direct += taken
        return taken


@implementer(ITransport, IConsumer, IPushProducer)
class Wire:
    """A transport whose other side takes ``room`` bytes more, or any number.

    Written bytes wait in :attr:`buffer` until :meth:`flush`, as Twisted's wait for their turn of the reactor.
    """

    def __init__(self, room: int | None = None) -> None:
        self.room = room
        self.received = bytearray()
        """What has reached the other side."""
        self.direct = 0
        """How much of it was sent without the transport's knowledge."""
        self.buffer = bytearray()
        self.largest_write = 0
        self.producer: Any = None
        self.protocol: IProtocol | None = None
        self.paused = False
        self.half_closing = False
        self.half_closed = False
        """The other side has been told that nothing more will come."""
        self.disconnecting = False
        self.disconnected = False
        self.aborted = False
        self.gone = False
        """Nobody is on the other side, though nobody has noticed."""

    def take(self, data: bytes) -> int:
        """Let the other side have as much as it has room for."""
        taken = len(data) if self.room is None else min(self.room, len(data))
        if self.room is not None:
            self.room -= taken
        self.received += data[:taken]
        return taken

    def flush(self) -> None:
        """What the reactor does with a transport that can be written to."""
        del self.buffer[: self.take(bytes(self.buffer))]
        if self.buffer or self.disconnected:
            return
        if self.producer is not None:
            self.producer.resumeProducing()
        elif self.disconnecting:
            self.lose()
        elif self.half_closing and not self.half_closed:
            self.half_closed = True
            IHalfCloseableProtocol(self.protocol).writeConnectionLost()

    def lose(self, why: Exception | None = None) -> None:
        """The connection ends."""
        if self.disconnected:
            return
        self.disconnected = True
        if self.producer is not None:
            self.producer.stopProducing()
        if self.protocol is not None:
            self.protocol.connectionLost(Failure(why or ConnectionDone()))

    def getHandle(self) -> Handle:
        """The socket."""
        return Handle(self)

    def write(self, data: bytes) -> None:
        """Keep it until :meth:`flush`."""
        if not self.disconnected:
            self.largest_write = max(self.largest_write, len(data))
            self.buffer += data

    def writeSequence(self, data: Any) -> None:
        """Keep all of it."""
        self.write(b"".join(data))

    def loseConnection(self) -> None:
        """End once everything is written; with a producer, never. Reads no more."""
        self.disconnecting = True
        if self.half_closed:
            self.lose()

    def loseWriteConnection(self) -> None:
        """Send nothing more once everything is written."""
        self.half_closing = True

    def abortConnection(self) -> None:
        """End now."""
        self.aborted = True
        self.lose(ConnectionAborted())

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Ask ``producer`` for more whenever everything is written."""
        assert self.producer is None
        assert not streaming
        self.producer = producer
        producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """Ask it no more."""
        self.producer = None

    def pauseProducing(self) -> None:
        """Read no more for now."""
        self.paused = True

    def resumeProducing(self) -> None:
        """Read on."""
        self.paused = False

    def stopProducing(self) -> None:
        """End."""
        self.loseConnection()

    def getPeer(self) -> IAddress:
        """Somewhere."""
        return IPv4Address("TCP", "192.0.2.1", 4000)

    def getHost(self) -> IAddress:
        """Here."""
        return IPv4Address("TCP", "192.0.2.254", 5050)


class DeafWire(Wire):
    """A transport that has no socket that could be asked, as TLS has not."""

    def getHandle(self) -> Handle:
        """Something that cannot send."""
        return cast(Handle, None)


@dataclass(slots=True)
class Journal:
    """What the operator was told."""

    lines: list[str] = field(default_factory=list)

    def came(self, name: str, address: str, online: int) -> None:
        """Somebody gave a name."""
        self.lines.append(f"+{name} {address} {online}")

    def went(self, name: str, address: str, online: int) -> None:
        """Somebody is gone."""
        self.lines.append(f"-{name} {address} {online}")

    def renamed(self, old: str, new: str) -> None:
        """Somebody took another name."""
        self.lines.append(f"{old}>{new}")


class Visitor:
    """The client's end of one connection."""

    def __init__(self, world: "World", protocol: IProtocol, wire: Wire) -> None:
        self.wire = wire
        self._world = world
        self.protocol = protocol
        self.polite = True
        """Closes its own half when the server has closed the other."""
        self._inbox: list[bytes] = []
        self._ending = False
        self._ended = False
        self._read = 0
        wire.protocol = protocol
        protocol.makeConnection(wire)

    @property
    def closed(self) -> bool:
        """Whether the connection has ended."""
        return self.wire.disconnected

    def sends(self, *pieces: bytes) -> "Visitor":
        """Send these bytes, each piece a segment of its own."""
        self._inbox += pieces
        self._world.settle()
        return self

    def types(self, *lines: str) -> "Visitor":
        """Send these lines."""
        return self.sends("".join(f"{line}\n" for line in lines).encode())

    def ends(self) -> "Visitor":
        """Close the sending half."""
        self._ending = True
        self._world.settle()
        return self

    def drops(self) -> None:
        """Be gone without a word."""
        self.wire.lose()
        self._world.settle()

    def sees(self) -> str:
        """What has arrived since the last look."""
        return self.gets().decode()

    def gets(self) -> bytes:
        """The same, as bytes."""
        new = bytes(self.wire.received[self._read :])
        self._read = len(self.wire.received)
        return new

    def turn(self) -> bool:
        """Let the reactor do one thing with this connection. False: there was nothing."""
        wire = self.wire
        if wire.disconnected:
            return False
        before = self._state()
        wire.flush()
        if not (wire.disconnected or wire.paused or wire.disconnecting):
            self._deliver()
        return before != self._state()

    def _deliver(self) -> None:
        """Bring one segment to the server, or the end of them."""
        if self._inbox:
            self.protocol.dataReceived(self._inbox.pop(0))
        elif not self._ended and (self._ending or (self.polite and self.wire.half_closed)):
            self._ended = True
            IHalfCloseableProtocol(self.protocol).readConnectionLost()

    def _state(self) -> tuple[object, ...]:
        wire = self.wire
        return len(wire.received), len(wire.buffer), wire.half_closed, wire.disconnected, len(self._inbox), self._ended


class World:
    """A whole server in memory, at noon, and those who are connected to it."""

    def __init__(self, limits: Limits | None = None, store: Store | None = None) -> None:
        self.clock = Clock()
        self.journal = Journal()
        self.visitors: list[Visitor] = []
        surroundings = Surroundings(
            store=store or MemoryStore(),
            clock=self.clock,
            wall=lambda: NOON + self.clock.seconds(),
            random=Random(1),
            spawn=self._spawn,
            journal=self.journal,
            limits=limits or Limits(),
        )
        self.site = Site(Chat(surroundings), UTC)
        self.factory = ChatFactory(self.site)

    def connect(self, address: str = "192.0.2.7", wire: Wire | None = None) -> Visitor:
        """Somebody connects."""
        protocol = self.factory.buildProtocol(IPv4Address("TCP", address, 4000))
        visitor = Visitor(self, protocol, wire or Wire())
        self.visitors.append(visitor)
        self.settle()
        return visitor

    def joined(self, name: str, address: str = "192.0.2.7", wire: Wire | None = None) -> Visitor:
        """Somebody connects and gives a name; what they see of that is read already."""
        visitor = self.connect(address, wire).types(name)
        visitor.gets()
        return visitor

    def settle(self) -> None:
        """Let everything happen that needs no time to pass."""
        moved = True
        while moved:
            self.clock.advance(0)
            moved = sum(visitor.turn() for visitor in self.visitors) > 0  # each of them gets its turn

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.settle()
        self.clock.advance(seconds)
        self.settle()

    def greet(self) -> None:
        """Let as much time pass as makes a silent client a person."""
        self.passes(SILENCE)

    def _spawn(self, doing: Coroutine[Any, Any, None]) -> None:
        Deferred.fromCoroutine(doing)
