"""What a person at a terminal is answered, as lines of text.

Knows every reply there is and its wording, but of those that are about a room in the background: they look like the
room's other news. Knows no bytes, no settings, and not how a message looks: what recalls one is passed in. Sentences
begin with ``* ``, errors with ``! ``, rows of a list with nothing. What only programs can ask for has no words.

In which language, the phrasebook says.
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
    LanguageOffered,
    LanguageSet,
    LanguagesShown,
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
from chatd.languages import LANGUAGES, N_, Language
from chatd.timestyle import TimeStyle
from chatd.wire.help import help_lines
from chatd.wire.phrases import Phrasebook, Shown

Recall: TypeAlias = Callable[[Entry, float], str]
"""How a stored message is shown now: the entry, the time of day -> its line, without the ending."""


def reply_lines(reply: Reply | Roll, recall: Recall, book: Phrasebook) -> Iterable[str]:
    """The lines of a reply, without their endings."""
    return _WORDING[type(reply)](reply, recall, book)


def in_sight(book: Phrasebook) -> str:
    """Said before something is asked for that must not be seen, where the terminal cannot be told to hide it."""
    return book.notice(book.say("(It will be visible on your screen as you type.)"))


def _welcome(_reply: Welcome, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.notice(book.say("Welcome to chatd. What is your name?"))


def _greeted(reply: Greeted, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    if reply.motd:
        yield from (book.notice(book.show(line.expandtabs())) for line in reply.motd.splitlines())
    name, room = reply.name, reply.room
    hello = book.say("Welcome back, {name}.", name=name) if reply.account else book.say("Hello {name}.", name=name)
    if room is None:
        place = book.say("You are in no room; /join #ROOM goes to one. /help shows the commands.")
        yield book.notice(f"{hello} {place}")
        return
    others = _company(reply.others, book)
    if others:
        place = book.say("You are in {room} with {others}. /help shows the commands.", room=room, others=others)
    else:
        place = book.say("You are alone in {room}. /help shows the commands.", room=room)
    yield book.notice(f"{hello} {place}")
    yield from _topic(room, reply.topic, book)


def _entered(reply: Entered, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    room, others = reply.room, _company(reply.others, book)
    if not reply.fresh:
        yield book.notice(book.say("What you say goes to {room} again.", room=room))
        return
    if others:
        said = book.say("You are now in {room} with {others}; what you say goes there.", room=room, others=others)
    else:
        said = book.say("You are now alone in {room}; what you say goes there.", room=room)
    yield book.notice(said)
    yield from _topic(room, reply.topic, book)


def _company(others: Company, book: Phrasebook) -> str:
    """The others as a part of a sentence; empty: there are none."""
    return book.several(others.names, others.more) if others.names or others.more else ""


def _topic(room: str, topic: str, book: Phrasebook) -> Iterable[str]:
    if topic:
        yield book.notice(book.say("The topic of {room}: {topic}", room=room, topic=topic))


def _departed(reply: Departed, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    room, current = reply.room, reply.current
    if current is None:
        yield book.notice(book.say("You left {room}. You are in no room now; /join {room} goes back.", room=room))
    else:
        yield book.notice(book.say("You left {room}. What you say goes to {current}.", room=room, current=current))


def _online(reply: Online, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    count = len(reply.people)
    if reply.room is None:
        yield book.notice(book.say("Online ({count}):", count=count))
    else:
        yield book.notice(book.say("In {room} ({count}):", room=reply.room, count=count))
    for name, address in reply.people:
        yield book.say(N_("{name} ({address})"), name=name, address=address) if address else book.show(name)


def _room_list(reply: RoomList, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.notice(book.say("Rooms ({count}):", count=len(reply.rooms) + reply.more))
    yield from (_room(row, book) for row in reply.rooms)
    if reply.more:
        yield book.say("... and {more} more.", more=reply.more)
    yield book.notice(book.say("/join #ROOM goes to one of them, or opens another."))


def _room(row: RoomSummary, book: Phrasebook) -> str:
    """``#tea (3, you are in it): Green or black?``"""  # noqa: D415 (it is what it looks like)
    template = ROOM_ROWS[row.joined, bool(row.topic)]
    return book.say(template, room=row.name, people=row.people, topic=row.topic)


ROOM_ROWS: Final = {
    (True, True): N_("{room} ({people}, you are in it): {topic}"),
    (True, False): N_("{room} ({people}, you are in it)"),
    (False, True): N_("{room} ({people}): {topic}"),
    (False, False): N_("{room} ({people})"),
}
"""How a room stands in a list of them: by whether one is in it, and whether it has a topic."""


