"""What one of a crowd is shown: each message in its place, although the crowd is handed it in parts, one by one here."""

from collections.abc import Callable

import pytest

from chatd import fanout
from chatd.chat import Chat
from chatd.events import Farewell
from chatd.requests import Resume
from chatd.storage.memory import MemoryStore
from tests.doubles import NumberedForm, Terminal, World

SALAM = "[14:03] ali: salam"


@pytest.fixture
def world() -> World:
    """A chat with nobody in it."""
    return World()


@pytest.fixture
def left(world: World, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Sara, who is left for later, whatever is said; that has not come yet."""
    later: list[Callable[[], None]] = []
    monkeypatch.setattr(fanout, "CROWD", 0)
    monkeypatch.setattr(Chat, "_soon", lambda _, call: later.append(call))
    return world.join("sara")


@pytest.fixture
def ali(world: World, left: Terminal) -> Terminal:
    """Who has said something, which is kept."""
    ali = world.join("ali")
    world.ask(left, "/who")  # she is shown that he came
    ali.type("salam")
    world.settle()
    assert left.read() == []
    return ali


def test_what_was_said_comes_before_the_goodbye(world: World, left: Terminal, ali: Terminal) -> None:
    """By her own wish."""
    assert world.ask(left, "/exit") == [SALAM, "* Goodbye, sara."]
    assert ali.read() == []


def test_so_it_does_when_she_is_sent_away(left: Terminal, ali: Terminal) -> None:
    """Nothing follows that."""
    left.session.end(Farewell.SHUTDOWN)
    assert left.read()[0] == SALAM
    assert ali.read() == []


@pytest.mark.usefixtures("ali")
def test_what_was_said_comes_before_any_answer(world: World, left: Terminal) -> None:
    """To something that she asked later; and it does not come again after an answer that has it in it."""
    assert world.ask(left, "/who")[0] == SALAM
    assert world.ask(left, "/history 1")[1:] == [SALAM]


def test_who_is_ignored_cannot_get_around_it_by_another_name(world: World, left: Terminal, ali: Terminal) -> None:
    """What was said by the old one is hidden, whenever it would be shown."""
    world.ask(left, "/ignore ali")
    ali.type("spam", "/nick eve")
    world.settle()
    assert world.ask(left, "/ignore") == ["* ali is now called eve.", "* You ignore eve."]


@pytest.mark.usefixtures("ali")
def test_who_is_ignored_from_now_on_was_not_before(world: World, left: Terminal) -> None:
    """What had been said then is shown."""
    assert world.ask(left, "/ignore ali")[0] == SALAM


def test_who_is_shown_again_was_hidden_until_then(world: World, left: Terminal, ali: Terminal) -> None:
    """And what was said meanwhile stays so."""
    world.ask(left, "/ignore ali")
    ali.type("spam")
    world.settle()
    assert "spam" not in "".join(world.ask(left, "/ignore ali", "/who"))


@pytest.mark.usefixtures("left")
def test_a_program_that_resumes_where_it_is_has_all_of_it_behind_the_answer() -> None:
    """Each message once, in order; what was left for it comes before."""
    world = World(store=MemoryStore(epoch="e"))
    bot, ali = world.connect(form=NumberedForm(acks=True)), world.join("ali")
    world.ask(bot, "bot")
    ali.type("one")
    world.settle()
    ali.type("two")
    world.settle()
    bot.send(Resume("#lobby", "e", 0))
    world.settle()
    shown = [line for line in bot.read() if line.startswith(("#lobby/", "* Resumed"))]
    assert [line.partition(" ")[0] for line in shown] == ["#lobby/1", "#lobby/2", "*", "#lobby/1", "#lobby/2"]
