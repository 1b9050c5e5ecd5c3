"""Old messages dropped while people talk: when, how much the operator hears, and what those hear who come back too late."""

import json
import re
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from chatd.limits import Limits
from chatd.pruning import DAY_SECONDS, ROUND_SECONDS, SLICE_SECONDS, Pruner, retention
from chatd.storage.contract import Retention, StoreError, StoreFull
from tests.bots import PASSWORD, Bot, Object, back, joined, only, owner, types
from tests.doubles import SlowStore
from tests.runs import running
from tests.servers import HOST, PATIENCE, Server, serving
from tests.wires import Wire
from tests.worlds import World

HOUR = 3600.0
MANY = Limits(flood_rate=0, page_bytes=150, stall_seconds=9 * HOUR, silence_seconds=9 * HOUR, ping_seconds=9 * HOUR)
"""Small pages, and nobody is dropped for being silent or slow."""
SLOW = replace(MANY, tail_bytes=0)
"""The same, and who is behind has to read from the store."""


class Operator:
    """Who runs the server, and what they were told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.warned: list[str] = []

    def announce(self, lines: Any) -> None:
        """What is as it should be."""
        self.told += lines

    def report(self, sentence: str) -> None:
        """What is not."""
        self.warned.append(sentence)


def pruner(world: World, operator: Operator, kept: Retention) -> Pruner:
    """What drops messages in this world."""
    return Pruner(world.site.chat.surroundings, kept, operator)


@pytest.fixture
def operator() -> Operator:
    """Somebody who reads the log."""
    return Operator()


def say(bot: Bot, *texts: str) -> list[int]:
    """Say these; the ids they get."""
    return [line["id"] for line in only(bot.asks(*({"type": "chat", "text": text} for text in texts)), "ack")]


def ids(lines: list[Object]) -> list[int]:
    """The ids of these messages."""
    return [line["id"] for line in lines if line["type"] in {"chat", "pm"}]


def prune(world: World, kept: Retention) -> None:
    """An hour later, all that is too much is dropped."""
    world.passes(HOUR)
    Deferred.fromCoroutine(world.site.chat.store.prune(kept, world.site.chat.wall()))
    world.settle()


# --- when ---


@pytest.mark.parametrize(
    ("limits", "kept"),
    [
        (Limits(), Retention()),
        (Limits(keep_days=1.5), Retention(1.5 * DAY_SECONDS, None)),
        (Limits(keep_messages=100), Retention(None, 100)),
        (Limits(keep_days=1, keep_messages=100), Retention(DAY_SECONDS, 100)),
    ],
)
def test_what_is_kept_is_what_was_asked_for(limits: Limits, kept: Retention) -> None:
    """By default everything, for ever."""
    assert retention(limits) == kept


def test_messages_are_dropped_at_the_start_and_then_regularly(operator: Operator) -> None:
    """The operator is told how many, if there were any."""
    world = World(MANY)
    ali = joined(world, "ali")
    say(ali, *"12345")
    world.passes(HOUR)
    dropping = pruner(world, operator, Retention(messages=3))
    dropping.start()
    world.settle()
    assert operator.told == ["2 old messages were dropped."]
    world.passes(ROUND_SECONDS)
    assert len(operator.told) == 1
    say(ali, "6")
    world.passes(ROUND_SECONDS)
    assert operator.told[1:] == ["1 old message was dropped."]
    dropping.stop()
    dropping.stop()
    say(ali, "7")
    world.passes(HOUR)
    assert len(operator.told) == 2
    assert operator.warned == []


def test_between_two_slices_others_get_their_turn(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """One slice at a time, and a moment of rest after each; all of a round are told of together."""
    monkeypatch.setattr("chatd.storage.memory.PRUNED_LOGS", 1)
    store = SlowStore("prune")
    world = World(MANY, store)
    ali = joined(world, "ali", rooms=["#a", "#b"])
    for room in ("#a", "#b"):
        ali.asks(*({"type": "chat", "room": room, "text": text} for text in "123"))
    world.passes(HOUR)
    pruner(world, operator, Retention(messages=1)).start()
    world.settle()
    for dropped in (0, 1, 2):  # the lobby is first, with nothing in it
        assert store.pending("prune") == 1, dropped
        store.let_go("prune")
        world.settle()
        assert not store.pending("prune")
        world.passes(SLICE_SECONDS)
    assert operator.told == ["4 old messages were dropped."]


def test_what_was_dropped_of_a_round_is_told_when_it_is_stopped(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is stopped in the middle of a large backlog has dropped something all the same."""
    monkeypatch.setattr("chatd.storage.memory.PRUNED_LOGS", 1)
    world = World(MANY)
    say(joined(world, "ali"), *"123")
    world.passes(HOUR)
    dropping = pruner(world, operator, Retention(messages=1))
    dropping.start()
    world.settle()
    assert operator.told == []
    dropping.stop()
    assert operator.told == ["2 old messages were dropped."]


