"""Who is at the other end of a connection, before anything was said. Knows addresses; neither transports nor the chat."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from twisted.internet.address import IPv4Address, IPv6Address

from chatd.addresses import is_local


@dataclass(frozen=True, slots=True)
class Client:
    """A connection's other end."""

    address: str
    """In its one form; ``local`` for a UNIX socket."""
    private: bool
    """Nobody on the way can read along, whether TLS is spoken here or not."""
    door: IPv4Address | IPv6Address | None = None
    """Where it connected to, if that is not where its bytes come in."""

    @staticmethod
    @lru_cache(maxsize=1024)
    def at(address: str) -> "Client":
        """One that connected directly; the same for all from one address."""
        return Client(address, private=is_local(address))


class Door(Protocol):
    """Where connections come in, and are counted."""

    def left(self, client: Client, named: bool) -> None:
        """One has ended, with a name or without."""
