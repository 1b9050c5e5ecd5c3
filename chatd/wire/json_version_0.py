"""What programs of a course project are told: version 0 of the protocol, with one room, no ids, and sentences for news.

Knows every event that such a client can meet; of the others it is told nothing. Must not know version 1.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from chatd.events import (
    Attendance,
    Event,
    Goodbye,
    Greeted,
    Joined,
    Kind,
    Left,
    Message,
    Missed,
    Notice,
    Pong,
    Present,
    Refused,
    Renamed,
    Reply,
    Roll,
    TopicSet,
)
from chatd.wire.json_objects import object_line
from chatd.wire.json_refusals import refused
from chatd.wire.phrases import Phrasebook, plain
from chatd.wire.replies import farewell
from chatd.wire.text import TextForm, news

Writer: TypeAlias = Callable[[Any, float, Phrasebook], bytes]
"""How one kind of event is written at this time (Unix seconds), with sentences from this book."""


def course_line(event: Event | Reply, now: float, book: Phrasebook) -> bytes:
    """An event or a reply, as lines with their endings; nothing, if it has none in this version."""
    if isinstance(event, Message):
        return _message(event)
    write = _WRITERS.get(type(event))
    return write(event, now, book) if write else b""


def course_receipt(message: Message) -> bytes | None:
    """What the connection that a message came in by gets in its place; ``None``: the message."""
    match message.kind:
        case Kind.SAID | Kind.ACTED:
            return b""
        case Kind.SENT:
            return _delivered(message)
    return None


def course_receipts(notice: Notice, now: float, book: Phrasebook) -> dict[int, bytes]:
    """What the connections that caused it get in its place, by origin."""
    # The text format knows the sentence about the others; most of a crowd share one.
    lines = TextForm(language=book.language).receipts(notice)
    told = {line: _told(line, now) for line in set(lines.values())}
    return {origin: told[line] for origin, line in lines.items()}


def _told(line: bytes, now: float) -> bytes:
    sentence = plain(line.decode()).removeprefix("* ").removesuffix("\n")
    return _system(sentence, now) if sentence else b""


def _message(message: Message) -> bytes:
    """A message in the room, or to this client; its sender is told only that it was delivered."""
    if message.kind is Kind.SENT:
        return b""
    text = f"* {message.name} {message.text}" if message.kind is Kind.ACTED else message.text
    if message.kind is Kind.TOLD:
        return object_line({"type": "pm", "from": message.name, "to": message.to, "text": text, "ts": message.at})
    return object_line({"type": "chat", "from": message.name, "text": text, "ts": message.at})


def _delivered(message: Message) -> bytes:
    return object_line({"type": "pm_ack", "to": message.to, "delivered": True, "ts": message.at})


def _system(sentence: str, now: float) -> bytes:
    return object_line({"type": "system", "text": sentence, "ts": now})


def _news(event: Event | Missed, now: float, book: Phrasebook) -> bytes:
    return _system(plain(news(event, book) or ""), now)


def _users(names: Sequence[str], count: int, now: float, book: Phrasebook) -> bytes:
    """Who is here; of a crowd that is not named, how many."""
    if count and not names:
        return _system(plain(book.say("Here now: {count}.", count=count)), now)
    return object_line({"type": "users", "users": names, "ts": now})


def _roll(event: Roll, now: float, book: Phrasebook) -> bytes:
    return _users(event.names, len(event.names), now, book)


def _attendance(reply: Attendance, now: float, book: Phrasebook) -> bytes:
    return _users(reply.names, reply.count, now, book)


def _present(reply: Present, now: float, book: Phrasebook) -> bytes:
    return _users(reply.names, len(reply.people.names) + reply.people.more, now, book)


def _greeted(reply: Greeted, _now: float, book: Phrasebook) -> bytes:
    # Who does not ask for one is answered to the letter as ever.
    language = {"lang": book.language.code} if reply.language_asked else {}
    return object_line({"type": "register", "ok": True, "user_id": reply.name, **language})


def _refused(reply: Refused, now: float, book: Phrasebook) -> bytes:
    return refused(reply, 0, now, book)


def _pong(_reply: Pong, now: float, _book: Phrasebook) -> bytes:
    return object_line({"type": "pong", "ts": now})


def _goodbye(reply: Goodbye, now: float, book: Phrasebook) -> bytes:
    return _system(plain(farewell(reply, book)), now)


# Any: the key says which of the events its function takes, in a way that type checkers cannot follow.
_WRITERS: Final[Mapping[type, Writer]] = {
    Joined: _news,
    Left: _news,
    Renamed: _news,
    TopicSet: _news,
    Missed: _news,
    Roll: _roll,
    Attendance: _attendance,
    Present: _present,
    Greeted: _greeted,
    Refused: _refused,
    Pong: _pong,
    Goodbye: _goodbye,
}
