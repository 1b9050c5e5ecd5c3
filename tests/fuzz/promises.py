"""What holds for everything that is shown: no terminal acts on it, no direction leaks out of it. Must not know who shows it."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Final

from chatd.errors import ChatError
from chatd.languages import LANGUAGES
from chatd.secret import Secret
from chatd.wire.phrases import Phrasebook, plain

_DANGEROUS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]")
_STEPS: Final = {"\u2066": 1, "\u2067": 1, "\u2068": 1, "\u2069": -1}
_ISOLATES: Final = re.compile(f"[{''.join(_STEPS)}]")


def assert_harmless(line: str) -> None:
    """One line that a terminal only shows, and behind which everything runs as before it (UAX 9)."""
    found = _DANGEROUS.search(line)
    assert found is None, f"{found[0]!r} in {line[:200]!r}"
    depth = 0
    for isolate in _ISOLATES.findall(line):
        depth += _STEPS[isolate]
        assert depth >= 0, f"an isolate is closed that was not opened: {line[:200]!r}"
    assert depth == 0, f"an isolate is left open: {line[:200]!r}"


def assert_told(error: ChatError) -> None:
    """The error can be told, in every language, to people and to programs."""
    for language in LANGUAGES.values():
        book = Phrasebook(language)
        sentence = book.problem(book.error(error))
        assert_harmless(sentence)
        assert_harmless(plain(sentence))
        assert sentence.isprintable() or not sentence.isascii()
    assert str(error)


def strings_in(value: object) -> Iterator[str]:
    """All strings in a value made of dataclasses, tuples, lists and dictionaries; secrets are not looked into."""
    match value:
        case Secret() | Enum():
            return
        case str():
            yield value
        case tuple() | list() | frozenset() | set():
            for one in value:
                yield from strings_in(one)
        case dict():
            for key, one in value.items():
                yield from strings_in(key)
                yield from strings_in(one)
        case _ if is_dataclass(value):
            for field in fields(value):
                yield from strings_in(getattr(value, field.name))
