"""The text of ``/help``, made from the table of commands so that the two cannot disagree.

Knows the table and how wide a terminal is. Knows no sessions, and no bytes.
"""

from itertools import groupby
from operator import attrgetter
from textwrap import wrap

from chatd.wire.commands import COMMANDS, find, unknown
from chatd.wire.phrases import fill, show_error

_WIDTH = 79
"""Columns; the narrowest terminals in use have 80."""


def help_lines(topic: str | None) -> list[str]:
    """The lines that answer ``/help``, or ``/help topic``; an error's line for a command that does not exist."""
    return _overview() if topic is None else _explanation(topic)


def _overview() -> list[str]:
    usage_width = max(len(command.usage) for command in COMMANDS)
    lines = ["* What you type is said in the room. A line that begins with / is a command:"]
    for group, commands in groupby(COMMANDS, attrgetter("group")):
        lines.append(f"{group}:")
        lines.extend(f"  {command.usage:{usage_width}}  {command.summary}" for command in commands)
    lines.append("* /help COMMAND explains one. To say a line that begins with /, double it: //")
    lines.append("* /exit leaves.")
    return lines


def _explanation(topic: str) -> list[str]:
    command = find(topic)
    if command is None:
        return [f"! {show_error(unknown(topic.removeprefix('/')))}"]
    lines = [f"* {command.usage}", *(f"* {line}" for line in wrap(command.details, _WIDTH - 2))]
    if command.aliases:
        lines.append(fill("* The same: {aliases}", aliases=", ".join("/" + alias for alias in command.aliases)))
    return [*lines, fill("* For example: {example}", example=command.example)]
