"""What is selected in a log: ranges of what was written, which stay the same however it is drawn.

Knows places in paragraphs, and words. Must not know lines, pixels, or a widget.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from clients.gui.text.bidi import CONTROLS

_WORD: Final = re.compile(r"\w[\w\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u200c\u200d]*|\s+|.", re.DOTALL)


class Position(NamedTuple):
    """A place between two characters."""

    serial: int
    """The number of the paragraph, in the order in which they came."""
    offset: int
    """How many characters of it are before the place."""


class Span(NamedTuple):
    """What is between two places, the first of which is not behind the second."""

    start: Position
    end: Position


class Unit(IntEnum):
    """By what a selection grows while the mouse is drawn along: as often as it was clicked."""

    CHARACTER = 1
    WORD = 2
    PARAGRAPH = 3


@dataclass(frozen=True, slots=True)
class Grip:
    """Where a selection was begun, and by what it grows."""

    held: Span
    unit: Unit = Unit.CHARACTER

    def drawn_to(self, there: Span) -> Span:
        """The selection when the mouse has come to ``there``: everything between, in whole units."""
        return Span(min(self.held.start, there.start), max(self.held.end, there.end))


def around(position: Position, text: str, unit: Unit) -> Span:
    """The unit at a place in a paragraph of this text."""
    if unit is Unit.PARAGRAPH:
        start, end = 0, len(text)
    elif unit is Unit.WORD:
        start, end = _word(text, position.offset)
    else:
        start = end = position.offset
    return Span(Position(position.serial, start), Position(position.serial, end))


def _word(text: str, offset: int) -> tuple[int, int]:
    """The word, the space or the sign at a place; between two, the one behind it."""
    for match in _WORD.finditer(text):
        if match.end() > offset:
            return match.span()
    return (len(text), len(text))


def copied(text: str) -> str:
    """``text`` as it is copied: without what only says in which direction it runs."""
    return CONTROLS.sub("", text)
