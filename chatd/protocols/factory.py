"""Builds what serves a new connection. Knows addresses and how many of them are welcome; nothing of what is said."""

from twisted.internet.interfaces import IAddress, ITransport
from twisted.internet.protocol import Factory, Protocol

from chatd.addresses import plain
from chatd.admission import Admission
from chatd.errors import ChatError
from chatd.events import Refused
from chatd.protocols.front_ends import FRONT_ENDS
from chatd.protocols.recogniser import Recogniser
from chatd.protocols.site import Site
from chatd.wire.text import TextForm


class ChatFactory(Factory):
    """One connection of the chat for each that comes in, unless its address has enough of them."""

    noisy = False

    def __init__(self, site: Site) -> None:
        self._site = site
        self._admission = Admission(site.chat.limits)

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        """Serve this address."""
        address = plain(getattr(addr, "host", "") or "local")
        try:
            self._admission.enter(address, self._site.chat.clock.seconds())
        except ChatError as error:
            return TurnedAway(error)
        return Recogniser(self._site, address, FRONT_ENDS, lambda named: self._left(address, named))

    def _left(self, address: str, named: bool) -> None:
        self._admission.leave(address, named, self._site.chat.clock.seconds())


class TurnedAway(Protocol):
    """Says why, then closes."""

    transport: ITransport

    def __init__(self, error: ChatError) -> None:
        self._error = error

    def connectionMade(self) -> None:
        """Say it."""
        self.transport.write(TextForm().encode(Refused(self._error)))
        self.transport.loseConnection()
