"""The language in which this program speaks to its person, and sentences in it.

Knows one language at a time, because a program has one person in front of it, and what foreign strings have to go through.
Must not know what is said, or where it is shown.
"""

from collections.abc import Sequence
from string import Formatter
from typing import Final

from chatd.details import Clause, Listing
from chatd.languages import ENGLISH, N_, Language
from chatd.wire.phrases import Phrasebook, Shown
from clients.terminal_text import safe, shown

Line = list[tuple[str, str]]
"""Pieces of one line, each with its style: a class, or a colour."""

_TO_THE_LEFT: Final = "\u2067"
_END_OF_ISOLATE: Final = "\u2069"

_spoken: Final = [Phrasebook(ENGLISH)]


class Told(Exception):
    """Something that is told to a person: its message is a sentence in their language that says what was wrong."""

    def __init__(self, sentence: Shown) -> None:
        super().__init__(sentence)
        self._sentence = sentence

    @property
    def sentence(self) -> Shown:
        """The message, which can be shown as it is; ``str`` of the error is the same, and no longer known to be safe."""
        return self._sentence


def speak(language: Language) -> None:
    """Speak this language from now on. What was said before stays as it is."""
    _spoken[0] = Phrasebook(language)


def book() -> Phrasebook:
    """The phrases of the language that is spoken."""
    return _spoken[0]


def language() -> Language:
    """The language that is spoken."""
    return _spoken[0].language


def say(template: str, **values: object) -> Shown:
    """A sentence with these values in it: text may be foreign, whole numbers get the language's digits."""
    return book().say(template, **{key: _harmless(value) for key, value in values.items()})


def counted(one: str, many: str, number: int, **values: object) -> Shown:
    """The same with the one of two sentences that is right for ``number``, which is ``{count}`` in them."""
    return book().counted(one, many, number, **{key: _harmless(value) for key, value in values.items()})


def several(names: Sequence[str]) -> Shown:
    """Names, all of them, as one value of a sentence: ``ali, sara and reza``."""
    return book().several([safe(name) for name in names])


def few(names: Sequence[str]) -> Shown:
    """The same, of whom only the first are named if they are many: ``ali, sara and 3 others``."""
    return book().few([safe(name) for name in names])


def joined(parts: Sequence[str]) -> Shown:
    """Parts of a sentence as one value of it: ``no route to host, permission denied``."""
    return Shown(language().sentence(N_(", ")).join(book().show(safe(part)) for part in parts))


def whole(sentence: str) -> str:
    """A sentence, maybe foreign, as it stands in a line of a terminal: see :meth:`Phrasebook.whole`."""
    return book().whole(safe(sentence)) if language().right_to_left else shown(sentence)


def whole_pieces(pieces: Line) -> Line:
    """The same for a sentence in pieces."""
    if not language().right_to_left:
        return pieces
    return [("", _TO_THE_LEFT), *pieces, ("", _END_OF_ISOLATE)]


def in_pieces(template: str, style: str, **values: tuple[str, str]) -> Line:
    """A sentence, marked with :func:`~chatd.languages.N_`, in a style, in which each value has a style of its own."""
    pieces: Line = []
    for words, field, _, _ in Formatter().parse(language().sentence(template)):
        pieces.append((style, words))
        if field is not None:
            its_style, text = values[field]
            pieces.append((its_style, book().show(safe(text))))
    return [piece for piece in pieces if piece[1]]


def _harmless(value: object) -> object:
    """Numbers, and parts that are sentences of ours, are; anything else becomes text that is."""
    if isinstance(value, int | Clause | Listing):
        return value
    return safe(value if isinstance(value, str) else str(value))
