"""A line between a client and the server: two pipes, what each end's kernel makes of it, and how it is cut.

Knows Twisted's side of a connection and a client's. Must not know what is said.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IHalfCloseableProtocol, IProtocol

from tests.simulated.network import Pipe
from tests.simulated.times import Time
from tests.wires import Wire


class Peer(Protocol):
    """The client's end."""

    name: str
    watchful: bool
    """Finds out by itself that the other side has been silent for too long."""

    def heard(self, data: bytes) -> None:
        """These bytes came."""

    def lost(self, reason: str) -> None:
        """The connection has ended, as far as this end knows."""


@dataclass(frozen=True, slots=True)
class Weather:
    """How a line is."""

    latency: float
    """Seconds that bytes travel, more or less."""
    capacity: int
    """Bytes that fit into the kernels between the server and a client that does not read."""


class Socket(Wire):
    """The server's end: a transport of Twisted."""

    def __init__(self, line: "Line") -> None:
        super().__init__()
        self._line = line
        self._turning = False
        self._told = False

    def take(self, data: bytes) -> int:
        """What the kernel takes."""
        if self._line.overhear is not None:
            self._line.overhear(data)
        taken = 0 if self._line.dead else self._line.down.put(data)
        self._line.counts["blocked"] += taken < len(data)
        return taken

    def write(self, data: bytes) -> None:
        """Keep it until the reactor's next turn."""
        super().write(data)
        self.turn_soon()

    def loseConnection(self) -> None:
        """Close once everything is written."""
        super().loseConnection()
        self.turn_soon()

    def loseWriteConnection(self) -> None:
        """Send nothing more once everything is written."""
        super().loseWriteConnection()
        self.turn_soon()

    def unregisterProducer(self) -> None:
        """It may be closed now."""
        super().unregisterProducer()
        self.turn_soon()

    def resumeProducing(self) -> None:
        """Read on."""
        super().resumeProducing()
        self._line.up.reading = True
        if not self._line.dead:
            self._line.up.go_on()

    def pauseProducing(self) -> None:
        """Read no more for now."""
        super().pauseProducing()
        self._line.up.reading = False

    def flush(self) -> None:
        """Write what the kernel takes; if that was all, tell whoever waits for it."""
        super().flush()
        if self.half_closed and not self._told:
            self._told = True
            self._line.down.end()

    def lose(self, why: Exception | None = None) -> None:
        """The connection ends here."""
        if not self.disconnected:
            self._line.socket_gone()
            super().lose(why)

    def turn_soon(self) -> None:
        """Let the reactor look at it in its next turn."""
        if not (self._turning or self._line.dead):
            self._turning = True
            self._line.time.callLater(0, self._turn)

    def _turn(self) -> None:
        self._turning = False
        if not (self.disconnected or self._line.dead):
            self.flush()


class Line:
    """One connection."""

    def __init__(self, time: Time, chance: Random, weather: Weather, peer: Peer, counts: Counter[str]) -> None:
        self.time = time
        self.counts = counts
        self.whose = peer.name
        self.overhear: Callable[[bytes], None] | None = None
        """Is told what the server sends, though it may not arrive; more than once, if it has to wait."""
        self.dead = False
        """The server's machine has forgotten it."""
        self.up = Pipe(time, chance, 4096, weather.latency, self._to_server, self._end_of_client)
        self.down = Pipe(time, chance, weather.capacity, weather.latency, self._to_client, self._end_of_server)
        self.up.drained = self._send_on
        self.socket = Socket(self)
        self.down.drained = self.socket.turn_soon
        self._chance = chance
        self._peer: Peer | None = peer
        self._unsent = bytearray()
        self._hung_up = False

    @property
    def watched(self) -> bool:
        """Whether its client finds out by itself that it is cut."""
        return self._peer is not None and self._peer.watchful

    @property
    def cut(self) -> bool:
        """Whether it is, though an end may not know."""
        return self.up.severed or self.down.severed

    @property
    def server_end(self) -> bool:
        """Whether the server has one."""
        return not (self.dead or self.socket.disconnected)

    def serve(self, protocol: IProtocol) -> None:
        """Let this protocol have the server's end."""
        self.socket.protocol = protocol
        protocol.makeConnection(self.socket)

    def send(self, data: bytes) -> None:
        """The client sends this, sooner or later."""
        self._unsent += data
        self._send_on()

    def hang_up(self) -> None:
        """The client sends what there is and closes, and is not told anything any more."""
        self._peer = None
        self._hung_up = True
        self.down.reading = True
        self.down.go_on()
        self._send_on()

    def read(self, reading: bool) -> None:
        """The client reads, or does not."""
        self.down.reading = reading
        self.down.go_on()

    def sever(self, client_notices: float | None, server_notices: float | None) -> None:
        """The cable is cut, with some of what is in it; after so many seconds an end notices, or never by itself."""
        for pipe in (self.up, self.down):
            pipe.sever(self._chance.randint(0, pipe.in_flight))
        if client_notices is not None:
            self.time.callLater(client_notices, self._lost, "The cable was cut.")
        if server_notices is not None:
            self.time.callLater(server_notices, self.reset)

    def reset(self) -> None:
        """The server's kernel finds out that nobody is there."""
        if self.server_end:
            self.socket.lose(ConnectionLost())

    def kill(self) -> None:
        """The server is killed: its kernel closes, and some of what it had taken may still arrive."""
        self.dead = True
        self.up.severed = True
        if not self.down.severed:
            self.down.sever(self._chance.randint(0, self.down.in_flight))
            self.time.callLater(
                self._chance.choice((0, 0.05, 0.5)), self._lost, "The server has closed the connection."
            )

    def socket_gone(self) -> None:
        """The server's end is closed."""
        if self.socket.aborted:
            self.counts["aborted"] += 1
            self.down.sever(self._chance.randint(0, self.down.in_flight))
            self.time.callLater(0.05, self._lost, "The connection was reset.")
        elif not self.socket.half_closed:
            self.down.end()

    def _to_server(self, data: bytes) -> None:
        socket = self.socket
        if self.server_end and not socket.disconnecting and socket.protocol is not None:
            socket.protocol.dataReceived(data)

    def _end_of_client(self) -> None:
        if self.server_end:
            IHalfCloseableProtocol(self.socket.protocol).readConnectionLost()

    def _to_client(self, data: bytes) -> None:
        if self._peer is not None:
            self._peer.heard(data)
        else:
            self.time.callLater(0.01, self.reset)  # a kernel answers what nobody reads by a reset

    def _end_of_server(self) -> None:
        self._lost("The server has closed the connection.")

    def _lost(self, reason: str) -> None:
        peer, self._peer = self._peer, None
        if peer is not None:
            self.hang_up()
            peer.lost(reason)

    def _send_on(self) -> None:
        del self._unsent[: self.up.put(bytes(self._unsent))]
        if self._hung_up and not self._unsent:
            self.up.end()
