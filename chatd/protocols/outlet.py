"""A connection's bytes on their way out: straight into the socket while it takes them, and not a queue when it does not.

They are gathered only as long as somebody has put a cork on it, and never more than a piece.

Knows Twisted transports and a clock. Must not know what the bytes are, or who is slow why.
"""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.interfaces import IPullProducer, IPushProducer
from zope.interface import implementer

from chatd.clock import Clock, Timer
from chatd.fanout import DirectOutlet, Sink
from chatd.protocols.sockets import encrypted

PIECE = 16 * 1024
"""Bytes given to the transport at once when the other side is slow: taking one piece is a sign of life."""


class Sender(Protocol):
    """Whose bytes they are."""

    def clear(self) -> None:
        """The outlet takes bytes again, after it was blocked."""


def open_outlet(transport: Any, clock: Clock, stall_seconds: float, sender: Sender | None = None) -> "Outlet":
    """The way out of this transport; ``sender`` is told whenever it takes bytes again.

    The transport is an ``ITransport`` that is an ``IConsumer`` too, and has ``abortConnection``, as Twisted's all are.
    """
    kind = StreamOutlet if encrypted(transport) else Outlet
    return kind(transport, clock, stall_seconds, sender)


@implementer(IPullProducer)
class Outlet(DirectOutlet):
    """Sends at once what the socket takes, and says :attr:`blocked` until the rest has left.

    The transport gets only what the socket refused, in pieces; being registered as its pull producer, this object
    hears exactly when its buffer is empty again. Whoever takes no piece for ``stall_seconds`` is dropped.
    """

    __slots__ = (
        "_clock",
        "_closed",
        "_corked",
        "_rest",
        "_sender",
        "_stall_seconds",
        "_stalled",
        "_then",
        "_transport",
    )
    streaming = False

    def __init__(self, transport: Any, clock: Clock, stall_seconds: float, sender: Sender | None = None) -> None:
        super().__init__(self._bare_socket(transport))
        self._transport = transport
        self._clock = clock
        self._stall_seconds = stall_seconds
        self._sender = sender
        self._rest: tuple[bytes, ...] = ()  # of one answer; nothing else that is empty takes no memory
        self._stalled: Timer | None = None
        self._closed = False
        self._corked: Sink | None = None  # the sink, while what is sent is gathered
        self._then: Callable[[], None] | None = None  # nothing more is taken, and this follows once all has left
        transport.registerProducer(self, self.streaming)

    @staticmethod
    def _bare_socket(transport: Any) -> Sink | None:
        """What takes bytes at once, with ``send``, behind a bare TCP or UNIX transport; ``None``: nothing does."""
        handle = transport.getHandle() if hasattr(transport, "getHandle") else None
        return handle if hasattr(handle, "send") else None

    def _keep(self, data: bytes) -> None:
        """Have the transport take it, piece by piece."""
        if self._closed or self._then is not None or not data:
            return
        if self._corked is not None:
            self._rest = (b"".join((*self._rest, data)),)
            if len(self._rest[0]) >= PIECE:
                self.uncork()
            return
        self._rest += _pieces(data)
        if not self.blocked:
            self.blocked = True
            self._next_piece()

    def cork(self) -> None:
        """Gather what is sent until :meth:`uncork`, which has to come soon, or until that is a piece; unless it waits already."""
        if not (self.blocked or self._sink is None):
            self._corked, self._sink = self._sink, None

    def uncork(self) -> None:
        """Send what was gathered."""
        if self._corked is None:
            return
        self._corked, self._sink = None, self._corked
        gathered, self._rest = self._rest, ()
        for data in gathered:
            self.send(data)

    def resumeProducing(self) -> None:
        """The transport's buffer is empty: the other side is reading."""
        if not self.blocked:
            return
        if self._rest:
            self._next_piece()
        else:
            self._unblocked()

    def stopProducing(self) -> None:
        """The connection is gone."""
        self.close_quietly()

    def finish(self, then: Callable[[], None]) -> None:
        """Take nothing more; call ``then``, which closes, once the transport has passed on all that waits.

        Every piece has its time as ever, and so has the closing. Not called when the connection goes before that.
        """
        if self._closed or self._then is not None:
            return
        self.uncork()
        self._then = then
        self._sink = None
        if not self.blocked:
            self._finished(then)

    def _finished(self, then: Callable[[], None]) -> None:
        """Leave the transport to be closed."""
        self.let_go()
        self._watch(self._stall_seconds)  # for what the transport still has
        then()

    def let_go(self) -> None:
        """Leave the transport, and what waits, to somebody else."""
        self.uncork()
        rest = b"".join(self._rest)
        self.close_quietly()
        # A registered producer would keep the transport from closing for ever.
        self._transport.unregisterProducer()
        self._transport.write(rest)

    def close_quietly(self) -> None:
        """Nothing more can be sent."""
        self._closed = True
        self._corked = None
        self._sink = None
        self.blocked = False
        self._rest = ()
        self._watch(None)

    def abort(self) -> None:
        """Drop the connection now: whoever does not read would keep loseConnection waiting for ever."""
        self.close_quietly()
        self._transport.abortConnection()

    def _unblocked(self) -> None:
        """Everything has left."""
        self.blocked = False
        self._watch(None)
        if self._then is not None:
            self._finished(self._then)
        elif self._sender is not None:
            self._sender.clear()

    def _next_piece(self) -> None:
        """Let the transport have a little; taking it shows that the other side lives."""
        self._watch(self._stall_seconds)
        self._transport.write(self._take_piece())

    def _take_piece(self) -> bytes:
        piece, self._rest = self._rest[0], self._rest[1:]
        return piece

    def _watch(self, seconds: float | None) -> None:
        """Drop the connection after so long, unless this is called again before."""
        if self._stalled is not None and self._stalled.active():
            self._stalled.cancel()
        self._stalled = None if seconds is None else self._clock.callLater(seconds, self.abort)


@implementer(IPushProducer)
class StreamOutlet(Outlet):
    """The same for a transport that must be given everything, such as TLS. It says itself when it has enough.

    TLS asks a pull producer again and again, as if it could always produce; a push producer is left in peace.
    """

    __slots__ = ()
    streaming = True

    @staticmethod
    def _bare_socket(transport: Any) -> None:
        """None: TLS has a handle that takes bytes as well, but nobody would send them on."""

    def _keep(self, data: bytes) -> None:
        """Let the transport have it, as far as it takes it now."""
        if self._closed or self._then is not None:
            return
        self._rest += _pieces(data)
        self._write_on()

    def pauseProducing(self) -> None:
        """The transport has enough for now. Said again at every write while that is so."""
        if not self.blocked and not self._closed:
            self.blocked = True
            self._watch(self._stall_seconds)

    def resumeProducing(self) -> None:
        """The transport has room: the other side is reading."""
        if not self.blocked:
            return
        self.blocked = False
        self._watch(None)
        self._write_on()
        if not self.blocked:
            self._unblocked()

    def _write_on(self) -> None:
        """Let the transport have pieces until it has enough."""
        while self._rest and not self.blocked:
            self._transport.write(self._take_piece())


def _pieces(data: bytes) -> tuple[bytes, ...]:
    return tuple([data[at : at + PIECE] for at in range(0, len(data), PIECE)])
