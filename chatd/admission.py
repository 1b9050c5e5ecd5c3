"""How many connections one place may have. Knows addresses and counts; neither sockets nor what time it is."""

from collections import deque
from dataclasses import dataclass, field

from chatd.addresses import is_local, network
from chatd.errors import TooManyConnections, TooManyNameless
from chatd.limits import Limits

SWEEP = 10_000
"""When more places than this are remembered, those that do not matter any more are forgotten for the first time."""


@dataclass(slots=True)
class _Place:
    open: int = 0
    nameless: deque[float] = field(default_factory=deque)


class Admission:
    """Counts connections by network (IPv4: the address; IPv6: the /64). Those from this machine are exempt."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places: dict[str, _Place] = {}
        self._sweep_beyond = SWEEP

    def enter(self, address: str, now: float) -> None:
        """Count a new connection.

        Raises:
            TooManyConnections: too many are open.
            TooManyNameless: too many ended before anybody gave a name.
        """
        if is_local(address):
            return
        place = self._places.setdefault(network(address), _Place())
        limits = self._limits
        if place.open >= limits.connections_per_address:
            raise TooManyConnections(address=address, measured=place.open, limit=limits.connections_per_address)
        self._forget_old(place, now)
        if len(place.nameless) >= limits.nameless_per_address:
            # More than the limit may have ended: those that were open together.
            last = place.nameless[-limits.nameless_per_address]
            wait = int(last + limits.nameless_seconds - now) + 1
            raise TooManyNameless(address=address, measured=len(place.nameless), seconds=wait)
        place.open += 1

    def leave(self, address: str, named: bool, now: float) -> None:
        """A counted connection has ended."""
        if is_local(address):
            return
        place = self._places[network(address)]
        place.open -= 1
        if not named:
            place.nameless.append(now)
        elif not place.open and not place.nameless:
            del self._places[network(address)]
        if len(self._places) > self._sweep_beyond:
            self._sweep(now)

    def _forget_old(self, place: _Place, now: float) -> None:
        while place.nameless and place.nameless[0] <= now - self._limits.nameless_seconds:
            place.nameless.popleft()

    def _sweep(self, now: float) -> None:
        """Forget, and set the next time so far off that looking through all of them costs each place a fixed amount."""
        for place in self._places.values():
            self._forget_old(place, now)
        self._places = {key: place for key, place in self._places.items() if place.open or place.nameless}
        self._sweep_beyond = max(SWEEP, 2 * len(self._places))
