"""Builds what serves a new connection. Knows addresses and how many of them are welcome; nothing of what is said."""

from collections.abc import Sequence
from functools import cached_property

from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from chatd.addresses import plain
from chatd.admission import Admission
from chatd.clock import Timer
from chatd.errors import ChatError
from chatd.protocols import refusals
from chatd.protocols.closing import Parting
from chatd.protocols.front_ends import FRONT_ENDS, FrontEnd
from chatd.protocols.recogniser import Recogniser
from chatd.protocols.site import Site
from chatd.protocols.text import SILENCE
from chatd.wire.recognition import recognise

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
            return TurnedAway(self.site, error, FRONT_ENDS, self._turned_away)
        return Recogniser(self.site, address, FRONT_ENDS, lambda named: self._left(address, named))

    def _left(self, address: str, named: bool) -> None:
        self._admission.leave(address, named, self.site.chat.clock.seconds())


class TurnedAway(Parting):
    """Says why, in the form of whoever speaks first, then closes.

    It is among ``all_of_them`` until the other side has read it, or is cut off.
    """

    def __init__(
        self, site: Site, error: ChatError, front_ends: Sequence[FrontEnd], all_of_them: set[Protocol]
    ) -> None:
        super().__init__(site.chat.clock)
        self._book = site.book
        self._error = error
        self._front_ends = front_ends
        self._all = all_of_them
        self._silence: Timer | None = None

    def connectionMade(self) -> None:
        """Wait a moment for the other side to speak."""
        self._all.add(self)
        self._silence = self._clock.callLater(SILENCE, self._say, b"")

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
        self._stop_waiting()
        super().connectionLost(reason)

    def _say(self, seen: bytes) -> None:
        self._stop_waiting()
        row = recognise(seen, self._front_ends) if seen else None
        self.part((row.refuse if isinstance(row, FrontEnd) else refusals.text)(seen, self._error, self._book))

    def _stop_waiting(self) -> None:
        if self._silence is not None and self._silence.active():
            self._silence.cancel()
