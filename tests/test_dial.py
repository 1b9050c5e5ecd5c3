"""Connections to real servers on this machine, over TLS and in clear: which are opened, and what is said of the others."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.certificates import Files
from chatd.self_signed import make_missing
from clients.addresses import Address, AddressError, parse_address, parse_destination
from clients.dial import CouldNotConnect, Dialler, Untrusted
from clients.trust import VERIFIED, KnownServers, TrustError, fingerprint_of


def certificate(folder: Path, host: str = "localhost", now: datetime | None = None) -> Files:
    """A certificate that nobody vouches for but itself."""
    folder.mkdir(parents=True, exist_ok=True)
    files = Files(folder / "crt.pem", folder / "key.pem")
    make_missing(files, host, now or datetime.now(UTC))
    return files


def fingerprint(files: Files) -> str:
    """Its fingerprint."""
    return fingerprint_of(ssl.PEM_cert_to_DER_cert(files.certificate.read_text("ascii")))


class Listener:
    """A server that says one line and closes; with a certificate, over TLS. It counts what clients said to it."""

    def __init__(self, files: Files | None, host: str) -> None:
        self.heard = b""
        self._socket = socket.create_server((host, 0))
        self.port: int = self._socket.getsockname()[1]
        self._context = None
        if files:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(files.certificate, files.key)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        """Accept no more."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            with accepted:
                self._answer(accepted)

    def _answer(self, accepted: socket.socket) -> None:
        accepted.settimeout(20)
        try:
            peer = self._context.wrap_socket(accepted, server_side=True) if self._context else accepted
            with peer:
                peer.sendall(b"hello\n")
                while data := peer.recv(1024):
                    self.heard += data
        except OSError:
            return  # the client did not want to talk to this one: what it says about that is what is tested


@contextmanager
def listening(files: Files | None = None, host: str = "127.0.0.1") -> Iterator[Listener]:
    """A listener for as long as it is needed."""
    listener = Listener(files, host)
    try:
        yield listener
    finally:
        listener.stop()


def hello(dialler: Dialler) -> bytes:
    """Connect; the server's first line is the proof."""

    async def visit() -> bytes:
        reader, writer = await dialler.dial()
        try:
            return await reader.readline()
        finally:
            writer.transport.abort()

    return asyncio.run(visit())


@pytest.fixture
def known(tmp_path: Path) -> KnownServers:
    """Nobody is known."""
    return KnownServers(tmp_path / "known_servers")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A certificate for localhost and 127.0.0.1."""
    return certificate(tmp_path / "tls")


def dialler(listener: Listener, known: KnownServers, *, encrypted: bool, host: str = "127.0.0.1") -> Dialler:
    """To this listener."""
    return Dialler(Address(host, listener.port), known, encrypted, patience=20.0)


def test_in_clear_where_that_is_wanted(known: KnownServers) -> None:
    """Nothing is remembered of such a server."""
    with listening() as listener:
        assert hello(dialler(listener, known, encrypted=False)) == b"hello\n"
    assert not known.path.exists()


def test_a_host_is_found_by_name(known: KnownServers) -> None:
    """Whatever addresses it has, one of them answers."""
    with listening() as listener:
        assert hello(dialler(listener, known, encrypted=False, host="localhost")) == b"hello\n"


def test_a_certificate_that_an_authority_vouches_for_is_trusted(known: KnownServers, files: Files) -> None:
    """And the server is remembered as one that speaks TLS."""
    with listening(files) as listener:
        vouched = replace(dialler(listener, known, encrypted=True), ca=files.certificate)
        assert hello(vouched) == b"hello\n"
        assert known.met(vouched.address)
        assert known.fingerprint(vouched.address) is None


def test_an_unknown_certificate_has_to_be_accepted_first(known: KnownServers, files: Files) -> None:
    """Nothing is said to the server before; afterwards it is known by its fingerprint."""
    with listening(files) as listener:
        unsure = dialler(listener, known, encrypted=True)
        with pytest.raises(Untrusted) as caught:
            hello(unsure)
        assert caught.value.fingerprint == fingerprint(files)
        assert caught.value.reason == "self-signed certificate"
        assert not known.met(unsure.address)
        unsure.accept(caught.value.fingerprint)
        assert hello(unsure) == b"hello\n"
        assert known.fingerprint(unsure.address) == fingerprint(files)
    assert listener.heard == b""


def test_a_changed_certificate_ends_it(known: KnownServers, files: Files, tmp_path: Path) -> None:
    """Loudly, with both fingerprints, and nothing is forgotten."""
    other = certificate(tmp_path / "other")
    with listening(other) as listener:
        deceived = dialler(listener, known, encrypted=True)
        known.remember(deceived.address, fingerprint(files))
        with pytest.raises(TrustError) as caught:
            hello(deceived)
        assert "WARNING" in str(caught.value)
        assert fingerprint(files) in str(caught.value)
        assert fingerprint(other) in str(caught.value)
        assert known.fingerprint(deceived.address) == fingerprint(files)
    assert listener.heard == b""


def test_a_pinned_certificate_may_give_way_to_a_verified_one(
    known: KnownServers, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server gets a real certificate one day; that is no reason for a warning."""
    monkeypatch.setenv("SSL_CERT_FILE", str(files.certificate))
    with listening(files) as listener:
        renewed = dialler(listener, known, encrypted=True)
        known.remember(renewed.address, fingerprint(certificate(tmp_path / "earlier")))
        assert hello(renewed) == b"hello\n"
        assert known.path.read_text("utf-8").splitlines()[-1] == f"{renewed.address} {VERIFIED}"


