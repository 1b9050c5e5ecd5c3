"""Where a server is, as people write it: ``[ali@]host[:port]``. Knows the text only; must not know sockets or resolvers."""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from clients.wording import Told, say

DEFAULT_HOST: Final = "localhost"
DEFAULT_PORT: Final = 5050
_MOST_PORTS: Final = 65535
_PORT: Final = re.compile(r"[0-9]{1,5}")
# What no name of a host has, in any script: blanks, controls, the signs of URLs and shells, nothing before a dot.
_NOT_IN_A_HOST: Final = re.compile(r"[^\w.:%-]|^\.|\.\.")


class AddressError(Told):
    """This is not the address of a server; the message is a sentence that says what was wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host, by name or IP address, and a TCP port."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether this is certainly the machine itself: ``localhost`` (RFC 6761, 6.3) or a loopback address."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            address = ip_address(self.host.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return address.is_loopback


def parse_destination(text: str) -> tuple[str | None, Address]:
    """The name and the address in ``[ali@]host[:port]``; both parts of the address may be left out.

    An IPv6 address stands in brackets when a port follows it. Hosts are compared without case, so they come out in lower
    case. What a name may be is for the server to say.

    Raises:
        AddressError: it is not written like that.
    """
    name, at, rest = text.strip().rpartition("@")
    if at and not name:
        raise AddressError(
            say("There is no name before the @. Please write it as in ali@localhost, or leave out the @.")
        )
    return name or None, parse_address(rest)


def parse_address(text: str) -> Address:
    """The address in ``host[:port]``.

    Raises:
        AddressError: it is not written like that.
    """
    host, port = _divide(text.strip())
    written = host.lower() or DEFAULT_HOST
    host = written.removesuffix(".")
    if _NOT_IN_A_HOST.search(written) or host.startswith("-") or _is_strange(host):
        raise AddressError(
            say("This is not the name or address of a host. Please write it as in ali@chat.example.org:5050.")
        )
    return Address(host, _port(port))


def _divide(text: str) -> tuple[str, str]:
    """Host and port, the port empty if there is none."""
    bracketed = re.fullmatch(r"\[([^\[\]]*)\](?::(.*))?", text)
    if bracketed:
        return bracketed[1], bracketed[2] or ""
    if text.count(":") > 1:  # an IPv6 address without brackets has no port
        return text, ""
    host, _, port = text.partition(":")
    return host, port


def _is_strange(host: str) -> bool:
    """Whether it has the colons of an IPv6 address, and is none."""
    if ":" not in host:
        return False
    try:
        return not isinstance(ip_address(host), IPv6Address)
    except ValueError:
        return True


def _port(text: str) -> int:
    if not text:
        return DEFAULT_PORT
    if not _PORT.fullmatch(text) or not 1 <= int(text) <= _MOST_PORTS:
        raise AddressError(
            say("A port is a number from 1 to {most}; chatd's is {usual}.", most=_MOST_PORTS, usual=DEFAULT_PORT)
        )
    return int(text)
