"""Coming, going, names, rooms, topics, and looking around: what is done, who is told, and what is refused."""

import pytest

from chatd.limits import Limits
from chatd.requests import Introduce, Topic
from chatd.storage.contract import StoreError, StoreFull
from tests.doubles import NumberedForm, SlowStore, World


@pytest.fixture
def world() -> World:
    """A chat with nobody in it."""
    return World()


# Names


def test_a_newcomer_is_greeted_and_the_others_are_told() -> None:
    """With the operator's words, who is there, and the topic; the line about the newcomer is for the others."""
    world = World(motd="Be kind.\nExams are on.")
    ali = world.join("ali")
    ali.type("/topic Exam on Monday")
    world.settle()
    sara = world.connect()
    assert world.ask(sara, "sara") == [
        "* Be kind.",
        "* Exams are on.",
        "* Hello sara. You are in #lobby with ali. /help shows the commands.",
        "* The topic of #lobby: Exam on Monday",
    ]
    assert ali.read()[-1] == "* sara joined."


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("12", "! 12 has no letter in it. Please choose a name with at least one."),
        ("a b", "! A name cannot hold U+0020 SPACE. Letters of any script, digits and _ - . are fine."),
        ("192.0.2.9", "! 192.0.2.9 looks like an IP address. Please choose another name."),
        ("CoP", "! CoP is taken by cop. Please choose another name."),
        ("сор", "! сор is taken by cop. Please choose another name."),
    ],
)
def test_a_name_that_cannot_be_is_explained_and_asked_for_again(world: World, name: str, answer: str) -> None:
    """Bad, taken, or too much like another: the connection lives, nobody else hears of it, and the next name is taken."""
    cop, newcomer = world.join("cop"), world.connect()
    assert world.ask(newcomer, name) == [answer]
    assert cop.read() == []
    assert world.ask(newcomer, "sara")[0].startswith("* Hello sara.")
    assert not newcomer.hung_up


def test_a_second_introduction_is_refused(world: World) -> None:
    """A program that introduces itself twice keeps its first name."""
    ali = world.join("ali")
    ali.send(Introduce("reza"))
    assert ali.read() == ["! You are ali already; /nick changes it."]


def test_a_new_name_is_told_in_every_room(world: World) -> None:
    """Its owner is answered in other words."""
    ali, sara, reza = world.join("ali", room="#tea"), world.join("sara"), world.join("reza", room="#tea")
    sara.read()
    reza.read()
    assert world.ask(ali, "/nick mina", "salam") == ["* You are mina now."]
    assert sara.read() == ["* ali is now called mina."]
    assert reza.read() == ["* #lobby: ali is now called mina.", "* ali is now called mina.", "[14:03] mina: salam"]


def test_the_old_name_is_free_at_once(world: World) -> None:
    """Somebody else may have it; and what is said to it reaches them."""
    ali = world.join("ali")
    ali.type("/nick mina")
    newcomer = world.join("ali")
    assert newcomer.session.named
    assert [person.shown for person in world.chat.roster] == ["ali", "mina"]


def test_a_refused_nick_changes_nothing(world: World) -> None:
    """Bad or taken: one keeps the name one had, and nobody is told."""
    ali, sara = world.join("ali"), world.join("sara")
    sara.read()
    assert world.ask(ali, "/nick Sara", "/nick 12") == [
        "! Sara is taken by sara. Please choose another name.",
        "! 12 has no letter in it. Please choose a name with at least one.",
    ]
    assert sara.read() == []
    assert ali.session.person.shown == "ali"


def test_the_same_name_again_is_not_news(world: World) -> None:
    """Another spelling of it is."""
    ali, sara = world.join("ali"), world.join("sara")
    ali.type("/nick ali", "/nick Ali")
    world.settle()
    assert sara.read() == ["* ali is now called Ali."]


def test_a_name_is_free_when_its_owner_has_gone(world: World) -> None:
    """With a goodbye, or without one."""
    ali, sara = world.join("ali"), world.join("sara")
    assert world.ask(ali, "/exit")[-1] == "* Goodbye, ali."
    assert ali.hung_up
    sara.lose()
    assert world.join("ali").session.named
    assert world.join("sara").session.named


