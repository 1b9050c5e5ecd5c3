"""The menu that comes up in a log. Knows its entries; must not know what they do."""

import tkinter
from collections.abc import Callable
from dataclasses import dataclass

from clients.gui.fonts import Fonts
from clients.gui.menus import dress
from clients.gui.text.drawn import drawn
from clients.gui.text.links import Link
from clients.gui.theme import Theme
from clients.wording import say


@dataclass(frozen=True, slots=True)
class Choices:
    """What becomes of the entries."""

    copy: Callable[[], None]
    select_all: Callable[[], None]
    open_link: Callable[[Link], None]
    copy_link: Callable[[Link], None]


class LogMenu:
    """Made anew each time it comes up, in the language and the colours of that moment."""

    def __init__(self, master: tkinter.Misc, choices: Choices, theme: Theme, fonts: Fonts) -> None:
        self._master, self._fonts = master, fonts
        self.theme = theme
        """How the next one looks."""
        self._choices = choices
        self._menu: tkinter.Menu | None = None

    def show(self, x: int, y: int, link: Link | None, *, selected: bool) -> None:
        """At a point of the screen; about an address, if the mouse points to one."""
        if self._menu:
            self._menu.destroy()
        self._menu = self._made(link, selected=selected)
        self._menu.tk_popup(x, y)

    def _made(self, link: Link | None, *, selected: bool) -> tkinter.Menu:
        menu, choices = tkinter.Menu(self._master, tearoff=False), self._choices
        dress(menu, self.theme, self._fonts)
        if link:
            menu.add_command(label=drawn(say("Open link")), command=lambda: choices.open_link(link))
            menu.add_command(label=drawn(say("Copy link")), command=lambda: choices.copy_link(link))
            menu.add_separator()
        menu.add_command(label=drawn(say("Copy")), command=choices.copy, state="normal" if selected else "disabled")
        menu.add_command(label=drawn(say("Select all")), command=choices.select_all)
        return menu
