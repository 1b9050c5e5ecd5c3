"""What programs are answered in version 1.

Knows every reply and its fields. Must not know how messages are written, or who is told.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from chatd.events import (
    Acked,
    Asking,
    Attendance,
    Claimed,
    Departed,
    Entered,
    Entry,
    Found,
    Goodbye,
    Greeted,
    Helped,
    Ignored,
    LanguageOffered,
    LanguageSet,
    LanguagesShown,
    NowCalled,
    Online,
    PasswordChanged,
    Pong,
    Recalled,
    Refused,
    Reset,
    Resumed,
    Roll,
    RoomList,
    TimeStyleSet,
    TopicShown,
    Unread,
    Waiting,
    Welcome,
)
from chatd.requests import BOX
from chatd.wire.json_messages import ack_line, past_line
from chatd.wire.json_news import in_room, users_line
from chatd.wire.json_objects import object_line
from chatd.wire.json_refusals import refused
from chatd.wire.json_scene import Scene, Writer
from chatd.wire.phrases import Phrasebook, plain
from chatd.wire.replies import farewell


def _greeted(reply: Greeted, scene: Scene) -> bytes:
    terms = scene.terms
    registered = {
        "type": "register",
        "ok": True,
        "v": 1,
        "user_id": reply.name,
        "account": reply.account,
        **({"session": reply.session.value} if reply.session is not None else {}),
        "epoch": reply.epoch,
        "box": reply.box,
        "motd": reply.motd,
        "ping": terms.ping_seconds,
        "text_bytes": terms.text_bytes,
        "line_bytes": terms.line_bytes,
        "lang": scene.book.language.code,
    }
    if reply.room is None:
        return object_line(registered)
    first = Entered(reply.room, reply.others, reply.topic, fresh=True, last=reply.last, epoch=reply.epoch)
    return object_line(registered) + _entered(first, scene)


def _entered(reply: Entered, _scene: Scene) -> bytes:
    return object_line(
        {
            "type": "entered",
            "room": reply.room,
            "fresh": reply.fresh,
            "topic": reply.topic,
            "last": reply.last,
            "epoch": reply.epoch,
        }
    )


def _resumed(reply: Resumed | Reset, _scene: Scene) -> bytes:
    return object_line(
        {
            "type": "resumed" if isinstance(reply, Resumed) else "reset",
            "room": reply.room,
            "topic": reply.topic,
            "after": reply.after,
            "last": reply.last,
            "epoch": reply.epoch,
        }
    )


def _attendance(reply: Attendance, scene: Scene) -> bytes:
    return users_line(reply.room, reply.names, reply.count, scene)


def _departed(reply: Departed, _scene: Scene) -> bytes:
    return object_line({"type": "departed", "room": reply.room, "current": reply.current})


def _online(reply: Online, scene: Scene) -> bytes:
    people = [{"user_id": name, **({"address": at} if at else {})} for name, at in reply.people]
    return object_line({"type": "who", **in_room(reply.room), "people": people, "ts": scene.now})


def _room_list(reply: RoomList, scene: Scene) -> bytes:
    rooms = [{"room": row.name, "count": row.people, "topic": row.topic, "joined": row.joined} for row in reply.rooms]
    return object_line({"type": "rooms", "rooms": rooms, "more": reply.more, "ts": scene.now})


def _topic_shown(reply: TopicShown, scene: Scene) -> bytes:
    return object_line({"type": "topic", "room": reply.room, "topic": reply.topic, "ts": scene.now})


def _now_called(reply: NowCalled, scene: Scene) -> bytes:
    return object_line({"type": "nick", "user_id": reply.name, "ts": scene.now})


def _recalled(reply: Recalled, scene: Scene) -> bytes:
    gone = {"gone": True} if reply.gone else {}
    end = {"type": "history", **in_room(reply.room), "count": len(reply.entries), "more": reply.cut, **gone}
    return _past(reply.entries, reply.room, scene.book) + object_line(end)


def _found(reply: Found, scene: Scene) -> bytes:
    count = len(reply.entries)
    end = {"type": "found", **in_room(reply.room), "words": reply.words, "count": count, "more": reply.cut}
    return _past(reply.entries, reply.room, scene.book) + object_line(end)


def _past(entries: Sequence[Entry], room: str | None, book: Phrasebook) -> bytes:
    return b"".join(past_line(entry, room or BOX, book.text(entry.message.text)) for entry in entries)


def _refused(reply: Refused, scene: Scene) -> bytes:
    return refused(reply, 1, scene.now, scene.book)


def _acked(reply: Acked, _scene: Scene) -> bytes:
    return ack_line(reply.cid, reply.room, reply.id, reply.at)


def _waiting(reply: Waiting, _scene: Scene) -> bytes:
    return object_line({"type": "waiting", "user_id": reply.name})


def _claimed(reply: Claimed, _scene: Scene) -> bytes:
    return object_line({"type": "claim", "ok": True, "user_id": reply.name})


def _password_changed(_reply: PasswordChanged, _scene: Scene) -> bytes:
    return object_line({"type": "password", "ok": True})


def _pong(_reply: Pong, scene: Scene) -> bytes:
    return object_line({"type": "pong", "ts": scene.now})


def _goodbye(reply: Goodbye, scene: Scene) -> bytes:
    return object_line({"type": "bye", "reason": reply.why.value, "text": plain(farewell(reply, scene.book))})


def _language_set(reply: LanguageSet, _scene: Scene) -> bytes:
    return object_line({"type": "lang", "lang": reply.language.code})


def _nothing(_event: object, _scene: Scene) -> bytes:
    return b""


FOR_TERMINALS: Final = (Welcome, TimeStyleSet, LanguagesShown, LanguageOffered, Ignored, Helped, Asking, Unread)
"""What programs are never told."""

# Any: the key says which of the events its function takes, in a way that type checkers cannot follow.
REPLIES: Final[Mapping[type, Writer]] = {
    Greeted: _greeted,
    Entered: _entered,
    Resumed: _resumed,
    Reset: _resumed,
    Attendance: _attendance,
    Departed: _departed,
    Online: _online,
    RoomList: _room_list,
    TopicShown: _topic_shown,
    NowCalled: _now_called,
    Recalled: _recalled,
    Found: _found,
    Refused: _refused,
    Acked: _acked,
    Waiting: _waiting,
    Claimed: _claimed,
    PasswordChanged: _password_changed,
    LanguageSet: _language_set,
    Pong: _pong,
    Goodbye: _goodbye,
    **dict.fromkeys((*FOR_TERMINALS, Roll), _nothing),
}
