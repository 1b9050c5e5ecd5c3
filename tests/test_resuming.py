"""Reading on after a cut: everything that was missed, once and in order; or a word that it cannot be had."""

import pytest

from chatd.limits import Limits
from chatd.storage.contract import StoreError
from chatd.storage.memory import MemoryStore
from tests.bots import Bot, Object, back, joined, nothing_left, only, types
from tests.doubles import SlowStore
from tests.wires import Wire
from tests.worlds import World


@pytest.fixture
def world() -> World:
    """Nobody is here, and nobody talks too fast."""
    return World(Limits(flood_rate=0))


def say(bot: Bot, *texts: str) -> list[int]:
    """Say these; the ids they get."""
    return [line["id"] for line in only(bot.asks(*({"type": "chat", "text": text} for text in texts)), "ack")]


def texts(lines: list[Object]) -> list[str]:
    """What was said in these, in order."""
    return [line["text"] for line in lines if line["type"] in {"chat", "pm"}]


def ids(lines: list[Object]) -> list[int]:
    """The ids of these messages."""
    return [line["id"] for line in lines if line["type"] in {"chat", "pm"}]


def test_everything_that_was_missed_comes_once_and_in_order(world: World) -> None:
    """One's own words over the old connection among it; then who is there, and what is said from now on."""
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(ali, "seen")
    say(sara, "seen too")
    say(ali, "mine")
    ali.cut()
    say(sara, "missed")
    again = back(world, ali)
    told = again.resume("#lobby", 2)
    assert types(told) == ["resumed", "chat", "chat", "users"]
    assert [(line["id"], line["from"], line["text"]) for line in only(told, "chat")] == [
        (3, "ali", "mine"),
        (4, "sara", "missed"),
    ]
    assert (told[0]["after"], told[0]["last"]) == (2, 4)
    assert told[-1]["users"] == ["ali", "sara"]
    say(sara, "live")
    assert texts(again.gets()) == ["live"]
    assert say(again, "and mine") == [6]


@pytest.mark.parametrize("page_bytes", [1, 200, 100_000])
@pytest.mark.parametrize("after", [0, 1, 29, 30])
def test_any_place_can_be_gone_on_from(page_bytes: int, after: int) -> None:
    """In as many pages as it takes."""
    world = World(Limits(flood_rate=0, page_bytes=page_bytes))
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(sara, *(str(number) for number in range(1, 31)))
    ali.cut()
    told = back(world, ali).resume("#lobby", after)
    assert texts(told) == [str(number) for number in range(after + 1, 31)]
    assert types(told)[-1] == "users"


def test_what_is_said_while_one_reads_comes_behind_it() -> None:
    """The store takes its time, and the room goes on."""
    store = SlowStore()
    world = World(Limits(flood_rate=0), store)
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(sara, "1", "2")
    ali.cut()
    again = back(world, ali)
    store.held = {"read"}
    assert types(again.resume("#lobby", 0)) == ["resumed"]
    say(sara, "3")
    again.asks({"type": "chat", "text": "4"})
    assert again.gets() == []
    while store.waiting:
        store.let_go("read")
        world.settle()
    told = again.gets()
    assert texts(told) == ["1", "2", "3"]
    assert [line["id"] for line in told if "id" in line] == [1, 2, 3, 4]


def test_one_who_is_in_the_room_reads_on_from_where_they_say(world: World) -> None:
    """Nobody is told that they came; nothing is shown twice behind that place."""
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(sara, "1", "2", "3")
    ali.gets()
    sara.gets()
    assert texts(ali.resume("#lobby", 1)) == ["2", "3"]
    assert sara.gets() == []
    say(sara, "4")
    assert ids(ali.gets()) == [4]


def test_another_history_is_said_to_be_one() -> None:
    """The database was replaced: the ids mean nothing; what follows begins as if one had joined anew."""
    before = World(Limits(flood_rate=0), MemoryStore(epoch="old"))
    ali = joined(before, "ali")
    say(ali, "1")
    world = World(Limits(flood_rate=0), MemoryStore(epoch="new"), seed=2)
    sara = joined(world, "sara")
    say(sara, *(str(number) for number in range(30)))
    bot = joined(world, "ali", rooms=[])
    bot.epoch = ali.epoch
    told = bot.resume("#lobby", 1)
    assert (told[0]["type"], told[0]["after"], told[0]["epoch"]) == ("reset", 10, "new")
    assert ids(told) == list(range(11, 31))
    assert types(bot.resume("@", 1)) == ["reset"]


