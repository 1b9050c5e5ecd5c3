"""Events as lines of styled text, in the look of the line language. Knows messages, times and days; must not know a terminal.

A line is a list of pieces, each with a style. Without the styles it is the line of plain mode. Every foreign string in it has
gone through :mod:`clients.terminal_text`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Final

from chatd.languages import N_
from chatd.timestyle import TimeStyle
from chatd.wire.phrases import Shown, isolate
from chatd.wire.text import PRIVATE_HEADS
from chatd.words import Query
from clients import events
from clients.presentation.colours import colour_of
from clients.presentation.notices import Line, came, notice, notices, topic_of, went
from clients.terminal_text import safe, shown
from clients.wording import in_pieces, language, say

_RULE: Final = "─" * 4


@dataclass(slots=True)
class Renderer:
    """Turns what happens into lines. Remembers which day it has come to, and which room needs no name."""

    zone: tzinfo | None = None
    """Whose wall clock; ``None``: this machine's."""
    style: TimeStyle = TimeStyle.ON
    current: str | None = None
    """The room that is talked to."""
    _day: date | None = None
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
            elsewhere = room != self.current
            return [notice(say("{room}: {news}", room=room, news=sentence) if elsewhere else sentence)]
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
        if goes_on:
            return [notice(_goes_on(why))]
        return [notice(why)] if why else []

    def _history(self, event: events.History, now: float) -> list[Line]:
        room = event.room or self.current or ""
        gone = [notice(say("Older messages are no longer kept."))] if event.gone else []
        if not event.messages:
            nothing = N_("{room} has nothing to show.") if room else N_("There is nothing to show.")
            return [notice(say(nothing, room=room)), *gone]
        template = N_("In {room} and in private ({count}):") if room else N_("Your private messages ({count}):")
        heading = notice(say(template, room=room, count=len(event.messages)))
        older = [notice(say("These are the latest; there are older ones. /help history tells how to see more."))]
        return [heading, *self._answer(event.messages, now), *(older if event.more else []), *gone]

    def _found(self, event: events.Found, now: float) -> list[Line]:
        if not event.messages:
            return [notice(say("Nothing found for {words}.", words=event.words))]
        heading = notice(say("Found for {words} ({count}):", words=event.words, count=len(event.messages)))
        older = [notice(say("These are the latest; there are older ones. More words find fewer."))]
        return [heading, *self._answer(event.messages, now, event.words), *(older if event.more else [])]

    def _answer(self, messages: Sequence[events.Said], now: float, matches: str = "") -> list[Line]:
        today = self._moment(now).date()
        return [
            self.said(message, aged=self._moment(message.at).date() != today, matches=matches) for message in messages
        ]

    def _stamp(self, at: float, *, aged: bool) -> str:
        if self.style is TimeStyle.OFF:
            return ""
        moment = self._moment(at)
        clock = language().clock(moment)
        return f"{language().day(moment)} {clock}" if aged or self.style is TimeStyle.DATE else clock

    def _new_day(self, at: float) -> list[Line]:
        """A line between the days, and before the first message."""
        day = self._moment(at).date()
        if day == self._day:
            return []
        self._day = day
        return [rule(language().long_day(day))]

    def _moment(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self.zone)


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
    name, when = (f"fg:{colour_of(other)} bold", other), ("class:private", Shown(stamp))
    head = in_pieces(PRIVATE_HEADS[message.own, bool(stamp)], "class:private", name=name, stamp=when)
    return [("class:private", "["), *head, ("class:private", "]: ")]


def _goes_on(why: str) -> str:
    """A connection that was there is gone; it is not the end."""
    if not why:
        return say("Trying again; what you say meanwhile is sent then.")
    return say("{why} Trying again; what you say meanwhile is sent then.", why=why)


def _marked(text: str, words: str, style: str) -> Line:
    """``text``, with the words in it that were searched for standing out; its direction stays its own."""
    if not text:
        return []
    query = Query.parse(words)
    pieces: Line = []
    place = 0
    for start, end in query.places(text) if query else ():
        pieces += [(style, text[place:start]), ("class:match", text[start:end])]
        place = end
    pieces.append((style, text[place:]))
    before, _, after = isolate(text).partition(text)  # once around all of it, not around each piece
    return [(kind, piece) for kind, piece in [(style, before), *pieces, (style, after)] if piece]
