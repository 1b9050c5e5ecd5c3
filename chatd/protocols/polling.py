"""Many connections that are one reader to the reactor. Knows descriptors and epoll; not what is read from them.

Twisted's reactor does more for each event than reading one line takes: it looks up the log prefix, enters a logging context,
and checks the descriptor. In a room where all talk that is a sixth of what a message costs, in a small one a quarter. Here
one epoll set holds all connections (epoll(7): a set can be read when one of its members can); the reactor is told of it
once, and each member that can be read is read straight away. Writing, timers and all else stay with the reactor.
"""

import select
from typing import Any, Protocol

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableDescriptor, IReadDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

AT_ONCE = 1024
"""Connections read in one turn of the reactor, so that timers and writers have theirs."""

_log = Logger("chatd")


class Reader(Protocol):
    """A transport of Twisted that can be read."""

    def fileno(self) -> int:
        """Its descriptor; -1 once it is closed."""

    def doRead(self) -> Exception | None:
        """Read once; what ends it, if anything does."""

    def connectionLost(self, reason: Failure) -> None:
        """It has ended."""


def polled(reactor: Any) -> Any:
    """A reactor for transports: this one, with their reading done together where the system has epoll."""
    return PolledReactor(reactor) if hasattr(select, "epoll") else reactor


@implementer(IReadDescriptor)
class PolledReactor:
    """A reactor to those transports that are given it; only their reading is done here."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._poll = select.epoll()
        self._readers: list[Reader | None] = []  # by descriptor, of which the kernel gives the lowest that is free
        self._count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def addReader(self, reader: Reader) -> None:
        """See :class:`twisted.internet.interfaces.IReactorFDSet`."""
        descriptor = reader.fileno()
        if descriptor >= len(self._readers):
            self._readers += [None] * (descriptor + 1)  # twice as many as there are, and not for each who comes
        if self._readers[descriptor] is reader:
            return
        self._poll.register(descriptor, select.EPOLLIN)
        self._readers[descriptor] = reader
        self._count += 1
        if self._count == 1:
            self._reactor.addReader(self)

    def removeReader(self, reader: Reader) -> None:
        """See :class:`twisted.internet.interfaces.IReactorFDSet`. Twisted asks for it before the descriptor is closed."""
        descriptor = reader.fileno()
        if not 0 <= descriptor < len(self._readers) or self._readers[descriptor] is not reader:
            return
        self._readers[descriptor] = None
        self._poll.unregister(descriptor)
        self._count -= 1
        if not self._count:
            self._reactor.removeReader(self)

    def doRead(self) -> None:
        """Read each connection that can be read, once."""
        readers = self._readers
        for descriptor, _ in self._poll.poll(0, AT_ONCE):
            reader = readers[descriptor]
            if reader is None:
                continue  # paused, or closed, by what was read from another one just now
            try:
                end = reader.doRead()
            except Exception as error:
                _log.failure("Unhandled Error")  # as the reactor does, which goes on with the others too
                end = error
            if end is not None:
                self._end(reader, Failure(end))

    def _end(self, reader: Reader, reason: Failure) -> None:
        """What the reactor does with a descriptor that cannot be read any more. What fails in it is the affair of this one."""
        self.removeReader(reader)
        try:
            if reason.check(ConnectionDone) and IHalfCloseableDescriptor.providedBy(reader):
                reader.readConnectionLost(reason)
            else:
                self._reactor.removeWriter(reader)
                reader.connectionLost(reason)
        except Exception:
            _log.failure("Unhandled Error")

    def fileno(self) -> int:
        """The set's own descriptor."""
        return self._poll.fileno()

    def logPrefix(self) -> str:
        """What the reactor calls this in its log."""
        return "connections"

    def connectionLost(self, reason: Failure) -> None:
        """The reactor has stopped, and disconnects all that it reads."""
        for reader in filter(None, self._readers):
            self._end(reader, reason)
        self._poll.close()
