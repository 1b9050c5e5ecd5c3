"""Ports and the words about them: what cannot be had is one sentence, what can be is said as it is to be typed."""

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.tcp import Server
from twisted.internet.testing import MemoryReactorClock

from chatd.certificates import Files
from chatd.listening import Bound, CannotListen, announcement, listen
from chatd.protocols.accepting import AT_ONCE, Accepted
from chatd.protocols.sockets import READ_BYTES
from chatd.self_signed import make_missing


class Port:
    """A port that listens somewhere."""

    def __init__(self, host: IAddress) -> None:
        self._host = host

    def getHost(self) -> IAddress:
        """Where."""
        return self._host


def told(*hosts: IAddress, tls: bool = False, plaintext: bool = False) -> str:
    """What the operator is told about ports at these addresses."""
    ports = [cast(IListeningPort, Port(host)) for host in hosts]
    return "\n".join(announcement(ports, "memory:", tls, plaintext))


HERE = IPv4Address("TCP", "127.0.0.1", 5050)
HERE_6 = IPv6Address("TCP", "::1", 5050)
LAN = IPv4Address("TCP", "192.0.2.7", 5050)
ANY = IPv4Address("TCP", "0.0.0.0", 5050)


def test_without_a_certificate_nobody_is_told_of_tls() -> None:
    """The lines are those for nc and telnet."""
    assert "Join with:  nc 192.0.2.7 5050   or   telnet 192.0.2.7 5050" in told(LAN, plaintext=True)
    assert "chatd-console 192.0.2.7:5050 --plaintext" in told(LAN, plaintext=True)
    assert "--plaintext" not in told(HERE)
    assert "ssl" not in told(HERE, LAN, ANY)


@pytest.mark.parametrize("host", [HERE, LAN])
def test_with_a_certificate_the_lines_to_type_are_those_of_tls(host: IPv4Address) -> None:
    """For both programs that people have."""
    said = told(host, tls=True)
    assert f"ncat --ssl {host.host} 5050 " in said
    assert f"openssl s_client -quiet -connect {host.host}:5050" in said
    assert f"chatd-console {host.host}:5050" in said


def test_an_address_with_colons_is_written_as_each_program_wants_it() -> None:
    """In brackets for openssl, bare for ncat."""
    said = told(HERE_6, tls=True)
    assert "ncat --ssl ::1 5050 " in said
    assert "-connect [::1]:5050" in said


def test_the_way_without_tls_is_told_to_those_who_have_it() -> None:
    """This machine always, others only with --plaintext."""
    assert "nc 127.0.0.1 5050" in told(HERE, tls=True)
    assert "nc 192.0.2.7" not in told(LAN, tls=True)
    assert "nc 192.0.2.7" in told(LAN, tls=True, plaintext=True)
    assert "from this machine only:  nc localhost 5050" in told(ANY, tls=True)


def test_a_unix_socket_is_named() -> None:
    """It is this machine's, with TLS or without."""
    said = told(UNIXAddress(b"/run/chatd"), tls=True)
    assert "Listening on /run/chatd" in said
    assert "Only this machine can join" in said


@pytest.mark.parametrize(("key", "words"), [("nowhere.pem", "No such file or directory"), ("", "Is a directory")])
def test_an_endpoint_whose_file_cannot_be_read_says_which(tmp_path: Path, key: str, words: str) -> None:
    """There is such a kind of endpoint: what is wrong is the file."""
    with pytest.raises(CannotListen) as wrong:
        listen(f"ssl:0:privateKey={tmp_path / key}", Factory(), cast(Any, reactor))
    said = str(wrong.value)
    assert said.startswith(f"cannot listen on ssl:0:privateKey={tmp_path / key}: ")
    assert said.endswith(f"{tmp_path / key}: {words}.")
    assert "is not an endpoint" not in said


def test_proxies_are_told() -> None:
    """Whoever comes from there by hand is not let in, and should know why."""
    ports = [cast(IListeningPort, Port(HERE))]
    said = announcement(ports, "memory:", proxies=("10.0.0.0/8", "unix"))[-1]
    assert said == "Connections from 10.0.0.0/8, UNIX sockets must begin with a PROXY header."


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_few_of_a_crowd_are_taken_in_one_turn() -> None:
    """However many wait, and however many there were the last time: those who are here have their turn in between."""
    built: list[IAddress] = []
    factory = Factory()
    factory.buildProtocol = built.append  # type: ignore[assignment]
    port = cast(Any, listen("tcp:0:interface=127.0.0.1", factory, cast(Any, reactor)))
    port.stopReading()
    crowd = [socket.create_connection(("127.0.0.1", port.getHost().port)) for _ in range(50)]
    for turn in range(1, 4):
        port.doRead()
        assert len(built) == turn * AT_ONCE
    for one in crowd:
        one.close()
    await port.stopListening()


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_whoever_comes_by_a_bound_port_is_tuned_and_has_a_name_in_the_log() -> None:
    """Nothing is done for each but what is needed; what the log may want of one is found then."""
    made: Deferred[Any] = Deferred()

    class Taken(Protocol):
        def connectionMade(self) -> None:
            made.callback(self.transport)

    bound = Bound(reactor)
    port = cast(Any, listen("tcp:0:interface=127.0.0.1", Factory.forProtocol(Taken), cast(Any, bound)))
    bound.open()
    number = port.getHost().port
    with socket.create_connection(("127.0.0.1", number)) as client:
        transport = await made
        assert transport.getHandle().getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert transport.bufferSize == READ_BYTES
        assert transport.logPrefix() == "Taken,0,127.0.0.1"
        assert repr(transport) == f"<Accepted #0 on {number}>"
        assert transport.getPeer() == IPv4Address("TCP", *client.getsockname())
        transport.abortConnection()
    await port.stopListening()


