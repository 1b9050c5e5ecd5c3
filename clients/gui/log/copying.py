"""What other programs can paste from a log: the clipboard, and on X11 what is selected.

Knows the clipboard and the X selection. Must not know how text was selected, or how it is drawn.
"""

import tkinter
from collections.abc import Callable

from clients.gui.log.rows import counts_halves


class Copying:
    """Copies from one widget."""

    def __init__(self, text: tkinter.Text, selected: Callable[[], str], lost: Callable[[], None]) -> None:
        """``selected``: the selected text; ``lost`` is called when something has been selected elsewhere."""
        self._text = text
        self._selected = selected
        self._lost = text.register(lost)
        self._halves = counts_halves(text)
        for form in (
            "STRING",
            "UTF8_STRING",
        ):  # for a form that is not named the widget would answer with what is drawn
            text.selection_handle(self._part, type=form, format=form)

    def offer(self) -> None:
        """Let what is selected be what the middle button of the mouse pastes."""
        self._text.tk.call("selection", "own", "-command", self._lost, str(self._text))

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""
        self._text.clipboard_clear()
        self._text.clipboard_append(text)

    def copy_selected(self) -> None:
        """Put what is selected there, if anything is."""
        text = self._selected()
        if text:
            self.copy(text)

    def _part(self, offset: str, most: str) -> str:
        """What X asks for: from a place on, so many characters at most, both as Tcl counts."""
        if not self._halves:
            return self._selected()[int(offset) :][: int(most)]
        encoded = self._selected().encode("utf-16-le")[2 * int(offset) :][: 2 * int(most)]
        return encoded.decode("utf-16-le", "ignore")
