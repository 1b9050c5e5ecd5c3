"""Events as paragraphs of a conversation's log. Knows what the lines of :mod:`clients.presentation` mean in a window.

In a log of its own a message needs no room before it, nor who it is for, and a notice no ``*``: it looks different. Must not
know which conversation something belongs to, or how it is drawn.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from chatd.requests import BOX, SetLanguage
from clients import events
from clients.events import Event, Said
from clients.gui.model import paragraphs
from clients.gui.model.paragraphs import Paragraph, Piece
from clients.gui.text.bidi import CONTROLS, base_direction
from clients.outbox import Pending
from clients.presentation.local import answer
from clients.presentation.notices import problem
from clients.presentation.rendering import Renderer
from clients.terminal_text import safe, shown
from clients.wording import say

_STAR: Final = "* "
_ROW: Final = re.compile(r" *[\u200e\u2066\u2068]?(?P<command>/?\S+(?: \S+)*)[\u2069]? {2,}(?P<does>\S.*)")


def said(renderer: Renderer, message: Said, now: float) -> list[Paragraph]:
    """A message, and before the first one of a day what day it is. ``renderer``: the one of its conversation."""
    *rules, line = renderer.lines(message, now)
    return [*(paragraphs.rule(rule, paragraphs.own_direction()) for rule in rules), _message(line, message)]


def news(renderer: Renderer, event: Event, now: float) -> list[Paragraph]:
    """Anything but a message. ``renderer``: the one that has been told all of it so far."""
    match event:
        case events.History(room) if room == BOX:
            return news(renderer, replace(event, room=None), now)
        case events.Local(request):
            in_row = _offer if request == SetLanguage(None) else _row_of_table
            return [in_row(line) for line in answer(request, renderer, columns=None)]
    lines = renderer.lines(event, now)
    match event:
        case events.CurrentChanged():
            return []  # it can be seen
        case events.History(_, messages) | events.Found(_, _, messages):
            return _answer(lines, messages)
        case events.Present() | events.RoomsListed():
            return [paragraphs.row(_unstarred(line), paragraphs.own_direction()) for line in lines]
    return [_notice(line) for line in lines]


def trouble(sentence: str) -> Paragraph:
    """Something that did not work."""
    return _notice(problem(sentence))


def said_by_window(sentence: str) -> Paragraph:
    """Something that this program says of itself."""
    return _notice([("class:notice", sentence)])


def waiting(pending: Pending, name: str) -> Paragraph:
    """What ``name``, this person, has said and the server has not acknowledged yet."""
    between = " " if pending.acted else ": "
    text = f"{'* ' if pending.acted else ''}{shown(name)}{between}{shown(pending.text)}"
    return paragraphs.pending([("class:pending", text)], safe(pending.text), paragraphs.own_direction())


def more_wait(more: int) -> Paragraph:
    """As many other lines wait behind those that are shown."""
    pieces = (("class:pending", say("… and {more} more", more=more)),)
    return Paragraph(pieces, paragraphs.own_direction(), paragraphs.Kind.PENDING)


def _message(line: Sequence[Piece], message: Said) -> Paragraph:
    return paragraphs.message(
        line,
        safe(message.text),
        paragraphs.own_direction(),
        own=message.own,
        mention=message.mention and not message.own,
    )


def _answer(lines: Sequence[Sequence[Piece]], messages: Sequence[Said]) -> list[Paragraph]:
    """A heading, the messages, and maybe a word about older ones."""
    end = 1 + len(messages)
    found = (
        replace(_message(line, message), own=False, mention=False)
        for line, message in zip(lines[1:end], messages, strict=True)
    )
    return list(chain(map(_notice, lines[:1]), found, map(_notice, lines[end:])))


def _row_of_table(line: Sequence[Piece]) -> Paragraph:
    return paragraphs.row(_from_table(line), paragraphs.own_direction())


def _offer(line: Sequence[Piece]) -> Paragraph:
    """A sentence that may be in another language than the window: it begins where that one does."""
    pieces = _unstarred(line)
    words = CONTROLS.sub("", "".join(text for _, text in pieces))
    return paragraphs.row(pieces, base_direction(words, paragraphs.own_direction()))


def _notice(line: Sequence[Piece]) -> Paragraph:
    return paragraphs.notice(_unstarred(line), paragraphs.own_direction())


def _from_table(line: Sequence[Piece]) -> list[Piece]:
    """A row of a table, which is aligned by blanks where all letters are equally wide, as a command and what it does."""
    match line:
        case [(style, text)] if text.startswith(" ") and (row := _ROW.fullmatch(text)):
            return [("bold", f"\u2066{row['command']}\u2069"), (style, f" – {row['does']}")]
    return _unstarred(line)


def _unstarred(line: Sequence[Piece]) -> list[Piece]:
    match line:
        case [("class:notice", text), *rest] if text.startswith(_STAR):
            return [("class:notice", text[len(_STAR) :]), *rest]
    return list(line)
