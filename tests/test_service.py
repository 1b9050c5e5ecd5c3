"""The server's life: it says where it is, tells the operator who comes and goes, and stops without losing a word."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, LogEvent, LogLevel, formatEvent, globalLogPublisher

from chatd.operators_log import OperatorsLog
from chatd.protocols.closing import LINGER_SECONDS
from chatd.service import GOODBYE_SECONDS, ChatService
from chatd.storage.contract import Append
from chatd.storage.memory import MemoryStore
from tests.worlds import World

FAREWELL = "* The server is shutting down. Goodbye, {}.\n"


class Disk(MemoryStore):
    """A store that tells when it is closed, and whose writing can be held up."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False
        self.held: Deferred[None] | None = None

    async def append(self, appends: Sequence[Append]) -> None:
        """Keep them, when nothing holds it up."""
        assert not self.closed, "written to after it was closed"
        if self.held is not None:
            await self.held
        await super().append(appends)

    async def close(self) -> None:
        """Nothing may follow."""
        await super().close()
        self.closed = True


class Port:
    """A listening port, as far as the service knows one."""

    def __init__(self) -> None:
        self.open = True

    def stopListening(self) -> None:
        """Close it."""
        self.open = False


class Running:
    """A service around a world."""

    def __init__(self) -> None:
        self.disk, self.port = Disk(), Port()
        self.world = World(store=self.disk)
        ports: Any = [self.port]
        self.service = ChatService(self.world.site, self.disk, ports, self.world.clock, OperatorsLog())
        self.service.startService()
        self.stopped = False

    def stop(self) -> None:
        """Ask it to stop, and let happen what needs no time."""
        self.service.stopService().addCallback(self._stopped)
        self.world.settle()

    def _stopped(self, _: None) -> None:
        self.stopped = True


@pytest.fixture
def running() -> Running:
    """A server that runs."""
    return Running()


@pytest.fixture
def logged() -> Iterator[list[LogEvent]]:
    """What is written to the log meanwhile."""
    events: list[LogEvent] = []
    observer = cast(ILogObserver, events.append)
    globalLogPublisher.addObserver(observer)
    yield events
    globalLogPublisher.removeObserver(observer)


def test_stopping_an_empty_server_is_quick(running: Running) -> None:
    """Nobody is there, so nothing is waited for; port and store are closed."""
    running.stop()
    assert running.stopped
    assert running.disk.closed
    assert not running.port.open
    assert not running.world.clock.getDelayedCalls()


def test_what_was_accepted_is_stored_shown_and_followed_by_goodbye(running: Running) -> None:
    """A message on its way to the disk arrives there and at everybody before the last line; what comes later is not read."""
    ali, sara = running.world.joined("ali"), running.world.joined("sara", "192.0.2.8")
    ali.sees()
    running.disk.held = Deferred()
    ali.types("salam")
    running.stop()
    ali.types("too late")
    assert not running.stopped
    running.disk.held.callback(None)
    running.world.settle()
    assert sara.sees() == "[12:00] ali: salam\n" + FAREWELL.format("sara")
    assert ali.sees() == FAREWELL.format("ali")
    assert running.stopped
    assert running.disk.closed


def test_whoever_is_behind_is_shown_everything_before_the_goodbye(running: Running) -> None:
    """What was accepted is delivered, also to one who begins to read only now."""
    ali, slow = running.world.joined("ali"), running.world.joined("sara", "192.0.2.8")
    slow.sees()
    slow.wire.room = 0
    for number in range(3):
        ali.types(f"line {number}")
    running.stop()
    assert not running.stopped
    slow.wire.room = None
    slow.wire.flush()
    running.world.settle()
    lines = "".join(f"[12:00] ali: line {number}\n" for number in range(3))
    assert slow.sees() == lines + "* ali left.\n" + FAREWELL.format("sara")
    assert running.stopped


def test_whoever_does_not_read_goodbye_is_not_waited_for_for_ever(running: Running) -> None:
    """After five seconds the server ends, whoever is still there."""
    stuck = running.world.joined("ali")
    stuck.wire.room = 0
    running.stop()
    running.world.passes(GOODBYE_SECONDS - 0.1)
    assert not running.stopped
    running.world.passes(0.1)
    assert stuck.wire.aborted
    assert running.stopped
    assert not running.world.clock.getDelayedCalls()


