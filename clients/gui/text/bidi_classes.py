"""What each character is to the bidirectional algorithm: its class, its mirror image, its other bracket.

Knows Unicode's data, as far as Python carries it. Must not know the rules that use it, lines, or a screen.

Sources: the files DerivedBidiClass, BidiMirroring and BidiBrackets of https://www.unicode.org/Public/UCD/latest/ucd/.
"""

import re
import unicodedata
from typing import Final

_CODES: Final = {
    "L": "L",
    "R": "R",
    "AL": "A",
    "EN": "E",
    "AN": "N",
    "ES": "S",
    "ET": "T",
    "CS": "C",
    "NSM": "M",
    "ON": "O",
    "WS": "W",
    "S": "P",
    "B": "P",  # what is drawn here is one line: a paragraph separator in it is one more separator
    "LRI": "l",
    "RLI": "r",
    "FSI": "f",
    "PDI": "D",
}
"""One letter for each class, so that the rules can be patterns. What is missing here is X: boundary neutrals, and the
embeddings and overrides, which nobody needs who has isolates."""

_UNASSIGNED: Final = (
    ("R", "\u0590-\u05ff\u07c0-\u085f\ufb1d-\ufb4f\U00010800-\U00010cff\U00010d40-\U00010ebf\U00010f00-\U00010f2f"),
    ("R", "\U00010f70-\U00010fff\U0001e800-\U0001ec6f\U0001ecc0-\U0001ecff\U0001ed50-\U0001edff\U0001ef00-\U0001efff"),
    (
        "A",
        "\u0600-\u07bf\u0860-\u08ff\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefe\U00010d00-\U00010d3f\U00010ec0-\U00010eff",
    ),
    ("A", "\U00010f30-\U00010f6f\U0001ec70-\U0001ecbf\U0001ed00-\U0001ed4f\U0001ee00-\U0001eeff"),
    ("T", "\u20a0-\u20cf"),
    ("X", "\ufdd0-\ufdef\ufff0-\uffff\U000e0000-\U000e0fff"),
    ("L", "\0-\U0010ffff"),
)
"""The class of code points that Python's Unicode does not know yet, by ranges; the first that fits counts."""

_RANGES: Final = tuple((code, re.compile(f"[{ranges}]")) for code, ranges in _UNASSIGNED)


def _code_of(character: str) -> str:
    known = unicodedata.bidirectional(character)
    if known:
        return _CODES.get(known, "X")
    return next(code for code, ranges in _RANGES if ranges.match(character))


class _Table(dict[int, str]):
    """The letters by code point, filled while they are asked for; beyond the first plane they are not kept."""

    def __missing__(self, ordinal: int) -> str:
        code = _code_of(chr(ordinal))
        if ordinal <= 0xFFFF:  # noqa: PLR2004 (the end of the first plane; strangers must not fill the memory)
            self[ordinal] = code
        return code


_TABLE: Final = _Table()


def classes(text: str) -> str:
    """The class of each character of ``text``, as a string of the same length.

    ``L R A`` strong (A: Arabic letter), ``E N`` European and Arabic digit, ``S T C`` separator and terminator of numbers,
    common separator, ``M`` mark, ``W`` white space, ``P`` separator of segments, ``O`` other neutral, ``l r f D`` the isolates
    LRI, RLI, FSI and PDI, ``X`` what counts as absent (BN, embeddings, overrides).
    """
    return text.translate(_TABLE)


_SIDES: Final = {
    "LEFT": "RIGHT",
    "LESS-THAN": "GREATER-THAN",
    "LESS": "GREATER",
    "SUBSET": "SUPERSET",
    "PRECEDES": "SUCCEEDS",
}
_OTHER_SIDE: Final = _SIDES | {right: left for left, right in _SIDES.items()}
_SIDE: Final = re.compile(r"\b(?:" + "|".join(sorted(_OTHER_SIDE, key=len, reverse=True)) + r")\b")

# Pairs whose names do not tell that they are one.
_NAMED_OTHERWISE: Final = "༺༻༼༽᚛᚜∈∋∉∌∊∍∼∽≃⋍≒≓≔≕⊀⊁⊏⊐⊑⊒⊲⊳⊴⊵⋪⋫⋬⋭"


def _mirror_images() -> dict[str, str]:
    pairs = dict(zip(_NAMED_OTHERWISE[::2], _NAMED_OTHERWISE[1::2], strict=True))
    images = pairs | {right: left for left, right in pairs.items()}
    for character in filter(unicodedata.mirrored, map(chr, range(0x10000))):
        name = unicodedata.name(character)
        other = _SIDE.sub(lambda side: _OTHER_SIDE[side[0]], name)
        if other != name:
            try:
                images[character] = unicodedata.lookup(other)
            except KeyError:  # a sign with one side only: no other character looks like its image
                continue
    return images


MIRROR_IMAGES: Final = _mirror_images()
"""The character that looks like this one seen in a mirror: ``(`` and ``)``, ``«`` and ``»``, ``≤`` and ``≥``."""


def _canonical(bracket: str) -> str:
    """U+2329 is U+3008, U+232A is U+3009: in pairs as well."""
    return unicodedata.normalize("NFC", bracket)


def _brackets(category: str) -> list[str]:
    return [c for c in MIRROR_IMAGES if unicodedata.category(c) == category and unicodedata.bidirectional(c) == "ON"]


CLOSED_BY: Final = {bracket: _canonical(MIRROR_IMAGES[bracket]) for bracket in _brackets("Ps")}
"""The bracket that closes an opening one, in its canonical form."""

CLOSING: Final = {bracket: _canonical(bracket) for bracket in _brackets("Pe")}
"""The closing brackets, each with its canonical form."""
