"""Speaking to a room and to one person: who is shown it, who is not, and what is said when it cannot be done."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.errors import ChatError
from chatd.limits import Limits
from chatd.requests import Act, Introduce, Request, Say, Tell
from chatd.storage.contract import StoreFull
from chatd.text import message
from tests.doubles import NumberedForm, SlowStore, Terminal, World


@pytest.fixture
def world() -> World:
    """A chat with nobody in it."""
    return World()


def test_what_is_said_is_shown_to_the_others_in_the_room(world: World) -> None:
    """The terminal of its author shows it already; people of other rooms do not hear it."""
    ali, sara, reza = world.join("ali"), world.join("sara"), world.join("reza", room="#tea")
    reza.type("/leave #lobby")
    world.settle()
    assert world.ask(ali, "salam", "/me waves") == []
    assert sara.read()[-2:] == ["[14:03] ali: salam", "[14:03] * ali waves"]
    assert "salam" not in reza.outlet.text


def test_who_talks_elsewhere_sees_which_room_it_was_said_in(world: World) -> None:
    """Two rooms on one screen are told apart by their names."""
    ali, sara = world.join("ali"), world.join("sara", room="#tea")
    ali.type("salam")
    world.settle()
    assert sara.read() == ["[14:03] #lobby ali: salam"]


@pytest.mark.parametrize("ask", [Say, Act, lambda text: Tell("sara", text)], ids=["say", "act", "tell"])
def test_a_text_that_may_not_be_passed_on_reaches_nobody(world: World, ask: Callable[[str], Request]) -> None:
    """Controls, nothing at all, too much: one rule, whichever way it is said, and only its author hears of it."""
    ali, sara = world.join("ali"), world.join("sara")
    ali.read()
    ali.send(*map(ask, ("a\x1b[2Jb", "\u200b", "x" * 4097, "س" * 2049)))
    world.settle()
    for refusal, reason in zip(ali.read(), ("U+001B", "no text", "4097 bytes", "4098 bytes"), strict=True):
        assert reason in refusal
    assert sara.read() == []
    assert world.ask(ali, "/history") == ["* #lobby has nothing to show."]


def fate(text: str) -> tuple[str, list[str]]:
    """What others are shown of it, and what its author is told."""
    try:
        return f"#lobby/1 ali: {message(text, 20)}\n", []
    except ChatError as error:
        return "", [f"! {type(error).__name__} "]


@settings(max_examples=60)
@given(st.text(max_size=12))
def test_any_text_arrives_as_it_is_or_is_refused(text: str) -> None:
    """There is no third way: whatever is typed, the others see just that, or its author is told why not."""
    world = World(Limits(flood_rate=0, text_bytes=20))
    ali, sara = (world.connect(form=NumberedForm()) for _ in "ab")
    ali.send(Introduce("ali"))
    sara.send(Introduce("sara"))
    world.settle()
    ali.read()
    before = sara.outlet.text
    ali.send(Say(text))
    world.settle()
    shown, refusal = fate(text)
    assert sara.outlet.text == before + shown
    assert ali.read() == refusal


# One person


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("Sara", "sARA"), ("علی", "علي"), ("کیان", "كيان"), ("ali۷", "ali7"), ("sara", "ｓａｒａ"), ("می‌نا", "مینا")],
)
def test_a_private_message_finds_its_receiver_however_the_name_is_spelled(
    world: World, name: str, spelled: str
) -> None:
    """An Arabic keyboard, another case or other digits must not keep anybody from being found."""
    ali, other = world.join("ali"), world.join(name)
    assert world.ask(ali, f"/pm {spelled} are you there?")[-1].endswith("]: are you there?")
    assert other.read() == ["[PM from ali at 14:03]: are you there?"]


def test_a_private_message_is_for_two(world: World) -> None:
    """Nobody else sees it: not when it is sent, not in the history, not by searching; not even who has the name later."""
    ali, sara, reza = world.join("ali"), world.join("sara"), world.join("reza")
    assert world.ask(ali, "/pm sara secret") == ["[PM to sara]: secret"]
    assert sara.read()[-1] == "[PM from ali at 14:03]: secret"
    assert world.ask(sara, "/history")[1:] == ["[PM from ali at 14:03]: secret"]
    sara.type("/exit")
    later = world.join("sara")
    for stranger in (reza, later):
        answers = world.ask(stranger, "/history", "/search secret")
        assert answers == ["* #lobby has nothing to show.", "* Nothing found for secret in #lobby or in private."]
        assert "PM" not in stranger.outlet.text


def test_a_private_message_enters_both_boxes_or_none() -> None:
    """Both copies are one commit; when it fails, its sender gets the words back, and neither of them has them."""
    store = SlowStore("append")
    world = World(store=store)
    ali, sara = world.join("ali"), world.join("sara", "192.0.2.8")
    ali.type("/pm sara secret")
    world.settle()
    assert [len(append.messages) for append in store.appended[0]] == [1, 1]
    store.let_go("append", StoreFull("The disk is full."))
    world.settle()
    assert "Please send it again later." in ali.shown[-2]
    assert ali.shown[-1] == "! Your line was: secret"
    for one in (ali, sara):
        assert world.ask(one, "/history") == ["* #lobby has nothing to show."]


@pytest.mark.parametrize("address", ["192.0.2.8", "::ffff:192.0.2.8", "۱۹۲.۰.۲.۸"])
def test_an_address_means_the_one_who_is_there(world: World, address: str) -> None:
    """However the address is written; on the local network people know machines before they know names."""
    ali, sara = world.join("ali"), world.join("sara", "192.0.2.8")
    assert world.ask(ali, f"/pm {address} hello") == ["[PM to sara]: hello"]
    assert sara.read() == ["[PM from ali at 14:03]: hello"]


def test_the_address_of_both_means_the_other_one(world: World) -> None:
    """Two people behind one address: it is not oneself who is meant."""
    ali, sara = world.join("ali", "192.0.2.7"), world.join("sara", "192.0.2.7")
    ali.type("/pm 192.0.2.7 hello")
    world.settle()
    assert sara.read() == ["[PM from ali at 14:03]: hello"]


def test_an_address_of_several_lists_their_names(world: World) -> None:
    """The message goes to none of them, and the answer says whom one can write to."""
    ali = world.join("ali")
    there = [world.join(name, "192.0.2.8") for name in ("sara", "Reza")]
    for one in there:
        one.read()
    assert world.ask(ali, "/pm 192.0.2.8 hello") == [
        "! Several people are connected from 192.0.2.8: Reza, sara. Please use a name."
    ]
    assert all(one.read() == [] for one in there)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/pm sara hello", "! No one called sara is here. /who lists everyone."),
        (
            "/pm 192.0.2.9 hello",
            "! Nobody else is connected from 192.0.2.9. /who lists everyone with their address.",
        ),
        (
            "/pm 192.0.2.7 hello",
            "! Nobody else is connected from 192.0.2.7. /who lists everyone with their address.",
        ),
        (
            "/pm a@b hello",
            "! A name cannot hold U+0040 COMMERCIAL AT. Letters of any script, digits and _ - . are fine.",
        ),
        ("/pm ALI hello", "! That is you. Private messages are for somebody else."),
        ("/reply hello", "! Nobody has written to you yet. /pm NAME text writes to somebody."),
    ],
)
def test_a_private_message_to_nobody_says_why(world: World, line: str, answer: str) -> None:
    """Nobody there, nobody could be, oneself, nobody to answer: a sentence each, and nothing is kept."""
    ali = world.join("ali")
    assert world.ask(ali, line) == [answer]
    assert world.ask(ali, "/history") == ["* #lobby has nothing to show."]


@pytest.mark.parametrize("address", ["192.0.2.8", "192.0.2.9"])
def test_hidden_addresses_cannot_be_guessed(address: str) -> None:
    """The answer is the same whether somebody is there or not."""
    world = World(hide_addresses=True)
    ali, sara = world.join("ali"), world.join("sara", "192.0.2.8")
    assert world.ask(ali, f"/pm {address} hello") == ["! Addresses are hidden on this server. Please use a name."]
    assert sara.read() == []


# Answering


def writes(world: World, sender: Terminal, to: str) -> None:
    """Somebody writes to somebody."""
    sender.type(f"/pm {to} hello")
    world.settle()


def test_a_reply_goes_to_the_last_one_who_wrote(world: World) -> None:
    """And not to the last one who was written to."""
    ali, sara, reza = world.join("ali"), world.join("sara"), world.join("reza")
    writes(world, reza, "ali")
    writes(world, sara, "ali")
    writes(world, ali, "reza")
    assert world.ask(ali, "/reply yes") == ["[PM to sara]: yes"]
    assert sara.read()[-1] == "[PM from ali at 14:03]: yes"


def test_a_reply_follows_its_receiver_to_a_new_name(world: World) -> None:
    """It is the person who is answered; somebody else may have the name by now."""
    ali, sara = world.join("ali"), world.join("sara")
    writes(world, sara, "ali")
    sara.type("/nick mina")
    other = world.join("sara")
    assert world.ask(ali, "/reply yes") == ["[PM to mina]: yes"]
    assert other.read() == []


def test_a_reply_is_for_the_person_not_for_the_name(world: World) -> None:
    """Whoever takes the name of one who has left does not get their letters."""
    ali, sara = world.join("ali"), world.join("sara")
    writes(world, sara, "ali")
    sara.lose()
    stranger = world.join("sara")
    stranger.read()
    assert world.ask(ali, "/reply the code is 1234")[-1] == "! No one called sara is here. /who lists everyone."
    assert stranger.read() == []


def test_a_reply_to_one_who_is_gone_says_so(world: World) -> None:
    """With the last name they had."""
    ali, sara = world.join("ali"), world.join("sara")
    writes(world, sara, "ali")
    sara.type("/nick mina", "/exit")
    world.settle()
    assert world.ask(ali, "/reply yes") == ["! No one called mina is here. /who lists everyone."]


def test_a_reply_never_goes_to_one_whose_message_did_not_arrive() -> None:
    """What the disk did not take was never seen: the answer is meant for the one before."""
    store = SlowStore("append")
    world = World(store=store)
    ali, sara, reza = world.join("ali"), world.join("sara"), world.join("reza")
    writes(world, sara, "ali")
    store.let_go("append")
    writes(world, reza, "ali")
    store.let_go("append", StoreFull("The disk is full."))
    world.settle()
    assert world.ask(ali, "/reply yes") == []
    store.let_go("append")
    assert ali.read() == ["[PM to sara]: yes"]
