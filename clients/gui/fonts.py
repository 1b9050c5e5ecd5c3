"""The letters of the window: one family in a few shapes, all of which grow and shrink together.

Knows which families there are, and which of them hold Latin and Persian letters. Must not know what is written.
"""

import tkinter
from collections.abc import Collection
from tkinter import font as tkfont
from typing import Final

PREFERRED: Final = ("Vazirmatn", "Vazir", "Segoe UI", "Tahoma", "DejaVu Sans", "Noto Sans Arabic", "FreeSans")
"""Families with Persian letters in all their joined forms, the best one first.

Where Tk draws joined letters one by one, a family without these forms would be patched with letters of another one.
"""
SIZE: Final = 11
"""Points, when nobody has chosen."""
SMALLEST: Final = 8
LARGEST: Final = 28


class Fonts:
    """Named fonts: a widget that was given one follows when its size changes."""

    def __init__(self, root: tkinter.Misc, size: int = SIZE) -> None:
        default = tkfont.nametofont("TkDefaultFont", root)
        shapes = root.tk.call("tk", "windowingsystem") == "aqua"  # its own family has all letters, and joins them
        family = str(default.actual("family"))
        self.family = family if shapes else best_family(tkfont.families(root), family)
        self.text = tkfont.Font(root, family=self.family)
        self.bold = tkfont.Font(root, family=self.family, weight="bold")
        self.italic = tkfont.Font(root, family=self.family, slant="italic")
        self.small = tkfont.Font(root, family=self.family)
        self.small_bold = tkfont.Font(root, family=self.family, weight="bold")
        self.title = tkfont.Font(root, family=self.family, weight="bold")
        self.size = SIZE
        self.resize(size)

    def resize(self, size: int) -> None:
        """Make the text ``size`` points large, or as near to that as can still be read."""
        self.size = max(SMALLEST, min(size, LARGEST))
        for font, more in (
            (self.text, 0),
            (self.bold, 0),
            (self.italic, 0),
            (self.small, -1),
            (self.small_bold, -2),
            (self.title, 2),
        ):
            font.configure(size=self.size + more)


def best_family(installed: Collection[str], fallback: str) -> str:
    """The best of the families that are installed; without any of the preferred ones, ``fallback``."""
    return next((family for family in PREFERRED if family in installed), fallback)
