"""Messages as JSON lines of version 1: as others get them, as their sender does, and as a part of an answer.

Every message passes through here, so the lines are put together by hand; what :func:`~chatd.wire.json_objects.object_line`
makes of the same fields is the same. Knows no other events.
"""

from functools import lru_cache
from typing import Final

from chatd.events import Entry, Kind, Message
from chatd.requests import BOX
from chatd.wire.json_objects import quote

# Looked up once: every message asks for them.
_SAID: Final = Kind.SAID
_PRIVATE: Final = (Kind.TOLD, Kind.SENT)
_BOX: Final = quote(BOX)

_seconds: Final = lru_cache(maxsize=1024)(repr)
"""A time, which its sender's line and that of the others have in common; writing it takes as long as all the rest of one."""
_known: Final = lru_cache(maxsize=4096)(quote)
"""The same, for what comes again and again: names of rooms and people."""


def message_line(message: Message, id: int, room: str) -> bytes:
    """A message in a room, or in a box, which needs no name."""
    if message.kind is _SAID:  # most of them
        line = (
            f'{{"type":"chat","room":{_known(room)},"id":{id},"from":{_known(message.name)},'
            f'"text":{quote(message.text)},"ts":{_seconds(message.at)}}}\n'
        )
        return line.encode()
    return _line("pm" if message.kind in _PRIVATE else "chat", message, id, room, message.text)


def past_line(entry: Entry, room: str, text: str) -> bytes:
    """A message as one of an answer, with this text; ``room`` is that of those which are not private."""
    return _line("past", entry.message, entry.id, room, text)


def receipt(message: Message, id: int, room: str) -> bytes | None:
    """What the connection that a message came in by gets in its place; ``None``: the message."""
    if message.kind in _PRIVATE:
        sent = message.kind is Kind.SENT
        return ack_line(message.cid, BOX, id, message.at, message.to) if sent else None
    return ack_line(message.cid, room, id, message.at)


def ack_line(cid: str | None, room: str, id: int, at: float, to: str | None = None) -> bytes:
    """A message is kept: its place, and when it was said; ``to``: whom a private one is for."""
    own = "" if cid is None else f'"cid":{quote(cid)},'
    receiver = "" if to is None else f'"to":{quote(to)},'
    return f'{{"type":"ack",{own}"room":{_known(room)},"id":{id},{receiver}"ts":{_seconds(at)}}}\n'.encode()


def _line(type: str, message: Message, id: int, room: str, text: str) -> bytes:
    private = message.kind in _PRIVATE
    to = f'"to":{quote(message.to)},' if private else ""
    act = '"act":true,' if message.kind is Kind.ACTED else ""
    line = (
        f'{{"type":"{type}","room":{_BOX if private else _known(room)},"id":{id},"from":{_known(message.name)},'
        f'{to}"text":{quote(text)},{act}"ts":{_seconds(message.at)}}}\n'
    )
    return line.encode()
