"""What was said before: the last of a room and of one's private messages, in the order of time, and found by words."""

import pytest

from chatd.events import Farewell
from chatd.limits import Limits
from chatd.storage.contract import ENTRY_BYTES, StoreError
from tests import worlds
from tests.bots import joined, only
from tests.doubles import SlowStore, Terminal, World

OLDER = "* These are the latest; there are older ones. /help history tells how to see more."


@pytest.fixture
def world() -> World:
    """A chat with nobody in it."""
    return World()


def talk(world: World, *saying: tuple[Terminal, str]) -> None:
    """People type these lines, a minute after each other."""
    for who, line in saying:
        who.type(line)
        world.clock.advance(60)


def history(world: World, who: Terminal, asked: str = "") -> list[str]:
    """The messages somebody is shown; the heading counts them."""
    heading, *lines = world.ask(who, f"/history {asked}")
    messages = [line for line in lines if line != OLDER]
    assert heading.endswith(f" ({len(messages)}):")
    return lines


def test_history_has_ones_own_lines_too(world: World) -> None:
    """Even the one that was typed a moment before it was asked for."""
    ali, sara = world.join("ali"), world.join("sara")
    talk(world, (sara, "salam"))
    assert world.ask(ali, "hello", "/history") == [
        "* In #lobby and in private (2):",
        "[14:03] sara: salam",
        "[14:04] ali: hello",
    ]


def test_a_count_is_that_many_of_the_newest(world: World) -> None:
    """Who asked for so many expects older ones, and is not told of them."""
    ali = world.join("ali")
    ali.type("one", "two", "three")
    world.settle()
    assert history(world, ali, "2") == ["[14:03] ali: two", "[14:03] ali: three"]
    assert len(history(world, ali, "1000")) == 3


def test_a_time_span_is_what_was_said_in_it(world: World) -> None:
    """Minutes, hours and days back from now."""
    ali = world.join("ali")
    talk(world, (ali, "one"), (ali, "two"), (ali, "three"))
    assert history(world, ali, "2m") == ["[14:04] ali: two", "[14:05] ali: three"]
    assert len(history(world, ali, "1h")) == len(history(world, ali, "1d")) == 3
    world.clock.advance(86400)
    assert world.ask(ali, "/history 1h") == ["* #lobby has nothing to show."]
    assert history(world, ali, "1") == ["[2026-11-21 14:05] ali: three"]


def test_a_time_span_is_right_in_each_log_whatever_the_clock_did(world: World) -> None:
    """Where the clock was set back by an hour, time stands still until then; a span is counted from there, and hides nothing."""
    ali, sara = world.join("ali"), world.join("sara")
    talk(world, (ali, "one"))
    world.clock.advance(540)
    talk(world, (ali, "two"))
    world.clock_error = -3600
    talk(world, (sara, "/pm ali three"), (ali, "four"))
    assert history(world, ali, "2m") == ["[PM from sara at 13:14]: three", "[14:13] ali: two", "[14:13] ali: four"]


def test_what_is_ahead_of_the_clock_hides_nothing(world: World) -> None:
    """The box is dated an hour from now, and too long to be shown whole: the room is shown all the same."""
    world = World(Limits(flood_rate=0, answer_bytes=2 * (4 + ENTRY_BYTES)))
    ali, _sara = world.join("ali"), world.join("sara")
    talk(world, *((ali, f"/pm sara {number}") for number in range(3)))
    world.clock_error = -3600
    talk(world, (ali, "one"), (ali, "two"))
    assert history(world, ali)[:2] == ["[13:06] ali: one", "[13:07] ali: two"]


def test_a_time_ahead_of_the_clock_is_not_caught(world: World) -> None:
    """Somebody's box goes on from where it was; those they write to are told the time that it is."""
    ali, sara, _reza = world.join("ali"), world.join("sara"), world.join("reza")
    talk(world, (ali, "/pm reza one"))
    world.clock_error = -3600
    talk(world, (ali, "/pm sara two"))
    assert sara.read()[-1] == "[PM from ali at 13:04]: two"


def test_room_and_box_are_one_story(world: World) -> None:
    """Told in the order of time; a count takes the newest of both."""
    ali, sara = world.join("ali"), world.join("sara")
    talk(world, (ali, "one"), (sara, "/pm ali two"), (sara, "three"), (ali, "/pm sara four"))
    story = ["[14:03] ali: one", "[PM from sara at 14:04]: two", "[14:05] sara: three", "[PM to sara]: four"]
    assert history(world, ali) == story
    assert history(world, ali, "3") == story[1:]


