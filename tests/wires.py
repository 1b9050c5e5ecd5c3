"""Transports that exist in memory: what is written waits, leaves, or is refused, as a test wants it.

Knows what Twisted's transports promise. Must not know what is sent over them.
"""

from typing import Any, cast

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import (
    IAddress,
    IConsumer,
    IHalfCloseableProtocol,
    IProtocol,
    IPushProducer,
    ITransport,
)
from twisted.python.failure import Failure
from zope.interface import implementer


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
