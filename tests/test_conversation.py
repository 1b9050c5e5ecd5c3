"""The same conversation, word for word, over every kind of socket and store that the server can be given."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor as default_reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from chatd.limits import Limits
from chatd.options import Settings
from chatd.tap import build

reactor: Any = default_reactor
PATIENCE = 10.0


class Person(Protocol):
    """A client, as its owner sees it."""

    def __init__(self) -> None:
        self.shown = ""
        self.gone = False
        self._wanted: tuple[str, Deferred[None]] | None = None

    def types(self, line: str) -> None:
        """Send a line."""
        assert self.transport is not None
        self.transport.write(f"{line}\n".encode())

    async def sees(self, wanted: str) -> str:
        """Wait for this text; what was shown before it is returned, and all of it forgotten."""
        if wanted not in self.shown:
            shown: Deferred[None] = Deferred()
            self._wanted = wanted, shown
            await shown.addTimeout(PATIENCE, reactor)
        before, _, self.shown = self.shown.partition(wanted)
        return before

    async def ends(self) -> str:
        """Wait for the end of the connection; what was shown before it is returned."""
        while not self.gone:
            await _soon()
        return self.shown

    def dataReceived(self, data: bytes) -> None:
        """Show it."""
        self.shown += data.decode()
        if self._wanted is not None and self._wanted[0] in self.shown:
            (_, shown), self._wanted = self._wanted, None
            shown.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002 (any end is one)
        """The other side has ended it."""
        self.gone = True


async def _soon() -> None:
    waited: Deferred[None] = Deferred()
    reactor.callLater(0.01, waited.callback, None)
    await waited.addTimeout(PATIENCE, reactor)


def _certificate(folder: Path) -> Path:
    """A key and a certificate of its own, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chatd.example")])
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    file = folder / "server.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + built.sign(key, hashes.SHA256()).public_bytes(pem)
    )
    return file


def _endpoints(kind: str, folder: Path) -> tuple[str, str]:
    """Where to listen, and where to connect; ``{port}`` is filled in there."""
    match kind:
        case "unix":
            return f"unix:{folder / 'chat.sock'}", f"unix:{folder / 'chat.sock'}"
        case "tls":
            file = _certificate(folder)
            listen = f"ssl:0:interface=127.0.0.1:privateKey={file}:certKey={file}"
            return listen, "ssl:127.0.0.1:{port}"
        case "tcp6":
            return r"tcp6:0:interface=\:\:1", r"tcp:\:\:1:{port}"
    return "tcp:0:interface=127.0.0.1", "tcp:127.0.0.1:{port}"


class House:
    """A running server, and the way in."""

    def __init__(self, service: Any, connect: str) -> None:
        host = service._ports[0].getHost()
        self.service = service
        self._connect = connect.format(port=getattr(host, "port", ""))

    async def enter(self) -> Person:
        """Somebody connects."""
        person = Person()
        await connectProtocol(clientFromString(reactor, self._connect), person)
        return person


@asynccontextmanager
async def house(folder: Path, kind: str = "tcp", store: str = "memory:") -> AsyncIterator[House]:
    """A server in this process, for as long as it is needed."""
    listen, connect = _endpoints(kind, folder)
    settings = Settings((listen,), store, motd="", hide_addresses=False, limits=Limits(flood_rate=0))
    service = build(settings, folder, reactor)
    service.startService()
    try:
        yield House(service, connect)
    finally:
        await service.stopService()


@pytest.mark.parametrize(("kind", "store"), [("tcp", "memory:"), ("tcp", "sqlite:chatd.db"), ("unix", "memory:")])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_an_evening_in_the_lobby(tmp_path: Path, kind: str, store: str) -> None:
    """Everything that two people do in one evening, each seeing what they should and nothing else."""
    where = "127.0.0.1" if kind == "tcp" else "local"
    async with house(tmp_path, kind, store) as open_house:
        ali = await open_house.enter()
        await ali.sees("* Welcome to chatd. What is your name?\n")
        ali.types("ali")
        await ali.sees("* Hello ali. You are alone in #lobby. /help shows the commands.\n")
        sara = await open_house.enter()
        sara.types("Ali")
        await sara.sees("! Ali is taken by ali. Please choose another name.\n")
        sara.types("سارا")
        await sara.sees("* Hello \u2068سارا\u2069. You are in #lobby with ali. /help shows the commands.\n")
        assert await ali.sees("* \u2068سارا\u2069 joined.\n") == ""
        ali.types("salam")
        await sara.sees("ali: salam\n")
        sara.types("/me دست تکان می‌دهد")
        await ali.sees("* \u2068سارا\u2069 \u2068دست تکان می‌دهد\u2069\n")
        ali.types("/pm سارا a secret")
        await ali.sees("[PM to \u2068سارا\u2069]: a secret\n")
        await sara.sees("]: a secret\n")
        sara.types("/r yours too")
        await ali.sees("[PM from \u2068سارا\u2069 at ")
        ali.types("/who")
        await ali.sees(f"* Online (2):\nali ({where})\n\u2068سارا\u2069 ({where})\n")
        ali.types("/topic Tea at five")
        await sara.sees("* ali set the topic: Tea at five\n")
        ali.types("/nick reza")
        assert await sara.sees("* ali is now called reza.\n") == ""
        sara.types("/history")
        assert "ali: salam\n" in await sara.sees("yours too\n")
        ali.types("/exit")
        await ali.sees("* Goodbye, reza.\n")
        assert await ali.ends() == ""
        assert await sara.sees("* reza left.\n") == ""


@pytest.mark.filterwarnings("ignore:Passing pyOpenSSL")  # Twisted does, to pyOpenSSL
@pytest.mark.parametrize("kind", ["tls", "tcp6"])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_other_endpoints_serve_as_well(tmp_path: Path, kind: str) -> None:
    """Any endpoint of Twisted's can be listened on, those included that have no plain socket to send to."""
    async with house(tmp_path, kind) as open_house:
        ali, sara = await open_house.enter(), await open_house.enter()
        ali.types("ali")
        await ali.sees("/help shows the commands.\n")
        sara.types("sara")
        await sara.sees("with ali. /help shows the commands.\n")
        sara.types("/help")
        await sara.sees("* /exit leaves.\n")
        ali.types("x" * 4000)
        await sara.sees("x" * 4000)
        sara.types("/exit")
        await sara.sees("* Goodbye, sara.\n")
        await sara.ends()
        await ali.sees("* sara left.\n")
        ali.types("/exit")
        await ali.ends()


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_the_end_of_the_house_is_told_to_all(tmp_path: Path) -> None:
    """When the server stops, all who are there read it, and the store can be opened again with all that was said."""
    async with house(tmp_path, store="sqlite:chatd.db") as open_house:
        ali, sara = await open_house.enter(), await open_house.enter()
        ali.types("ali")
        await ali.sees("/help shows the commands.\n")
        sara.types("sara")
        await ali.sees("* sara joined.\n")
        for number in range(500):
            ali.types(f"line {number}")
        await sara.sees("line 499\n")
    assert await ali.ends() == "* The server is shutting down. Goodbye, ali.\n"
    assert (await sara.ends()).endswith("Goodbye, sara.\n")
    async with house(tmp_path, store="sqlite:chatd.db") as open_house:
        reza = await open_house.enter()
        reza.types("reza")
        shown = await reza.sees("ali: line 499\n")
        assert shown.count("ali: line") == 19
