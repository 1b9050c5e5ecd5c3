"""A paragraph as lines of a Tk text widget, and the way from what is drawn there to what was written.

Knows when a paragraph is laid out by hand and when Tk does it, and how Tk counts characters. Must not know colours, scrolling, or
a widget.
"""

import re
import tkinter
from array import array
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from chatd.wire.phrases import holds_right_to_left
from clients.gui.model.paragraphs import Kind, Paragraph
from clients.gui.text.bidi import Direction
from clients.gui.text.links import find_links
from clients.gui.text.paragraph import Measure, Piece, Run, VisualLine, layout
from clients.terminal_text import REPLACEMENT

LINK: Final = "link"
"""The style of an address, beside the one that its text has."""
PENDING: Final = "class:pending"
STATE: Final = "class:state"
"""The style of what tells how far a message of one's own has come."""

_SENT: Final = "\u00a0✓"
_WAITS: Final = "\u00a0…"

# What would end a line of the widget, or what Tcl cannot be given.
_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

# Joiners, marks, isolates and variation selectors: as characters of their own, Tk would draw boxes for them.
_NOT_FOR_TK: Final = re.compile(
    "[\xad\u034f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What paragraphs are laid out for."""

    width: int
    """Pixels that a line may take."""
    measure: Measure
    by_tk: bool
    """Whether Tk joins and orders letters by itself."""
    halves: bool
    """Whether Tk counts characters beyond U+FFFF twice (:func:`counts_halves`)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the widget (Tk may show it as several, if it wraps it itself)."""

    drawn: str
    """Its characters, from left to right."""
    start: int
    end: int
    """The range of the paragraph's text that stands here."""
    direction: Direction
    begins: Sequence[int] | None
    """Where in the text the range begins that each drawn character stands for; ``None``: each stands for itself."""
    ends: Sequence[int]
    """Where these ranges end."""
    halves: bool

    @property
    def is_wrapped_by_tk(self) -> bool:
        """Whether it is a whole paragraph, as it was written."""
        return self.begins is None

    def offset(self, index: int, right_half: bool) -> int:
        """The place in the text that is nearest to a half of the drawn character that Tk knows by this index."""
        column, drawn = self._column(index), self.drawn
        if column >= len(drawn):
            return self.start if self.direction is Direction.RTL else self.end
        if self.begins is None:
            return self.start + column + right_half
        return self.begins[column] if right_half is self._runs_left(column, self.begins) else self.ends[column]

    def character(self, index: int) -> int | None:
        """The place in the text of what is drawn at Tk's index; ``None`` behind the end of the line."""
        column = self._column(index)
        if column >= len(self.drawn):
            return None
        return self.start + column if self.begins is None else self.begins[column]

    def index(self, offset: int) -> int:
        """Tk's index of the drawn character that this place in the text has come to, in a line that Tk wraps; else 0."""
        return self._index(max(0, min(offset - self.start, len(self.drawn)))) if self.begins is None else 0

    def marked(self, start: int, end: int) -> list[tuple[int, int]]:
        """Where on this line the range of the text from ``start`` to ``end`` is drawn: ranges of Tk's indices."""
        if self.begins is None:
            first, last = max(start - self.start, 0), min(end - self.start, len(self.drawn))
            return [(self._index(first), self._index(last))] if first < last else []
        spans = enumerate(zip(self.begins, self.ends, strict=True))
        columns = [column for column, (begin, behind) in spans if begin < end and behind > start]
        return [(self._index(first), self._index(last)) for first, last in _ranges(columns)]

    def _index(self, column: int) -> int:
        return len(self.drawn[:column].encode("utf-16-le")) // 2 if self.halves else column

    def _column(self, index: int) -> int:
        return len(self.drawn.encode("utf-16-le")[: 2 * index].decode("utf-16-le", "ignore")) if self.halves else index

    def _runs_left(self, column: int, begins: Sequence[int]) -> bool:
        """Whether what follows this character in reading order is on its left, as far as its neighbours tell."""
        for beside in (column - 1, column + 1):
            if 0 <= beside < len(begins):
                if self.ends[column] == begins[beside]:
                    return beside < column
                if self.ends[beside] == begins[column]:
                    return beside > column
        return self.direction is Direction.RTL


def counts_halves(widget: tkinter.Misc) -> bool:
    """Whether this Tcl takes a character beyond U+FFFF for two, as those do that keep text as UTF-16 (all before 9.0)."""
    return widget.tk.getint(widget.tk.call("string", "length", "\U0001f600")) > 1


def fit(text: str) -> str:
    """``text`` as it can stand on one line of the widget, character for character."""
    return text if text.isascii() and text.isprintable() else _UNFIT.sub(REPLACEMENT, text)


Laid: TypeAlias = tuple[Row, tuple[Run, ...]]
"""A line, and what is to be drawn on it in which styles."""


def rows(paragraph: Paragraph, sheet: Sheet) -> list[Laid]:
    """The lines of a paragraph; at least one."""
    pieces = list(ready(paragraph))
    text = "".join([piece for _, piece in pieces])
    if wrapped_by_tk(text, paragraph.direction, by_tk=sheet.by_tk):
        row = Row(text, 0, len(text), paragraph.direction, None, (), sheet.halves and _is_wide(text))
        return [(row, tuple([Run(piece, style) for style, piece in pieces]))]
    lines = layout(pieces, paragraph.direction, sheet.width, sheet.measure)
    return [(_row(line, paragraph.direction, sheet), line.runs) for line in lines]


def wrapped_by_tk(text: str, direction: Direction, *, by_tk: bool) -> bool:
    """Whether Tk is given this text as it is, and breaks it into lines itself."""
    if by_tk:
        return True
    return direction is Direction.LTR and not holds_right_to_left(text) and not _NOT_FOR_TK.search(text)


def ready(paragraph: Paragraph) -> Iterator[Piece]:
    """Its pieces as they are drawn: with addresses in a style of their own, and behind them how far it has come."""
    waits = paragraph.kind is Kind.PENDING
    pieces = [(f"{style} {PENDING}" if waits else style, fit(text)) for style, text in paragraph.pieces]
    yield from (piece for piece in _with_links(pieces) if piece[1])
    if paragraph.own:
        yield STATE, _WAITS if waits else _SENT


def _with_links(pieces: list[Piece]) -> Iterator[Piece]:
    links = deque(find_links("".join([text for _, text in pieces])))
    begin = 0
    for style, text in pieces:
        place, end = begin, begin + len(text)
        while links and links[0].start < end:
            start, behind = max(links[0].start, place), min(links[0].end, end)
            yield style, text[place - begin : start - begin]
            yield f"{style} {LINK}", text[start - begin : behind - begin]
            place = behind
            if links[0].end > end:
                break
            links.popleft()
        yield style, text[place - begin :]
        begin = end


def _ranges(columns: list[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring columns as ranges."""
    first = 0
    for place, column in enumerate(columns):
        if place + 1 == len(columns) or columns[place + 1] > column + 1:
            yield columns[first], column + 1
            first = place + 1


def _row(line: VisualLine, direction: Direction, sheet: Sheet) -> Row:
    """Arrays, because there are a million of these numbers in a log."""
    begins, ends = array("I"), array("I")
    for begin, end in line._spans:
        begins.append(begin)
        ends.append(end)
    drawn = "".join([run.text for run in line.runs])
    return Row(drawn, line.start, line.end, direction, begins, ends, sheet.halves and _is_wide(drawn))


def _is_wide(text: str) -> bool:
    return not text.isascii() and max(text, default="") > "\uffff"