def test_a_full_disk_is_tried_again_in_the_next_round(operator: Operator) -> None:
    """The operator hears of it from those whose messages cannot be kept."""
    store = SlowStore("prune")
    world = World(MANY, store)
    pruner(world, operator, Retention(messages=1)).start()
    world.settle()
    store.let_go("prune", StoreFull("The disk is full."))
    assert not store.pending("prune")
    world.passes(ROUND_SECONDS)
    assert store.pending("prune") == 1
    assert operator.told == operator.warned == []


def test_a_failure_ends_the_dropping_and_is_told_once(operator: Operator) -> None:
    """A damaged page must not be met every minute."""
    store = SlowStore("prune")
    world = World(MANY, store)
    pruner(world, operator, Retention(messages=1)).start()
    world.settle()
    store.let_go("prune", StoreError("Old messages cannot be dropped: so it is."))
    world.passes(HOUR)
    assert not store.pending("prune")
    assert operator.warned == [
        "Old messages are not dropped any more, until the next start: Old messages cannot be dropped: so it is."
    ]


def test_stopping_in_the_middle_of_a_slice_is_quiet(operator: Operator) -> None:
    """Whether it still succeeds or not, nothing more is begun."""
    for error in (None, StoreError("The store is closed.")):
        store = SlowStore("prune")
        world = World(MANY, store)
        dropping = pruner(world, operator, Retention(messages=1))
        dropping.start()
        world.settle()
        dropping.stop()
        store.let_go("prune", error)
        assert not world.clock.getDelayedCalls()
    assert operator.told == operator.warned == []


# --- who was away ---


@pytest.mark.parametrize(("kept", "first"), [(3, 8), (9, 2)])
def test_who_comes_back_too_late_is_told_where_it_goes_on(kept: int, first: int) -> None:
    """In a room and in the box alike; who has all up to the first that is kept is told nothing."""
    world = World(MANY)
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(sara, *"1234567890")
    for text in "1234567890":
        sara.ask("pm", to="ali", text=text)
    ali.cut()
    prune(world, Retention(messages=kept))
    again = back(world, ali)
    for room in ("#lobby", "@"):
        told = again.resume(room, 1)
        assert types(told)[: 2 if first > 2 else 1] == (["resumed", "gap"] if first > 2 else ["resumed"])
        assert only(told, "gap") == ([{"type": "gap", "room": room, "first": first}] if first > 2 else [])
        assert ids(told) == list(range(first, 11))


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_who_comes_back_when_nothing_is_left_is_told_so(after: int) -> None:
    """The gap ends before what will be said next, which has the next number."""
    world = World(MANY)
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(sara, *"123")
    sara.ask("pm", to="ali", text="1")
    ali.cut()
    prune(world, Retention(seconds=60.0))
    again = back(world, ali)
    told = again.resume("#lobby", after)
    assert types(told) == ["resumed", *(["gap"] if after < 3 else []), "users"]
    assert only(told, "gap") == ([{"type": "gap", "room": "#lobby", "first": 4}] if after < 3 else [])
    assert only(again.resume("@", 0), "gap") == [{"type": "gap", "room": "@", "first": 2}]
    assert say(sara, "4") == [4]
    assert ids(again.gets()) == [4]


