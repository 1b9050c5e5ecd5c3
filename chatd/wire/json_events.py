"""Events and replies as JSON lines, in both versions of the protocol: the form that readers of logs are given.

Knows which module writes what. Must not know sessions or rooms; the time is asked of a function that is given.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from chatd.details import Clause
from chatd.events import Entry, Event, Joined, Left, Message, Notice, Renamed, Reply, TopicSet
from chatd.languages import ENGLISH, Language
from chatd.requests import BOX
from chatd.timestyle import TimeStyle
from chatd.wire.json_messages import line_and_ack, message_line
from chatd.wire.json_news import NEWS, without_each
from chatd.wire.json_objects import object_line
from chatd.wire.json_replies import REPLIES
from chatd.wire.json_scene import Scene, Terms, Writer
from chatd.wire.json_version_0 import course_line, course_receipt, course_receipts
from chatd.wire.phrases import Phrasebook

_VERSION_1: Final[Mapping[type, Writer]] = {**NEWS, **REPLIES}
_TERMS: Final = Terms()


@dataclass(frozen=True, slots=True)
class JsonForm:
    """One version of the protocol, for one room's log. Readers with equal forms are sent the same bytes."""

    version: int
    """That of the client's ``register``; 0 before."""
    room: str = ""
    """Which log it is; empty: the box, or no log at all."""
    clock: Callable[[], float] = field(kw_only=True, compare=False)
    """The time of day, Unix seconds."""
    terms: Terms = field(kw_only=True, compare=False, default=_TERMS)
    language: Language = field(kw_only=True, default=ENGLISH)
    """That of the sentences in it; what people said stays as it is."""

    def encode(self, event: Event | Reply, id: int = 0) -> bytes:
        """The event as whole lines, one object each; nothing, if it means nothing to programs of this version."""
        if not self.version:
            return course_line(event, self.clock(), Phrasebook(self.language))
        if type(event) is Message:
            return message_line(event, id, self.room)
        return _VERSION_1[type(event)](event, self._scene())

    def recall(self, entry: Entry, now: float) -> bytes:  # noqa: ARG002 - other forms show how old it is
        """A stored message, in the same bytes as when it was new."""
        message = entry.message
        if isinstance(message.text, Clause):  # what only the store says: nobody has to look for it in what is new
            message = message._replace(text=Phrasebook(self.language).text(message.text))
        return self.encode(message, entry.id)

    def line_and_receipt(self, message: Message, id: int) -> tuple[bytes, bytes | None]:
        """A message, and what the connection that it came in by is sent in its place: an ack; ``None``: the message."""
        if self.version:
            return line_and_ack(message, id, self.room)
        return self.encode(message), course_receipt(message)

    def receipts(self, notice: Notice) -> dict[int, bytes]:
        """What the connections that caused it are sent in its place, by origin."""
        if not self.version:
            return course_receipts(notice, self.clock(), Phrasebook(self.language))
        match notice:
            case Renamed() | TopicSet():
                return {notice.origin: b""}
            case Joined() | Left():
                return without_each(notice, self._scene())
        return {}

    def variant(self, style: TimeStyle, room: str, current: bool) -> "JsonForm":  # noqa: ARG002 - for terminals
        """This form for the log of ``room`` (a box: empty). How times look is the client's affair."""
        return replace(self, room=room)

    def translated(self, language: Language) -> "JsonForm":
        """This form with the sentences in it in another language."""
        return replace(self, language=language)

    def _scene(self) -> Scene:
        return Scene(self.room or BOX, self.clock(), self.terms, Phrasebook(self.language))


def ping(now: float) -> bytes:
    """The line that asks a silent client whether it is there. ``now``: Unix seconds."""
    return object_line({"type": "ping", "ts": now})
