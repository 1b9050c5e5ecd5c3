"""Connections that are one reader to the reactor: each that can be read is read, and none that is gone."""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from chatd.protocols.polling import PolledReactor, polled
from tests.conftest import LoggedFailures

pytestmark = pytest.mark.skipif(not hasattr(select, "epoll"), reason="only systems with epoll read together")


class Reactor:
    """Knows who reads."""

    def __init__(self) -> None:
        self.readers: set[Any] = set()
        self.addReader = self.readers.add
        self.removeReader = self.readers.discard
        self.removeWriter = self.readers.discard


class Reading:
    """One end of a pair of sockets, which keeps what it reads."""

    def __init__(self, ends: ExitStack) -> None:
        own, self.other = (ends.enter_context(end) for end in socket.socketpair())
        self.fileno = own.fileno
        self._own = own
        self.heard = b""
        self.then: Callable[[], None] = lambda: None
        self.at_the_end: Callable[[], None] = lambda: None
        self.ended: list[type[BaseException] | None] = []
        self.half_closed = False

    def doRead(self) -> Exception | None:
        """Read once."""
        data = self._own.recv(100)
        self.heard += data
        self.then()
        return None if data else ConnectionDone()

    def connectionLost(self, reason: Failure) -> None:
        """It has ended."""
        self.ended.append(reason.type)
        self.at_the_end()


@implementer(IHalfCloseableDescriptor)
class HalfCloseable(Reading):
    """One that goes on when the other side has said all it will."""

    def readConnectionLost(self, reason: Failure) -> None:  # noqa: ARG002 (there is one)
        """Nothing more will come."""
        self.half_closed = True

    def writeConnectionLost(self, reason: Failure) -> None:
        """Never asked for here."""


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    """Closes the sockets."""
    with ExitStack() as ends:
        yield ends


def test_each_that_can_be_read_is_read(ends: ExitStack) -> None:
    """The reactor knows of one reader, for as long as there is anybody."""
    reactor, (ali, sara) = Reactor(), (Reading(ends), Reading(ends))
    together = PolledReactor(reactor)
    for reader in (ali, sara, ali):
        together.addReader(reader)
    assert reactor.readers == {together}
    ali.other.send(b"salam")
    together.doRead()
    assert (ali.heard, sara.heard) == (b"salam", b"")
    together.removeReader(ali)
    assert reactor.readers == {together}
    together.removeReader(sara)
    together.removeReader(sara)
    assert not reactor.readers


def test_one_removed_by_what_another_read_is_not_read(ends: ExitStack) -> None:
    """Both could be read, but whoever pauses is left in peace at once."""
    reactor, (ali, sara) = Reactor(), (Reading(ends), Reading(ends))
    together = PolledReactor(reactor)
    for reader, other in ((ali, sara), (sara, ali)):
        together.addReader(reader)
        reader.other.send(b"salam")
        reader.then = lambda other=other: together.removeReader(other)  # type: ignore[misc]  # bound now
    together.doRead()
    assert sorted((ali.heard, sara.heard)) == [b"", b"salam"]


class Broken(Exception):
    """A bug."""


def breaks() -> None:
    """Do not work."""
    raise Broken


def test_who_has_ended_is_told_and_read_no_more(ends: ExitStack) -> None:
    """All of it, or only its half where it can go on with the other."""
    reactor, whole, half = Reactor(), Reading(ends), HalfCloseable(ends)
    together = PolledReactor(reactor)
    for reader in (whole, half):
        together.addReader(reader)
        reader.other.close()
    together.doRead()
    assert (whole.ended, half.ended, half.half_closed) == ([ConnectionDone], [], True)
    assert not reactor.readers


@pytest.mark.parametrize("where", ["then", "at_the_end"])
def test_a_bug_in_one_costs_the_others_nothing(ends: ExitStack, where: str, logged_failures: LoggedFailures) -> None:
    """Whether it is in what is done with the bytes, or in the ending: it is logged, and everybody else is read."""
    reactor, ali, sara = Reactor(), Reading(ends), Reading(ends)
    together = PolledReactor(reactor)
    for reader in (ali, sara):
        together.addReader(reader)
    setattr(ali, where, breaks)
    ali.other.close()
    sara.other.send(b"salam")
    together.doRead()
    assert sara.heard == b"salam"
    assert ali.ended == [Broken if where == "then" else ConnectionDone]
    assert reactor.readers == {together}
    sara.other.send(b" dust")
    together.doRead()
    assert sara.heard == b"salam dust"
    assert logged_failures.flush(Broken)


def test_at_the_end_everybody_hears_of_it(ends: ExitStack, logged_failures: LoggedFailures) -> None:
    """Also those behind one in whom that fails."""
    together, readers = PolledReactor(Reactor()), [Reading(ends) for _ in range(3)]
    for reader in readers:
        together.addReader(reader)
    readers[0].at_the_end = breaks
    together.connectionLost(Failure(ConnectionDone()))
    assert [reader.ended for reader in readers] == [[ConnectionDone]] * 3
    assert logged_failures.flush(Broken)


def test_without_epoll_the_reactor_reads_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS."""
    monkeypatch.delattr(select, "epoll")
    reactor = Reactor()
    assert polled(reactor) is reactor
