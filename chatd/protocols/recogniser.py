"""Every connection's first moments: finds out who is speaking, and hands the connection over.

Knows the table of front ends and a clock. Must not know what they do.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from twisted.internet.interfaces import IHalfCloseableProtocol, IProtocol, IPushProducer, ITransport
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.clock import Timer
from chatd.errors import TlsRequired
from chatd.protocols import refusals
from chatd.protocols.client import Client, Door
from chatd.protocols.encryption import Encryption
from chatd.protocols.front_ends import TLS, FrontEnd, Inner
from chatd.protocols.line import LineConnection
from chatd.protocols.outlet import open_outlet
from chatd.protocols.refusals import Answer, Refusal
from chatd.protocols.site import Site
from chatd.protocols.sockets import encrypted, tune, way_in
from chatd.protocols.text import TextProtocol
from chatd.wire.recognition import Signature, Table

HELLO = Signature((b"hello server",), any_case=True)
"""The first exercise of a course on sockets: its client sends no line ending, and waits."""
HELLO_ANSWER = b"Hello Client!\n"
HELLO_LINE = re.compile(rb"\s*hello server!?\s*\Z", re.IGNORECASE)
"""The same, typed by somebody who was greeted already."""
_HELLO_END = re.compile(rb"!?(?:\r[\n\0]?|\n)?")


@dataclass(frozen=True, slots=True)
class Greeting:
    """The row of the exercise: it is answered here, and then the connection begins anew."""

    signature: Signature = HELLO


GREETING = Greeting()


@dataclass(frozen=True, slots=True)
class Encrypted:
    """The row of TLS where there is a certificate: what comes in is decrypted, and recognised anew inside."""

    signature: Signature = TLS


@lru_cache(maxsize=16)
def _listened_for(front_ends: Table[FrontEnd], *, hello: bool, tls: bool) -> Table[Greeting | Encrypted | FrontEnd]:
    """What there is to be recognised: with ``tls`` a row of that, before the one that has no certificate."""
    return Table((*((Encrypted(),) if tls else ()), *((GREETING,) if hello else ()), *front_ends.rows))


@implementer(IProtocol, IHalfCloseableProtocol)
class Recogniser:
    """Stands before every connection: finds out whose it is, then passes everything on, or steps aside.

    Clients that speak first do so within milliseconds; whoever says nothing for the site's ``silence``, and nothing after
    one more turn of the reactor (the server itself may have been late), is a person and is greeted.

    Nothing of that begins before ``wait`` seconds have passed.
    """

    __slots__ = (
        "_client",
        "_door",
        "_front_ends",
        "_held_for",
        "_hello_answered",
        "_hello_end_late",
        "_hello_said",
        "_inner",
        "_must_encrypt",
        "_offers_tls",
        "_seen",
        "_site",
        "_timer",
        "_until",
        "transport",
    )

    def __init__(
        self,
        site: Site,
        client: Client,
        until: float,
        front_ends: Table[FrontEnd],
        door: Door | None,
        *,
        wait: float = 0.0,
    ) -> None:
        self._site = site
        self._client = client
        self._until = until
        self._front_ends = front_ends
        self._door = door
        self._held_for = wait
        self._seen = b""
        self._offers_tls = False
        self._must_encrypt = False
        self._hello_said = False
        """The exercise was answered, its line may go on."""
        self._hello_answered = False
        self._hello_end_late = False
        """A person was greeted before the exercise's line ended."""
        self._timer: Timer | None = None
        self._inner: Inner | None = None

    @property
    def named(self) -> bool:
        """Whether somebody has given a name."""
        return self._inner is not None and self._inner.named

    def makeConnection(self, transport: ITransport) -> None:
        """The connection is there."""
        self.transport = transport
        self.connectionMade()

    def connectionMade(self) -> None:
        """Wait a moment for the other side to speak."""
        tune(self.transport)
        if self._site.tls is not None and not encrypted(self.transport):
            self._offers_tls = True
            self._must_encrypt = not (self._site.plaintext or self._client.private)
        if self._held_for:
            cast(IPushProducer, self.transport).pauseProducing()
            self._wait(self._held_for, self._begin)
        else:
            self._site.silence.start(self, self._one_more_turn)

    def dataReceived(self, data: bytes) -> None:
        """Bytes came in: pass them on, once it is known to whom."""
        if self._held_for:  # what a proxy has sent with its header
            self._seen += data
            return
        if self._inner is not None:
            self._inner.dataReceived(data)
            return
        self._seen += data
        if self._hello_said:
            self._skip_hello_end()
        elif self._seen:
            self._recognise()

    def readConnectionLost(self) -> None:
        """The other side has said all it will; only those who may still have answers to read are kept."""
        if self._inner is None:
            self._hand_to_person()
        if IHalfCloseableProtocol.providedBy(self._inner):
            IHalfCloseableProtocol(self._inner).readConnectionLost()
        else:
            self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        """Everything has left, and our half is closed."""
        if IHalfCloseableProtocol.providedBy(self._inner):
            IHalfCloseableProtocol(self._inner).writeConnectionLost()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The connection is gone."""
        self._stop_waiting()
        if self._inner is not None:
            self._inner.connectionLost(reason)
        if self._door is not None:
            self._door.left(self._client, self.named)

    def _begin(self) -> None:
        """The address has waited for its turn."""
        seen, self._seen, self._held_for = self._seen, b"", 0.0
        self._site.silence.start(self, self._one_more_turn)
        cast(IPushProducer, self.transport).resumeProducing()
        if seen:
            self.dataReceived(seen)

    def _recognise(self) -> None:
        table = _listened_for(self._front_ends, hello=not self._hello_answered, tls=self._offers_tls)
        match row := table.recognise(self._seen):
            case None:
                self._hand_to_person()
            case Encrypted():
                self._decrypt()
            case FrontEnd():
                self._serve(row)
            case Greeting() if self._must_encrypt:
                self._hand_to_person()
            case Greeting():
                self._answer_hello()

    def _decrypt(self) -> None:
        """Begin again inside of TLS."""
        site, clock = self._site, self._site.chat.clock
        assert site.tls is not None
        inside = Recogniser(site, self._client, self._until, self._front_ends, door=None)  # this one is counted
        left = max(0.0, self._until - clock.seconds())
        self._hand_over(Encryption(site.tls, clock, inside, left, site.chat.limits.stall_seconds), self._seen)

    def _serve(self, row: FrontEnd) -> None:
        if self._must_encrypt:
            self._turn_away(row.refuse)
            return
        inner = row.build(self._site, self._client, self._until)
        self._hand_over(inner, self._seen)
        if isinstance(inner, LineConnection):
            self.let_in(inner)

    def _turn_away(self, answer: Answer) -> None:
        """Ask the other side to come back with TLS, whether it has said anything or not."""
        error = TlsRequired(how=way_in(self.transport, self._client.door))
        refusal = Refusal(self._site.chat.clock, answer, error, self._site.book)
        seen = self._seen
        self._hand_over(refusal, b"")
        refusal.dataReceived(seen)

    def _answer_hello(self) -> None:
        # Written like all that may follow it: what goes through the transport's buffer is overtaken by what does not.
        chat = self._site.chat
        outlet = open_outlet(self.transport, chat.clock, chat.limits.stall_seconds)
        outlet.send(HELLO_ANSWER)
        outlet.let_go()
        self._seen = self._seen[len(HELLO.prefixes[0]) :]
        self._hello_said = self._hello_answered = True
        self._stop_waiting()
        self._site.silence.start(self, self._one_more_turn)
        self._skip_hello_end()

    def _skip_hello_end(self) -> None:
        """Go on behind the exercise's line ending, once it is all there or something else is."""
        found = _HELLO_END.match(self._seen)
        end = found.end() if found else 0
        if end == len(self._seen) and not self._seen.endswith((b"\n", b"\0")):
            return
        self._seen = self._seen[end:]
        self._hello_said = False
        if self._seen:
            self._recognise()

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._stop_waiting()
        self._timer = self._site.chat.clock.callLater(seconds, then)

    def _stop_waiting(self) -> None:
        self._site.silence.stop(self)
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _one_more_turn(self) -> None:
        self._wait(0, self._hand_to_person)

    def _hand_to_person(self) -> None:
        if self._must_encrypt:
            self._turn_away(refusals.text)
            return
        if self._hello_said:
            self._seen = b""  # half of the exercise's ending, or nothing
            self._hello_end_late = True
        person = TextProtocol(self._site, self._client, self._until, self, greet=not self._seen)
        self._hand_over(person, self._seen)

    def _hand_over(self, inner: Inner, seen: bytes) -> None:
        self._stop_waiting()
        self._inner = inner
        self._seen = b""
        inner.makeConnection(self.transport)
        try:
            if seen:
                inner.dataReceived(seen)
        finally:
            if isinstance(inner, LineConnection):
                inner.await_name()  # now, since most have given it: a timer for each of them would be for nothing

    def reconsider(self, line: bytes, person: TextProtocol) -> bool:
        """A line before there is a name. True: it is answered here, or by another protocol, which has the connection now."""
        late, self._hello_end_late = self._hello_end_late, False
        if late and _HELLO_END.fullmatch(line):
            return True
        if HELLO_LINE.match(line) and not self._hello_answered:
            self._hello_answered = True  # once: these do not wait their turn, as all other lines do
            person.outlet.send(HELLO_ANSWER)
            return True
        row = self._front_ends.reconsider(line)
        if row is None:
            return False
        self._seen = person.let_go()
        self._serve(row)
        if person.heard_all:
            self.readConnectionLost()
        return True

    def let_in(self, inner: LineConnection) -> None:
        """Nothing is left to be recognised: what comes in needs no way through here any more."""
        if getattr(self.transport, "protocol", None) is self:
            cast(Any, self.transport).protocol = inner
            inner.leaves_by(self._door)
            self._door = None
