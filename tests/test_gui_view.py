"""What the window is given to look at: true, immutable, and the same objects as long as nothing has changed."""

from dataclasses import FrozenInstanceError

import pytest

from chatd.requests import Join, Say, Tell
from clients import events
from clients.events import State
from clients.gui.model.view import View, look
from tests.client_worlds import Client
from tests.protocol_model import ModelServer

BLANK = View(State.CONNECTING, "chat.example.org:5050", encrypted=True)
HOUR = 3600.0


class Watcher:
    """Somebody who looks at a client again and again."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.seen = 0
        self.view = BLANK

    def look(self) -> View:
        """What there is to be seen now."""
        self.client.go()
        happened, self.seen = self.client.told[self.seen :], len(self.client.told)
        self.view = look(self.client.core, happened, self.view, HOUR)
        return self.view


@pytest.fixture
def server() -> ModelServer:
    """Nobody is there."""
    return ModelServer()


@pytest.fixture
def ali(server: ModelServer) -> Watcher:
    """Ali has just come."""
    watcher = Watcher(Client(server, "ali"))
    watcher.look()
    return watcher


def test_a_view_tells_who_where_and_with_whom(server: ModelServer, ali: Watcher) -> None:
    """Everything a window shows beside the messages is in it."""
    sara = Client(server, "sara").go()
    ali.client.hear("joined", room="#lobby", users=["sara"], count=2, ts=1.0)
    ali.client.hear("topic", room="#lobby", topic="tea", **{"from": "sara"}, ts=1.0)
    sara.ask(Say("salam"))
    sara.ask(Tell("ali", "psst"))
    view = ali.look()
    assert (view.state, view.name, view.current, view.server) == (State.ONLINE, "ali", "#lobby", BLANK.server)
    assert view.encrypted
    assert view.correspondents == ("sara",)
    (lobby,) = view.rooms
    assert (lobby.name, lobby.topic, lobby.count) == ("#lobby", "tea", 2)
    assert (lobby.people, lobby.speakers) == (("ali", "sara"), ("sara",))
    assert view.room("#lobby") is lobby
    assert view.room("#none") is view.room(None) is None


def test_what_has_not_changed_is_the_same_object(ali: Watcher) -> None:
    """A list of people need not be drawn again because something else has happened."""
    before = ali.view
    assert ali.look() is before
    ali.client.ask(Join("#dev"))
    after = ali.look()
    assert after is not before
    assert after.room("#lobby") is before.room("#lobby")
    assert [room.name for room in after.rooms] == ["#lobby", "#dev"]


def test_a_room_is_looked_at_when_something_happens_in_it(ali: Watcher) -> None:
    """Who comes, goes or takes another name is seen at once."""
    ali.client.hear("joined", room="#lobby", users=["sara"], count=2, ts=1.0)
    assert ali.look().rooms[0].people == ("ali", "sara")
    ali.client.hear("renamed", room="#lobby", **{"from": "sara", "to": "mina"}, ts=1.0)
    assert ali.look().rooms[0].people == ("ali", "mina")
    ali.client.hear("left", room="#lobby", users=["mina"], count=1, ts=1.0)
    assert ali.look().rooms[0].count == 1


def test_what_waits_is_in_the_view_without_an_event(ali: Watcher) -> None:
    """The core tells nothing of a message that only waits; the next look shows it."""
    ali.client.reachable = False
    ali.client.cut()
    ali.client.ask(Say("salam"))
    assert [pending.text for pending in ali.look().pending] == ["salam"]
    assert ali.view.state is State.WAITING


def test_the_next_attempt_is_told_in_the_time_of_clocks_on_walls(ali: Watcher) -> None:
    """The core's clock is nobody else's; and its drift against the wall's is no news."""
    ali.client.reachable = False
    ali.client.wait(60.0)  # so that the backoff does not begin with an attempt at once
    ali.client.cut()
    ali.client.now += 0.1
    ali.client.core.connection_lost(ali.client.now, "again")
    view = ali.look()
    core = ali.client.core
    assert core.retry_at is not None
    assert view.retry_at == core.retry_at + HOUR
    assert look(core, (), view, HOUR + 0.3) is view
    assert look(core, (), view, HOUR + 30.0).retry_at == core.retry_at + HOUR + 30.0


def test_after_a_login_every_room_is_looked_at(ali: Watcher) -> None:
    """Whatever was true before, another person may see something else."""
    welcomed = ali.client.last(events.Welcomed)
    ali.client.core.rooms["#lobby"].topic = "changed without a word"
    assert ali.look().rooms[0].topic == ""
    assert look(ali.client.core, [welcomed], ali.view, HOUR).rooms[0].topic == "changed without a word"


def test_a_view_cannot_be_changed(ali: Watcher) -> None:
    """Two threads have it at the same time."""
    with pytest.raises(FrozenInstanceError):
        ali.view.name = "sara"  # type: ignore[misc]
