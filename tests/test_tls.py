"""TLS on the port of everybody: recognised, decrypted and recognised again inside; and who must use it is told how.

The server is in memory, on a clock; the client's TLS is that of Python, which is not the server's.
"""

import json
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.address import UNIXAddress
from twisted.internet.interfaces import INegotiated
from zope.interface import directlyProvides

from chatd.certificates import CurrentIdentity, Files
from chatd.limits import Limits
from chatd.protocols.closing import LINGER_SECONDS
from chatd.protocols.site import SILENCE
from chatd.protocols.sockets import READ_BYTES, tune
from chatd.self_signed import make_missing
from tests.test_recogniser import ALONE, WELCOME
from tests.wires import Wire
from tests.worlds import NOON, Visitor, World

LIMITS = Limits()
HOME = "127.0.0.1"
AWAY = "192.0.2.7"
WAY_IN = "This server takes encrypted connections only. Please connect with TLS: ncat --ssl 192.0.2.254 5050"


class PushedWire(Wire):
    """A transport as Twisted's TCP is to a push producer: it says when it has enough, and when there is room again."""

    bufferSize = 65536

    def __init__(self, room: int | None = None) -> None:
        super().__init__(room)
        self._streaming = False
        self._producer_paused = False
        self._writing = False

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Leave a push producer in peace."""
        self._streaming = streaming
        self._producer_paused = False
        if streaming:
            assert self.producer is None
            self.producer = producer
        else:
            super().registerProducer(producer, streaming)

    def write(self, data: bytes) -> None:
        """Keep it until :meth:`flush`; say when there is enough."""
        super().write(data)
        self._writing = True
        if self.producer is not None and self._streaming and len(self.buffer) > self.bufferSize:
            self._producer_paused = True
            self.producer.pauseProducing()

    def loseConnection(self) -> None:
        """End once everything is written."""
        super().loseConnection()
        self._writing = True

    def flush(self) -> None:
        """What FileDescriptor.doWrite does: a producer that is paused is asked once, and if it writes nothing, that is all."""
        if self.producer is None or not self._streaming:
            super().flush()
            return
        if not self._writing:
            return
        del self.buffer[: self.take(bytes(self.buffer))]
        if self.buffer or self.disconnected:
            return
        self._writing = False
        if self._producer_paused:
            self._producer_paused = False
            self.producer.resumeProducing()
        elif self.disconnecting:
            self.lose()


class Client:
    """Somebody who speaks TLS, after ``first`` in the clear."""

    def __init__(
        self, world: World, address: str = AWAY, context: ssl.SSLContext | None = None, first: bytes = b""
    ) -> None:
        self.world = world
        self.wire = PushedWire()
        self.visitor = world.connect(address, self.wire)
        if first:
            self.visitor.sends(first)
        self._from_server, self._to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = (context or trusting()).wrap_bio(self._from_server, self._to_server)
        self.ended = False
        """The server has said that nothing more will come."""

    def shakes_hands(self) -> "Client":
        """Do the whole handshake."""
        while not self.step():
            pass
        return self

    def step(self) -> bool:
        """Do as much of it as can be done at once; whether it is done."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            self.exchange()
            return False
        self.exchange()
        return True

    def exchange(self) -> None:
        """Bytes go over the wire, both ways."""
        if self._to_server.pending:
            self.visitor.sends(self._to_server.read())
        self._from_server.write(self.visitor.gets())

    def sends(self, data: bytes) -> "Client":
        """Send these bytes, encrypted."""
        self.tls.write(data)
        self.exchange()
        return self

    def types(self, *lines: str) -> "Client":
        """Send these lines."""
        return self.sends("".join(f"{line}\n" for line in lines).encode())

    def leaves(self) -> None:
        """Send close_notify."""
        self.unwraps()
        self.exchange()

    def unwraps(self) -> None:
        """Say, or confirm, that nothing more will come."""
        with suppress(ssl.SSLError):  # it has not answered yet, or not with that
            self.tls.unwrap()

    def gets(self) -> bytes:
        """What has arrived since the last look, decrypted."""
        self.exchange()
        new = b""
        while True:
            try:
                more = self.tls.read(65536)
            except ssl.SSLWantReadError:
                return new
            except ssl.SSLZeroReturnError:
                more = b""
            if not more:
                self.ended = True
                self.leaves()
                return new
            new += more

    def sees(self) -> str:
        """The same, as text."""
        return self.gets().decode()