def test_a_host_that_authorities_vouched_for_cannot_fall_back_to_itself(known: KnownServers, files: Files) -> None:
    """Somebody in between shows a certificate of their own: that is no first visit, and nothing to be waved through."""
    with listening(files) as listener:
        deceived = dialler(listener, known, encrypted=True)
        known.remember(deceived.address)
        with pytest.raises(TrustError) as caught:
            hello(deceived)
    assert not isinstance(caught.value, Untrusted)
    assert "WARNING" in str(caught.value)
    assert "before: vouched for by an authority" in str(caught.value)
    assert fingerprint(files) in str(caught.value)
    assert listener.heard == b""


def test_a_folder_that_cannot_be_written_is_only_a_warning(tmp_path: Path, files: Files) -> None:
    """The connection is as good as any other."""
    (tmp_path / "config").symlink_to("nowhere")
    warnings: list[str] = []
    with listening(files) as listener:
        known = KnownServers(tmp_path / "config" / "known_servers")
        told = replace(dialler(listener, known, encrypted=True), trust=fingerprint(files), warn=warnings.append)
        assert hello(told) == b"hello\n"
        assert hello(told) == b"hello\n"
    assert len(warnings) == 1
    assert "known_servers cannot be written" in warnings[0]


def test_a_damaged_file_leaves_no_connection_behind(known: KnownServers, files: Files) -> None:
    """What is opened is closed, whatever is wrong afterwards."""
    known.path.write_text("gibberish\n", "utf-8")
    with listening(files) as listener:
        told = replace(dialler(listener, known, encrypted=True), trust=fingerprint(files))

        async def visit() -> int:
            loop = asyncio.get_running_loop()
            opened: list[asyncio.BaseTransport] = []
            create = loop.create_connection

            async def watched(*args: Any, **kwargs: Any) -> Any:
                transport, protocol = await create(*args, **kwargs)
                opened.append(transport)
                return transport, protocol

            loop.create_connection = watched  # type: ignore[method-assign]
            with pytest.raises(TrustError, match="cannot be understood"):
                await told.dial()
            return sum(not transport.is_closing() for transport in opened)

        assert asyncio.run(visit()) == 0


def test_a_fingerprint_can_be_given(known: KnownServers, files: Files) -> None:
    """Then this certificate is trusted now and later, and no other."""
    with listening(files) as listener:
        told = replace(dialler(listener, known, encrypted=True), trust=fingerprint(files))
        known.remember(told.address, fingerprint_of(b"an earlier one"))
        assert hello(told) == b"hello\n"
        assert known.fingerprint(told.address) == fingerprint(files)
        with pytest.raises(TrustError, match=f"has not the certificate given with --trust, but {fingerprint(files)}"):
            hello(replace(told, trust=fingerprint_of(b"something else")))


def test_an_authority_that_was_given_is_the_only_way(known: KnownServers, files: Files, tmp_path: Path) -> None:
    """With --ca nobody is asked whether to trust something else."""
    stranger = certificate(tmp_path / "stranger")
    with (
        listening(files) as listener,
        pytest.raises(TrustError, match=r"crt\.pem does not vouch for 127\.0\.0\.1:") as caught,
    ):
        hello(replace(dialler(listener, known, encrypted=True), ca=stranger.certificate))
    assert not isinstance(caught.value, Untrusted)


def test_a_certificate_can_be_another_hosts(known: KnownServers, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if an authority vouches for it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(files.certificate))
    with listening(files, "127.0.0.2") as listener, pytest.raises(Untrusted) as caught:
        hello(dialler(listener, known, encrypted=True, host="127.0.0.2"))
    assert caught.value.reason == "IP address mismatch, certificate is not valid for '127.0.0.2'"


