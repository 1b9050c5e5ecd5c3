"""How many connections one place may have. Knows addresses and counts; neither sockets nor what time it is."""

from dataclasses import dataclass, field
from math import ceil

from chatd.addresses import is_local, network
from chatd.errors import TooManyConnections, TooManyNameless
from chatd.limits import Limits

SWEEP = 10_000
"""When more places than this are remembered, those that do not matter any more are forgotten for the first time."""
BURST_SECONDS = 4.0
"""A place may have so many times as many connections as may be open there begin at once; after that, as many each second."""
MOST_CLOSED = 50_000
"""Places without a connection that are remembered; of more the oldest are forgotten, though they still matter."""


@dataclass(slots=True)
class _Place:
    open: int = 0
    nameless: list[float] = field(default_factory=list)
    due: float = float("-inf")
    """When the next one would begin, if they all had come evenly (ITU-T I.371, the generic cell rate algorithm)."""


class Admission:
    """Counts connections by network (IPv4: the address; IPv6: the /64). Those from this machine are exempt."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._places: dict[str, _Place] = {}
        self._sweep_beyond = SWEEP

    def enter(self, address: str, now: float) -> float:
        """Count a new connection; it may begin after so many seconds: who comes too often is not refused, but waits.

        Raises:
            TooManyConnections: too many are open.
            TooManyNameless: too many ended before anybody gave a name.
        """
        if is_local(address):
            return 0.0
        place = self._places.setdefault(network(address), _Place())
        limits = self._limits
        if place.open >= limits.connections_per_address:
            raise TooManyConnections(address=address, measured=place.open, limit=limits.connections_per_address)
        self._forget_old(place, now)
        if len(place.nameless) >= limits.nameless_per_address:
            # More than the limit may have ended: those that were open together.
            last = place.nameless[-limits.nameless_per_address]
            wait = int(last + limits.nameless_seconds - now) + 1
            raise TooManyNameless(
                address=address,
                measured=len(place.nameless),
                limit=limits.nameless_per_address,
                period=ceil(limits.nameless_seconds),
                seconds=wait,
            )
        place.open += 1
        place.due = max(place.due, now - BURST_SECONDS) + 1 / limits.connections_per_address
        return max(0.0, place.due - now)

    def leave(self, address: str, named: bool, now: float) -> None:
        """A counted connection has ended."""
        if is_local(address):
            return
        key = network(address)
        place = self._places[key]
        place.open -= 1
        if not named:
            place.nameless.append(now)
        if not place.open:
            self._places[key] = self._places.pop(key)  # the oldest are the first
        if len(self._places) > self._sweep_beyond:
            self._sweep(now)

    def _forget_old(self, place: _Place, now: float) -> None:
        if place.nameless and place.nameless[0] <= now - self._limits.nameless_seconds:
            place.nameless = [at for at in place.nameless if at > now - self._limits.nameless_seconds]

    def _matters(self, place: _Place, now: float) -> bool:
        return bool(place.nameless) or place.due > now - BURST_SECONDS

    def _sweep(self, now: float) -> None:
        """Forget, and set the next time so far off that looking through all of them costs each place a fixed amount."""
        for place in self._places.values():
            self._forget_old(place, now)
        closed = [key for key, place in self._places.items() if not place.open and self._matters(place, now)]
        kept = set(closed[-(MOST_CLOSED - MOST_CLOSED // 10) :] if len(closed) > MOST_CLOSED else closed)
        self._places = {key: place for key, place in self._places.items() if place.open or key in kept}
        self._sweep_beyond = max(SWEEP, 2 * len(self._places))