def test_another_history_that_has_lost_its_beginning_says_so_too() -> None:
    """What follows begins behind the place that was named: what is not kept of that is a gap."""
    world = World(Limits(flood_rate=0), MemoryStore(epoch="new", kept=3))
    sara = joined(world, "sara")
    say(sara, *(str(number) for number in range(10)))
    ali = joined(world, "ali", rooms=[])
    ali.epoch = "old"
    told = ali.resume("#lobby", 1)
    assert types(told)[:2] == ["reset", "gap"]
    assert (told[0]["after"], told[1]["first"], ids(told)) == (0, 8, [8, 9, 10])


@pytest.mark.parametrize("room", ["#lobby", "@"])
def test_a_place_behind_the_end_is_of_another_history(world: World, room: str) -> None:
    """A backup was put back: of what one has seen, some never was."""
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(sara, "1")
    sara.ask("pm", to="ali", text="1")
    ali.gets()
    told = ali.resume(room, 2)
    assert told[0]["type"] == "reset"
    assert types(ali.resume(room, 1))[0] == "resumed"


def test_what_is_no_longer_kept_is_a_gap() -> None:
    """With the id of the first message that is; a newcomer, who has nothing, is told of none."""
    world = World(Limits(flood_rate=0), MemoryStore(kept=10))
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(sara, "seen")
    ali.cut()
    say(sara, *(str(number) for number in range(2, 41)))
    told = back(world, ali).resume("#lobby", 1)
    (gap,) = only(told, "gap")
    assert types(told)[:2] == ["resumed", "gap"]
    assert gap == {"type": "gap", "room": "#lobby", "first": 31}
    assert ids(told) == list(range(31, 41))
    assert only(Bot(world).register("new", recent=30), "gap") == []


def test_a_box_is_gone_on_with_like_a_room(world: World) -> None:
    """What one got and what one sent, counted together; nobody else's."""
    ali, sara = joined(world, "ali"), joined(world, "sara")
    sara.ask("pm", to="ali", text="1")
    ali.ask("pm", to="sara", text="2")
    ali.cut()
    again = back(world, ali)
    sara.ask("pm", to="ali", text="3")
    assert again.gets() == []
    told = again.resume("@", 1)
    assert types(told) == ["resumed", "pm", "pm"]
    assert [(line["id"], line["from"], line["text"]) for line in told[1:]] == [(2, "ali", "2"), (3, "sara", "3")]
    sara.ask("pm", to="ali", text="4")
    assert ids(again.gets()) == [4]
    stranger = joined(world, "stranger")
    assert texts(stranger.resume("@", 0)) == []


def test_a_private_message_is_answered_even_before_the_box_is_read(world: World) -> None:
    """Its sender gets the acknowledgement, and can go on with the box from any place."""
    ali, sara = joined(world, "ali"), joined(world, "sara")
    sara.ask("pm", to="ali", text="1")
    again = back(world, ali)
    told = again.asks(
        {"type": "pm", "to": "sara", "text": "2", "cid": "1"},
        {"type": "resume", "room": "@", "epoch": again.epoch or ali.epoch, "after": 0},
    )
    assert types(told) == ["ack", "resumed", "pm", "pm"]
    assert ids(told) == [1, 2]


def test_a_message_that_was_stored_without_a_word_is_acknowledged_once_it_comes_again() -> None:
    """The line was cut between the disk and the answer; it stays one message, in the room and in the box."""
    store = SlowStore("append")
    world = World(Limits(flood_rate=0), store)
    ali, sara = joined(world, "ali"), joined(world, "sara")
    unsure = [
        {"type": "chat", "text": "one", "cid": "1"},
        {"type": "pm", "to": "sara", "text": "two", "cid": "2"},
        {"type": "chat", "text": "three", "cid": "3"},
    ]
    ali.asks(*unsure)
    ali.cut()
    again = back(world, ali)
    again.resume("#lobby", 0)
    again.asks(*unsure)
    while store.waiting:
        store.let_go("append")
        world.settle()
    told = again.gets()
    assert [(line["cid"], line["room"], line["id"]) for line in only(told, "ack")] == [
        ("1", "#lobby", 1),
        ("2", "@", 1),
        ("3", "#lobby", 2),
    ]
    assert sorted(texts(told)) == ["one", "three", "two"]  # as said by another connection
    assert sorted(texts(sara.gets())) == ["one", "three", "two"]


