"""What stands in a conversation, paragraph by paragraph, and how a line becomes one. Knows directions; must not know a window.

The styles of the pieces are those of :mod:`clients.presentation.rendering`: ``class:time``, ``class:room``, ``class:notice``,
``class:problem``, ``class:private``, ``class:mention``, ``class:match``, ``class:rule``, ``class:pending``, ``bold``,
``fg:#rrggbb``, ``fg:#rrggbb bold``, or nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clients.gui.text.bidi import Direction
from clients.gui.text.links import find_links, running_direction
from clients.wording import language

_FIRST_STRONG: Final = "\u2068"
_TO_THE_LEFT: Final = "\u2067"

Piece = tuple[str, str]
"""A style, and the text that is written in it."""


def own_direction() -> Direction:
    """Where lines of the window's language begin."""
    return Direction.RTL if language().right_to_left else Direction.LTR


class Kind(StrEnum):
    """What a paragraph is."""

    MESSAGE = "message"
    NOTICE = "notice"
    """News, an answer, or a problem."""
    RULE = "rule"
    """It divides what stands above it from what stands below; to be shown in the middle."""
    PENDING = "pending"
    """A message of one's own that waits for the server."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: pieces of text, from its beginning to its end, none of which holds a line feed.

    The text may hold isolates (U+2066 to U+2069), which are neither drawn nor copied.
    """

    pieces: tuple[Piece, ...]
    direction: Direction
    """Where its lines begin: names and times follow the message they belong to."""
    kind: Kind = Kind.MESSAGE
    own: bool = False
    """It was said by this person; of kind ``MESSAGE``, it is on the server's disk."""
    mention: bool = False
    """It calls this person by name."""

    @property
    def text(self) -> str:
        """All of it, without the styles."""
        return "".join(text for _, text in self.pieces)


def message(pieces: Sequence[Piece], said: str, default: Direction, *, own: bool, mention: bool) -> Paragraph:
    """A message: it runs as what was ``said`` in it runs; without a letter, as the window's language (``default``) does."""
    direction = running_direction(said, default)
    return Paragraph(_as_said(pieces, said, direction), direction, own=own, mention=mention)


def notice(pieces: Sequence[Piece], default: Direction) -> Paragraph:
    """A sentence: it runs as its first letter outside of isolates and addresses does."""
    direction = running_direction("".join(text for _, text in pieces), default)
    return Paragraph(tuple(pieces), direction, Kind.NOTICE)


def row(pieces: Sequence[Piece], default: Direction) -> Paragraph:
    """A row of a list: all of them begin on the same side."""
    return Paragraph(tuple(pieces), default, Kind.NOTICE)


def rule(pieces: Sequence[Piece], default: Direction) -> Paragraph:
    """A line that divides."""
    return Paragraph(tuple(pieces), default, Kind.RULE)


def pending(pieces: Sequence[Piece], said: str, default: Direction) -> Paragraph:
    """A message that waits."""
    direction = running_direction(said, default)
    return Paragraph(_as_said(pieces, said, direction), direction, Kind.PENDING, own=True)


def _as_said(pieces: Sequence[Piece], said: str, direction: Direction) -> tuple[Piece, ...]:
    """What was said is the end of a message; its isolate would take its direction from an address that comes first."""
    if direction is Direction.LTR or not find_links(said):
        return tuple(pieces)
    place = max(place for place, (_, text) in enumerate(pieces) if _FIRST_STRONG in text)
    style, text = pieces[place]
    before, _, after = text.rpartition(_FIRST_STRONG)
    return (*pieces[:place], (style, f"{before}{_TO_THE_LEFT}{after}"), *pieces[place + 1 :])
