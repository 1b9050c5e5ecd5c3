"""Passwords: which may be chosen, in which form they count, and who compares them. Must not know Twisted, or how they are hashed.

What does the hashing waits for it, so it is asked through :class:`PasswordCheck`.
"""

from typing import Protocol

from precis_i18n import get_profile

from chatd.errors import PasswordTooLong, PasswordTooShort
from chatd.secret import Secret

SHORTEST = 8
"""Characters (NIST SP 800-63B, 5.1.1.2)."""
LONGEST = 1024
"""Bytes of UTF-8."""

_RULES = get_profile("OpaqueString")


class PasswordCheck(Protocol):
    """Who turns passwords into what can be kept of them, and compares. Both take a while, and much memory, by design."""

    async def hashed(self, password: Secret) -> str:
        """What to keep of this password.

        Raises:
            LoginsBusy: too many wait for this already.
        """

    async def matches(self, name: str, password: Secret, encoded: str | None) -> bool:
        """Whether this is the password of which ``encoded`` was kept.

        ``None``: there is no such account. That takes as long as a wrong password, so that nobody can tell the two apart.

        Raises:
            LoginsBusy: too many wait for this already. It was not compared, so it was no wrong try either.
        """


def canonical(password: str) -> str:
    """The password as it counts, however a keyboard composes it: NFC, every space a plain one.

    These are the rules of PRECIS OpaqueString (RFC 8265, 4.2) but for its list of characters, which another version of
    Unicode would change: a password that was chosen stays one.
    """
    text: str = _RULES.apply_five_rules(password)
    return text


def check_new_password(password: Secret) -> None:
    """Whether this may become somebody's password.

    Raises:
        PasswordTooShort: it has too few characters.
        PasswordTooLong: it has too many bytes.
    """
    text = canonical(password.value)
    if len(text) < SHORTEST:
        raise PasswordTooShort(measured=len(text), limit=SHORTEST)
    size = len(text.encode("utf-8", "surrogatepass"))  # an error of encoding would quote it
    if size > LONGEST:
        raise PasswordTooLong(measured=size, limit=LONGEST)