def test_who_vanishes_on_the_way_to_the_lobby_is_not_in_it() -> None:
    """The store took its time, and the line was cut: the name is free, and nobody was joined by a ghost."""
    store = SlowStore("head")
    world = World(store=store)
    ali = world.connect()
    ali.type("ali")
    ali.lose()
    store.let_go("head")
    world.settle()
    assert ali.shown == []
    assert world.chat.find_room("#lobby") is None
    assert not len(world.chat.roster)


# Rooms


def test_a_joined_room_is_the_one_that_is_talked_to(world: World) -> None:
    """Those in it are told, and the other rooms stay on the screen."""
    ali, sara = world.join("ali"), world.join("sara", room="#Tea")
    assert world.ask(ali, "/join #tea")[0] == "* You are now in #Tea with sara; what you say goes there."
    assert sara.read() == ["* ali joined."]
    assert world.ask(ali, "salam") == []
    assert sara.read() == ["[14:03] ali: salam"]


def test_joining_a_joined_room_again_only_turns_to_it(world: World) -> None:
    """However it is spelled; nobody is told, and nothing is shown again."""
    ali, sara = world.join("ali", room="#tea"), world.join("sara")
    sara.read()
    assert world.ask(ali, "/join #LOBBY") == ["* What you say goes to #lobby again."]
    ali.type("salam")
    world.settle()
    assert sara.read() == ["[14:03] ali: salam"]


def test_the_last_lines_are_shown_on_joining() -> None:
    """As many as the limit says; those of the room alone, and before what is asked for next."""
    world = World(Limits(flood_rate=0, greeting_lines=2))
    ali = world.join("ali", room="#tea")
    ali.type("one", "two", "three")
    world.settle()
    sara = world.join("sara")
    assert world.ask(sara, "/join #tea", "/topic") == [
        "* You are now in #tea with ali; what you say goes there.",
        "[14:03] ali: two",
        "[14:03] ali: three",
        "* #tea has no topic. /topic text sets one.",
    ]


def test_leaving_turns_to_the_room_entered_last(world: World) -> None:
    """Leaving another room than the one talked to changes nothing in that."""
    ali = world.join("ali")
    ali.type("/join #tea", "/join #dev", "/join #out")
    world.settle()
    assert world.ask(ali, "/leave #TEA", "/leave", "/leave") == [
        "* You left #tea. What you say goes to #out.",
        "* You left #out. What you say goes to #dev.",
        "* You left #dev. What you say goes to #lobby.",
    ]


def test_the_others_are_told_who_left(world: World) -> None:
    """And hear nothing of them any more."""
    ali, sara = world.join("ali", room="#tea"), world.join("sara", room="#tea")
    ali.type("/leave", "salam")
    world.settle()
    assert sara.read() == ["* ali left.", "[14:03] #lobby ali: salam"]


def test_who_left_the_last_room_is_still_in_the_chat(world: World) -> None:
    """Nothing can be said to nowhere, but people can be written to, and the lobby is open."""
    ali, sara = world.join("ali"), world.join("sara")
    assert world.ask(ali, "/leave", "salam", "/me waves", "/topic tea", "/leave", "/pm sara salam", "/join #lobby") == [
        "* You left #lobby. You are in no room now; /join #lobby goes back.",
        *["! You are in no room now. /join #lobby goes back to the lobby."] * 4,
        "[PM to sara]: salam",
        "* You are now in #lobby with sara; what you say goes there.",
    ]
    assert sara.read() == ["* ali left.", "[PM from ali at 14:03]: salam", "* ali joined."]


@pytest.mark.parametrize("command", ["/leave", "/join", "/who"])
def test_a_name_no_room_can_have_is_refused(world: World, command: str) -> None:
    """By everything that takes one."""
    ali = world.join("ali")
    assert world.ask(ali, f"{command} tea") == [
        "! tea cannot be the name of a room. Room names begin with # and go on like a person's name: #lobby"
    ]


def test_only_a_joined_room_can_be_left(world: World) -> None:
    """That it exists does not make one a member."""
    ali, _sara = world.join("ali"), world.join("sara", room="#tea")
    assert world.ask(ali, "/leave #tea") == ["! You are not in #tea. /join #tea goes there."]


