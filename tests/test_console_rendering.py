"""How the console shows what happens: words, times, days, and nothing a terminal would act on."""

from dataclasses import is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.requests import BOX
from chatd.secret import Secret
from chatd.timestyle import TimeStyle
from clients import events
from clients.events import Said
from clients.outbox import Pending
from clients.presentation.colours import NAME_COLOURS, colour_of
from clients.presentation.notices import Line
from clients.presentation.rendering import Renderer, plain
from tests.test_console_sanitiser import ATTACKS, is_dangerous

AT = datetime(2026, 11, 21, 14, 3, tzinfo=UTC).timestamp()
YESTERDAY = AT - 24 * 3600
SALAM = Said("#lobby", 7, "ali", "salam", AT)
LETTER = Said("@", 3, "ali", "psst", AT, to="sara")


@pytest.fixture
def renderer() -> Renderer:
    """Somebody in #lobby, whose clock shows UTC, and who has seen messages of today."""
    renderer = Renderer(UTC, current="#lobby")
    renderer.lines(SALAM, AT)
    renderer.lines(events.Entered("#dev", "", again=False), AT)
    return renderer


def shown(renderer: Renderer, event: Any) -> list[str]:
    """The lines for an event, without styles."""
    return [plain(line) for line in renderer.lines(event, AT)]


def styles(line: Line, text: str) -> str:
    """The style of the piece of a line that holds this."""
    return next(style for style, piece in line if text in piece)


def test_a_goodbye_of_the_server_is_read_once(renderer: Renderer) -> None:
    """It is also the reason why the connection ends; what is new then is that it is tried again."""
    assert shown(renderer, events.StateChanged(events.State.ONLINE)) == []
    assert shown(renderer, events.Bye("shutdown", "The server stops.")) == ["* The server stops."]
    waiting = events.StateChanged(events.State.WAITING, "The server stops.", 60.0)
    assert shown(renderer, waiting) == ["* Trying again; what you say meanwhile is sent then."]
    assert shown(renderer, waiting) == []
    assert shown(renderer, events.Bye("replaced", "Elsewhere.")) == ["* Elsewhere."]
    assert shown(renderer, events.StateChanged(events.State.ENDED, "Elsewhere.")) == []


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (SALAM, "[14:03] ali: salam"),
        (replace(SALAM, acted=True, text="waves"), "[14:03] * ali waves"),
        (replace(SALAM, room="#dev"), "[14:03] #dev ali: salam"),
        (replace(SALAM, own=True), "[14:03] ali: salam"),
        (LETTER, "[PM from ali at 14:03]: psst"),
        (replace(LETTER, own=True), "[PM to sara at 14:03]: psst"),
        (replace(SALAM, name="علی", text="سلام (salam)"), "[14:03] \u2068علی\u2069: \u2068سلام (salam)\u2069"),
        (events.Came("#lobby", ("sara",), AT), "* sara joined."),
        (events.Came("#dev", ("sara", "علی"), AT), "* #dev: sara and \u2068علی\u2069 joined."),
        (events.Went("#lobby", ("a", "b", "c", "d"), AT), "* a, b and 2 others left."),
        (events.Renamed("#lobby", "ali", "reza", AT), "* ali is now called reza."),
        (events.TopicChanged("#lobby", "exams", "sara", AT), "* sara set the topic: exams"),
        (events.TopicChanged("#dev", "", "sara", AT), "* #dev: sara removed the topic."),
        (events.TopicTold("#dev", "exams"), "* The topic of #dev: exams"),
        (events.TopicTold("#dev", ""), "* #dev has no topic. /topic text sets one."),
        (events.Named("reza"), "* You are reza now."),
        (events.CurrentChanged("#dev"), "* What you say goes to #dev."),
        (events.Departed("#dev", "#lobby"), "* You left #dev. What you say goes to #lobby."),
        (events.Departed("#dev", None), "* You left #dev. You are in no room now; /join #dev goes back."),
        (events.Ignored(()), "* You ignore nobody. /ignore NAME hides what somebody writes."),
        (events.Ignored(("ali", "sara")), "* You ignore ali and sara."),
        (events.Ignored(("ali",), "ali"), "* You ignore ali from now on. /ignore ali once more ends it."),
        (events.Ignored((), "ali"), "* You see again what ali writes."),
        (events.Waiting("sara"), "* sara is away and will see it at the next login."),
        (events.Claimed("ali"), "* ali is your account now. From now on it asks for your password."),
        (events.PasswordChanged(), "* Your password is changed."),
        (events.Gap("#lobby", 12), "* Some messages of #lobby that you missed are no longer kept."),
        (events.Gap(BOX, 12), "* Some private messages that you missed are no longer kept."),
        (events.HistoryReset("#lobby"), "* The server has another history of #lobby now, which begins here."),
        (events.HistoryReset(BOX), "* The server has another history of your private messages now, which begins here."),
        (events.Problem("No one called x is here."), "! No one called x is here."),
        (events.Bye("shutdown", "The server stops."), "* The server stops."),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_the_words_are_those_of_the_line_language(renderer: Renderer, event: Any, line: str) -> None:
    """Who changes from nc to the console reads the same sentences."""
    assert shown(renderer, event) == [line]


