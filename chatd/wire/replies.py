"""What a person at a terminal is answered, as lines of text.

Knows every reply there is and its wording, but of those that are about a room in the background: they look like the
room's other news. Knows no bytes, no settings, and not how a message looks: what recalls one is passed in. Sentences
begin with ``* ``, errors with ``! ``, rows of a list with nothing. What only programs can ask for has no words.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

from chatd.events import (
    Acked,
    Asking,
    Attendance,
    Claimed,
    Company,
    Departed,
    Entered,
    Entry,
    Farewell,
    Found,
    Goodbye,
    Greeted,
    Helped,
    Ignored,
    NowCalled,
    Online,
    PasswordChanged,
    Pong,
    Prompt,
    Recalled,
    Refused,
    Reply,
    Reset,
    Resumed,
    Roll,
    RoomList,
    RoomSummary,
    TimeStyleSet,
    TopicShown,
    Unread,
    Waiting,
    Welcome,
)
from chatd.timestyle import TimeStyle
from chatd.wire.help import help_lines
from chatd.wire.phrases import Shown, fill, several, show, show_error

Recall: TypeAlias = Callable[[Entry, float], str]
"""How a stored message is shown now: the entry, the time of day -> its line, without the ending."""

IN_SIGHT: Final = "* (It will be visible on your screen as you type.)"
"""Said before something is asked for that must not be seen, where the terminal cannot be told to hide it."""


def reply_lines(reply: Reply | Roll, recall: Recall) -> Iterable[str]:
    """The lines of a reply, without their endings."""
    return _WORDING[type(reply)](reply, recall)


def _welcome(_reply: Welcome, _recall: Recall) -> Iterable[str]:
    yield "* Welcome to chatd. What is your name?"


def _greeted(reply: Greeted, _recall: Recall) -> Iterable[str]:
    yield from (f"* {show(line.expandtabs())}" for line in reply.motd.splitlines())
    hello = "* Welcome back, {name}. " if reply.account else "* Hello {name}. "
    if reply.room is None:
        yield fill(hello + "You are in no room; /join #ROOM goes to one. /help shows the commands.", name=reply.name)
        return
    alone = hello + "You are alone in {room}. /help shows the commands."
    together = hello + "You are in {room} with {others}. /help shows the commands."
    yield _in_company(alone, together, reply.others, name=reply.name, room=reply.room)
    yield from _topic(reply.room, reply.topic)


def _entered(reply: Entered, _recall: Recall) -> Iterable[str]:
    if not reply.fresh:
        yield fill("* What you say goes to {room} again.", room=reply.room)
        return
    alone = "* You are now alone in {room}; what you say goes there."
    together = "* You are now in {room} with {others}; what you say goes there."
    yield _in_company(alone, together, reply.others, room=reply.room)
    yield from _topic(reply.room, reply.topic)


def _in_company(alone: str, together: str, others: Company, **values: str) -> str:
    template = together if others.names or others.more else alone
    return fill(template, others=several(others.names, others.more), **values)


def _topic(room: str, topic: str) -> Iterable[str]:
    if topic:
        yield fill("* The topic of {room}: {topic}", room=room, topic=topic)


def _departed(reply: Departed, _recall: Recall) -> Iterable[str]:
    if reply.current is None:
        yield fill("* You left {room}. You are in no room now; /join {room} goes back.", room=reply.room)
    else:
        yield fill("* You left {room}. What you say goes to {current}.", room=reply.room, current=reply.current)


def _online(reply: Online, _recall: Recall) -> Iterable[str]:
    heading = "* Online ({count}):" if reply.room is None else "* In {room} ({count}):"
    yield fill(heading, count=len(reply.people), room=reply.room)
    for name, address in reply.people:
        yield fill("{name} ({address})", name=name, address=address) if address else show(name)


def _room_list(reply: RoomList, _recall: Recall) -> Iterable[str]:
    yield fill("* Rooms ({count}):", count=len(reply.rooms) + reply.more)
    yield from map(_room, reply.rooms)
    if reply.more:
        yield fill("... and {more} more.", more=reply.more)
    yield "* /join #ROOM goes to one of them, or opens another."


def _room(row: RoomSummary) -> str:
    if row.joined:
        template = "{room} ({people}, you are in it): {topic}" if row.topic else "{room} ({people}, you are in it)"
    else:
        template = "{room} ({people}): {topic}" if row.topic else "{room} ({people})"
    return fill(template, room=row.name, people=row.people, topic=row.topic)


def _topic_shown(reply: TopicShown, _recall: Recall) -> Iterable[str]:
    yield from _topic(reply.room, reply.topic)
    if not reply.topic:
        yield fill("* {room} has no topic. /topic text sets one.", room=reply.room)


def _now_called(reply: NowCalled, _recall: Recall) -> Iterable[str]:
    yield fill("* You are {name} now.", name=reply.name)


def _recalled(reply: Recalled, recall: Recall) -> Iterable[str]:
    if not reply.entries:
        nothing = "* There are no private messages to show." if reply.room is None else "* {room} has nothing to show."
        yield fill(nothing, room=reply.room)
        return
    heading = "* Your private messages ({count}):" if reply.room is None else "* In {room} and in private ({count}):"
    yield fill(heading, room=reply.room, count=len(reply.entries))
    yield from (recall(entry, reply.now) for entry in reply.entries)
    if reply.cut:
        yield "* These are the latest; there are older ones. /help history tells how to see more."


def _found(reply: Found, recall: Recall) -> Iterable[str]:
    if not reply.entries:
        nowhere = "* Nothing found for {words} in your private messages."
        nowhere = nowhere if reply.room is None else "* Nothing found for {words} in {room} or in private."
        yield fill(nowhere, words=reply.words, room=reply.room)
        return
    yield fill("* Found for {words} ({count}):", words=reply.words, count=len(reply.entries))
    yield from (recall(entry, reply.now) for entry in reply.entries)
    if reply.cut:
        yield "* These are the latest; there are older ones. More words find fewer."


_STYLES: Final = {
    TimeStyle.ON: "* Messages are shown with their time from now on.",
    TimeStyle.OFF: "* Messages are shown without their time from now on. /time on brings it back.",
    TimeStyle.DATE: "* Messages are shown with date and time from now on.",
}


def _time_style_set(reply: TimeStyleSet, _recall: Recall) -> Iterable[str]:
    yield _STYLES[reply.style]


def _ignored(reply: Ignored, _recall: Recall) -> Iterable[str]:
    if reply.changed in reply.names:
        yield fill("* You ignore {name} from now on. /ignore {name} once more ends it.", name=reply.changed)
    elif reply.changed is not None:
        yield fill("* You see again what {name} writes.", name=reply.changed)
    elif reply.names:
        yield fill("* You ignore {names}.", names=several(reply.names))
    else:
        yield "* You ignore nobody. /ignore NAME hides what somebody writes."


def _helped(reply: Helped, _recall: Recall) -> Iterable[str]:
    return help_lines(reply.topic)


def _refused(reply: Refused, _recall: Recall) -> Iterable[str]:
    yield f"! {show_error(reply.error)}"
    if reply.line:
        yield fill("! Your line was: {line}", line=reply.line)


_PROMPTS: Final = {
    Prompt.PASSWORD: "* Password for {name}:",
    Prompt.NEW: "* New password for {name}:",
    Prompt.AGAIN: "* The new password again:",
}


def _asking(reply: Asking, _recall: Recall) -> Iterable[str]:
    yield fill(_PROMPTS[reply.prompt], name=reply.name)


def _claimed(reply: Claimed, _recall: Recall) -> Iterable[str]:
    yield fill("* {name} is your account now. From now on it asks for your password.", name=reply.name)


def _password_changed(_reply: PasswordChanged, _recall: Recall) -> Iterable[str]:
    yield "* Your password is changed."


def _waiting(reply: Waiting, _recall: Recall) -> Iterable[str]:
    yield fill("* {name} is away and will see it at the next login.", name=reply.name)


def _unread(reply: Unread, _recall: Recall) -> Iterable[str]:
    one = "* {count} private message came while you were away:"
    many = "* {count} private messages came while you were away:"
    yield fill(one if reply.count == 1 else many, count=reply.count)


def _untold(_reply: Reply | Roll, _recall: Recall) -> Iterable[str]:
    return ()


_FAREWELLS: Final = {
    Farewell.ASKED: ("Goodbye.", "Goodbye, {name}."),
    Farewell.SHUTDOWN: ("The server is shutting down. Goodbye.", "The server is shutting down. Goodbye, {name}."),
    Farewell.FAILURE: (
        "The server has to stop, because it cannot keep what is said any more. Goodbye.",
        "The server has to stop, because it cannot keep what is said any more. Goodbye, {name}.",
    ),
    Farewell.NAMELESS: ("No name was given in time. Connect again when you like. Goodbye.",) * 2,
    Farewell.FLOOD: (
        "Far too many lines came in, so this connection is closed. Goodbye.",
        "Far too many lines came in, so this connection is closed. Goodbye, {name}.",
    ),
    Farewell.PASSWORD: (
        "The password was changed, so this connection is closed. Goodbye.",
        "The password of {name} was changed, so this connection is closed. Goodbye.",
    ),
    Farewell.REPLACED: (
        "You came back by another connection, so this one is closed. Goodbye.",
        "You came back by another connection, so this one is closed. Goodbye, {name}.",
    ),
}
"""For each reason, what is said to somebody without a name, and with one."""


def farewell(reply: Goodbye) -> Shown:
    """The last sentence, as it is without the sign of a notice."""
    return fill(_FAREWELLS[reply.why][reply.name is not None], name=reply.name)


def _goodbye(reply: Goodbye, _recall: Recall) -> Iterable[str]:
    yield f"* {farewell(reply)}"


# Any: the key says which of the replies its function takes, in a way that type checkers cannot follow.
_WORDING: Final[dict[type, Callable[[Any, Recall], Iterable[str]]]] = {
    Welcome: _welcome,
    Greeted: _greeted,
    Entered: _entered,
    Departed: _departed,
    Online: _online,
    RoomList: _room_list,
    TopicShown: _topic_shown,
    NowCalled: _now_called,
    Recalled: _recalled,
    Found: _found,
    TimeStyleSet: _time_style_set,
    Ignored: _ignored,
    Helped: _helped,
    Refused: _refused,
    Asking: _asking,
    Claimed: _claimed,
    PasswordChanged: _password_changed,
    Waiting: _waiting,
    Unread: _unread,
    Goodbye: _goodbye,
    # None of these can happen to somebody who types lines. Coming back, pings, and acknowledgements of what is sent
    # again are asked for by programs (a person's message has no cid), and who is here by name alone; the roll is for
    # those of the old protocol. Should one come all the same, it must not disturb the screen.
    Acked: _untold,
    Attendance: _untold,
    Pong: _untold,
    Reset: _untold,
    Resumed: _untold,
    Roll: _untold,
}
