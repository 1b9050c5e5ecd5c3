"""Words of a text, and when a text holds those searched for. Knows no store: all of them search by these rules.

Persian writes the pieces of a word together (میخواهم), divided by a ZWNJ (می‌خواهم), or in a hurry by a space (می خواهم).
So a text holds each piece, and what neighbours make together; a query asks for any of these. Where only a space stands
there may be two words as well (ما در), so those are taken for one (مادر) only if one of them never stands alone, or if
the query has them apart. Source: "دستور خط فارسی" (Academy of Persian Language and Literature, 1401), on joining and
dividing words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chatd.folding import ARABIC, ZWNJ, fold_for_search, fold_pieces

# Letters and digits of any script. From Devanagari to Khmer, vowels are written with marks that Python's \w leaves out.
_LETTERS = (
    r"(?:[^\W_]+|[\u0900-\u0963\u0980-\u0DFF\u0E31-\u0E4E\u0EB1-\u0ECE\u0F71-\u0F84\u102B-\u103E\u17B6-\u17D3]+)+"
)
_WORD = re.compile(f"{_LETTERS}(?:{ZWNJ}+{_LETTERS})*")
_ARABIC = re.compile(f"[{ARABIC}]")

_BEFORE = frozenset({"می", "نمی"})
_OWNERS = ("", "ی", "یی", "یم", "یت", "یش", "یمان", "یتان", "یشان")
_AFTER = frozenset(
    [ending + owner for ending in ("ها", "تر", "ترین") for owner in _OWNERS]
    + ["ام", "ات", "اش", "ای", "ایم", "اید", "اند", "شنبه"]
)
"""Pieces that belong to the word before them or after them, with or without a space; folded."""

Word = tuple[str, ...]
"""A word's pieces: more than one if a ZWNJ divides them."""


def words_of(text: str) -> list[str]:
    """The words that ``text`` holds, folded: runs of letters and digits; everything else divides them.

    Of a word in pieces it holds each piece, each two neighbours joined, and all of them joined.
    """
    if text.isascii():
        return _WORD.findall(fold_for_search(text))
    return _held(_divided(text))


def _divided(text: str) -> list[Word]:
    """The words as they are written."""
    words: list[Word] = []
    for word in _WORD.findall(fold_pieces(text)):
        pieces = tuple(filter(None, word.split(ZWNJ))) if ZWNJ in word else (word,)
        if pieces[-1] == "ی":
            pieces = _without_ezafe(pieces, words)
        if pieces:
            words.append(pieces)
    return words


def _without_ezafe(word: Word, before: Sequence[Word]) -> Word:
    """``word`` without its ی if that stands for the mark of خانهٔ, which is not searched: خانه‌ی, خانه ی."""
    bearer = word[-2] if len(word) > 1 else before[-1][-1] if before else ""
    return word[:-1] if bearer.endswith("ه") else word


def _held(words: Sequence[Word]) -> list[str]:
    return [spelling for word in _attached(words) for spelling in _spellings(word)]


def _attached(words: Sequence[Word]) -> list[Word]:
    """The same, where what never stands alone is a piece of its neighbour."""
    attached: list[Word] = []
    open = False
    for word in words:
        if open or (attached and word[0] in _AFTER):
            attached[-1] += word
        else:
            attached.append(word)
        open = word[-1] in _BEFORE
    return attached


def _spellings(word: Word) -> Word:
    if len(word) == 1:
        return word
    pairs = tuple(map(str.__add__, word, word[1:]))
    return (*word, *pairs) if len(pairs) == 1 else (*word, *pairs, "".join(word))


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write what is searched for: a word, or some that follow each other."""

    words: Word
    open: bool
    """The last of them is only a beginning."""

    def stands_in(self, words: Word) -> bool:
        """Whether they follow each other somewhere in ``words``."""
        *before, last = self.words
        reach = len(before)
        return any(
            (word.startswith(last) if self.open else word == last) and words[at : at + reach] == tuple(before)
            for at, word in enumerate(words[reach:])
        )


@dataclass(frozen=True, slots=True)
class Query:
    """What a text must hold, in any order: each word in one of its spellings, the last one at least its beginning."""

    terms: tuple[tuple[Spelling, ...], ...]

    @classmethod
    def parse(cls, words: str) -> "Query | None":
        """What somebody typed; ``None`` if there is not one word in it."""
        typed = _divided(words)
        terms = (tuple(_ways(typed, at)) for at in range(len(typed)))
        return cls(tuple(dict.fromkeys(terms))) if typed else None

    @property
    def ordered(self) -> bool:
        """Whether words must follow each other, so that it is not enough to hold them all."""
        return any(len(spelling.words) > 1 for ways in self.terms for spelling in ways)

    def matches(self, text: str) -> bool:
        """Whether ``text`` holds them all."""
        words = _divided(text)
        held = frozenset(_held(words))
        row = tuple(piece for word in words for piece in word) if self.ordered else ()
        return all(any(_holds(spelling, held, row) for spelling in ways) for ways in self.terms)


def _holds(spelling: Spelling, held: frozenset[str], row: Word) -> bool:
    if len(spelling.words) > 1:
        return spelling.stands_in(row)
    word = spelling.words[0]
    return word in held or (spelling.open and any(one.startswith(word) for one in held))


def _ways(typed: Sequence[Word], at: int) -> Iterator[Spelling]:
    """How the word at this place may be written: joined, in pieces, or in one with the word before or after it."""
    word, last = typed[at], len(typed) - 1
    yield Spelling(("".join(word),), at == last)
    if len(word) > 1 and not _is_held_joined(word, at == last):
        yield Spelling(word, at == last)
    for first in range(max(at - 1, 0), min(at + 1, last)):
        if _could_be_one(typed[first], typed[first + 1]):
            yield Spelling(("".join(typed[first] + typed[first + 1]),), first + 1 == last)


def _is_held_joined(word: Word, open: bool) -> bool:
    """Whether a text that has these next to each other holds them joined, whatever stands between them."""
    return len(word) == 2 and (word[0] in _BEFORE or (word[1] in _AFTER and not open))  # noqa: PLR2004 (a pair)


def _could_be_one(word: Word, after: Word) -> bool:
    """Whether a ZWNJ could stand between them: in other scripts it divides nothing."""
    return bool(_ARABIC.match(word[-1][-1]) or _ARABIC.match(after[0]))