def test_a_certificate_can_be_too_old(known: KnownServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if an authority once vouched for it."""
    files = certificate(tmp_path / "old", now=datetime.now(UTC) - timedelta(days=5000))
    monkeypatch.setenv("SSL_CERT_FILE", str(files.certificate))
    with listening(files) as listener, pytest.raises(Untrusted) as caught:
        hello(dialler(listener, known, encrypted=True))
    assert caught.value.reason == "certificate has expired"


def test_there_is_no_falling_back_to_plaintext(known: KnownServers) -> None:
    """A server that does not speak TLS is told so to the person, who can decide."""
    with listening() as listener, pytest.raises(CouldNotConnect, match=r"does not speak TLS here\..*--plaintext"):
        hello(dialler(listener, known, encrypted=True))
    assert b"register" not in listener.heard


def test_nobody_listens(known: KnownServers) -> None:
    """One sentence, and no numbers of errors in it."""
    with listening() as listener:
        refused = dialler(listener, known, encrypted=False)
        refused_by_name = dialler(listener, known, encrypted=False, host="localhost")
    with pytest.raises(CouldNotConnect) as caught:
        hello(refused)
    assert str(caught.value) == f"Nobody answers at {refused.address}: there is no server, or it is not running."
    with pytest.raises(CouldNotConnect, match=f"^Nobody answers at {refused_by_name.address}: "):
        hello(refused_by_name)


def test_there_is_no_such_host(known: KnownServers) -> None:
    """The sentence names the host; the last one is too long for DNS."""
    for host in ("nowhere.invalid", "x" * 64):
        with pytest.raises(
            CouldNotConnect, match=f"^(There is no host called {host}|The name {host} cannot be looked up)"
        ):
            hello(Dialler(Address(host), known, encrypted=False))


def test_somebody_who_never_answers(known: KnownServers) -> None:
    """A server that accepts and then says nothing of TLS is given up."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        waiting = Dialler(Address("127.0.0.1", silent.getsockname()[1]), known, encrypted=True, patience=0.05)
        with pytest.raises(CouldNotConnect, match=r"did not answer within 0\.05 seconds\.$"):
            hello(waiting)


def test_files_of_authorities_can_be_wrong(known: KnownServers, tmp_path: Path) -> None:
    """Which one, and why."""
    (tmp_path / "empty.pem").write_text("nothing", "ascii")
    for name, why in (("empty.pem", "it holds no certificates"), ("none.pem", "No such file or directory")):
        with listening() as listener, pytest.raises(TrustError, match=f"{name} cannot be used: {why}"):
            hello(replace(dialler(listener, known, encrypted=True), ca=tmp_path / name))


@pytest.mark.parametrize(
    ("written", "name", "host", "port"),
    [
        ("", None, "localhost", 5050),
        ("ali@", "ali", "localhost", 5050),
        ("chat.example.org", None, "chat.example.org", 5050),
        ("ali@Chat.Example.ORG.", "ali", "chat.example.org", 5050),
        ("علی@chat.example.org:6000", "علی", "chat.example.org", 6000),
        ("a@b@localhost", "a@b", "localhost", 5050),
        ("192.0.2.7:80", None, "192.0.2.7", 80),
        ("::1", None, "::1", 5050),
        ("ali@[::1]:6000", "ali", "::1", 6000),
        ("[fe80::1%eth0]", None, "fe80::1%eth0", 5050),
        (":6000", None, "localhost", 6000),
        ("گفتگو.example", None, "گفتگو.example", 5050),
    ],
)
def test_destinations_are_understood(written: str, name: str | None, host: str, port: int) -> None:
    """As people write them."""
    assert parse_destination(written) == (name, Address(host, port))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("@localhost", "There is no name before the @"),
        ("localhost:0", "A port is a number from 1 to 65535"),
        ("localhost:65536", "A port is a number"),
        ("localhost:http", "A port is a number"),
        ("localhost:٥٠٥٠", "A port is a number"),
        ("[::1]x", "This is not the name or address of a host"),
        ("1:2:3", "This is not the name or address of a host"),
        ("two words", "This is not the name or address of a host"),
        ("https://example.org", "A port is a number|This is not the name"),
        ("-h", "This is not the name or address of a host"),
        ("ho\x1bst", "This is not the name or address of a host"),
    ],
)
def test_other_destinations_are_explained(written: str, sentence: str) -> None:
    """One sentence, without what was typed: it may hold anything."""
    with pytest.raises(AddressError, match=sentence):
        parse_destination(written)


@given(st.text())
def test_no_destination_is_too_strange(written: str) -> None:
    """It is understood or refused; what is understood can be written down and read again."""
    try:
        _, address = parse_destination(written)
    except AddressError:
        return
    assert parse_address(str(address)) == address
    assert isinstance(address.is_loopback, bool)


@pytest.mark.parametrize("host", ["localhost", "chat.localhost", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_recognised(host: str) -> None:
    """By all its names."""
    assert Address(host).is_loopback


@pytest.mark.parametrize("host", ["localhost.example.org", "192.0.2.7", "notlocalhost", "::", "127.example.org"])
def test_others_are_not_taken_for_this_machine(host: str) -> None:
    """Those are spoken to over TLS."""
    assert not Address(host).is_loopback