def test_a_newcomer_is_told_of_nothing_that_was_before() -> None:
    """Who has nothing misses nothing."""
    world = World(MANY)
    say(joined(world, "sara"), *"1234567890")
    prune(world, Retention(messages=3))
    told = Bot(world).register("new", recent=9)
    assert (only(told, "gap"), ids(told)) == ([], [8, 9, 10])


@pytest.mark.parametrize("newcomer", [True, False])
def test_what_is_dropped_between_two_pages_is_a_gap(newcomer: bool) -> None:
    """Also for one who has just come: what was begun must not go on with a hole that nobody mentions."""
    store = SlowStore()
    world = World(MANY, store)
    ali, sara = joined(world, "ali"), joined(world, "sara")
    say(sara, *(f"{n:100}" for n in range(1, 11)))
    ali.cut()
    world.passes(HOUR)
    store.held.add("read")
    again = joined(world, "reza", recent=9) if newcomer else back(world, ali)
    if not newcomer:
        again.resume("#lobby", 1)
    store.let_go("read")
    world.settle()
    assert ids(again.gets()) == [2]
    prune(world, Retention(messages=3))
    store.held.clear()
    store.let_go("read")
    world.settle()
    told = again.gets()
    assert types(told)[0] == "gap"
    assert told[0]["first"] == 8
    assert ids(told) == [8, 9, 10]


def test_a_person_who_reads_too_slowly_is_told_how_much_is_gone() -> None:
    """In words, at the place where it would have been; then it goes on."""
    world = World(SLOW)
    sara = joined(world, "sara")
    slow = world.connect(wire=Wire()).types("ali")
    slow.gets()
    slow.wire.room = 0
    say(sara, "1")
    for text in "23456789":
        say(sara, text)
    prune(world, Retention(messages=2))
    slow.wire.room = None
    world.settle()
    shown = [re.sub(r"\[.*?\] ", "", line) for line in slow.sees().splitlines()]
    assert shown == [
        "sara: 1",
        "* Messages that you did not see and that are no longer kept: 6.",
        "sara: 8",
        "sara: 9",
        "* Here now (2): sara and ali.",
    ]


@pytest.mark.parametrize(("kept", "first"), [(4, 1), (3, 2), (1, 4)])
@pytest.mark.parametrize("interactive", [True, False])
def test_an_account_that_was_away_is_told_what_is_gone(kept: int, first: int, interactive: bool) -> None:
    """Before the private messages that are kept; the program, that it has read up to where it did."""
    world = World(MANY)
    owner(world, "ali", rooms=[]).cut()
    sara = joined(world, "sara")
    for text in "1234":
        sara.ask("pm", to="ali", text=text)
    prune(world, Retention(messages=kept))
    if interactive:
        ali = world.connect("127.0.0.1").types("/login ali", PASSWORD)
        shown = [line for line in ali.sees().splitlines() if "PM from" in line or "kept" in line]
        gone = [f"* Messages that you did not see and that are no longer kept: {first - 1}."] if first > 1 else []
        assert shown[: len(gone)] == gone
        assert len(shown) == len(gone) + 5 - first
    else:
        told = Bot(world).register("ali", password=PASSWORD, rooms=[])
        assert told[0]["box"] == 0
        assert only(told, "gap") == ([{"type": "gap", "room": "@", "first": first}] if first > 1 else [])
        assert ids(told) == list(range(first, 5))


@pytest.mark.parametrize("interactive", [True, False])
def test_an_account_that_was_away_is_told_that_nothing_is_left(interactive: bool) -> None:
    """It was written to, and should know."""
    world = World(MANY)
    owner(world, "ali", rooms=[]).cut()
    joined(world, "sara").ask("pm", to="ali", text="1")
    prune(world, Retention(seconds=60.0))
    if interactive:
        ali = world.connect("127.0.0.1").types("/login ali", PASSWORD)
        assert "* Messages that you did not see and that are no longer kept: 1." in ali.sees().splitlines()
    else:
        told = Bot(world).register("ali", password=PASSWORD, rooms=[])
        assert only(told, "gap") == [{"type": "gap", "room": "@", "first": 2}]