def test_only_the_room_that_is_talked_to_is_shown(world: World) -> None:
    """Another one is one ``/join`` away; without any room, the box alone is left."""
    ali, sara = world.join("ali"), world.join("sara")
    talk(world, (ali, "one"), (sara, "/pm ali two"), (ali, "/join #tea"), (ali, "three"))
    assert history(world, ali) == ["[PM from sara at 14:04]: two", "[14:06] ali: three"]
    talk(world, (ali, "/leave"), (ali, "/leave"))
    assert world.ask(ali, "/history", "/search o") == [
        "* Your private messages (1):",
        "[PM from sara at 14:04]: two",
        "* Nothing found for o in your private messages.",
    ]


def test_nobody_elses_room_is_shown(world: World) -> None:
    """What is said in a room that one is not in stays there."""
    ali, sara = world.join("ali"), world.join("sara", room="#tea")
    talk(world, (sara, "among us"))
    assert world.ask(ali, "/history") == ["* #lobby has nothing to show."]
    assert world.ask(ali, "/search us") == ["* Nothing found for us in #lobby or in private."]


def test_an_empty_box_says_so(world: World) -> None:
    """Without a room there is nothing else to look in."""
    ali = world.join("ali")
    assert world.ask(ali, "/leave", "/history")[-1] == "* There are no private messages to show."


def test_without_a_number_it_is_twenty(world: World) -> None:
    """The newest ones; nobody who asks for the last lines needs to be told that there are older ones."""
    ali = world.join("ali")
    ali.type(*(f"line {number}" for number in range(25)))
    world.settle()
    lines = history(world, ali)
    assert (len(lines), lines[0], lines[-1]) == (20, "[14:03] ali: line 5", "[14:03] ali: line 24")


@pytest.mark.parametrize(("greeting", "most"), [(0, 1000), (2000, 1000), (20, 5)])
def test_asking_without_a_number_always_works(greeting: int, most: int) -> None:
    """A server that shows newcomers nothing, or a lot, or everybody little, must not refuse the plainest question."""
    world = World(Limits(flood_rate=0, greeting_lines=greeting, history_lines=most))
    ali = world.join("ali")
    assert world.ask(ali, "salam", "/history")[-1] == "[14:03] ali: salam"


def test_more_than_the_limit_cannot_be_asked_for(world: World) -> None:
    """Both numbers are told."""
    ali = world.join("ali")
    assert world.ask(ali, "/history 1001") == ["! /history shows at most 1000 lines at once, not 1001."]


@pytest.mark.parametrize("private", [0, 2, 4], ids=["room", "both", "box"])
def test_a_span_with_more_than_the_limit_is_cut_and_says_so(private: int) -> None:
    """The newest are shown; whether they were in one log or in two."""
    world = World(Limits(flood_rate=0, history_lines=3))
    ali, _sara = world.join("ali"), world.join("sara")
    talk(world, *((ali, f"/pm sara {number}" if number < private else f"{number}") for number in range(4)))
    lines = history(world, ali, "1h")
    assert [line[-1] for line in lines[:-1]] == ["1", "2", "3"]
    assert lines[-1] == OLDER


def test_an_answer_that_would_be_too_long_is_cut_and_says_so() -> None:
    """A thousand long messages are a flood for who reads them."""
    world = World(Limits(flood_rate=0, answer_bytes=2 * (4 + ENTRY_BYTES)))
    ali = world.join("ali")
    talk(world, *((ali, text) for text in ("aaaa", "bbbb", "cccc")))
    assert history(world, ali, "3") == ["[14:04] ali: bbbb", "[14:05] ali: cccc", OLDER]


def test_an_answer_has_no_holes() -> None:
    """Where the room was cut, older private messages would look as if nothing had been said between."""
    world = World(Limits(flood_rate=0, answer_bytes=2 * (4 + ENTRY_BYTES)))
    ali, _sara = world.join("ali"), world.join("sara")
    talk(world, (ali, "/pm sara x"), (ali, "aaaa"), (ali, "bbbb"), (ali, "/pm sara y"), (ali, "cccc"))
    shown = ["[14:05] ali: bbbb", "[PM to sara]: y", "[14:07] ali: cccc", OLDER]
    assert history(world, ali, "5") == history(world, ali, "1h") == shown


@pytest.mark.parametrize("asked", ["/history", "/search a"])
def test_a_store_that_cannot_answer_is_an_answer(asked: str) -> None:
    """And the next request is taken."""
    store = SlowStore("latest", "search")
    world = World(store=store)
    ali = world.join("ali")
    ali.type(asked, "/topic")
    store.let_go("latest" if asked == "/history" else "search", StoreError("The disk is gone."))
    world.settle()
    assert ali.read() == [
        "! What was said before cannot be read now: The disk is gone. Please try again later.",
        "* #lobby has no topic. /topic text sets one.",
    ]


