"""How the kernel is asked to treat a connection. Knows sockets; nothing of who is on the other side."""

import fcntl
import socket
import sys
import termios
from functools import cache
from typing import Any, Final, cast

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import INegotiated, ITransport

from chatd.addresses import plain

SEND_BUFFER = 128 * 1024
"""Bytes the kernel may hold for one reader; it would hold megabytes for one that has stopped reading."""
READ_BYTES = 4096
"""Bytes read from one connection in one turn of the reactor: what a flood of short lines costs the others is in
proportion to it, and everything longer is read in several turns anyway."""
IDLE, INTERVAL, PROBES = 60, 15, 4
"""TCP keepalive: seconds of silence before the first question, between questions, and questions without an answer."""


def tune(transport: ITransport) -> None:
    """Read little at once; with TCP also send at once, hold little, and notice within two minutes who is gone.

    TLS decrypts whole records (of 16 KiB at most), but of what carries them no more than that is read at once.

    One that says ``begins_tuned`` was accepted by a socket to which :func:`tune_listening` was done.
    """
    if getattr(transport, "begins_tuned", False):
        return
    carrier: Any = getattr(transport, "transport", None) if encrypted(transport) else transport
    if hasattr(carrier, "bufferSize"):
        carrier.bufferSize = READ_BYTES
    handle = carrier.getHandle() if hasattr(carrier, "getHandle") else None
    if isinstance(handle, socket.socket) and handle.family in _TCP_FAMILIES and not _is_tuned(handle):
        _set_options(handle)


def tune_listening(handle: socket.socket) -> None:
    """Have what is accepted by this socket begin tuned.

    Where they are copied, see :func:`copies_options`, they need not be set one by one for each who comes.
    """
    if handle.family in _TCP_FAMILIES:
        _set_options(handle)


def copies_options() -> bool:
    """Whether what a socket accepts has its options, whatever they are: Linux's ``sk_clone_lock`` (net/core/sock.c)."""
    return sys.platform == "linux"


def encrypted(transport: object) -> bool:
    """Whether TLS lies between: then bytes must not go around the transport, and its halves do not close one by one."""
    return bool(INegotiated.providedBy(transport))


def way_in(transport: ITransport, door: IPv4Address | IPv6Address | None = None) -> str:
    """What to type to come back with TLS to the address and port that this connection came to: ``door``, if it is given."""
    here = door or cast(IPv4Address | IPv6Address, transport.getHost())
    return f"ncat --ssl {plain(here.host)} {here.port}"


def unacknowledged(transport: object) -> int:
    """Bytes that were sent but not confirmed by the other side's kernel; 0 where this one does not say (tcp(7), SIOCOUTQ)."""
    handle = transport.getHandle() if hasattr(transport, "getHandle") else None
    if not isinstance(handle, socket.socket):
        return 0
    try:
        answer = fcntl.ioctl(handle, termios.TIOCOUTQ, bytes(4))
    except OSError:
        return 0
    return int.from_bytes(answer, sys.byteorder)


@cache
def _wanted() -> tuple[tuple[int, int, int], ...]:
    """The options that this system has, each with its level and its value."""
    patience = (
        ("TCP_KEEPIDLE", IDLE),
        ("TCP_KEEPINTVL", INTERVAL),
        ("TCP_KEEPCNT", PROBES),
        ("TCP_USER_TIMEOUT", (IDLE + INTERVAL * PROBES) * 1000),
    )
    return (
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER),
        *((socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in patience if hasattr(socket, name)),
    )


def _set_options(handle: socket.socket) -> None:
    for level, option, value in _wanted():
        handle.setsockopt(level, option, value)


def _is_tuned(handle: socket.socket) -> bool:
    """Whether it has the options from the socket that listens: one stands for all, since all are copied or none."""
    level, option, value = _wanted()[-1]
    return handle.getsockopt(level, option) == value


_TCP_FAMILIES: Final = (socket.AF_INET, socket.AF_INET6)
