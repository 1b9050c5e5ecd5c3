"""Opens the ports, and says how to join there. Knows Twisted's endpoints; must not know the chat."""

import os
import socket
from collections.abc import Sequence
from errno import EADDRINUSE
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IAddress, IListeningPort, IProtocolFactory
from twisted.internet.tcp import Port as TCPPort
from twisted.internet.unix import Port as UNIXPort
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from chatd import __version__
from chatd.addresses import UNIX, is_loopback
from chatd.protocols.accepting import Accepted, accept_few, read_by
from chatd.protocols.polling import polled
from chatd.protocols.sockets import tune_listening

EVERYWHERE = ("0.0.0.0", "::")


class CannotListen(Exception):
    """A port cannot be had. The text is one sentence for the operator."""


def listen(endpoint: str, factory: IProtocolFactory, reactor: Any) -> IListeningPort:
    """Open the port that a Twisted endpoint description stands for; with :class:`Bound` as its reactor, bind it only.

    Raises:
        CannotListen: there is no such endpoint, or it is not free.
    """
    opened: list[Any] = []
    try:
        serverFromString(reactor, endpoint).listen(factory).addBoth(opened.append)
    except OSError as error:  # a file that ssl: names is missing, say
        file = f"{error.filename}: " if error.filename else ""
        raise CannotListen(f"cannot listen on {endpoint}: {file}{_reason(error)}") from None
    except Exception as error:  # every kind of endpoint has its own ways to refuse what it is given
        raise CannotListen(f"{endpoint!r} is not an endpoint like tcp:5050 or unix:/run/chatd ({error}).") from None
    if not opened:
        raise CannotListen(f"{endpoint} is not an endpoint that opens at once.")
    port: IListeningPort | Failure = opened[0]
    if isinstance(port, Failure):
        raise CannotListen(f"cannot listen on {_place(port.value, endpoint)}: {_reason(port.value)}") from None
    accept_few(port)
    return port