@pytest.mark.parametrize("error", [None, StoreError("The disk is gone.")], ids=["answer", "refusal"])
def test_an_answer_that_comes_after_the_goodbye_is_not_given(error: StoreError | None) -> None:
    """The goodbye is the last word."""
    store = SlowStore("latest")
    world = World(store=store)
    ali = world.join("ali")
    ali.type("/history")
    ali.session.end(Farewell.SHUTDOWN)
    for _ in range(store.pending("latest")):
        store.let_go("latest", error)
    while store.pending("latest"):
        store.let_go("latest")
    assert ali.read()[-1].endswith("Goodbye, ali.")


# By words


def test_words_are_found_in_any_order_however_they_are_typed(world: World) -> None:
    """All of them, the last one by its beginning; in the room and in the box, in the order they were said."""
    ali, sara = world.join("ali"), world.join("sara")
    talk(world, (sara, "Exam on Monday"), (sara, "/pm ali the exam is on MONDAY"), (sara, "no exam"), (ali, "monday"))
    assert world.ask(ali, "/search mon exam") == ["* Nothing found for mon exam in #lobby or in private."]
    assert world.ask(ali, "/search exam mon") == [
        "* Found for exam mon (2):",
        "[14:03] sara: Exam on Monday",
        "[PM from sara at 14:04]: the exam is on MONDAY",
    ]


@pytest.mark.parametrize("words", ["علي", "عَلی", "كتاب", "کتاب علی"])
def test_persian_is_found_from_an_arabic_keyboard(world: World, words: str) -> None:
    """The Arabic ya and kaf and vowel signs are the same word."""
    ali = world.join("ali")
    assert world.ask(ali, "کتاب علی اینجاست", f"/search {words}")[-1] == "[14:03] ali: \u2068کتاب علی اینجاست\u2069"


def test_too_many_findings_are_cut_and_say_so() -> None:
    """The newest are shown."""
    world = World(Limits(flood_rate=0, found_lines=2))
    ali = world.join("ali")
    assert world.ask(ali, "tea 1", "tea 2", "tea 3", "/search tea") == [
        "* Found for tea (2):",
        "[14:03] ali: tea 2",
        "[14:03] ali: tea 3",
        "* These are the latest; there are older ones. More words find fewer.",
    ]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("?!", "* Nothing found for ?! in #lobby or in private."),
        ("\u202a", "! There is no text in that. Please say something."),
        ("a\x07", "! That line holds U+0007 BELL, which cannot be passed on, so it was not sent. Please leave it out."),
    ],
)
def test_what_has_no_words_finds_nothing(world: World, words: str, answer: str) -> None:
    """And what may not be shown is not quoted."""
    ali = world.join("ali")
    assert world.ask(ali, "salam?!", f"/search {words}") == [answer]


# As programs ask


def test_any_room_one_is_in_can_be_asked_for() -> None:
    """Not only the one that is talked to; the box by its own name; nobody else's room."""
    server = worlds.World(Limits(flood_rate=0))
    ali, sara = joined(server, "ali", rooms=["#lobby", "#tea"]), joined(server, "sara")
    sara.ask("chat", text="in the lobby")
    ali.ask("chat", text="in tea")
    sara.ask("pm", to="ali", text="for you")
    ali.gets()

    def texts(type: str = "history", **fields: str) -> list[str]:
        return [line["text"] for line in only(ali.ask(type, **fields), "past")]

    assert texts(room="#LOBBY") == ["in the lobby"]
    assert texts(room="#tea") == ["in tea"]
    assert texts(room="@") == ["for you"]
    assert sorted(texts()) == ["for you", "in tea"]  # by their times, which are the same here
    assert texts("search", words="in", room="#lobby") == ["in the lobby"]
    assert sara.ask("history", room="#tea")[-1]["error"] == "not_in_room"
    assert sara.ask("search", room="#tea", words="in")[-1]["error"] == "not_in_room"


def test_everything_can_be_read_backwards() -> None:
    """By asking for what is below the lowest one has, until there is nothing; each message once."""
    bot = joined(worlds.World(Limits(flood_rate=0)), "ali")
    bot.asks(*({"type": "chat", "text": f"{number}"} for number in range(1, 8)))
    read: list[int] = []
    while page := only(bot.ask("history", room="#lobby", count=3, **({"before": read[0]} if read else {})), "past"):
        read = [line["id"] for line in page] + read
    assert read == list(range(1, 8))


@pytest.mark.parametrize(
    ("before", "shown", "more"), [(1, [], False), (2, [1], False), (3, [2], True), (99, [2], True)]
)
def test_what_is_asked_for_before_an_id_is_below_it(before: int, shown: list[int], more: bool) -> None:
    """An id that was not given yet is no reason to show what is not there."""
    bot = joined(worlds.World(Limits(flood_rate=0)), "ali")
    bot.asks({"type": "chat", "text": "one"}, {"type": "chat", "text": "two"})
    *past, end = bot.ask("history", room="#lobby", count=1, before=before)
    assert [line["id"] for line in past] == shown
    assert (end["count"], end["more"]) == (len(shown), more)
