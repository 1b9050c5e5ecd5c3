"""Stops lines that are too long, so that nobody has to keep them. Knows bytes; not what is in them, nor endings but LF.

What must be said about a line in place of its text is said in the stream itself, as a *remark*: a line with the byte 0xff
in it, which is nowhere in UTF-8 (RFC 3629, section 1).
"""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

REMARK_BYTES: Final = 24
"""A line that comes out has at most the limit and these, without its line feed."""
ENDLESS: Final = 16
"""A line of more than so many times the limit is not waited for."""
END: Final = b"\xff\n"
"""The remark :class:`EndOfInput`, as a whole line."""

_REMARK = re.compile(rb"\xff(?:([LE])([0-9]{1,20}))?\Z")
_REMARK_BYTE = 0xFF


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
    """What is said by this line (without its line feed) in place of one that came in, or ``None``: it came in."""
    if _REMARK_BYTE not in line:
        return None
    found = _REMARK.search(line)
    if found is None:
        return None
    kind, measured = found.groups()
    if kind is None:
        return EndOfInput()
    return TooLong(int(measured)) if kind == b"L" else Endless(int(measured))


class LineLimit:
    """Lets lines of up to ``limit`` bytes (the ending not counted) pass unchanged, in whatever pieces they come.

    Of a longer one the beginning passes, then a remark in place of the rest. Nothing is kept but counters.

    Raises:
        ValueError: a limit below 1.
    """

    __slots__ = ("_limit", "length")

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"A line must be allowed at least 1 byte, not {limit}")
        self._limit = limit
        self.length = 0
        """Of the line in progress, with what was skipped of it."""

    def feed(self, text: bytes) -> bytes:
        """Let lines within the limit pass."""
        if self.length + len(text) <= self._limit:
            end = text.rfind(b"\n") + 1
            self.length = len(text) - end if end else self.length + len(text)
            return text
        out: list[bytes] = []
        at = 0
        while at < len(text):
            if self.length <= self._limit:
                at = self._pass(text, at, out)
            if at < len(text) and self.length >= self._limit:
                at = self._skip(text, at, out)
        return b"".join(out)

    def finish(self) -> bytes:
        """What must still follow once nothing more will come, so that an unfinished line counts as a line."""
        if not self.length:
            return b""
        end = b"\n" if self.length <= self._limit else self._remark_at_end()
        self.length = 0
        return end

    def _pass(self, text: bytes, at: int, out: list[bytes]) -> int:
        """Let all lines pass that end within the limit from here, or else as much of one as it may have."""
        allowed = at + self._limit - self.length
        end = text.rfind(b"\n", at, allowed + 1) + 1
        if end:
            self.length = 0
        else:
            end = min(allowed, len(text))
            self.length += end - at
        out.append(text[at:end])
        return end

    def _skip(self, text: bytes, at: int, out: list[bytes]) -> int:
        """Pass over the rest of a line that has no room for it, and remark on that once."""
        end = text.find(b"\n", at)
        stop = len(text) if end < 0 else end
        before, self.length = self.length, self.length + stop - at
        if before <= ENDLESS * self._limit < self.length:
            out.append(_remark(b"E", ENDLESS * self._limit))
        if end < 0:
            return stop
        out.append(self._remark_at_end())
        self.length = 0
        return end + 1

    def _remark_at_end(self) -> bytes:
        """What stands for the ending of an over-long line; nothing if it was remarked on before."""
        return b"" if self.length > ENDLESS * self._limit else _remark(b"L", self.length)


def _remark(kind: bytes, measured: int) -> bytes:
    return b"\xff%b%d\n" % (kind, measured)
