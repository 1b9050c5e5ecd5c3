"""A paragraph as lines that a screen draws character after character from left to right, and the way back to its text.

Knows where lines break, what stands where in them, and what was written there. Must not know Tk, fonts, colours or scrolling.

Broken is the text as it is read; each line is put in order for itself (UAX #9, 3.4). A screen that broke what has been put in
order would show the end of a sentence first.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from wcwidth import iter_graphemes

from clients.gui.text.bidi import CONTROLS, Direction, levels, mirrored, visual_order
from clients.gui.text.shaping import Shaped, in_parts, is_mark, shape

Piece: TypeAlias = tuple[str, str]
"""A style, and a text in it."""

Measure: TypeAlias = Callable[[str, str], int]
"""How many pixels a text takes in a style."""

_WIDTHS_KEPT: Final = 1 << 16

# All white space but the no-break ones.
_WORD: Final = re.compile(
    "(?P<word>[^ \t\u1680\u2000-\u2006\u2008-\u200a\u205f\u3000]*)(?P<space>[ \t\u1680\u2000-\u2006\u2008-\u200a\u205f\u3000]*)"
)
_PART_OF_ADDRESS: Final = re.compile("[^/-]+[/-]*|[/-]+")


class Run(NamedTuple):
    """Characters beside each other, all in one style."""

    text: str
    style: str


@dataclass(frozen=True, slots=True)
class VisualLine:
    """One line as it is drawn."""

    runs: tuple[Run, ...]
    """From left to right; neighbours have different styles."""
    start: int
    end: int
    """The range of the paragraph's text that is in this line, the space at its end included."""
    gap: str
    """That space, which is not drawn: what a selection over several lines puts behind this one."""
    _paragraph: str = field(repr=False)
    _spans: tuple[tuple[int, int], ...] = field(repr=False)

    def logical(self, first: int, last: int) -> str:
        """What was written where the drawn characters ``first`` up to, but not with, ``last`` stand, in reading order.

        With ZWNJ and harakat, without marks and isolates that only say a direction. Columns that are none are left out.
        """
        spans = sorted(set(self._spans[max(first, 0) : max(last, 0)]))  # two characters may be drawn for one
        return _plain("".join([self._paragraph[start:end] for start, end in spans]))


def cached(measure: Measure) -> Measure:
    """``measure``, which keeps what it has measured; for as long as the fonts stay what they are."""
    return lru_cache(_WIDTHS_KEPT)(measure)


def logical_text(pieces: Iterable[Piece]) -> str:
    """What is written in a paragraph, without marks and isolates that only say a direction."""
    return _plain("".join([text for _, text in pieces]))


def _plain(text: str) -> str:
    return CONTROLS.sub("", text)


def layout(pieces: Iterable[Piece], base: Direction, width: int, measure: Measure) -> list[VisualLine]:
    """The lines of a paragraph, none wider than ``width`` pixels; at least one.

    Lines break at spaces; words that are longer than a line behind a ``/`` or ``-``, or where there is none, anywhere, but never
    inside of what is one character to its reader. One of those that is wider than ``width`` stands alone.

    ``measure`` is asked once for each word and each space: give it through :func:`cached`. Pieces may hold any string; line feeds
    and other controls are not drawn.
    """
    paragraph = _Paragraph.of(list(pieces), base, measure)
    return [paragraph.line(*drawn) for drawn in paragraph.broken(width)]


