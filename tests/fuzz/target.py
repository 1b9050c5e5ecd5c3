"""What is fuzzed: a parser, held to its promises for any bytes. Knows what inputs look like; must not know a parser.

An input is bytes. Where it matters how something arrives, :data:`CUT` divides it, so that it can still be read, and mutated, as
what it is: whoever puts a line feed, a cut and ``/who`` together has made a second segment.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

CUT: Final = b"\x1e"
"""Divides an input: ASCII's record separator, which means nothing to anybody who is fuzzed here."""


@dataclass(frozen=True, slots=True)
class Target:
    """One parser, or several that belong together."""

    name: str
    run: Callable[[bytes], None]
    """Holds it to what it promises, for one input; whatever this raises is a finding."""
    words: tuple[bytes, ...] = ()
    """What is worth putting together: the parser's own words."""
    longest: int = 4096
    """Bytes: as many as can really reach it at once."""


def pieces(data: bytes) -> list[bytes]:
    """The segments of an input."""
    return data.split(CUT)


def text_of(data: bytes) -> str:
    """Any string at all: UTF-8 is what it says, any other byte is half of a surrogate pair."""
    return data.decode("utf-8", "surrogateescape")


def number_of(data: bytes, most: int) -> tuple[int, bytes]:
    """A number from 0 to ``most``, out of the first byte, and the other bytes."""
    return (data[0] % (most + 1) if data else 0), data[1:]
