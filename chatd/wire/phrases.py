"""Sentences for people: values put into templates so that no value can disturb the line it stands in.

Knows right-to-left letters, characters that terminals act on, and lists of names. Knows no events: a template is a whole
sentence, which is looked up in the reader's language before it is filled in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chatd.details import Clause, Listing
from chatd.errors import ChatError
from chatd.languages import ENGLISH, N_, Language

# Blocks rather than single letters: all that Unicode gives to right-to-left scripts (DerivedBidiClass.txt, "@missing"
# lines), with their digits, and the invisible RIGHT-TO-LEFT MARK.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")

# Controls, line separators, everything that opens or closes a direction, and halves of surrogate pairs.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_WITHOUT_ISOLATES: Final = dict.fromkeys(map(ord, "\u2067\u2068\u2069"))
_LEFT_TO_RIGHT_MARK: Final = "\u200e"

NAMED = 3
"""As many names stand in a sentence; of more the first of them, and a count."""


class Shown(str):
    """Text that is safe to stand in a line as it is: nothing more is done to it."""

    __slots__ = ()


def holds_right_to_left(text: str) -> bool:
    """Whether a terminal may reorder what stands around this text."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def isolate(text: str) -> str:
    """Keep the direction of ``text`` to itself: FIRST STRONG ISOLATE ... POP DIRECTIONAL ISOLATE (UAX 9, section 2.4).

    Text without right-to-left characters is returned as it is, so that it stays plain bytes.
    """
    return f"\u2068{text}\u2069" if holds_right_to_left(text) else text


def plain(sentence: str) -> str:
    """A sentence for a reader that is no terminal: without the isolates that a :class:`Phrasebook` put into it and around it.

    No value can have had any of its own: they have been replaced.
    """
    return sentence.translate(_WITHOUT_ISOLATES)


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Says things in one language."""

    language: Language = ENGLISH

    def say(self, template: str, **values: object) -> Shown:
        """A ``str.format`` template in this language, filled: strings by :meth:`show`, numbers in its digits.

        A :class:`~chatd.details.Clause` and the parts of a :class:`~chatd.details.Listing` are said in this language too.
        """
        return self._fill(self.language.sentence(template), values)

    def counted(self, one: str, many: str, number: int, **values: object) -> Shown:
        """The same with the one of two templates that is right for ``number``, which is ``{count}`` in them."""
        return self._fill(self.language.counted(one, many, number), {"count": number, **values})

    def error(self, error: ChatError) -> Shown:
        """The error's sentence, its details shown like any other value."""
        return self.say(error.sentence, **error.details)

    def show(self, text: str) -> Shown:
        """``text`` as part of a sentence of this language: isolated from it, with U+FFFD for what a terminal would act on."""
        return text if isinstance(text, Shown) else Shown(self._harmless(text))

    def notice(self, sentence: str) -> Shown:
        """The line that tells news or an answer: ``* ...``."""
        return Shown(f"* {self._directed(sentence)}")

    def problem(self, sentence: str) -> Shown:
        """The line that tells what is wrong: ``! ...``."""
        return Shown(f"! {self._directed(sentence)}")

    def whole(self, sentence: str) -> Shown:
        """A sentence as it stands in a line of a terminal, most of which take every line to begin at the left.

        In a right-to-left language it is isolated with its direction (RLI ... PDI, UAX 9, section 2.4): else a word in another
        script would divide it in two, and the halves would change places.
        """
        return Shown(self._directed(sentence))

    def text(self, said: str) -> str:
        """What somebody said, as it is; or what the server says in its place, in this language."""
        return self.say(said.template, **said.values) if isinstance(said, Clause) else said

    def several(self, names: Sequence[str], more: int = 0) -> Shown:
        """Names as one part of a sentence: ``ali, sara and reza``; with ``more`` people: ``ali, sara and 3 others``."""
        if more:
            listed = _listed_names(self, tuple(names))
            return self.counted("{names} and {count} other", "{names} and {count} others", more, names=listed)
        if len(names) > 1:
            return self.say(N_("{names} and {last}"), names=self._listed(names[:-1]), last=names[-1])
        return self._listed(names)

    def few(self, names: Sequence[str]) -> Shown:
        """The same, of whom only the first are named if they are more than :data:`NAMED`."""
        return self.several(names) if len(names) <= NAMED else self.several(names[: NAMED - 1], len(names) - NAMED + 1)

    def _fill(self, template: str, values: dict[str, object]) -> Shown:
        for key, value in values.items():
            if type(value) is str:  # as most are
                values[key] = self._harmless(value)
            elif type(value) is int:
                values[key] = self.language.number(value)
            elif type(value) is not Shown:
                values[key] = self._value(value)
        return Shown(template.format_map(values))

    def _value(self, value: object) -> object:
        match value:
            case Clause():
                return self.say(value.template, **value.values)
            case Listing():
                return self._listed(value.parts)
            case str():
                return self.show(value)
            case int() | float():
                return self.language.number(value)
        return value

    def _harmless(self, text: str) -> str:
        if text.isascii() and text.isprintable() and not self.language.right_to_left:
            return text
        return self._isolate(_UNSHOWN.sub("\ufffd", text))

    def _directed(self, sentence: str) -> str:
        return f"\u2067{sentence}\u2069" if self.language.right_to_left and holds_right_to_left(sentence) else sentence

    def _isolate(self, text: str) -> str:
        """In a right-to-left sentence all that is foreign is kept apart, and ``/who`` or ``#tea`` not turned around."""
        if not self.language.right_to_left or holds_right_to_left(text) or not text:
            return isolate(text)
        mark = "" if text[0].isalnum() else _LEFT_TO_RIGHT_MARK
        return f"\u2068{mark}{text}\u2069"

    def _listed(self, parts: Sequence[str]) -> Shown:
        return Shown(self.language.sentence(N_(", ")).join(str(self._value(part)) for part in parts))


@lru_cache(maxsize=256)
def _listed_names(book: Phrasebook, names: tuple[str, ...]) -> Shown:
    """The first names of a crowd: of those who come into it, all are told the same ones."""
    return book._listed(names)


IN_ENGLISH: Final = Phrasebook()
