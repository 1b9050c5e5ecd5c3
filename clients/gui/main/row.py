"""One row of a list, and how it is drawn: a mark where it is chosen, a name, a word behind it, a count at the far end.

Knows a canvas. Must not know what a row stands for, or that there are others.
"""

import tkinter
from dataclasses import dataclass
from tkinter import font as tkfont
from typing import Final, Literal

from clients.gui.fonts import Fonts
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import fitted
from clients.gui.theme import Theme

MARGIN: Final = 12
_GAP: Final = 8
_EDGE: Final = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    key: str
    """What it stands for; each row has another one."""
    text: str
    colour: str = ""
    """``#rrggbb``; else that of the text."""
    bold: bool = False
    note: str = ""
    """A dim word behind the text."""
    badge: str = ""
    """A number in a pill at the far end."""
    loud: bool = False
    """The badge stands out."""
    heading: bool = False
    """It divides the list, and cannot be chosen."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws rows on a canvas, one look for all of them."""

    canvas: tkinter.Canvas
    theme: Theme
    fonts: Fonts
    direction: Direction
    height: int
    """Of a row, in pixels."""

    def draw(self, row: Row, top: int, *, chosen: bool, hovered: bool) -> None:
        """Draw a row whose upper edge is there."""
        theme, width, middle = self.theme, self.canvas.winfo_width(), top + self.height // 2
        if not row.heading and (chosen or hovered):
            self._box(0, top, width, top + self.height, theme.selection if chosen else theme.border)
        if chosen:
            left = width - _EDGE if self._mirrored else 0
            self._box(left, top, left + _EDGE, top + self.height, theme.accent)
        end = width - MARGIN
        if row.badge:
            end -= self._badge(row, width, middle) + _GAP
        font = self.fonts.small_bold if row.heading else self.fonts.bold if row.bold else self.fonts.text
        colour = theme.dim if row.heading else theme.readable(row.colour) if row.colour else theme.text
        used = self._write(row.text, (MARGIN, end), middle, font, colour)
        if row.note:
            self._write(row.note, (used + _GAP, end), middle, self.fonts.small, theme.dim)

    @property
    def _mirrored(self) -> bool:
        return self.direction is Direction.RTL

    def _write(self, text: str, between: tuple[int, int], middle: int, font: tkfont.Font, colour: str) -> int:
        """Write ``between`` two places, counted from where lines begin. Returns where it ended."""
        start, end = between
        if end <= start:
            return end
        shown = fitted(text, end - start, font.measure, self.direction)
        left = self.canvas.winfo_width() - start if self._mirrored else start
        anchor: Literal["e", "w"] = "e" if self._mirrored else "w"
        self.canvas.create_text(left, middle, text=shown, font=font, fill=colour, anchor=anchor)
        return start + font.measure(shown)

    def _badge(self, row: Row, width: int, middle: int) -> int:
        """A pill at the far end. Returns how wide it is."""
        font = self.fonts.small_bold
        tall = int(font.metrics("linespace")) + 2
        wide = max(font.measure(row.badge) + tall // 2 + 4, tall)
        left = MARGIN if self._mirrored else width - MARGIN - wide
        fill, ink = (self.theme.accent, self.theme.on_accent) if row.loud else (self.theme.border, self.theme.text)
        ends = (left + tall // 2, middle, left + wide - tall // 2, middle)
        self.canvas.create_line(*ends, width=tall, fill=fill, capstyle="round")
        self.canvas.create_text(left + wide // 2, middle, text=row.badge, font=font, fill=ink)
        return wide

    def _box(self, left: int, top: int, right: int, bottom: int, colour: str) -> None:
        self.canvas.create_rectangle(left, top, right, bottom, width=0, fill=colour)
