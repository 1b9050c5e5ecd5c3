"""What people and rooms can be called, and when two names are too alike. Must not know who has which name.

A name is what PRECIS calls an identifier (RFC 8264, IdentifierClass), with three rules more: of ASCII's signs only
``_ - .``; one script, as UTS 39 (5.2, "highly restrictive") counts them; nothing that reads as an IP address. The bidi
rule of the PRECIS user name profiles (RFC 8265) is left out: it refuses ``ali۱۲``, and names are isolated when shown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import category, decimal, name, normalize

from confusable_homoglyphs.categories import alias  # type: ignore[import-untyped]  # it ships no types
from confusable_homoglyphs.confusables import confusables_data  # type: ignore[import-untyped]  # the same
from precis_i18n.baseclass import IdentifierClass
from precis_i18n.unicode import UnicodeData

from chatd import addresses
from chatd.errors import (
    BadName,
    BadRoomName,
    NameCharacter,
    NameEmpty,
    NameIsAddress,
    NameMixesScripts,
    NameTooLong,
    NameWithoutLetter,
)
from chatd.folding import fold_letters
from chatd.text import describe

LIMIT = 32
"""Characters of a name."""


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
    if not scripts:
        raise NameWithoutLetter(name=shown)
    return Name(shown, key, _skeleton(key), "+".join(sorted(scripts)))


def room_name(raw: str) -> RoomName:
    """The room name somebody typed: ``#`` and what could be a person's name, but it needs no letter (``#1``).

    Raises:
        BadRoomName: no room can be called that.
    """
    shown = normalize("NFKC", raw).strip(" \t")
    try:
        if not shown.startswith("#"):
            raise NameEmpty
        _check(shown[1:], LIMIT)
    except BadName as error:
        raise BadRoomName(room=_harmless(shown)) from error
    return RoomName(shown, fold_letters(shown))


def look_alike(a: Name, b: Name) -> bool:
    """Whether people would take one for the other: the same letters, or the same shapes in different scripts.

    Within one script shapes do not count: its readers tell ``ali1`` from ``alil``.
    """
    return a.key == b.key or (a.skeleton == b.skeleton and a.script != b.script)


# What a name may hold

_ascii_sign = re.compile(r"[\x00-,/:-@\[-^`{-\x7f]")
_out_of_place = re.compile(r"(?<=[ij])\u0307")  # a dot on a letter that has one (UTS 39, 5.4)
_SAME_MARKS = 4  # so many marks may be on one letter (UTS 39, 5.4)
_identifier = IdentifierClass(UnicodeData())

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
    _check_characters(text)
    _check_marks(text)
    _check_digits(text)
    scripts = _scripts(text)
    if len(scripts) > 1 and not any(scripts <= mixable for mixable in _MIXABLE):
        raise NameMixesScripts(name=text, scripts=", ".join(sorted(scripts)))
    return scripts


def _check_characters(text: str) -> None:
    sign = _ascii_sign.search(text) or _out_of_place.search(text)
    if sign:
        raise NameCharacter(character=describe(sign[0]))
    if text.isascii():
        return
    try:
        _identifier.enforce(text)
    except UnicodeEncodeError as error:
        raise NameCharacter(character=describe(text[error.start])) from None
