"""Speaking to a room and to one person: who is shown it, who is not, and what is said when it cannot be done."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.errors import ChatError
from chatd.limits import Limits
from chatd.requests import Act, Introduce, Request, Say, Tell
from chatd.storage.contract import YOUNG_SECONDS, Retention, StoreFull
from chatd.text import message
from tests import worlds
from tests.bots import PASSWORD, Bot, Object, back, joined, nothing_left, only, owner, types
from tests.doubles import NumberedForm, SlowStore, Terminal, World
from tests.wires import Wire


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


# To somebody who is away


@pytest.fixture
def store() -> SlowStore:
    """A disk that is quick until a test holds something."""
    return SlowStore()


@pytest.fixture
def server(store: SlowStore) -> worlds.World:
    """A whole server with an account, ``sara``, whose owner is away, and ``ali``, who is here."""
    server = worlds.World(Limits(flood_rate=0, unread_messages=5), store)
    owner(server, "sara").cut()
    return server


def write(bot: Bot, *texts: str, to: str = "sara") -> list[Object]:
    """Write these; what is told of that."""
    return bot.asks(*({"type": "pm", "to": to, "text": text} for text in texts))


def unread(server: worlds.World) -> list[Object]:
    """What ``sara`` is shown when she logs in; then she goes again."""
    sara = Bot(server)
    told = sara.register("sara", password=PASSWORD)
    sara.cut()
    return only(told, "pm")


def test_what_is_written_to_an_account_that_is_away_is_kept(server: worlds.World) -> None:
    """Its sender is told so, and it is shown once, with the time when it was written."""
    ali = joined(server, "ali")
    told = write(ali, "are you there?")
    assert types(told) == ["ack", "waiting"]
    assert told[1] == {"type": "waiting", "user_id": "sara"}
    server.passes(50)
    (letter,) = unread(server)
    assert (letter["from"], letter["text"], letter["ts"]) == ("ali", "are you there?", worlds.NOON)
    assert unread(server) == []


def test_a_person_is_shown_what_waited_with_its_time(server: worlds.World) -> None:
    """At a terminal too."""
    write(joined(server, "ali"), "one", "two")
    server.passes(60)
    sara = server.connect("127.0.0.1").types(f"/login sara {PASSWORD}")
    seen = sara.sees()
    assert "[PM from ali at 12:00]: one\n[PM from ali at 12:00]: two\n" in seen


def test_a_guest_of_that_name_is_never_shown_it(server: worlds.World) -> None:
    """Guests who are away are nobody; what waits for an account waits for its owner."""
    ali, guest = joined(server, "ali"), joined(server, "reza")
    told = write(ali, "for reza", to="reza")
    assert (len(only(told, "ack")), len(only(told, "waiting"))) == (1, 0)
    guest.cut()
    assert write(ali, "for nobody", to="reza")[-1]["error"] == "no_such_user"
    later = owner(server, "reza")
    assert only(later.resume("@", 0), "pm") == []
    later.cut()
    again = Bot(server)
    assert only(again.register("reza", password=PASSWORD), "pm") == []


def test_what_waited_for_a_box_comes_behind_what_was_refused_meanwhile(server: worlds.World, store: SlowStore) -> None:
    """It had its turn before the disk was full; said now, it would come before what is sent again."""
    ali = joined(server, "ali")
    store.held = {"append", "head"}
    ali.asks({"type": "chat", "text": "first", "cid": "1"}, {"type": "pm", "to": "sara", "text": "second", "cid": "2"})
    store.let_go("append", StoreFull("The disk is full."))
    server.settle()
    store.let_go("head")
    assert [(line["type"], line["cid"]) for line in ali.gets()] == [("retry", "1"), ("retry", "2")]
    store.held = set()
    assert types(ali.ask("pm", to="sara", text="second", cid="2")) == ["retry"]
    assert types(ali.ask("chat", text="first", cid="1")) == ["ack"]
    assert types(ali.ask("pm", to="sara", text="second", cid="2")) == ["ack", "waiting"]


def test_a_guest_that_goes_meanwhile_is_not_said_to_be_back(server: worlds.World, store: SlowStore) -> None:
    """What is on its way to a guest who is gone is kept, but nobody promises that it will be shown."""
    ali, guest = joined(server, "ali"), joined(server, "reza")
    store.held = {"append"}
    write(ali, "one", to="reza")
    guest.cut()
    store.let_go("append")
    server.settle()
    told = ali.gets()
    assert only(told, "ack")
    assert only(told, "waiting") == []
    again = back(server, guest)
    assert [line["text"] for line in only(again.resume("@", 0), "pm")] == ["one"]


def test_only_so_many_may_wait(server: worlds.World) -> None:
    """Those on their way are counted; once they were read there is room again."""
    ali, reza = joined(server, "ali"), joined(server, "reza")
    told = write(ali, "1", "2", "3", "4")
    told += write(reza, "5", "6")
    assert len(only(told, "waiting")) == 5
    (refusal,) = only(told, "error")
    assert refusal["error"] == "box_full"
    assert [line["text"] for line in unread(server)] == list("12345")
    assert len(only(write(ali, "7"), "waiting")) == 1


def test_what_retention_has_dropped_does_not_wait_any_more(server: worlds.World, store: SlowStore) -> None:
    """Nobody will ever read it, so it takes nobody's room."""
    ali = joined(server, "ali")
    assert len(only(write(ali, *"12345"), "waiting")) == 5
    pruning = store.prune(Retention(messages=2), now=worlds.NOON + 2 * YOUNG_SECONDS)
    with pytest.raises(StopIteration):
        pruning.send(None)
    told = write(ali, *"6789")
    assert (len(only(told, "waiting")), [line["error"] for line in only(told, "error")]) == (3, ["box_full"])
    assert [line["text"] for line in unread(server)] == list("45678")


