"""The keys of the main window that work wherever one is in it. Knows Tk's names of keys; must not know what they do."""

import tkinter
from collections.abc import Callable
from typing import Final, Protocol

from clients.gui.main.menu import Offers

_NUMBERS: Final = range(1, 10)


class Window(Protocol):
    """What the keys do."""

    @property
    def deeds(self) -> Offers:
        """What the menu offers."""

    def step(self, step: int) -> None:
        """Show the conversation that many further down in the list."""

    def look_at_number(self, number: int) -> None:
        """Show the conversation of this number."""

    def open_menu(self) -> None:
        """Open the menu."""

    def next_part(self, step: int) -> None:
        """Give the keyboard to the next part of the window."""

    def typed(self, letters: str) -> None:
        """Letters were typed where nothing is typed: they are meant for the input line."""

    def focus_input(self) -> None:
        """Give the keyboard to the input line."""


def bind_keys(root: tkinter.Tk, window: Window) -> None:
    """Bind them, in place of those that were bound before."""
    for key, act in _acts(window).items():
        root.bind(key, lambda _, act=act: _break(act))  # type: ignore[misc]
    root.bind("<Key>", lambda event: _typed(event, window))


def unbind_keys(root: tkinter.Tk) -> None:
    """Let go of all of them."""
    for key in root.bind():
        if "Key" in key:
            root.unbind(key)


def _acts(window: Window) -> dict[str, Callable[[], None]]:
    deeds = window.deeds
    acts: dict[str, Callable[[], None]] = {
        "<Control-Up>": lambda: window.step(-1),
        "<Control-Down>": lambda: window.step(1),
        "<Control-Prior>": lambda: window.step(-1),
        "<Control-Next>": lambda: window.step(1),
        "<Control-plus>": lambda: deeds.resize(1),
        "<Control-equal>": lambda: deeds.resize(1),
        "<Control-KP_Add>": lambda: deeds.resize(1),
        "<Control-minus>": lambda: deeds.resize(-1),
        "<Control-KP_Subtract>": lambda: deeds.resize(-1),
        "<Control-j>": deeds.join,
        "<Control-Arabic_teh>": deeds.join,  # the same key on a Persian keyboard; see clients.gui.shortcuts
        "<Control-q>": deeds.leave,
        "<Control-Arabic_dad>": deeds.leave,
        "<F1>": deeds.help,
        "<F6>": lambda: window.next_part(1),
        "<Shift-F6>": lambda: window.next_part(-1),
        "<F10>": window.open_menu,
        "<Escape>": window.focus_input,
    }
    acts |= {f"<Alt-Key-{number}>": lambda number=number: window.look_at_number(number) for number in _NUMBERS}  # type: ignore[misc]
    return acts


def _break(act: Callable[[], None]) -> str:
    act()
    return "break"


def _typed(event: "tkinter.Event[tkinter.Misc]", window: Window) -> None:
    """A letter that was typed in a list, or on a button; a blank would press that."""
    types = {"Text", "TEntry", "Entry", "TCombobox"}
    held = int(event.state) & (_CONTROL | _ALT)
    if event.widget.winfo_class() not in types and event.char.isprintable() and event.char.strip() and not held:
        window.typed(event.char)


_CONTROL: Final = 0x4
_ALT: Final = 0x8
