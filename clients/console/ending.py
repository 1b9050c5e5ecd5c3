"""How the program ends. Knows exit statuses; must not know what led to them."""

from dataclasses import dataclass
from typing import Final

FINE: Final = 0
NOT_REACHED: Final = 1
"""The first attempt to connect failed, or it is no server of chatd that answers there."""
REFUSED: Final = 3
"""By the server: the name, the password, a line; or by the client, which does not trust the server. 2 is argparse's."""


@dataclass(slots=True)
class Ending:
    """The exit status, and what is said on standard error; it may be several lines."""

    status: int = FINE
    words: str = ""
