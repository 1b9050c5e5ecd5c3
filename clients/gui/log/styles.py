"""How the styles of a log look in a Tk text widget: colours, fonts, margins. Knows Tk's tags; must not know what is written.

The styles of a piece, such as ``fg:#c24b4b bold``, are as many tags of those names.
"""

import tkinter
from collections.abc import Callable
from functools import lru_cache
from tkinter.font import Font
from typing import Any, Final

from clients.gui.fonts import Fonts
from clients.gui.log.rows import LINK, PENDING, STATE, Row
from clients.gui.model.paragraphs import Kind, Paragraph
from clients.gui.text.bidi import Direction
from clients.gui.theme import Theme

MARGIN: Final = 14
"""Pixels beside a paragraph."""
INDENT: Final = 22
"""Pixels by which its second line begins further in."""
UNREAD: Final = "class:unread"
"""The style of the rule where reading stopped."""

_AIR: Final = 3
_BETWEEN: Final = 2
_MENTION: Final = "mention"
"""The tag of all of a paragraph that calls this person."""
_LAST: Final = "last"
"""The tag of the last line of a paragraph."""
_WIDTHS_KEPT: Final = 1 << 16

_FACES: Final = (PENDING, "bold", UNREAD)
"""The styles that have a font of their own; the first of several decides."""


class Styles:
    """The tags of one widget."""

    def __init__(self, text: tkinter.Text, theme: Theme, fonts: Fonts) -> None:
        self._text = text
        self._faces = dict(zip(_FACES, (fonts.italic, fonts.bold, fonts.small_bold), strict=True))
        self._plain = fonts.text
        self._named: dict[str, tuple[str, ...]] = {}
        self._widths: dict[str, Callable[[str], int]] = {}  # by style, and by the name of the font
        self._theme = theme
        self._make_lines()
        self.apply(theme)
        self._make_order()

    def apply(self, theme: Theme) -> None:
        """Take on these colours."""
        self._theme = theme
        self._text.configure(background=theme.background, foreground=theme.text, selectbackground=theme.selection)
        self._text.configure(selectforeground="", inactiveselectbackground=theme.selection)
        for tag, options in _coloured(theme).items():
            self._text.tag_configure(tag, **options)
        for tag in {tag for tags in self._named.values() for tag in tags if tag.startswith("fg:")}:
            self._text.tag_configure(tag, foreground=theme.readable(tag[3:]))

    def measure(self, text: str, style: str) -> int:
        """How many pixels ``text`` takes in ``style``."""
        widths = self._widths.get(style)
        if widths is None:
            font = self._font(style)
            widths = self._widths.setdefault(font.name, lru_cache(_WIDTHS_KEPT)(font.measure))
            self._widths[style] = widths
        return widths(text)

    def forget_widths(self) -> None:
        """Measure anew: the fonts have changed."""
        self._widths.clear()

    def of_run(self, style: str) -> tuple[str, ...]:
        """The tags for a piece of this style."""
        tags = self._named.get(style)
        if tags is None:
            tags = self._named[style] = tuple(style.split())
            for tag in tags:
                self._make_colour(tag)
        return tags

    def of_row(self, paragraph: Paragraph, row: Row, *, first: bool, last: bool) -> tuple[str, ...]:
        """The tags for all of a line, which may be the first or the last one of its paragraph, or both."""
        way = "centre" if paragraph.kind is Kind.RULE else paragraph.direction.value
        way = f"{'wrapped' if row.is_wrapped_by_tk else 'laid-out'}-{way}{'' if first else '-more'}"
        return (way, *((_LAST,) if last else ()), *((_MENTION,) if paragraph.mention else ()))

    def _font(self, style: str) -> Font:
        words = style.split()
        return next((font for name, font in self._faces.items() if name in words), self._plain)

    def _make_colour(self, tag: str) -> None:
        if tag.startswith("fg:"):
            self._text.tag_configure(tag, foreground=self._theme.readable(tag[3:]))
            self._make_order()

    def _make_lines(self) -> None:
        """Margins. A line that is laid out by hand must not be broken once more."""
        for way in (*Direction, "centre"):
            for first in (True, False):
                name = f"{way}{'' if first else '-more'}"
                options = _margins(str(way), 0 if first else INDENT, _AIR if first else _BETWEEN)
                self._text.tag_configure(f"wrapped-{name}", wrap="word", spacing2=_BETWEEN, **options)
                self._text.tag_configure(f"laid-out-{name}", wrap="none", **options)
        self._text.tag_configure("wrapped-ltr", lmargin2=MARGIN + INDENT)
        self._text.tag_configure(_LAST, spacing3=_AIR)
        for style, font in self._faces.items():
            self._text.tag_configure(style, font=font)

    def _make_order(self) -> None:
        """What decides when several tags say something about the same character: the later ones."""
        for tag in ("class:mention", "class:match", "bold", LINK, PENDING, UNREAD, "sel"):
            self._text.tag_raise(tag)


def _margins(way: str, indent: int, above: int) -> dict[str, Any]:
    if way == "centre":
        return {"justify": "center", "lmargin1": MARGIN, "lmargin2": MARGIN, "rmargin": MARGIN, "spacing1": 3 * above}
    left, right = (0, indent) if way == Direction.RTL else (indent, 0)
    return {
        "justify": "right" if way == Direction.RTL else "left",
        "lmargin1": MARGIN + left,
        "lmargin2": MARGIN + left,
        "rmargin": MARGIN + right,
        "spacing1": above,
    }


def _coloured(theme: Theme) -> dict[str, dict[str, Any]]:
    return {
        _MENTION: {"background": theme.mention},
        "class:time": {"foreground": theme.dim},
        "class:room": {"foreground": theme.dim},
        "class:notice": {"foreground": theme.dim},
        "class:problem": {"foreground": theme.problem},
        "class:private": {"foreground": theme.dim},
        "class:mention": {},
        "class:match": {"foreground": theme.on_accent, "background": theme.accent},
        "class:rule": {"foreground": theme.rule},
        STATE: {"foreground": theme.dim},
        LINK: {"foreground": theme.link, "underline": True},
        PENDING: {"foreground": theme.dim},
        UNREAD: {"foreground": theme.accent},
    }
