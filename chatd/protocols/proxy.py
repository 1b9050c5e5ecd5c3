"""Connections that a listed proxy passes on: who is really there is read first. Knows transports and a clock; not the chat.

Twisted's own wrapper (``twisted.protocols.haproxy``) does not fit: it closes a header that comes in two segments, has no
limit in bytes or time, raises on some that are garbled, and asks for a protocol before it knows the address.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHalfCloseableProtocol, IProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.addresses import is_local, is_loopback, plain
from chatd.clock import Timer
from chatd.details import Clause
from chatd.errors import ProxyHeaderMissing
from chatd.languages import N_
from chatd.protocols import refusals
from chatd.protocols.client import Client
from chatd.protocols.front_ends import FRONT_ENDS, FrontEnd
from chatd.protocols.refusals import Refusal
from chatd.protocols.site import Site
from chatd.wire.proxy_header import ProxyHeader, ProxyHeaderWrong, read_proxy_header

_TOO_LATE = Clause(N_("it did not come in time"))
_log = Logger("chatd")


def client_behind(proxy: str, header: ProxyHeader) -> Client:
    """Who is there, by the word of the proxy at this address.

    What it does not tell is as if it had connected itself. What it calls loopback is its own machine.
    """
    if header.source is None:
        return Client.at(proxy)
    source = plain(header.source)
    address = proxy if is_loopback(source) and not is_local(proxy) else source
    at_home = is_local(proxy) and (is_loopback(source) or header.encrypted)
    door = (IPv6Address if ":" in header.host else IPv4Address)("TCP", header.host, header.port)
    return Client(address, private=at_home, door=door)


@implementer(IHalfCloseableProtocol)
class Proxied(Protocol):
    """Reads the header of a proxy, and lets ``serve`` say what serves the client, which must have a name by then.

    ``None`` has the connection closed.
    """

    transport: Any

    def __init__(self, site: Site, proxy: str, serve: Callable[[Client, float], IProtocol | None]) -> None:
        self._site = site
        self._proxy = proxy
        self._serve = serve
        self._seen = b""
        self._inner: IProtocol | None = None
        self._patience: Timer | None = None

    def connectionMade(self) -> None:
        """Wait for the header, but not for ever: what it takes is a part of the time that there is to give a name."""
        clock, seconds = self._site.chat.clock, self._site.chat.limits.name_seconds
        self._until = clock.seconds() + seconds
        self._patience = clock.callLater(seconds, self._refuse, _TOO_LATE)

    def dataReceived(self, data: bytes) -> None:
        """Bytes came in: the header's, then the client's."""
        if self._inner is not None:
            self._inner.dataReceived(data)
            return
        self._seen += data
        try:
            header = read_proxy_header(self._seen)
        except ProxyHeaderWrong as error:
            self._refuse(error.reason)
        else:
            if header is not None:
                self._begin(header)

    def readConnectionLost(self) -> None:
        """The other side has said all it will."""
        if IHalfCloseableProtocol.providedBy(self._inner):
            IHalfCloseableProtocol(self._inner).readConnectionLost()
        else:
            self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        """Everything has left, and our half is closed."""
        if IHalfCloseableProtocol.providedBy(self._inner):
            IHalfCloseableProtocol(self._inner).writeConnectionLost()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Gone. Nothing is said of a proxy that only looks whether somebody is there, without a word."""
        self._stop_waiting()
        if self._inner is not None:
            self._inner.connectionLost(reason)

    def _begin(self, header: ProxyHeader) -> None:
        inner = self._serve(client_behind(self._proxy, header), self._until)
        rest, self._seen = self._seen[header.size :], b""
        if inner is None:
            self._stop_waiting()
            self.transport.loseConnection()
        else:
            self._hand_over(inner, rest)

    def _refuse(self, reason: Clause) -> None:
        """Tell whoever is there, and the operator, whose proxy it is."""
        _log.warn(
            "A connection from the proxy {proxy} was closed, because it has no PROXY header: {reason}.",
            proxy=self._proxy,
            reason=str(reason),
        )
        row = FRONT_ENDS.recognise(self._seen) if self._seen else None
        answer = row.refuse if isinstance(row, FrontEnd) else refusals.text
        error = ProxyHeaderMissing(address=self._proxy, reason=reason)
        seen, self._seen = self._seen, b""
        self._hand_over(Refusal(self._site.chat.clock, answer, error, self._site.book), b"")
        self.dataReceived(seen)

    def _hand_over(self, inner: IProtocol, rest: bytes) -> None:
        self._stop_waiting()
        self._inner = inner
        inner.makeConnection(self.transport)
        if rest:
            inner.dataReceived(rest)

    def _stop_waiting(self) -> None:
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
