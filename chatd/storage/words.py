"""Words of a text, and when a text holds those searched for. Knows no store: all of them search by these rules."""

import re
from dataclasses import dataclass

from chatd.folding import fold_for_search

# Letters and digits of any script. From Devanagari to Khmer, vowels are written with marks that Python's \w leaves out.
_WORD = re.compile(
    r"(?:[^\W_]|[\u0900-\u0963\u0980-\u0DFF\u0E31-\u0E4E\u0EB1-\u0ECE\u0F71-\u0F84\u102B-\u103E\u17B6-\u17D3])+"
)


def words_of(text: str) -> list[str]:
    """The words of ``text``, folded, in order: runs of letters and digits; everything else divides them."""
    return _WORD.findall(fold_for_search(text))


@dataclass(frozen=True, slots=True)
class Query:
    """Words that a text must hold, in any order, and the beginning of one more."""

    whole: frozenset[str]
    beginning: str

    @classmethod
    def parse(cls, words: str) -> "Query | None":
        """What somebody typed; ``None`` if there is not one word in it."""
        *whole, beginning = words_of(words) or [""]
        return cls(frozenset(whole), beginning) if beginning else None

    def matches(self, text: str) -> bool:
        """Whether ``text`` holds them all."""
        held = set(words_of(text))
        return self.whole <= held and any(word.startswith(self.beginning) for word in held)