def test_nobody_is_in_more_rooms_than_the_limit_says() -> None:
    """A room that was left makes room for another; turning to a joined one always works."""
    world = World(Limits(flood_rate=0, rooms_per_session=2))
    ali = world.join("ali", room="#tea")
    refusal = "! You are in 2 rooms; at most 2 are allowed. /leave #room leaves one."
    assert world.ask(ali, "/join #dev", "/join #lobby") == [refusal, "* What you say goes to #lobby again."]
    assert world.ask(ali, "/leave #tea", "/join #dev")[-1] == "* You are now alone in #dev; what you say goes there."


def test_a_room_opened_again_goes_on_where_it_was(world: World) -> None:
    """Nobody was in it for a while: its ids go on, and its last lines are shown."""
    ali = world.join("ali", room="#tea")
    ali.type("one", "/leave")
    world.settle()
    sara = world.connect(form=NumberedForm(acks=True))
    shown = world.ask(sara, "sara", "/join #tea", "two")
    assert [line for line in shown if "#tea" in line] == ["+ #tea ", "#tea/1 ali: one", "> #tea + sara", "#tea/2 ack"]


def test_a_restarted_server_goes_on_where_it_was() -> None:
    """A new chat on the same store: the ids continue, the last lines are shown, and a box is not found by its name."""
    before = World()
    ali = before.join("ali")
    before.join("sara")
    ali.type("one", "/pm sara secret")
    before.settle()
    after = World(store=before.store, seed=2)
    sara, back = after.connect(form=NumberedForm()), after.connect(form=NumberedForm(acks=True))
    assert after.ask(back, "ali", "two") == ["+ #lobby ", "#lobby/1 ali: one", "> #lobby + ali", "#lobby/2 ack"]
    assert after.ask(sara, "sara")[1:3] == ["#lobby/1 ali: one", "#lobby/2 ali: two"]
    assert "secret" not in sara.outlet.text + back.outlet.text


def test_who_vanishes_while_a_room_is_opened_leaves_none_behind() -> None:
    """The store answers too late: nobody is in the room, so there is none."""
    store = SlowStore()
    world = World(store=store)
    ali = world.join("ali")
    store.held = {"head"}
    ali.type("/join #tea")
    ali.lose()
    store.let_go("head")
    world.settle()
    assert list(world.chat._rooms) == ["#lobby"]


def test_a_room_that_cannot_be_opened_is_refused() -> None:
    """The store cannot say where it stands; the one who asked stays where they are, and may ask again."""
    store = SlowStore()
    world = World(store=store)
    ali = world.join("ali")
    store.held = {"head"}
    ali.type("/join #tea")
    store.let_go("head", StoreError("The disk is gone."))
    world.settle()
    assert ali.read() == ["! What was said before cannot be read now: The disk is gone. Please try again later."]
    store.held = set()
    assert world.ask(ali, "/join #tea") == ["* You are now alone in #tea; what you say goes there."]


# Topics


def test_a_topic_is_set_shown_and_removed(world: World) -> None:
    """The one who sets it is answered, the others are told."""
    ali, sara = world.join("ali"), world.join("sara")
    assert world.ask(ali, "/topic", "/topic  Exam\ton Monday ", "/topic", "/topic -", "/topic") == [
        "* #lobby has no topic. /topic text sets one.",
        "* The topic of #lobby: Exam on Monday",
        "* The topic of #lobby: Exam on Monday",
        "* #lobby has no topic. /topic text sets one.",
        "* #lobby has no topic. /topic text sets one.",
    ]
    assert sara.read() == ["* ali set the topic: Exam on Monday", "* ali removed the topic."]


def test_a_topic_has_a_limit_in_characters(world: World) -> None:
    """As many in Persian as in English; one too long is refused with both numbers, and the old one stays."""
    ali, sara = world.join("ali"), world.join("sara")
    ali.send(Topic("س" * 200), Topic("س" * 201), Topic("a\x1bb"))
    world.settle()
    assert sara.read() == ["* ali set the topic: \u2068" + "س" * 200 + "\u2069"]
    assert ali.read()[-2] == "! That topic has 201 characters; at most 200 are allowed."
    assert "U+001B" in ali.shown[-1]
    assert world.chat.rooms[0].topic == "س" * 200


