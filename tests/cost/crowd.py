"""A crowd of clients of a whole server in memory, whose sockets count what they are sent, and keep none of it.

Knows the factory under test, and what is typed to get a name and a room. Must not know what anything costs.
"""

from dataclasses import dataclass
from itertools import count

from twisted.internet.address import IPv4Address

from chatd.limits import Limits
from chatd.protocols.factory import ChatFactory
from tests.wires import Handle, Wire
from tests.worlds import World

NEWS_SECONDS = 11.0
"""After that, large rooms have told who came."""


@dataclass(slots=True)
class Sent:
    """What all sockets together were sent."""

    times: int = 0
    octets: int = 0


class CountingSocket(Handle):
    """Takes everything at once."""

    def __init__(self, wire: Wire, sent: Sent) -> None:
        super().__init__(wire)
        self._sent = sent

    def send(self, data: bytes) -> int:
        """Take it."""
        size = len(data)
        self._sent.times += 1
        self._sent.octets += size
        return size


class CountingWire(Wire):
    """A transport over such a socket. What is not sent by way of the socket is counted where it is written."""

    def __init__(self, sent: Sent) -> None:
        super().__init__()
        self._sent = sent

    def getHandle(self) -> Handle:
        """The socket."""
        return CountingSocket(self, self._sent)

    def write(self, data: bytes) -> None:
        """Take it."""
        self._sent.times += bool(data)
        self._sent.octets += len(data)


class Client:
    """One connection."""

    def __init__(self, factory: ChatFactory, sent: Sent, port: int) -> None:
        protocol = factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", port))
        assert protocol is not None
        self._wire = CountingWire(sent)
        self._wire.protocol = protocol
        protocol.makeConnection(self._wire)
        self.says = protocol.dataReceived
        """Give the server these bytes."""

    def leaves(self) -> None:
        """Be gone."""
        self._wire.lose()


class Crowd:
    """The server, and all who are connected to it. Without a flood limit, since nobody waits here."""

    def __init__(self) -> None:
        self.sent = Sent()
        self._world = World(limits=Limits(flood_rate=0))
        self._factory = ChatFactory(self._world.site, room=lambda: 1)  # no files are opened
        self._ports = count(1)

    def comes(self, *lines: bytes) -> Client:
        """One more, who says these lines, one after the other."""
        client = Client(self._factory, self.sent, next(self._ports))
        for line in lines:
            client.says(line)
            self.settle()
        return client

    def settle(self) -> None:
        """Let the reactor turn until nothing is left to be done now."""
        clock = self._world.clock
        while any(timer.getTime() <= clock.seconds() for timer in clock.getDelayedCalls()[:1]):  # they are in order
            clock.advance(0)

    def hears_the_news(self) -> None:
        """Let so much time pass that nothing about who came is still to be told."""
        self._world.clock.advance(NEWS_SECONDS)
        self.settle()
