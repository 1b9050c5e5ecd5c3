"""Behind a proxy: who is there is what the proxy says, for everything that goes by address; nobody else is believed."""

import socket
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import UNIXAddress
from twisted.logger import LogEvent, capturedLogs, formatEvent

from chatd.addresses import Networks
from chatd.limits import Limits
from chatd.protocols import factory
from chatd.protocols.site import SILENCE
from tests.servers import HOST, PATIENCE, Server, serving
from tests.test_proxy_header import ENCRYPTED, V6, addresses, binary
from tests.test_tls import Client, PushedWire, make_identity
from tests.wires import Wire
from tests.worlds import Visitor, World

FRONT = "198.51.100.9"
"""The proxy."""
SIZE = Limits()


def behind(*proxies: str, limits: Limits = SIZE) -> World:
    """A server that believes these."""
    world = World(limits)
    world.site.proxies = Networks(proxies or [FRONT])
    return world


def header(source: str = "192.0.2.7") -> bytes:
    """What the proxy says first."""
    return f"PROXY TCP4 {source} 203.0.113.1 51000 5050\r\n".encode()


def from_proxy(world: World, said: bytes, proxy: str = FRONT, wire: Wire | None = None) -> Visitor:
    """A connection that the proxy passes on."""
    return world.connect(proxy, wire or PushedWire()).sends(said)


@pytest.fixture
def warnings() -> Iterator[Sequence[LogEvent]]:
    """What the operator is told meanwhile."""
    with capturedLogs() as events:
        yield events


def test_the_client_is_where_the_proxy_says_it_is() -> None:
    """For /who, for /pm to an address, and in the operator's log."""
    world = behind()
    sara = world.joined("sara", "192.0.2.8")
    ali = from_proxy(world, header() + b"ali\n")
    assert "* Hello ali." in ali.sees()
    assert "ali (192.0.2.7)" in sara.types("/who").sees()
    sara.types("/pm 192.0.2.7 salam")
    assert "[PM from sara at 12:00]: salam" in ali.sees()
    assert "+ali 192.0.2.7 2" in world.journal.lines


def test_a_header_of_version_2_says_the_same() -> None:
    """With IPv6, and with remarks that nobody here reads."""
    world = behind()
    body = addresses(V6, "2001:db8::7", "2001:db8::1") + b"\xea\0\x03aws"
    ali = from_proxy(world, binary(body, family=0x21) + b"ali\n/who\n")
    assert "ali (2001:db8::7)" in ali.sees()


def test_a_silent_client_behind_it_is_greeted() -> None:
    """The moment begins with the header: before that nobody is there."""
    world = behind()
    ali = world.connect(FRONT)
    world.passes(10)
    ali.sends(header())
    assert ali.sees() == ""
    world.passes(SILENCE)
    assert ali.sees() == "* Welcome to chatd. What is your name?\n"


@pytest.mark.parametrize("said", [header("127.0.0.1"), header("::1").replace(b"TCP4", b"TCP6"), b"PROXY UNKNOWN\r\n"])
def test_the_proxys_own_machine_is_not_ours(said: bytes) -> None:
    """What is loopback there is the proxy's address here: neither exempt from limits, nor trusted with a password."""
    world = behind(limits=Limits(connections_per_address=1))
    ali = from_proxy(world, said.replace(b"203.0.113.1", b"::1") if b"TCP6" in said else said).types("ali", "/who")
    assert f"ali ({FRONT})" in ali.sees()
    assert "! " in ali.types("/register salam-salam").sees()
    second = from_proxy(world, said.replace(b"203.0.113.1", b"::1") if b"TCP6" in said else said).types("sara")
    assert "has 1 connections open" in second.sees()


def test_a_proxy_that_only_looks_whether_the_server_is_there_is_served_as_itself() -> None:
    """LOCAL, of version 2: it is its own client; and one that says nothing at all may go again."""
    world = behind()
    probe = from_proxy(world, binary(b"", command=0x20, family=0))
    world.greet()
    assert probe.sees() == "* Welcome to chatd. What is your name?\n"
    world.connect(FRONT).drops()
    world.connect(FRONT).ends()
    probe.drops()
    assert not world.clock.getDelayedCalls()


# Limits


def test_each_client_behind_it_counts_for_itself() -> None:
    """One that has too many connections is told so; the others, and the proxy, are not concerned."""
    world = behind(limits=Limits(connections_per_address=2))
    crowd = [from_proxy(world, header("192.0.2.7") + b"ali%d\n" % number) for number in range(2)]
    late = from_proxy(world, header("192.0.2.7") + b"reza\n")
    assert late.sees().startswith("! 192.0.2.7 has 2 connections open; at most 2 are allowed.")
    assert late.closed
    assert "* Hello sara." in from_proxy(world, header("192.0.2.8") + b"sara\n").sees()
    crowd[0].types("/exit")
    assert "* Hello reza." in from_proxy(world, header("192.0.2.7") + b"reza\n").sees()