def test_lists_are_lines(renderer: Renderer) -> None:
    """A heading, and one line for each of those who are there."""
    people = events.Present("#lobby", (("ali", "192.0.2.7"), ("sara", "")))
    assert shown(renderer, people) == ["* In #lobby (2):", "ali (192.0.2.7)", "sara"]
    assert shown(renderer, replace(people, room=None))[0] == "* Online (2):"
    rooms = events.RoomsListed((events.RoomRow("#lobby", 2, "exams", True), events.RoomRow("#dev", 1, "", False)), 3)
    assert shown(renderer, rooms) == [
        "* Rooms (5):",
        "#lobby (2, you are in it): exams",
        "#dev (1)",
        "... and 3 more.",
        "* /join #ROOM goes to one of them, or opens another.",
    ]


def test_a_lost_line_is_given_back(renderer: Renderer) -> None:
    """Its writer can copy it and try again."""
    lost = events.NotSent(Pending("c", "#lobby", "", "salam", acted=False, at=0.0), "It is too long.")
    assert shown(renderer, lost) == ["! It is too long.", "! Your line was: salam"]


@pytest.mark.parametrize("text", [".", "long.", "It is too long."])
def test_a_lost_line_that_looks_like_the_end_of_the_sentence_is_given_back_too(renderer: Renderer, text: str) -> None:
    """That they are alike does not mean that it was named."""
    lost = events.NotSent(Pending("c", "@", "kk", text, acted=False, at=0.0), "It is too long.")
    assert shown(renderer, lost)[1:] == [f"! Your line was: {text}"]


def test_a_line_stands_between_two_days() -> None:
    """And before the first message, so that one knows what day it is; not before each."""
    renderer = Renderer(UTC, current="#lobby")
    assert shown(renderer, replace(SALAM, at=YESTERDAY)) == ["──── Friday 2026-11-20 ────", "[14:03] ali: salam"]
    assert shown(renderer, SALAM) == ["──── Saturday 2026-11-21 ────", "[14:03] ali: salam"]
    assert shown(renderer, SALAM) == ["[14:03] ali: salam"]


def test_times_are_shown_as_wished(renderer: Renderer) -> None:
    """With the date, or not at all."""
    renderer.style = TimeStyle.DATE
    assert shown(renderer, SALAM) == ["[2026-11-21 14:03] ali: salam"]
    renderer.style = TimeStyle.OFF
    assert shown(renderer, SALAM) == ["ali: salam"]
    assert shown(renderer, LETTER) == ["[PM from ali]: psst"]


def test_history_has_dates_where_they_are_needed(renderer: Renderer) -> None:
    """An answer stands by itself, so the date is in the line; the days of the conversation go on as they were."""
    answer = events.History("#lobby", (replace(SALAM, at=YESTERDAY), SALAM), more=True)
    assert shown(renderer, answer) == [
        "* In #lobby and in private (2):",
        "[2026-11-20 14:03] ali: salam",
        "[14:03] ali: salam",
        "* These are the latest; there are older ones. /help history tells how to see more.",
    ]
    assert shown(renderer, SALAM) == ["[14:03] ali: salam"]
    assert shown(renderer, replace(answer, messages=(), more=False)) == ["* #lobby has nothing to show."]


def test_history_says_that_older_messages_are_gone(renderer: Renderer) -> None:
    """Else it would look as if there had never been any."""
    answer = events.History("#lobby", (SALAM,), more=False, gone=True)
    gone = "* Older messages are no longer kept."
    assert shown(renderer, answer)[-2:] == ["[14:03] ali: salam", gone]
    assert shown(renderer, replace(answer, messages=())) == ["* #lobby has nothing to show.", gone]


@pytest.mark.parametrize(
    ("words", "text", "marked"),
    [
        ("exam mon", "The EXAM is on Monday", ["EXAM", "Monday"]),
        ("می‌خواهم", "من می‌خواهم بروم", ["می‌خواهم"]),
        ("علي", "سلام علی جان", ["علی"]),
        ("cafe", "the Café", ["Café"]),
        ("!?", "what?!", []),
        ("میخواهم", "من می خواهم بروم", ["می", "خواهم"]),
        ("می خواهم", "من می‌خواهم بروم", ["می‌خواهم"]),
        ("کتابهایشان", "«کتاب های شان» خوب", ["کتاب", "های", "شان"]),
        ("خانه‌ی", "خانهٔ ما", ["خانهٔ"]),
        ("علی رضا", "عَلیرضا آمد", ["عَلیرضا"]),
        ("رضا", "علی‌رضا، رضا!", ["علی‌رضا", "رضا"]),
        ("hi saw", "I saw him", ["saw"]),
    ],
)
def test_what_was_searched_for_stands_out(renderer: Renderer, words: str, text: str, marked: list[str]) -> None:
    """However it was spelled; and the text is as it would be without."""
    found = events.Found("#lobby", words, (replace(SALAM, text=text),), more=False)
    line = renderer.lines(found, AT)[1]
    assert [piece for style, piece in line if style == "class:match"] == marked
    assert plain(line) == plain(renderer.said(replace(SALAM, text=text)))


