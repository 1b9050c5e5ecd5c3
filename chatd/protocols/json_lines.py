"""The protocol for programs: one JSON object on each line. Puts the limit, framing and format together.

Must not know rules of the chat, or what the objects are.
"""

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from chatd.clock import Timer
from chatd.errors import LineEndless, LineTooLong
from chatd.protocols.client import Client
from chatd.protocols.line import LineConnection
from chatd.protocols.site import Site
from chatd.requests import Introduce, Invalid, Quit, Request
from chatd.wire.json_events import JsonForm, ping
from chatd.wire.json_plain import plainly_said
from chatd.wire.json_requests import decode
from chatd.wire.json_scene import Terms
from chatd.wire.line_limit import Endless, LineLimit, TooLong, read_remark

LINE_BYTES = 16 * 1024
"""What a line of a program may have, where texts are not longer than usual."""
ESCAPED = 4
"""A text takes at most so many times as many bytes in JSON, ``\\uXXXX`` for two bytes of UTF-8, and a little beside it."""
END_OF_INPUT = b"\xff\n"
"""A line that no program can send: it stands for the end of all lines."""


class JsonLinesProtocol(LineConnection):
    """One program. Its first ``register`` that works decides by which version of the protocol it is spoken to."""

    interactive = False

    def __init__(self, site: Site, client: Client, until: float) -> None:
        self._version = 1  # what is asked before the first register is understood, and refused by name
        self._line_bytes = _line_bytes(site)
        self._limit = LineLimit(self._line_bytes)
        self._at_rest = False
        """A line would begin now. Found out whenever bytes went the long way."""
        self._heard = 0.0
        self._asked = False
        self._watch: Timer | None = None
        super().__init__(site, client, until, _form(site, 1))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Nobody is there to be asked."""
        if self._watch is not None and self._watch.active():
            self._watch.cancel()
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:
        """Bytes came in: a sign of life, and mostly one line that is said, with which nothing else has to be done."""
        self._heard = self._site.chat.clock.seconds()
        self._asked = False
        if self._at_rest and not self.paused and data.endswith(b"\n") and self._says(data[:-1]):
            return
        super().dataReceived(data)
        self._at_rest = not (self._limit.length or self._buffer)

    def lineReceived(self, line: bytes) -> None:
        """One line."""
        if not self._says(line):
            super().lineReceived(line)

    def _says(self, line: bytes) -> bool:
        """Whether nothing is to be done with this but to say it; then that is done."""
        if self._version != 1 or self.session.ended or len(line) > self._line_bytes:
            return False
        said = plainly_said(line)
        if said is None:
            return False
        if not self.session.receive_said(said):
            self.wait_if_sated()
        return True

    def filter(self, data: bytes) -> bytes:
        """Over-long lines taken out. What stands for them, and for the end, holds a byte that is not in UTF-8, so no line may."""
        return self._limit.feed(data.replace(b"\xff", b"\xfe"))  # nor is that one: it stays a mistake

    def filter_end(self) -> bytes:
        """The unfinished line, and the end: who closes their half reads the answers, and then is gone."""
        return self._limit.finish() + END_OF_INPUT

    def decode(self, line: bytes) -> Request:
        """What the line asks for."""
        if line == END_OF_INPUT[:-1]:
            return Quit()
        limit = self._line_bytes
        match read_remark(line):
            case TooLong(measured):
                return Invalid(LineTooLong(measured=measured, limit=limit))
            case Endless(measured):
                return Invalid(LineEndless(measured=measured, limit=limit))
        request = decode(line, self._version)
        if isinstance(request, Introduce) and not self.session.named:
            self._speak(1 if request.resumable else 0)
        return request

    def _speak(self, version: int) -> None:
        """Speak this version from now on; programs of the first one answer no ping."""
        self._version = version
        self.session.view.speak(_form(self._site, version))
        if version and self._watch is None:
            self._watch_after(self._site.chat.limits.ping_seconds)

    def _watch_after(self, seconds: float) -> None:
        self._watch = self._site.chat.clock.callLater(seconds, self._look)

    def _look(self) -> None:
        """Ask a silent program whether it is there; one that does not answer is gone."""
        chat = self._site.chat
        if not self._version:  # it was refused, and began anew with the first one
            self._watch = None
            return
        now, limits = chat.clock.seconds(), chat.limits
        if self.paused:
            self._heard = now  # of one who is not listened to nothing can be heard
        # Moments, and no lengths of time: what is rounded off those might leave the same moment to be looked at for ever.
        asked_at, gone_at = self._heard + limits.ping_seconds, self._heard + limits.silence_seconds
        if now >= gone_at:
            self.outlet.abort()
        elif now < asked_at:
            self._watch_after(asked_at - now)
        else:
            if not self._asked:
                self._asked = True
                self.outlet.send(ping(chat.wall()))
            self._watch_after(gone_at - now)


def _line_bytes(site: Site) -> int:
    """Enough for any text that is allowed here."""
    return max(LINE_BYTES, ESCAPED * site.chat.limits.text_bytes)


def _form(site: Site, version: int) -> JsonForm:
    limits = site.chat.limits
    terms = Terms(text_bytes=limits.text_bytes, line_bytes=_line_bytes(site), ping_seconds=round(limits.ping_seconds))
    return JsonForm(version, clock=site.chat.wall, terms=terms)
