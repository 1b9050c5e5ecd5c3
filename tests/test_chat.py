"""The chat as a whole: numbers, names, rooms that open and close, and what the operator hears."""

from typing import cast

import pytest
from twisted.internet.defer import Deferred

from chatd.chat import LOBBY
from chatd.errors import BadRoomName
from chatd.names import room_name
from chatd.storage.contract import Page, StoreFull
from tests.doubles import START, SlowStore, World


@pytest.fixture
def world() -> World:
    """Nobody is here."""
    return World()


def test_time_does_not_go_back_within_a_log(world: World) -> None:
    """A clock that is set back must not make something said now older than what was said before, there; elsewhere it is right."""
    world.join("ali", room="#tea")
    lobby, tea = (room.log for room in sorted(world.chat.rooms, key=lambda room: room.name.key))
    assert world.chat.stamp(lobby) == START
    world.clock_error = -3600
    assert world.chat.now() == world.chat.now(tea) == START - 3600
    assert world.chat.now(lobby) == world.chat.stamp(lobby) == START
    assert world.chat.stamp(tea) == START - 3600
    world.clock_error = 60
    assert world.chat.stamp(lobby) == START + 60


def test_time_does_not_go_back_in_a_room_that_was_closed_meanwhile(world: World) -> None:
    """The store knows when the last words were said there; so it is after a restart."""
    for error in (0.0, -3600.0, -7200.0):
        world.clock_error = error
        ali = world.join("ali", room="#tea")
        ali.type("salam", "/leave")
        world.settle()
        assert len(world.chat.rooms) == 1
        ali.type("/exit")
        world.settle()
    assert times_in(world, "#tea") == [START] * 3


def times_in(world: World, log: str) -> list[float]:
    """When the messages of a log were said."""
    read = Deferred.fromCoroutine(world.store.read(log, 0, 9, 10**6))
    return [entry.message.at for entry in cast(Page, read.result).entries]


def test_numbers_are_random_and_fit_a_database(world: World) -> None:
    """63 bits, none twice, and the same ones again for the same seed."""
    numbers = [world.chat.new_number() for _ in range(1000)]
    assert len(set(numbers)) == 1000
    assert min(numbers) >= 0
    assert max(numbers) < 2**63
    assert numbers != [World(seed=2).chat.new_number() for _ in range(1000)]


def test_each_person_has_a_box_of_their_own(world: World) -> None:
    """Named by their number, so that a later one of the same name has another."""
    world.join("ali")
    world.join("sara")
    ali, sara = world.chat.roster
    assert ali.box.name == f"@{ali.id}"
    assert ali.box.name != sara.box.name


def test_the_operator_hears_who_comes_and_goes(world: World) -> None:
    """With names, addresses and how many are online; never what was said."""
    ali = world.join("ali", "192.0.2.1")
    sara = world.join("sara", "192.0.2.2")
    ali.type("a secret", "/nick reza")
    world.settle()
    ali.type("/exit")
    world.settle()
    sara.lose()
    assert world.journal.lines == [
        "ali came from 192.0.2.1, 1 online",
        "sara came from 192.0.2.2, 2 online",
        "ali became reza",
        "reza went from 192.0.2.1, 1 online",
        "sara went from 192.0.2.2, 0 online",
    ]


def test_who_never_gave_a_name_is_not_in_the_journal(world: World) -> None:
    """They were never online."""
    world.connect().lose()
    assert world.journal.lines == []


def test_rooms_are_listed_with_the_fullest_first(world: World) -> None:
    """Only those that somebody is in."""
    world.join("ali", room="#tea")
    world.join("sara", room="#dev").type("/leave #lobby")
    world.join("reza", room="#dev").type("/leave #lobby")
    world.settle()
    assert [(room.name.shown, len(room)) for room in world.chat.rooms] == [("#dev", 2), ("#lobby", 1), ("#tea", 1)]


def test_a_room_is_found_while_somebody_is_in_it(world: World) -> None:
    """However it is spelled."""
    ali = world.join("ali", room="#Tea")
    room = world.chat.find_room("#TEA")
    assert room is not None
    assert room.name.shown == "#Tea"
    ali.type("/leave")
    world.settle()
    assert world.chat.find_room("#tea") is None
    with pytest.raises(BadRoomName):
        world.chat.find_room("tea")


def test_an_empty_room_is_closed_and_the_lobby_is_not(world: World) -> None:
    """Rooms cost memory only while they are used."""
    world.join("ali", room="#tea").type("/exit")
    world.settle()
    assert list(world.chat._rooms) == [LOBBY]


