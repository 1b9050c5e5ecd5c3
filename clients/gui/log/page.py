"""Paragraphs on a Tk text widget: which there are, which of them are drawn, and what of them is selected.

Knows the widget's lines and indices. Must not know when something is drawn, where one reads, or what is at a point.

Every change is a change of some paragraphs in a row. Those that wait for the server are the last ones.
"""

import tkinter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from clients.gui.log.lines import Lines
from clients.gui.log.rows import Row, Sheet, fit, rows
from clients.gui.log.selection import Position, Span, copied
from clients.gui.log.styles import Styles
from clients.gui.model.paragraphs import Paragraph

_TAIL: Final = "tail"
"""The tag of the empty line that a text widget always has at its end."""
_BELOW: Final = 6
"""Pixels of space below the last paragraph."""


@dataclass(slots=True, eq=False)
class Block:
    """One paragraph, and how it is drawn at present."""

    paragraph: Paragraph
    is_text: bool = True
    """Whether it is part of what was said, and copied with it."""
    hidden: bool = False
    rows: tuple[Row, ...] = ()
    sheet: Sheet | None = None

    @property
    def text(self) -> str:
        """What is written in it, in which all places are counted."""
        return fit(self.paragraph.text)

    def is_stale(self, sheet: Sheet) -> bool:
        """Whether it has to be drawn, or drawn anew because Tk does not wrap it by itself."""
        if self.hidden or self.sheet is sheet:
            return False
        return not self.rows or not self.rows[0].is_wrapped_by_tk


