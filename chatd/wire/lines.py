"""Any client's bytes, made fit for cutting at line feeds. Knows bytes; not sockets, clocks, or the chat.

Stands between the connection and whatever cuts lines: takes telnet's codes out, lets each of the line endings that
clients send be a line feed, and stops lines that are too long, so that nobody has to keep them. What must be said about
a line in place of its text is said in the stream itself, as a *remark*: a line with the byte 0xff in it, which the
filter lets through nowhere else.
"""

import re
from typing import Final

from chatd.wire.line_limit import END, LineLimit
from chatd.wire.telnet import END_OF_INPUT, INTERRUPT, NOT_TEXT, Code, Telnet

_ENDING = re.compile(rb"\r[\n\0]?|\n")
_SIGNS = re.compile(rb"([\x04\xff]+)")  # END_OF_INPUT, INTERRUPT
# Short pieces are searched for a number several times faster than for other bytes.
_RETURN_BYTE, _LINE_FEED_BYTE = b"\r\n"
_END_OF_INPUT_BYTE, _INTERRUPT_BYTE = END_OF_INPUT[0], INTERRUPT[0]
_IAC_BYTE = int(Code.IAC)

# Backspace and delete; Ctrl-U and Ctrl-C: what a terminal obeys itself, unless its keys are sent one by one.
_ERASING: Final = b"\b\x7f"
_BEGINNING_ANEW: Final = b"\x15\x03"
_NOT_FIRST: Final = range(0x80, 0xC0)  # the bytes of a character in UTF-8, all but its first one


def edited(line: bytes) -> bytes:
    """What is left of a line of UTF-8 after its erasures.

    A telnet program that is told not to show what is typed may leave the editing of the line to the other side too.
    """
    kept = bytearray()
    for byte in line:
        if byte in _BEGINNING_ANEW:
            kept.clear()
        elif byte in _ERASING:
            while kept and kept[-1] in _NOT_FIRST:
                kept.pop()
            del kept[-1:]
        else:
            kept.append(byte)
    return bytes(kept)


def end_of_line(data: bytes) -> int:
    """Where the first line ends, its ending included; where it does not end, all of it."""
    found = _ENDING.search(data)
    return found.end() if found else len(data)


class LineFilter:
    r"""Turns one connection's bytes, in whatever pieces they come, into lines that each end with ``\n``.

    A line of up to ``limit`` bytes (its ending not counted) passes unchanged. Of a longer one the beginning passes,
    then a remark in place of the rest. Nothing is kept but counters.

    Raises:
        ValueError: a limit below 1.
    """

    __slots__ = ("_halfway", "_limit", "_telnet", "returned")

    def __init__(self, limit: int) -> None:
        self._telnet: Telnet | None = None  # until it is needed: most never speak it
        self.returned = False
        """The last line that ended did so with a carriage return, as from a telnet program that has not shown itself."""
        self._limit = LineLimit(limit)
        self._halfway = False  # the last byte was a carriage return

    @property
    def telnet(self) -> Telnet:
        """What is known of the other side's telnet."""
        if self._telnet is None:
            self._telnet = Telnet()
        return self._telnet

    @property
    def telnet_seen(self) -> bool:
        """Whether the other side has sent a telnet command."""
        return self._telnet is not None and self._telnet.seen

    def feed(self, data: bytes) -> bytes:
        """Filter what has come in; the results, put together, do not depend on how it was cut into pieces."""
        if self.telnet_seen or _IAC_BYTE not in data:
            return self._feed(data)
        # The first command changes what follows it, but not what was typed before it.
        out, start = [], 0
        while not self.telnet_seen and (end := data.find(_IAC_BYTE, start + 1)) >= 0:
            out.append(self._feed(data[start:end]))
            start = end
        out.append(self._feed(data[start:]))
        return b"".join(out)

    @property
    def at_rest(self) -> bool:
        """Whether a line would begin now, and nothing that came before has to do with how it ends."""
        amid_command = self._telnet is not None and self._telnet.amid
        return not (self._halfway or self.returned or self._limit.length or amid_command)

    def _feed(self, data: bytes) -> bytes:
        typed = data if self._telnet is None and _IAC_BYTE not in data else self.telnet.feed(data)
        if self._halfway or _RETURN_BYTE in typed:
            typed = self._with_line_feeds(typed)
        elif self.returned and _LINE_FEED_BYTE in typed:
            self.returned = False
        if _END_OF_INPUT_BYTE in typed or _INTERRUPT_BYTE in typed:
            return self._without_signs(typed)
        return self._limit.feed(typed)

    def finish(self) -> bytes:
        """What must still follow once nothing more will come, so that an unfinished line counts as a line."""
        return self._limit.finish()

    def _with_line_feeds(self, typed: bytes) -> bytes:
        r"""End lines at a ``\r`` without waiting for the ``\n`` or, from telnet, ``\0`` that may belong to it."""
        if self._halfway and typed:
            self._halfway = False
            if typed.startswith((b"\n", b"\0")):
                typed = typed[1:]
        end = max(typed.rfind(b"\r"), typed.rfind(b"\n"))
        if end >= 0:
            self.returned = b"\r" in typed[max(0, end - 1) : end + 1]
        if _RETURN_BYTE in typed:
            self._halfway = typed.endswith(b"\r")
            typed = typed.replace(b"\r\n", b"\n").replace(b"\r\0", b"\n").replace(b"\r", b"\n")
        return typed

    def _without_signs(self, typed: bytes) -> bytes:
        """Put in their place what ends of input and interrupts mean, which depends on whether a line has begun."""
        out = []
        for index, piece in enumerate(_SIGNS.split(typed)):
            if index % 2 == 0:
                out.append(self._limit.feed(piece))
            elif not self._limit.length:
                out.append(END * piece.count(END_OF_INPUT))
            elif self.telnet_seen:
                # Ctrl-D only sends off a line that has begun. An interrupt has damaged it: it must not pass for whole.
                out.append(self._limit.feed(NOT_TEXT * piece.count(INTERRUPT)))
            else:
                # A terminal does not send it there, so it is part of what somebody sends; that is not for us to change.
                out.append(self._limit.feed(piece))
        return b"".join(out)
