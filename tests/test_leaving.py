"""Whoever wants to leave can, also while the store does not give what they wait for; and nothing they said is lost by it."""

from collections.abc import Callable

import pytest

from chatd.limits import Limits
from chatd.reader import RETRY_SECONDS
from chatd.storage.contract import StoreError
from tests.bots import Bot, back, joined, only, types
from tests.doubles import SlowStore
from tests.worlds import World

GONE = StoreError("The disk is gone.")


class Broken:
    """A server whose store cannot be read from some moment on, in which ali was and sara is."""

    def __init__(self) -> None:
        self.store = SlowStore()
        self.world = World(Limits(flood_rate=0), self.store)
        self.ali, self.sara = joined(self.world, "ali"), joined(self.world, "sara")
        self.sara.asks({"type": "chat", "text": "1"}, {"type": "pm", "to": "ali", "text": "2"})
        self.ali.cut()

    def breaks(self) -> None:
        """From now on."""
        self.store.held = {"read"}

    def fails(self) -> None:
        """The store says so to all who have asked by now."""
        while self.store.pending("read"):
            self.store.let_go("read", GONE)
        self.world.settle()


@pytest.fixture
def broken() -> Broken:
    """It still works."""
    return Broken()


def resume_room(broken: Broken) -> Bot:
    """A program reads on in a room."""
    again = back(broken.world, broken.ali)
    broken.breaks()
    again.resume("#lobby", 0)
    return again


def resume_box(broken: Broken) -> Bot:
    """A program reads on in its box."""
    again = back(broken.world, broken.ali)
    broken.breaks()
    again.resume("@", 0)
    return again


def register(broken: Broken) -> Bot:
    """A program comes for the first time, into a room where something was said."""
    broken.breaks()
    bot = Bot(broken.world)
    bot.register("reza", rooms=["#lobby"])
    return bot


WAITING = pytest.mark.parametrize("wait", [resume_room, resume_box, register])


@WAITING
@pytest.mark.parametrize("early", [True, False], ids=["before it fails", "after it has failed"])
def test_a_program_can_log_out(broken: Broken, wait: Callable[[Broken], Bot], early: bool) -> None:
    """It is told that the store cannot be read, then goodbye; it does not matter which came first."""
    bot = wait(broken)
    if not early:
        broken.fails()
        broken.world.passes(RETRY_SECONDS)
    told = bot.asks({"type": "logout"})
    broken.fails()
    told += bot.gets()
    assert types(told)[-1] == "bye"
    assert bot.visitor.closed


@WAITING
def test_what_is_missing_comes_when_the_store_answers(broken: Broken, wait: Callable[[Broken], Bot]) -> None:
    """Meanwhile other things are answered, once; then all of it is shown in order, and what was said meanwhile behind it."""
    bot = wait(broken)
    broken.fails()
    assert "retry" in types(bot.gets())
    assert types(bot.ask("ping")) == ["pong"]
    private, public = {"type": "pm", "to": "sara"}, {"type": "chat", "room": "#lobby"}
    assert bot.asks((private if wait is resume_box else public) | {"text": "3", "cid": "a"}) == []
    broken.store.held = set()
    broken.world.passes(RETRY_SECONDS)
    broken.fails()
    broken.world.passes(RETRY_SECONDS)
    told = bot.gets()
    assert [*dict.fromkeys(types(told))] == (["pm", "ack"] if wait is resume_box else ["chat", "ack", "users"])
    assert [line["id"] for line in told if "id" in line] == [1, 2]


@pytest.mark.parametrize("leave", ["/exit\n", ""], ids=["by a word", "by the end of the input"])
def test_a_person_can_leave_and_what_they_said_before_is_kept(broken: Broken, leave: str) -> None:
    """As in a script: the name, a line, and out, all at once."""
    broken.breaks()
    reza = broken.world.connect().sends(f"reza\nsalam\n{leave}".encode())
    if not leave:
        reza.ends()
    broken.fails()
    broken.world.settle()
    assert reza.sees().splitlines()[-1] == "* Goodbye, reza."
    assert [line["text"] for line in only(broken.sara.gets(), "chat")] == ["salam"]


def test_what_was_said_meanwhile_is_answered_when_the_room_is_asked_for_again(broken: Broken) -> None:
    """A program may ask twice; its own message is not taken for one that it has an answer to."""
    program = resume_room(broken)
    broken.fails()
    program.ask("chat", text="mine", cid="c1")
    program.resume("#lobby", 0)
    broken.store.held = set()
    broken.fails()
    broken.world.passes(2 * RETRY_SECONDS)
    told = program.gets()
    assert [(line["id"], line["cid"]) for line in only(told, "ack")] == [(2, "c1")]
    assert [line["id"] for line in only(told, "chat")] == [1]


def test_the_ack_of_a_repeat_does_not_wait_for_another_room() -> None:
    """One of them may stay unreadable for long."""
    broken = Broken()
    reza = joined(broken.world, "reza", rooms=["#lobby", "#b"])
    hello = {"type": "chat", "room": "#b", "text": "hello", "cid": "k1"}
    reza.asks(hello)
    reza.cut()
    again = back(broken.world, reza)
    broken.breaks()
    again.resume("#lobby", 0)
    broken.fails()
    again.resume("#b", 1)
    assert [(line["room"], line["id"]) for line in only(again.asks(hello), "ack")] == [("#b", 1)]
