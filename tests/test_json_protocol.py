"""Programs over JSON lines: both versions, their pings, their ends, and what they send that is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.limits import Limits
from chatd.protocols import json_lines
from chatd.protocols.json_lines import LINE_BYTES
from chatd.protocols.site import SILENCE
from chatd.turns import BREATHER, REFUSED_AT_ONCE
from tests.bots import AWAY, PASSWORD, Bot, back, joined, nothing_left, only, read, types
from tests.doubles import SlowStore
from tests.wires import Wire
from tests.worlds import NOON, World


@pytest.fixture
def world() -> World:
    """Nobody is here, and nobody talks too fast."""
    return World(Limits(flood_rate=0))


def chat(text: str, cid: str | None = None) -> dict[str, Any]:
    """Something to say."""
    return {"type": "chat", "text": text, **({"cid": cid} if cid else {})}


# Two versions


def test_a_program_of_the_first_version_gets_no_line_before_its_answer(world: World) -> None:
    """It takes the first line for the answer; its own words are not sent back, and nothing pings it."""
    joined(world, "sara")
    bot = Bot(world)
    assert bot.ask("register", user_id="ali") == [
        {"type": "register", "ok": True, "user_id": "ali"},
        {"type": "users", "users": ["ali", "sara"], "ts": NOON},
    ]
    assert bot.ask("chat", text="salam") == []
    for _ in range(20):
        world.clock.advance(60)
    world.settle()
    assert not bot.visitor.closed
    assert only(bot.gets(), "ping") == []


def test_the_roll_is_called_to_the_first_version_alone(world: World) -> None:
    """At most once a second, and never once nobody is left who wants to hear it."""
    old, new = Bot(world), joined(world, "sara")
    old.ask("register", user_id="ali")
    world.passes(1)
    old.gets()
    for name in ("a1", "a2", "a3"):
        joined(world, name)
    world.passes(0.5)
    assert only(old.gets(), "users") == []
    world.passes(0.5)
    assert [line["users"] for line in only(old.gets(), "users")] == [["a1", "a2", "a3", "ali", "sara"]]
    assert only(new.gets(), "users") == []
    old.cut()
    assert not world.site.chat.roll_call._listeners


def test_what_is_new_means_nothing_in_the_first_version(world: World) -> None:
    """It has no rooms, no ids, and no sessions: whoever asks for them is told that there is no such thing."""
    bot = Bot(world)
    bot.ask("register", user_id="ali")
    for type in ("join", "resume", "claim", "history", "nick"):
        assert bot.ask(type, room="#dev", password=PASSWORD)[0]["error"] == "unknown_type"


def test_the_last_register_says_which_version_it_is(world: World) -> None:
    """One that was refused may be followed by one of the other version; that is not pinged then, either."""
    joined(world, "sara")
    bot = Bot(world)
    assert bot.ask("register", v=1, user_id="sara")[0]["reason"] == "user_taken"
    assert bot.ask("register", user_id="ali")[0] == {"type": "register", "ok": True, "user_id": "ali"}
    for _ in range(5):
        world.passes(60)
    assert not bot.visitor.closed
    assert only(bot.gets(), "ping") == []
    other = Bot(world)
    assert other.ask("register", user_id="ali")[0]["reason"] == "user_taken"
    assert other.register("reza")[0]["v"] == 1


# Staying connected


def test_a_silent_program_is_asked_whether_it_is_there(world: World) -> None:
    """After 90 seconds, once; any answer will do, and then the time begins anew."""
    bot = joined(world, "ali")
    world.passes(89)
    assert bot.gets() == []
    world.passes(1)
    assert bot.gets() == [{"type": "ping", "ts": NOON + 90}]
    bot.ask("pong")
    world.passes(89)
    assert bot.gets() == []
    world.passes(1)
    assert types(bot.gets()) == ["ping"]
    assert bot.ask("ping")[0]["type"] == "pong"
    assert not bot.visitor.closed


@pytest.mark.timeout(30)  # what it is about is a timer that rings for ever
def test_a_silent_program_is_asked_at_a_moment_that_cannot_be_reckoned_exactly(world: World) -> None:
    """Of 60.35 and 90 more it is not quite 90 from one to the other: that is not waited for without an end."""
    heard = 60.34999999999998
    assert (heard + 90.0) - heard < 90.0
    world.passes(heard - world.clock.seconds())
    bot = joined(world, "ali")
    assert world.clock.seconds() == heard
    world.passes(90)
    assert types(bot.gets()) == ["ping"]
    world.passes(60)
    assert bot.visitor.wire.aborted


def test_a_program_that_does_not_answer_is_gone(world: World) -> None:
    """After 150 seconds; the others see it leave."""
    bot, other = joined(world, "ali"), joined(world, "sara")
    world.passes(90)
    other.ask("pong")
    world.passes(59)
    assert not bot.visitor.closed
    world.passes(1)
    assert bot.visitor.wire.aborted
    assert only(other.gets(), "left")[0]["users"] == ["ali"]
    assert only(bot.gets(), "ping") == [{"type": "ping", "ts": NOON + 90}]


def test_a_program_that_is_not_listened_to_is_not_gone() -> None:
    """The disk takes its time, so nothing is read: its answers cannot be heard."""
    store = SlowStore()
    world = World(Limits(flood_rate=0), store)
    bot = joined(world, "ali")
    store.held = {"append"}
    bot.asks(chat("salam"), {"type": "list"}, {"type": "pong"})
    for _ in range(10):
        world.passes(60)
    assert not bot.visitor.closed
    store.let_go("append")
    world.settle()
    assert {"ack", "users"} <= set(types(bot.gets()))


def test_no_name_in_time_is_the_end(world: World) -> None:
    """And leaves nothing."""
    bot = Bot(world)
    bot.ask("ping")
    world.passes(60)
    assert "No name was given in time" in bot.visitor.sees()
    assert bot.visitor.closed
    nothing_left(world)


# Lines


def test_an_over_long_line_is_answered_and_the_next_one_taken(world: World) -> None:
    """Of it nothing counts; one of exactly the limit is taken."""
    bot = joined(world, "ali")
    frame = len(json.dumps(chat("")))
    assert bot.asks(chat("x" * (LINE_BYTES - frame)))[0]["text"].startswith("That text has 16")
    told = bot.asks(chat("x" * (LINE_BYTES - frame + 1)), chat("salam"))
    assert [line.get("error") for line in told] == ["message_too_long", None]
    assert "16384" in told[0]["text"]
    assert told[1]["id"] == 1


def test_where_texts_may_be_longer_so_may_lines() -> None:
    """Else the longest text that is allowed could not be said; the program is told how long."""
    world = World(Limits(text_bytes=40_000))
    sara = world.joined("sara")
    bot = joined(world, "ali")
    text = "س" * 20_000
    (told,) = bot.asks({"type": "chat", "text": text})
    assert told["type"] == "ack"
    assert text in sara.sees()


def test_a_line_without_an_end_is_answered_before_it_ends(world: World) -> None:
    """Once, and kept nowhere."""
    bot = joined(world, "ali")
    bot.visitor.sends(b'{"type": "chat", "text": "' + b"x" * (LINE_BYTES * 17))
    assert [line["error"] for line in bot.gets()] == ["message_too_long"]
    bot.visitor.sends(b"x" * LINE_BYTES * 17 + b'"}\n')
    assert bot.gets() == []
    assert types(bot.asks(chat("salam"))) == ["ack"]


@pytest.mark.parametrize(
    "line", [b"\xff", b"{\xff", b"\xffL99999", b'{"type":"chat","text":"\xff"}', b"\xfe", b"[]", b"{"]
)
def test_no_line_means_more_than_it_says(world: World, line: bytes) -> None:
    """What stands for the end, or for an over-long line, inside the server is a mistake like any other from outside."""
    bot = joined(world, "ali")
    bot.visitor.sends(line + b"\n")
    assert [line["error"] for line in bot.gets()] == ["bad_json"]
    assert not bot.visitor.closed
    assert types(bot.asks(chat("salam"))) == ["ack"]


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=40), max_size=6), st.binary(max_size=20))
def test_whatever_comes_in_the_server_answers_in_whole_lines(lines: list[bytes], rest: bytes) -> None:
    """Each an object with a type; a program that goes on as it should is served as ever."""
    world = World(Limits(flood_rate=0))
    bot, other = joined(world, "ali"), joined(world, "sara")
    bot.gets()
    bot.visitor.sends(*(line + b"\n" for line in lines), rest, b"\n")
    assert all(line["type"] in {"error", "pong"} for line in bot.gets())
    assert types(bot.asks(chat("salam"))) == ["ack"]
    assert [line["text"] for line in only(other.gets(), "chat")] == ["salam"]


@pytest.mark.parametrize("size", [1, 2, 7, 100_000])
def test_it_makes_no_difference_in_what_pieces_bytes_come(world: World, size: int) -> None:
    """Register, talk and go in one breath, or byte by byte."""
    requests = [{"type": "register", "v": 1, "user_id": "ali"}, chat("سلام", "1"), {"type": "list"}, {"type": "logout"}]
    data = "".join(f"{json.dumps(request, ensure_ascii=False)}\n" for request in requests).encode()
    visitor = world.connect().sends(*(data[at : at + size] for at in range(0, len(data), size)))
    expected = ["register", "entered", "users", "ack", "users", "bye"]
    assert types(read(visitor.gets())) == expected
    assert visitor.closed


SAID = (
    b'{"type": "chat", "text": "salam", "cid": "%d"}\n',
    b'{"type":"chat","cid":"%d","text":"\xd8\xb3","room":"#lobby"}\n',
    b'{"type": "chat", "room": "#nowhere", "text": "salam %d"}\n',
    b'{"type": "chat", "text": "", "cid": "%d"}\n',
    b'{"type": "chat", "text": "again", "cid": "same"}\n',
    b'{"type": "chat", "text": "a", "text": "%d"}\n',
    b'{"type": "chat", "text": "\xff", "cid": "%d"}\n',
    b'{"type": "chat", "text": "\\u0633", "cid": "%d", "act": true}\n',
    b'{"type": "chat", "text": "' + b"x" * LINE_BYTES + b'"}\n',
    b'{"type": "list"}\n',
    b'{"type": "leave"}\n',
    b'{"type": "join", "room": "#a"}\n',
    b'{"type": "register", "user_id": "sara"}\n',
    b'{"type": "logout"}\n',
)


def answers(pieces: list[bytes]) -> tuple[bytes, bytes]:
    """What a program is told that sends these, and what another one in the room is."""
    world = World(Limits(flood_rate=0))
    bot, other = joined(world, "ali"), joined(world, "omid")
    for piece in pieces:
        bot.visitor.sends(piece)
    return bot.visitor.gets(), other.visitor.gets()


@settings(max_examples=60)
@given(st.lists(st.sampled_from(SAID), max_size=8), st.lists(st.integers(0, 400), max_size=6), st.booleans())
def test_the_short_way_answers_as_the_long_one(lines: list[bytes], cuts: list[int], whole: bool) -> None:
    """Byte for byte, whatever comes before and behind, in whatever pieces: what is said, and what is wrong."""
    sent = [line % number if b"%d" in line else line for number, line in enumerate(lines)]
    if not whole:
        data, places = b"".join(sent), [0, *sorted(cuts)]
        sent = [data[at:end] for at, end in zip(places, [*places[1:], len(data)], strict=True) if data[at:end]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "plainly_said", lambda _: None)
        long = answers(sent)
    assert answers(sent) == long


def test_most_of_what_programs_say_goes_the_short_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """From their first line behind the register on, and again after one that went the long way in pieces."""
    bot = joined(world, "ali")
    bot.visitor.sends(b'{"type": "li', b'st"}\n')
    bot.gets()

    def decode(*_: object) -> None:
        pytest.fail("the long way was taken")

    monkeypatch.setattr(json_lines, "decode", decode)
    for number in range(3):
        assert types(bot.asks(chat("salam", str(number)))) == ["ack"]


def one_who_does_not_read(world: World) -> tuple[Bot, Bot, Wire]:
    """A program that has said something and for which more is waiting than it reads; another one; and its wire."""
    wire = Wire()
    slow, fast = Bot(world, wire=wire), joined(world, "sara")
    slow.register("ali")
    slow.asks(chat("first"))
    wire.room = 0
    fast.asks(chat("x" * 1000))
    return slow, fast, wire


def test_one_who_is_blocked_is_not_read_after_a_line_on_the_short_way(world: World) -> None:
    """As after any other: the answers find no room, so there are to be no more of them."""
    slow, _, wire = one_who_does_not_read(world)
    assert not wire.paused
    slow.asks(chat("second"))
    assert wire.paused
    wire.room = None
    world.settle()


def test_of_one_who_is_leaving_nothing_is_remembered(world: World) -> None:
    """On the short way either: what still comes in is dropped as it comes, its id too."""
    bot, other = joined(world, "ali"), joined(world, "sara")
    bot.asks(chat("salam"))
    person: Any = world.site.chat.roster.find("ali")
    (session,) = person.connections
    protocol: Any = bot.visitor.wire.protocol
    bot.ask("logout")
    protocol.dataReceived(b'{"type": "chat", "text": "too late", "cid": "7"}\n')
    assert session.outgoing._retries is None
    assert [line["text"] for line in only(other.gets(), "chat")] == ["salam"]


def test_the_end_of_an_endless_line_is_not_said(world: World) -> None:
    """Though it looks like a whole line: it was answered already, and nothing of it counts."""
    bot, other = joined(world, "ali"), joined(world, "sara")
    bot.visitor.sends(b"x" * LINE_BYTES * 17)
    bot.gets()
    bot.visitor.sends(b'{"type": "chat", "text": "still it"}\n')
    assert bot.gets() == []
    assert types(bot.asks(chat("salam"))) == ["ack"]
    assert [line["text"] for line in only(other.gets(), "chat")] == ["salam"]


def test_the_first_version_has_no_ids_on_the_short_way_either(world: World) -> None:
    """There a ``cid`` means nothing: what is said twice is said twice."""
    bot, other = Bot(world), joined(world, "sara")
    bot.ask("register", user_id="ali")
    bot.asks(chat("salam", "7"))
    bot.asks(chat("salam", "7"))
    assert [line["text"] for line in only(other.gets(), "chat")] == ["salam", "salam"]


def test_what_still_comes_in_from_one_who_is_not_read_is_not_taken(world: World) -> None:
    """It was on its way already; it is looked at once the answers are read, in its order."""
    slow, fast, wire = one_who_does_not_read(world)
    slow.ask("ping")
    assert wire.paused
    person: Any = world.site.chat.roster.find("ali")
    protocol: Any = wire.protocol
    (session,) = person.connections
    waiting = session.turns._waiting
    for number in range(3):
        protocol.dataReceived(f"{json.dumps(chat(str(number)))}\n".encode())
    assert session.turns._waiting == waiting
    wire.room = None
    world.settle()
    assert [line["text"] for line in only(fast.gets(), "chat")] == ["0", "1", "2"]


def test_a_program_that_was_late_skips_the_greeting(world: World) -> None:
    """Whoever says nothing at first is taken for a person; their first object shows that they are none."""
    visitor = world.connect()
    world.passes(SILENCE)
    world.settle()
    assert visitor.sees() == "* Welcome to chatd. What is your name?\n"
    visitor.types('{"type": "register", "v": 1, "user_id": "ali"}', '{"type": "chat", "text": "salam"}')
    assert types(read(visitor.gets())) == ["register", "entered", "users", "ack"]


# Its ends


def test_who_closes_their_half_gets_the_answers_and_then_the_end() -> None:
    """To everything that was sent, the last line without an ending included, after the disk has it."""
    store = SlowStore("append")
    world = World(Limits(flood_rate=0), store)
    bot = joined(world, "ali")
    bot.visitor.sends(b'{"type":"chat","text":"salam"}\n{"type":"list"}').ends()
    assert bot.gets() == []
    assert not bot.visitor.closed
    store.let_go("append")
    world.settle()
    assert types(bot.gets()) == ["ack", "users", "bye"]
    assert bot.visitor.closed


def test_a_program_that_does_not_read_is_not_read(world: World) -> None:
    """Its answers are bounded by one request; when it reads again, it gets all of them, and every message in between."""
    wire = Wire()
    slow, fast = Bot(world, wire=wire), joined(world, "sara")
    slow.register("ali")
    slow.gets()
    fast.gets()
    wire.room = 0
    slow.asks(*({"type": "list"} for _ in range(200)))
    buffered = len(wire.buffer)
    assert buffered < 1000
    for number in range(50):
        fast.asks(chat(f"{number}", f"{number}"))
    assert len(wire.buffer) == buffered
    assert wire.paused
    wire.room = None
    world.settle()
    told = slow.gets()
    assert [line["text"] for line in only(told, "chat")] == [str(number) for number in range(50)]
    assert [line["id"] for line in only(told, "chat")] == list(range(1, 51))
    assert len(only(told, "users")) == 200


def test_a_reader_that_does_not_move_is_aborted(world: World) -> None:
    """After a minute, and then nothing is left of it."""
    wire = Wire(room=100)
    slow = Bot(world, wire=wire)
    slow.visitor.types('{"type": "register", "v": 1, "user_id": "ali"}')
    for _ in range(5):
        slow.visitor.types('{"type":"list"}')
        world.passes(30)
    assert wire.aborted
    nothing_left(world)


# Passwords


@pytest.mark.parametrize(
    "request_",
    [
        {"type": "claim", "password": PASSWORD},
        {"type": "register", "v": 1, "user_id": "ali", "password": PASSWORD},
        {"type": "password", "old": PASSWORD, "new": PASSWORD},
    ],
    ids=lambda request: request["type"],
)
def test_passwords_in_the_clear_are_refused_from_other_machines(request_: dict[str, Any]) -> None:
    """And are nowhere: not in the answer, not in what the operator sees."""
    world = World(Limits(flood_rate=0))
    here = joined(world, "ali")
    here.ask("claim", password=PASSWORD)
    here.cut()
    far = Bot(world, AWAY) if request_["type"] == "register" else joined(world, "sara", AWAY)
    told = far.asks(request_)
    code = told[0].get("error") or told[0].get("reason")
    assert code in {"tls_required", "not_registered"}
    assert PASSWORD.encode() not in bytes(far.visitor.wire.received)
    assert PASSWORD not in str(world.journal.lines)


# Too fast


def flood(bot: Bot, count: int, cids: bool) -> list[dict[str, Any]]:
    """Say so many things at once."""
    told = bot.asks(*(chat(f"{number}", f"{number}" if cids else None) for number in range(count)))
    for _ in range(count // REFUSED_AT_ONCE):
        bot.visitor.world.passes(BREATHER)  # they are looked at in portions
    return told + bot.gets()


def test_of_a_flood_without_ids_each_is_refused_as_well() -> None:
    """As an error: the words are lost, and no program waits for an answer that does not come."""
    world = World(Limits())
    bot = joined(world, "ali")
    told = flood(bot, 100, cids=False)
    assert [line["error"] for line in only(told, "error")] == ["too_fast"] * (100 - 9 - 64)
    world.passes(0)
    for _ in range(200):
        world.passes(0.5)
    assert len(only(told + bot.gets(), "ack")) == 9 + 64  # the register was the first of ten


def test_of_a_flood_with_ids_each_is_refused_and_what_waited_is_said() -> None:
    """So many wait, each of the others is to be sent again; those that waited were sent before, so they are not held up."""
    world = World(Limits())
    bot = joined(world, "ali")
    told = flood(bot, 100, cids=True)
    refused = [line["cid"] for line in only(told, "retry")]
    assert refused == [str(number) for number in range(73, 100)]
    assert {line["error"] for line in only(told, "retry")} == {"too_fast"}
    assert only(told, "retry")[0]["seconds"] == 32
    for _ in range(200):
        world.passes(0.5)
    told += bot.gets()
    assert [line["cid"] for line in only(told, "ack")] == [str(number) for number in range(73)]
    assert len(only(told, "retry")) == 27


def test_after_a_flood_the_first_that_was_refused_comes_first() -> None:
    """A program that goes on with something new is told to send the other again; then all is in order."""
    world = World(Limits())
    bot = joined(world, "ali")
    flood(bot, 74, cids=True)
    for _ in range(200):
        world.passes(0.5)
    bot.gets()
    (refusal,) = bot.asks(chat("new", "new"))
    assert (refusal["type"], refusal["error"], refusal["cid"]) == ("retry", "retry", "new")
    assert types(bot.asks(chat("without an id"))) == ["ack"]
    told = bot.asks(chat("73", "73"), chat("new", "new"))
    assert [line["cid"] for line in told] == ["73", "new"]
    assert types(told) == ["ack", "ack"]


def test_far_too_much_is_the_end() -> None:
    """A program that does not look at the answers at all is closed, and told why."""
    world = World(Limits())
    bot = joined(world, "ali")
    told = flood(bot, 1200, cids=True)
    assert (told[-1]["type"], told[-1]["reason"]) == ("bye", "flood")
    assert bot.visitor.closed
    nothing_left(world)


def test_nobody_floods_by_coming_back() -> None:
    """What was refused is sent again by another connection, once: what was stored meanwhile is not stored twice."""
    world = World(Limits())
    bot = joined(world, "ali")
    flood(bot, 80, cids=True)
    for _ in range(10):
        world.passes(0.5)
    again = back(world, bot, rooms=["#lobby"])
    told: list[dict[str, Any]] = []
    for number in range(80):
        told += again.asks(chat(f"{number}", f"{number}"))
        world.passes(0.5)
    told += again.gets()
    acks = {line["cid"]: line["id"] for line in only(told, "ack")}
    assert acks == {str(number): number + 1 for number in range(80)}
