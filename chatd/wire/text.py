r"""What people with nc or telnet see: events and replies as lines of UTF-8.

Knows the look of a message, the reader's language, time zone and wish for times. Knows no rooms, sessions and transports.

Lines end in a line feed alone. Network terminals should be sent CR LF (RFC 854, "The NVT printer and keyboard"), but
what nc receives goes into pipes and files as often as to a terminal, where the CR would be in the way; and a terminal
in line mode returns the carriage on its own (``ONLCR``), under telnet too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Final

from chatd.details import Clause
from chatd.events import (
    Arrival,
    Entry,
    Event,
    Joined,
    Kind,
    Left,
    Message,
    Missed,
    Notice,
    Present,
    Renamed,
    Reply,
    TopicSet,
)
from chatd.languages import ENGLISH, N_, Language
from chatd.timestyle import TimeStyle
from chatd.wire.phrases import NAMED, Phrasebook, Shown, isolate
from chatd.wire.replies import reply_lines

# What a stamp is made of, see :func:`_stamp`.
_TIME: Final = "{clock}"
_DAY: Final = "{day}"
_DAY_AND_TIME: Final = "{day} {clock}"

PRIVATE_HEADS: Final = {
    (False, True): N_("PM from {name} at {stamp}"),
    (False, False): N_("PM from {name}"),
    (True, True): N_("PM to {name} at {stamp}"),
    (True, False): N_("PM to {name}"),
}
"""What stands before a private message, by whether it is the reader's own, and has a time."""

# Looked up once: every message asks for them.
_SAID: Final = Kind.SAID
_PUBLIC: Final = (Kind.SAID, Kind.ACTED)
_ON: Final = TimeStyle.ON
_OFF: Final = TimeStyle.OFF


