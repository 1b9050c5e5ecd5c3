"""IP addresses as the rest of the chat compares them: in one form each. Knows no sockets and no names of hosts.

An IPv4 client of a dual-stack listener comes as ``::ffff:192.0.2.7`` (RFC 4291, 2.5.5.2); a link-local one carries the
name of a network card, ``fe80::1%eth0`` (RFC 4007). Neither may make two addresses of one.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from chatd.folding import fold_letters

_IPV6_PLACE = 64  # one customer, one home, one machine with its ever changing temporary addresses (RFC 6177, RFC 8981)


def plain(host: str) -> str:
    """The one form of this address: unmapped, without a zone, shortest. What is no address stays as it is."""
    address = _address(host)
    return host if address is None else str(address)


def parse(text: str) -> str | None:
    """The one form of the address somebody typed, in whatever digits; ``None`` if it is none."""
    address = _address(fold_letters(text.strip()))
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


def is_local(host: str) -> bool:
    """Whether nobody but this machine can read along: loopback, or a socket that is no address (UNIX)."""
    return _address(host) is None or is_loopback(host)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or IPv6Address(int(address))  # the number has no zone
