"""How much longer a message may become, once that is little. Must not know what is typed, or what limits it."""

import tkinter
from tkinter import ttk
from typing import Final

from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import drawn
from clients.wording import counted

NEAR: Final = 300
"""With fewer bytes left than these, it is said how many."""


class BytesLeft(ttk.Label):
    """Takes no place while there is nothing to say."""

    def __init__(self, master: tkinter.Misc, direction: Direction) -> None:
        super().__init__(master)
        self._direction = direction

    def show(self, left: int) -> None:
        """As many bytes are left; negative: too many are there."""
        if left >= NEAR:
            self.pack_forget()
            return
        if left >= 0:
            words = counted("{count} byte left", "{count} bytes left", left)
        else:
            words = counted("{count} byte too long", "{count} bytes too long", -left)
        self.configure(
            text=drawn(words, self._direction), style="PageDim.TLabel" if left >= 0 else "PageProblem.TLabel"
        )
        self.pack(anchor="w" if self._direction is Direction.RTL else "e", pady=(4, 0))
