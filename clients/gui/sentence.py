"""Sentences in a window: labels of several lines that begin where their language begins. Must not know what they say.

Tk breaks lines itself, but only of what it also puts in order itself: a Persian sentence is broken here, before it is.
"""

import tkinter
from tkinter import font as tkfont
from tkinter import ttk
from typing import Any, Final, Literal, TypeAlias

from clients.gui.model.paragraphs import own_direction
from clients.gui.text.bidi import Direction, base_direction
from clients.gui.text.drawn import fitted, is_shaped_by_tk
from clients.gui.text.paragraph import layout
from clients.wording import language

Side: TypeAlias = Literal["e", "w"]


def near() -> Side:
    """The side of a window on which its lines begin, as Tk names it: west, or east."""
    return "e" if language().right_to_left else "w"


def far() -> Side:
    """The other side."""
    return "w" if language().right_to_left else "e"


_SPARE: Final = 4
"""Pixels that lines are shorter than their place: they must never ask for a wider one, or the two would chase each other."""


class Sentence(ttk.Label):
    """A label as wide as its place, and as high as its text needs there. Without a text it takes no place at all.

    The place must have a width of its own: something else in it, or a least one.
    """

    def __init__(
        self,
        master: tkinter.Misc,
        font: tkfont.Font,
        text: str = "",
        *,
        width: int,
        style: str = "TLabel",
        most: int | None = None,
    ) -> None:
        """``width``: in pixels, until the place has one. ``most``: lines; what is beyond them is left out."""
        super().__init__(master, style=style, font=font)
        self._font = font
        self._width = width
        self._most = most
        self._text = ""
        self._placed = False
        self.bind("<Configure>", self._resized)
        self.tell(text)

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def put(self, row: int, **options: Any) -> None:
        """Give it its place in a grid of one column."""
        self.grid(row=row, column=0, sticky="ew", **options)
        self._placed = True
        self.tell(self._text)

    def tell(self, text: str) -> None:
        """Say this, which may be several lines; nothing: be away."""
        self._text = text
        if text:
            self._lay_out()
        if self._placed and text:
            self.grid()
        elif self._placed:
            self.grid_remove()

    def _resized(self, event: "tkinter.Event[tkinter.Misc]") -> None:
        if event.width not in (1, self._width):  # 1: it has no place yet
            self._width = event.width
            if self._text:
                self._lay_out()

    def _lay_out(self) -> None:
        runs = base_direction(self._text, own_direction())
        if runs is Direction.RTL:
            self.configure(anchor="e", justify="right")
        else:
            self.configure(anchor="w", justify="left")
        if is_shaped_by_tk():
            self.configure(text=self._text, wraplength=self._width - _SPARE)
        else:
            self.configure(text="\n".join(self._lines(runs)))

    def _lines(self, runs: Direction) -> list[str]:
        width = max(self._width - _SPARE, 1)
        lines = [
            (part[line.start :], "".join(run.text for run in line.runs))
            for part in self._text.split("\n")
            for line in layout([("", part)], runs, width, self._measure)
        ]
        shown = [line for _, line in lines[: self._most]]
        if len(shown) < len(lines):
            shown[-1] = fitted(lines[len(shown) - 1][0], width, self._font.measure, runs)
        return shown

    def _measure(self, text: str, _style: str) -> int:
        return self._font.measure(text)
