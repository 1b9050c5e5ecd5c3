"""Who is at the other end of a connection, before anything was said. Knows addresses; neither transports nor the chat."""

from dataclasses import dataclass
from typing import Protocol

from twisted.internet.address import IPv4Address, IPv6Address

from chatd.addresses import is_local


@dataclass(frozen=True, slots=True)
class Client:
    """One connection's other end."""

    address: str
    """In its one form; ``local`` for a UNIX socket."""
    private: bool
    """Nobody on the way can read along, whether TLS is spoken here or not."""
    until: float
    """When a name must have been given, in seconds of the chat's clock."""
    door: IPv4Address | IPv6Address | None = None
    """Where it connected to, if that is not where its bytes come in."""

    @classmethod
    def at(cls, address: str, until: float) -> "Client":
        """One that connected directly."""
        return cls(address, private=is_local(address), until=until)


class Door(Protocol):
    """Where connections come in, and are counted."""

    def left(self, client: Client, named: bool) -> None:
        """One has ended, with a name or without."""