def test_whoever_does_not_close_their_half_is_waited_for_briefly(running: Running) -> None:
    """Nc with an open input does not; its last words have arrived."""
    ali = running.world.joined("ali")
    ali.polite = False
    running.stop()
    assert ali.sees() == FAREWELL.format("ali")
    running.world.passes(LINGER_SECONDS)
    assert running.stopped


def test_those_without_a_name_are_told_too(running: Running) -> None:
    """A person who has been asked for a name reads why there is no answer."""
    visitor = running.world.connect()
    running.world.greet()
    visitor.sees()
    running.stop()
    assert visitor.sees() == "* The server is shutting down. Goodbye.\n"
    assert running.stopped


def test_nobody_is_let_in_while_the_server_stops(running: Running) -> None:
    """One who connected just before and had said nothing yet does not begin to talk to a server that is closing."""
    stuck, silent = running.world.joined("ali"), running.world.connect("192.0.2.8")
    stuck.wire.room = 0
    running.stop()
    running.world.greet()
    silent.types("sara", "salam")
    assert silent.sees() == "* The server is shutting down. Goodbye.\n"
    assert running.world.journal.lines == ["+ali 192.0.2.7 1", "-ali 192.0.2.7 0"]
    running.world.passes(GOODBYE_SECONDS)
    assert running.stopped


def test_lines_that_wait_for_their_turn_are_not_said_any_more(running: Running) -> None:
    """Whoever talked too fast loses what was not accepted; the server does not stay for it."""
    ali, sara = running.world.joined("ali"), running.world.joined("sara", "192.0.2.8")
    ali.types(*map(str, range(30)))
    assert sara.sees().count("ali: ") == 9
    running.stop()
    assert sara.sees() == FAREWELL.format("sara")
    assert running.stopped


def test_the_announcement_is_logged_at_the_start(logged: list[LogEvent]) -> None:
    """The operator reads where the server listens when it does."""
    running = Running()
    running.service.announcement = ["Listening on 127.0.0.1 port 5050."]
    running.service.startService()
    running.world.clock.advance(0)
    assert "Listening on 127.0.0.1 port 5050." in [formatEvent(event) for event in logged]


def test_the_operator_is_told_who_comes_and_goes(logged: list[LogEvent]) -> None:
    """Name, address and how many are there; warnings and the end of all at their levels."""
    log = OperatorsLog()
    log.came("ali", "192.0.2.7", 1)
    log.renamed("ali", "{reza}")
    log.went("{reza}", "192.0.2.7", 0)
    log.report("The disk is nearly full.")
    log.fatal("The disk is gone.")
    assert [(event["log_level"], formatEvent(event)) for event in logged] == [
        (LogLevel.info, "ali joined from 192.0.2.7; 1 online"),
        (LogLevel.info, "ali is now {reza}"),
        (LogLevel.info, "{reza} left from 192.0.2.7; 0 online"),
        (LogLevel.warn, "The disk is nearly full."),
        (LogLevel.critical, "The disk is gone."),
    ]


def test_a_request_that_breaks_is_logged_with_its_traceback(logged: list[LogEvent], logged_failures: Any) -> None:
    """A bug in one request is for the developers to read; it ends nothing else."""

    async def broken() -> None:
        raise ZeroDivisionError

    OperatorsLog().spawn(broken())
    assert [event["log_level"] for event in logged] == [LogLevel.critical]
    assert logged_failures.flush(ZeroDivisionError)


def test_without_a_certificate_there_is_none_to_read_again(running: Running, logged: list[LogEvent]) -> None:
    """Whoever asks for it, as ``systemctl reload`` does, is told so."""
    running.service.read_certificate_again()
    (event,) = logged
    assert formatEvent(event) == "There is no certificate to read again: the server runs without --cert."


def test_one_who_is_leaving_is_not_waited_for(running: Running) -> None:
    """Their end is read as ever, so the server need not wait until it loses its patience."""
    ali = running.world.joined("ali")
    ali.polite = False
    ali.types("/exit")
    running.stop()
    ali.polite = True
    running.world.settle()
    assert running.stopped
