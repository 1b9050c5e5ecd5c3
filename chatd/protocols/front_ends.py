"""The table of what speaks on the port: one row for each protocol. Knows their modules; must not know how bytes arrive."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.interfaces import ITransport
from twisted.python.failure import Failure

from chatd.errors import ProxyHeaderRepeated, ProxyUnlisted
from chatd.protocols import refusals
from chatd.protocols.client import Client
from chatd.protocols.json_lines import JsonLinesProtocol
from chatd.protocols.refusals import Answer, NotOffered, Refusal
from chatd.protocols.site import Site
from chatd.wire.proxy_header import BINARY_BEGINNING
from chatd.wire.recognition import Signature, Table


class Inner(Protocol):
    """A Twisted protocol that serves one recognised connection."""

    @property
    def named(self) -> bool:
        """Whether somebody has given a name."""

    def makeConnection(self, transport: ITransport) -> None:
        """The connection is yours."""

    def dataReceived(self, data: bytes) -> None:
        """Bytes came in, the first ones included."""

    def connectionLost(self, reason: Failure) -> None:
        """The connection is gone."""


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """One protocol: how its clients begin, and what serves them.

    That is given the site, the client, and when a name must have been given (in seconds of the chat's clock).
    """

    name: str
    signature: Signature
    build: Callable[[Site, Client, float], Inner]
    refuse: Answer = refusals.text
    """How its clients are told that they cannot be served."""


def _not_offered(name: str, signature: Signature, refuse: Answer) -> FrontEnd:
    """A protocol whose clients are told that it is not spoken here."""

    def build(site: Site, client: Client, until: float) -> Inner:  # noqa: ARG001 (it is refused, wherever it comes from)
        return Refusal(site.chat.clock, refuse, NotOffered(protocol=name), site.book)

    return FrontEnd(name, signature, build, refuse)


def _disbelieve(site: Site, client: Client, until: float) -> Inner:  # noqa: ARG001 (nobody will have a name)
    """Refuse a header of a proxy that is not listed: were it believed, anybody could pretend to be anywhere."""
    error = ProxyUnlisted if client.door is None else ProxyHeaderRepeated
    return Refusal(site.chat.clock, refusals.text, error(address=client.address), site.book)


METHODS = ("GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "PATCH", "TRACE", "CONNECT", "PRI")
HTTP_LINE = re.compile(
    rb"(?:%b) [/*]"
    rb"|[^\s\xff]+ [^\s\xff]+ HTTP/"
    rb"|[^\s\xff]+ [^\s\xff]+(?: H?T?T?P?/?)?\xff"
    rb"|host:" % "|".join(METHODS).encode(),
    re.IGNORECASE,
)
"""A request line, with a known method or whatever a script may choose for one; one that was cut off for its length, wherever that
was, which ends in the filter's remark; and the field that follows whatever was missed (RFC 9112, section 3.2)."""
# A browser that was greeted because its first packet was lost sends bytes that a web site has chosen: a session ticket.
TLS = Signature((b"\x16\x03",), re.compile(rb"\x16\x03"))
"""A handshake record (RFC 8446, section 5.1), whatever version it says."""

# Of what a browser says to find a way for its calls, which a web page can have it say to any port, pages choose a part.
STUN = Signature((b"\0",), re.compile(rb"\0"))
"""A message (RFC 8489, section 5), or its length (RFC 4571). No person begins with that."""
PROXY = Signature((BINARY_BEGINNING, b"PROXY TCP", b"PROXY UNKNOWN"), re.compile(rb"PROXY (?:TCP|UNKNOWN)"))
"""The PROXY protocol, from where nobody is listed as a proxy."""

FRONT_ENDS: Table[FrontEnd] = Table(
    (
        _not_offered("TLS", TLS, refusals.tls),
        FrontEnd("JSON lines", Signature((b"{",), re.compile(rb"\{")), JsonLinesProtocol, refusals.json_lines),
        _not_offered("HTTP", Signature(tuple(f"{method} ".encode() for method in METHODS), HTTP_LINE), refusals.http),
        _not_offered("ssh", Signature((b"SSH-",)), refusals.ssh),
        _not_offered("STUN", STUN, refusals.text),
        FrontEnd("PROXY", PROXY, _disbelieve),
        _not_offered("IRC", Signature((b"CAP ", b"NICK ", b"USER ", b"PASS ")), refusals.irc),
    )
)
"""Whoever begins like none of these is a person: the line protocol."""
