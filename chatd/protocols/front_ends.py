"""The table of what speaks on the port: one row for each protocol. Knows their modules; must not know how bytes arrive."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted.internet.interfaces import ITransport
from twisted.python.failure import Failure

from chatd.protocols import refusals
from chatd.protocols.refusals import Refusal
from chatd.protocols.site import Site
from chatd.wire.recognition import Signature


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
    """One protocol: how its clients begin, and what serves them, given the site and the client's address."""

    name: str
    signature: Signature
    build: Callable[[Site, str], Inner]


def _refuse(answer: Callable[[bytes], bytes]) -> Callable[[Site, str], Inner]:
    def build(site: Site, address: str) -> Inner:  # noqa: ARG001 (it is refused wherever it comes from)
        return Refusal(site.chat.clock, answer)

    return build


METHODS = ("GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "PATCH", "TRACE", "CONNECT", "PRI")
REQUEST_LINE = re.compile(rb"[A-Za-z]+ \S+(?: HTTP/|\xff)")
"""A request of HTTP; or the beginning of one that was cut off for its length, which ends in the filter's remark."""

FRONT_ENDS = (
    FrontEnd("TLS", Signature((b"\x16\x03",)), _refuse(refusals.tls)),
    FrontEnd("JSON lines", Signature((b"{",), re.compile(rb"\{")), _refuse(refusals.json_lines)),
    FrontEnd(
        "HTTP", Signature(tuple(f"{method} ".encode() for method in METHODS), REQUEST_LINE), _refuse(refusals.http)
    ),
    FrontEnd("ssh", Signature((b"SSH-",)), _refuse(refusals.ssh)),
    FrontEnd("IRC", Signature((b"CAP ", b"NICK ", b"USER ", b"PASS ")), _refuse(refusals.irc)),
)
"""Whoever begins like none of these is a person: the line protocol."""