class Bound:
    """A reactor as endpoints want one. Its ports are bound at once, so that a taken one is known, and open all together.

    Until then the kernel refuses whoever comes: nobody is to be let in that might not be served. (A port that systemd has
    opened is open already.)
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._polled = polled(reactor)
        self._ports: list[_TCP | _UNIX] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def listenTCP(self, port: int, factory: Any, backlog: int = 50, interface: str = "") -> Any:  # noqa: N802
        """See :class:`twisted.internet.interfaces.IReactorTCP`."""
        return self._bind(_TCP(port, factory, backlog, interface, self._reactor))

    def listenSSL(  # noqa: N802
        self,
        port: int,
        factory: Any,
        contextFactory: Any,  # noqa: N803
        backlog: int = 50,
        interface: str = "",
    ) -> Any:
        """See :class:`twisted.internet.interfaces.IReactorSSL`."""
        return self.listenTCP(port, TLSMemoryBIOFactory(contextFactory, False, factory), backlog, interface)

    def listenUNIX(  # noqa: N802
        self,
        address: Any,
        factory: Any,
        backlog: int = 50,
        mode: int = 0o666,
        wantPID: bool = False,  # noqa: N803
    ) -> Any:
        """See :class:`twisted.internet.interfaces.IReactorUNIX`."""
        return self._bind(_UNIX(address, factory, backlog, mode, self._reactor, wantPID))

    def adoptStreamPort(self, *arguments: Any) -> Any:  # noqa: N802
        """See :class:`twisted.internet.interfaces.IReactorSocket`: a port that systemd has opened is open already."""
        port = self._reactor.adoptStreamPort(*arguments)
        read_by(self._polled, port)
        return port

    def open(self) -> None:
        """From now on connections are taken.

        Raises:
            CannotListen: another program has opened the same port since it was bound.
        """
        for port in self._ports:
            try:
                port.open()
            except OSError as error:
                raise CannotListen(f"cannot listen on {_host(port.getHost())}: {_reason(error)}") from None

    def _bind(self, port: "_TCP | _UNIX") -> "_TCP | _UNIX":
        port.startListening()
        tune_listening(port.socket)
        read_by(self._polled, port)
        self._ports.append(port)
        return port


class _Socket(socket.socket):
    """Does not listen when it is told to, but later."""

    _backlog = 0
    _kind = (0, 0, 0)

    def listen(self, backlog: int = 50, /) -> None:
        self._backlog = backlog

    def open(self) -> None:
        """Now."""
        super().listen(self._backlog)
        self._kind = int(self.family), int(self.type), self.proto

    def accept(self) -> tuple[socket.socket, Any]:
        """See :meth:`socket.socket.accept`, which asks each time what kind of socket this is, in words."""
        descriptor, address = self._accept()  # type: ignore[attr-defined]  # what that one calls, which typeshed leaves out
        return socket.socket(*self._kind, fileno=descriptor), address


class _Patient:
    """A port of Twisted whose socket is such a one. Until it listens the reactor has nothing to do with it.

    (Of a socket that is only bound epoll says that it was hung up; Twisted would close it.)
    """

    socket: _Socket
    transport: Any
    _is_open = False

    def open(self) -> None:
        """Listen now.

        Raises:
            OSError: another socket does.
        """
        self.socket.open()
        self._is_open = True
        self.startReading()

    def startReading(self) -> None:  # noqa: N802
        """See :class:`twisted.internet.interfaces.IPushProducer`."""
        if self._is_open:
            super().startReading()  # type: ignore[misc]  # of the other parent

    def createInternetSocket(self) -> _Socket:  # noqa: N802
        """See :class:`twisted.internet.tcp.Port`."""
        made = _Socket(fileno=super().createInternetSocket().detach())  # type: ignore[misc]  # of the other parent
        made.setblocking(False)
        return made


class _TCP(_Patient, TCPPort):  # type: ignore[misc]  # it declares no type of socket
    """By TCP."""

    transport = Accepted


class _UNIX(_Patient, UNIXPort):  # type: ignore[misc]  # the same
    """By a UNIX socket."""


def _host(host: IAddress) -> str:
    """A place as a person would say it."""
    if isinstance(host, IPv4Address | IPv6Address):
        return f"{host.host} port {host.port}"
    name = getattr(host, "name", None)
    return os.fsdecode(name) if name else str(host)


def _place(error: BaseException | None, endpoint: str) -> str:
    """What could not be had, as a person would say it; the endpoint as it was given where that is not clear."""
    if isinstance(error, CannotListenError) and isinstance(error.port, int) and error.interface:
        return f"{error.interface} port {error.port}"
    return endpoint


def _reason(error: BaseException | None) -> str:
    """What went wrong, and what to do about it where that is known."""
    trouble = error.socketError if isinstance(error, CannotListenError) else error
    words = str(getattr(trouble, "strerror", None) or trouble).rstrip(".")
    taken = getattr(trouble, "errno", None) == EADDRINUSE
    return f"{words}. Is another server running? --port chooses another port." if taken else f"{words}."


def announcement(
    ports: Sequence[IListeningPort],
    store: str,
    tls: bool = False,
    plaintext: bool = True,
    proxies: Sequence[str] = (),
) -> list[str]:
    """What the operator wants to know at the start: where, what is kept, how to join.

    ``tls``: it is spoken here; ``plaintext``: without it other machines are served too; ``proxies``: as they were listed.
    """
    hosts = [port.getHost() for port in ports]
    kept = store.removeprefix("sqlite:") if store != "memory:" else "memory only; they are gone when it stops"
    lines = [f"chatd {__version__} is running. Messages are kept in {kept}"]
    for host in hosts:
        lines += _how_to_join(host, tls, plaintext)
    if proxies:
        listed = ", ".join("UNIX sockets" if proxy == UNIX else proxy for proxy in proxies)
        lines.append(f"Connections from {listed} must begin with a PROXY header.")
    elif all(_is_local(host) for host in hosts):
        lines.append("Only this machine can join; --host 0.0.0.0 opens it to the network.")
    return lines


def _how_to_join(host: IAddress, tls: bool, plaintext: bool) -> list[str]:
    if not isinstance(host, IPv4Address | IPv6Address):
        return [f"Listening on {_host(host)}"]
    name = socket.gethostname() if host.host in EVERYWHERE else host.host
    server = f"[{name}]" if ":" in name else name
    console = f"chatd-console {server}:{host.port}"
    in_clear = f"nc {name} {host.port}   or   telnet {name} {host.port}"
    if not tls:
        console += "" if _is_local(host) else " --plaintext"
        return [f"Listening on {_host(host)}. Join with:  {in_clear}   or   {console}"]
    console += " --tls" if _is_local(host) else ""
    openssl = f"openssl s_client -quiet -connect {server}:{host.port}"
    encrypted = f"ncat --ssl {name} {host.port}   or   {openssl}   or   {console}"
    lines = [f"Listening on {_host(host)}. Join with TLS:  {encrypted}"]
    if plaintext or _is_local(host):
        lines.append(f"Without TLS:  {in_clear}")
    elif host.host in EVERYWHERE:
        lines.append(
            f"Without TLS, from this machine only:  nc localhost {host.port}   or   telnet localhost {host.port}"
        )
    return lines


def _is_local(host: IAddress) -> bool:
    return not isinstance(host, IPv4Address | IPv6Address) or is_loopback(host.host)