# --- asked for ---

GONE = "* Older messages are no longer kept."


@pytest.mark.parametrize(
    ("asked", "messages", "gone"),
    [
        ("", 5, True),
        ("1000", 5, True),
        ("5", 5, False),
        ("4", 4, False),
        ("2h", 5, True),
        ("30m", 0, False),
    ],
)
def test_history_says_that_older_messages_are_gone(asked: str, messages: int, gone: bool) -> None:
    """Where it would else seem that there never were any; who got what they asked for is told nothing."""
    world = World(MANY)
    sara = joined(world, "sara")
    say(sara, *"123456789")
    prune(world, Retention(messages=5))
    ali = world.joined("ali").types(f"/history {asked}")
    heading, *lines = ali.sees().splitlines()
    assert heading.startswith("* In #lobby" if messages else "* #lobby has nothing to show.")
    assert (len([line for line in lines if "sara: " in line]), GONE in lines) == (messages, gone)


@pytest.mark.parametrize(
    ("asked", "ids_", "end"),
    [
        ({}, [5, 6, 7, 8, 9], {"more": False, "gone": True}),
        ({"count": 3}, [7, 8, 9], {"more": True}),
        ({"count": 5}, [5, 6, 7, 8, 9], {"more": False, "gone": True}),
        ({"before": 7}, [5, 6], {"more": False, "gone": True}),
        ({"before": 5}, [], {"more": False, "gone": True}),
        ({"before": 3}, [], {"more": False, "gone": True}),
        ({"before": 1}, [], {"more": False}),
        ({"seconds": 60}, [], {"more": False}),
    ],
)
def test_a_program_is_told_where_the_kept_begin(asked: Object, ids_: list[int], end: Object) -> None:
    """So that one which reads everything backwards knows why it ends."""
    world = World(MANY)
    sara = joined(world, "sara")
    say(sara, *"123456789")
    prune(world, Retention(messages=5))
    *past, last = sara.ask("history", room="#lobby", **asked)
    assert [line["id"] for line in past] == ids_
    assert last == {"type": "history", "room": "#lobby", "count": len(ids_), **end}
    assert "gone" not in sara.ask("history", room="@")[-1]


# --- sent again ---


def test_a_message_that_is_dropped_can_be_sent_again_and_appears_once() -> None:
    """Its ack was lost, and by now the message as well: it gets the same id, and nobody is shown anything."""
    world = World(MANY)
    ali, sara = joined(world, "ali"), joined(world, "sara")
    ali.ask("chat", text="perhaps", cid="c-1")
    ali.ask("pm", to="sara", text="perhaps", cid="c-2")
    ali.cut()
    say(sara, *"2345")
    prune(world, Retention(seconds=60.0))
    sara.gets()
    again = back(world, ali)
    again.resume("#lobby", 0)
    (ack,) = only(again.ask("chat", text="perhaps", cid="c-1"), "ack")
    assert (ack["room"], ack["id"]) == ("#lobby", 1)
    (ack,) = only(again.ask("pm", to="sara", text="perhaps", cid="c-2"), "ack")
    assert (ack["room"], ack["id"]) == ("@", 1)
    assert ids(sara.gets()) == []
    assert say(sara, "6") == [6]


def test_a_program_too_slow_for_its_own_ack_gets_it_when_it_asks_again() -> None:
    """The gap has swallowed it: it was said before the program stopped to read, and kept after that."""
    store = SlowStore()
    world = World(SLOW, store)
    sara, ali = joined(world, "sara"), joined(world, "ali")
    store.held.add("append")
    say(sara, "hers")
    ali.ask("chat", text="mine", cid="c-1")
    ali.visitor.wire.room = 0
    for _ in range(2):
        store.let_go("append")
        world.settle()
    store.held.clear()
    prune(world, Retention(seconds=60.0))
    ali.visitor.wire.room = None
    world.settle()
    assert types(ali.gets()) == ["chat", "gap", "users"]
    (ack,) = only(ali.ask("chat", text="mine", cid="c-1"), "ack")
    assert (ack["cid"], ack["id"]) == ("c-1", 2)


