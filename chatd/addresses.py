"""IP addresses as the rest of the chat compares them: in one form each. Knows no sockets and no names of hosts.

An IPv4 client of a dual-stack listener comes as ``::ffff:192.0.2.7`` (RFC 4291, 2.5.5.2); a link-local one carries the
name of a network card, ``fe80::1%eth0`` (RFC 4007). Neither may make two addresses of one.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from chatd.folding import fold_letters

UNIX = "unix"
"""Stands for those who come by a UNIX socket, where addresses and networks are listed."""
_MAPPED_BITS = 96
_IPV6_PLACE = 64  # one customer, one home, one machine with its ever changing temporary addresses (RFC 6177, RFC 8981)


@lru_cache(maxsize=1024)
def plain(host: str) -> str:
    """The one form of this address: unmapped, without a zone, shortest. What is no address stays as it is."""
    address = _address(host)
    return host if address is None else str(address)


def parse(text: str) -> str | None:
    """The one form of the address somebody typed, in whatever digits; ``None`` if it is none."""
    folded = fold_letters(text.strip())
    if "." not in folded and ":" not in folded:  # as in nearly every name
        return None
    address = _address(folded)
    return None if address is None else str(address)


def network(host: str) -> str:
    """What a limit counts as one place: an IPv4 address, an IPv6 /64; what is no address stands for itself.

    In the link-local /64 (RFC 4291, 2.5.6) are all the machines of a LAN, so there each address is a place.
    """
    address = _address(host)
    if address is None:
        return host
    shared = isinstance(address, IPv6Address) and not address.is_link_local
    return str(ip_network((address, _IPV6_PLACE if shared else address.max_prefixlen), strict=False))


def is_loopback(host: str) -> bool:
    """Whether this is the machine talking to itself over IP. What is no address is not trusted to be."""
    address = _address(host)
    return address is not None and address.is_loopback


@lru_cache(maxsize=1024)
def is_local(host: str) -> bool:
    """Whether nobody but this machine can read along: loopback, or a socket that is no address (UNIX)."""
    return _address(host) is None or is_loopback(host)


class Networks:
    """Addresses and networks that somebody has listed; ``host in networks`` is asked of any form of an address."""

    def __init__(self, listed: Iterable[str] = ()) -> None:
        """Take addresses, networks like ``10.0.0.0/8``, and :data:`UNIX`.

        Raises:
            ValueError: something else is listed; the text is the end of a sentence that begins with it.
        """
        self._listed = tuple(listed)
        self._networks = [_network(text) for text in self._listed if text != UNIX]

    def __bool__(self) -> bool:
        return bool(self._listed)

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __contains__(self, host: str) -> bool:
        address = _address(host)
        if address is None:
            return UNIX in self._listed
        return any(address in network for network in self._networks)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(_what_else(text)) from None
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _what_else(text: str) -> str:
    """Why this is no network: it may be an address in one, of which nobody can tell which of the two was meant."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return "is neither an IP address nor a network like 10.0.0.0/8"
    return f"is an address and a network at once: give {text.partition('/')[0]} or {network}"


@lru_cache(1024)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))  # the number has no zone
