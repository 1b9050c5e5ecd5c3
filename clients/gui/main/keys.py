"""The keys of the main window that work wherever one is in it, also while a card lies over it.

Knows Tk's names of keys. Must not know what they do, nor what is asked on a card.
"""

import tkinter
from collections.abc import Callable
from typing import Final, Protocol

from clients.gui.card import Card
from clients.gui.keyboard import is_within
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

    def paste(self) -> None:
        """The same of what is on the clipboard."""

    def focus_input(self) -> None:
        """Give the keyboard to the input line."""


def bind_keys(root: tkinter.Tk, window: Window) -> None:
    """Bind them, in place of those that were bound before."""
    for key, act in (_acts(window) | _acts_of_card(root, window)).items():
        root.bind(key, lambda _, act=act: _break(act))  # type: ignore[misc]
    root.bind("<Key>", lambda event: _typed(event, root, window))
    root.bind(_PASTE, lambda event: _paste(event, root, window))


def unbind_keys(root: tkinter.Tk) -> None:
    """Let go of all of them."""
    for key in root.bind():
        if "Key" in key or key == _PASTE:
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
        "<F10>": window.open_menu,
    }
    acts |= {f"<Alt-Key-{number}>": lambda number=number: window.look_at_number(number) for number in _NUMBERS}  # type: ignore[misc]
    return acts


def _acts_of_card(root: tkinter.Tk, window: Window) -> dict[str, Callable[[], None]]:
    """What some keys do depends on whether something is asked: it is the first to be gone to."""

    def escape() -> None:
        card = _card(root)
        (card.no if card else window.focus_input)()

    def turn(step: int) -> None:
        card = _card(root)
        if card and not is_within(card):
            card.focus_first()
        else:
            window.next_part(step)

    return {"<Escape>": escape, "<F6>": lambda: turn(1), "<Shift-F6>": lambda: turn(-1)}


def _card(root: tkinter.Tk) -> Card | None:
    """What is asked over the window."""
    return next((child for child in root.winfo_children() if isinstance(child, Card)), None)


def _break(act: Callable[[], None]) -> str:
    act()
    return "break"


def _typed(event: "tkinter.Event[tkinter.Misc]", root: tkinter.Tk, window: Window) -> None:
    """A letter that was typed in a list, or on a button; a blank would press that.

    While something is asked it may have been meant for the answer: it goes nowhere.
    """
    types = {"Text", "TEntry", "Entry", "TCombobox"}
    held = int(event.state) & (_CONTROL | _ALT)
    if (
        event.widget.winfo_class() not in types
        and event.char.isprintable()
        and event.char.strip()
        and not held
        and not _card(root)
    ):
        window.typed(event.char)


def _paste(event: "tkinter.Event[tkinter.Misc]", root: tkinter.Tk, window: Window) -> None:
    """The log is a text too, but none that one can write into."""
    if not {"Text", "TEntry", "Entry", "TCombobox"} & set(event.widget.bindtags()) and not _card(root):
        window.paste()


_PASTE: Final = "<<Paste>>"
_CONTROL: Final = 0x4
_ALT: Final = 0x8
