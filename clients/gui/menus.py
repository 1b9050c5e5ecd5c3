"""How menus look: ttk has none of its own. Must not know what is in one."""

import tkinter

from clients.gui.fonts import Fonts
from clients.gui.theme import Theme


def dress(menu: tkinter.Menu, theme: Theme, fonts: Fonts) -> None:
    """Give a menu this look; its letters follow when the size of the fonts changes."""
    menu.configure(
        font=fonts.text,
        background=theme.surface,
        foreground=theme.text,
        activebackground=theme.selection,
        activeforeground=theme.text,
        selectcolor=theme.accent,
        borderwidth=1,
        activeborderwidth=4,
        relief="flat",
    )
