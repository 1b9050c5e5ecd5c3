"""Letters of the Arabic script joined by hand, for a screen that draws one character after another and joins nothing.

Knows joining, and what has no shape of its own. Must not know directions, lines, styles or a screen.

The joined shapes are Unicode's presentation forms (U+FB50 to U+FDFF, U+FE70 to U+FEFF), chosen by arabic_reshaper; the letters
that have none there stand alone. What joins and what does not: The Unicode Standard, section 9.2.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from arabic_reshaper import ArabicReshaper

# Its ligatures and its way with harakat are not used: they would hide which shape stands for which letters.
_RESHAPER: Final = ArabicReshaper(
    {
        "language": "Arabic",
        "delete_harakat": False,
        "shift_harakat_position": False,
        "delete_tatweel": False,
        "support_zwj": True,
        "use_unshaped_instead_of_isolated": True,
        "support_ligatures": False,
    }
)

_WORDS_KEPT: Final = 8192  # enough for the words of a few thousand messages

_ZWNJ: Final = "\u200c"
_ZWJ: Final = "\u200d"

_ARABIC: Final = "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff"
_JOINING_ON: Final = "\u0300-\u036f\u034f\u061c\u200c-\u200f\u202a-\u202e\u20d0-\u20ff\ufe00-\ufe0f"
_WORD: Final = re.compile(f"[{_ARABIC}][{_ARABIC}{_JOINING_ON}]*")
"""Letters and what may stand between two that join. The isolates end a word (ArabicShaping.txt: joining type U)."""

_WITHOUT_SHAPE: Final = re.compile(
    "[\0-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
"""Controls, and what is ignored where it cannot be drawn (Default_Ignorable_Code_Point): fonts have a box for it, or nothing."""

_LIGATURES: Final = {
    "\ufedf\ufe82": "\ufef5",
    "\ufee0\ufe82": "\ufef6",
    "\ufedf\ufe84": "\ufef7",
    "\ufee0\ufe84": "\ufef8",
    "\ufedf\ufe88": "\ufef9",
    "\ufee0\ufe88": "\ufefa",
    "\ufedf\ufe8e": "\ufefb",
    "\ufee0\ufe8e": "\ufefc",
}
"""Lam and alef are always written as one, alone or joined to what is before."""

_WITH_HAMZA: Final = {"\u06cc\u0654": "\u0626"}
"""What Persian writes as a letter and a mark, and Unicode also has as one letter; NFC knows the others."""

_HAMZA: Final = "\u0654"
_IN_FEW_FONTS: Final = {
    "\u06c0": "\u0647",
    "\ufba4": "\u0647",
    "\ufba5": "\ufeea",
    "\u06c2": "\u06c1",
    "\u06d3": "\u06d2",
    "\ufbb0": "\ufbae",
    "\ufbb1": "\ufbaf",
}
"""Letters with a hamza above, for which most fonts have an empty box, and the same without it."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """What is drawn of a text, in reading order, and which of its characters each shape stands for."""

    text: str
    """The shapes, one character each."""
    starts: tuple[int, ...]
    """The place in the text of the first character of each shape; strictly rising."""
    length: int
    """How many characters the text has."""

    def span(self, column: int) -> tuple[int, int]:
        """The range of the text that a shape stands for, with what has no shape behind it. The spans of all are the text."""
        start = self.starts[column] if column else 0
        return start, self.starts[column + 1] if column + 1 < len(self.starts) else self.length


def shape(text: str) -> Shaped:
    """``text`` as it is drawn: letters joined, and without what has no shape of its own.

    That is ZWNJ (it has done its work: what is beside it does not join), ZWJ, variation selectors and controls. Harakat and
    other marks are shapes of their own. Never raises, whatever the string.
    """
    if text.isascii() and text.isprintable():
        return Shaped(text, tuple(range(len(text))), len(text))
    shapes: list[str] = []
    starts: list[int] = []
    end = 0
    for word in _WORD.finditer(text):
        _as_it_is(text, end, word.start(), shapes, starts)
        drawn, places = _joined(word[0])
        shapes.append(drawn)
        starts += [word.start() + place for place in places]
        end = word.end()
    _as_it_is(text, end, len(text), shapes, starts)
    return Shaped("".join(shapes), tuple(starts), len(text))


def is_mark(character: str) -> bool:
    """Whether this is drawn on a letter, and takes no room: harakat, accents."""
    return unicodedata.category(character) in ("Mn", "Me")


def in_parts(shape: str) -> str:
    """What is drawn for a shape, in reading order: a letter and a mark for those few that fonts do not have as one."""
    return f"{_IN_FEW_FONTS[shape]}{_HAMZA}" if shape in _IN_FEW_FONTS else shape


def _as_it_is(text: str, start: int, end: int, shapes: list[str], starts: list[int]) -> None:
    places = [place for place in range(start, end) if not _WITHOUT_SHAPE.match(text[place])]
    shapes += [text[place] for place in places]
    starts += places


@lru_cache(_WORDS_KEPT)
def _joined(word: str) -> tuple[str, tuple[int, ...]]:
    """The shapes of one word, and the place in it of each."""
    letters, marks = _taken_apart(word)
    shapes = _RESHAPER.reshape("".join(letters.values()))
    kept = [place for place, letter in letters.items() if letter != _ZWJ]
    if len(shapes) != len(kept):  # another release of the library may take more together
        shapes = "".join([letters[place] for place in kept])
    drawn = _with_ligatures(shapes, kept) | marks
    places = sorted(drawn)
    return "".join([drawn[place] for place in places]), tuple(places)


def _taken_apart(word: str) -> tuple[dict[int, str], dict[int, str]]:
    """The characters of a word that have to do with joining, and its marks, by place; what is neither is left out."""
    letters: dict[int, str] = {}
    marks: dict[int, str] = {}
    last = -1
    for place, character in enumerate(word):
        if is_mark(character):
            composed = _composed(letters[last], character) if letters else None
            if composed:
                letters[last] = composed
            else:
                marks[place] = character
        elif character in (_ZWNJ, _ZWJ) or not _WITHOUT_SHAPE.match(character):
            letters[place] = character
            last = place
    return letters, marks


def _composed(letter: str, mark: str) -> str | None:
    """The one letter for a letter and a mark, if there is one."""
    composed = _WITH_HAMZA.get(letter + mark) or unicodedata.normalize("NFC", letter + mark)
    return composed if len(composed) == 1 else None


def _with_ligatures(shapes: str, places: list[int]) -> dict[int, str]:
    """The shapes by place, with lam and alef as one, and without ZWNJ."""
    drawn: dict[int, str] = {}
    last = -1
    for one, place in zip(shapes, places, strict=True):
        ligature = _LIGATURES.get(drawn.get(last, "") + one)
        if ligature:
            drawn[last] = ligature
        elif one != _ZWNJ:
            drawn[place] = one
            last = place
    return drawn
