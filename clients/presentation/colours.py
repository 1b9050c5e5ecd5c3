"""For each name a colour that is always the same. Must not know what it is shown on.

All of them can be read on black and on white: their relative luminance (WCAG 2.2) is near 0.18, where the contrast to both is
the same, about 4.5.
"""

from typing import Final
from zlib import crc32

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


def colour_of(name: str) -> str:
    """The colour of a name. Spellings that are the same name have the same colour."""
    return NAME_COLOURS[crc32(fold_letters(name).encode("utf-8", "replace")) % len(NAME_COLOURS)]
