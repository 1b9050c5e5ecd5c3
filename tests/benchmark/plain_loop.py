"""The baseline: the chat server one would write first, one ``transport.write`` per message and recipient.

Knows Twisted and as much of the line language as the benchmark speaks. Must not know chatd: it is there to be compared.
Run as ``python -m tests.benchmark.plain_loop PORT``.
"""

import sys
import time
from functools import partial

from twisted.internet import reactor
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure


class Talk(LineOnlyReceiver):
    """One client: its first line is its name, all others go to everyone else in the room."""

    delimiter = b"\n"
    transport: ITCPTransport

    def __init__(self, room: "list[Talk]") -> None:
        self.room = room
        self.name = b""

    def connectionMade(self) -> None:
        """Chat lines are short and wanted now."""
        self.transport.setTcpNoDelay(True)

    def lineReceived(self, line: bytes) -> None:
        """Take a name, or pass on what was said."""
        if self.name:
            self.say(line)
            return
        self.name = line
        self.transport.write(b"* Hello %b. You are in #lobby.\n" % line)
        self.tell(b"* %b joined.\n" % line)
        self.room.append(self)

    def say(self, text: bytes) -> None:
        """To everyone else."""
        self.tell(b"[%b] %b: %b\n" % (time.strftime("%H:%M").encode(), self.name, text))

    def tell(self, line: bytes) -> None:
        """The plain loop."""
        for other in self.room:
            if other is not self:
                other.transport.write(line)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002 (Twisted's signature)
        """Out of the room without a word."""
        if self in self.room:
            self.room.remove(self)


def serve(port: int, talk: type[Talk] = Talk) -> None:
    """One room on this port of 127.0.0.1, until the process is ended."""
    factory = ServerFactory()
    factory.protocol = partial(talk, [])
    reactor.listenTCP(port, factory, backlog=1024, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