class _Unit(NamedTuple):
    """What is never broken: a word, or a part of one that is longer than a line; its places are columns."""

    start: int
    space: int
    """Where the space behind it begins."""
    end: int
    width: int
    """Without the space."""


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A paragraph before it is broken. Its columns are the shapes in reading order."""

    text: str
    shaped: Shaped
    levels: list[int]
    """By place in the text."""
    columns: dict[int, int]
    """The column that begins at a place in the text."""
    styles: list[str]
    """By column."""
    bounds: list[int]
    """Where in the text the columns begin, and behind them, where it ends."""
    measure: Measure

    @classmethod
    def of(cls, pieces: list[Piece], base: Direction, measure: Measure) -> "_Paragraph":
        text = "".join([piece for _, piece in pieces])
        styles = [style for style, piece in pieces for _ in piece]
        of_text = levels(text, base)
        shaped = _placed(shape(text), lambda mark, place: of_text[place] % 2 == 0 or not measure(mark, styles[place]))
        starts = shaped.starts
        bounds = [0, *starts[1:], len(text)] if starts else [len(text)]
        columns = {place: column for column, place in enumerate(starts)}
        return cls(text, shaped, of_text, columns, [styles[i] for i in starts], bounds, measure)

    def broken(self, width: int) -> Iterator[tuple[int, int, int]]:
        """The lines as columns: where each begins, where the space at its end begins, and where it ends."""
        start = end = used = 0
        for unit in self._units(width):
            if used and used + unit.width > width:
                yield start, end, unit.start
                start, used = unit.start, 0
            used += unit.width + self._extent(unit.space, unit.end)
            end = unit.space
        yield start, end, len(self.styles)

    def _units(self, width: int) -> Iterator[_Unit]:
        for match in _WORD.finditer(self.shaped.text):
            word = _Unit(match.start(), match.start("space"), match.end(), self._extent(*match.span("word")))
            if word.width > width:
                *parts, last = self._parts(word, width)
                yield from parts
                word = last._replace(end=word.end)
            if word.start < word.end:  # the end of the text is one more match
                yield word

    def _parts(self, word: _Unit, width: int) -> Iterator[_Unit]:
        """Of a word longer than a line: its parts as an address has them, and of those that are too long the characters."""
        for match in _PART_OF_ADDRESS.finditer(self.shaped.text, word.start, word.space):
            start, end = match.span()
            part = _Unit(start, end, end, self._extent(start, end))
            if part.width <= width:
                yield part
            else:
                yield from (
                    _Unit(*columns, columns[1], self._extent(*columns)) for columns in self._characters(start, end)
                )

    def _characters(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """What a reader takes for one character each (UAX #29)."""
        place = self.bounds[start]
        for grapheme in iter_graphemes(self.text[place : self.bounds[end]]):
            place += len(grapheme)
            behind = bisect_left(self.bounds, place, start, end)
            if behind > start:
                yield start, behind
            start = behind

    def _extent(self, start: int, end: int) -> int:
        """The width of these columns."""
        total = 0
        while start < end:
            style = self.styles[start]
            behind = start + 1
            while behind < end and self.styles[behind] is style:
                behind += 1
            total += self.measure("".join(map(in_parts, self.shaped.text[start:behind])), style)
            start = behind
        return total

    def line(self, start: int, space: int, end: int) -> VisualLine:
        """The line of these columns, of which those from ``space`` on are not drawn."""
        first, last = self.bounds[start] if start else 0, self.bounds[space]
        places = [first + place for place in visual_order(self.levels[first:last])]
        order = [self.columns[place] for place in places if place in self.columns]
        drawn = [(column, character) for column in order for character in self._drawn(column)]
        return VisualLine(
            runs=_merged([(self.styles[column], character) for column, character in drawn]),
            start=first,
            end=self.bounds[end],
            gap=_plain(self.text[last : self.bounds[end]]),
            _paragraph=self.text,
            _spans=tuple([(self.bounds[column], self.bounds[column + 1]) for column, _ in drawn]),
        )

    def _drawn(self, column: int) -> str:
        """From left to right."""
        drawn, style = in_parts(self.shaped.text[column]), self.styles[column]
        if not self.levels[self.shaped.starts[column]] % 2:
            return drawn
        letter, mark = mirrored(drawn[0]), drawn[1:]
        return letter if mark and self.measure(mark, style) else mark + letter


def _placed(shaped: Shaped, has_place: Callable[[str, int], bool]) -> Shaped:
    """Without the marks that would stand beside their letters."""
    kept = [
        column
        for column, character in enumerate(shaped.text)
        if not is_mark(character) or has_place(character, shaped.starts[column])
    ]
    if len(kept) == len(shaped.text):
        return shaped
    return Shaped("".join([shaped.text[i] for i in kept]), tuple([shaped.starts[i] for i in kept]), shaped.length)


def _merged(characters: list[Piece]) -> tuple[Run, ...]:
    runs = groupby(characters, itemgetter(0))
    return tuple([Run("".join([character for _, character in run]), style) for style, run in runs])
