"""How the window looks: its colours, light and dark, and the styles of ttk's widgets. Must not know what is shown with them.

Every colour that text is written in has a contrast of at least 4.5 to what it stands on (WCAG 2.2, 1.4.3, level AA).
"""

import tkinter
from dataclasses import dataclass
from functools import lru_cache
from tkinter import ttk
from typing import Any, Final

from clients.gui.fonts import Fonts

CONTRAST: Final = 4.5
"""What level AA asks for."""
_STEPS: Final = 20
_LINEAR: Final = 0.04045


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours, each ``#rrggbb``."""

    name: str
    """``light`` or ``dark``."""
    background: str
    """Behind conversations, and where one types."""
    surface: str
    """Behind everything around them: lists, bars."""
    text: str
    dim: str
    """Text that is less important: times, notices."""
    link: str
    accent: str
    """What is chosen, or wants to be pressed; counts of unread messages."""
    on_accent: str
    """Text on the accent."""
    mention: str
    """Behind a message that calls this person."""
    selection: str
    """Behind selected text, and the chosen row of a list."""
    border: str
    problem: str
    """Text about something that did not work."""
    rule: str
    """Text and lines that divide a conversation."""
    good: str
    """The state of a connection that is well,"""
    busy: str
    """and of one that is being made, or waited for."""

    def readable(self, colour: str) -> str:
        """``colour``, such as that of a name, as far towards the text's colour as it takes to be read on the background.

        It can then be read on :attr:`surface`, :attr:`mention` and :attr:`selection` as well.
        """
        return _readable(colour, self)


