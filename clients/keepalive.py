"""Whether the other side of a connection is still there. Knows times only; not what is sent to find it out.

The server is asked after :data:`QUIET` seconds without a word from it, and taken to be gone after :data:`GONE`
(docs/protocol.rst, Staying connected): a cable that was pulled says nothing.
"""

from enum import Enum
from typing import Final

QUIET: Final = 60.0
GONE: Final = 90.0


class Pulse(Enum):
    """What is to be done about a silence."""

    FINE = "nothing"
    ASK = "ask whether it is there"
    DEAD = "it is gone"


class Keepalive:
    """The silence of one connection, from the moment when it was opened."""

    def __init__(self, now: float) -> None:
        self._heard = now
        self._asked = False

    @property
    def deadline(self) -> float:
        """When :meth:`check` has something to say next."""
        return self._heard + (GONE if self._asked else QUIET)

    def heard(self, now: float) -> None:
        """Something came."""
        self._heard = now
        self._asked = False

    def check(self, now: float) -> Pulse:
        """What is to be done now. ``ASK`` is said once in each silence."""
        if now >= self._heard + GONE:
            return Pulse.DEAD
        if self._asked or now < self._heard + QUIET:
            return Pulse.FINE
        self._asked = True
        return Pulse.ASK
