"""What stands in a sentence beside names, texts and numbers: words of our own, which have a translation too; others, cut.

Each is an ordinary string, in English, for logs and for whoever does not translate. Knows no languages, and no sentences.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Self

LONGEST_QUOTED: Final = 40
"""Characters of a word of somebody else's that are repeated in a sentence."""


class Clause(str):
    """A part of a sentence that is one by itself: ``a string of 1 to 64 characters``.

    Its template is marked with :func:`chatd.languages.N_` where it is written.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        """``template`` is for ``str.format`` with these values."""
        self = super().__new__(cls, template.format(**values))
        self.template = template
        self.values = values
        return self


def shortened(word: str) -> str:
    """A word of somebody else's as it can be quoted in a sentence."""
    return word if len(word) <= LONGEST_QUOTED else f"{word[:LONGEST_QUOTED]}…"


class Listing(str):
    """Several of a kind, each a string or a :class:`Clause`: ``Arabic, Latin``."""

    parts: tuple[str, ...]

    def __new__(cls, parts: Iterable[str]) -> Self:
        """All of them are named, in this order."""
        known = tuple(parts)
        self = super().__new__(cls, ", ".join(known))
        self.parts = known
        return self