class Page:
    """Draws when it is told to. Places of paragraphs are counted from 0; serial numbers never change."""

    def __init__(self, text: tkinter.Text, styles: Styles) -> None:
        self.text = text
        self.styles = styles
        self.blocks: list[Block] = []
        self.first = 0
        """The serial number of the first paragraph."""
        self.waiting = 0
        """How many of the last paragraphs wait for the server."""
        self.selection: Span | None = None
        self.lines = Lines()
        """Which of the widget's lines they take."""
        text.tag_configure(_TAIL, font=("TkDefaultFont", -1), spacing1=_BELOW)  # else it would be as high as any line
        text.tag_add(_TAIL, "end-1c", "end")

    def place(self, serial: int) -> int:
        """Where the paragraph of this number is; 0 if it is not there any more."""
        return max(0, serial - self.first)

    # Changes

    def add(self, blocks: Sequence[Block]) -> range:
        """Add these before those that wait; nothing is drawn yet. Returns their serial numbers."""
        place = len(self.blocks) - self.waiting
        self._let_go(place)
        self.blocks[place:place] = blocks
        self.lines.replace(place, place, [0] * len(blocks))
        return range(self.first + place, self.first + place + len(blocks))

    def let_wait(self, blocks: Sequence[Block], sheet: Sheet | None) -> None:
        """Replace those that wait, and draw them if it is known for what; those that go on waiting stay as they are."""
        place = len(self.blocks) - self.waiting
        self._let_go(place)
        gone, kept = _kept(self.blocks[place:], blocks)
        self._replace(place, place + gone, ())
        self._replace(place + kept, len(self.blocks), blocks[kept:])
        self.waiting = len(blocks)
        if sheet:
            self.draw(place + kept, len(self.blocks), sheet)

    def drop(self, count: int) -> None:
        """Take the first ones away."""
        self._erase(0, count)
        del self.blocks[:count]
        self.lines.replace(0, count, ())
        self.first += count

    def hide(self, serial: int) -> None:
        """Let one be as if it were not there."""
        place = serial - self.first
        if place >= 0:
            self._erase(place, place + 1)
            self.lines.replace(place, place + 1, [0])
            self.blocks[place].hidden, self.blocks[place].rows = True, ()

    def draw(self, first: int, last: int, sheet: Sheet) -> None:
        """Lay out the paragraphs from ``first`` up to, but not with, ``last``, and show them."""
        self._erase(first, last)
        written: list[str | tuple[str, ...]] = []
        for block in islice(self.blocks, first, last):
            written += self._laid_out(block, sheet)
        if written:
            self.text.insert(f"{self.lines.begin(first)}.0", *written)  # type: ignore[arg-type]
        self.lines.replace(first, last, [len(block.rows) for block in self.blocks[first:last]])
        self._paint(first, last)

    def _laid_out(self, block: Block, sheet: Sheet) -> list[str | tuple[str, ...]]:
        """What is drawn of it: texts, each followed by its tags."""
        laid = () if block.hidden else rows(block.paragraph, sheet)
        block.rows, block.sheet = tuple([row for row, _ in laid]), sheet
        written: list[str | tuple[str, ...]] = []
        for number, (row, runs) in enumerate(laid):
            of_row = self.styles.of_row(block.paragraph, row, first=number == 0, last=row is block.rows[-1])
            for run in runs:
                written += (run.text, of_row + self.styles.of_run(run.style))
            written += ("\n", of_row)
        return written

    def _replace(self, first: int, last: int, blocks: Sequence[Block]) -> None:
        """Let these, which are not drawn, stand in the place of others."""
        self._erase(first, last)
        self.blocks[first:last] = blocks
        self.lines.replace(first, last, [0] * len(blocks))

    def _erase(self, first: int, last: int) -> None:
        begin, behind = self.lines.begin(first), self.lines.begin(last)
        if begin < behind:
            self.text.delete(f"{begin}.0", f"{behind}.0")

    @property
    def end(self) -> Position:
        """Behind everything."""
        length = len(self.blocks[-1].text) if self.blocks else 0
        return Position(self.first + max(0, len(self.blocks) - 1), length)

    # The selection

    def select(self, span: Span | None) -> None:
        """Let this be selected, and nothing else."""
        self.selection = span if span and span.start < span.end else None
        self.text.tag_remove("sel", "1.0", "end")
        self._paint(0, len(self.blocks))

    def selected_text(self) -> str:
        """What is selected, in reading order, paragraphs divided by line feeds; also what is not drawn yet."""
        if self.selection is None:
            return ""
        start, end = self.selection
        chosen = islice(self.blocks, self.place(start.serial), max(0, end.serial - self.first + 1))
        texts = [
            _part(block, self.selection, serial)
            for serial, block in enumerate(chosen, max(self.first, start.serial))
            if block.is_text and not block.hidden
        ]
        return copied("\n".join(texts))

    def _paint(self, first: int, last: int) -> None:
        """Show which of these paragraphs' characters are selected."""
        if self.selection is None:
            return
        start, end = self.selection
        for serial in {start.serial, end.serial}:
            if first <= serial - self.first < last:
                self._paint_part(serial)
        between = max(first, start.serial + 1 - self.first), min(last, end.serial - self.first)
        if between[0] < between[1]:
            begin, behind = map(self.lines.begin, between)
            self.text.tag_add("sel", f"{begin}.0", f"{behind}.0")

    def _paint_part(self, serial: int) -> None:
        assert self.selection is not None
        block = self.blocks[serial - self.first]
        start, end = _bounds(block, self.selection, serial)
        for line, row in enumerate(block.rows, self.lines.begin(serial - self.first)):
            for left, right in row.marked(start, end):
                self.text.tag_add("sel", f"{line}.{left}", f"{line}.{right}")

    def _let_go(self, place: int) -> None:
        """What waits is about to be something else: it is not selected any more."""
        if self.selection and self.selection.end.serial >= self.first + place:
            self.select(None)


def _kept(before: Sequence[Block], after: Sequence[Block]) -> tuple[int, int]:
    """How many blocks at the beginning of ``before`` are gone, and how many of those behind them stand in ``after`` as well."""
    paragraphs = [block.paragraph for block in before]
    gone = paragraphs.index(after[0].paragraph) if after and after[0].paragraph in paragraphs else len(before)
    kept = 0
    for old, new in zip(before[gone:], after, strict=False):
        if old.paragraph != new.paragraph:
            break
        kept += 1
    return gone, kept


def _bounds(block: Block, span: Span, serial: int) -> tuple[int, int]:
    start = span.start.offset if serial == span.start.serial else 0
    return start, span.end.offset if serial == span.end.serial else len(block.text)


def _part(block: Block, span: Span, serial: int) -> str:
    start, end = _bounds(block, span, serial)
    return block.text[start:end]
