"""What the Tab key makes of half a word: a command, somebody's name, a room. Knows the table of commands and who spoke.

Must not know the screen: how completions are shown is for the input line.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol

from chatd.folding import fold_letters
from chatd.languages import LANGUAGES
from chatd.timestyle import TimeStyle
from chatd.wire.commands import COMMANDS, find
from clients.terminal_text import safe


class Vocabulary(Protocol):
    """The words of this chat at this moment."""

    def names(self) -> Sequence[str]:
        """Who could be meant, the one who spoke last first."""

    def correspondents(self) -> Sequence[str]:
        """The same, and before them those with whom private messages were exchanged, the last one first."""

    def rooms(self) -> Sequence[str]:
        """The rooms one is in or has heard of."""


def complete(before: str, vocabulary: Vocabulary) -> tuple[str, list[str]]:
    """The last word of ``before``, maybe empty, and what it could become, with what follows it: ``: `` or a blank."""
    *earlier, word = before.split(" ")
    candidates = list(
        dict.fromkeys(safe(found) for found in _candidates([part for part in earlier if part], word, vocabulary))
    )
    following = ": " if not earlier and word[:1] not in {"/", "#", "@"} else " "
    return word, [candidate + following for candidate in candidates]


def _candidates(earlier: Sequence[str], word: str, vocabulary: Vocabulary) -> Iterator[str]:
    if not earlier and word.startswith("/"):
        return (f"/{name}" for name in _commands(word[1:]))
    if len(earlier) == 1 and earlier[0].startswith("/"):
        command = find(earlier[0])
        source = _ARGUMENTS.get(command.name) if command else None
        if source:
            return _beginning(word, source(vocabulary))
    if word.startswith("#"):
        return _beginning(word, vocabulary.rooms())
    if word.startswith("@"):
        return (f"@{name}" for name in _beginning(word[1:], vocabulary.names()))
    return _beginning(word, vocabulary.names())


def _commands(word: str) -> Iterator[str]:
    """Commands that begin like this; one by an alias only if no name does."""
    names = list(_beginning(word, [command.name for command in COMMANDS]))
    return iter(names) if names else _beginning(word, [alias for command in COMMANDS for alias in command.aliases])


def _beginning(word: str, candidates: Iterable[str]) -> Iterator[str]:
    folded = fold_letters(word)
    return (candidate for candidate in candidates if fold_letters(candidate).startswith(folded))


def _rooms(vocabulary: Vocabulary) -> Sequence[str]:
    return vocabulary.rooms()


_ARGUMENTS: Final[dict[str, Callable[[Vocabulary], Sequence[str]]]] = {
    "pm": lambda vocabulary: vocabulary.correspondents(),
    "ignore": lambda vocabulary: vocabulary.names(),
    "join": _rooms,
    "leave": _rooms,
    "who": _rooms,
    "help": lambda _: [command.name for command in COMMANDS],
    "lang": lambda _: [*LANGUAGES],
    "time": lambda _: [*TimeStyle],
}
"""What the first word after a command may be."""
