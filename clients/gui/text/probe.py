"""Whether the screen joins Arabic letters by itself, found out by measuring.

Knows what joined letters do to a width. Must not know Tk, its version or its platform: those do not tell it (Tk 8.6 on X11
joins nothing, newer ones are built with or without HarfBuzz). What is joined already must not be joined a second time.
"""

from typing import Final, Protocol

_WORDS: Final = ("بببببببب", "سسسسسسسس", "لالالالا")
"""Joined, the first two are much narrower than their letters one by one in any font whose letters have widths of their own; the
last is half as wide also in one whose letters all have the same, for lam and alef become one."""


class Font(Protocol):
    """What can be asked how wide a text is: a Tk font."""

    def measure(self, text: str, /) -> int:
        """The width of ``text`` in pixels."""


def shapes_by_itself(font: Font) -> bool:
    """Whether the letters of a word are joined when it is drawn in ``font``.

    The font need not have the letters (another is taken for them then), but should be one of text. A pixel per letter does not
    count: it is what rounding may do.
    """
    return any(_joined(font, word) for word in _WORDS)


def _joined(font: Font, word: str) -> bool:
    one_by_one = sum(font.measure(letter) for letter in word)
    return abs(font.measure(word) - one_by_one) > len(word)
