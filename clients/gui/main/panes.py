"""The three columns of the main window, and how wide they are: what there is no room for is hidden.

Knows widths in pixels. Must not know what is in the columns. They are called by their order in reading: the first one stands on
the left, or on the right where lines begin there.
"""

import tkinter
from dataclasses import dataclass
from tkinter import ttk
from typing import Final

_SASH: Final = 5
"""Pixels that can be taken hold of; one of them is seen."""
_LEAST: Final = 110
_LEAST_MIDDLE: Final = 400
ALL_FROM: Final = 640
"""In a window that is narrower, the third column is hidden."""
TWO_FROM: Final = 500
"""In one that is narrower still, the first one is hidden as well."""


@dataclass(frozen=True, slots=True)
class Widths:
    """How wide somebody wants the outer columns, in pixels."""

    first: int = 180
    third: int = 180


class Panes(ttk.Frame):
    """Put children into :attr:`first`, :attr:`middle` and :attr:`third`."""

    def __init__(self, master: tkinter.Misc, widths: Widths, *, mirrored: bool) -> None:
        super().__init__(master)
        self.widths = widths
        self._mirrored = mirrored
        self._dragged_from = 0
        self.first = ttk.Frame(self)
        self.middle = ttk.Frame(self, style="Page.TFrame")
        self.third = ttk.Frame(self)
        self._sashes = (self._sash("first"), self._sash("third"))
        order = (self.first, self._sashes[0], self.middle, self._sashes[1], self.third)
        for column, child in enumerate(reversed(order) if mirrored else order):
            child.grid(row=0, column=column, sticky="nsew")
        self.columnconfigure(2, weight=1)
        self.rowconfigure(0, weight=1)
        for outer in (self.first, self.third):
            outer.grid_propagate(False)
            outer.pack_propagate(False)
        self.bind("<Configure>", lambda _: self._arrange())
        self._arrange()

    @property
    def first_hidden(self) -> bool:
        """Whether there is no room for the first column."""
        return self.winfo_width() < TWO_FROM

    @property
    def third_hidden(self) -> bool:
        """Whether there is no room for the third column."""
        return self.winfo_width() < ALL_FROM

    def _sash(self, column: str) -> ttk.Frame:
        sash = ttk.Frame(self, width=_SASH, cursor="sb_h_double_arrow")
        ttk.Frame(sash, width=1, style="Line.TFrame").place(relx=0.5, relheight=1, anchor="n")
        sash.bind("<B1-Motion>", lambda event: self._drag(column, event.x_root))
        return sash

    def _drag(self, column: str, x: int) -> None:
        from_left = x - self.winfo_rootx()
        at_left = (column == "first") != self._mirrored
        wanted = from_left if at_left else self.winfo_width() - from_left
        first, third = (wanted, self.widths.third) if column == "first" else (self.widths.first, wanted)
        most = self.winfo_width() - _LEAST_MIDDLE
        self.widths = Widths(
            max(_LEAST, min(first, most - (0 if self.third_hidden else third))),
            max(_LEAST, min(third, most - first)),
        )
        self._arrange()

    def _arrange(self) -> None:
        width = self.winfo_width()
        wanted = self.widths.first + (0 if self.third_hidden else self.widths.third)
        share = min(1.0, max(width - _LEAST_MIDDLE, 0) / wanted)
        for outer, sash, wanted, hidden in (
            (self.first, self._sashes[0], self.widths.first, self.first_hidden),
            (self.third, self._sashes[1], self.widths.third, self.third_hidden),
        ):
            if hidden:
                outer.grid_remove()
                sash.grid_remove()
            else:
                outer.configure(width=max(_LEAST, int(wanted * share)))
                outer.grid()
                sash.grid()
