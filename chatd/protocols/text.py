"""The line protocol: people with nc, telnet or anything else that sends lines. Puts filter, framing and language together.

Must not know rules of the chat.
"""

from datetime import tzinfo
from functools import cached_property, lru_cache
from typing import Protocol

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from chatd.errors import LineEndless, LineTooLong, TextNotUtf8
from chatd.fanout import Outlet
from chatd.protocols.client import Client
from chatd.protocols.line import LineConnection
from chatd.protocols.site import Site
from chatd.requests import Enter, Invalid, Nothing, Quit, Request
from chatd.secret import Secret
from chatd.text import decode
from chatd.wire.commands import parse, parse_introduction, plainly_said
from chatd.wire.line_limit import END, Endless, EndOfInput, Remark, TooLong, read_remark
from chatd.wire.lines import LineFilter, edited, end_of_line
from chatd.wire.phrases import Phrasebook
from chatd.wire.replies import in_sight
from chatd.wire.text import TextForm

ENDINGS = (b"\n", b"\r", b"\0")
LINE_BYTES = 64 * 1024
"""What is kept of a line that may be another protocol's; what there is beyond that, none of them takes."""
COMMAND_BYTES = 256
"""What a line may be longer than a message: for the command and the name before it."""
IAC = b"\xff"
CODES_AT_ONCE = 64
"""Telnet's codes that may come at once: no telnet program has half as many to say. Who sends more is read slowly."""
CODES_PER_SECOND = 320
LINE_END = b"\r\n"
"""A network terminal's (RFC 854). One that does not echo does not return the carriage on its own either."""


@lru_cache(maxsize=1)
def _first_form(zone: tzinfo | None) -> TextForm:
    """How everybody is spoken to at first: one form for all of them."""
    return TextForm(zone=zone)


@lru_cache(maxsize=1)
def _line_bytes(text_bytes: int) -> int:
    """How long a line may be: one number for all connections."""
    return text_bytes + COMMAND_BYTES