def trusting() -> ssl.SSLContext:
    """A client that looks at no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> CurrentIdentity:
    """The server's certificate."""
    return make_identity(tmp_path_factory.mktemp("identity"))


def make_identity(folder: Path) -> CurrentIdentity:
    """A certificate of its own for each folder."""
    files = Files(folder / "chatd.crt", folder / "chatd.key")
    make_missing(files, "ali", datetime.fromtimestamp(NOON, UTC))
    return CurrentIdentity(files, lambda: NOON)


@pytest.fixture
def world(identity: CurrentIdentity) -> World:
    """A server with a certificate."""
    return make_world(identity)


def make_world(identity: CurrentIdentity, limits: Limits = LIMITS) -> World:
    """A server with this certificate."""
    world = World(limits)
    world.site.tls = identity
    return world


def client_hello() -> bytes:
    """How a TLS client begins."""
    from_server, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting().wrap_bio(from_server, to_server)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return to_server.read()


def assert_nothing_left(world: World) -> None:
    """No connection, no session, no timer."""
    assert all(visitor.closed for visitor in world.visitors)
    assert not world.site.conversations
    assert not world.clock.getDelayedCalls()


# Who is inside


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        (b"ali\n", b"* Hello ali. You are alone in #lobby."),
        (b"Hello Server", b"Hello Client!\n"),
        (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 "),
        (b'{"type": "register", "user_id": "ali"}\n', b'{"type":"register","ok":true'),
        (b"SSH-2.0-OpenSSH_9.2\r\n", b"SSH-2.0-"),
        (b"NICK ali\r\n", b"ERROR :"),
    ],
)
def test_whoever_speaks_inside_is_recognised(world: World, first: bytes, answer: bytes) -> None:
    """As on the bare port, by the same first bytes."""
    assert Client(world).shakes_hands().sends(first).gets().startswith(answer)


def test_a_silent_client_is_greeted_a_moment_after_the_handshake(world: World) -> None:
    """However long that took; before it nothing is said."""
    client = Client(world)
    client.step()
    world.passes(5)
    client.shakes_hands()
    world.passes(SILENCE - 0.01)
    assert client.sees() == ""
    world.passes(0.01)
    assert client.sees() == WELCOME
    assert client.types("ali").sees() == ALONE


def test_people_meet_with_and_without_tls(world: World) -> None:
    """One room for both."""
    ali, sara = Client(world).shakes_hands().types("ali"), world.joined("sara", HOME)
    assert "* sara joined." in ali.sees()
    ali.types("salam")
    assert sara.sees() == "[12:00] ali: salam\n"
    sara.types("khubi?")
    assert ali.sees() == "[12:00] sara: khubi?\n"


def test_tls_inside_of_tls_is_refused(world: World) -> None:
    """By TLS's own alert, and the end."""
    client = Client(world).shakes_hands().sends(client_hello())
    assert client.gets().startswith(b"\x15\x03")
    assert client.ended
    assert_nothing_left(world)


@settings(max_examples=25)
@given(st.lists(st.integers(1, 600), max_size=8))
def test_a_handshake_may_come_in_any_pieces(identity: CurrentIdentity, cuts: list[int]) -> None:
    """The network decides where segments end: the very first may be one byte."""
    world = make_world(identity)
    client = Client(world)
    with pytest.raises(ssl.SSLWantReadError):
        client.tls.do_handshake()
    hello = client._to_server.read()
    places = sorted({0, len(hello), *(cut for cut in cuts if cut < len(hello))})
    client.visitor.sends(*(hello[start:end] for start, end in pairwise(places)))
    client.shakes_hands().types("ali", "/exit")
    assert client.sees() == f"{ALONE}* Goodbye, ali.\n"
    assert_nothing_left(world)


# Handshakes that fail


