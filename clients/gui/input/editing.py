"""Keys that people expect where they type, and that Tk's text does not have, or has for lines that run to the right only.

Knows a text and what is drawn over it. Must not know what is typed for.
"""

import tkinter
from typing import Final

from clients.gui.input.overlay import Overlay

HELD: Final = 0x1 | 0x4 | 0x8
"""Shift, Control and Alt, as Tk tells that they are held: it takes Control-Up for Up where nobody asks for that."""

# Towards the side to which the line runs, and away from it.
_MIRRORED: Final = {
    "<Left>": "<<NextChar>>",
    "<Right>": "<<PrevChar>>",
    "<Control-Left>": "<<NextWord>>",
    "<Control-Right>": "<<PrevWord>>",
    "<Shift-Left>": "<<SelectNextChar>>",
    "<Shift-Right>": "<<SelectPrevChar>>",
    "<Control-Shift-Left>": "<<SelectNextWord>>",
    "<Control-Shift-Right>": "<<SelectPrevWord>>",
}


def bind_editing(text: tkinter.Text, overlay: Overlay) -> None:
    """Select everything, delete a word, and arrows that move the way they point."""
    for key in ("<Control-a>", "<Control-A>", "<<SelectAll>>"):
        text.bind(key, lambda _: _select_all(text))
    text.bind("<Control-BackSpace>", lambda _: _delete_word(text))
    for key, event in _MIRRORED.items():
        text.bind(key, lambda _, event=event: _move(text, overlay, event))  # type: ignore[misc]


def _select_all(text: tkinter.Text) -> str:
    text.tag_add("sel", "1.0", "end-1c")
    return "break"


def _delete_word(text: tkinter.Text) -> str:
    """The one before the cursor, and the blanks behind it; at the beginning of a line, what divides it from the one before."""
    line = text.get("insert linestart", "insert")
    words = line.split()
    kept = line.rindex(words[-1]) if words else 0
    text.delete(f"insert linestart+{kept}c" if line else "insert-1c", "insert")
    return "break"


def _move(text: tkinter.Text, overlay: Overlay, event: str) -> str | None:
    if not overlay.right_to_left:
        return None
    text.event_generate(event)
    return "break"
