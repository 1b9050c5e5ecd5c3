"""What is pasted where somebody types: from the clipboard, or by the middle button what is selected in some window.

Knows a text, the clipboard and the selection of X, and how much can be typed. Must not know what it is typed for.
"""

import tkinter
from collections.abc import Callable
from typing import Final

from clients.outbox import LIMIT
from clients.wording import say

MOST_KIB: Final = 64
"""As much can be pasted, what stands there already included: more could not be sent, and all of it is laid out at once."""

_WAS_DRAGGED: Final = "expr {[info exists ::tk::Priv(mouseMoved)] && $::tk::Priv(mouseMoved)}"
"""Whether the text was moved by the middle button, which is then no click; so do Tk's own bindings remember it."""


class Pasting:
    """Binds the keys and the mouse button of a text; several lines behind a command become one, to go where that says."""

    def __init__(self, text: tkinter.Text, put: Callable[[str], None], refuse: Callable[[str], None]) -> None:
        """``put``: as if this had been typed; ``refuse``: with a sentence, and nothing is changed."""
        self._text, self._put, self._refuse = text, put, refuse
        text.bind("<<Paste>>", lambda _: self._paste("CLIPBOARD"))
        text.bind("<<PasteSelection>>", self._click)

    def paste_selected(self, index: str) -> str:
        """Put what is selected, in whichever window, at this place; nothing is replaced by it."""
        return self._paste("PRIMARY", index)

    def _click(self, event: "tkinter.Event[tkinter.Text]") -> str:
        if self._text.tk.getboolean(self._text.tk.eval(_WAS_DRAGGED)):
            return "break"
        return self.paste_selected(f"@{event.x},{event.y}")

    def _paste(self, selection: str, index: str = "") -> str:
        try:
            pasted = self._text.selection_get(selection=selection)
        except tkinter.TclError:  # there is nothing, or no text
            return "break"
        if index:
            self._text.tag_remove("sel", "1.0", "end")
            self._text.mark_set("insert", index)
        self._take(pasted.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n"))
        return "break"

    def _take(self, lines: str) -> None:
        if self._text.get("1.0", "insert").lstrip().startswith("/"):
            lines = lines.replace("\n", " ")
        if _is_too_much(self._text.get("1.0", "end-1c") + lines):
            sentence = say(
                "That is too much at once, so nothing was pasted: at most {lines} lines or {size} KiB can be sent together.",
                lines=LIMIT,
                size=MOST_KIB,
            )
            self._refuse(sentence)
        else:
            self._put(lines)


def _is_too_much(text: str) -> bool:
    return text.count("\n") >= LIMIT or len(text.encode("utf-8", "replace")) > MOST_KIB << 10
