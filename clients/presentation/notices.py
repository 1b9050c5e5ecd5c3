"""What happens, as sentences: all events but messages. The words are those of the line language.

Knows sentences and what foreign strings have to go through. Must not know times, rooms one is in, or a terminal.
"""

from collections.abc import Callable
from typing import Any, Final

from chatd.languages import N_
from chatd.requests import BOX
from chatd.wire.phrases import Shown
from chatd.wire.replies import ROOM_ROWS
from clients import events
from clients.presentation.colours import colour_of
from clients.terminal_text import shown
from clients.wording import Line, counted, few, in_pieces, language, say, several, whole, whole_pieces

__all__ = ["Line", "came", "commands_pasted", "notice", "notices", "problem", "topic_of", "went"]


_TOPIC: Final = N_("The topic of {room}: {topic}")


def notice(sentence: str) -> Line:
    """News, or an answer: ``* ...``. The sentence may be foreign, or one of ours."""
    return [("class:notice", f"* {whole(sentence)}")]


def problem(sentence: str) -> Line:
    """Something that did not work: ``! ...``. The sentence may be foreign, or one of ours."""
    return [("class:problem", f"! {whole(sentence)}")]


def commands_pasted(lines: int, commands: int) -> str:
    """Why pasted lines are not sent: a password behind ``/login`` would be said to all."""
    return counted(
        "These are {lines} lines, and {count} of them begins with a command. Nothing was sent; please paste commands one by "
        "one.",
        "These are {lines} lines, and {count} of them begin with a command. Nothing was sent; please paste commands one by "
        "one.",
        commands,
        lines=lines,
    )


def notices(event: events.Event) -> list[Line]:
    """The lines for what happened; none if there is nothing to be read about it."""
    wording = _WORDINGS.get(type(event))
    return wording(event) if wording else []


def topic_of(event: events.TopicChanged | events.TopicTold) -> str:
    """What became of a topic, or what it is."""
    if isinstance(event, events.TopicTold):
        template = _TOPIC if event.topic else N_("{room} has no topic. /topic text sets one.")
        return say(template, room=event.room, topic=event.topic)
    if event.name:
        template = N_("{name} set the topic: {topic}") if event.topic else N_("{name} removed the topic.")
    else:
        template = N_("The topic is now: {topic}") if event.topic else N_("The topic is removed.")
    return say(template, name=event.name, topic=event.topic)


def came(event: events.Came) -> str:
    """Who came into a room."""
    return counted("{who} joined.", "{who} joined.", len(event.names), who=few(event.names))


def went(event: events.Went) -> str:
    """Who went out of a room."""
    return counted("{who} left.", "{who} left.", len(event.names), who=few(event.names))


def _welcomed(event: events.Welcomed) -> list[Line]:
    if event.again:
        return [notice(say("You are back, as {name}.", name=event.name))]
    hello = (
        N_("Welcome back, {name}. /help shows the commands.")
        if event.account
        else N_("Hello {name}. /help shows the commands.")
    )
    return [*(notice(line) for line in event.motd.split("\n") if line.strip()), notice(say(hello, name=event.name))]


def _entered(event: events.Entered) -> list[Line]:
    if event.again:
        return []
    lines = [notice(say("You are now in {room}; what you say goes there.", room=event.room))]
    topic = [notice(say(_TOPIC, room=event.room, topic=event.topic))]
    return lines + topic if event.topic else lines


def _departed(event: events.Departed) -> list[Line]:
    if event.current is None:
        return [notice(say("You left {room}. You are in no room now; /join {room} goes back.", room=event.room))]
    return [notice(say("You left {room}. What you say goes to {current}.", room=event.room, current=event.current))]


def _current_changed(event: events.CurrentChanged) -> list[Line]:
    return [notice(say("What you say goes to {room}.", room=event.room))] if event.room else []


def _present(event: events.Present) -> list[Line]:
    template = N_("In {room} ({count}):") if event.room else N_("Online ({count}):")
    heading = say(template, room=event.room or "", count=len(event.people))
    return [notice(heading), *(_person(*person) for person in event.people)]


def _person(name: str, address: str) -> Line:
    return [(f"fg:{colour_of(name)}", shown(name)), ("", f" ({shown(address)})" if address else "")]


def _rooms(event: events.RoomsListed) -> list[Line]:
    heading = notice(say("Rooms ({count}):", count=len(event.rooms) + event.more))
    more: list[Line] = [[("", whole(say("... and {more} more.", more=event.more)))]] if event.more else []
    return [heading, *map(_room, event.rooms), *more, notice(say("/join #ROOM goes to one of them, or opens another."))]


def _room(row: events.RoomRow) -> Line:
    people, topic = Shown(language().number(row.count)), row.topic
    template = ROOM_ROWS[row.joined, bool(row.topic)]
    return whole_pieces(in_pieces(template, "", room=("class:room", row.name), people=("", people), topic=("", topic)))


def _ignored(event: events.Ignored) -> list[Line]:
    if event.changed is not None:
        template = N_("You ignore {name} from now on. /ignore {name} once more ends it.")
        again = N_("You see again what {name} writes.")
        return [notice(say(template if event.changed in event.names else again, name=event.changed))]
    if not event.names:
        return [notice(say("You ignore nobody. /ignore NAME hides what somebody writes."))]
    return [notice(say("You ignore {names}.", names=several(event.names)))]


def _not_sent(event: events.NotSent) -> list[Line]:
    given_back = [] if event.quoted else [problem(say("Your line was: {line}", line=event.pending.text))]
    return [problem(event.sentence), *given_back]


def _sentence(template: str) -> Callable[[Any], list[Line]]:
    """Of an event with one string, which is its name or its room."""

    def wording(event: Any) -> list[Line]:
        return [notice(say(template, **{key: getattr(event, key) for key in ("name", "room") if hasattr(event, key)}))]

    return wording


def _of_a_log(of_a_room: str, of_the_box: str) -> Callable[[Any], list[Line]]:
    """Of an event with a room, which may be the box of private messages: that has no name that people know."""

    def wording(event: events.Gap | events.HistoryReset) -> list[Line]:
        return [notice(say(of_the_box) if event.room == BOX else say(of_a_room, room=event.room))]

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
    events.Named: _sentence(N_("You are {name} now.")),
    events.Gap: _of_a_log(
        N_("Some messages of {room} that you missed are no longer kept."),
        N_("Some private messages that you missed are no longer kept."),
    ),
    events.HistoryReset: _of_a_log(
        N_("The server has another history of {room} now, which begins here."),
        N_("The server has another history of your private messages now, which begins here."),
    ),
    events.Waiting: _sentence(N_("{name} is away and will see it at the next login.")),
    events.Claimed: _sentence(N_("{name} is your account now. From now on it asks for your password.")),
    events.PasswordChanged: _sentence(N_("Your password is changed.")),
    events.Problem: lambda event: [problem(event.sentence)],
    events.NotSent: _not_sent,
    events.Bye: lambda event: [notice(event.text)] if event.text else [],
}
