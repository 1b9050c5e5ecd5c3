"""What people and rooms can be called, and when two names are too alike. Must not know who has which name.

A name is what PRECIS calls an identifier (RFC 8264, IdentifierClass), with three rules more: of ASCII's signs only
``_ - .``; one script, as UTS 39 (5.2, "highly restrictive") counts them; nothing that reads as an IP address. The bidi
rule of the PRECIS user name profiles (RFC 8265) is left out: it refuses ``ali۱۲``, and names are isolated when shown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from unicodedata import category, normalize

from confusable_homoglyphs.categories import alias  # type: ignore[import-untyped]  # it ships no types
from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]  # the same
from precis_i18n.baseclass import IdentifierClass
from precis_i18n.unicode import UnicodeData

from chatd import addresses
from chatd.details import Clause, Listing
from chatd.errors import (
    BadName,
    BadRoomName,
    NameCharacter,
    NameEmpty,
    NameIsAddress,
    NameMixesDigits,
    NameMixesScripts,
    NameTooLong,
    NameWithoutLetter,
)
from chatd.folding import fold_letters
from chatd.languages import N_
from chatd.text import describe

LIMIT = 32
"""Characters of a name."""
SHAPES = 4096
"""Letters of which it is remembered what they look like."""


@dataclass(frozen=True, slots=True)
class Name:
    """What somebody is called."""

    shown: str
    """As its owner spells it, in Unicode's plain letters (NFKC): a full-width or a bold ``ali`` is shown as ``ali``."""
    key: str
    """Equal keys are the same name."""
    skeleton: str
    """What it looks like: names of different scripts with equal skeletons are easily mistaken for each other."""
    script: str
    """The script of its letters, such as ``Arabic``; for Japanese and the like the scripts, such as ``Han+Hiragana``."""


@dataclass(frozen=True, slots=True)
class RoomName:
    """What a room is called: as its founder spelled it, and as it is compared."""

    shown: str
    key: str


def person_name(raw: str, limit: int = LIMIT) -> Name:
    """The name somebody typed, blanks around it left out.

    Raises:
        BadName: nobody can be called that; its kinds tell why.
    """
    shown = normalize("NFKC", raw).strip(" \t")
    key = fold_letters(shown)
    address = addresses.parse(key)
    if address is not None:
        raise NameIsAddress(name=address)
    scripts = _check(shown, limit)
    if not scripts or not any(map(str.isalpha, shown)):
        raise NameWithoutLetter(name=shown)
    return Name(*_shared(shown, key, _skeleton(key)), "+".join(sorted(scripts)))


def _shared(shown: str, key: str, skeleton: str) -> tuple[str, str, str]:
    """The same, equal ones as one string: there are as many names in memory as people."""
    key = shown if key == shown else key
    return shown, key, key if skeleton == key else skeleton


def room_name(raw: str) -> RoomName:
    """The room name somebody typed: ``#`` and what could be a person's name, but it needs no letter (``#1``).

    Raises:
        BadRoomName: no room can be called that.
    """
    shown = normalize("NFKC", raw).strip(" \t")
    if not shown.startswith("#") or not _is_fit(shown[1:]):
        raise BadRoomName(room=_harmless(shown))
    return RoomName(shown, fold_letters(shown))


def look_alike(a: Name, b: Name) -> bool:
    """Whether people would take one for the other: the same letters, or the same shapes in different scripts.

    Within one script shapes do not count: its readers tell ``ali1`` from ``alil``.
    """
    return a.key == b.key or (a.skeleton == b.skeleton and a.script != b.script)


# What a name may hold

_ascii_sign = re.compile(r"[\x00-,/:-@\[-^`{-\x7f]")
_out_of_place = re.compile(r"(?<=[ij])\u0307")  # a dot on a letter that has one (UTS 39, 5.4)
_MARKS = 4  # so many nonspacing marks may be on one letter (UTS 39, 5.4)
_DIGITS = frozenset("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")  # those that go with any script, as ASCII's do
_ZEROS = {"0": N_("European digits"), "٠": N_("Arabic digits"), "۰": N_("Persian digits")}
_OTHER_DIGITS = N_("{script} digits")
_WELL_KNOWN = {  # the scripts whose names people have words for
    "Arabic": N_("Arabic"),
    "Armenian": N_("Armenian"),
    "Cyrillic": N_("Cyrillic"),
    "Devanagari": N_("Devanagari"),
    "Georgian": N_("Georgian"),
    "Greek": N_("Greek"),
    "Han": N_("Han"),
    "Hangul": N_("Hangul"),
    "Hebrew": N_("Hebrew"),
    "Hiragana": N_("Hiragana"),
    "Katakana": N_("Katakana"),
    "Latin": N_("Latin"),
    "Syriac": N_("Syriac"),
    "Thai": N_("Thai"),
}
_identifier = IdentifierClass(UnicodeData())

_NONE: Final[frozenset[str]] = frozenset()
_LATIN: Final = frozenset({"Latin"})
_MIXABLE = (  # with Latin, too (UTS 39, 5.2)
    frozenset({"Latin", "Han", "Hiragana", "Katakana"}),
    frozenset({"Latin", "Han", "Bopomofo"}),
    frozenset({"Latin", "Han", "Hangul"}),
)


