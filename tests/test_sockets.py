"""The kernel is asked for what every connection needs: no delay, a small buffer, and to notice who is gone."""

import socket
import sys
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as default_reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import INegotiated
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import directlyProvides

from chatd.protocols.sockets import IDLE, INTERVAL, PROBES, READ_BYTES, SEND_BUFFER, tune, tune_listening
from tests.wires import Wire

reactor: Any = default_reactor


class Reading(Wire):
    """A transport in memory with Twisted's own measure of one read."""

    bufferSize = 65536

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Nothing to do in memory."""

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """The same."""


async def _options(*wanted: tuple[int, int]) -> list[int]:
    """What a tuned connection over loopback answers when it is asked for these options."""
    made: Deferred[Protocol] = Deferred()

    class Tuned(Protocol):
        def connectionMade(self) -> None:
            tune(self.transport)  # type: ignore[arg-type]
            made.callback(self)

    port = reactor.listenTCP(0, Factory.forProtocol(Tuned), interface="127.0.0.1")
    with socket.create_connection(("127.0.0.1", port.getHost().port)):
        protocol = await made
        transport: Any = protocol.transport
        answers = [transport.getHandle().getsockopt(*option) for option in wanted]
        transport.abortConnection()
    await port.stopListening()
    return answers


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_connection_is_tuned() -> None:
    """Every option arrives at the kernel; it doubles the send buffer for its own book-keeping."""
    no_delay, keep_alive, buffer = await _options(
        (socket.IPPROTO_TCP, socket.TCP_NODELAY),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        (socket.SOL_SOCKET, socket.SO_SNDBUF),
    )
    assert no_delay
    assert keep_alive
    assert SEND_BUFFER <= buffer <= 2 * SEND_BUFFER


@pytest.mark.skipif(sys.platform != "linux", reason="other systems need not copy options")
def test_what_is_accepted_by_a_tuned_socket_is_tuned() -> None:
    """The kernel copies every option, so that nothing is left to be set for each who comes."""
    options = [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        (socket.SOL_SOCKET, socket.SO_SNDBUF),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
    ]
    with socket.create_server(("127.0.0.1", 0)) as port:
        tune_listening(port)
        with socket.create_connection(port.getsockname()), port.accept()[0] as accepted:
            answers = [accepted.getsockopt(*option) for option in options]
    buffer = answers.pop(2)
    assert answers == [1, 1, IDLE, INTERVAL, PROBES, (IDLE + INTERVAL * PROBES) * 1000]
    assert SEND_BUFFER <= buffer <= 2 * SEND_BUFFER


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_one_connection_is_read_in_small_pieces() -> None:
    """Between two pieces of a flood the reactor serves everybody else."""
    pieces: list[int] = []
    done: Deferred[None] = Deferred()

    class Tuned(Protocol):
        def connectionMade(self) -> None:
            tune(self.transport)  # type: ignore[arg-type]

        def dataReceived(self, data: bytes) -> None:
            pieces.append(len(data))
            if sum(pieces) == 10 * READ_BYTES:
                self.transport.loseConnection()  # type: ignore[union-attr]

        def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002 (it makes no difference)
            done.callback(None)

    port = reactor.listenTCP(0, Factory.forProtocol(Tuned), interface="127.0.0.1")
    with socket.create_connection(("127.0.0.1", port.getHost().port)) as peer:
        peer.sendall(b"\n" * 10 * READ_BYTES)
        await done
    await port.stopListening()
    assert max(pieces) <= READ_BYTES


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux has all of them")
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_one_who_vanished_is_noticed_within_two_minutes() -> None:
    """Keepalive asks after silence; TCP_USER_TIMEOUT counts while something is on its way."""
    names = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
    options = await _options(*((socket.IPPROTO_TCP, getattr(socket, name)) for name in names))
    assert options == [IDLE, INTERVAL, PROBES, 1000 * (IDLE + INTERVAL * PROBES)]
    assert options[3] <= 120_000


def test_what_is_not_tcp_is_left_alone() -> None:
    """UNIX sockets and transports in memory have none of these, and no attempt is made."""
    tune(Wire())


def test_whatever_reads_like_a_socket_reads_little_at_once() -> None:
    """A flood over a UNIX socket costs the others as much; TLS reads whole records, and is left as it is."""
    local, encrypted = Reading(), Reading()
    directlyProvides(encrypted, INegotiated)
    tune(local)
    tune(encrypted)
    assert (local.bufferSize, encrypted.bufferSize) == (READ_BYTES, 65536)
