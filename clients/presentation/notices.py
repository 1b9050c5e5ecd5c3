"""What happens, as sentences: all events but messages. The words are those of the line language.

Knows sentences and what foreign strings have to go through. Must not know times, rooms one is in, or a terminal.
"""

from collections.abc import Callable
from typing import Any, Final

from chatd.timestyle import TimeStyle
from chatd.wire.help import help_lines
from chatd.wire.phrases import few, fill, several
from clients import events
from clients.presentation.colours import colour_of
from clients.terminal_text import safe, shown

Line = list[tuple[str, str]]
"""Pieces of one line, each with its style: a class, or a colour, as prompt_toolkit takes them."""

_TIMES: Final = {
    TimeStyle.ON: "Messages are shown with their time from now on.",
    TimeStyle.OFF: "Messages are shown without their time from now on. /time on brings it back.",
    TimeStyle.DATE: "Messages are shown with date and time from now on.",
}


def notice(sentence: str) -> Line:
    """News, or an answer: ``* ...``. What is foreign in the sentence has been made safe."""
    return [("class:notice", f"* {sentence}")]


def problem(sentence: str) -> Line:
    """Something that did not work: ``! ...``. The sentence may be foreign."""
    return [("class:problem", f"! {shown(sentence)}")]


def foreign(sentence: str) -> Line:
    """A sentence of the server's: ``* ...``."""
    return notice(shown(sentence))


def help_text(topic: str | None) -> list[Line]:
    """The answer to ``/help``."""
    return [[("class:problem" if line.startswith("!") else "class:notice", safe(line))] for line in help_lines(topic)]


def commands_pasted(lines: int, commands: int) -> str:
    """Why pasted lines are not sent: a password behind ``/login`` would be said to all."""
    begin = "1 of them begins" if commands == 1 else f"{commands} of them begin"
    return f"These are {lines} lines, and {begin} with a command. Nothing was sent; please paste commands one by one."


def times_shown(style: TimeStyle) -> Line:
    """The answer to ``/time``."""
    return notice(_TIMES[style])


def notices(event: events.Event) -> list[Line]:
    """The lines for what happened; none if there is nothing to be read about it."""
    wording = _WORDINGS.get(type(event))
    return wording(event) if wording else []


def say(template: str, **values: str) -> str:
    """Fill a template with foreign strings, each made safe and kept to its direction."""
    return fill(template, **{key: safe(value) for key, value in values.items()})


def topic_of(event: events.TopicChanged | events.TopicTold) -> str:
    """What became of a topic, or what it is."""
    if isinstance(event, events.TopicTold):
        template = "The topic of {room}: {topic}" if event.topic else "{room} has no topic. /topic text sets one."
        return say(template, room=event.room, topic=event.topic)
    if event.name:
        template = "{name} set the topic: {topic}" if event.topic else "{name} removed the topic."
    else:
        template = "The topic is now: {topic}" if event.topic else "The topic is removed."
    return say(template, name=event.name, topic=event.topic)


def came(event: events.Came) -> str:
    """Who came into a room."""
    return fill("{who} joined.", who=few([safe(name) for name in event.names]))


def went(event: events.Went) -> str:
    """Who went out of a room."""
    return fill("{who} left.", who=few([safe(name) for name in event.names]))


def _welcomed(event: events.Welcomed) -> list[Line]:
    if event.again:
        return [notice(say("You are back, as {name}.", name=event.name))]
    hello = (
        "Welcome back, {name}. /help shows the commands."
        if event.account
        else "Hello {name}. /help shows the commands."
    )
    return [*(foreign(line) for line in event.motd.split("\n") if line.strip()), notice(say(hello, name=event.name))]


def _entered(event: events.Entered) -> list[Line]:
    if event.again:
        return []
    lines = [notice(say("You are now in {room}; what you say goes there.", room=event.room))]
    topic = [notice(say("The topic of {room}: {topic}", room=event.room, topic=event.topic))]
    return lines + topic if event.topic else lines


def _departed(event: events.Departed) -> list[Line]:
    if event.current is None:
        return [notice(say("You left {room}. You are in no room now; /join {room} goes back.", room=event.room))]
    return [notice(say("You left {room}. What you say goes to {current}.", room=event.room, current=event.current))]


def _current_changed(event: events.CurrentChanged) -> list[Line]:
    return [notice(say("What you say goes to {room}.", room=event.room))] if event.room else []


def _present(event: events.Present) -> list[Line]:
    heading = fill(
        "In {room} ({count}):" if event.room else "Online ({count}):",
        room=safe(event.room or ""),
        count=len(event.people),
    )
    return [notice(heading), *(_person(*person) for person in event.people)]


def _person(name: str, address: str) -> Line:
    return [(f"fg:{colour_of(name)}", shown(name)), ("", f" ({shown(address)})" if address else "")]


def _rooms(event: events.RoomsListed) -> list[Line]:
    heading = notice(f"Rooms ({len(event.rooms) + event.more}):")
    more: list[Line] = [[("", f"... and {event.more} more.")]] if event.more else []
    return [heading, *map(_room, event.rooms), *more, notice("/join #ROOM goes to one of them, or opens another.")]


def _room(row: events.RoomRow) -> Line:
    where = ", you are in it" if row.joined else ""
    topic = f": {shown(row.topic)}" if row.topic else ""
    return [("class:room", shown(row.name)), ("", f" ({row.count}{where}){topic}")]


def _ignored(event: events.Ignored) -> list[Line]:
    if event.changed is not None:
        template = "You ignore {name} from now on. /ignore {name} once more ends it."
        again = "You see again what {name} writes."
        return [notice(say(template if event.changed in event.names else again, name=event.changed))]
    if not event.names:
        return [notice("You ignore nobody. /ignore NAME hides what somebody writes.")]
    return [notice(fill("You ignore {names}.", names=several([safe(name) for name in event.names])))]


def _not_sent(event: events.NotSent) -> list[Line]:
    text = safe(event.pending.text)
    given_back = [] if safe(event.sentence).endswith(text) else [problem(f"Your line was: {text}")]
    return [problem(event.sentence), *given_back]


def _sentence(template: str) -> Callable[[Any], list[Line]]:
    """Of an event with one string, which is its name or its room."""

    def wording(event: Any) -> list[Line]:
        return [notice(say(template, **{key: getattr(event, key) for key in ("name", "room") if hasattr(event, key)}))]

    return wording


# Any: the key says which of the events its function takes, in a way that type checkers cannot follow.
_WORDINGS: Final[dict[type, Callable[[Any], list[Line]]]] = {
    events.Welcomed: _welcomed,
    events.Entered: _entered,
    events.Departed: _departed,
    events.CurrentChanged: _current_changed,
    events.TopicTold: lambda event: [notice(topic_of(event))],
    events.Present: _present,
    events.RoomsListed: _rooms,
    events.Ignored: _ignored,
    events.Named: _sentence("You are {name} now."),
    events.Gap: _sentence("Some messages of {room} that you missed are no longer kept."),
    events.HistoryReset: _sentence("The server has another history of {room} now, which begins here."),
    events.Waiting: _sentence("{name} is away and will see it at the next login."),
    events.Claimed: _sentence("{name} is your account now. From now on it asks for your password."),
    events.PasswordChanged: _sentence("Your password is changed."),
    events.Problem: lambda event: [problem(event.sentence)],
    events.NotSent: _not_sent,
    events.Bye: lambda event: [foreign(event.text)] if event.text else [],
}
