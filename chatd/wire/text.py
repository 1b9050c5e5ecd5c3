r"""What people with nc or telnet see: events and replies as lines of UTF-8.

Knows the look of a message, the reader's time zone and wish for times. Knows no rooms, no sessions and no transports.

Lines end in a line feed alone. Network terminals should be sent CR LF (RFC 854, "The NVT printer and keyboard"), but
what nc receives goes into pipes and files as often as to a terminal, where the CR would be in the way; and a terminal
in line mode returns the carriage on its own (``ONLCR``), under telnet too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Final

from chatd.events import (
    Arrival,
    Entry,
    Event,
    Joined,
    Kind,
    Left,
    Message,
    Missed,
    Present,
    Renamed,
    Reply,
    TopicSet,
)
from chatd.timestyle import TimeStyle
from chatd.wire.phrases import NAMED, Shown, few, fill, isolate, several
from chatd.wire.replies import reply_lines

# As strftime takes them.
_TIME: Final = "%H:%M"
_DAY: Final = "%Y-%m-%d"
_DAY_AND_TIME: Final = "%Y-%m-%d %H:%M"

# Looked up once: every message asks for them.
_SAID: Final = Kind.SAID
_ON: Final = TimeStyle.ON
_OFF: Final = TimeStyle.OFF

_JOINED: Final = "{who} joined."
_LEFT: Final = "{who} left."


@dataclass(frozen=True, slots=True)
class TextForm:
    """One way to show a log as text. Readers with equal forms are shown the same bytes."""

    style: TimeStyle = TimeStyle.ON
    tag: str = ""
    """The room's name, for readers who talk in another one."""
    zone: tzinfo | None = None
    """Whose wall clock the times are read from; ``None``: the server's."""

    def encode(self, event: Event | Reply, id: int = 0) -> bytes:  # noqa: ARG002 - other forms show the id
        """The lines that show an event, each with its ending."""
        if type(event) is Message:
            return self._message(event, aged=False)
        sentence = news(event)
        if sentence is not None:
            return self._notice(sentence)
        # The types cannot say it: what is neither message nor news is a reply.
        lines = reply_lines(event, self._recalled)  # type: ignore[arg-type]
        return "".join(f"{line}\n" for line in lines).encode()

    def recall(self, entry: Entry, now: float) -> bytes:
        """A stored message as it is shown at ``now`` (Unix seconds): with its date, if that is not today's.

        On the day it was said, these are the bytes of :meth:`encode`.
        """
        return self._message(entry.message, aged=self._day(entry.message.at) != self._day(now))

    def receipts(self, event: Event, id: int) -> dict[int, bytes]:  # noqa: ARG002 - other forms show the id
        """What the connections that caused an event are shown in its place, by origin.

        Somebody who speaks sees the words on the terminal already; somebody who comes or goes is told in other words.
        """
        match event:
            case Message(kind=Kind.SAID | Kind.ACTED) | Renamed() | TopicSet():
                return {event.origin: b""}
            case Joined(who):
                return self._without_each(_JOINED, who)
            case Left(who):
                return self._without_each(_LEFT, who)
        return {}

    def variant(self, style: TimeStyle, room: str, current: bool) -> "TextForm":
        """This form in another style, for the log of ``room``: tagged with it unless it is the ``current`` one."""
        return replace(self, style=style, tag="" if current else room)

    def _message(self, message: Message, *, aged: bool) -> bytes:
        """A message's line. ``aged``: it was not said today."""
        style, minute, name, text = self.style, message.at // 60, message.name, message.text
        pattern = "" if style is _OFF else _TIME if style is _ON and not aged else _DAY_AND_TIME
        if message.kind is _SAID:
            head = _head(minute, pattern, self.zone, self.tag)
            line = f"{head}{name}: {text}\n"
            if line.isascii():  # then there is nothing to isolate
                return line.encode()
            return f"{head}{isolate(name)}: {isolate(text)}\n".encode()
        if message.kind is Kind.ACTED:
            head = _head(minute, pattern, self.zone, self.tag)
            return f"{head}* {isolate(name)} {isolate(text)}\n".encode()
        head = _private_head(message, _stamp(minute, pattern, self.zone), aged=aged)
        return f"[{head}]: {isolate(text)}\n".encode()

    def _day(self, at: float) -> str:
        return _stamp(at // 60, _DAY, self.zone)

    def _recalled(self, entry: Entry, now: float) -> str:
        return self.recall(entry, now).decode().removesuffix("\n")

    def _notice(self, sentence: str) -> bytes:
        return (f"* {isolate(self.tag)}: {sentence}\n" if self.tag else f"* {sentence}\n").encode()

    def _without_each(self, template: str, who: Sequence[Arrival]) -> dict[int, bytes]:
        """For each of those who came or went, the sentence about the others.

        Only the first few are named, so the sentence is the same for all who are not: its cost does not grow with them.
        """
        names = _names(who)
        if len(names) == 1:
            return {who[0].origin: b""}
        unnamed = self._notice(fill(template, who=few(names[:-1])))
        instead = {arrival.origin: unnamed for arrival in who}
        for place in range(min(NAMED, len(names))):
            others = few(names[:place] + names[place + 1 :])
            instead[who[place].origin] = self._notice(fill(template, who=others))
        return instead


def news(event: Event | Reply) -> Shown | None:
    """What has happened in a room, or in one's reading of it, as a sentence; ``None``: it is something else."""
    wording = _NEWS.get(type(event))
    return wording(event) if wording else None


@lru_cache(maxsize=4096)
def _stamp(minute: float, pattern: str, zone: tzinfo | None) -> str:
    """A time, given in minutes since the epoch."""
    return datetime.fromtimestamp(minute * 60, zone).strftime(pattern)


@lru_cache(maxsize=4096)
def _head(minute: float, pattern: str, zone: tzinfo | None, tag: str) -> str:
    """What stands before the name in a line of a room."""
    stamp = f"[{_stamp(minute, pattern, zone)}] " if pattern else ""
    return f"{stamp}{isolate(tag)} " if tag else stamp


def _private_head(message: Message, stamp: str, *, aged: bool) -> str:
    """What stands before the text of a private message. Its sender knows when it was, unless that is long ago."""
    if message.kind is Kind.TOLD:
        template = "PM from {name} at {stamp}" if stamp else "PM from {name}"
        return fill(template, name=message.name, stamp=stamp)
    template = "PM to {name} at {stamp}" if stamp and aged else "PM to {name}"
    return fill(template, name=message.to, stamp=stamp)


def _names(who: Sequence[Arrival]) -> list[str]:
    return [arrival.name for arrival in who]


def _joined(event: Joined) -> Shown:
    return fill(_JOINED, who=few(_names(event.who)))


def _left(event: Left) -> Shown:
    return fill(_LEFT, who=few(_names(event.who)))


def _renamed(event: Renamed) -> Shown:
    return fill("{old} is now called {new}.", old=event.old, new=event.new)


def _topic_set(event: TopicSet) -> Shown:
    template = "{name} set the topic: {topic}" if event.topic else "{name} removed the topic."
    return fill(template, name=event.name, topic=event.topic)


def _present(event: Present) -> Shown:
    names, more = event.people.names, event.people.more
    return fill("Here now ({count}): {names}.", count=len(names) + more, names=several(names, more))


def _missed(event: Missed) -> Shown:
    return fill("Messages that you did not see and that are no longer kept: {count}.", count=event.count)


# Any: the key says which of the events its function takes, in a way that type checkers cannot follow.
_NEWS: Final[dict[type, Callable[[Any], Shown]]] = {
    Joined: _joined,
    Left: _left,
    Renamed: _renamed,
    TopicSet: _topic_set,
    Present: _present,
    Missed: _missed,
}