LIGHT: Final = Theme(
    name="light",
    background="#ffffff",
    surface="#f3f4f7",
    text="#1c2027",
    dim="#575e6b",
    link="#1a56b0",
    accent="#2a62c4",
    on_accent="#ffffff",
    mention="#fff3d1",
    selection="#d5e3fb",
    border="#dadde3",
    problem="#ad1f17",
    rule="#575e6b",
    good="#1c7a3a",
    busy="#8a5a00",
)
DARK: Final = Theme(
    name="dark",
    background="#16181c",
    surface="#1f2227",
    text="#e7e9ec",
    dim="#a3abb8",
    link="#8bbcff",
    accent="#86b1ff",
    on_accent="#0f1319",
    mention="#3a3013",
    selection="#2b4062",
    border="#343941",
    problem="#ff958b",
    rule="#a3abb8",
    good="#6fd28f",
    busy="#f0bd5e",
)
THEMES: Final = {theme.name: theme for theme in (LIGHT, DARK)}
"""Every theme, by its name."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def apply(theme: Theme, root: tkinter.Misc, fonts: Fonts) -> None:
    """Give ttk's widgets this look; call it again after a change. Widgets that are not ttk's colour themselves.

    Styles beyond ttk's own, all on the surface: ``Title.TLabel``, ``Dim.TLabel``, ``Problem.TLabel``, ``Good.TLabel``,
    ``Busy.TLabel``, ``Accent.TButton`` (the one thing to do), ``Flat.TButton`` (no frame until the pointer is over it). On the
    background: ``Page.TFrame``, ``Page.TLabel``, ``PageDim.TLabel``.
    """
    style = ttk.Style(root)
    style.theme_use("clam")
    style.configure(
        ".",
        background=theme.surface,
        foreground=theme.text,
        font=fonts.text,
        bordercolor=theme.border,
        lightcolor=theme.surface,
        darkcolor=theme.surface,
        troughcolor=theme.surface,
        focuscolor=theme.accent,
        selectbackground=theme.selection,
        selectforeground=theme.text,
        insertcolor=theme.text,
    )
    style.map(".", foreground=[("disabled", theme.dim)])
    _style_labels(style, theme, fonts)
    _style_buttons(style, theme, fonts)
    _style_fields(style, theme)
    _style_scrollbars(style, theme)
    root.winfo_toplevel().configure(background=theme.surface)
    _colour_menus(root, theme)


def _style_labels(style: ttk.Style, theme: Theme, fonts: Fonts) -> None:
    style.configure("Title.TLabel", font=fonts.title)
    style.configure("Dim.TLabel", foreground=theme.dim, font=fonts.small)
    style.configure("Problem.TLabel", foreground=theme.problem)
    style.configure("Good.TLabel", foreground=theme.good, font=fonts.small)
    style.configure("Busy.TLabel", foreground=theme.busy, font=fonts.small)
    style.configure("Page.TFrame", background=theme.background)
    style.configure("Page.TLabel", background=theme.background)
    style.configure("PageDim.TLabel", background=theme.background, foreground=theme.dim, font=fonts.small)
    style.configure("PageProblem.TLabel", background=theme.background, foreground=theme.problem, font=fonts.small)
    style.configure("Heading.TLabel", foreground=theme.dim, font=fonts.small_bold)
    style.configure("Chosen.TLabel", background=theme.accent, foreground=theme.on_accent, font=fonts.small)
    style.configure("Line.TFrame", background=theme.border)


def _style_buttons(style: ttk.Style, theme: Theme, fonts: Fonts) -> None:
    style.configure("TButton", background=theme.background, padding=(12, 6), borderwidth=1, relief="flat")
    style.map("TButton", background=[("active", theme.selection)], bordercolor=[("focus", theme.accent)])
    style.configure("Accent.TButton", background=theme.accent, foreground=theme.on_accent, bordercolor=theme.accent)
    style.map(
        "Accent.TButton",
        background=[("disabled", theme.border), ("active", theme.link)],
        foreground=[("disabled", theme.dim)],
    )
    style.configure("Flat.TButton", background=theme.surface, bordercolor=theme.surface, padding=(8, 4), width=0)
    style.configure("Small.TButton", padding=(6, 1), font=fonts.small)
    style.map("Flat.TButton", background=[("active", theme.selection)], bordercolor=[("focus", theme.accent)])
    for kind in ("TCheckbutton", "TRadiobutton"):
        style.configure(kind, indicatorbackground=theme.background, indicatorforeground=theme.accent, padding=4)
        style.map(kind, background=[("active", theme.surface)], indicatorbackground=[("active", theme.selection)])


def _style_fields(style: ttk.Style, theme: Theme) -> None:
    for kind in ("TEntry", "TCombobox"):
        style.configure(kind, fieldbackground=theme.background, foreground=theme.text, padding=6, relief="flat")
        style.map(
            kind,
            bordercolor=[("focus", theme.accent)],
            lightcolor=[("focus", theme.accent)],
            fieldbackground=[("disabled", theme.surface)],
            foreground=[("disabled", theme.dim)],
        )
    style.configure("TCombobox", arrowcolor=theme.text, background=theme.surface)


def _style_scrollbars(style: ttk.Style, theme: Theme) -> None:
    """Flat and narrow, without arrows."""
    for way, sides in (("Vertical", "ns"), ("Horizontal", "ew")):
        bar = f"{way}.TScrollbar"
        thumb = (f"{way}.Scrollbar.thumb", {"expand": "1", "sticky": "nswe"})
        trough: Any = (f"{way}.Scrollbar.trough", {"sticky": sides, "children": [thumb]})  # typeshed's type is private
        style.layout(bar, [trough])
        style.configure(
            bar,
            width=10,
            arrowsize=10,
            gripcount=0,
            background=theme.border,
            troughcolor=theme.background,
            bordercolor=theme.background,
            lightcolor=theme.border,
            darkcolor=theme.border,
        )
        states = [("disabled", theme.background), ("active", theme.dim)]
        style.map(bar, background=states, lightcolor=states, darkcolor=states)
    style.configure("TPanedwindow", background=theme.border)
    style.configure("Sash", sashthickness=1, gripcount=0)


def _colour_menus(root: tkinter.Misc, theme: Theme) -> None:
    """Menus, and the lists of comboboxes, that are made from now on."""
    for pattern, colour in (
        ("background", theme.background),
        ("foreground", theme.text),
        ("activeBackground", theme.selection),
        ("activeForeground", theme.text),
        ("selectBackground", theme.selection),
        ("selectForeground", theme.text),
        ("disabledForeground", theme.dim),
        ("selectColor", theme.accent),
    ):
        root.option_add(f"*Menu.{pattern}", colour)
        root.option_add(f"*TCombobox*Listbox.{pattern}", colour)


@lru_cache(maxsize=256)
def _readable(colour: str, theme: Theme) -> str:
    grounds = (theme.background, theme.surface, theme.mention, theme.selection)
    for step in range(_STEPS + 1):
        mixed = _mixed(colour, theme.text, step / _STEPS)
        if all(contrast(mixed, ground) >= CONTRAST for ground in grounds):
            return mixed
    return theme.text


def _mixed(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(first + (second - first) * share):02x}" for first, second in pairs)


def _luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance"."""
    shares = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (share / 12.92 if share <= _LINEAR else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
