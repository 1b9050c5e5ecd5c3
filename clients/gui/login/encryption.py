"""What happens to what is said on its way to a server, in words. Knows the rules about trust; must not know windows."""

from enum import Enum

from chatd.languages import N_
from clients.addresses import Address
from clients.trust import KnownServers, Wish, use_tls, warning_of_plaintext
from clients.wording import say


class Encryption(Enum):
    """Who can read what is said. The value is the sentence that says so, in English."""

    ENCRYPTED = N_("Encrypted")
    PLANNED = N_("Will be encrypted")
    LOCAL = N_("Not encrypted: it does not leave this machine")
    READABLE = N_("Not encrypted: others on the way can read it")

    @property
    def safe(self) -> bool:
        """Whether nobody on the way can read it."""
        return self is not Encryption.READABLE


def encryption(address: Address, wish: Wish, known: KnownServers) -> Encryption:
    """How this server would be spoken to.

    Raises:
        TrustError: the file of known servers cannot be understood.
    """
    if use_tls(address, wish, known):
        return Encryption.PLANNED
    return Encryption.LOCAL if address.is_loopback else Encryption.READABLE


def encryption_told(address: Address, wish: Wish, known: KnownServers) -> tuple[Encryption, str]:
    """The same with its sentence; a server that has spoken TLS before deserves a longer one when it is to do without.

    Raises:
        TrustError: the file of known servers cannot be understood.
    """
    found = encryption(address, wish, known)
    if found is not Encryption.PLANNED and known.met(address):
        return Encryption.READABLE, warning_of_plaintext(address, known)
    return found, say(found.value)
