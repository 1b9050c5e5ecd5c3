"""A message that was stored is acknowledged when it is sent again, also when it could not be said any more."""

from typing import Any

import pytest

from chatd.limits import Limits
from chatd.storage.contract import StoreError
from tests.bots import PASSWORD, Bot, joined, types
from tests.doubles import SlowStore
from tests.worlds import World

UNLIMITED = Limits(flood_rate=0, unread_messages=1)


@pytest.fixture
def world() -> World:
    """A server without a flood limit, where one private message may wait."""
    return World(UNLIMITED)


def only(told: list[dict[str, Any]]) -> dict[str, Any]:
    """The one line there is."""
    (line,) = told
    return line


def test_a_private_message_to_one_who_has_gone_was_said(world: World) -> None:
    """While they were there; another one to them is refused."""
    ali, sara = joined(world, "ali"), joined(world, "sara")
    ali.gets()
    first = only(ali.ask("pm", to="sara", text="salam", cid="1"))
    sara.visitor.drops()
    ali.gets()
    assert only(ali.ask("pm", to="sara", text="salam", cid="1"))["id"] == first["id"]
    assert only(ali.ask("pm", to="sara", text="salam", cid="2"))["error"] == "no_such_user"


def test_what_was_said_in_a_room_that_was_left_was_said(world: World) -> None:
    """And the name of the room is told, though it is none of theirs."""
    ali = joined(world, "ali")
    ali.ask("chat", text="salam", cid="1")
    ali.ask("leave", room="#lobby")
    ack = only(ali.ask("chat", room="#lobby", text="salam", cid="1"))
    assert (ack["type"], ack["room"], ack["id"]) == ("ack", "#lobby", 1)
    assert only(ali.ask("chat", room="#lobby", text="salam", cid="2"))["error"] == "not_in_room"


def test_a_private_message_that_took_the_last_place_was_said(world: World) -> None:
    """The box is full of it."""
    sara = joined(world, "sara")
    sara.ask("claim", password=PASSWORD)
    sara.visitor.drops()
    ali = joined(world, "ali")
    assert [line["type"] for line in ali.ask("pm", to="sara", text="salam", cid="1")] == ["ack", "waiting"]
    assert only(ali.ask("pm", to="sara", text="salam", cid="1"))["type"] == "ack"
    assert only(ali.ask("pm", to="sara", text="more", cid="2"))["error"] == "box_full"


def test_one_that_is_still_on_its_way_is_waited_for() -> None:
    """Both are sent at once, and between them its receiver goes: whether it is stored is known only then."""
    store = SlowStore()
    world = World(UNLIMITED, store)
    ali, sara = joined(world, "ali"), joined(world, "sara")
    ali.gets()
    store.held = {"append"}
    ali.ask("pm", to="sara", text="salam", cid="1")
    sara.visitor.drops()
    told = ali.ask("pm", to="sara", text="salam", cid="1")
    assert [line["type"] for line in told if line["type"] != "left"] == []
    store.let_go("append")
    world.settle()
    assert [line["id"] for line in ali.gets() if line["type"] == "ack"] == [1, 1]


def test_what_follows_waits_for_the_answer(world: World) -> None:
    """So that answers keep the order of what was asked."""
    ali = joined(world, "ali")
    told = ali.asks({"type": "pm", "to": "nobody", "text": "a", "cid": "1"}, {"type": "list"})
    assert [line["type"] for line in told] == ["error", "users"]


def test_a_store_that_cannot_tell_has_it_sent_again() -> None:
    """Neither yes nor no would be known to be true."""
    store = SlowStore()
    world = World(UNLIMITED, store)
    ali = joined(world, "ali")
    store.held = {"find_message"}
    assert ali.ask("pm", to="nobody", text="a", cid="1") == []
    store.let_go("find_message", StoreError("The disk is gone."))
    world.settle()
    answer = only(ali.gets())
    assert (answer["type"], answer["error"], answer["cid"]) == ("retry", "retry", "1")


def test_one_who_has_gone_is_told_nothing() -> None:
    """Nor does anything fail."""
    store = SlowStore()
    world = World(UNLIMITED, store)
    ali: Bot = joined(world, "ali")
    store.held = {"find_message"}
    ali.ask("pm", to="nobody", text="a", cid="1")
    ali.visitor.drops()
    store.let_go("find_message")
    world.settle()
    assert not world.site.conversations


def test_a_copy_of_what_was_refused_for_good_is_refused_as_well(world: World) -> None:
    """Its sender was told that it is not said; that the reason is over when the copy comes does not change that."""
    ali = joined(world, "ali")
    ali.gets()
    assert types(ali.ask("pm", to="sara", text="salam", cid="1")) == ["error"]
    sara = joined(world, "sara")
    ali.gets()
    assert types(ali.ask("pm", to="sara", text="salam", cid="1")) == ["error"]
    assert types(ali.ask("pm", to="sara", text="salam", cid="2")) == ["ack"]
    assert [line["text"] for line in sara.gets() if line["type"] == "pm"] == ["salam"]
