"""What somebody sees, and how: times, and the words of people who are ignored, wherever they would turn up."""

import pytest

from tests.doubles import Terminal, World


@pytest.fixture
def world() -> World:
    """A chat with nobody in it."""
    return World()


def test_times_are_shown_as_somebody_wishes(world: World) -> None:
    """From then on, in every log, and for them alone."""
    ali, sara, reza = world.join("ali"), world.join("sara", room="#tea"), world.join("reza")
    reza.read()
    styles = {
        "off": ["#lobby ali: salam", "[PM from ali]: hi"],
        "date": ["[2026-11-21 14:03] #lobby ali: salam", "[PM from ali at 2026-11-21 14:03]: hi"],
        "on": ["[14:03] #lobby ali: salam", "[PM from ali at 14:03]: hi"],
    }
    for style, lines in styles.items():
        assert world.ask(sara, f"/time {style}")[0].startswith("* Messages are shown")
        ali.type("salam", "/pm sara hi")
        world.settle()
        assert sara.read() == lines
        assert reza.read() == ["[14:03] ali: salam"]


def test_times_of_what_was_said_before_are_shown_likewise(world: World) -> None:
    """The setting is not only for what is new."""
    ali = world.join("ali")
    assert world.ask(ali, "salam", "/time off", "/history", "/search salam")[-3::2] == ["ali: salam", "ali: salam"]


# Ignoring


def test_who_is_ignored_is_listed(world: World) -> None:
    """Sorted, each as they were named; once more ends it, however it is spelled; they need not be here."""
    ali = world.join("ali")
    assert world.ask(ali, "/ignore", "/ignore sara", "/ignore Reza", "/ignore", "/ignore SARA", "/ignore") == [
        "* You ignore nobody. /ignore NAME hides what somebody writes.",
        "* You ignore sara from now on. /ignore sara once more ends it.",
        "* You ignore Reza from now on. /ignore Reza once more ends it.",
        "* You ignore Reza and sara.",
        "* You see again what SARA writes.",
        "* You ignore Reza.",
    ]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("ALI", "! That is you. /ignore NAME hides what somebody else says."),
        ("12", "! 12 has no letter in it. Please choose a name with at least one."),
    ],
)
def test_some_names_cannot_be_ignored(world: World, name: str, answer: str) -> None:
    """One's own, and those that nobody can have."""
    ali = world.join("ali")
    assert world.ask(ali, f"/ignore {name}", "/ignore") == [
        answer,
        "* You ignore nobody. /ignore NAME hides what somebody writes.",
    ]


@pytest.fixture
def ali(world: World) -> Terminal:
    """Somebody who ignores sara; nobody else does, and nobody knows."""
    ali = world.join("ali")
    ali.type("/ignore Sara")
    return ali


@pytest.fixture
def sara(world: World, ali: Terminal) -> Terminal:
    """Somebody who is ignored, and comes after that."""
    sara = world.join("sara")
    ali.read()
    return sara


def says_everything(world: World, sara: Terminal, reza: Terminal) -> None:
    """Words of all kinds, and between them somebody else's: tea is hers, coffee is his."""
    sara.type("tea", "/me drinks tea", "/pm ali tea")
    reza.type("coffee")
    world.settle()


def test_what_ignored_people_say_is_not_shown(world: World, ali: Terminal, sara: Terminal) -> None:
    """Not to the room, not in private; what others say in the same moment is, and others see all of it."""
    reza = world.join("reza")
    ali.read()
    says_everything(world, sara, reza)
    assert ali.read() == ["[14:03] reza: coffee"]
    assert reza.read() == ["[14:03] sara: tea", "[14:03] * sara drinks tea"]


def test_what_ignored_people_said_is_not_recalled(world: World, ali: Terminal, sara: Terminal) -> None:
    """Neither by the history nor by searching; it is not lost, though."""
    says_everything(world, sara, world.join("reza"))
    assert world.ask(ali, "/history", "/search tea") == [
        "* In #lobby and in private (1):",
        "[14:03] reza: coffee",
        "* Nothing found for tea in #lobby or in private.",
    ]
    assert len(world.ask(ali, "/ignore sara", "/history")) == 6


def test_what_ignored_people_said_is_not_caught_up_with(world: World, ali: Terminal, sara: Terminal) -> None:
    """Who was slow, and who enters a room, reads past it as well."""
    reza = world.join("reza")
    ali.read()
    ali.block()
    says_everything(world, sara, reza)
    ali.unblock()
    world.settle()
    assert ali.read() == ["[14:03] reza: coffee"]
    sara.type("/join #tea", "tea")
    world.settle()
    assert world.ask(ali, "/join #tea") == ["* You are now in #tea with sara; what you say goes there."]


def test_what_ignored_people_said_is_not_read_from_the_store(world: World, ali: Terminal, sara: Terminal) -> None:
    """The greeting of a room reads the store, not memory: there it is hidden too."""
    reza = world.join("reza")
    sara.type("/join #tea", "tea", "/leave")
    reza.type("/join #tea", "coffee")
    world.settle()
    assert world.ask(ali, "/join #tea")[1:] == ["[14:03] reza: coffee"]


def test_comings_and_goings_of_ignored_people_are_shown(world: World, ali: Terminal, sara: Terminal) -> None:
    """Who is in the room is everybody's business; so are topics."""
    sara.type("/topic tea", "/leave", "/join #lobby", "/nick mina")
    world.settle()
    assert ali.read() == [
        "* sara set the topic: tea",
        "* sara left.",
        "* sara joined.",
        "* sara is now called mina.",
    ]


def test_one_can_write_to_ignored_people(world: World, ali: Terminal, sara: Terminal) -> None:
    """One's own words are shown; their answer is not."""
    assert world.ask(ali, "/pm sara leave me alone") == ["[PM to sara]: leave me alone"]
    assert world.ask(sara, "/reply no")[-1] == "[PM to ali]: no"
    assert ali.read() == []


def test_ignoring_follows_to_a_new_name(world: World, ali: Terminal, sara: Terminal) -> None:
    """Nobody escapes by ``/nick``; whoever takes the old name is heard."""
    sara.type("/nick mina", "tea")
    world.settle()
    assert ali.read() == ["* sara is now called mina."]
    other = world.join("sara")
    other.type("coffee")
    world.settle()
    assert ali.read() == ["* sara joined.", "[14:03] sara: coffee"]
    assert world.ask(ali, "/ignore") == ["* You ignore mina."]


def test_nobody_is_hidden_from_themselves(world: World, ali: Terminal) -> None:
    """Whoever takes a name they ignore would never see their own lines again, and could not undo it."""
    assert world.ask(ali, "/nick sara", "salam", "/history", "/ignore")[2:] == [
        "[14:03] sara: salam",
        "* You ignore nobody. /ignore NAME hides what somebody writes.",
    ]


# The rest


def test_help_and_misunderstandings_are_answered_in_turn(world: World) -> None:
    """What could not be understood is a request like any other: its answer keeps its place."""
    ali = world.join("ali")
    answers = world.ask(ali, "/topic", "/tpic", "/help topic", "/rooms x")
    assert answers[0] == "* #lobby has no topic. /topic text sets one."
    assert answers[1].startswith("! There is no command /tpic. Did you mean /topic?")
    assert answers[2] == "* /topic [text]"
    assert answers[-1] == "! /rooms is used like this: /rooms"