def test_a_handshake_that_does_not_end_is_ended(world: World) -> None:
    """Whoever says a little of it, now and then, has as long as one has to give a name."""
    visitor = world.connect(AWAY, PushedWire()).sends(b"\x16\x03\x01")
    for _ in range(2):
        visitor.sends(b"\x02")
        world.passes(LIMITS.name_seconds / 2 - 0.1)
        assert not visitor.closed
    world.passes(0.2)
    assert visitor.wire.aborted
    assert_nothing_left(world)


def test_half_a_handshake_is_a_connection_without_a_name(identity: CurrentIdentity) -> None:
    """It counts as such, and leaves nothing behind."""
    world = make_world(identity, Limits(nameless_per_address=1))
    client = Client(world)
    client.step()
    client.visitor.drops()
    assert_nothing_left(world)
    turned_away = world.connect(AWAY)
    world.greet()
    assert turned_away.sees().startswith("! 1 connections from 192.0.2.7 ended without a name;")


def test_a_name_inside_is_a_name(identity: CurrentIdentity) -> None:
    """Whoever gave one may come back as often as they like."""
    world = make_world(identity, Limits(nameless_per_address=1))
    for _ in range(3):
        client = Client(world).shakes_hands().types("ali")
        assert "* Hello ali." in client.sees()
        client.visitor.drops()
    assert_nothing_left(world)


def test_a_client_that_rejects_the_certificate_is_nobodys_trouble(world: World) -> None:
    """It tells the server by an alert; nothing is logged, and nobody else notices."""
    sara = world.joined("sara", HOME)
    strict = ssl.create_default_context()
    strict.check_hostname = False
    client = Client(world, context=strict)
    with pytest.raises(ssl.SSLCertVerificationError):
        client.shakes_hands()
    client.exchange()
    assert client.visitor.closed
    assert sara.types("/exit").sees() == "* Goodbye, sara.\n"
    assert_nothing_left(world)


@given(garbage=st.lists(st.binary(min_size=1, max_size=300), max_size=5), after_hello=st.booleans())
def test_whatever_follows_the_first_two_bytes_harms_nobody(
    identity: CurrentIdentity, garbage: list[bytes], after_hello: bool
) -> None:
    """Nothing raises, nothing is said inside, and the connection ends by itself or in its time."""
    world = make_world(identity)
    visitor = world.connect(AWAY, PushedWire())
    visitor.sends(client_hello() if after_hello else b"\x16\x03", *garbage)
    world.passes(LIMITS.name_seconds)
    assert visitor.closed
    assert not world.journal.lines
    assert_nothing_left(world)


@given(garbage=st.binary(min_size=1, max_size=200))
def test_garbage_in_the_middle_of_a_conversation_ends_it(identity: CurrentIdentity, garbage: bytes) -> None:
    """What is no TLS is not heard: the person is gone, at once or when the rest of a record does not come."""
    world = make_world(identity)
    sara = world.joined("sara", HOME)
    ali = Client(world).shakes_hands().types("ali")
    ali.visitor.sends(garbage)
    ali.visitor.drops()
    assert sara.sees() == "* ali joined.\n* ali left.\n"
    sara.drops()
    assert_nothing_left(world)


# Ends


@pytest.mark.parametrize("polite", [False, True])
def test_goodbye_arrives_and_then_the_end(world: World, polite: bool) -> None:
    """Everything that was answered, then TLS's own goodbye, so that no client takes it for an attack.

    A polite client closes its half as soon as the other is closed, others answer the goodbye first.
    """
    client = Client(world)
    client.visitor.polite = polite
    client.shakes_hands().types("ali", "salam", "/who", "/exit")
    assert client.sees().endswith("* Online (1):\nali (192.0.2.7)\n* Goodbye, ali.\n")
    assert client.ended
    assert not client.wire.aborted
    assert_nothing_left(world)


