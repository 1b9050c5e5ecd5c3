"""TLS on one connection: what comes in is decrypted for whoever is inside, and what they write is encrypted.

Knows Twisted's TLS, transports and a clock. Must not know certificates, or who is inside.
"""

from collections.abc import Callable
from typing import Any, cast

from OpenSSL.SSL import SysCallError
from twisted.internet.interfaces import (
    IHalfCloseableProtocol,
    IHandshakeListener,
    IOpenSSLServerConnectionCreator,
    IReactorTime,
    ITransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.clock import Clock, Timer
from chatd.protocols.closing import Closing
from chatd.protocols.front_ends import Inner


@implementer(IHalfCloseableProtocol)
class Encryption(Protocol):
    """The server's end of TLS on one connection, which has ``handshake_seconds`` to begin and ``closing_seconds`` to end.

    This is what Twisted's ``startTLS`` does, but on any transport, by any clock, and with an end that always comes.
    """

    transport: Any

    def __init__(
        self,
        identity: IOpenSSLServerConnectionCreator,
        clock: Clock,
        inside: Inner,
        handshake_seconds: float,
        closing_seconds: float,
    ) -> None:
        self._clock = clock
        self._inside = inside
        self._handshake_seconds = handshake_seconds
        self._closing_seconds = closing_seconds
        factory = TLSMemoryBIOFactory(identity, False, Factory(), cast(IReactorTime, clock))
        self._tls = _Tls(factory, _Cleartext(inside, self._stop_waiting))
        self._patience: Timer | None = None
        self._parting = False

    @property
    def named(self) -> bool:
        """Whether somebody inside has given a name."""
        return self._inside.named

    def connectionMade(self) -> None:
        """Wait for the handshake, but not for ever."""
        self._closing = Closing(self.transport, self._clock)
        self._wait(self._handshake_seconds, self.transport.abortConnection)
        self._tls.makeConnection(_Ciphertext(self.transport, self._part, self._end))

    def dataReceived(self, data: bytes) -> None:
        """Encrypted bytes came in."""
        self._tls.dataReceived(data)

    def readConnectionLost(self) -> None:
        """The other side has cut its half off, which in TLS ends both."""
        self._end()

    def writeConnectionLost(self) -> None:
        """Everything has left, and our half is closed."""
        self._closing.written()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection is gone, and the handshake with it if it was not done."""
        self._parting = True
        self._tls.connectionLost(reason)
        self._closing.lost()
        self._stop_waiting()

    def _part(self) -> None:
        """TLS has said goodbye. Whoever does not answer, as ncat does not until its user has done, is not waited for long."""
        if not self._parting:
            self._parting = True
            self._wait(self._closing_seconds, self.transport.abortConnection)
            self._closing.begin()

    def _end(self) -> None:
        """Nothing more will be understood: close, once TLS is through with what it is doing."""
        self._parting = True
        self._wait(0, self._close)

    def _close(self) -> None:
        """Close once everything written has left."""
        self._wait(self._closing_seconds, self.transport.abortConnection)
        # TLS leaves its producer there, and one that is paused, with nothing more to say, would hold the transport open.
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def _wait(self, seconds: float, then: Callable[[], object]) -> None:
        self._stop_waiting()
        self._patience = self._clock.callLater(seconds, then)

    def _stop_waiting(self) -> None:
        if self._patience is not None and self._patience.active():
            self._patience.cancel()


class _Tls(BufferingTLSTransport):
    """Twisted's TLS, which tells the transport below when it has said goodbye."""

    def loseConnection(self) -> None:
        """Say goodbye, once everything written has been encrypted."""
        super().loseConnection()
        cast(_Ciphertext, self.transport).part()

    def _tlsShutdownFinished(self, reason: Failure | None) -> None:
        """Nothing more comes. Twisted looks for words in a goodbye amid the handshake, which has none (its issue 12181)."""
        if reason is not None and not getattr(reason.value, "args", None):
            reason = Failure(SysCallError(-1, "Unexpected EOF"))
        super()._tlsShutdownFinished(reason)


@implementer(IHandshakeListener)
class _Cleartext(Protocol):
    """What TLS decrypts for: nobody until the handshake is done, and then whoever is inside."""

    transport: ITransport

    def __init__(self, inside: Inner, done: Callable[[], None]) -> None:
        self._inside = inside
        self._done = done
        self._handshaken = False

    def handshakeCompleted(self) -> None:
        """Begin."""
        self._handshaken = True
        self._done()
        self._inside.makeConnection(self.transport)

    def dataReceived(self, data: bytes) -> None:
        """Decrypted bytes came in."""
        self._inside.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection is gone. A handshake that failed is nobody's concern but the client's, which was told by TLS."""
        if self._handshaken:
            self._inside.connectionLost(reason)


class _Ciphertext:
    """The transport below, as TLS sees it: how it is closed is for :class:`Encryption` to say."""

    def __init__(self, transport: Any, part: Callable[[], None], end: Callable[[], None]) -> None:
        self._transport = transport
        self.part = part
        self.loseConnection = end

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
