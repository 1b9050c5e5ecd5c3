"""How a port takes those who come: few in one turn, and each with no more work than it needs. Knows ports and transports.

Must not know who comes, or what serves them.
"""

from typing import Any

from twisted.internet.address import IPv6Address
from twisted.internet.interfaces import IProtocol
from twisted.internet.tcp import Connection, Port, Server

from chatd.protocols.sockets import READ_BYTES, copies_options

AT_ONCE = 8
"""Connections taken in one turn of the reactor; the others wait in the kernel, so that those who are here need not."""
_IPV4_PARTS = 2  # of a client's address: host and port; IPv6 has a flow label and a scope as well


class Accepted(Server):
    """A connection of a port that is tuned.

    Twisted's has two strings made for the log, for each that comes; here they are made when they are asked for, since of
    ten thousand hardly one ever is.
    """

    bufferSize = READ_BYTES
    begins_tuned = copies_options()

    def __init__(  # noqa: PLR0917 (the signature is Twisted's)
        self, sock: Any, protocol: IProtocol, client: tuple[Any, ...], server: Port, sessionno: int, reactor: Any
    ) -> None:
        Connection.__init__(self, sock, protocol, reactor)
        if len(client) != _IPV4_PARTS:
            self._addressType = IPv6Address
        self.server = server
        self.client = client
        self.sessionno = sessionno
        self.hostname = client[0]
        self.startReading()
        self.connected = 1

    @property
    def logstr(self) -> str:  # type: ignore[override]  # it is only read
        """What it is called where something is logged about it."""
        return f"{self._getLogPrefix(self.protocol)},{self.sessionno},{self.hostname}"

    @property
    def repstr(self) -> str:  # type: ignore[override]  # the same
        """What it looks like to a programmer."""
        return f"<{type(self).__name__} #{self.sessionno} on {self.server._realPortNumber}>"


def read_by(reactor: Any, port: Any) -> None:
    """What the port accepts belongs to this reactor, not to the one by which it accepts."""
    make = port.transport
    port.transport = lambda *arguments: make(*arguments[:-1], reactor)


def accept_few(port: Any) -> None:
    """Bound what Twisted lets grow as long as more come: else a flood of connections takes a turn of a second."""
    read = port.doRead

    def do_read() -> None:
        port.numberAccepts = min(port.numberAccepts, AT_ONCE)
        read()

    port.doRead = do_read
