"""Which part of a window has the keyboard, where that must not change by itself. Knows Tk's focus; must not know who types what.

What somebody types without looking, a password above all, has to go where it was meant, or nowhere.
"""

import tkinter
from collections.abc import Callable
from typing import Final

MOMENT: Final = 1000
"""Milliseconds without a key after which somebody has seen that there is something else in the window."""


def is_within(part: tkinter.Misc) -> bool:
    """Whether this part of the window, or something in it, has the keyboard, or will have it when the window has."""
    return _lies_in(str(part.focus_lastfor() or ""), part)


def hold(widget: tkinter.Misc, part: tkinter.Misc) -> None:
    """Let ``widget`` take the keyboard back as soon as anything beside ``part`` takes it; other windows and menus may."""
    widget.bind("<FocusOut>", lambda _event: _take_back(widget, part), add=True)


def _take_back(widget: tkinter.Misc, part: tkinter.Misc) -> None:
    focused = str(widget.tk.call("focus"))
    if focused and not _lies_in(focused, part) and _window_of(widget, focused) == _window_of(widget, str(widget)):
        widget.focus_set()


def _window_of(widget: tkinter.Misc, path: str) -> str:
    return str(widget.tk.call("winfo", "toplevel", path))


def _lies_in(path: str, part: tkinter.Misc) -> bool:
    return f"{path}.".startswith(f"{part}.")


class Silence(tkinter.Frame):
    """Has the keyboard until somebody has stopped typing, and does nothing with it; it cannot be seen."""

    def __init__(self, root: tkinter.Misc, then: Callable[[], object]) -> None:
        """``then`` is called when it is over; destroyed before, it does not call it."""
        super().__init__(root, takefocus=False)
        self._then = then
        self.bindtags((str(self),))  # the window does not hear the keys either
        self.bind("<Key>", lambda _event: self._wait())
        hold(self, self)
        self.place(x=0, y=0, width=1, height=1)
        self.lower()
        self.focus_set()
        self._timer = self.after(MOMENT, self._end)

    def destroy(self) -> None:
        """End it now."""
        self.after_cancel(self._timer)
        super().destroy()

    def _wait(self) -> None:
        self.after_cancel(self._timer)
        self._timer = self.after(MOMENT, self._end)

    def _end(self) -> None:
        self.destroy()
        self._then()