class ReturningOutlet:
    """Sends the same with :data:`LINE_END` at the end of each line."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    @property
    def blocked(self) -> bool:
        """Whether the real one is."""
        return self._outlet.blocked

    @blocked.setter
    def blocked(self, blocked: bool) -> None:
        self._outlet.blocked = blocked

    def send(self, data: bytes) -> None:
        """Take these lines."""
        self._outlet.send(data.replace(b"\n", LINE_END))


class Gate(Protocol):
    """What stood before the connection until its client was taken for a person."""

    def reconsider(self, line: bytes, person: "TextProtocol") -> bool:
        """A line before there is a name. True: it is answered here, or by another protocol, which has the connection now."""

    def let_in(self, person: "TextProtocol") -> None:
        """There is a name."""


class TextProtocol(LineConnection):
    """One person at a terminal.

    ``gate`` is asked about every line before there is a name.
    """

    def __init__(self, site: Site, client: Client, until: float, gate: Gate, greet: bool) -> None:
        super().__init__(site, client, until, _first_form(site.zone))
        self._gate: Gate | None = gate
        """``None`` once there is a name."""
        self._greet = greet
        self._message_bytes = site.chat.limits.text_bytes
        self._at_rest = True
        """A line would begin now, and nothing secret is asked for. Found out whenever bytes went the long way, and taken
        back at once when something is asked for: what is typed then must never be said. While paused it may be old."""
        self._unfiltered = b""
        self._line = b""  # the one that is being looked at before there is a name, as it came
        self._unheard = not greet
        """They have begun to speak, but no line has come yet."""
        self._waited = False
        """Half a line has come, and was given a moment to become one; then they are greeted."""
        self._secret_wanted = False
        self._prepared = False  # for something secret to be typed: either it is hidden, or was said to be visible
        self._hidden = False

    @cached_property
    def _filter(self) -> LineFilter:
        """What bytes go through that go the long way; many never do."""
        return LineFilter(_line_bytes(self._message_bytes))

    def connectionMade(self) -> None:
        """Greet a person who waits; one who speaks first, only if no line follows."""
        super().connectionMade()
        if self._greet:
            self.session.welcome()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Nobody is there to be greeted."""
        self._greeted()
        super().connectionLost(reason)

    def dataReceived(self, data: bytes) -> None:
        """Bytes came in: mostly one line that is said, or a name, and nothing else has to be done with it."""
        if self._at_rest and not self.paused and data.endswith(b"\n") and self._takes(data[:-1]):
            return
        self._receive(data)
        self._let_in()
        if self._unheard and not self._waited:
            self._waited = True
            self._site.silence.start(self, self.session.welcome)
        self._at_rest = self._filter.at_rest and not (self._unfiltered or self._buffer or self._prepared)

    def _takes(self, line: bytes) -> bool:
        """Whether nothing is to be done with this but to say it, or to take it for a name; then that is done."""
        text = plainly_said(line) if len(line) <= self._message_bytes else None
        if text is None:
            return False
        taken = self.session.say(text) if self._gate is None else self._introduces(self._gate, line, text)
        if taken and self.outlet.blocked:  # by an answer, such as that too much waits for the disk
            self.wait_for_reader()
        return taken

    def _introduces(self, gate: Gate, line: bytes, text: str) -> bool:
        """Whether this can be taken for a name, or the beginning of another protocol: as by :meth:`lineReceived`; then it is."""
        if self.session.ended:
            return False
        self._greeted()
        self._line = line + b"\n"
        if not gate.reconsider(line, self):
            self.receive(parse_introduction(text))
            self._let_in()
        return True

    def _let_in(self) -> None:
        """Through the gate, once there is a name."""
        if self._gate is not None and self.session.named:
            self._gate.let_in(self)
            self._gate = None
            self._line = b""

    def _receive(self, data: bytes) -> None:
        """Bytes of any kind.

        Before there is a name they are filtered line by line: each may show that this is another protocol after all,
        and that one is to have the rest as it came.
        """
        if self.session.named and not self._unfiltered:
            super().dataReceived(data)
            return
        self._unfiltered += data
        if not data:
            super().dataReceived(data)  # the lines that were filtered already
        while self._unfiltered and not (self.paused or self.session.ended):
            end = len(self._unfiltered) if self.session.named else end_of_line(self._unfiltered)
            line, self._unfiltered = self._unfiltered[:end], self._unfiltered[end:]
            self._keep(line)
            super().dataReceived(line)

    def stop_reading(self) -> None:
        """Take nothing more: the server stops."""
        self._unframed += self._take_unfiltered()
        super().stop_reading()

    def filter(self, data: bytes) -> bytes:
        """Telnet's codes and over-long lines taken out, endings made one."""
        lines = self._filter.feed(data)
        if IAC not in data and not self._filter.telnet_seen:
            return lines  # what most send
        codes = data.count(IAC)
        if codes > CODES_AT_ONCE and not self.session.ended:
            self.rest(codes / CODES_PER_SECOND)
        if self._filter.telnet_seen:
            self._answer_telnet()
            if self._hidden and not self._filter.telnet.hiding:
                self._say_in_sight()  # it refuses, as busybox does from the second time on
        return lines

    def filter_end(self) -> bytes:
        """What is left, and the end."""
        return self._take_unfiltered() + self._filter.finish() + END

    def lineReceived(self, line: bytes) -> None:
        """A line; before there is a name, one that may show that this is another protocol after all."""
        if self._gate is None and not self._prepared and self._takes(line):
            return  # mostly, where somebody sends several at once
        if self._unheard:
            self._greeted()
        if self.session.asking:
            if self._hidden:
                self.outlet.send(LINE_END)  # the one that was typed was not shown
            super().lineReceived(line)
        elif self._gate is None or self.session.named or self.session.ended or not self._gate.reconsider(line, self):
            super().lineReceived(line)

    def decode(self, line: bytes) -> Request:
        """What the line asks for, in the language of :mod:`chatd.wire.commands`; or the secret that is asked for."""
        secret = self._secret
        try:
            text = decode(edited(line) if secret else line)
        except TextNotUtf8 as error:
            return self._undecoded(line, error)
        if secret:
            return Enter(Secret(text))
        return (parse(text) or Nothing()) if self.session.named else parse_introduction(text)

    def hide_input(self, hidden: bool) -> None:
        """Have the other side not show what is typed from now on, or show it again.

        Where it cannot be hidden, that is said. What is shown again is shown only once nothing is being worked on: a
        second question may follow, and telnet programs tell their users of every change.
        """
        self._secret_wanted = hidden
        self._at_rest = False
        if not hidden:
            self._site.chat.clock.callLater(0, self._show_input)
        elif not self._prepared:
            self._prepared = True
            self._hide_input()

    def resume(self) -> None:
        """The session is hungry again."""
        self._show_input()
        super().resume()

    def let_go(self) -> bytes:
        """Leave the connection to another protocol; the last line and what was not taken yet are returned, as they came."""
        # A line that was not ended will not go on.
        line = self._line if self._line.endswith(ENDINGS) else self._line + b"\n"
        rest: bytes = line + self.clearLineBuffer() + self._unframed + self._unfiltered
        if self.heard_all:
            rest = rest.removesuffix(END)  # which nobody has sent
        self._unfiltered = b""
        self._greeted()
        self.outlet.let_go()
        self.end_session()
        return rest

    @property
    def _secret(self) -> bool:
        """Whether a line now is what is asked for, or may be the answer to a question that has not been asked yet."""
        # Whatever is asked for was prepared for: a session asks by hide_input.
        return self._prepared and (self.session.asking or not self.session.hungry)

    def _hide_input(self) -> None:
        telnet = self._filter.telnet
        if not (telnet.seen or self._filter.returned):
            self._say_in_sight()  # nc would show telnet's codes as junk, and hide nothing
            return
        self._hidden = True
        telnet.offer_binary()  # before a Persian password is damaged
        telnet.hide_input()
        self._answer_telnet()
        self.session.view.reader.outlet = ReturningOutlet(self.outlet)

    def _say_in_sight(self) -> None:
        self._leave_shown()
        self.outlet.send(f"{in_sight(Phrasebook(self.session.view.language))}\n".encode())

    def _leave_shown(self) -> None:
        self._hidden = False
        self.session.view.reader.outlet = self.outlet

    def _show_input(self) -> None:
        if self._prepared and not self._secret_wanted and self.session.hungry:
            self._prepared = False
            self._leave_shown()
            self._filter.telnet.show_input()
            self._answer_telnet()

    def _keep(self, piece: bytes) -> None:
        """Add to the line, or begin the next one behind all of the last one's ending."""
        if self._line.endswith(b"\r") and piece.startswith((b"\n", b"\0")):
            piece = piece[1:]
        # What was not a line, such as telnet's codes alone, does not belong to the next one.
        before = b"" if self._line.endswith(ENDINGS) or self._filter.at_rest else self._line
        self._line = (before + piece)[:LINE_BYTES]

    def _take_unfiltered(self) -> bytes:
        rest, self._unfiltered = self._unfiltered, b""
        return self._filter.feed(rest)

    def _undecoded(self, line: bytes, error: TextNotUtf8) -> Request:
        remark = read_remark(line)  # which is never UTF-8
        if remark is not None:
            return self._remarked(remark)
        # Telnet destroys all but ASCII until it has agreed to send bytes as they are.
        self._filter.telnet.offer_binary()
        self._answer_telnet()
        return Invalid(error)

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
        self._unheard = False
        if self._waited:
            self._site.silence.stop(self)