def test_those_that_are_on_their_way_count_as_waiting(server: worlds.World, store: SlowStore) -> None:
    """Else a slow disk would let any number through."""
    ali = joined(server, "ali")
    store.held = {"append"}
    told = write(ali, *"1234567")
    while store.waiting:
        store.let_go("append")
        server.settle()
    told += ali.gets()
    assert (len(only(told, "ack")), len(only(told, "error"))) == (5, 2)


def test_a_box_has_dense_ids_however_often_it_is_opened(server: worlds.World, store: SlowStore) -> None:
    """Its owner comes and goes while letters are on their way; each has its own id, and all are there."""
    ali = joined(server, "ali")
    texts: list[str] = []
    for step in range(12):
        store.held = {"append", "head"}
        sara = Bot(server)
        ali.gets()
        texts.append(f"{step}")
        write(ali, texts[-1])
        if step % 2:
            sara.register("sara", password=PASSWORD)
        for turn in range(10):
            if store.waiting:
                store.let_go(store.waiting[-1 if step % 3 else 0][0], newest=bool(step % 3))
                server.settle()
            if turn == step % 5:
                sara.cut()
        store.held = set()
        while store.waiting:
            store.let_go(store.waiting[0][0])
        server.settle()
        if only(ali.gets(), "error"):
            texts.pop()
            unread(server)
    ali.cut()
    server.passes(2)
    assert not len(server.site.chat.boxes)
    sara = Bot(server)
    sara.register("sara", password=PASSWORD)
    past = only(sara.ask("history", room="@", count=100), "past")
    assert [line["id"] for line in past] == list(range(1, len(past) + 1))
    assert [line["text"] for line in past] == texts


def test_what_a_blocked_reader_was_not_given_it_has_not_seen(server: worlds.World) -> None:
    """The connection stood still and was lost: what came meanwhile is shown at the next login."""
    wire = Wire()
    sara, ali = Bot(server, wire=wire), joined(server, "ali")
    sara.register("sara", password=PASSWORD)
    write(ali, "read")
    sara.gets()
    wire.room = 0
    write(ali, "given, and lost on the way")
    write(ali, "not even given")
    sara.cut()
    server.passes(2)
    texts = [line["text"] for line in unread(server)]
    assert "not even given" in texts
    assert "read" not in texts


def test_an_answer_reaches_an_account_that_has_been_away(server: worlds.World) -> None:
    """It went and came back, or is still away: it is the same person."""
    ali = server.joined("ali")
    sara = Bot(server)
    sara.register("sara", password=PASSWORD)
    sara.ask("pm", to="ali", text="hello")
    sara.cut()
    ali.gets()
    assert "! No one" not in ali.types("/reply away").sees()
    again = Bot(server)
    assert [line["text"] for line in only(again.register("sara", password=PASSWORD), "pm")] == ["away"]
    ali.types("/reply back")
    assert [line["text"] for line in only(again.gets(), "pm")] == ["back"]


@pytest.mark.parametrize("cut_first", ["ali", "sara"])
def test_nothing_is_left_open_for_a_letter_whose_people_are_gone(
    server: worlds.World, store: SlowStore, cut_first: str
) -> None:
    """Whoever goes while it is on its way, or while the other's box is opened."""
    ali = joined(server, "ali")
    store.held = {"head", "append"}
    write(ali, "one")
    if cut_first == "ali":
        ali.cut()
    while store.waiting:
        store.let_go(store.waiting[0][0])
        server.settle()
    ali.cut()
    store.held = set()
    nothing_left(server)


# Several connections of one account


def test_a_private_message_reaches_every_connection(server: worlds.World) -> None:
    """And the own ones are shown by the others as what they are; the one that sent it has its ack."""
    ali = joined(server, "ali")
    one, two = Bot(server), Bot(server)
    for bot in (one, two):
        bot.register("sara", password=PASSWORD)
        bot.gets()
    write(ali, "for both")
    assert [line["text"] for bot in (one, two) for line in only(bot.gets(), "pm")] == ["for both"] * 2
    assert types(write(one, "from one", to="ali")) == ["ack"]
    (copy,) = only(two.gets(), "pm")
    assert (copy["from"], copy["to"], copy["id"]) == ("sara", "ali", 2)
    one.ask("chat", text="said")
    assert [(line["from"], line["text"]) for line in only(two.gets(), "chat")] == [("sara", "said")]
    assert write(one, "to myself")[-1]["error"] == "no_such_user"


def test_rooms_are_each_connections_own(server: worlds.World) -> None:
    """Joined with the first connection that goes there, left with the last."""
    watcher = joined(server, "watcher", rooms=["#tea"])
    one, two = Bot(server), Bot(server)
    for bot in (one, two):
        bot.register("sara", password=PASSWORD, rooms=["#tea"])
    assert len(only(watcher.gets(), "joined")) == 1
    one.ask("leave", room="#tea")
    assert only(watcher.gets(), "left") == []
    assert one.ask("chat", text="x")[-1]["error"] == "not_in_room"
    assert only(two.ask("chat", text="still here"), "ack")
    two.ask("leave", room="#tea")
    assert len(only(watcher.gets(), "left")) == 1
