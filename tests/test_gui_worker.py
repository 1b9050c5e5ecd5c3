"""The thread beside the window: real connections, nothing that waits, nothing that is swallowed, no thread left behind."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from chatd.requests import Join, Register, Say
from chatd.secret import Secret
from clients import events
from clients.addresses import Address
from clients.core import ClientCore, Identity
from clients.dial import Dialler
from clients.events import Event
from clients.gui.model.told import End, Ended, Happened, Looked, Told, TrustWanted, Warned
from clients.gui.worker import AT_ONCE, Worker
from clients.trust import KnownServers
from tests.server_fixtures import tls_server_fixture
from tests.servers import HOST, PATIENCE, Server
from tests.test_dial import Listener, listening

T = TypeVar("T")
PASSWORD = Secret("correct horse battery")

server = tls_server_fixture("--greeting", "0")


class Window:
    """Stands where the window would: starts a worker, and reads its inbox."""

    def __init__(self, dialler: Dialler, identity: Identity) -> None:
        self.worker = Worker(dialler, identity)
        self.told: list[Told] = []
        self.unread: deque[object] = deque()
        self.worker.start()

    def until(self, kind: type[T]) -> T:
        """Go on to something of this kind; events are looked for in what happened, too."""
        while True:
            while self.unread:
                one = self.unread.popleft()
                if isinstance(one, kind):
                    return one
            told = self.worker.inbox.get(timeout=PATIENCE)
            self.told.append(told)
            self.unread += (told, *told.events) if isinstance(told, Happened) else (told,)

    @property
    def events(self) -> list[Event]:
        """Everything that happened so far."""
        return [event for told in self.told if isinstance(told, Happened) for event in told.events]


@pytest.fixture
def known(tmp_path: Path) -> KnownServers:
    """Nobody is known."""
    return KnownServers(tmp_path / "known_servers")


@pytest.fixture
def windows(server: Server, known: KnownServers) -> Iterator["Windows"]:
    """Those who are opened in a test, all of which must end well."""
    opened = Windows(server, known)
    yield opened
    for window in opened.windows:
        assert window.worker.stop(PATIENCE)
    assert not [thread for thread in threading.enumerate() if thread.name == "conversation"]


class Windows:
    """Opens windows to one server."""

    def __init__(self, server: Server, known: KnownServers) -> None:
        self.server, self.known = server, known
        self.windows: list[Window] = []

    def open(
        self, name: str, password: Secret | None = None, *, encrypted: bool = False, port: int | None = None
    ) -> Window:
        """Somebody connects."""
        dialler = Dialler(Address(HOST, port or self.server.port), self.known, encrypted)
        self.windows.append(Window(dialler, Identity(name, password)))
        return self.windows[-1]


def await_heard(listener: Listener) -> None:
    """Until somebody has said something to it."""
    deadline = time.monotonic() + PATIENCE
    while not listener.heard:
        assert time.monotonic() < deadline
        time.sleep(0.001)


# What happens


def test_somebody_joins_speaks_and_leaves(windows: Windows) -> None:
    """The whole way, over a real connection: events with views, in order, and an end that the person wanted."""
    ali = windows.open("ali")
    assert ali.until(events.Welcomed).name == "ali"
    ali.until(events.PeopleChanged)
    ali.worker.send(Say("salam"))
    assert ali.until(events.Said).text == "salam"
    ali.worker.look()
    view = ali.until(Looked).view
    assert (view.name, view.current, view.pending) == ("ali", "#lobby", ())
    assert not view.encrypted
    ali.worker.quit()
    assert ali.until(Ended) == Ended(End.LEFT)


def test_what_was_asked_for_before_is_in_the_view_that_is_asked_for(windows: Windows) -> None:
    """A window that is closed behind a line can see that the line still waits."""
    with listening() as mute:  # it says a line and then listens
        ali = windows.open("ali", port=mute.port)
        ali.worker.send(Say("salam"))
        ali.worker.look()
        assert [pending.text for pending in ali.until(Looked).view.pending] == ["salam"]
        await_heard(mute)
        assert ali.worker.stop(PATIENCE)


def test_a_message_that_waits_is_seen_without_an_event(windows: Windows) -> None:
    """The view comes by itself when something was typed."""
    ali = windows.open("ali")
    ali.until(events.Welcomed)
    ali.worker.send(Say("salam"))
    while not ali.until(Happened).view.pending:
        pass
    ali.until(events.Acked)


def test_rooms_are_switched_where_nothing_has_to_be_sent(windows: Windows) -> None:
    """The client itself does not run for it, and the window hears of it all the same."""
    ali = windows.open("ali")
    ali.until(events.PeopleChanged)
    ali.worker.send(Join("#dev"))
    assert ali.until(events.CurrentChanged).room == "#dev"
    assert ali.until(events.PeopleChanged).room == "#dev"  # the last that the server has to say
    ali.worker.switch_room("#lobby")
    assert ali.until(events.CurrentChanged).room == "#lobby"
    ali.worker.switch_room("#nowhere")
    assert "#nowhere" in ali.until(events.Problem).sentence
    ali.worker.retry_now()
    ali.worker.look()
    assert ali.until(Looked).view.current == "#lobby"


def test_much_at_once_is_told_in_parts(windows: Windows) -> None:
    """Between two parts the window can do something else."""
    ali = windows.open("ali")
    ali.until(events.Welcomed)
    for number in range(3):
        ali.worker.send(Say(str(number)))
    ali.until(events.Acked)
    happened = [events.Problem(str(number)) for number in range(3 * AT_ONCE + 1)]
    ali.worker._tell(happened)
    while not any(isinstance(event, events.Problem) and event.sentence == str(3 * AT_ONCE) for event in ali.events):
        ali.until(Happened)
    parts = [len(told.events) for told in ali.told if isinstance(told, Happened)]
    assert max(parts) == AT_ONCE
    assert [event for event in ali.events if isinstance(event, events.Problem)] == happened


# Names and passwords


def test_names_and_passwords_are_asked_for_and_given(windows: Windows) -> None:
    """A taken name, an account without its password, a wrong one, the right one."""
    owner = windows.open("owner")
    owner.until(events.Welcomed)
    owner.worker.send(Register(PASSWORD))
    owner.until(events.Claimed)
    guest = windows.open("guest")
    guest.until(events.Welcomed)

    other = windows.open("guest")
    assert "guest" in other.until(events.NameWanted).reason
    other.worker.give_name("owner")
    assert not other.until(events.PasswordWanted).wrong
    other.worker.give_password(Secret("wrong"))
    assert other.until(events.PasswordWanted).wrong
    other.worker.give_password(PASSWORD)
    assert other.until(events.Welcomed).account


# Ends


def test_nobody_answers(windows: Windows) -> None:
    """The first attempt decides, and says what went wrong."""
    with listening() as gone:
        port = gone.port
    ended = windows.open("ali", port=port).until(Ended)
    assert ended.end is End.NOT_REACHED
    assert f"{HOST}:{port}" in ended.sentence


def test_a_server_that_refuses_for_good_ends_it_with_its_reason(windows: Windows, known: KnownServers) -> None:
    """The window has to say why, and does not wait for a reconnect that never comes."""
    ali = windows.open("ali")
    session = ali.until(events.Welcomed).session
    dialler = Dialler(Address(HOST, windows.server.port), known, False)
    again = Window(dialler, Identity("ali", session=session))
    windows.windows.append(again)
    again.until(events.Welcomed)
    ended = ali.until(Ended)
    assert ended.end is End.CLOSED
    assert ended.sentence


def test_a_worker_can_be_stopped_while_it_connects(windows: Windows) -> None:
    """Cancel means now, whatever the other side does or does not."""
    with listening() as mute:  # it says a line and then listens
        ali = windows.open("ali", port=mute.port)
        await_heard(mute)
        assert ali.worker.stop(PATIENCE)
    assert ali.until(Ended).end is End.LEFT


def test_a_worker_that_was_never_started_has_nothing_to_stop(known: KnownServers) -> None:
    """And nothing can be asked of it."""
    worker = Worker(Dialler(Address(), known, False), Identity("ali"))
    worker.send(Say("salam"))
    assert worker.stop()


def test_nothing_happens_after_the_end(windows: Windows) -> None:
    """A button that is pressed a moment too late does no harm."""
    ali = windows.open("ali")
    ali.until(events.Welcomed)
    ali.worker.quit()
    ali.until(Ended)
    assert ali.worker.stop(PATIENCE)
    ali.worker.send(Say("too late"))
    ali.worker.quit()
    assert ali.worker.inbox.empty()


def test_a_fault_is_told_and_is_written_down(
    windows: Windows, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A thread that died without a word would leave a window that only looks alive."""
    ali = windows.open("ali")
    ali.until(events.Welcomed)

    def broken(*_: object) -> None:
        raise LookupError("a fault for a test")

    monkeypatch.setattr(ClientCore, "send", broken)
    ali.worker.send(Say("salam"))
    ended = ali.until(Ended)
    assert ended.end is End.FAILED
    assert "LookupError" in ended.sentence
    assert "a fault for a test" in capsys.readouterr().err


