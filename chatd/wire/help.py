"""The text of ``/help``, made from the table of commands so that the two cannot disagree.

Knows the table and how wide a terminal is. Knows no sessions, and no bytes. How a command is written stays as it is in every
language.
"""

from itertools import groupby
from operator import attrgetter
from textwrap import wrap

from chatd.details import Listing
from chatd.wire.commands import COMMANDS, find, unknown
from chatd.wire.phrases import IN_ENGLISH, Phrasebook, isolate

_WIDTH = 79
"""Columns; the narrowest terminals in use have 80."""


def help_lines(topic: str | None, book: Phrasebook = IN_ENGLISH) -> list[str]:
    """The lines that answer ``/help``, or ``/help topic``; an error's line for a command that does not exist."""
    return _overview(book) if topic is None else _explanation(topic, book)


def _overview(book: Phrasebook) -> list[str]:
    usage_width = max(len(command.usage) for command in COMMANDS)
    lines = [_notice(book.say("What you type is said in the room. A line that begins with / is a command:"))]
    for group, commands in groupby(COMMANDS, attrgetter("group")):
        if group:
            lines.append(f"{book.say(group)}:")
        # The columns run from left to right in every language: only what stands in them turns around.
        lines.extend(f"  {command.usage:{usage_width}}  {isolate(book.say(command.summary))}" for command in commands)
    lines.append(_notice(book.say("/help COMMAND explains one. To say a line that begins with /, double it: //")))
    lines.append(_notice(book.say("/exit leaves.")))
    return lines


def _explanation(topic: str, book: Phrasebook) -> list[str]:
    command = find(topic)
    if command is None:
        return [f"! {book.error(unknown(topic.removeprefix('/')))}"]
    lines = [book.show(command.usage), *wrap(book.say(command.details), _WIDTH - 2)]
    if command.aliases:
        lines.append(book.say("The same: {aliases}", aliases=Listing("/" + alias for alias in command.aliases)))
    return [_notice(line) for line in [*lines, book.say("For example: {example}", example=command.example)]]


def _notice(sentence: str) -> str:
    return f"* {sentence}"
