"""How connections end: gently, so that the last words arrive, but not for ever."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory
from zope.interface import implementer

from chatd.limits import Limits
from chatd.protocols.closing import LINGER_SECONDS, LINGERS, Closing
from chatd.protocols.sockets import unacknowledged
from tests.wires import Wire
from tests.worlds import Visitor, World

PATIENCE = LINGERS * LINGER_SECONDS
GET = b"GET / HTTP/1.1\r\n\r\n"


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


# Whoever is refused


class TcpWire(Wire):
    """A wire that can be asked what TLS asks of TCP."""

    def setTcpNoDelay(self, enabled: bool) -> None:
        """It never delays."""

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """It lives as long as the test."""


@implementer(IOpenSSLServerConnectionCreator)
class Certificate:
    """A key and a certificate of its own, for the server's end of TLS."""

    def __init__(self) -> None:
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chatd.example")])
        builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        self._context = SSL.Context(SSL.TLS_METHOD)
        builder = builder.not_valid_before(now).not_valid_after(now + timedelta(1))
        self._context.use_certificate(builder.sign(key, hashes.SHA256()))
        self._context.use_privatekey(key)

    def serverConnectionForTLS(self, protocol: object) -> SSL.Connection:  # noqa: ARG002 (the same for all)
        """One connection's encryption."""
        return SSL.Connection(self._context, None)


class Secret:
    """The client's end of a TLS connection, which says and answers nothing but what a test has it say."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._tls = context.wrap_bio(self._incoming, self._outgoing)

    def shakes_hands(self) -> None:
        """Do what comes first."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._exchange()
            else:
                self._exchange()
                return

    def sends(self, data: bytes) -> None:
        """Send this, encrypted."""
        self._tls.write(data)
        self._exchange()

    def sees(self) -> bytes:
        """Everything up to the end that the server has told, which is not answered yet."""
        seen = b""
        while piece := self._tls.read(65536):
            seen += piece
        return seen

    def answers_the_end(self) -> None:
        """Say that nothing more will come from here either."""
        self._tls.unwrap()
        self._exchange()

    def _exchange(self) -> None:
        self._visitor.sends(self._outgoing.read())
        self._incoming.write(self._visitor.gets())


def encrypted_world(limits: Limits | None = None) -> World:
    """A server whose port speaks TLS alone, as an ``ssl:`` endpoint does."""
    world = World(limits)
    world.factory = cast(Any, TLSMemoryBIOFactory(Certificate(), False, world.factory, world.clock))
    return world


def refused_in_secret(world: World) -> tuple[Visitor, Secret]:
    """A browser that has been told, over TLS, that this is no web server."""
    visitor = world.connect(wire=TcpWire())
    secret = Secret(visitor)
    secret.shakes_hands()
    secret.sends(GET)
    assert secret.sees().startswith(b"HTTP/1.1 ")
    return visitor, secret


def test_one_who_is_refused_over_tls_and_never_answers_is_not_kept_for_ever() -> None:
    """TLS ends when both sides have said so: whoever leaves that out has a minute, and is dropped then."""
    world = encrypted_world()
    visitor, _ = refused_in_secret(world)
    world.passes(PATIENCE - 0.1)
    assert not visitor.closed
    world.passes(0.1)
    assert visitor.wire.aborted
    assert not world.clock.getDelayedCalls()


def test_one_who_is_turned_away_and_never_shakes_hands_is_not_kept_for_ever() -> None:
    """The words for one connection too many wait for the handshake; the connection does not wait for it for ever."""
    world = encrypted_world(Limits(connections_per_address=0))
    visitor = world.connect(wire=TcpWire())
    world.greet()
    world.passes(PATIENCE - 0.1)
    assert not visitor.closed
    world.passes(0.1)
    assert visitor.wire.aborted
    assert not world.clock.getDelayedCalls()


def test_one_who_answers_the_end_of_tls_is_not_dropped() -> None:
    """That is how it should end; nothing is left to be done later."""
    world = encrypted_world()
    visitor, secret = refused_in_secret(world)
    secret.answers_the_end()
    assert visitor.closed
    assert not visitor.wire.aborted
    assert not world.clock.getDelayedCalls()


def test_one_who_goes_without_an_answer_leaves_no_timer() -> None:
    """A refused client that is killed costs nothing any more."""
    world = encrypted_world()
    visitor, _ = refused_in_secret(world)
    visitor.drops()
    assert not world.clock.getDelayedCalls()


def test_one_who_does_not_even_read_the_refusal_is_dropped() -> None:
    """Without TLS, too, words that cannot leave are not waited for without end."""
    world = World()
    visitor = world.connect(wire=Wire(room=0)).sends(GET)
    world.passes(PATIENCE - 0.1)
    assert not visitor.closed
    world.passes(0.1)
    assert visitor.wire.aborted
    assert not world.clock.getDelayedCalls()


@pytest.mark.parametrize("polite", [True, False], ids=["closes", "lingers"])
def test_one_who_has_read_the_refusal_leaves_no_timer(polite: bool) -> None:
    """Whether they close their half or have to be dropped a moment later, that is the end of it."""
    world = World()
    visitor = world.connect()
    visitor.polite = polite
    visitor.sends(GET)
    world.passes(0 if polite else LINGER_SECONDS)
    assert (visitor.closed, visitor.wire.aborted) == (True, not polite)
    assert not world.clock.getDelayedCalls()
