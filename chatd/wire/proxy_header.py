"""What a proxy says about the client it connects: the PROXY protocol, versions 1 and 2. Knows bytes; not whom to believe.

https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, sections 2.1 and 2.2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from chatd.details import Clause
from chatd.languages import N_

TEXT_BEGINNING = b"PROXY "
BINARY_BEGINNING = b"\r\n\r\n\0\r\nQUIT\n"
MOST_TEXT = 107
"""Bytes of a header of version 1, its ending included."""
MOST_BINARY = 4096
"""Bytes of one of version 2. Addresses take 52 at most; the rest is remarks, which seldom have more than a few hundred."""

_TEXT = re.compile(rb"PROXY (?:UNKNOWN(?: [^\r\n]*)?|TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5}))")
_FIXED = 16  # bytes: the beginning, version and command, family, length
_LOCAL, _PROXY = 0x20, 0x21
_ADDRESS_BYTES = {0x11: 4, 0x21: 16}
_UNTOLD = (0x00, 0x31)  # unspecified; UNIX, whose names are no addresses
_SSL, _SSL_USED = 0x20, 0x01
_MOST_PORTS = 65535


_SOMETHING_ELSE = N_("it began with something else")
_TOO_LONG = N_("the header has more than {limit} bytes")
_GARBLED = N_("the header is garbled")


class ProxyHeaderWrong(ValueError):
    """These bytes are no header."""

    def __init__(self, template: str, **values: object) -> None:
        self.reason = Clause(template, **values)
        """Why not, as a part of a sentence."""
        super().__init__(self.reason)


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """What a header says."""

    size: int
    """Bytes it takes; what follows is the client's."""
    source: str | None = None
    """The client's IP address; ``None``: not told, or the proxy speaks for itself."""
    host: str = ""
    """The IP address that the client connected to; empty without a source."""
    port: int = 0
    """And the port."""
    encrypted: bool = False
    """The client speaks TLS with the proxy. Only version 2 can say so."""


def read_proxy_header(seen: bytes) -> ProxyHeader | None:
    """The header that these first bytes begin with; ``None``: it may go on.

    Raises:
        ProxyHeaderWrong: they cannot be one.
    """
    if seen.startswith(BINARY_BEGINNING):
        return _read_binary(seen)
    if seen.startswith(TEXT_BEGINNING):
        return _read_text(seen)
    if any(beginning.startswith(seen) for beginning in (TEXT_BEGINNING, BINARY_BEGINNING)):
        return None
    raise ProxyHeaderWrong(_SOMETHING_ELSE)


def _read_text(seen: bytes) -> ProxyHeader | None:
    end = seen.find(b"\r\n", 0, MOST_TEXT)
    if end < 0:
        if len(seen) >= MOST_TEXT:
            raise ProxyHeaderWrong(_TOO_LONG, limit=MOST_TEXT)
        return None
    found = _TEXT.fullmatch(seen, 0, end)
    if found is None:
        raise ProxyHeaderWrong(_GARBLED)
    version, source, destination, *ports = found.groups()
    if version is None:
        return ProxyHeader(end + 2)
    addresses = [_address(text, int(version)) for text in (source, destination)]
    if any(int(port) > _MOST_PORTS for port in ports):
        raise ProxyHeaderWrong(_GARBLED)
    return ProxyHeader(end + 2, str(addresses[0]), str(addresses[1]), int(ports[1]))


def _address(text: bytes, version: int) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(text.decode("ascii"))
    except ValueError:
        address = None
    if address is None or address.version != version:
        raise ProxyHeaderWrong(_GARBLED)
    return address


def _read_binary(seen: bytes) -> ProxyHeader | None:
    if len(seen) < _FIXED:
        return None
    command, family = seen[12], seen[13]
    size = _FIXED + int.from_bytes(seen[14:16], "big")
    if command not in (_LOCAL, _PROXY):
        raise ProxyHeaderWrong(_GARBLED)
    if size > MOST_BINARY:
        raise ProxyHeaderWrong(_TOO_LONG, limit=MOST_BINARY)
    if len(seen) < size:
        return None
    if command == _LOCAL or family in _UNTOLD:
        return ProxyHeader(size)
    return _read_addresses(seen[_FIXED:size], family, size)


def _read_addresses(body: bytes, family: int, size: int) -> ProxyHeader:
    width = _ADDRESS_BYTES.get(family)
    if width is None:
        raise ProxyHeaderWrong(_GARBLED)
    end = 2 * width + 4
    if len(body) < end:
        raise ProxyHeaderWrong(_GARBLED)
    return ProxyHeader(
        size,
        str(ip_address(body[:width])),
        str(ip_address(body[width : 2 * width])),
        int.from_bytes(body[end - 2 : end], "big"),
        any(kind == _SSL and value[:1] and value[0] & _SSL_USED for kind, value in _remarks(body[end:])),
    )


def _remarks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """What is said beside the addresses (TLV: type, length, value)."""
    while data:
        end = 3 + int.from_bytes(data[1:3], "big")
        if len(data) < max(3, end):
            raise ProxyHeaderWrong(_GARBLED)
        yield data[0], data[3:end]
        data = data[end:]
