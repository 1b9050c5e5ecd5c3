"""The conversations of the window: where what happens belongs, and what of it has been seen."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.languages import LANGUAGES, PERSIAN, Language
from chatd.requests import BOX, Act, Help, Join, Leave, Recall, Request, Say, Search, SetLanguage, SetTime, Tell, Topic
from chatd.secret import Secret
from chatd.timestyle import TimeStyle
from chatd.wire.commands import COMMANDS, Command
from clients import events
from clients.events import Event, Said, State, Timing
from clients.gui.model.addressing import Misplaced, addressed
from clients.gui.model.conversation import KEPT
from clients.gui.model.conversations import SHOWN_PENDING, Changes, Conversations
from clients.gui.model.lengths import bytes_left
from clients.gui.model.paragraphs import Kind, Paragraph
from clients.gui.model.view import RoomView, View
from clients.gui.model.words import Words
from clients.gui.text.bidi import Direction
from clients.gui.text.paragraph import layout
from clients.outbox import Pending
from clients.wording import speak

NOON = 1_800_000_000.0
LOBBY, DEV = RoomView("#lobby"), RoomView("#dev")
HERE = View(State.ONLINE, "chat.example.org", name="ali", current="#lobby", rooms=(LOBBY, DEV))


def said(text: str, room: str = "#lobby", name: str = "sara", **more: object) -> Said:
    """A message at noon."""
    return replace(Said(room, 1, name, text, NOON), **more)  # type: ignore[arg-type]


def pm(text: str, name: str = "sara", **more: object) -> Said:
    """A private one to ali."""
    return said(text, BOX, name, **{"to": "ali", **more})


class Chat:
    """Conversations, and the view that goes with them."""

    def __init__(self, view: View = HERE) -> None:
        self.view = view
        self.all = Conversations(UTC)
        self.all.take([], view, NOON)

    def happens(self, *happened: Event, **changed: object) -> Changes:
        """This happens, and then the view is another."""
        self.view = replace(self.view, **changed)  # type: ignore[arg-type]
        return self.all.take(happened, self.view, NOON)

    def texts(self, key: str) -> list[str]:
        """What stands in a conversation, without the lines that divide it."""
        conversation = self.all.find(key)
        assert conversation
        return [p.text for p in conversation.paragraphs if p.kind is not Kind.RULE]

    def unread(self, key: str) -> tuple[int, int]:
        """How many, and how many of them for this person."""
        conversation = self.all.find(key)
        assert conversation
        return conversation.unread, conversation.mentions

    @property
    def listed(self) -> list[str]:
        """The list."""
        return [conversation.key for conversation in self.all]


# Where it belongs


def test_what_is_said_in_a_room_stands_in_that_room_without_its_name() -> None:
    """Each room has a log of its own."""
    chat = Chat()
    changes = chat.happens(said("hello", "#dev"))
    assert chat.texts("#dev") == ["[08:00] sara: hello"]
    assert chat.texts("#lobby") == []
    assert [conversation.key for conversation in changes.changed] == ["#dev"]


def test_private_messages_have_a_conversation_for_each_person() -> None:
    """Both sides of it, and nothing that says once more whom it is with."""
    chat = Chat()
    chat.happens(pm("hi"), pm("how are you?", name="ali", own=True, to="sara"), pm("hello", name="mina"))
    assert chat.texts("@sara") == ["[08:00] sara: hi", "[08:00] ali: how are you?"]
    assert chat.texts("@mina") == ["[08:00] mina: hello"]
    assert chat.listed == ["#lobby", "#dev", "@sara", "@mina"]


def test_the_room_that_is_talked_to_is_looked_at_first() -> None:
    """There is something to look at from the first view on."""
    assert Chat().all.shown.key == "#lobby"


def test_a_day_begins_with_a_line_in_each_conversation() -> None:
    """Each knows its own last day."""
    chat = Chat()
    chat.happens(said("one"), said("two"), said("three", "#dev"), said("later", at=NOON + 86400))
    kinds = [[p.kind for p in c.paragraphs] for c in chat.all]
    rule, message = Kind.RULE, Kind.MESSAGE
    assert kinds == [[rule, message, message, rule, message], [rule, message]]


def test_answers_are_given_where_somebody_looks() -> None:
    """Who asks in a private conversation is answered there."""
    chat = Chat()
    chat.all.look_at("@sara")
    chat.happens(events.Problem("No one called bob is here."), events.Present(None, (("ali", ""), ("sara", "::1"))))
    assert chat.texts("@sara") == ["! No one called bob is here.", "Online (2):", "ali", "sara (::1)"]


def test_news_of_a_room_stand_in_that_room() -> None:
    """Joins, leaves, topics; with no need to say where, and without the star that marks them in a terminal."""
    chat = Chat()
    chat.happens(events.Came("#dev", ("mina",), NOON), events.TopicChanged("#dev", "tea", "mina", NOON))
    assert chat.texts("#dev") == ["mina joined.", "mina set the topic: tea"]


def test_a_line_that_was_given_up_is_told_where_it_was_said() -> None:
    """Not where one happens to look by now."""
    chat = Chat()
    pending = Pending("1", BOX, "mina", "are you there?", False, 0.0)
    chat.all.look_at("@mina")
    chat.all.look_at("#lobby")
    chat.happens(events.NotSent(pending, "No one called mina is here."))
    assert chat.texts("@mina") == ["! No one called mina is here.", "! Your line was: are you there?"]


def test_a_lost_connection_is_told_once_however_many_attempts_are_made() -> None:
    """And goes where somebody looks."""
    chat = Chat()
    lost = events.StateChanged(State.WAITING, "The connection is lost.")
    chat.happens(events.StateChanged(State.ONLINE), lost, lost)
    assert chat.texts("#lobby") == ["The connection is lost. Trying again; what you say meanwhile is sent then."]


def test_a_connection_that_was_there_from_the_beginning_is_known_to_be_lost() -> None:
    """It was made before there was a window, in the login."""
    chat = Chat()
    chat.happens(events.StateChanged(State.WAITING, "The connection is lost."), state=State.WAITING)
    assert chat.texts("#lobby") == ["The connection is lost. Trying again; what you say meanwhile is sent then."]


def test_a_found_message_says_where_it_was_said() -> None:
    """An answer holds messages of several places: those of the room itself need no name."""
    chat = Chat()
    chat.happens(events.Found(None, "tea", (said("tea?", "#dev"), said("no tea"), pm("tea!")), False))
    assert chat.texts("#lobby")[1:] == [
        "[08:00] #dev sara: tea?",
        "[08:00] sara: no tea",
        "[PM from sara at 08:00]: tea!",
    ]


def test_history_in_private_is_that_of_all_private_messages_and_says_so() -> None:
    """There is one box: who asks beside sara is not told that reza wrote to them in her conversation."""
    chat = Chat()
    chat.all.look_at("@sara")
    chat.happens(events.History(BOX, (pm("hi"), pm("hello", "reza")), False), events.History(BOX, (), False))
    assert chat.texts("@sara") == [
        "Your private messages (2):",
        "[PM from sara at 08:00]: hi",
        "[PM from reza at 08:00]: hello",
        "There is nothing to show.",
    ]


def test_help_is_a_list_of_commands() -> None:
    """Blanks would align nothing here, where letters are of several widths."""
    chat = Chat()
    chat.happens(events.Local(Help()))
    assert "\u2066/me text\u2069 – show the room what you are doing" in chat.texts("#lobby")
    assert not any("   " in text for text in chat.texts("#lobby"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_an_explanation_is_broken_by_the_window_alone(command: Command) -> None:
    """What it does is one paragraph, which is as wide as the window."""
    chat = Chat()
    chat.happens(events.Local(Help(command.name)))
    assert command.details in chat.texts("#lobby")


@pytest.mark.parametrize("spoken", LANGUAGES.values(), ids=lambda spoken: spoken.code)
def test_each_language_is_offered_in_its_own_direction(spoken: Language) -> None:
    """Whatever the window speaks: else the full stop would stand at the beginning."""
    speak(spoken)
    chat = Chat()
    chat.happens(events.Local(SetLanguage(None)))
    assert directions(chat.all.shown.paragraphs) == [Direction.LTR, Direction.RTL]


def test_times_can_be_switched_off_in_all_conversations() -> None:
    """The command is one for all of them."""
    chat = Chat()
    chat.happens(said("before", "#dev"), events.Local(SetTime(TimeStyle.OFF)), said("after", "#dev"), pm("after"))
    assert chat.texts("#dev") == ["[08:00] sara: before", "sara: after"]
    assert chat.texts("@sara") == ["sara: after"]


# Rooms and people come and go


def test_a_room_that_was_left_is_off_the_list_and_comes_back_with_what_was_said() -> None:
    """Nothing of it is sent a second time by the server."""
    chat = Chat()
    chat.all.look_at("#dev")
    chat.happens(said("hello", "#dev"))
    chat.happens(events.Departed("#dev", "#lobby"), rooms=(LOBBY,), current="#lobby")
    assert chat.listed == ["#lobby"]
    assert chat.all.shown.key == "#lobby"
    chat.happens(rooms=(LOBBY, DEV))
    assert chat.texts("#dev") == ["[08:00] sara: hello"]


def test_a_room_that_was_asked_for_is_shown_when_one_is_in_it() -> None:
    """As soon as the server says so, and no other room that is entered meanwhile."""
    chat = Chat()
    tea, other = RoomView("#tea"), RoomView("#other")
    chat.all.await_room("#TEA")
    chat.happens(events.Entered("#other", "", False), rooms=(LOBBY, DEV, other))
    assert chat.all.shown.key == "#lobby"
    chat.happens(events.Entered("#tea", "", False), rooms=(LOBBY, DEV, other, tea), current="#tea")
    assert chat.all.shown.key == "#tea"


@pytest.mark.parametrize(
    "trouble", [events.Problem("No."), events.StateChanged(State.WAITING, "The connection is lost.")]
)
def test_a_room_that_one_was_not_let_into_is_not_shown_later(trouble: Event) -> None:
    """Somebody who was refused, or cut off, has gone on to do something else."""
    chat = Chat()
    chat.all.await_room("#dev")
    chat.happens(trouble)
    chat.happens(events.Entered("#dev", "", True))
    assert chat.all.shown.key == "#lobby"


def test_a_room_that_something_was_said_in_before_it_was_left_stays_off_the_list() -> None:
    """Both may be told at once; nobody can read there any more, so nothing there is unread."""
    chat = Chat()
    chat.happens(said("bye", "#dev"), events.Departed("#dev", "#lobby"), rooms=(LOBBY,))
    assert chat.listed == ["#lobby"]
    assert chat.all.unread == 0


def test_a_room_that_is_looked_at_when_it_is_left_is_not_looked_at_any_more() -> None:
    """Though somebody said something there at the last moment."""
    chat = Chat()
    chat.all.look_at("#dev")
    chat.happens(events.Departed("#dev", "#lobby"), said("bye", "#dev"), rooms=(LOBBY,))
    assert (chat.listed, chat.all.shown.key) == (["#lobby"], "#lobby")


def test_somebody_is_spelled_as_the_server_does() -> None:
    """However this person has typed the name; the conversation is the same."""
    chat = Chat()
    chat.all.look_at("@SARA\u200f")
    chat.happens(pm("hi"))
    assert chat.listed[-1] == chat.all.shown.key == "@sara"


def test_a_conversation_in_which_nothing_was_said_is_gone_when_one_looks_elsewhere() -> None:
    """A name that nobody has does not stand in the list for ever; what is half typed, or waits, keeps it there."""
    chat = Chat()
    chat.all.look_at("@nobody")
    chat.happens(events.Problem("No one called nobody is here."))
    chat.all.look_at("@mina").draft = "half a line"
    assert chat.listed == ["#lobby", "#dev", "@mina"]
    chat.all.look_at("@sara")
    chat.happens(pending=(Pending("1", BOX, "sara", "psst", False, 0.0),))
    chat.all.look_at("#lobby")
    assert chat.listed == ["#lobby", "#dev", "@mina", "@sara"]


def test_what_waits_for_somebody_can_be_seen_though_one_looked_elsewhere_at_once() -> None:
    """The view may tell of it only later."""
    chat = Chat()
    chat.all.look_at("@sara")
    chat.all.look_at("#lobby")
    chat.happens(pending=(Pending("1", BOX, "Sara", "psst", False, 0.0),))
    assert chat.listed[-1] == "@sara"


def test_coming_back_after_a_cut_shows_no_other_room() -> None:
    """Every room is entered again then; one stays where one is."""
    chat = Chat()
    chat.all.look_at("@sara")
    chat.happens(events.Entered("#lobby", "", True), events.Entered("#dev", "", True), events.CurrentChanged("#dev"))
    assert chat.all.shown.key == "@sara"


def test_private_messages_follow_whoever_takes_another_name() -> None:
    """The conversation goes on under the new one, and its log is the same."""
    chat = Chat()
    chat.happens(pm("hi"))
    before = chat.all.find("@sara")
    chat.happens(events.Renamed("#lobby", "sara", "Sara_2", NOON), pm("me again", name="Sara_2"))
    assert chat.all.find("@sara_2") is before
    assert chat.all.find("@sara") is None
    assert chat.listed == ["#lobby", "#dev", "@Sara_2"]
    assert chat.texts("@sara_2")[0] == "[08:00] sara: hi"


def test_private_messages_with_two_people_are_never_put_together() -> None:
    """Somebody takes a name that another one had: what was said to that one is not shown as said to this one."""
    chat = Chat()
    chat.happens(pm("hi"), pm("secret", name="mina"))
    chat.happens(events.Renamed("#lobby", "sara", "mina", NOON))
    assert chat.texts("@sara") == ["[08:00] sara: hi"]
    assert chat.texts("@mina") == ["[08:00] mina: secret"]


def test_a_closed_conversation_comes_back_with_the_next_message() -> None:
    """Closing it forgets nothing."""
    chat = Chat()
    chat.happens(pm("hi"))
    chat.all.look_at("@sara")
    chat.all.close("@SARA", chat.view)
    assert chat.listed == ["#lobby", "#dev"]
    assert chat.all.shown.key == "#lobby"
    chat.happens(pm("are you there?"))
    assert chat.listed[-1] == "@sara"
    assert len(chat.texts("@sara")) == 2


def test_without_a_room_there_is_something_to_look_at_all_the_same() -> None:
    """Commands have to be answered somewhere."""
    chat = Chat()
    chat.happens(events.Departed("#lobby", None), rooms=(), current=None)
    assert chat.listed == []
    assert chat.texts("") == ["You left #lobby. You are in no room now; /join #lobby goes back."]


def test_one_room_is_one_conversation_however_it_is_spelled() -> None:
    """It is shown as the server spells it."""
    chat = Chat(replace(HERE, rooms=(RoomView("#TEA"),), current="#TEA"))
    chat.happens(events.Entered("#Tea", "", False), rooms=(RoomView("#Tea"),), current="#Tea")
    chat.happens(said("x", "#Tea"))
    assert chat.listed == ["#Tea"]
    assert chat.all.shown.key == "#Tea"


# What has been seen


def test_what_is_said_elsewhere_is_unread_until_it_is_looked_at() -> None:
    """Counted for each conversation, those for this person in particular apart."""
    chat = Chat()
    chat.all.watching = True
    chat.happens(said("hi"), said("hello", "#dev"), said("ali!", "#dev", mention=True), pm("psst"))
    assert (chat.unread("#lobby"), chat.unread("#dev"), chat.unread("@sara")) == ((0, 0), (2, 1), (1, 1))
    assert chat.all.unread == 3
    chat.all.look_at("#dev").seen()
    assert chat.unread("#dev") == (0, 0)


def test_reading_stops_where_nobody_looked_any_more() -> None:
    """The mark stands before the first unseen message, and stays there while more come."""
    chat = Chat()
    chat.all.watching = True
    chat.happens(said("seen"))
    chat.all.watching = False
    chat.happens(said("unseen"), said("unseen too"))
    assert chat.all.shown.mark == 2  # behind the day and the first message
    chat.all.watching = True
    chat.all.shown.seen()
    chat.all.watching = False
    chat.happens(said("unseen again"))
    assert chat.all.shown.mark == 4


def test_the_mark_is_gone_when_one_comes_back_to_what_has_been_read() -> None:
    """It is of use once."""
    chat = Chat()
    chat.happens(said("unseen"))
    chat.all.shown.seen()
    lobby = chat.all.shown
    chat.all.look_at("#dev")
    assert lobby.mark is None


def test_what_was_said_before_or_by_oneself_is_never_unread() -> None:
    """Nor is it worth a bell."""
    chat = Chat()
    changes = chat.happens(
        said("old", "#dev", timing=Timing.EARLIER, mention=True), said("mine", "#dev", name="ali", own=True)
    )
    assert chat.unread("#dev") == (0, 0)
    assert not changes.called


@pytest.mark.parametrize(
    ("message", "watching", "called"),
    [
        (said("hello"), False, False),
        (said("ali: hello", mention=True), False, True),
        (said("ali: hello", mention=True), True, False),
        (pm("psst"), True, True),
        (said("ali: hello", "#dev", mention=True, timing=Timing.MISSED), True, True),
    ],
)
def test_somebody_is_called_for_what_is_for_them_and_may_not_be_seen(
    message: Said, watching: bool, called: bool
) -> None:
    """Once for all that happens at once."""
    chat = Chat()
    chat.all.watching = watching
    assert chat.happens(message).called is called


# What waits


def test_a_waiting_line_is_shown_where_it_was_said() -> None:
    """After a while, or at once where there is no connection."""
    young, old = Pending("1", "#lobby", "", "young", False, 100.0), Pending("2", "#lobby", "", "old", True, 99.0)
    private = Pending("3", BOX, "sara", "سلام", False, 99.0)
    chat = Chat(replace(HERE, pending=(old, young, private)))
    chat.all.look_at("@sara")
    lobby, sara = chat.all.find("#lobby"), chat.all.find("@sara")
    assert lobby
    assert sara
    assert [p.text for p in chat.all.pending(lobby, chat.view, 99.5)] == ["* ali old"]
    offline = replace(chat.view, state=State.WAITING)
    assert [p.text for p in chat.all.pending(lobby, offline, 99.5)] == ["* ali old", "ali: young"]
    [waiting] = chat.all.pending(sara, offline, 99.5)
    assert (waiting.kind, waiting.direction) == (Kind.PENDING, Direction.RTL)


def test_of_many_waiting_lines_the_oldest_are_shown_and_the_others_counted() -> None:
    """A thousand may wait; nobody reads them all, and drawing them takes long."""
    pending = tuple(Pending(str(n), "#lobby", "", f"n{n}", False, 0.0) for n in range(SHOWN_PENDING + 3))
    chat = Chat(replace(HERE, state=State.WAITING, pending=pending))
    waiting = chat.all.pending(chat.all.shown, chat.view, 0.0)
    assert [p.text for p in waiting] == [*(f"ali: n{n}" for n in range(SHOWN_PENDING)), "… and 3 more"]
    assert [p.own for p in waiting[-2:]] == [True, False]
    chat.happens(pending=pending[3:])
    assert len(chat.all.pending(chat.all.shown, chat.view, 0.0)) == SHOWN_PENDING


# Directions and kinds


def directions(paragraphs: Sequence[Paragraph]) -> list[Direction]:
    """Of all but the lines that divide."""
    return [p.direction for p in paragraphs if p.kind is not Kind.RULE]


def test_a_message_runs_as_its_text_does_whoever_says_it() -> None:
    """A Latin name makes no Persian message run to the right."""
    chat = Chat()
    chat.happens(said("سلام"), said("hello", name="سارا"), said("123"), said("#lobby خوب است"))
    assert directions(chat.all.shown.paragraphs) == [Direction.RTL, Direction.LTR, Direction.LTR, Direction.LTR]


@pytest.mark.parametrize("spoken", LANGUAGES.values(), ids=lambda spoken: spoken.code)
@pytest.mark.parametrize("name", ["sara", "سارا"])
def test_a_persian_sentence_ends_at_the_left_also_if_it_begins_with_an_address(spoken: Language, name: str) -> None:
    """Said by whomever, found, or waiting; the full stop is the last thing that is read."""
    speak(spoken)
    chat = Chat()
    text = "https://example.org/a را ببین."
    chat.happens(said(text, name=name), events.Found("#lobby", "ببین", (said(text, name=name),), more=False))
    chat.happens(pending=(Pending("c", "#lobby", "", text, False, 0.0),))
    waiting = chat.all.pending(chat.all.shown, chat.view, 1.0)
    shown = [p for p in (*chat.all.shown.paragraphs, *waiting) if text in p.text]
    assert len(shown) == 3
    for paragraph in shown:
        (line,) = layout(paragraph.pieces, paragraph.direction, 10_000, lambda text, _style: len(text))
        assert line.runs[0].text.startswith(".")


def test_in_a_persian_window_notices_run_to_the_left() -> None:
    """So do lists, whoever is in them, and what has no letters."""
    speak(PERSIAN)
    chat = Chat()
    chat.happens(events.Present(None, (("ali", ""),)), events.Came("#lobby", ("ali",), NOON), said("123"))
    assert set(directions(chat.all.shown.paragraphs)) == {Direction.RTL}


def test_own_messages_and_mentions_are_marked() -> None:
    """The log shows both in their own way."""
    chat = Chat()
    chat.happens(said("mine", name="ali", own=True), said("ali!", mention=True))
    _, mine, mention = chat.all.shown.paragraphs
    assert (mine.own, mine.mention) == (True, False)
    assert (mention.own, mention.mention) == (False, True)


# Limits


def test_only_the_last_paragraphs_are_kept() -> None:
    """However long a window stays open; a log that has seen most of them is given the rest."""
    chat = Chat()
    chat.happens(*(said(str(number)) for number in range(KEPT + 50)))
    lobby = chat.all.shown
    assert len(lobby.paragraphs) == KEPT
    assert lobby.total == KEPT + 51
    assert [p.text[-5:] for p in lobby.since(KEPT + 49)] == ["10048", "10049"]
    assert len(lobby.since(0)) == KEPT


names = st.sampled_from(["sara", "mina", "ali", "سارا", "SARA"])
rooms = st.sampled_from(["#lobby", "#dev", "#nowhere"])
ANYTHING = st.one_of(
    st.builds(said, st.text(), rooms, names, own=st.booleans(), mention=st.booleans(), timing=st.sampled_from(Timing)),
    st.builds(pm, st.text(), names, own=st.booleans(), to=names),
    st.builds(events.Renamed, rooms, names, names, st.just(NOON)),
    st.builds(events.Departed, rooms, st.sampled_from(["#lobby", None])),
    st.builds(events.Entered, rooms, st.text(), st.booleans()),
    st.builds(events.Problem, st.text()),
    st.builds(events.Came, rooms, st.tuples(names), st.just(NOON)),
    st.builds(events.Waiting, names),
    st.builds(events.Welcomed, names, st.booleans(), st.text(), st.booleans(), st.just(Secret("x"))),
)


@given(st.lists(ANYTHING), st.lists(names))
def test_whatever_happens_there_is_one_conversation_for_each_key(happened: list[Event], looked_at: list[str]) -> None:
    """Nothing raises; what is looked at is in the list, or there is none; counts are never negative."""
    chat = Chat()
    for name in looked_at:
        chat.all.look_at(f"@{name}")
    for event in happened:
        chat.happens(event)
    listed = chat.listed
    assert len(listed) == len({key.lower() for key in listed})
    assert chat.all.shown.key in listed
    assert all(c.unread >= c.mentions >= 0 and len(c.paragraphs) <= c.total for c in chat.all)


# Where a typed line goes


@pytest.mark.parametrize(
    ("request_", "key", "expected"),
    [
        (Say("hi"), "#dev", Say("hi", "#dev")),
        (Say("hi"), "@sara", Tell("sara", "hi")),
        (Say("hi"), "", Say("hi")),
        (Act("waves"), "#dev", Act("waves", "#dev")),
        (Leave(), "#dev", Leave("#dev")),
        (Topic("tea"), "#dev", Topic("tea", "#dev")),
        (Leave("#tea"), "#dev", Leave("#tea")),
        (Tell("mina", "hi"), "@sara", Tell("mina", "hi")),
        (Recall(), "@sara", Recall(room=BOX)),
        (Search("tea"), "@sara", Search("tea", BOX)),
        (Join("#tea"), "@sara", Join("#tea")),
    ],
)
def test_what_is_typed_goes_where_its_writer_looks(request_: Request, key: str, expected: Request) -> None:
    """Unless it says where to go itself."""
    assert addressed(request_, key) == expected


@pytest.mark.parametrize("request_", [Act("waves"), Topic("tea"), Topic()])
def test_what_only_rooms_have_is_not_done_behind_a_private_conversation(request_: Request) -> None:
    """It would be seen by others than the one it was typed to."""
    with pytest.raises(Misplaced, match="sara in private"):
        addressed(request_, "@sara")


# How long it may become


@pytest.mark.parametrize(
    ("draft", "left"),
    [
        ("", 100),
        ("hello", 95),
        ("سلام", 92),
        ("one\nthree\ntwo", 95),
        ("/me waves", 95),
        ("/pm sara " + "x" * 90, 10),
        ("/r " + "x" * 102, -2),
        ("//x", 98),
        ("/search " + "x" * 200, 100),
    ],
)
def test_only_what_will_be_said_counts(draft: str, left: int) -> None:
    """Not the command before it; the longest of several lines."""
    assert bytes_left(draft, 100) == left


@given(st.text())
def test_whatever_is_typed_has_a_length(draft: str) -> None:
    """And it is never more than all of it."""
    assert 0 <= 100 - bytes_left(draft, 100) <= len(draft.encode("utf-8", "replace"))


# The words of the Tab key


def test_names_come_in_the_order_in_which_they_are_likely_to_be_meant() -> None:
    """The one who is written to, those who spoke, the others, those of private messages; oneself never."""
    room = RoomView("#lobby", people=("ali", "behnam", "mina", "sara"), speakers=("sara", "mina"))
    view = replace(HERE, rooms=(room, DEV), correspondents=("reza",))
    assert Words(view).names() == ["sara", "mina", "behnam", "reza"]
    assert Words(view, "behnam").names() == ["behnam", "sara", "mina", "reza"]
    assert Words(view).correspondents() == ["reza", "sara", "mina", "behnam"]
    assert Words(view).rooms() == ["#lobby", "#dev"]