def test_nothing_found_is_said(renderer: Renderer) -> None:
    """With the words, because they may have been mistyped."""
    assert shown(renderer, events.Found(None, "exma", (), more=False)) == ["* Nothing found for exma."]


def test_going_to_a_room_is_told_once() -> None:
    """Whether it was joined before or not."""
    renderer = Renderer(UTC)
    assert shown(renderer, events.CurrentChanged("#dev")) == []
    entered = ["* You are now in #dev; what you say goes there.", "* The topic of #dev: exams"]
    assert shown(renderer, events.Entered("#dev", "exams", again=False)) == entered
    assert shown(renderer, events.CurrentChanged("#dev")) == ["* What you say goes to #dev."]


def test_trouble_is_told_once(renderer: Renderer) -> None:
    """An attempt each minute must not fill the screen; when it was well meanwhile, it is news again."""
    refused = events.StateChanged(events.State.WAITING, "Nobody answers.", 60.0)
    assert shown(renderer, refused) == ["* Nobody answers."]
    assert shown(renderer, events.StateChanged(events.State.CONNECTING)) == []
    assert shown(renderer, refused) == []
    assert shown(renderer, events.StateChanged(events.State.ONLINE)) == []
    assert shown(renderer, refused) == ["* Nobody answers. Trying again; what you say meanwhile is sent then."]
    assert shown(renderer, replace(refused, why="There is no such host.")) == ["* There is no such host."]


def test_what_is_for_oneself_stands_out(renderer: Renderer) -> None:
    """Messages with one's name, and private ones."""
    assert styles(renderer.said(replace(SALAM, mention=True)), "salam") == "class:mention"
    assert styles(renderer.said(SALAM), "salam") == ""
    assert styles(renderer.said(LETTER), "PM from") == "class:private"


def test_a_name_has_one_colour() -> None:
    """The same however it is typed, today and tomorrow; and the colours are all in use."""
    assert colour_of("ali") == colour_of("ALI") == "#857500"
    assert colour_of("علي") == colour_of("علی")
    assert {colour_of(f"name{number}") for number in range(200)} == set(NAME_COLOURS)


@pytest.mark.parametrize("colour", NAME_COLOURS)
def test_names_can_be_read_on_black_and_on_white(colour: str) -> None:
    """A contrast of 4 at least, as WCAG 2.2 measures it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    assert (luminance + 0.05) / 0.05 > 4
    assert 1.05 / (luminance + 0.05) > 4


hostile = st.sampled_from(list(ATTACKS.values())) | st.text(st.characters(codec=None), max_size=20)
times = st.floats(0, 4e9)
SHOWN = [kind for kind in get_args(events.Event) if kind not in {events.Local, events.NewPasswordWanted}]


def test_every_event_has_a_look_or_needs_none(renderer: Renderer) -> None:
    """None is forgotten when a new one comes: those without words are named here."""
    silent = {"PeopleChanged", "PasswordWanted", "NameWanted", "NewPasswordWanted", "Acked", "Local"}
    from clients.presentation import notices  # noqa: PLC0415 (its table is nobody else's business)

    worded = {kind.__name__ for kind in notices._WORDINGS}
    elsewhere = {"Said", "History", "Found", "Came", "Went", "Renamed", "TopicChanged", "StateChanged"}
    assert {kind.__name__ for kind in get_args(events.Event)} <= silent | worded | elsewhere
    assert renderer.lines(events.PeopleChanged("#lobby"), AT) == []


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a type, all strings in them hostile."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        items = [values(argument) for argument in arguments if argument is not ...]
        return st.lists(items[0], max_size=3).map(tuple) if ... in arguments else st.tuples(*items)
    if arguments:
        return st.one_of(*map(values, arguments))
    if isinstance(annotation, type) and is_dataclass(annotation):
        return st.builds(annotation, *(values(kind) for kind in get_type_hints(annotation).values()))
    return {str: hostile, float: times, Secret: st.just(Secret(""))}.get(annotation, st.from_type(annotation))


@given(st.data(), st.sampled_from(SHOWN))
def test_no_event_can_hurt_the_terminal(data: st.DataObject, kind: Any) -> None:
    """Whatever strings a server puts into it, every line is one line, and only shows itself; isolates are closed."""
    for line in Renderer(UTC, current="#lobby").lines(data.draw(values(kind)), AT):
        text = plain(line)
        assert not any(is_dangerous(character) for character in text if character not in "\u2068\u2069")
        assert text.count("\u2068") == text.count("\u2069")