@dataclass(frozen=True, slots=True)
class TextForm:
    """One way to show a log as text. Readers with equal forms are shown the same bytes."""

    style: TimeStyle = TimeStyle.ON
    tag: str = ""
    """The room's name, for readers who talk in another one."""
    zone: tzinfo | None = None
    """Whose wall clock the times are read from; ``None``: the server's."""
    language: Language = ENGLISH
    _heads: dict[tuple[float, bool], str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def encode(self, event: Event | Reply, id: int = 0) -> bytes:  # noqa: ARG002 - other forms show the id
        """The lines that show an event, each with its ending."""
        if type(event) is Message:
            return self._message(event, aged=False)
        book = Phrasebook(self.language)
        sentence = news(event, book)
        if sentence is not None:
            return self._notice(sentence)
        # The types cannot say it: what is neither message nor news is a reply.
        lines = reply_lines(event, self._recalled, book)  # type: ignore[arg-type]
        return "\n".join((*lines, "")).encode()

    def recall(self, entry: Entry, now: float) -> bytes:
        """A stored message as it is shown at ``now`` (Unix seconds): with its date, if that is not today's.

        On the day it was said, these are the bytes of :meth:`encode`.
        """
        message = entry.message
        if isinstance(message.text, Clause):  # what only the store says: nobody has to look for it in what is new
            message = message._replace(text=Phrasebook(self.language).text(message.text))
        return self._message(message, aged=self._day(message.at) != self._day(now))

    def line_and_receipt(
        self,
        message: Message,
        id: int,  # noqa: ARG002 - other forms show it
    ) -> tuple[bytes, bytes | None]:
        """A message, and what the connection that it came in by is shown in its place; ``None``: the message.

        Somebody who speaks to a room sees the words on the terminal already.
        """
        return self._message(message, aged=False), b"" if message.kind in _PUBLIC else None

    def receipts(self, notice: Notice) -> dict[int, bytes]:
        """What the connections that caused it are shown in its place, by origin: who comes or goes is told in other words."""
        match notice:
            case Renamed() | TopicSet():
                return {notice.origin: b""}
            case Joined(who):
                return self._without_each(_who_joined, who)
            case Left(who):
                return self._without_each(_who_left, who)
        return {}

    def variant(self, style: TimeStyle, room: str, current: bool) -> "TextForm":
        """This form in another style, for the log of ``room``: tagged with it unless it is the ``current`` one."""
        tag = "" if current else room
        same = style is self.style and tag == self.tag
        return self if same else replace(self, style=style, tag=tag)

    def translated(self, language: Language) -> "TextForm":
        """This form in another language."""
        return self if language is self.language else replace(self, language=language)

    def _message(self, message: Message, *, aged: bool) -> bytes:
        """A message's line. ``aged``: it was not said today."""
        minute, name, text = message.at // 60, message.name, message.text
        if message.kind is _SAID:
            head = self._heads.get((minute, aged))
            if head is None:
                head = self._head(minute, aged)
            line = f"{head}{name}: {text}\n"
            if line.isascii():  # then there is nothing to isolate
                return line.encode()
            return f"{head}{isolate(name)}: {isolate(text)}\n".encode()
        if message.kind is Kind.ACTED:
            return f"{self._head(minute, aged)}* {isolate(name)} {isolate(text)}\n".encode()
        stamp = _stamp(minute, self._pattern(aged), self.zone, self.language)
        head = _private_head(message, stamp, Phrasebook(self.language), aged=aged)
        return f"[{head}]: {isolate(text)}\n".encode()

    def _head(self, minute: float, aged: bool) -> str:
        """What stands before the name in a line of a room. That of the last minute is remembered: most lines have it."""
        head = _head(minute, self._pattern(aged), self.zone, self.tag, self.language)
        self._heads.clear()
        self._heads[minute, aged] = head
        return head

    def _pattern(self, aged: bool) -> str:
        if self.style is _OFF:
            return ""
        return _TIME if self.style is _ON and not aged else _DAY_AND_TIME

    def _day(self, at: float) -> str:
        return _stamp(at // 60, _DAY, self.zone, self.language)

    def _recalled(self, entry: Entry, now: float) -> str:
        return self.recall(entry, now).decode().removesuffix("\n")

    def _notice(self, sentence: str) -> bytes:
        book = Phrasebook(self.language)
        return f"{book.notice(f'{book.show(self.tag)}: {sentence}' if self.tag else sentence)}\n".encode()

    def _without_each(
        self, wording: Callable[[Sequence[str], Phrasebook], Shown], who: Sequence[Arrival]
    ) -> dict[int, bytes]:
        """For each of those who came or went, the sentence about the others.

        Only the first few are named, so the sentence is the same for all who are not: its cost does not grow with them.
        """
        names, book = _names(who), Phrasebook(self.language)
        if len(names) == 1:
            return {who[0].origin: b""}
        unnamed = self._notice(wording(names[:-1], book))
        instead = {arrival.origin: unnamed for arrival in who}
        for place in range(min(NAMED, len(names))):
            others = names[:place] + names[place + 1 :]
            instead[who[place].origin] = self._notice(wording(others, book))
        return instead


def news(event: Event | Reply, book: Phrasebook) -> Shown | None:
    """What has happened in a room, or in one's reading of it, as a sentence; ``None``: it is something else."""
    wording = _NEWS.get(type(event))
    return wording(event, book) if wording else None


@lru_cache(maxsize=4096)
def _stamp(minute: float, pattern: str, zone: tzinfo | None, language: Language) -> str:
    """A time, given in minutes since the epoch."""
    moment = datetime.fromtimestamp(minute * 60, zone)
    return pattern.format(day=language.day(moment), clock=language.clock(moment))


@lru_cache(maxsize=4096)
def _head(minute: float, pattern: str, zone: tzinfo | None, tag: str, language: Language) -> str:
    """What stands before the name in a line of a room."""
    stamp = f"[{_stamp(minute, pattern, zone, language)}] " if pattern else ""
    return f"{stamp}{Phrasebook(language).show(tag)} " if tag else stamp


def _private_head(message: Message, stamp: str, book: Phrasebook, *, aged: bool) -> str:
    """What stands before the text of a private message. Its sender knows when it was, unless that is long ago."""
    own = message.kind is Kind.SENT
    template = PRIVATE_HEADS[own, bool(stamp) and (aged or not own)]
    return book.say(template, name=message.to if own else message.name, stamp=Shown(stamp))


def _names(who: Sequence[Arrival]) -> list[str]:
    return [arrival.name for arrival in who]


def _who_joined(names: Sequence[str], book: Phrasebook) -> Shown:
    # English does not mind how many they are; in other languages the verb does.
    return book.counted("{who} joined.", "{who} joined.", len(names), who=book.few(names))


def _who_left(names: Sequence[str], book: Phrasebook) -> Shown:
    return book.counted("{who} left.", "{who} left.", len(names), who=book.few(names))


def _joined(event: Joined, book: Phrasebook) -> Shown:
    return _who_joined(_names(event.who), book)


def _left(event: Left, book: Phrasebook) -> Shown:
    return _who_left(_names(event.who), book)


def _renamed(event: Renamed, book: Phrasebook) -> Shown:
    return book.say("{old} is now called {new}.", old=event.old, new=event.new)


def _topic_set(event: TopicSet, book: Phrasebook) -> Shown:
    template = N_("{name} set the topic: {topic}") if event.topic else N_("{name} removed the topic.")
    return book.say(template, name=event.name, topic=event.topic)


def _present(event: Present, book: Phrasebook) -> Shown:
    names, more = event.people.names, event.people.more
    return book.say("Here now ({count}): {names}.", count=len(names) + more, names=book.several(names, more))


def _missed(event: Missed, book: Phrasebook) -> Shown:
    return book.say("Messages that you did not see and that are no longer kept: {count}.", count=event.count)


# Any: the key says which of the events its function takes, in a way that type checkers cannot follow.
_NEWS: Final[dict[type, Callable[[Any, Phrasebook], Shown]]] = {
    Joined: _joined,
    Left: _left,
    Renamed: _renamed,
    TopicSet: _topic_set,
    Present: _present,
    Missed: _missed,
}
