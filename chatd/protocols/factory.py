"""Builds what serves a new connection. Knows addresses and how many of them are welcome; nothing of what is said."""

from functools import cached_property

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from chatd.addresses import plain
from chatd.admission import Admission
from chatd.clock import Clock
from chatd.errors import ChatError
from chatd.events import Refused
from chatd.protocols.closing import Parting
from chatd.protocols.front_ends import FRONT_ENDS
from chatd.protocols.recogniser import Recogniser
from chatd.protocols.site import Site
from chatd.wire.text import TextForm

MOST_TURNED_AWAY = 256
"""Connections that are being told why they are not served; more are closed without a word."""


class ChatFactory(Factory):
    """One connection of the chat for each that comes in, unless its address has enough of them."""

    noisy = False
    site: Site
    """To be set before the first connection; ports may be opened before there is one."""

    def __init__(self, site: Site | None = None) -> None:
        if site is not None:
            self.site = site
        self._turned_away: set[Protocol] = set()

    @cached_property
    def _admission(self) -> Admission:
        return Admission(self.site.chat.limits)

    def buildProtocol(self, addr: IAddress | None) -> Protocol | None:
        """Serve this address, or tell it why not. None, which has Twisted close at once, where too many are being told."""
        address = plain(getattr(addr, "host", "") or "local")
        try:
            self._admission.enter(address, self.site.chat.clock.seconds())
        except ChatError as error:
            if len(self._turned_away) >= MOST_TURNED_AWAY:
                return None
            return TurnedAway(self.site.chat.clock, error, self._turned_away)
        return Recogniser(self.site, address, FRONT_ENDS, lambda named: self._left(address, named))

    def _left(self, address: str, named: bool) -> None:
        self._admission.leave(address, named, self.site.chat.clock.seconds())


class TurnedAway(Parting):
    """Says why, then closes. It is among ``all_of_them`` until the other side has read it, or is cut off."""

    def __init__(self, clock: Clock, error: ChatError, all_of_them: set[Protocol]) -> None:
        super().__init__(clock)
        self._error = error
        self._all = all_of_them

    def connectionMade(self) -> None:
        """Say it."""
        self._all.add(self)
        self.part(TextForm().encode(Refused(self._error)))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Gone."""
        self._all.discard(self)
        super().connectionLost(reason)
