"""Programs' most usual line, a message with nothing about it that has to be looked at: recognised as a whole, in one step.

Knows how that line is written; no other one, and not what is a mistake: for that, it is looked at in full.
"""

import re
from typing import Final

from chatd.requests import Say
from chatd.wire.json_fields import LONGEST_CID

# Possessive, so that no character is looked at twice.
_PLAIN: Final = r'[^"\\\x00-\x1f]'
_PLAINLY_SAID: Final = re.compile(
    r'\{"type": ?"chat"(?:, ?(?:'
    rf'"cid": ?"({_PLAIN}{{1,{LONGEST_CID}}}+)"|"text": ?"({_PLAIN}*+)"|"room": ?"({_PLAIN}*+)"'
    r")){1,3}\}"
)


def plainly_said(line: bytes) -> Say | None:
    """What a line asks for, without its ending, that says something in the usual way, in version 1 of the protocol.

    That is what :func:`chatd.wire.json_requests.decode` makes of it. Most lines are of that kind: an object that begins with its
    type, of strings that have no escapes in them. Building an object and looking into each of its fields takes three times as
    long. ``None``: this may be something else, or more than a line.
    """
    try:
        found = _PLAINLY_SAID.fullmatch(line.decode())
    except UnicodeDecodeError:
        return None
    if found is None:
        return None
    cid, text, room = found.groups()
    names = 2 + (cid is not None) + (room is not None)
    if text is None or line.count(b'"') != 4 * names:  # a field is there twice
        return None
    return Say(text, room, cid)
