"""Events as lines of styled text, in the look of the line language. Knows messages, times and days; must not know a terminal.

A line is a list of pieces, each with a style. Without the styles it is the line of plain mode. Every foreign string in it has
gone through :mod:`clients.terminal_text`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Final

from chatd.folding import fold_for_search
from chatd.timestyle import TimeStyle
from chatd.wire.phrases import fill, isolate
from clients import events
from clients.presentation.colours import colour_of
from clients.presentation.notices import Line, came, foreign, notice, notices, say, topic_of, went
from clients.terminal_text import safe, shown

_RULE: Final = "─" * 4
_GOES_ON: Final = "Trying again; what you say meanwhile is sent then."
_WORD: Final = re.compile(r"[^\W_]+(?:\u200c[^\W_]+)*")  # a ZWNJ divides no word


@dataclass(slots=True)
class Renderer:
    """Turns what happens into lines. Remembers which day it has come to, and which room needs no name."""

    zone: tzinfo | None = None
    """Whose wall clock; ``None``: this machine's."""
    style: TimeStyle = TimeStyle.ON
    current: str | None = None
    """The room that is talked to."""
    _day: str = ""
    _entered: set[str] = field(default_factory=set)
    _online: bool = False
    _trouble: str = ""
    _farewell: str = ""

    def lines(self, event: events.Event, now: float) -> list[Line]:
        """The lines for what happened, at ``now`` (Unix seconds); none for what is not to be read."""
        match event:
            case events.Said():
                return [*self._new_day(event.at), self.said(event)]
            case events.History():
                return self._history(event, now)
            case events.Found():
                return self._found(event, now)
            case events.StateChanged():
                return self._state(event)
        return self._news(event)

    def said(self, message: events.Said, *, aged: bool = False, matches: str = "") -> Line:
        """One message. ``aged``: it was not said today; ``matches``: words to be marked in it."""
        stamp = self._stamp(message.at, aged=aged)
        text = _marked(safe(message.text), matches, "class:mention" if message.mention else "")
        if message.private:
            return [*_private_head(message, stamp), *text]
        head: Line = [("class:time", f"[{stamp}] ")] if stamp else []
        if message.room != self.current:
            head.append(("class:room", f"{shown(message.room)} "))
        name = (f"fg:{colour_of(message.name)}{' bold' if message.mention else ''}", shown(message.name))
        return [*head, ("", "* "), name, ("", " "), *text] if message.acted else [*head, name, ("", ": "), *text]

    def _news(self, event: events.Event) -> list[Line]:
        match event:
            case events.Entered(room):
                self._entered.add(room)
            case events.Bye(_, text):
                self._farewell = text  # it is also why the connection ends, and need not be read twice
            case events.CurrentChanged(room) if room not in self._entered:
                return []  # that it is entered will be told, and that what is said goes there
        sentence, room = _about_a_room(event)
        if sentence:
            return [notice(sentence if room == self.current else f"{shown(room)}: {sentence}")]
        return notices(event)

    def _state(self, event: events.StateChanged) -> list[Line]:
        """Why there is no connection: once for each reason, not for each attempt."""
        was_online, self._online = self._online, event.state is events.State.ONLINE
        if self._online:
            self._trouble = ""
        if not event.why or event.why == self._trouble:
            return []
        self._trouble = event.why
        goes_on = was_online and event.state is not events.State.ENDED
        why, self._farewell = "" if event.why == self._farewell else event.why, ""
        sentence = f"{why} {_GOES_ON}".lstrip() if goes_on else why
        return [foreign(sentence)] if sentence else []

    def _history(self, event: events.History, now: float) -> list[Line]:
        room = event.room or self.current or ""
        if not event.messages:
            return [notice(say("{room} has nothing to show.", room=room) if room else "There is nothing to show.")]
        template = "In {room} and in private ({count}):" if room else "Your private messages ({count}):"
        heading = notice(fill(template, room=safe(room), count=len(event.messages)))
        older = [notice("These are the latest; there are older ones. /help history tells how to see more.")]
        return [heading, *self._answer(event.messages, now), *(older if event.more else [])]

    def _found(self, event: events.Found, now: float) -> list[Line]:
        if not event.messages:
            return [notice(say("Nothing found for {words}.", words=event.words))]
        heading = notice(fill("Found for {words} ({count}):", words=safe(event.words), count=len(event.messages)))
        older = [notice("These are the latest; there are older ones. More words find fewer.")]
        return [heading, *self._answer(event.messages, now, event.words), *(older if event.more else [])]

    def _answer(self, messages: Sequence[events.Said], now: float, matches: str = "") -> list[Line]:
        today = self._date(now)
        return [self.said(message, aged=self._date(message.at) != today, matches=matches) for message in messages]

    def _stamp(self, at: float, *, aged: bool) -> str:
        if self.style is TimeStyle.OFF:
            return ""
        moment = datetime.fromtimestamp(at, self.zone)
        return f"{moment:%Y-%m-%d %H:%M}" if aged or self.style is TimeStyle.DATE else f"{moment:%H:%M}"

    def _new_day(self, at: float) -> list[Line]:
        """A line between the days, and before the first message."""
        day = self._date(at)
        if day == self._day:
            return []
        self._day = day
        return [rule(day)]

    def _date(self, at: float) -> str:
        return f"{datetime.fromtimestamp(at, self.zone):%A %Y-%m-%d}"


def rule(words: str) -> Line:
    """A line that divides what stands above it from what stands below."""
    return [("class:rule", f"{_RULE} {words} {_RULE}")]


def plain(line: Line) -> str:
    """The line without its styles."""
    return "".join(text for _, text in line)


def _about_a_room(event: events.Event) -> tuple[str, str]:
    """The sentence about something that happened in a room, and the room."""
    match event:
        case events.TopicChanged(room):
            return topic_of(event), room
        case events.Came(room, names) if names:
            return came(event), room
        case events.Went(room, names) if names:
            return went(event), room
        case events.Renamed(room, old, new):
            return say("{old} is now called {new}.", old=old, new=new), room
    return "", ""


def _private_head(message: events.Said, stamp: str) -> Line:
    other = message.to if message.own else message.name
    when = f" at {stamp}" if stamp else ""
    return [
        ("class:private", "[PM to " if message.own else "[PM from "),
        (f"fg:{colour_of(other)} bold", shown(other)),
        ("class:private", f"{when}]: "),
    ]


def _marked(text: str, words: str, style: str) -> Line:
    """``text``, with the words in it that were searched for standing out; its direction stays its own."""
    if not text:
        return []
    searched = tuple(filter(None, map(fold_for_search, _WORD.findall(words))))
    pieces: Line = []
    place = 0
    for match in _WORD.finditer(text) if searched else ():
        if fold_for_search(match[0]).startswith(searched):
            pieces += [(style, text[place : match.start()]), ("class:match", match[0])]
            place = match.end()
    pieces.append((style, text[place:]))
    before, _, after = isolate(text).partition(text)  # once around all of it, not around each piece
    return [(kind, piece) for kind, piece in [(style, before), *pieces, (style, after)] if piece]
