"""Messages as JSON lines of version 1: as others get them, as their sender does, and as a part of an answer.

Every message passes through here, so the lines are put together by hand; what :func:`~chatd.wire.json_objects.object_line`
makes of the same fields is the same. Knows no other events.
"""

from typing import Final

from chatd.events import Entry, Kind, Message
from chatd.requests import BOX
from chatd.wire.json_objects import quote

# Looked up once: every message asks for them.
_SAID: Final = Kind.SAID
_PRIVATE: Final = (Kind.TOLD, Kind.SENT)
_BOX: Final = quote(BOX)


def line_and_ack(message: Message, id: int, room: str) -> tuple[bytes, bytes | None]:
    """A message as others get it, and what the connection that it came in by gets in its place; ``None``: the message."""
    if message.kind is not _SAID:
        return message_line(message, id, room), _receipt(message, id, room)
    # Most of them. What both lines have in common is written once: the time takes as long as all the rest of one.
    cid, place, at = message.cid, f'"room":{quote(room)},"id":{id},', repr(message.at)
    own = "" if cid is None else f'"cid":{quote(cid)},'
    line = f'{{"type":"chat",{place}"from":{quote(message.name)},"text":{quote(message.text)},"ts":{at}}}\n'
    return line.encode(), f'{{"type":"ack",{own}{place}"ts":{at}}}\n'.encode()


def message_line(message: Message, id: int, room: str) -> bytes:
    """A message in a room, or in a box, which needs no name."""
    return _line("pm" if message.kind in _PRIVATE else "chat", message, id, room, message.text)


def past_line(entry: Entry, room: str, text: str) -> bytes:
    """A message as one of an answer, with this text; ``room`` is that of those which are not private."""
    return _line("past", entry.message, entry.id, room, text)


def _receipt(message: Message, id: int, room: str) -> bytes | None:
    if message.kind in _PRIVATE:
        sent = message.kind is Kind.SENT
        return ack_line(message.cid, BOX, id, message.at, message.to) if sent else None
    return ack_line(message.cid, room, id, message.at)


def ack_line(cid: str | None, room: str, id: int, at: float, to: str | None = None) -> bytes:
    """A message is kept: its place, and when it was said; ``to``: whom a private one is for."""
    own = "" if cid is None else f'"cid":{quote(cid)},'
    receiver = "" if to is None else f'"to":{quote(to)},'
    return f'{{"type":"ack",{own}"room":{quote(room)},"id":{id},{receiver}"ts":{at!r}}}\n'.encode()


def _line(type: str, message: Message, id: int, room: str, text: str) -> bytes:
    private = message.kind in _PRIVATE
    to = f'"to":{quote(message.to)},' if private else ""
    act = '"act":true,' if message.kind is Kind.ACTED else ""
    line = (
        f'{{"type":"{type}","room":{_BOX if private else quote(room)},"id":{id},"from":{quote(message.name)},'
        f'{to}"text":{quote(text)},{act}"ts":{message.at!r}}}\n'
    )
    return line.encode()