def test_a_fault_in_what_comes_in_is_told_too(
    windows: Windows, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not only what the window asks for can go wrong."""

    def broken(*_: object) -> None:
        raise LookupError("another fault")

    monkeypatch.setattr(ClientCore, "received", broken)
    assert windows.open("ali").until(Ended).end is End.FAILED
    assert "another fault" in capsys.readouterr().err


# Trust


def test_an_unknown_certificate_is_asked_about_and_accepted(windows: Windows) -> None:
    """Nothing is said to the server before; from then on it is known."""
    ali = windows.open("ali", encrypted=True)
    wanted = ali.until(TrustWanted)
    assert str(windows.server.port) in wanted.server
    assert wanted.reason
    ali.worker.accept(wanted.fingerprint)
    ali.until(events.Welcomed)
    ali.worker.look()
    assert ali.until(Looked).view.encrypted
    again = windows.open("sara", encrypted=True)
    again.until(events.Welcomed)
    assert not [told for told in again.told if isinstance(told, TrustWanted)]


@pytest.mark.parametrize("answer", ["decline", "quit"])
def test_who_does_not_trust_the_server_leaves(windows: Windows, answer: str) -> None:
    """Declining, and closing the window over the question, are the same."""
    ali = windows.open("ali", encrypted=True)
    ali.until(TrustWanted)
    getattr(ali.worker, answer)()
    assert ali.until(Ended).end is End.LEFT


def test_a_changed_certificate_ends_it_loudly(windows: Windows, known: KnownServers) -> None:
    """Several lines, and nobody is asked: this must not be clicked away."""
    known.remember(Address(HOST, windows.server.port), ":".join(["AB"] * 32))
    ended = windows.open("ali", encrypted=True).until(Ended)
    assert ended.end is End.NOT_TRUSTED
    assert ended.sentence.count("\n") > 3


def test_what_cannot_be_kept_is_a_warning(windows: Windows, tmp_path: Path) -> None:
    """The conversation goes on; the person is told that they will be asked again."""
    (tmp_path / "folder").symlink_to(tmp_path / "gone" / "folder")
    windows.known = KnownServers(tmp_path / "folder" / "known_servers")
    ali = windows.open("ali", encrypted=True)
    ali.worker.accept(ali.until(TrustWanted).fingerprint)
    assert str(tmp_path / "folder") in ali.until(Warned).sentence
    ali.until(events.Welcomed)
