"""Connections that are one reader to the reactor: each that can be read is read, and none that is gone."""

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from twisted.python.failure import Failure

from chatd.protocols.polling import PolledReactor

pytestmark = pytest.mark.skipif(not hasattr(select, "epoll"), reason="only systems with epoll read together")


class Reactor:
    """Knows who reads."""

    def __init__(self) -> None:
        self.readers: set[Any] = set()
        self.addReader = self.readers.add
        self.removeReader = self.readers.discard


class Reading:
    """One end of a pair of sockets, which keeps what it reads."""

    def __init__(self, ends: ExitStack) -> None:
        own, self.other = (ends.enter_context(end) for end in socket.socketpair())
        self.fileno = own.fileno
        self._own = own
        self.heard = b""
        self.then: Callable[[], None] = lambda: None

    def doRead(self) -> None:
        """Read once."""
        self.heard += self._own.recv(100)
        self.then()

    def connectionLost(self, reason: Failure) -> None:
        """Never: nothing ends here."""


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
