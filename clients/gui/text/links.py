"""Addresses of pages in running text, and in which direction the rest of it runs. Must not know widgets, or who wrote the text.

What an address is made of: RFC 3986 and RFC 3987. What stands around it in a sentence: Latin and Persian punctuation.
"""

import re
from dataclasses import dataclass
from typing import Final

from clients.gui.text.bidi import Direction, base_direction

_PUNCTUATION: Final = ".,:;!?'*"
_BRACKETS: Final = {")": "(", "]": "[", "}": "{"}

# What ends an address wherever it stands: space, controls, quotation marks, Persian punctuation, everything that only says
# something about direction.
_BEYOND: Final = (
    r"\s\x00-\x1f\x7f-\x9f<>\"`|\\^«»“”„‘’،؛؟٫٬…\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
)
_RIGHT_TO_LEFT: Final = "\u0590-\u08ff\u200c\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff"

# A host that begins in Latin letters ends where Persian ones begin, as they do when a word follows without a space; in
# the path all letters may stand.
_HOST: Final = rf"(?:[{_RIGHT_TO_LEFT}][^{_BEYOND}/?#]*|[^{_BEYOND}/?#{_RIGHT_TO_LEFT}]+)"
_ADDRESS: Final = re.compile(
    rf"(?<![^\W{_RIGHT_TO_LEFT}])(?:https?://|www\.)(?P<host>{_HOST})(?:[/?#][^{_BEYOND}]*)?", re.IGNORECASE
)
_ANY_LETTER: Final = re.compile(r"[^\W_]")
_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a text."""

    start: int
    end: int
    """Where it stands: ``text[start:end]``."""
    url: str
    """What is to be opened; it begins with ``http://`` or ``https://``."""


def find_links(text: str) -> list[Link]:
    """The addresses in ``text``, in their order: what begins with ``http://``, ``https://`` or ``www.``, in any case.

    Punctuation at the end of one, and a bracket that was opened before it, belong to the sentence. Takes time in proportion
    to the length of the text, whatever it is.
    """
    if "://" not in text and "ww" not in text.lower():
        return []
    links = []
    for found in _ADDRESS.finditer(text):
        end = found.start() + _length(found[0])
        if end > found.start("host") and _ANY_LETTER.search(text, found.start("host"), min(end, found.end("host"))):
            address = text[found.start() : end]
            links.append(Link(found.start(), end, address if is_web(address) else f"http://{address}"))
    return links


def _length(address: str) -> int:
    """How much of it is left without the punctuation at its end."""
    unopened = {closing: address.count(closing) - address.count(opening) for closing, opening in _BRACKETS.items()}
    end = len(address)
    while end and (address[end - 1] in _PUNCTUATION or unopened.get(address[end - 1], 0) > 0):
        if address[end - 1] in unopened:
            unopened[address[end - 1]] -= 1
        end -= 1
    return end


def is_web(address: str) -> bool:
    """Whether it begins with ``http://`` or ``https://``."""
    return _SCHEME.match(address) is not None


def running_direction(text: str, default: Direction) -> Direction:
    """That of the first letter beside addresses, which are Latin in a Persian sentence too; else of the first of all.

    ``default``: there is no letter.
    """
    words, end = [], 0
    for link in find_links(text):
        words.append(text[end : link.start])
        end = link.end
    words.append(text[end:])
    return base_direction("".join(words), base_direction(text, default) if len(words) > 1 else default)
