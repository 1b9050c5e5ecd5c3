"""Any client's bytes, made fit for cutting at line feeds. Knows bytes; not sockets, clocks, UTF-8 or the chat.

Stands between the connection and whatever cuts lines: takes telnet's codes out, lets each of the line endings that
clients send be a line feed, and stops lines that are too long, so that nobody has to keep them. What must be said about
a line in place of its text is said in the stream itself, as a *remark*: a line with the byte 0xff in it, which the
filter lets through nowhere else.
"""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from chatd.wire.telnet import END_OF_INPUT, INTERRUPT, NOT_TEXT, Code, Telnet

REMARK_BYTES: Final = 24
"""A line that comes out has at most the limit and these, without its line feed."""
ENDLESS: Final = 16
"""A line of more than so many times the limit is not waited for."""
END: Final = b"\xff\n"
"""The remark :class:`EndOfInput`, as a whole line."""

_REMARK = re.compile(rb"\xff(?:([LE])([0-9]{1,20}))?\Z")
_SIGNS = re.compile(rb"([\x04\xff]+)")  # END_OF_INPUT, INTERRUPT
# Short pieces are searched for a number several times faster than for other bytes.
_RETURN_BYTE, _END_OF_INPUT_BYTE, _INTERRUPT_BYTE = b"\r"[0], END_OF_INPUT[0], INTERRUPT[0]
_IAC_BYTE = int(Code.IAC)


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line of more bytes than the limit has ended, and nothing of it counts."""

    measured: int
    """The bytes it had, without its ending."""


@dataclass(frozen=True, slots=True)
class Endless:
    """A line has passed :data:`ENDLESS` times the limit and still goes on; its end will not be told."""

    measured: int
    """The bytes it had at least."""


@dataclass(frozen=True, slots=True)
class EndOfInput:
    """The person said that nothing more will come: Ctrl-D where a line would begin."""


Remark: TypeAlias = TooLong | Endless | EndOfInput


def read_remark(line: bytes) -> Remark | None:
    """What the filter says by this line (without its line feed), or ``None``: it is what somebody typed."""
    if _INTERRUPT_BYTE not in line:
        return None
    found = _REMARK.search(line)
    if found is None:
        return None
    kind, measured = found.groups()
    if kind is None:
        return EndOfInput()
    return TooLong(int(measured)) if kind == b"L" else Endless(int(measured))


class LineFilter:
    r"""Turns one connection's bytes, in whatever pieces they come, into lines that each end with ``\n``.

    A line of up to ``limit`` bytes (its ending not counted) passes unchanged. Of a longer one the beginning passes,
    then a remark in place of the rest. Nothing is kept but counters.

    Raises:
        ValueError: a limit below 1.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"A line must be allowed at least 1 byte, not {limit}")
        self.telnet = Telnet()
        self._limit = limit
        self._endless = ENDLESS * limit
        self._length = 0  # of the line in progress, with what was skipped of it
        self._returned = False  # the last byte was a carriage return

    def feed(self, data: bytes) -> bytes:
        """Filter what has come in; the results, put together, do not depend on how it was cut into pieces."""
        if self.telnet.seen or _IAC_BYTE not in data:
            return self._feed(data)
        # The first command changes what follows it, but not what was typed before it.
        out, start = [], 0
        while not self.telnet.seen and (end := data.find(_IAC_BYTE, start + 1)) >= 0:
            out.append(self._feed(data[start:end]))
            start = end
        out.append(self._feed(data[start:]))
        return b"".join(out)

    def _feed(self, data: bytes) -> bytes:
        typed = self.telnet.feed(data)
        if self._returned or _RETURN_BYTE in typed:
            typed = self._with_line_feeds(typed)
        if _END_OF_INPUT_BYTE in typed or _INTERRUPT_BYTE in typed:
            return self._without_signs(typed)
        return self._bounded(typed)

    def finish(self) -> bytes:
        """What must still follow once nothing more will come, so that an unfinished line counts as a line."""
        if not self._length:
            return b""
        end = b"\n" if self._length <= self._limit else self._remark_at_end()
        self._length = 0
        return end

    def _with_line_feeds(self, typed: bytes) -> bytes:
        r"""End lines at a ``\r`` without waiting for the ``\n`` or, from telnet, ``\0`` that may belong to it."""
        if self._returned and typed:
            self._returned = False
            if typed.startswith((b"\n", b"\0")):
                typed = typed[1:]
        if _RETURN_BYTE in typed:
            self._returned = typed.endswith(b"\r")
            typed = typed.replace(b"\r\n", b"\n").replace(b"\r\0", b"\n").replace(b"\r", b"\n")
        return typed

    def _without_signs(self, typed: bytes) -> bytes:
        """Put in their place what ends of input and interrupts mean, which depends on whether a line has begun."""
        out = []
        for index, piece in enumerate(_SIGNS.split(typed)):
            if index % 2 == 0:
                out.append(self._bounded(piece))
            elif not self._length:
                out.append(END * piece.count(END_OF_INPUT))
            elif self.telnet.seen:
                # Ctrl-D only sends off a line that has begun. An interrupt has damaged it: it must not pass for whole.
                out.append(self._bounded(NOT_TEXT * piece.count(INTERRUPT)))
            else:
                # A terminal does not send it there, so it is part of what somebody sends; that is not for us to change.
                out.append(self._bounded(piece))
        return b"".join(out)

    def _bounded(self, text: bytes) -> bytes:
        """Let lines within the limit pass."""
        if self._length + len(text) <= self._limit:
            end = text.rfind(b"\n") + 1
            self._length = len(text) - end if end else self._length + len(text)
            return text
        out: list[bytes] = []
        at = 0
        while at < len(text):
            if self._length <= self._limit:
                at = self._pass(text, at, out)
            if at < len(text) and self._length >= self._limit:
                at = self._skip(text, at, out)
        return b"".join(out)

    def _pass(self, text: bytes, at: int, out: list[bytes]) -> int:
        """Let all lines pass that end within the limit from here, or else as much of one as it may have."""
        allowed = at + self._limit - self._length
        end = text.rfind(b"\n", at, allowed + 1) + 1
        if end:
            self._length = 0
        else:
            end = min(allowed, len(text))
            self._length += end - at
        out.append(text[at:end])
        return end

    def _skip(self, text: bytes, at: int, out: list[bytes]) -> int:
        """Pass over the rest of a line that has no room for it, and remark on that once."""
        end = text.find(b"\n", at)
        stop = len(text) if end < 0 else end
        before, self._length = self._length, self._length + stop - at
        if before <= self._endless < self._length:
            out.append(_remark(b"E", self._endless))
        if end < 0:
            return stop
        out.append(self._remark_at_end())
        self._length = 0
        return end + 1

    def _remark_at_end(self) -> bytes:
        """What stands for the ending of an over-long line; nothing if it was remarked on before."""
        return b"" if self._length > self._endless else _remark(b"L", self._length)


def _remark(kind: bytes, measured: int) -> bytes:
    return b"\xff%b%d\n" % (kind, measured)
