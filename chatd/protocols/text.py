"""The line protocol: people with nc, telnet or anything else that sends lines. Puts filter, framing and language together.

Must not know rules of the chat.
"""

from collections.abc import Callable

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from chatd.clock import Timer
from chatd.errors import LineEndless, LineTooLong, TextNotUtf8
from chatd.protocols.line import LineConnection
from chatd.protocols.site import Site
from chatd.requests import Invalid, Nothing, Quit, Request
from chatd.text import decode
from chatd.wire.commands import parse, parse_introduction
from chatd.wire.lines import END, Endless, EndOfInput, LineFilter, Remark, TooLong, read_remark
from chatd.wire.text import TextForm

SILENCE = 0.3
"""Seconds without a line after which somebody is taken for a person who waits to be greeted."""
COMMAND_BYTES = 256
"""What a line may be longer than a message: for the command and the name before it."""


class TextProtocol(LineConnection):
    """One person at a terminal.

    ``reconsider`` is asked about every line before there is a name: it says whether that line was taken for another
    protocol, which then has the connection.
    """

    def __init__(
        self, site: Site, address: str, reconsider: Callable[[bytes, "TextProtocol"], bool], greet: bool
    ) -> None:
        super().__init__(site, address, TextForm(zone=site.zone))
        self._reconsider = reconsider
        self._greet = greet
        self._filter = LineFilter(site.chat.limits.text_bytes + COMMAND_BYTES)
        self._greeting: Timer | None = None

    def connectionMade(self) -> None:
        """Greet a person who waits; one who speaks first, only if no line follows."""
        super().connectionMade()
        if self._greet:
            self.session.welcome()
        else:
            self._greeting = self._site.chat.clock.callLater(SILENCE, self.session.welcome)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Nobody is there to be greeted."""
        self._greeted()
        super().connectionLost(reason)

    def filter(self, data: bytes) -> bytes:
        """Telnet's codes and over-long lines taken out, endings made one."""
        lines = self._filter.feed(data)
        if self._filter.telnet.seen:
            self._answer_telnet()
        return lines

    def filter_end(self) -> bytes:
        """The unfinished line, and the end."""
        return self._filter.finish() + END

    def lineReceived(self, line: bytes) -> None:
        """A line; before there is a name, one that may show that this is another protocol after all."""
        if self._greeting is not None:
            self._greeted()
        if self.session.named or self.session.ended or not self._reconsider(line, self):
            super().lineReceived(line)

    def decode(self, line: bytes) -> Request:
        """What the line asks for, in the language of :mod:`chatd.wire.commands`."""
        remark = read_remark(line)
        if remark is not None:
            return self._remarked(remark)
        try:
            text = decode(line)
        except TextNotUtf8 as error:
            # Telnet destroys all but ASCII until it has agreed to send bytes as they are.
            self._filter.telnet.offer_binary()
            self._answer_telnet()
            return Invalid(error)
        return (parse(text) or Nothing()) if self.session.named else parse_introduction(text)

    def let_go(self) -> bytes:
        """Leave the connection to another protocol; the bytes that were not taken yet are returned."""
        rest: bytes = self.clearLineBuffer() + self._unframed
        self._greeted()
        self.outlet.let_go()
        self.end_session()
        return rest

    def _remarked(self, remark: Remark) -> Request:
        limit = self._site.chat.limits.text_bytes
        match remark:
            case TooLong(measured):
                return Invalid(LineTooLong(measured=measured, limit=limit))
            case Endless(measured):
                return Invalid(LineEndless(measured=measured, limit=limit))
            case EndOfInput():
                return Quit()

    def _answer_telnet(self) -> None:
        """Send telnet's answers; none may be lost, or a client waits for ever.

        One who does not read them is not read either, so no more pile up than one read brings.
        """
        self.outlet.send(self._filter.telnet.take_replies())

    def _greeted(self) -> None:
        """A greeting is not needed any more."""
        if self._greeting is not None and self._greeting.active():
            self._greeting.cancel()
        self._greeting = None
