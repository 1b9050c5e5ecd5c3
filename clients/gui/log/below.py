"""The button at the lower edge of a log that tells how much has come since one began to read further up.

Knows a number; must not know where one reads.
"""

import tkinter
from collections.abc import Callable
from tkinter import ttk
from typing import Final

from clients.gui.text.drawn import drawn
from clients.wording import counted

_ABOVE_THE_EDGE: Final = 14


class Below:
    """Can be seen as long as its number is not 0."""

    def __init__(self, text: tkinter.Text, pressed: Callable[[], None]) -> None:
        """``text``: what it lies upon."""
        self._text = text
        self._number = 0
        self.button = ttk.Button(text.master, style="Accent.TButton", takefocus=False, command=pressed)

    def add(self, more: int) -> None:
        """So many more have come."""
        self._number += more
        if self._number:
            self.button.configure(text=drawn(counted("{count} new below", "{count} new below", self._number)))
            self.button.place(in_=self._text, relx=0.5, rely=1.0, y=-_ABOVE_THE_EDGE, anchor="s")

    def clear(self) -> None:
        """All of them have been seen."""
        self._number = 0
        self.button.place_forget()
