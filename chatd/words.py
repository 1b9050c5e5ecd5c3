"""Words of a text, and when a text holds those searched for. Knows no store and no screen: all of them go by these rules.

Persian writes the pieces of a word together (میخواهم), divided by a ZWNJ (می‌خواهم), or in a hurry by a space (می خواهم).

==============  ========================================================================================================
a word          pieces with a ZWNJ between them; or with a space, where one of them never stands alone: می خواهم,
                کتاب ها, خانه ی. A text may mean one word also before what can stand alone: رفته ام, سه شنبه
a text holds    each piece: کتاب, ها; its words joined, two neighbours and all: کتابها; each piece with the next, of the
                same word or not
a query asks    for each of its words: joined; or its pieces, each followed by the next; or joined with the word before
                or after (علی رضا: علیرضا); or without the ی that stands for the mark of خانهٔ. Of the last word the
                beginning is enough
==============  ========================================================================================================

So a text is a set of strings, and a query asks which are in it: an index answers without looking at the text. Two words
that happen to make one (ما در: مادر) are not found by it. Source: "دستور خط فارسی" (Academy of Persian Language and
Literature, 1401), on joining and dividing words.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby, pairwise

from chatd.folding import ARABIC, ZWNJ, fold_for_search, fold_pieces

# Letters and digits of any script. From Devanagari to Khmer, vowels are written with marks that Python's \w leaves out.
_LETTERS = (
    r"(?:[^\W_]+|[\u0900-\u0963\u0980-\u0DFF\u0E31-\u0E4E\u0EB1-\u0ECE\u0F71-\u0F84\u102B-\u103E\u17B6-\u17D3]+)+"
)
_WORD = re.compile(f"{_LETTERS}(?:{ZWNJ}+{_LETTERS})*")
_ARABIC = frozenset(filter(re.compile(f"[{ARABIC}]").match, map(chr, range(0x0600, 0x0900))))

_BEFORE = frozenset({"می", "نمی"})
_OWNERS = ("", "ی", "یی", "یم", "یت", "یش", "یمان", "یتان", "یشان")
_AFTER = frozenset(ending + owner for ending in ("ها", "ترین") for owner in _OWNERS)
"""Pieces that never stand alone: they belong to the word after them, or before them. Folded, as all that follow."""
_OFTEN_AFTER = frozenset(
    ["تر" + owner for owner in _OWNERS]
    + ["ام", "ات", "اش", "ای", "ایم", "اید", "اند", "م", "ت", "ش", "مان", "تان", "شان", "شنبه"]
)
"""Pieces that often belong to the word before them, and can stand alone: شنبه is a day of its own."""

Word = list[str]
"""A word's pieces."""


def words_of(text: str) -> list[str]:
    """What ``text`` holds, folded: each once or more often, in no order that means anything.

    Letters and digits only, but for two pieces that follow each other: those have a ZWNJ before each.
    """
    if text.isascii():
        return _WORD.findall(text.lower())
    return [held for held, _, _ in _held(_divided(_written(text), _may_be_one))]


def _written(text: str) -> list[Word]:
    """The words as they are written."""
    return [
        list(filter(None, word.split(ZWNJ))) if ZWNJ in word else [word] for word in _WORD.findall(fold_pieces(text))
    ]


def _divided(written: Iterable[Word], are_one: Callable[[str, str], bool]) -> list[Word]:
    """The words, where a space does not end one if ``are_one`` says so of the pieces beside it."""
    words: list[Word] = []
    before = ""
    for pieces in written:
        if before and are_one(before, pieces[0]):
            words[-1] += pieces
        else:
            words.append([*pieces])
        before = pieces[-1]
    return words


def _are_one(piece: str, after: str) -> bool:
    return piece in _BEFORE or after in _AFTER or (after == "ی" and piece.endswith("ه"))


def _may_be_one(piece: str, after: str) -> bool:
    return after in _OFTEN_AFTER or _are_one(piece, after)