# --- the real server ---


@contextmanager
def talking(server: Server) -> Iterator[Any]:
    """A program that asks over a real connection, and reads until an answer of some type has come."""
    with closing(socket.create_connection((HOST, server.port), PATIENCE)) as connection:
        lines = connection.makefile("rb")

        def ask(until: str, **request: Any) -> list[Object]:
            connection.sendall(json.dumps(request).encode() + b"\n")
            told: list[Object] = []
            while not told or told[-1]["type"] != until:
                told.append(json.loads(lines.readline()))
            return told

        yield ask


def await_log(server: Server, words: bytes) -> None:
    """Wait until the operator has been told this."""
    deadline = time.monotonic() + PATIENCE
    while words not in server.log:
        assert time.monotonic() < deadline, server.log.decode()
        time.sleep(0.02)


def test_a_server_drops_what_is_old_when_it_starts_and_goes_on_counting(tmp_path: Path) -> None:
    """With the same history: who comes back is told of a gap, in the room and in the box, and not of a reset."""
    with serving(tmp_path / "run") as server, talking(server) as ali, talking(server) as sara:
        secret = ali("users", type="register", v=1, user_id="ali")[0]["session"]
        epoch = sara("users", type="register", v=1, user_id="sara")[0]["epoch"]
        for text in "123":
            sara("ack", type="chat", text=text, cid=f"c-{text}")
            sara("ack", type="pm", to="ali", text=text)
        mine = sara("bye", type="logout") and secret
    with serving(tmp_path / "run", "--keep-days", "0.000001") as server, talking(server) as ali:
        await_log(server, b"9 old messages were dropped.")
        assert ali("register", type="register", v=1, session=mine)[-1]["epoch"] == epoch
        told = ali("users", type="resume", room="#lobby", epoch=epoch, after=1)
        assert types(told) == ["resumed", "gap", "users"]
        assert told[1] == {"type": "gap", "room": "#lobby", "first": 4}
        told = ali("gap", type="resume", room="@", epoch=epoch, after=0)
        assert told[-1] == {"type": "gap", "room": "@", "first": 4}
        assert ali("ack", type="chat", text="4")[-1]["id"] == 4
    with serving(tmp_path / "run", "--keep-messages", "1") as server, talking(server) as ali:
        told = ali("register", type="register", v=1, session=mine)
        assert told[-1]["epoch"] == epoch
        assert ids(ali("users", type="resume", room="#lobby", epoch=epoch, after=3)) == [4]


def test_a_server_that_keeps_everything_forgets_what_it_remembered_of_dropped_messages(tmp_path: Path) -> None:
    """Retention was turned off: what is left of it goes in the end, and nothing else."""
    path = tmp_path / "run" / "chatd.db"
    path.parent.mkdir()
    with running(path) as run:
        run.say("one", at=1.0, cid="c-1")
        run.say("two", at=2 * DAY_SECONDS, cid="c-2")
        run.say("three", at=2 * DAY_SECONDS)
        run.writer.prune(Retention(messages=1), 2 * DAY_SECONDS + HOUR)
        assert kept_receipts(path) == 2
    with serving(path.parent):
        deadline = time.monotonic() + PATIENCE
        while kept_receipts(path) != 1:  # the last message's
            assert time.monotonic() < deadline
            time.sleep(0.02)
    with running(path) as run:
        assert run.lines == ["three"]


def kept_receipts(path: Path) -> int:
    """Of how many dropped messages something is remembered."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        count: int = connection.execute("SELECT count(*) FROM receipt").fetchone()[0]
        return count