def test_a_client_turned_away_behind_it_may_be_a_program() -> None:
    """It is told in its own form, as it would be without the proxy; beyond so many it is just closed."""
    world = behind(limits=Limits(connections_per_address=1))
    from_proxy(world, header())
    late = from_proxy(world, header() + b'{"type":"register"}\n')
    assert late.gets().startswith(b'{"type":"error","error":"too_many_connections"')


def test_beyond_those_who_are_told_the_rest_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for words of which there are enough."""
    monkeypatch.setattr(factory, "MOST_TURNED_AWAY", 0)
    world = behind(limits=Limits(connections_per_address=1))
    from_proxy(world, header())
    late = from_proxy(world, header())
    assert late.closed
    assert late.sees() == ""


def test_a_client_behind_it_that_comes_all_the_time_is_slowed_down() -> None:
    """What it has sent together with the header is not lost, and not looked at before its turn."""
    world = behind(limits=Limits(connections_per_address=4))
    for number in range(16):
        from_proxy(world, header() + b"ali%d\n" % number).drops()
    late = from_proxy(world, header() + b"late\n")
    assert late.sees() == ""
    world.passes(0.25)
    assert "* Hello late." in late.sees()


def test_wrong_passwords_behind_it_keep_nobody_else_waiting(tmp_path: Path) -> None:
    """They count for the address that the proxy tells, not for the proxy's."""
    world = behind(limits=Limits(login_tries=1))
    world.site.tls = make_identity(tmp_path)
    owner = tls_behind(world, "192.0.2.1").types("ali", "/register salam-salam", "/exit")
    owner.gets()
    wrong = tls_behind(world, "192.0.2.66").types("/login ali no-no-no-no", "/login ali salam-salam")
    assert "Please wait 60 s" in wrong.sees()
    assert "* Welcome back, ali." in tls_behind(world, "192.0.2.1").types("/login ali salam-salam").sees()


def tls_behind(world: World, source: str) -> Client:
    """Somebody who speaks TLS with the server through the proxy."""
    return Client(world, FRONT, first=header(source)).shakes_hands()


# Encryption


def test_tls_goes_through(tmp_path: Path) -> None:
    """The header comes first, in the clear; then the client's TLS ends here, so passwords are welcome."""
    world = behind()
    world.site.tls = make_identity(tmp_path)
    ali = tls_behind(world, "192.0.2.7").types("ali", "/who", "/register salam-salam")
    seen = ali.sees()
    assert "ali (192.0.2.7)" in seen
    assert "is your account" in seen


def test_without_tls_the_way_back_is_by_the_proxy(tmp_path: Path) -> None:
    """The address to come back to is the one the client knows."""
    world = behind()
    world.site.tls = make_identity(tmp_path)
    assert "ncat --ssl 203.0.113.1 5050" in from_proxy(world, header() + b"ali\n").sees()


@pytest.mark.parametrize(
    ("proxy", "said", "welcome"),
    [
        ("127.0.0.1", binary(addresses() + ENCRYPTED), True),
        ("127.0.0.1", binary(addresses()), False),
        ("127.0.0.1", header(), False),
        ("127.0.0.1", header("127.0.0.1"), True),
        (FRONT, binary(addresses() + ENCRYPTED), False),
    ],
    ids=["TLS ends beside us", "no TLS", "nobody knows", "from this machine", "TLS ends elsewhere"],
)
def test_passwords_are_taken_where_nobody_can_read_them(proxy: str, said: bytes, welcome: bool) -> None:
    """A proxy of this machine may say that it has decrypted; between another one and us anybody could read along."""
    world = behind(proxy)
    ali = from_proxy(world, said + b"ali\n/register salam-salam\n", proxy)
    assert ("is your account" in ali.sees()) is welcome


# What is no header


@pytest.mark.parametrize(
    "said",
    [
        b"ali\nsalam\n",
        b"PROXY TCP4 nowhere\r\nali\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b'{"type":"register"}\n',
        b"PROXY " * 40,
    ],
)
def test_a_listed_proxy_without_a_header_is_told_and_closed(said: bytes, warnings: Sequence[LogEvent]) -> None:
    """In the form of whoever seems to be there, and to the operator; nothing of what follows is looked at."""
    world = behind()
    sara = world.joined("sara", "192.0.2.8")
    visitor = from_proxy(world, said)
    assert f"Connections from {FRONT} must begin with a PROXY header" in visitor.sees()
    assert visitor.closed
    assert sara.sees() == ""
    (line,) = map(formatEvent, warnings)
    assert FRONT in line
    assert "salam" not in line