def _check(text: str, limit: int) -> frozenset[str]:
    """The scripts of ``text``, once it is known to be fit for a name."""
    if not text:
        raise NameEmpty
    if len(text) > limit:
        raise NameTooLong(measured=len(text), limit=limit)
    if text.isascii():  # as most are, and then there is little to see
        sign = _ascii_sign.search(text)
        _refuse(sign[0] if sign else "")
        return _LATIN if any(map(str.isalpha, text)) else _NONE
    _check_digits(text)
    _check_characters(text)
    _check_marks(text)
    scripts = _scripts(text)
    if len(scripts) > 1 and not any(scripts <= mixable for mixable in _MIXABLE):
        raise NameMixesScripts(name=text, scripts=Listing(map(_word_for, sorted(scripts))))
    return scripts


def _is_fit(text: str) -> bool:
    try:
        _check(text, LIMIT)
    except BadName:
        return False
    return True


def _check_characters(text: str) -> None:
    sign = _ascii_sign.search(text) or _out_of_place.search(text)
    _refuse(sign[0] if sign else _no_identifier(text))


def _refuse(character: str) -> None:
    if character:
        raise NameCharacter(character=describe(character))


def _no_identifier(text: str) -> str:
    """The first character that PRECIS refuses; empty: none.

    It is not raised here: an error may be kept, and with it the one that it came of, and with that all that was being read.
    """
    try:
        _identifier.enforce(text)
    except UnicodeEncodeError as error:
        return text[error.start]
    return ""


def _check_marks(text: str) -> None:
    """Marks belong on letters, each once, and not in heaps."""
    apart = normalize("NFD", text)
    heap = 0
    for before, character in zip(" " + apart, apart, strict=False):
        kind = category(character)
        heap = heap + 1 if kind == "Mn" else 0
        alone = kind in ("Mn", "Mc") and category(before)[0] not in "LM"
        if alone or heap > _MARKS or (heap > 1 and before == character):
            raise NameCharacter(character=describe(character))


def _check_digits(text: str) -> None:
    """Digits of one kind only: ۴ and ٤ are the same number, ۵ and ٥ too (UTS 39, 5.3)."""
    zeros = {chr(ord(digit) - int(digit)) for digit in text if digit.isdecimal()}
    if len(zeros) > 1:
        raise NameMixesDigits(name=_harmless(text), kinds=Listing(sorted(map(_digits_like, zeros))))


def _digits_like(zero: str) -> str:
    """What the digits are called that begin with this one."""
    if zero in _ZEROS:
        return Clause(_ZEROS[zero])
    return Clause(_OTHER_DIGITS, script=_word_for(_script(zero)))


def _word_for(script: str) -> str:
    return Clause(_WELL_KNOWN[script]) if script in _WELL_KNOWN else script


def _scripts(text: str) -> frozenset[str]:
    """The scripts of its letters. Signs and marks that several scripts share have none."""
    return frozenset(_script(letter) for letter in text if letter not in _DIGITS) - {"Common", "Inherited"}


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return str(alias(letter)).replace("_", " ").title()


def _harmless(text: str) -> str:
    """What can be shown of a text that is no name: its beginning, with a sign for what does not print."""
    shown = text[: LIMIT + 1]
    return "".join(character if character.isprintable() else "\ufffd" for character in shown)


# What a name looks like


def _prototypes(data: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, str]:
    """The shape that stands for all that look like a letter, for each letter that is not itself this shape.

    ``data`` has Unicode's confusables.txt (UTS 39, 4) in both directions. There, each letter is listed once, with its
    prototype; so a shape with several look-alikes is a prototype, and of two that have only each other either will do.
    Letters of right-to-left scripts come between left-to-right marks, a habit of that file.
    """
    prototypes = {}
    for shape, found in data.items():
        letter, other = shape.strip("\u200e"), found[0]["c"]
        if len(letter) == 1 and len(found) == 1:
            pair = len(data[other]) == 1 and len(other) == 1
            prototypes[letter] = min(letter, other) if pair else other.strip("\u200e")
    return prototypes


_PROTOTYPES = _prototypes(confusables_data)
_TWO_FACED = str.maketrans("iuv", "lyn")  # a capital і is an l; Greek υ is u and capital Y, ν is v and capital N


class _Shapes(dict[int, str]):
    """What each letter looks like, by its number; found out when it comes up first."""

    def __missing__(self, code: int) -> str:
        shape = _shape(chr(code)).translate(_TWO_FACED)
        if len(self) < SHAPES:
            self[code] = shape
        return shape


_SHAPES = _Shapes()


def _skeleton(key: str) -> str:
    """What ``key`` looks like in small or in capital letters: wherever one of the two looks Latin, that."""
    return normalize("NFD", key).translate(_SHAPES)


def _shape(letter: str) -> str:
    small, capital = (_PROTOTYPES.get(form, form) for form in (letter, letter.upper()))
    latin = next((shape.lower() for shape in (small, capital) if shape.isascii()), None)
    return small if latin is None else "".join(_PROTOTYPES.get(shape, shape) for shape in latin)
