"""How everything looks in a terminal: a style for each class of pieces. Must not know what the pieces are about.

How many colours a terminal has, and ``NO_COLOR``, are prompt_toolkit's concern.
"""

from typing import Final

from prompt_toolkit.styles import Style

STYLE: Final = Style.from_dict(
    {
        "time": "fg:ansibrightblack",
        "rule": "fg:ansibrightblack",
        "notice": "fg:ansibrightblack",
        "pending": "fg:ansibrightblack italic",
        "topic": "italic",
        "room": "bold",
        "private": "bold",
        "mention": "bold",
        "match": "reverse",
        "problem": "fg:ansired",
        "trouble": "bold",
        "unread": "bold",
        "unread.mention": "bold underline",
        "question": "bold",
        "candidate.chosen": "bold underline",
    }
)
"""The classes of the pieces of lines. In the sixteen colours of a terminal, so that its owner's choice of them counts."""
