"""How long what is typed may still become. Knows what of a line is a message; must not know how it is typed, or sent."""

from chatd.requests import Act, Say, Tell
from chatd.wire.commands import parse


def bytes_left(draft: str, limit: int) -> int:
    """By how many bytes of UTF-8 the longest message of ``draft`` is shorter than ``limit``; negative: it is longer.

    Each line is one message; of a command only what it says counts, and nothing of one that says nothing.
    """
    return limit - max(_length(line) for line in draft.split("\n"))


def _length(line: str) -> int:
    match parse(line):
        case Say(text) | Act(text) | Tell(_, text):
            return len(text.encode("utf-8", "replace"))
    return 0
