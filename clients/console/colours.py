"""How everything looks: styles, and for each name a colour that is always the same. Must not know terminals.

All colours of names can be read on black and on white: their relative luminance (WCAG 2.2) is near 0.18, where the contrast to
both is the same, about 4.5. How many colours a terminal has, and ``NO_COLOR``, are prompt_toolkit's concern.
"""

from typing import Final
from zlib import crc32

from prompt_toolkit.styles import Style

from chatd.folding import fold_letters

NAME_COLOURS: Final = (
    "#c24b4b",
    "#a8651c",
    "#857500",
    "#5a8210",
    "#1c8a3a",
    "#12857a",
    "#1a7fa8",
    "#3f73d1",
    "#6f66d8",
    "#9a57cc",
    "#bd46ab",
    "#c94879",
)
"""Twelve hues, ``#rrggbb``."""

STYLE: Final = Style.from_dict(
    {
        "time": "fg:ansibrightblack",
        "rule": "fg:ansibrightblack",
        "notice": "fg:ansibrightblack",
        "pending": "fg:ansibrightblack italic",
        "topic": "italic",
        "room": "bold",
        "private": "bold",
        "mention": "bold",
        "match": "reverse",
        "problem": "fg:ansired",
        "trouble": "bold",
        "unread": "bold",
        "unread.mention": "bold underline",
        "question": "bold",
        "candidate.chosen": "bold underline",
    }
)
"""The classes of the pieces of lines. In the sixteen colours of a terminal, so that its owner's choice of them counts."""


def colour_of(name: str) -> str:
    """The colour of a name. Spellings that are the same name have the same colour."""
    return NAME_COLOURS[crc32(fold_letters(name).encode("utf-8", "replace")) % len(NAME_COLOURS)]
