"""Where something that was typed is to go: what is said while one looks at a conversation goes there.

Knows requests and keys of conversations. Must not know how a line was typed, or how it is sent.
"""

from dataclasses import replace

from chatd.requests import BOX, Act, Leave, Recall, Request, Say, Search, Tell, Topic
from clients.wording import say


class Misplaced(Exception):
    """This cannot be done in this conversation; the sentence says what to do."""


def addressed(request: Request, key: str) -> Request:
    """``request`` with the conversation of this key put where it names none.

    Raises:
        Misplaced: in a private conversation, it is something that only rooms have; it would reach other people.
    """
    if key.startswith("@"):
        return _private(request, key[1:])
    match request:
        case Say(room=None) | Act(room=None) | Topic(room=None) | Leave(room=None) if key:
            return replace(request, room=key)
    return request


def _private(request: Request, person: str) -> Request:
    match request:
        case Say(text, None):
            return Tell(person, text)
        case Act(room=None) | Topic(room=None):
            raise Misplaced(
                say(
                    "This works in rooms only, and here you talk to {name} in private. Please go to a room.",
                    name=person,
                )
            )
        case Recall(room=None) | Search(room=None):
            return replace(request, room=BOX)
    return request