def test_a_header_that_does_not_end_has_its_time(warnings: Sequence[LogEvent]) -> None:
    """What it takes is a part of the time that there is to give a name."""
    world = behind()
    visitor = world.connect(FRONT)
    for byte in header()[:30]:
        visitor.sends(bytes([byte]))
        world.passes(1.9)
    assert not visitor.closed
    world.passes(4)
    assert "it did not come in time" in visitor.sees()
    assert visitor.closed
    assert not world.clock.getDelayedCalls()
    assert len(warnings) == 1


def test_a_late_header_leaves_less_time_for_a_name() -> None:
    """One minute in all, not one for each."""
    world = behind()
    visitor = world.connect(FRONT)
    world.passes(50)
    visitor.sends(header())
    world.passes(10)
    assert "No name was given in time" in visitor.sees()


@pytest.mark.parametrize("said", [header("127.0.0.1"), b"PROXY UNKNOWN\r\n", binary(addresses()), binary(b"", 0x20, 0)])
@pytest.mark.parametrize("greeted", [False, True])
def test_nobody_else_is_believed(said: bytes, greeted: bool) -> None:
    """Whoever is not listed says it in vain: they are told so, and what follows is nobody's name."""
    world = behind()
    sara = world.joined("sara", "192.0.2.8")
    visitor = world.connect("192.0.2.66")
    if greeted:
        world.greet()
    visitor.sends(said + b"ali\nsalam\n")
    assert visitor.closed
    assert "! " in visitor.sees()
    assert sara.sees() == ""
    assert world.journal.lines == ["+sara 192.0.2.8 1"]


def test_a_second_header_is_not_believed() -> None:
    """The first was the proxy's; the next would be the client's own."""
    world = behind()
    visitor = from_proxy(world, header() + header("127.0.0.1") + b"ali\n")
    assert visitor.sees().startswith("! The proxy has said already that you are at 192.0.2.7.")
    assert visitor.closed


def test_a_unix_socket_can_be_a_proxys() -> None:
    """One on the same machine may come by that."""
    world = behind("unix")
    protocol, wire = world.factory.buildProtocol(UNIXAddress(None)), Wire()
    assert protocol is not None
    visitor = Visitor(world, protocol, wire)
    world.visitors.append(visitor)
    assert "ali (192.0.2.7)" in visitor.sends(header() + b"ali\n/who\n").sees()


@given(st.lists(st.integers(1, 60), max_size=6), st.sampled_from([header(), binary(addresses() + ENCRYPTED)]))
def test_segments_make_no_difference(cuts: list[int], said: bytes) -> None:
    """Wherever the network cuts, behind the header as well."""
    stream = said + b"ali\n/who\n"
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    visitor = behind().connect(FRONT).sends(*(stream[a:b] for a, b in pairwise(places)))
    assert "ali (192.0.2.7)" in visitor.sees()


@given(st.lists(st.binary(max_size=150), max_size=4))
def test_whatever_a_proxy_sends_nobody_is_harmed(pieces: list[bytes]) -> None:
    """Nothing raises; when it is gone nothing is left."""
    world = behind()
    visitor = world.connect(FRONT).sends(*pieces)
    world.passes(SIZE.name_seconds)
    visitor.drops()
    assert not world.clock.getDelayedCalls()
    assert not world.site.conversations


def test_a_real_server_behind_a_real_proxy(tmp_path: Path) -> None:
    """One address of this machine is a proxy's, another one is not: only the former is believed, and must say a header."""
    with serving(tmp_path / "run", "--store", "memory:", "--proxy", "127.0.0.2") as server:
        assert b"ali (192.0.2.7)" in said_to(server, "127.0.0.2", header() + b"ali\n/who\n/exit\n")
        assert b"must begin with a PROXY header" in said_to(server, "127.0.0.2", b"ali\n/who\n/exit\n")
        assert b"sara (127.0.0.1)" in said_to(server, "127.0.0.1", b"sara\n/who\n/exit\n")
        assert b"is not believed" in said_to(server, "127.0.0.1", header() + b"ali\n/who\n/exit\n")
        assert b"ali joined from 192.0.2.7" in server.log
        assert server.log.count(b" joined from ") == 2


def said_to(server: Server, source: str, said: bytes) -> bytes:
    """What the server answers to that, from this address of the machine."""
    with socket.create_connection((HOST, server.port), PATIENCE, (source, 0)) as connection:
        connection.sendall(said)
        return b"".join(iter(lambda: connection.recv(65536), b""))
