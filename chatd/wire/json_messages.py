"""Messages as JSON lines of version 1: as others get them, as their sender does, and as a part of an answer.

Every message passes through here, so the lines are put together by hand; what :func:`~chatd.wire.json_objects.object_line`
makes of the same fields is the same. Knows no other events.
"""

from typing import Final

from chatd.events import Entry, Kind, Message
from chatd.requests import BOX
from chatd.wire.json_objects import quote

# Looked up once: every message asks for them.
_ACTED: Final = Kind.ACTED
_PRIVATE: Final = (Kind.TOLD, Kind.SENT)


def line_and_ack(message: Message, id: int, room: str) -> tuple[bytes, bytes | None]:
    """A message as others get it, and what the connection that it came in by gets in its place; ``None``: the message."""
    if message.kind in _PRIVATE:
        ack = ack_line(message.cid, BOX, id, message.at, message.to) if message.kind is Kind.SENT else None
        return message_line(message, id, room), ack
    # What both lines have in common is written once: the time takes as long as all the rest of one.
    place, at = _place(room, id), repr(message.at)
    return _line("chat", message, place, message.text, at), _ack(message.cid, place, "", at)


def message_line(message: Message, id: int, room: str) -> bytes:
    """A message in a room, or in a box, which needs no name."""
    private = message.kind in _PRIVATE
    place = _place(BOX if private else room, id)
    return _line("pm" if private else "chat", message, place, message.text, repr(message.at))


def past_line(entry: Entry, room: str, text: str) -> bytes:
    """A message as one of an answer, with this text; ``room`` is that of those which are not private."""
    message = entry.message
    place = _place(BOX if message.kind in _PRIVATE else room, entry.id)
    return _line("past", message, place, text, repr(message.at))


def ack_line(cid: str | None, room: str, id: int, at: float, to: str | None = None) -> bytes:
    """A message is kept: its place, and when it was said; ``to``: whom a private one is for."""
    receiver = "" if to is None else f'"to":{quote(to)},'
    return _ack(cid, _place(room, id), receiver, repr(at))


def _place(room: str, id: int) -> str:
    return f'"room":{quote(room)},"id":{id},'


def _line(type: str, message: Message, place: str, text: str, at: str) -> bytes:
    to = f'"to":{quote(message.to)},' if message.kind in _PRIVATE else ""
    act = '"act":true,' if message.kind is _ACTED else ""
    line = f'{{"type":"{type}",{place}"from":{quote(message.name)},{to}"text":{quote(text)},{act}"ts":{at}}}\n'
    return line.encode()


def _ack(cid: str | None, place: str, receiver: str, at: str) -> bytes:
    own = "" if cid is None else f'"cid":{quote(cid)},'
    return f'{{"type":"ack",{own}{place}{receiver}"ts":{at}}}\n'.encode()
