"""The order in which the characters of a line stand on the screen: the Unicode Bidirectional Algorithm, UAX #9.

Knows levels, isolates, and reading order against visual order. Must not know letters' shapes, fonts, widths or a screen.

Source: https://www.unicode.org/reports/tr9/ (revision 50), without embeddings and overrides: they are taken out of foreign texts
on their way in, and any that come here all the same count as absent. Nothing here raises, whatever the string.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import Final

from clients.gui.text.bidi_classes import MIRROR_IMAGES, classes
from clients.gui.text.bidi_rules import LIFTS, resolve

_DEEPEST: Final = 125  # BD2: max_depth

CONTROLS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What says something about direction, and is no text: the marks, embeddings, overrides and isolates."""

_ANY_RIGHT: Final = re.compile("[RANlrf]")
_AT_THE_END: Final = re.compile("[WPlrfDX]+")
_NOT_DRAWN: Final = frozenset("lrfDX")


class Direction(StrEnum):
    """The direction of a paragraph."""

    LTR = "ltr"
    RTL = "rtl"


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character where it is drawn."""

    character: str
    """Mirrored if it has to be."""
    index: int
    """Its place in the text."""
    right_to_left: bool


@dataclass(slots=True)
class _Sequence:
    """What stands in one isolate, or outside of all: places in the text, all of one level to begin with."""

    level: int
    places: list[int] = field(default_factory=list)

    def next_level(self, right_to_left: bool) -> int:
        """The level of an isolate in this one."""
        return self.level + (2 if self.level % 2 == right_to_left else 1)


def base_direction(text: str, default: Direction) -> Direction:
    """P2 and P3: that of the first letter outside of isolates; ``default`` if there is none."""
    first = _first_strong(classes(text)).get(-1)
    return default if first is None else Direction.LTR if first == "L" else Direction.RTL


def _first_strong(codes: str) -> dict[int, str]:
    """The class of the first letter in each isolate, by the place where it begins; -1: outside of all."""
    found: dict[int, str] = {}
    open_ones = [-1]
    for place, code in enumerate(codes):
        if code in "LRA":
            found.setdefault(open_ones[-1], code)
        elif code in "lrf":
            open_ones.append(place)
        elif code == "D" and len(open_ones) > 1:
            open_ones.pop()
    return found


def levels(text: str, base: Direction) -> list[int]:
    """The embedding level of each character in its paragraph: even ones run to the right, odd ones to the left.

    All rules but those for lines (L1 to L4). Characters that count as absent have the level of what is before them.
    """
    codes = classes(text)
    outside = int(base is Direction.RTL)
    if not outside and not _ANY_RIGHT.search(codes):
        return [0] * len(text)
    resolved: list[int | None] = [None] * len(text)
    for sequence in _sequences(codes, outside):
        _resolve(sequence, text, codes, resolved)
    return _without_gaps(resolved, outside)


def _sequences(codes: str, outside: int) -> list[_Sequence]:
    """X1 to X10: the isolating run sequences, where isolates are the only thing that opens a level."""
    first_strong = _first_strong(codes)
    sequences = [_Sequence(outside)]
    open_ones = sequences[:]
    too_deep = 0
    for place, code in enumerate(codes):
        if code == "D":
            if too_deep:
                too_deep -= 1
            elif len(open_ones) > 1:
                open_ones.pop()
        if code != "X":
            open_ones[-1].places.append(place)
        if code in "lrf":
            right_to_left = code == "r" or (code == "f" and first_strong.get(place, "L") != "L")
            level = open_ones[-1].next_level(right_to_left)
            if too_deep or level > _DEEPEST:
                too_deep += 1
            else:
                open_ones.append(_Sequence(level))
                sequences.append(open_ones[-1])
    return sequences


def _resolve(sequence: _Sequence, text: str, codes: str, resolved: list[int | None]) -> None:
    places, level = sequence.places, sequence.level
    lift = LIFTS[level % 2]
    of_sequence = resolve("".join([text[i] for i in places]), "".join([codes[i] for i in places]), "LR"[level % 2])
    for place, code in zip(places, of_sequence, strict=True):
        resolved[place] = level + lift[code]


def _without_gaps(resolved: list[int | None], before: int) -> list[int]:
    filled = []
    for level in resolved:
        before = before if level is None else level
        filled.append(before)
    return filled


def line_levels(text: str, of_paragraph: Sequence[int], base: Direction) -> list[int]:
    """L1: the levels of one line of a paragraph. Space at its end, and before a separator, goes along with the paragraph.

    ``text`` and ``of_paragraph`` are cut out of the paragraph and of its :func:`levels`.
    """
    of_line = list(of_paragraph)
    codes = classes(text)
    for run in _AT_THE_END.finditer(codes):
        end = run.end() if run.end() == len(codes) else run.start() + run[0].rfind("P") + 1
        of_line[run.start() : end] = [int(base is Direction.RTL)] * (end - run.start())
    return of_line


def visual_order(of_line: Sequence[int]) -> list[int]:
    """L2: places in a line, in the order in which they are drawn from left to right.

    Of all its characters: an isolate separates what is beside it also where it is not drawn.
    """
    order = list(range(len(of_line)))
    present = set(of_line)
    lowest_odd = min((level for level in present if level % 2), default=None)
    if lowest_odd is None:
        return order
    for at_least in range(max(present), lowest_odd - 1, -1):
        order = _turned(order, of_line, at_least)
    return order


def _turned(order: list[int], of_line: Sequence[int], at_least: int) -> list[int]:
    turned: list[int] = []
    for high, places in groupby(order, lambda place: of_line[place] >= at_least):
        run = list(places)
        turned += run[::-1] if high else run
    return turned


def mirrored(character: str) -> str:
    """L4: what is drawn for a character that runs to the left: ``)`` for ``(``, most characters as they are."""
    return MIRROR_IMAGES.get(character, character)


def reorder(text: str, base: Direction) -> list[Glyph]:
    """``text`` as one line, from left to right. What is not drawn (isolates, LRM, RLM, ZWNJ and other BN) is not in it.

    Marks stand where L2 puts them, in texts to the left before their letter: L3 is left to who draws.
    """
    of_line = line_levels(text, levels(text, base), base)
    codes = classes(text)
    drawn = [
        place for place in visual_order(of_line) if codes[place] not in _NOT_DRAWN and not CONTROLS.match(text[place])
    ]
    return [_glyph(text[place], place, of_line[place] % 2 == 1) for place in drawn]


def _glyph(character: str, place: int, right_to_left: bool) -> Glyph:
    return Glyph(mirrored(character) if right_to_left else character, place, right_to_left)