@pytest.mark.parametrize("last", [b"/exit\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_one_who_does_not_answer_the_end_is_let_go_soon(world: World, last: bytes) -> None:
    """Ncat does not before its user presses a key: whoever said goodbye, or was refused, is not waited for."""
    client = Client(world)
    client.visitor.polite = False
    client.shakes_hands().sends(last)
    assert client.wire.half_closed
    world.passes(LINGER_SECONDS - 0.1)
    assert not client.visitor.closed
    world.passes(0.1)
    assert client.wire.aborted
    assert_nothing_left(world)


@pytest.mark.parametrize("last", [b"/exit\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_one_who_does_not_read_the_end_is_not_kept(world: World, last: bytes) -> None:
    """As long as a reader may stand still, and no longer."""
    client = Client(world).shakes_hands()
    client.wire.room = 0
    client.sends(last)
    world.passes(LIMITS.stall_seconds - 1)
    assert not client.visitor.closed
    world.passes(1)
    assert client.wire.aborted
    assert_nothing_left(world)


def test_a_client_that_says_it_is_done_has_left(world: World) -> None:
    """Its close_notify ends both halves; what it had said before is said."""
    sara = world.joined("sara", HOME)
    ali = Client(world).shakes_hands().types("ali", "salam")
    ali.leaves()
    assert sara.sees() == "* ali joined.\n[12:00] ali: salam\n* ali left.\n"
    assert ali.visitor.closed
    sara.drops()
    assert_nothing_left(world)


@pytest.mark.parametrize("cut_off", [False, True], ids=["close_notify", "end of file"])
def test_one_who_leaves_while_much_is_on_its_way_has_left(world: World, cut_off: bool) -> None:
    """A transport with a producer that is paused, and has nothing more to say, must close all the same."""
    sara = world.joined("sara", HOME)
    ali = Client(world).shakes_hands().types("ali")
    ali.sees()
    ali.wire.room = 0
    for _ in range(9):
        sara.types("x" * 4000)
    if cut_off:
        ali.visitor.ends()
    else:
        ali.leaves()
    ali.wire.room = None
    world.settle()
    assert ali.visitor.closed
    assert sara.sees().endswith("* ali left.\n")
    sara.drops()
    assert_nothing_left(world)


@pytest.mark.parametrize("lines", [1, 9])
def test_one_who_leaves_and_never_reads_the_rest_is_dropped(world: World, lines: int) -> None:
    """The last of what was encrypted for them is not kept for ever, be it little or much."""
    sara = world.joined("sara", HOME)
    ali = Client(world).shakes_hands().types("ali")
    ali.wire.room = 0
    for _ in range(lines):
        sara.types("x" * 4000)
    ali.leaves()
    world.passes(LIMITS.stall_seconds)
    assert ali.wire.aborted
    sara.drops()
    assert_nothing_left(world)


def test_one_who_stops_reading_blocks_nobody_and_is_dropped(world: World) -> None:
    """Others are shown everything at once; after a minute without a sign of life the connection is cut."""
    sara = world.joined("sara", HOME)
    reza = Client(world).shakes_hands().types("reza")
    ali = Client(world).shakes_hands().types("ali")
    sara.sees(), reza.sees()
    ali.wire.room = 0
    for number in range(9):
        sara.types(f"{number} " + "x" * 4000)
        assert f"sara: {number} " in reza.sees()
    assert len(ali.wire.buffer) < 3 * 65536
    world.passes(LIMITS.stall_seconds - 1)
    assert not ali.visitor.closed
    world.passes(1)
    assert ali.wire.aborted
    assert sara.sees() == "* ali left.\n"


def test_one_who_reads_slowly_gets_everything(world: World) -> None:
    """In order, however little of it at once."""
    sara = world.joined("sara", HOME)
    ali = Client(world).shakes_hands().types("ali")
    ali.sees()
    ali.wire.room = 0
    for number in range(50):
        sara.types(f"{number} " + "x" * 1000)
        world.passes(1)
    seen = ""
    while "sara: 49 " not in seen:
        ali.wire.room = 3000
        world.passes(1)
        seen += ali.sees()
    assert [line.split()[2] for line in seen.splitlines()] == [str(number) for number in range(50)]


def test_a_flood_is_read_in_small_pieces(world: World) -> None:
    """The transport below TLS is tuned like any other."""
    assert Client(world).shakes_hands().wire.bufferSize == READ_BYTES


def test_what_carries_tls_is_tuned_where_an_endpoint_has_begun_it() -> None:
    """``--listen ssl:`` hands over connections that are encrypted already."""

    class Begun(Wire):
        transport = PushedWire()

    begun = Begun()
    directlyProvides(begun, INegotiated)
    tune(begun)
    assert begun.transport.bufferSize == READ_BYTES


# Who must use it


@pytest.mark.parametrize(
    ("first", "beginning"),
    [
        (b"ali\n", "! "),
        (b"al", "! "),
        (b"\xff\xfd\x03", "! "),
        (b"Hello Server", "! "),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "),
        (b"NICK ali\r\n", "ERROR :"),
    ],
)
def test_other_machines_are_told_to_use_it(world: World, first: bytes, beginning: str) -> None:
    """In the form of whoever comes, with what to type, and then the end; nobody joins."""
    visitor = world.connect(AWAY).sends(first, b"ali\nsalam\n")
    world.passes(SILENCE)
    seen = visitor.sees()
    assert seen.startswith(beginning)
    assert seen.count(WAY_IN) == 1
    assert visitor.closed
    assert not world.journal.lines
    assert_nothing_left(world)


def test_programs_are_told_by_a_code(world: World) -> None:
    """``tls_required`` stays the same whatever the sentence says."""
    answer = json.loads(world.connect(AWAY).sends(b'{"type":"register","user_id":"ali"}\n').gets())
    assert answer == {"type": "error", "error": "tls_required", "text": WAY_IN}


def test_ssh_clients_are_told_in_a_packet(world: World) -> None:
    """Which they show to their user."""
    assert WAY_IN.encode() in world.connect(AWAY).sends(b"SSH-2.0-OpenSSH_9.2\r\n").gets()


def test_who_says_nothing_is_told_instead_of_greeted(world: World) -> None:
    """At the moment of the greeting; and at once, if nothing will ever come."""
    visitor = world.connect(AWAY)
    world.passes(SILENCE - 0.01)
    assert visitor.sees() == ""
    world.passes(0.01)
    assert visitor.sees() == f"! {WAY_IN}\n"
    assert visitor.closed
    assert world.connect(AWAY).ends().sees() == f"! {WAY_IN}\n"
    assert_nothing_left(world)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_may_always_speak_without(world: World, address: str) -> None:
    """Nothing is on the way that could listen."""
    assert world.connect(address).types("ali").sees() == ALONE


def test_a_unix_socket_may_always_speak_without(world: World) -> None:
    """Whoever comes by it is on this machine."""
    protocol = world.factory.buildProtocol(UNIXAddress(None))
    assert protocol is not None
    visitor = Visitor(world, protocol, Wire())
    world.visitors.append(visitor)
    assert visitor.types("ali").sees() == ALONE


def test_with_plaintext_everybody_may_speak_without(world: World) -> None:
    """The operator has said so; TLS is there all the same."""
    world.site.plaintext = True
    assert world.connect(AWAY).types("ali").sees() == ALONE
    assert "* Hello sara." in Client(world).shakes_hands().types("sara").sees()


def test_without_a_certificate_everybody_may_speak_without() -> None:
    """There would be no other way in."""
    assert World().connect(AWAY).types("ali").sees() == ALONE


def test_after_the_exercise_tls_may_still_begin(world: World) -> None:
    """On this machine, where the exercise is answered in clear."""
    visitor = world.connect(HOME, PushedWire()).sends(b"Hello Server\n", client_hello())
    assert visitor.gets().startswith(b"Hello Client!\n\x16\x03")


# Another certificate


def test_a_new_certificate_is_for_new_handshakes(tmp_path: Path) -> None:
    """Whoever is connected stays, and notices nothing."""
    identity = make_identity(tmp_path)
    world = make_world(identity)
    ali = Client(world).shakes_hands().types("ali")
    ali.sees()
    identity.files.certificate.unlink()
    identity.files.key.unlink()
    identity = make_identity(tmp_path)
    world.site.tls.read_again()  # type: ignore[union-attr]
    sara = Client(world).shakes_hands().types("sara")
    assert ali.sees() == "* sara joined.\n"
    assert sara.tls.getpeercert(binary_form=True) != ali.tls.getpeercert(binary_form=True)
