"""Builds what serves a new connection. Knows addresses, and how many connections are welcome; nothing of what is said."""

from collections.abc import Callable
from functools import cached_property

from twisted.internet.interfaces import IAddress, IProtocol
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from chatd.addresses import plain
from chatd.admission import Admission
from chatd.errors import ChatError, ServerFull
from chatd.protocols import refusals
from chatd.protocols.client import Client
from chatd.protocols.closing import Parting
from chatd.protocols.descriptors import RoomSeldomAsked
from chatd.protocols.front_ends import FRONT_ENDS, FrontEnd
from chatd.protocols.proxy import Proxied
from chatd.protocols.recogniser import Recogniser
from chatd.protocols.site import Site
from chatd.wire.recognition import Table

MOST_TURNED_AWAY = 256
"""Connections that are being told why they are not served; more are closed without a word."""
TOLD_WHEN_FULL = 8
"""The same, when there is no room for anybody: these are taken from what is kept for files."""
FULL_SECONDS = 60.0
"""How long the operator is not told again that the server is full."""

_log = Logger("chatd")


class ChatFactory(Factory):
    """One connection of the chat for each that comes in, unless its address has enough of them, or the whole server has."""

    noisy = False
    site: Site
    """To be set before the first connection; ports may be opened before there is one."""

    def __init__(self, site: Site | None = None, room: Callable[[], int] | None = None) -> None:
        if site is not None:
            self.site = site
        self._room = room or RoomSeldomAsked()
        self._turned_away: set[Protocol] = set()
        self._quiet_until = 0.0

    @cached_property
    def _admission(self) -> Admission:
        return Admission(self.site.chat.limits)

    def buildProtocol(self, addr: IAddress | None) -> IProtocol | None:  # type: ignore[override]  # a port takes any
        """Serve whoever is there, or tell them why not. None has Twisted close at once, where too many are being told."""
        address = plain(getattr(addr, "host", "") or "local")
        if self._room() <= 0:
            return self._turn_away(self._full())
        if address in self.site.proxies:
            return Proxied(self.site, address, self._serve)
        chat = self.site.chat
        return self._serve(Client.at(address), chat.clock.seconds() + chat.limits.name_seconds)

    def _serve(self, client: Client, until: float) -> IProtocol | None:
        try:
            wait = self._admission.enter(client.address, self.site.chat.clock.seconds())
        except ChatError as error:
            return self._turn_away(error)
        return Recogniser(self.site, client, until, FRONT_ENDS, self, wait=wait)

    def _turn_away(self, error: ChatError) -> Protocol | None:
        if len(self._turned_away) >= MOST_TURNED_AWAY or self._room() <= -TOLD_WHEN_FULL:
            return None
        return TurnedAway(self.site, error, FRONT_ENDS, self._turned_away)

    def _full(self) -> ServerFull:
        """Nobody more can be served. The operator can do something about it."""
        connected, now = len(self.site.conversations), self.site.chat.clock.seconds()
        if now >= self._quiet_until:
            self._quiet_until = now + FULL_SECONDS
            _log.warn(
                "The server is full: {connected} are connected, and newcomers are turned away. "
                "It may have more with a higher limit on open files (ulimit -n, or LimitNOFILE= in its unit).",
                connected=connected,
            )
        return ServerFull(measured=connected)

    def left(self, client: Client, named: bool) -> None:
        """Somebody's connection has ended, with a name or without."""
        self._admission.leave(client.address, named, self.site.chat.clock.seconds())


class TurnedAway(Parting):
    """Says why, in the form of whoever speaks first, then closes.

    It is among ``all_of_them`` until the other side has read it, or is cut off.
    """

    def __init__(self, site: Site, error: ChatError, front_ends: Table[FrontEnd], all_of_them: set[Protocol]) -> None:
        super().__init__(site.chat.clock)
        self._book = site.book
        self._silence = site.silence
        self._error = error
        self._front_ends = front_ends
        self._all = all_of_them

    def connectionMade(self) -> None:
        """Wait a moment for the other side to speak."""
        self._all.add(self)
        self._silence.start(self, lambda: self._say(b""))

    def dataReceived(self, data: bytes) -> None:
        """Say it as they would."""
        self._say(data)

    def readConnectionLost(self) -> None:
        """They have nothing to say, but may read."""
        self._say(b"")
        super().readConnectionLost()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Gone."""
        self._all.discard(self)
        self._silence.stop(self)
        super().connectionLost(reason)

    def _say(self, seen: bytes) -> None:
        self._silence.stop(self)
        row = self._front_ends.recognise(seen) if seen else None
        self.part((row.refuse if isinstance(row, FrontEnd) else refusals.text)(seen, self._error, self._book))