def test_the_ack_of_a_repeat_waits_for_what_stands_before_it() -> None:
    """Who takes the id of an ack for the last message they have seen would else never ask for those before it."""
    store = SlowStore("append")
    world = World(Limits(flood_rate=0, tail_bytes=0), store)
    ali, sara = joined(world, "ali"), joined(world, "sara")
    unsure = {"type": "chat", "text": "mine", "cid": "1"}
    sara.ask("chat", text="before it")
    ali.asks(unsure)
    ali.cut()
    wire = Wire()
    again = Bot(world, wire=wire)
    again.register(session=ali.session)
    again.resume("#lobby", 0)
    wire.room = 10
    sara.ask("ping")
    store.held = {"read"}
    while store.pending("append"):
        store.let_go("append")
        world.settle()
    wire.room = None
    world.settle()
    told = again.asks(unsure)
    store.held = set()
    while store.pending("read"):
        store.let_go("read")
        world.settle()
    told += again.gets()
    assert [(line["type"], line["id"]) for line in told if "id" in line] == [("chat", 1), ("chat", 2), ("ack", 2)]


def test_however_many_are_sent_at_once_none_overtakes_another() -> None:
    """Far more than find room to wait; everything unanswered is sent again, in its order, as often as it takes."""
    world = World()
    ali = joined(world, "ali")
    unsaid = [{"type": "chat", "text": f"{number}", "cid": f"{number}"} for number in range(300)]
    for _ in range(30):
        told = ali.asks(*unsaid)
        for _ in range(40):
            world.passes(1)
            told += ali.gets()
        stored = {line["cid"] for line in only(told, "ack")}
        unsaid = [request for request in unsaid if request["cid"] not in stored]
    assert not unsaid
    sara = joined(world, "sara")
    assert texts(sara.resume("#lobby", 0)) == [f"{number}" for number in range(300)]


def test_one_who_leaves_thousands_without_an_answer_is_dropped() -> None:
    """They cannot be forgotten, for then they could change their order; and memory has an end."""
    store = SlowStore("append")
    world = World(Limits(flood_rate=0, uncommitted_bytes=10**7), store)
    ali = joined(world, "ali")
    told = ali.asks(*({"type": "chat", "text": "x", "cid": f"{number}"} for number in range(5000)))
    assert [line["reason"] for line in only(told, "bye")] == ["flood"]


def test_an_id_that_was_refused_before_there_was_a_name_can_be_used(world: World) -> None:
    """Whoever sends again what came too early has to be heard."""
    bot = Bot(world)
    early = {"type": "chat", "text": "salam", "cid": "1"}
    assert bot.asks(early)[0]["error"] == "register_required"
    bot.register("ali")
    assert types(bot.asks(early)) == ["ack"]


def test_a_slow_reader_resumes_without_loss(world: World) -> None:
    """It takes what its connection takes, and the rest when there is room."""
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(sara, *(f"number {number}" for number in range(100)))
    ali.cut()
    wire = Wire()
    again = Bot(world, wire=wire)
    again.register(session=ali.session)
    again.epoch = ali.epoch
    wire.room = 100
    again.visitor.types(f'{{"type":"resume","room":"#lobby","epoch":"{ali.epoch}","after":0}}')
    say(sara, "and one more")
    wire.room = None
    world.settle()
    told = again.gets()
    assert ids(told) == list(range(1, 102))


def test_only_so_many_rooms_can_be_gone_on_with() -> None:
    """As many as may be joined; the one that is there already is none more."""
    world = World(Limits(flood_rate=0, rooms_per_session=2))
    ali = joined(world, "ali", rooms=["#a", "#b"])
    assert ali.resume("#c", 0)[0]["error"] == "too_many_rooms"
    assert types(ali.resume("#B", 0))[0] == "resumed"
    assert ali.resume("lobby", 0)[0]["error"] == "bad_room"


@pytest.mark.parametrize("method", ["head", "read"])
def test_whoever_is_cut_off_while_resuming_leaves_nothing_behind(method: str) -> None:
    """A room that was opened for it is closed again."""
    inner = MemoryStore()
    first = World(Limits(flood_rate=0), inner)
    ali = joined(first, "ali", rooms=["#tea"])
    say(ali, "1", "2")
    store = SlowStore(inner=inner)
    world = World(Limits(flood_rate=0), store, seed=2)
    again = back(world, ali)
    again.epoch = ali.epoch
    store.held = {method}
    again.resume("#tea", 0)
    assert store.pending(method) == 1
    again.cut()
    store.let_go(method)
    nothing_left(world)


def test_a_store_that_is_away_is_asked_again_until_all_is_read() -> None:
    """Nothing is left out for it; the program is told once."""
    store = SlowStore()
    world = World(Limits(flood_rate=0), store)
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(sara, "1")
    ali.cut()
    again = back(world, ali)
    store.held = {"read"}
    again.resume("#lobby", 0)
    for _ in range(3):
        store.let_go("read", StoreError("The disk is away."))
        world.passes(5)
    store.held = set()
    store.let_go("read")
    world.settle()
    told = again.gets()
    assert types(told)[:2] == ["retry", "chat"]
    assert set(types(told)[2:]) == {"users"}
