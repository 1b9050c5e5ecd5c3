"""What stands in the login window. Knows values; must not know a window."""

from dataclasses import dataclass

from chatd.secret import Secret
from clients.trust import Wish


@dataclass(frozen=True, slots=True)
class Typed:
    """Server and name as they were typed, and what was said about the rest."""

    server: str = ""
    name: str = ""
    password: Secret | None = None
    """``None``: it was not said that there is one."""
    wish: Wish = Wish.NOTHING
