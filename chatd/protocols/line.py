"""A client that speaks in lines: framing, order, pausing, half-close. What a line means is for the format to say.

Knows Twisted and the session it serves. Must not know rules of the chat.
"""

from twisted.internet.interfaces import IHalfCloseableProtocol, ITransport
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.answers import ANSWERS
from chatd.clock import Timer
from chatd.details import Clause
from chatd.events import Farewell
from chatd.form import Form
from chatd.languages import N_
from chatd.protocols.client import Client, Door
from chatd.protocols.closing import Closing
from chatd.protocols.outlet import Outlet, open_outlet
from chatd.protocols.site import Site
from chatd.protocols.sockets import encrypted, way_in
from chatd.requests import Request
from chatd.session import Session

CHUNK = 4096
"""LineReceiver copies what is left of a chunk at every line, so it is fed in chunks that make that cheap."""
_NO_CERTIFICATE = N_("this server has no certificate; whoever runs it can give it one, see --cert")


@implementer(IHalfCloseableProtocol)
class LineConnection(LineReceiver):
    """One connection and its session. Lines are offered one by one, and only while the session is hungry."""

    delimiter = b"\n"
    MAX_LENGTH = 2**31
    """The filter before this has a limit of its own, and answers instead of closing."""

    transport: ITransport
    outlet: Outlet
    session: Session
    secure = False
    """Whether nobody can read along: TLS, or the same machine."""
    interactive = True
    """Whether a person is there, who can be asked for something."""

    def __init__(self, site: Site, client: Client, until: float, form: Form) -> None:
        self._site = site
        self._client = client
        self._until = until
        self._form = form
        self._door: Door | None = None
        self.heard_all = False
        """The other side has said all it will."""
        self._resting: Timer | None = None
        self._closing: Closing | None = None
        self._unframed = b""  # the chunks behind the one that is being framed

    def connectionMade(self) -> None:
        """Begin a session."""
        chat = self._site.chat
        self.outlet = open_outlet(self.transport, chat.clock, chat.limits.stall_seconds, self)
        self.secure = self._client.private or encrypted(self.transport)
        self.session = Session(chat, self, self._client.address, self._form, ANSWERS)
        self._site.opened(self)

    def await_name(self) -> None:
        """What came first was looked at: from now on whoever has not given a name is waited for, but not for ever."""
        self.session.await_name(self._until)

    def leaves_by(self, door: Door | None) -> None:
        """From now on this is the transport's protocol, and tells ``door`` when the connection has ended."""
        self._door = door

    @property
    def how_to_encrypt(self) -> str:
        """What to type to come back encrypted."""
        if self._site.tls is None:
            return Clause(_NO_CERTIFICATE)
        return way_in(self.transport, self._client.door)

    def hide_input(self, hidden: bool) -> None:
        """What is typed from now on must not be seen; or may be again. Where nobody types, nothing is to be done."""

    def filter(self, data: bytes) -> bytes:
        """What the other side typed, as lines that end in a line feed."""
        raise NotImplementedError

    def filter_end(self) -> bytes:
        """The line that says that nothing more will come, behind an unfinished one."""
        raise NotImplementedError

    def decode(self, line: bytes) -> Request:
        """What the line asks for."""
        raise NotImplementedError

    def dataReceived(self, data: bytes) -> None:
        """Bytes came in."""
        if self.session.ended:
            return
        lines = self.filter(data)
        if not (self._buffer or self.paused) and lines and lines.find(b"\n") == len(lines) - 1:
            self.lineReceived(lines[:-1])  # one whole line, as most come: there is nothing to be framed
        else:
            self._frame(lines)
        if self.outlet.blocked:
            self.wait_for_reader()

    def wait_for_reader(self) -> None:
        """Whoever does not read the answers is not read either, whatever it was that was answered."""
        if not (self.paused or self.session.ended):
            self.pauseProducing()

    def lineReceived(self, line: bytes) -> None:
        """One line."""
        if self.session.ended:
            return
        self.receive(self.decode(line))

    def receive(self, request: Request) -> None:
        """What a line asks for; one who comes is answered with others who do."""
        if not self.session.named:
            self._site.corks.put(self.outlet)
        self.session.receive(request)
        self.wait_if_sated()

    def wait_if_sated(self) -> None:
        """Read no more for now, if the session wants nothing more."""
        if not self.session.ended and (self.outlet.blocked or not self.session.hungry):
            self.pauseProducing()

    def readConnectionLost(self) -> None:
        """The other side has said all it will; it may still want to read the answers."""
        self.heard_all = True
        if self.session.ended:
            self._end().answered()
        else:
            self._frame(self.filter_end())

    def writeConnectionLost(self) -> None:
        """Everything has left."""
        self.outlet.close_quietly()
        self._end().written()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002 (it makes no difference)
        """The connection is gone, however that came."""
        self.outlet.close_quietly()
        if self._closing is not None:
            self._closing.lost()
        if self._resting is not None:
            self._resting.cancel()
        self.end_session()
        if self._door is not None:
            self._door.left(self._client, self.named)

    def end_session(self) -> None:
        """Nobody is served here any more."""
        self.session.lost()
        self._site.closed(self)

    @property
    def named(self) -> bool:
        """Whether a name was accepted."""
        return self.session.named

    def stop_reading(self) -> None:
        """Take nothing more: the server stops."""
        if self.session.ended:
            return  # one who is leaving is read until the other side has closed as well
        self.pauseProducing()
        unread = self.clearLineBuffer() + self._unframed
        self._unframed = b""
        self.session.stop([self.decode(line) for line in unread.split(self.delimiter)[:-1]])

    def goodbye(self, why: Farewell) -> None:
        """Once everything that was said has been shown, say why this ends, and close."""
        self.session.view.reader.when_caught_up(lambda: self.session.end(why))

    def abort(self) -> None:
        """Close now, whatever is still to be sent."""
        self.outlet.abort()

    def resumeProducing(self) -> None:
        """Go on with the lines that wait, and with reading."""
        if not self.heard_all:
            super().resumeProducing()
            return
        self.paused = False  # and no more: to read again at the end would be to find the end again
        self._frame(b"")

    def resume(self) -> None:
        """The session is hungry again."""
        if self.paused and not self.outlet.blocked and self._resting is None and self.session.hungry:
            self.resumeProducing()

    def rest(self, seconds: float) -> None:
        """Read nothing for so long: what came in was a lot of work, and the others are to have their turn."""
        if self._resting is None:
            self.pauseProducing()
            self._resting = self._site.chat.clock.callLater(seconds, self._rested)

    def _rested(self) -> None:
        self._resting = None
        self.resume()

    def hang_up(self) -> None:
        """Close once everything has been sent; what still comes in is dropped."""
        self.outlet.finish(lambda: self._end().begin(other_half_closed=self.heard_all))
        if self.paused and not self.heard_all:
            self.resumeProducing()

    def _end(self) -> Closing:
        """How the connection ends, once it does."""
        if self._closing is None:
            self._closing = Closing(self.transport, self._site.chat.clock)
        return self._closing

    def _frame(self, lines: bytes) -> None:
        """Feed the framing; in small chunks, see :data:`CHUNK`."""
        if len(lines) <= CHUNK:
            super().dataReceived(lines)
            return
        for end in range(CHUNK, len(lines) + CHUNK, CHUNK):
            self._unframed = lines[end:]
            super().dataReceived(lines[end - CHUNK : end])

    def clear(self) -> None:
        """Everything has left: read on, in both directions."""
        self.session.clear()
        self.resume()
