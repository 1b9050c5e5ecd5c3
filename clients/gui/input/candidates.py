"""What half a word could become, side by side, above the input line. Must not know where the words come from."""

import tkinter
from collections.abc import Sequence
from tkinter import ttk
from typing import Final

from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import drawn

_SHOWN: Final = 7
"""As many are shown at once, the chosen one among them."""


class Candidates(ttk.Frame):
    """A row of words, one of which is chosen."""

    def __init__(self, master: tkinter.Misc, direction: Direction) -> None:
        super().__init__(master, style="Page.TFrame")
        self._start = "right" if direction is Direction.RTL else "left"

    @property
    def words(self) -> list[str]:
        """What is shown, as Tk is given it."""
        return [str(label.cget("text")) for label in self.winfo_children() if isinstance(label, ttk.Label)]

    def show(self, words: Sequence[str], chosen: int | None) -> None:
        """Show these, or as many of them as there is room for."""
        for child in self.winfo_children():
            child.destroy()
        first = max(0, min((chosen or 0) - _SHOWN // 2, len(words) - _SHOWN))
        for place, word in enumerate(words[first : first + _SHOWN], first):
            style = "Chosen.TLabel" if place == chosen else "PageDim.TLabel"
            label = ttk.Label(self, text=drawn(word), style=style, padding=(6, 1))
            label.pack(side=self._start)  # type: ignore[arg-type]
        if first + _SHOWN < len(words):
            ttk.Label(self, text="…", style="PageDim.TLabel").pack(side=self._start)  # type: ignore[arg-type]
