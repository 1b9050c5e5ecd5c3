"""How a connection ends so that the last words arrive. Knows Twisted transports and a clock; not what the words are.

A socket that is closed while something unread is in it is reset, and a reset destroys what was sent but not read on the
other side (RFC 9293, section 3.10.7.1; RFC 2525, section 2.17). So only our own half is closed at first.
"""

from typing import Any

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.clock import Clock, Timer
from chatd.protocols.sockets import encrypted, unacknowledged

LINGER_SECONDS = 1.0
"""How long the other side may take to close its half, once it has everything. Some, like nc, wait for their user."""
LINGERS = 60
"""How many times as long it may take to get everything."""


class Closing:
    """The end of one connection. Its protocol passes on what it hears of the two halves, and drops what still comes in."""

    __slots__ = ("_clock", "_lingered", "_timer", "_transport")

    def __init__(self, transport: Any, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._timer: Timer | None = None
        self._lingered = 0

    def begin(self, other_half_closed: bool = False) -> None:
        """Close once everything written has left."""
        halves = hasattr(self._transport, "loseWriteConnection") and not encrypted(self._transport)
        if halves and not other_half_closed:
            self._transport.loseWriteConnection()
        else:
            self._transport.loseConnection()

    def written(self) -> None:
        """Everything has left this program."""
        self._timer = self._clock.callLater(LINGER_SECONDS, self._linger)

    def answered(self) -> None:
        """The other side has closed its half too."""
        self._transport.loseConnection()

    def _linger(self) -> None:
        """Drop the connection, but not what the kernel has still to deliver."""
        self._lingered += 1
        if unacknowledged(self._transport) and self._lingered < LINGERS:
            self.written()
        else:
            self._transport.abortConnection()

    def lost(self) -> None:
        """The connection is gone."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()


@implementer(IHalfCloseableProtocol)
class Parting(Protocol):
    """A connection that is told one thing, and closed."""

    named = False
    transport: Any

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closing: Closing | None = None
        self._patience: Timer | None = None

    def part(self, words: bytes) -> None:
        """Say it, once."""
        if self._closing is None:
            self._closing = Closing(self.transport, self._clock)
            self.transport.write(words)
            self._closing.begin()
            self._patience = self._clock.callLater(LINGERS * LINGER_SECONDS, self.transport.abortConnection)

    def readConnectionLost(self) -> None:
        """The other side has said all it will."""
        self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        """The words have left."""
        if self._closing is not None:
            self._closing.written()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002 (it makes no difference)
        """Gone."""
        if self._closing is not None:
            self._closing.lost()
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
