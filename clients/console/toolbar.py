"""The line at the bottom: where one is, who is there, what happens elsewhere, and whether the server is.

Knows columns, and what matters more when there are few of them. Must not know where its words come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from prompt_toolkit.utils import get_cwidth

from chatd.wire.phrases import isolate
from clients.terminal_text import safe, shown
from clients.wording import language, say

Fragments = list[tuple[str, str]]
"""Pieces of a line, each with its style, as prompt_toolkit takes them."""

_BETWEEN: Final = "  "


@dataclass(frozen=True, slots=True)
class Unread:
    """What has not been seen of one room."""

    room: str
    messages: int
    mentions: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """What the line shows."""

    server: str
    name: str = ""
    room: str | None = None
    people: int | None = None
    """How many are in the room; ``None``: it is not known."""
    trouble: str = ""
    """Why nothing comes or goes at the moment; empty while all is well."""
    unread: Sequence[Unread] = ()
    topic: str = ""
    encrypted: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    importance: int
    """0 is the last to be left out."""
    fragments: Fragments

    @property
    def width(self) -> int:
        return width(self.fragments)


def toolbar(status: Status, columns: int) -> Fragments:
    """``status`` in at most ``columns`` columns: what matters least is left out, and what is too long for them is cut."""
    pieces = _pieces(status)
    while len(pieces) > 1 and _total(pieces) > columns:
        pieces.remove(max(pieces, key=lambda piece: piece.importance))
    joined: Fragments = []
    for piece in pieces:
        joined += [("", _BETWEEN if joined else " "), *piece.fragments]
    return cut(joined, columns)


def candidates(words: Sequence[str], chosen: int | None, columns: int) -> Fragments:
    """Words to choose from, in at most ``columns`` columns, the chosen one among them and standing out."""
    shown_words = [f" {shown(word.strip())} " for word in words]
    start = 0
    fitting = columns - 1  # there may be more behind it, for which an ellipsis stands
    while chosen is not None and start < chosen and sum(map(get_cwidth, shown_words[start : chosen + 1])) > fitting:
        start += 1
    styled = [("class:candidate.chosen" if place == chosen else "", word) for place, word in enumerate(shown_words)]
    return cut(styled[start:], columns)


def cut(fragments: Fragments, columns: int) -> Fragments:
    """As much of ``fragments`` as fits; an ellipsis stands for the rest."""
    if width(fragments) <= columns:
        return fragments
    kept: Fragments = []
    room = columns - 1
    for style, text in fragments:
        fitting = _fitting(text, room)
        kept.append((style, fitting))
        room -= get_cwidth(fitting)
        if fitting != text:
            break
    return [*kept, ("", "…"[:columns])]


def width(fragments: Fragments) -> int:
    """How many columns they take."""
    return sum(get_cwidth(text) for _, text in fragments)


def _fitting(text: str, columns: int) -> str:
    """The longest beginning of ``text`` that takes no more columns; an isolate that is cut in two is closed."""
    end = next(end for end in count(len(text), -1) if not end or get_cwidth(text[:end]) <= columns)
    fitting = text[: max(end, 0)]
    return fitting + "\u2069" * (fitting.count("\u2068") - fitting.count("\u2069"))


def _total(pieces: Sequence[_Piece]) -> int:
    return 1 + sum(piece.width for piece in pieces) + len(_BETWEEN) * (len(pieces) - 1)


def _pieces(status: Status) -> list[_Piece]:
    """All there is to show, from left to right."""
    pieces = []
    if status.trouble:
        pieces.append(_Piece(0, [("class:trouble", _apart(status.trouble))]))
    pieces.append(_Piece(1, [("class:room", _apart(status.room or say("no room")))]))
    if status.room and status.people is not None:
        pieces.append(_Piece(300, [("", _apart(say("{count} here", count=status.people)))]))
    busiest = sorted(status.unread, key=lambda unread: (-unread.mentions, -unread.messages))
    for rank, unread in enumerate(busiest):
        mark = "!" if unread.mentions else ""
        style = "class:unread.mention" if unread.mentions else "class:unread"
        importance = 2 if unread.mentions else 4
        label = _apart(say("private") if unread.room == "@" else unread.room)
        messages = language().number(unread.messages)
        pieces.append(_Piece(importance * 100 + rank, [(style, f"{label} {messages}{mark}")]))
    if status.name:
        pieces.append(
            _Piece(600, [("", f"{shown(status.name)}@{status.server}{' (TLS)' if status.encrypted else ''}")])
        )
    if status.topic:
        pieces.append(_Piece(700, [("class:topic", shown(status.topic))]))
    return pieces


def _apart(text: str) -> str:
    """Foreign or not: the pieces stand side by side in every language, each in its own direction."""
    return isolate(safe(text))
