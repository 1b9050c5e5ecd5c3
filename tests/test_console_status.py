"""What a client core has to tell: to the toolbar, above the input line, and to the Tab key."""

from pathlib import Path
from random import Random

import pytest

from chatd.requests import Act, Say, Tell
from clients.addresses import Address
from clients.console.status import SHOWN_PENDING, Words, above, status
from clients.core import ClientCore, Identity
from clients.dial import Dialler
from clients.presentation.rendering import plain
from clients.trust import KnownServers


@pytest.fixture
def core() -> ClientCore:
    """Somebody who is not connected yet."""
    return ClientCore(Identity("ali"), Random(1), 0.0)


@pytest.fixture
def dialler(tmp_path: Path) -> Dialler:
    """To this machine."""
    return Dialler(Address("localhost", 5050), KnownServers(tmp_path / "known"), encrypted=False)


def online(core: ClientCore) -> None:
    """The server accepts the name and lets them into #lobby, where sara has written."""
    core.connection_opened(0.0)
    for line in (
        '{"type": "register", "ok": true, "v": 1, "user_id": "ali", "account": false, "session": "s", "epoch": "e", '
        '"motd": "", "ping": 90, "text_bytes": 4096, "line_bytes": 16384}',
        '{"type": "entered", "room": "#lobby", "fresh": true, "topic": "exams", "last": 0, "epoch": "e"}',
        '{"type": "users", "room": "#lobby", "users": ["ali", "reza", "sara"], "count": 3, "ts": 1.0}',
        '{"type": "chat", "room": "#lobby", "id": 1, "from": "sara", "text": "salam", "ts": 1.0}',
        '{"type": "pm", "room": "@", "id": 1, "from": "maryam", "to": "ali", "text": "psst", "ts": 1.0}',
    ):
        core.received(f"{line}\n".encode(), 0.0)


def test_what_waits_is_shown_while_there_is_no_connection(core: ClientCore) -> None:
    """In order, and as what it is; harmless, whatever was typed."""
    for request in (Say("one \u202e"), Act("waves"), Tell("سارا", "سلام")):
        core.send(request, 0.0)
    assert plain(above(core, 0.0)) == "… one \n… * waves\n… to \u2068سارا\u2069: \u2068سلام\u2069\n"


def test_of_many_that_wait_only_some_are_shown(core: ClientCore) -> None:
    """There has to be room for what others say."""
    for number in range(SHOWN_PENDING + 3):
        core.send(Say(f"line {number}"), 0.0)
    lines = plain(above(core, 0.0)).splitlines()
    assert lines == [*(f"… line {number}" for number in range(SHOWN_PENDING)), "… and 3 more"]


def test_what_was_sent_just_now_does_not_flicker(core: ClientCore) -> None:
    """While online a line is shown as waiting only when its acknowledgement takes long."""
    online(core)
    core.send(Say("one"), 10.0)
    assert above(core, 9.7) == []
    assert plain(above(core, 10.0)) == "… one\n"


def test_the_toolbar_knows_where_one_is(core: ClientCore, dialler: Dialler) -> None:
    """The room, its people and topic, and what is not read."""
    online(core)
    shown = status(core, dialler, 0.0)
    assert (shown.name, shown.room, shown.people, shown.topic, shown.trouble) == ("ali", "#lobby", 3, "exams", "")
    assert {(room.room, room.messages, room.mentions) for room in shown.unread} == {("#lobby", 1, 0), ("@", 1, 1)}
    core.mark_read("@")
    assert [room.room for room in status(core, dialler, 0.0).unread] == ["#lobby"]


def test_the_toolbar_knows_what_is_wrong(core: ClientCore, dialler: Dialler) -> None:
    """And then says nothing about people, who may have gone."""
    assert status(core, dialler, 0.0).trouble == "connecting…"
    online(core)
    core.connection_lost(1.0, "It is gone.")
    core.connection_lost(1.0, "It is gone.")
    shown = status(core, dialler, 0.0)
    assert shown.trouble.startswith("offline, next try at ")
    assert shown.people is None


def test_tab_knows_who_spoke_last(core: ClientCore) -> None:
    """Then the others who are there, then those of private messages; for /pm these come first. Oneself never."""
    online(core)
    words = Words(core)
    assert list(words.names()) == ["sara", "reza", "maryam"]
    assert list(words.correspondents()) == ["maryam", "sara", "reza"]
    assert list(words.rooms()) == ["#lobby"]