def test_a_room_that_is_opened_again_goes_on_where_it_was(world: World) -> None:
    """Its log, its topic and the spelling of its name are in the store."""
    ali = world.join("ali", room="#Tea")
    ali.type("one", "/topic five o'clock", "two", "/leave")
    world.settle()
    ali.type("/join #tEA", "three")
    world.settle()
    room = world.chat.find_room("#tea")
    assert room is not None
    assert (room.log.last, room.topic, room.name.shown) == (3, "five o'clock", "#Tea")


@pytest.mark.parametrize("error", [None, StoreFull("The disk is full.")])
def test_a_room_stays_open_until_its_last_words_are_stored(error: StoreFull | None) -> None:
    """Who opens it again before that must not be given an id that is on its way to the disk already."""
    store = SlowStore("append")
    world = World(store=store)
    ali, sara = world.join("ali", room="#tea"), world.join("sara")
    ali.type("last words")
    world.settle()
    ali.lose()
    sara.type("/join #tea", "first words")
    world.settle()
    store.let_go("append", error)
    world.settle()
    while store.waiting:
        store.let_go("append")
        world.settle()
    room = world.chat.find_room("#tea")
    assert room is not None
    assert room.log.last == (1 if error else 2)
    assert ("ali: last words" in str(sara.shown)) is (error is None)


def test_a_room_whose_last_words_could_not_be_stored_is_closed_all_the_same() -> None:
    """There is nothing left to wait for."""
    store = SlowStore("append")
    world = World(store=store)
    ali = world.join("ali", room="#tea")
    ali.type("last words")
    world.settle()
    ali.lose()
    store.let_go("append", StoreFull("The disk is full."))
    world.settle()
    assert list(world.chat._rooms) == [LOBBY]


def test_a_room_left_twice_before_its_words_are_stored_is_closed_once() -> None:
    """Each departure waits for what was said before it; only the last one closes the room."""
    store = SlowStore("append")
    world = World(store=store)
    sara = world.join("sara")
    for name in ("ali", "reza"):
        guest = world.join(name, room="#tea")
        guest.type("words")
        world.settle()
        guest.lose()
    while store.waiting:
        store.let_go("append")
        world.settle()
    assert list(world.chat._rooms) == [LOBBY]
    sara.type("/join #tea")
    world.settle()
    assert [line.rpartition("] ")[2] for line in sara.read()[-2:]] == ["ali: words", "reza: words"]


def test_two_who_open_a_room_at_the_same_time_meet_in_it() -> None:
    """The store answers both; the slower one finds the room open."""
    store = SlowStore()
    world = World(store=store)
    ali, sara = world.join("ali"), world.join("sara")
    store.held.add("head")
    ali.type("/join #tea", "salam")
    sara.type("/join #tea")
    world.settle()
    store.let_go("head", newest=True)
    store.let_go("head")
    world.settle()
    room = world.chat.find_room("#tea")
    assert room is not None
    assert len(room) == 2
    assert sara.read()[-1] == "[14:03] ali: salam"


def test_a_late_answer_does_not_open_a_room_at_an_old_place() -> None:
    """Asked before a whole visit and answered after it, it does not know what was said; ids would repeat."""
    store = SlowStore()
    world = World(store=store)
    ali, sara = world.join("ali"), world.join("sara")
    store.held.add("head")
    sara.type("/join #tea", "second")
    ali.type("/join #tea", "first", "/leave")
    world.settle()
    store.let_go("head", newest=True)
    world.settle()
    while store.waiting:
        store.let_go("head")
        world.settle()
    room = world.chat.find_room("#tea")
    assert room is not None
    assert room.log.last == 2
    assert sara.read()[-1] == "[14:03] ali: first"


def test_an_opened_room_that_nobody_enters_is_closed_again() -> None:
    """Its visitor went while the store was asked."""
    store = SlowStore()
    world = World(store=store)
    ali = world.join("ali")
    store.held.add("head")
    ali.type("/join #tea")
    ali.lose()
    store.let_go("head")
    world.settle()
    assert list(world.chat._rooms) == [LOBBY]


async def test_a_room_may_be_called_anything_a_room_can(world: World) -> None:
    """Folded for the store, as typed for people."""
    room = await world.chat.open_room(room_name("#چای"))
    assert room.log.name == room_name("#چاي").key
