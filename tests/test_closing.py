"""How connections end: gently, so that the last words arrive, but not for ever."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from twisted.internet.task import Clock

from chatd.protocols.closing import LINGER_SECONDS, LINGERS, Closing
from chatd.protocols.sockets import unacknowledged


class Line:
    """A transport over a real socket, whose other end reads only when asked."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.far = socket.create_connection(server.getsockname())
            self.near, _ = server.accept()
        self.aborted = False

    def getHandle(self) -> socket.socket:
        """The near end."""
        return self.near

    def loseWriteConnection(self) -> None:
        """Close this half."""
        self.near.shutdown(socket.SHUT_WR)

    def abortConnection(self) -> None:
        """Drop it."""
        self.aborted = True

    def fill(self) -> None:
        """Send until the kernels on both sides take no more."""
        self.near.setblocking(False)
        with suppress(BlockingIOError):
            while self.near.send(b"x" * 65536):
                pass

    def read_all(self) -> None:
        """The other side reads until the end, so that its kernel confirms everything."""
        while self.far.recv(65536):
            pass

    def until_confirmed(self) -> None:
        """Until the far kernel has confirmed the end, too, which it does in its own time."""
        while unacknowledged(self):
            time.sleep(0.001)


@pytest.fixture
def line() -> Iterator[Line]:
    """A connection to be ended."""
    line = Line()
    yield line
    line.near.close()
    line.far.close()


def test_one_who_has_everything_gets_a_moment_to_leave(line: Line) -> None:
    """Netcat stays until its user presses Enter: a person who said /exit is let go by the server."""
    clock = Clock()
    closing = Closing(line, clock)
    closing.begin()
    line.read_all()
    closing.written()
    assert not line.aborted
    line.until_confirmed()
    clock.advance(LINGER_SECONDS)
    assert line.aborted
    assert not clock.getDelayedCalls()


def test_what_is_still_on_its_way_is_waited_for(line: Line) -> None:
    """Dropping the connection would destroy what the kernel has not delivered yet."""
    clock = Clock()
    closing = Closing(line, clock)
    line.fill()
    assert unacknowledged(line)
    closing.begin()
    closing.written()
    clock.pump([LINGER_SECONDS] * 5)
    assert not line.aborted
    line.read_all()
    line.until_confirmed()
    clock.advance(LINGER_SECONDS)
    assert line.aborted


def test_one_who_never_reads_is_not_waited_for_for_ever(line: Line) -> None:
    """A socket and its memory are not kept for the dead."""
    clock = Clock()
    closing = Closing(line, clock)
    line.fill()
    closing.begin()
    closing.written()
    clock.pump([LINGER_SECONDS] * LINGERS)
    assert line.aborted


def test_one_who_leaves_first_is_not_dropped(line: Line) -> None:
    """Whoever closes the other half ends the connection as it should be ended."""
    clock = Clock()
    closing = Closing(line, clock)
    closing.begin()
    closing.written()
    closing.lost()
    clock.advance(LINGER_SECONDS)
    assert not line.aborted
