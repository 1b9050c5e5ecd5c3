"""The text of ``/help``, made from the table of commands so that the two cannot disagree.

Knows the table and how wide a terminal is. Knows no sessions, and no bytes. How a command is written stays as it is in every
language.
"""

from itertools import groupby
from operator import attrgetter
from textwrap import wrap
from typing import Final

from chatd.details import Listing
from chatd.wire.commands import COMMANDS, find, unknown
from chatd.wire.phrases import IN_ENGLISH, Phrasebook, isolate

COLUMNS: Final = 79
"""The narrowest terminals in use have 80."""


def help_lines(topic: str | None, book: Phrasebook = IN_ENGLISH, columns: int | None = COLUMNS) -> list[str]:
    """The lines that answer ``/help``, or ``/help topic``; an error's line for a command that does not exist.

    None of what explains a command is longer than ``columns``; ``None``: it is not broken at all.
    """
    return _overview(book) if topic is None else _explanation(topic, book, columns)


def _overview(book: Phrasebook) -> list[str]:
    usage_width = max(len(command.usage) for command in COMMANDS)
    lines: list[str] = [
        book.notice(book.say("What you type is said in the room. A line that begins with / is a command:"))
    ]
    for group, commands in groupby(COMMANDS, attrgetter("group")):
        if group:
            lines.append(book.whole(f"{book.say(group)}:"))
        # The columns run from left to right in every language: only what stands in them turns around.
        lines.extend(f"  {command.usage:{usage_width}}  {isolate(book.say(command.summary))}" for command in commands)
    lines.append(book.notice(book.say("/help COMMAND explains one. To say a line that begins with /, double it: //")))
    lines.append(book.notice(book.say("/exit leaves.")))
    return lines


def _explanation(topic: str, book: Phrasebook, columns: int | None) -> list[str]:
    command = find(topic)
    if command is None:
        return [book.problem(book.error(unknown(topic.removeprefix("/"))))]
    details = book.say(command.details)
    lines = [book.show(command.usage), *(wrap(details, columns - len("* ")) if columns else [details])]
    if command.aliases:
        lines.append(book.say("The same: {aliases}", aliases=Listing("/" + alias for alias in command.aliases)))
    lines.append(book.say("For example: {example}", example=command.example))
    return [book.notice(line) for line in lines]
