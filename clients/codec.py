"""Bytes to what a server says, and requests to bytes: JSON lines, version 1 of the protocol for programs.

Knows how each line is written (docs/protocol.rst, All messages); not what it means for a conversation. One row of
:data:`READERS` is one type.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from chatd.requests import BOX
from chatd.secret import Secret
from clients.fields import Fields, ProtocolError, parse
from clients.messages import (
    AccountMade,
    Ack,
    AnswerEnd,
    Entry,
    Exit,
    Farewell,
    Kept,
    Line,
    Lost,
    Move,
    NewName,
    PasswordSet,
    People,
    Ping,
    Pong,
    Refusal,
    Registered,
    Resumption,
    RoomTable,
    ServerMessage,
    TopicIs,
    Unregistered,
    Users,
    YouAre,
)
from clients.wording import say

LONGEST_LINE: Final = 1024 * 1024
"""Bytes. The protocol asks to be ready for 256 KiB."""
TEXT_BYTES: Final = 4096
"""The most that a text may have when the server does not say."""


class LineBuffer:
    """Lines out of bytes that come cut anywhere. Never looks at a byte twice."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def clear(self) -> None:
        """Forget the beginning of a line: its end will not come."""
        self._buffer.clear()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that are whole now, without their endings.

        Raises:
            ProtocolError: a line is longer than :data:`LONGEST_LINE`.
        """
        *whole, rest = data.split(b"\n")
        for part in whole:
            self._add(part)
            line = bytes(self._buffer)
            self._buffer.clear()
            yield line.removesuffix(b"\r")
        self._add(rest)

    def _add(self, part: bytes) -> None:
        self._buffer += part
        if len(self._buffer) > LONGEST_LINE:
            raise ProtocolError(say("The server sent a line of more than {limit} bytes.", limit=LONGEST_LINE))


def decode(line: bytes) -> ServerMessage | None:
    """What this line says; ``None``: nothing to us (it is for people, or of a type that is not known yet).

    Raises:
        ProtocolError: it is broken.
    """
    if not line.startswith(b"{"):
        return None
    values = parse(line)
    kind = Fields(values, "line").token("type")
    reader = READERS.get(kind)
    return reader(Fields(values, kind)) if reader else None


def encode(kind: str, fields: Mapping[str, Any]) -> bytes:
    """A request as a line. Fields that are ``None`` are left out; secrets are written as they are, half characters as ``?``."""
    written = {key: _plain(value) for key, value in fields.items() if value is not None}
    return json.dumps({"type": kind, **written}, ensure_ascii=False, allow_nan=False).encode(errors="replace") + b"\n"


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value


def _register(fields: Fields) -> ServerMessage:
    if not fields.flag("ok"):
        return Unregistered(fields.text("reason"), fields.text("text", ""), fields.seconds("seconds"))
    return Registered(
        name=fields.text("user_id"),
        version=fields.integer("v") if fields.has("v") else None,
        account=fields.flag("account", False),
        session=Secret(fields.token("session")) if fields.has("session") else None,
        epoch=fields.token("epoch", ""),
        box=fields.integer("box", 0, 0),
        motd=fields.lines("motd", ""),
        text_bytes=fields.integer("text_bytes", 1, TEXT_BYTES),
    )


def _ack(fields: Fields) -> ServerMessage:
    cid = fields.token("cid") if fields.has("cid") else None
    return Ack(fields.text("room"), fields.integer("id", 1), fields.time("ts"), cid, fields.text("to", ""))


def _line(fields: Fields, *, private: bool = False, past: bool = False) -> ServerMessage:
    return Line(
        room=fields.text("room", BOX if private else None),
        id=fields.integer("id", 1),
        name=fields.text("from"),
        text=fields.text("text"),
        at=fields.time("ts"),
        acted=fields.flag("act", False),
        to=fields.text("to", None if private else ""),
        past=past,
    )


def _answer_end(fields: Fields, *, search: bool) -> ServerMessage:
    words = fields.text("words") if search else None
    return AnswerEnd(fields.optional_text("room"), words, fields.flag("more"), fields.flag("gone", False))


def _entered(fields: Fields) -> ServerMessage:
    last, epoch = fields.integer("last"), fields.token("epoch")
    return Entry(fields.text("room"), fields.flag("fresh"), fields.text("topic"), last, epoch)


def _resumed(fields: Fields, *, reset: bool) -> ServerMessage:
    after, last, epoch = fields.integer("after"), fields.integer("last"), fields.token("epoch")
    return Resumption(fields.text("room"), fields.text("topic", ""), after, last, epoch, reset)


def _names(fields: Fields) -> tuple[str, ...] | None:
    return fields.names("users") if fields.has("users") else None


def _move(fields: Fields, *, came: bool) -> ServerMessage:
    return Move(fields.text("room"), _names(fields), fields.integer("count"), fields.time("ts"), came)


def _renamed(fields: Fields) -> ServerMessage:
    return NewName(fields.text("room"), fields.text("from"), fields.text("to"), fields.time("ts"))


def _topic(fields: Fields) -> ServerMessage:
    return TopicIs(fields.text("room"), fields.text("topic"), fields.optional_text("from"), fields.time("ts"))


def _rooms(fields: Fields) -> ServerMessage:
    rows = tuple(
        (row.text("room"), row.integer("count"), row.optional_text("topic") or "", row.flag("joined", False))
        for row in fields.objects("rooms")
    )
    return RoomTable(rows, fields.integer("more", 0, 0))


def _who(fields: Fields) -> ServerMessage:
    people = tuple(
        (person.text("user_id"), person.optional_text("address") or "") for person in fields.objects("people")
    )
    return People(fields.optional_text("room"), people)


def _refusal(fields: Fields, *, retry: bool) -> ServerMessage:
    return Refusal(
        code=fields.text("error"),
        text=fields.text("text", ""),
        request=fields.token("request") if fields.has("request") else None,
        cid=fields.token("cid") if fields.has("cid") else None,
        seconds=fields.seconds("seconds"),
        retry=retry,
    )


READERS: Final[Mapping[str, Callable[[Fields], ServerMessage]]] = {
    "register": _register,
    "ack": _ack,
    "chat": _line,
    "pm": lambda fields: _line(fields, private=True),
    "past": lambda fields: _line(fields, past=True),
    "history": lambda fields: _answer_end(fields, search=False),
    "found": lambda fields: _answer_end(fields, search=True),
    "waiting": lambda fields: Kept(fields.text("user_id")),
    "entered": _entered,
    "departed": lambda fields: Exit(fields.text("room"), fields.optional_text("current")),
    "resumed": lambda fields: _resumed(fields, reset=False),
    "reset": lambda fields: _resumed(fields, reset=True),
    "gap": lambda fields: Lost(fields.text("room"), fields.integer("first", 1)),
    "users": lambda fields: Users(fields.optional_text("room"), _names(fields), fields.integer("count")),
    "joined": lambda fields: _move(fields, came=True),
    "left": lambda fields: _move(fields, came=False),
    "renamed": _renamed,
    "topic": _topic,
    "nick": lambda fields: YouAre(fields.text("user_id")),
    "rooms": _rooms,
    "who": _who,
    "claim": lambda fields: AccountMade(fields.text("user_id")),
    "password": lambda _: PasswordSet(),
    "ping": lambda _: Ping(),
    "pong": lambda _: Pong(),
    "retry": lambda fields: _refusal(fields, retry=True),
    "error": lambda fields: _refusal(fields, retry=False),
    "bye": lambda fields: Farewell(fields.text("reason"), fields.text("text", "")),
}
"""How each type of line is read. Any other type is none of ours: new ones may come."""