def test_a_connection_has_all_that_twisteds_has() -> None:
    """It is made without Twisted's own constructor, which a later version may give more to do."""
    clock, client, port = MemoryReactorClock(), ("192.0.2.7", 4000), cast(Any, Port(HERE))
    port._realPortNumber = 5050
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    for kind, kept in ((Accepted, ours), (Server, theirs)):
        with socket.socket() as handle:
            kept.update(vars(kind(handle, Protocol(), client, port, 1, clock)))
    assert theirs.keys() - ours.keys() == {"logstr", "repstr"}
    assert ours["hostname"] == theirs["hostname"]


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    """A certificate with its key."""
    files = Files(tmp_path / "a.crt", tmp_path / "a.key")
    make_missing(files, "localhost", datetime.now(UTC))
    both = tmp_path / "both.pem"
    both.write_text(files.certificate.read_text() + files.key.read_text())
    return both


@pytest.mark.parametrize("kind", ["tcp", "tcp6", "ssl", "unix"])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_port_that_is_only_bound_takes_nobody(tmp_path: Path, pem: Path, kind: str) -> None:
    """Whoever comes before all is ready is refused, and not cut off later without a word."""
    endpoints = {
        "tcp": "tcp:0:interface=127.0.0.1",
        "tcp6": r"tcp:0:interface=\:\:1",
        "ssl": f"ssl:0:interface=127.0.0.1:privateKey={pem}:certKey={pem}",
        "unix": f"unix:{tmp_path / 'socket'}",
    }
    bound = Bound(reactor)
    port = listen(endpoints[kind], Factory(), bound)
    host: Any = port.getHost()
    family: socket.AddressFamily
    place: Any
    family, place = {
        "tcp6": (socket.AF_INET6, ("::1", getattr(host, "port", 0))),
        "unix": (socket.AF_UNIX, str(tmp_path / "socket")),
    }.get(kind, (socket.AF_INET, ("127.0.0.1", getattr(host, "port", 0))))
    with socket.socket(family) as early, pytest.raises(ConnectionRefusedError):
        early.connect(place)
    bound.open()
    with socket.socket(family) as guest:
        guest.connect(place)
    await maybeDeferred(port.stopListening)


@pytest.mark.parametrize("kind", ["tcp", "unix"])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_port_that_is_only_bound_is_not_the_reactors_yet(tmp_path: Path, kind: str) -> None:
    """However often it turns until the port is opened: to epoll such a socket is one that was hung up, to be closed."""
    bound = Bound(reactor)
    port: Any = listen(
        "tcp:0:interface=127.0.0.1" if kind == "tcp" else f"unix:{tmp_path / 'socket'}", Factory(), bound
    )
    for _ in range(3):
        await deferLater(cast(Any, reactor), 0)
    assert port not in cast(Any, reactor).getReaders()
    bound.open()
    await deferLater(cast(Any, reactor), 0)
    assert port in cast(Any, reactor).getReaders()
    await maybeDeferred(port.stopListening)


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_taken_port_is_known_when_it_is_bound() -> None:
    """Before anything else is done; also one that is only bound so far, when both want to open it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(CannotListen, match=f"cannot listen on 127.0.0.1 port {taken}: Address already in use"):
            listen(f"tcp:{taken}:interface=127.0.0.1", Factory(), Bound(reactor))
    first, second = Bound(reactor), Bound(reactor)
    one = listen("tcp:0:interface=127.0.0.1", Factory(), first)
    endpoint = f"tcp:{cast(Any, one.getHost()).port}:interface=127.0.0.1"
    another = listen(endpoint, Factory(), second)
    first.open()
    with pytest.raises(
        CannotListen, match=r"cannot listen on 127\.0\.0\.1 port \d+: Address already in use\. Is another"
    ):
        second.open()
    await maybeDeferred(another.stopListening)
    await maybeDeferred(one.stopListening)