def _held(words: Sequence[Word]) -> Iterator[tuple[str, int, int]]:
    """What a text of these words holds, each with the places of its first and its last piece."""
    start = 0
    for word in words:
        for at, piece in enumerate(word, start):
            yield piece, at, at
        for at, (piece, after) in enumerate(pairwise(word), start):
            yield piece + after, at, at + 1
        if len(word) > 2:  # noqa: PLR2004 (more than these two)
            yield "".join(word), start, start + len(word) - 1
        start += len(word)
    for at, (piece, after) in enumerate(pairwise(chain.from_iterable(words))):
        if _could_be_one(piece, after):
            yield f"{ZWNJ}{piece}{ZWNJ}{after}", at, at + 1  # no piece begins like it


def _could_be_one(piece: str, after: str) -> bool:
    """Whether a ZWNJ could stand between them: in other scripts it divides nothing."""
    return piece[-1] in _ARABIC or after[0] in _ARABIC


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write a word that is searched for: what a text holds then."""

    words: tuple[str, ...]
    open: bool
    """The last of them is only a beginning."""

    def may_be_in(self, letters: str) -> bool:
        """Whether a text of these letters, one after the other, could hold them."""
        return all(word.replace(ZWNJ, "") in letters for word in self.words)

    def is_in(self, held: frozenset[str]) -> bool:
        """Whether all of them are held."""
        *whole, last = self.words
        if not all(map(held.__contains__, whole)):
            return False
        return last in held or (self.open and any(one.startswith(last) for one in held))


@dataclass(frozen=True, slots=True)
class Query:
    """What a text must hold, in any order: each word in one of its spellings, the last one at least its beginning."""

    terms: tuple[tuple[Spelling, ...], ...]

    @classmethod
    def parse(cls, words: str) -> "Query | None":
        """What somebody typed; ``None`` if there is not one word in it."""
        typed = _divided(_written(words), _are_one)
        terms = (tuple(_spellings(typed, at)) for at in range(len(typed)))
        return cls(tuple(dict.fromkeys(terms))) if typed else None

    def matches(self, text: str) -> bool:
        """Whether ``text`` holds them all."""
        letters = "".join(_WORD.findall(fold_for_search(text)))  # most texts lack even them, and are not looked into
        if not all(any(spelling.may_be_in(letters) for spelling in spellings) for spellings in self.terms):
            return False
        held = frozenset(words_of(text))
        return all(any(spelling.is_in(held) for spelling in spellings) for spellings in self.terms)

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where in ``text`` what they ask for is written: whole words, each from its first character to after its last."""
        spans: list[tuple[int, int]] = []
        written: list[Word] = []
        for start, end in _runs(text):
            here = _written(text[start:end])
            written += here
            spans += [(start, end)] * sum(map(len, here))
        asked = frozenset(chain.from_iterable(one.words for spellings in self.terms for one in spellings))
        open = tuple(one.words[-1] for spellings in self.terms for one in spellings if one.open)
        found = set[tuple[int, int]]()
        for held, first, last in _held(_divided(written, _may_be_one)):
            if held in asked or held.startswith(open):
                found.update(spans[first : last + 1])
        return sorted(found)


def _spellings(typed: Sequence[Word], at: int) -> Iterator[Spelling]:
    """How the word at this place of a query may be written."""
    word, last = typed[at], len(typed) - 1
    yield Spelling(("".join(word),), at == last)
    if len(word) > 1 and not _is_held_joined(word, at == last):
        yield Spelling(
            tuple(dict.fromkeys(f"{ZWNJ}{piece}{ZWNJ}{after}" for piece, after in pairwise(word))), at == last
        )
    if word[1:] == ["ی"] and _are_one(*word):
        yield Spelling((word[0],), False)
    for first in range(max(at - 1, 0), min(at + 1, last)):
        if _could_be_one(typed[first][-1], typed[first + 1][0]):
            yield Spelling(("".join(typed[first] + typed[first + 1]),), first + 1 == last)


def _is_held_joined(word: Word, open: bool) -> bool:
    """Whether a text in which these follow each other holds them joined, whatever stands between them."""
    return len(word) == 2 and (word[0] in _BEFORE or (_may_be_one(*word) and not open))  # noqa: PLR2004 (a pair)


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Where ``text`` has words, as it is: with what folding leaves out."""
    at = 0
    for inside, run in groupby(text, _may_be_in_a_word):
        start, at = at, at + sum(1 for _ in run)
        if inside:
            yield start, at


@lru_cache(maxsize=4096)
def _may_be_in_a_word(character: str) -> bool:
    folded = fold_for_search(character)
    return not folded or _WORD.search(folded) is not None