def _topic_shown(reply: TopicShown, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield from _topic(reply.room, reply.topic, book)
    if not reply.topic:
        yield book.notice(book.say("{room} has no topic. /topic text sets one.", room=reply.room))


def _now_called(reply: NowCalled, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.notice(book.say("You are {name} now.", name=reply.name))


def _recalled(reply: Recalled, recall: Recall, book: Phrasebook) -> Iterable[str]:
    room, count = reply.room, len(reply.entries)
    if not count:
        nothing = N_("There are no private messages to show.") if room is None else N_("{room} has nothing to show.")
        yield book.notice(book.say(nothing, room=room))
        yield from _gone(reply, book)
        return
    private, both = N_("Your private messages ({count}):"), N_("In {room} and in private ({count}):")
    yield book.notice(book.say(private if room is None else both, room=room, count=count))
    yield from (recall(entry, reply.now) for entry in reply.entries)
    if reply.cut:
        yield book.notice(book.say("These are the latest; there are older ones. /help history tells how to see more."))
    yield from _gone(reply, book)


def _gone(reply: Recalled, book: Phrasebook) -> Iterable[str]:
    if reply.gone:
        yield book.notice(book.say("Older messages are no longer kept."))


def _found(reply: Found, recall: Recall, book: Phrasebook) -> Iterable[str]:
    room, words, count = reply.room, reply.words, len(reply.entries)
    if not count:
        private = N_("Nothing found for {words} in your private messages.")
        nowhere = private if room is None else N_("Nothing found for {words} in {room} or in private.")
        yield book.notice(book.say(nowhere, words=words, room=room))
        return
    yield book.notice(book.say("Found for {words} ({count}):", words=words, count=count))
    yield from (recall(entry, reply.now) for entry in reply.entries)
    if reply.cut:
        yield book.notice(book.say("These are the latest; there are older ones. More words find fewer."))


STYLES_SET: Final = {
    TimeStyle.ON: N_("Messages are shown with their time from now on."),
    TimeStyle.OFF: N_("Messages are shown without their time from now on. /time on brings it back."),
    TimeStyle.DATE: N_("Messages are shown with date and time from now on."),
}
"""What is said when somebody has chosen how times are shown."""


def _time_style_set(reply: TimeStyleSet, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.notice(book.say(STYLES_SET[reply.style]))


def _language_set(reply: LanguageSet, _recall: Recall, _book: Phrasebook) -> Iterable[str]:
    book = Phrasebook(reply.language)
    yield book.notice(book.say("The server speaks {language} from now on.", language=reply.language.name))


def _languages_shown(_reply: LanguagesShown, _recall: Recall, _book: Phrasebook) -> Iterable[str]:
    yield from map(_offer, LANGUAGES.values())


def _language_offered(reply: LanguageOffered, _recall: Recall, _book: Phrasebook) -> Iterable[str]:
    yield _offer(reply.language)


def _offer(language: Language) -> str:
    """How to be spoken to in this language, for whoever understands no other."""
    book = Phrasebook(language)
    return book.notice(
        book.say(
            "With {command} the server speaks {language}.", command=f"/lang {language.code}", language=language.name
        )
    )


def _ignored(reply: Ignored, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    changed = reply.changed
    if changed in reply.names:
        yield book.notice(book.say("You ignore {name} from now on. /ignore {name} once more ends it.", name=changed))
    elif changed is not None:
        yield book.notice(book.say("You see again what {name} writes.", name=changed))
    elif reply.names:
        yield book.notice(book.say("You ignore {names}.", names=book.several(reply.names)))
    else:
        yield book.notice(book.say("You ignore nobody. /ignore NAME hides what somebody writes."))


def _helped(reply: Helped, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    return help_lines(reply.topic, book)


def _refused(reply: Refused, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.problem(book.error(reply.error))
    if reply.line:
        yield book.problem(book.say("Your line was: {line}", line=reply.line))


_PROMPTS: Final = {
    Prompt.PASSWORD: N_("Password for {name}:"),
    Prompt.NEW: N_("New password for {name}:"),
    Prompt.AGAIN: N_("The new password again:"),
}


def _asking(reply: Asking, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.notice(book.say(_PROMPTS[reply.prompt], name=reply.name))


def _claimed(reply: Claimed, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.notice(book.say("{name} is your account now. From now on it asks for your password.", name=reply.name))


def _password_changed(_reply: PasswordChanged, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.notice(book.say("Your password is changed."))


def _waiting(reply: Waiting, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.notice(book.say("{name} is away and will see it at the next login.", name=reply.name))


def _unread(reply: Unread, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.notice(
        book.counted(
            "{count} private message came while you were away:",
            "{count} private messages came while you were away:",
            reply.count,
        )
    )


def _untold(_reply: Reply | Roll, _recall: Recall, _book: Phrasebook) -> Iterable[str]:
    return ()


_FAREWELLS: Final = {
    Farewell.ASKED: (N_("Goodbye."), N_("Goodbye, {name}.")),
    Farewell.SHUTDOWN: (
        N_("The server is shutting down. Goodbye."),
        N_("The server is shutting down. Goodbye, {name}."),
    ),
    Farewell.FAILURE: (
        N_("The server has to stop, because it cannot keep what is said any more. Goodbye."),
        N_("The server has to stop, because it cannot keep what is said any more. Goodbye, {name}."),
    ),
    Farewell.NAMELESS: (N_("No name was given in time. Connect again when you like. Goodbye."),) * 2,
    Farewell.FLOOD: (
        N_("Far too many lines came in, so this connection is closed. Goodbye."),
        N_("Far too many lines came in, so this connection is closed. Goodbye, {name}."),
    ),
    Farewell.PASSWORD: (
        N_("The password was changed, so this connection is closed. Goodbye."),
        N_("The password of {name} was changed, so this connection is closed. Goodbye."),
    ),
    Farewell.REPLACED: (
        N_("You came back by another connection, so this one is closed. Goodbye."),
        N_("You came back by another connection, so this one is closed. Goodbye, {name}."),
    ),
}
"""For each reason, what is said to somebody without a name, and with one."""


def farewell(reply: Goodbye, book: Phrasebook) -> Shown:
    """The last sentence, as it is without the sign of a notice."""
    return book.say(_FAREWELLS[reply.why][reply.name is not None], name=reply.name)


def _goodbye(reply: Goodbye, _recall: Recall, book: Phrasebook) -> Iterable[str]:
    yield book.notice(farewell(reply, book))


# Any: the key says which of the replies its function takes, in a way that type checkers cannot follow.
_WORDING: Final[dict[type, Callable[[Any, Recall, Phrasebook], Iterable[str]]]] = {
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
    LanguageSet: _language_set,
    LanguagesShown: _languages_shown,
    LanguageOffered: _language_offered,
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