@pytest.mark.parametrize("restarted", [False, True])
def test_topic_and_spelling_of_a_room_are_kept(world: World, restarted: bool) -> None:
    """By the store: for those who come when the room was empty, and after a restart."""
    ali = world.join("ali", room="#Tea-Room")
    ali.type("/topic Darjeeling", "/leave")
    world.settle()
    later = World(store=world.store, seed=2) if restarted else world
    sara = later.join("sara")
    assert later.ask(sara, "/join #TEA-room") == [
        "* You are now alone in #Tea-Room; what you say goes there.",
        "* The topic of #Tea-Room: Darjeeling",
    ]


def test_a_topic_that_cannot_be_stored_is_not_set() -> None:
    """It would be forgotten: nobody is told of it, and the old one stays."""
    store = SlowStore("describe")
    world = World(store=store)
    ali, sara = world.join("ali"), world.join("sara")
    ali.type("/topic tea")
    store.let_go("describe", StoreFull("The disk is full."))
    world.settle()
    assert "The disk is full." in ali.read()[-1]
    assert sara.read() == []
    assert world.chat.rooms[0].topic == ""


def test_a_stored_topic_is_told_even_if_its_author_vanished() -> None:
    """The room must not go on with a topic that the store has no more."""
    store = SlowStore("describe")
    world = World(store=store)
    ali, sara = world.join("ali"), world.join("sara")
    ali.type("/topic tea")
    ali.lose()
    store.let_go("describe")
    world.settle()
    assert sara.read() == ["* ali left.", "* ali set the topic: tea"]
    assert world.ask(sara, "/topic") == ["* The topic of #lobby: tea"]
    assert "tea" not in ali.outlet.text


# Looking around


def test_rooms_are_listed_with_the_fullest_first(world: World) -> None:
    """Then by name; empty ones are not there; topics and one's own rooms are marked."""
    ali, sara = world.join("ali", room="#b"), world.join("sara")
    ali.type("/topic tea")
    world.join("reza", room="#a").type("/leave #lobby")
    world.settle()
    assert world.ask(sara, "/rooms") == [
        "* Rooms (3):",
        "#lobby (2, you are in it)",
        "#a (1)",
        "#b (1): tea",
        "* /join #ROOM goes to one of them, or opens another.",
    ]


def test_a_long_list_of_rooms_is_cut() -> None:
    """At a hundred; how many more there are is told."""
    world = World(Limits(flood_rate=0, rooms_per_session=105))
    ali, sara = world.join("ali"), world.join("sara")
    ali.type(*(f"/join #r{number:03}" for number in range(1, 105)))
    world.settle()
    rooms = world.ask(sara, "/rooms")
    assert rooms[:3] == ["* Rooms (105):", "#lobby (2, you are in it)", "#r001 (1)"]
    assert rooms[100:102] == ["#r099 (1)", "... and 5 more."]
    assert len(rooms) == 103


def test_everybody_online_is_listed_in_the_order_of_names(world: World) -> None:
    """With the address; people of other rooms and of none too, people without a name not."""
    sara = world.join("sara", "192.0.2.7")
    world.join("Reza", "192.0.2.8", room="#tea")
    world.join("ali", "2001:db8::1").type("/leave")
    world.settle()
    world.connect()
    assert world.ask(sara, "/who") == ["* Online (3):", "ali (2001:db8::1)", "Reza (192.0.2.8)", "sara (192.0.2.7)"]


def test_the_people_of_one_room_are_listed(world: World) -> None:
    """One need not be in it, nor spell it right."""
    ali = world.join("ali")
    for name in ("sara", "Reza"):
        world.join(name, "192.0.2.8", room="#Tea")
    assert world.ask(ali, "/who #TEA") == ["* In #Tea (2):", "Reza (192.0.2.8)", "sara (192.0.2.8)"]


def test_hidden_addresses_are_not_listed() -> None:
    """Neither for everybody, nor for a room."""
    world = World(hide_addresses=True)
    ali, _sara = world.join("ali"), world.join("sara")
    assert world.ask(ali, "/who", "/who #lobby") == ["* Online (2):", "ali", "sara", "* In #lobby (2):", "ali", "sara"]


@pytest.mark.parametrize("room", ["#tea", "#lobby"])
def test_a_room_that_nobody_is_in_is_none(world: World, room: str) -> None:
    """Whether there was somebody once or never."""
    ali = world.join("ali")
    answers = world.ask(ali, "/join #tea", "/leave", "/leave", f"/who {room}")
    assert answers[-1] == f"! There is no room {room} with people in it. /rooms lists them; /join {room} opens it."
