"""A network in a simulation: bytes travel for a while, arrive cut anywhere and never overtake each other; lines are cut.

Knows bytes in flight and how many a kernel takes. Must not know who is at the ends, or what the bytes say.
"""

from collections.abc import Callable
from random import Random

from tests.simulated.times import Time

MOST = 4096
"""Bytes that are read at once."""


class Pipe:
    """One direction of a line. Takes as many bytes as fit, on their way or unread; ``deliver`` gets pieces of them."""

    def __init__(  # noqa: PLR0917 (each is given once)
        self,
        time: Time,
        chance: Random,
        capacity: int,
        latency: float,
        deliver: Callable[[bytes], None],
        ended: Callable[[], None],
    ) -> None:
        self.reading = True
        """The other end reads; call :meth:`go_on` when it does again."""
        self.drained: Callable[[], None] = lambda: None
        """Called when there is room again for one who found none."""
        self.severed = False
        self._time = time
        self._chance = chance
        self._capacity = capacity
        self._latency = latency
        self._deliver = deliver
        self._ended = ended
        self._flight = bytearray()
        self._reach: int | None = None  # only so many more bytes arrive, and nothing behind them
        self._short = False
        self._closing = False
        self._travelling = False

    @property
    def in_flight(self) -> int:
        """Bytes on their way, or unread."""
        return len(self._flight)

    def put(self, data: bytes) -> int:
        """Send as many of these as there is room for."""
        taken = max(0, min(len(data), self._capacity - len(self._flight)))
        self._short = self._short or taken < len(data)
        self._flight += data[:taken]
        self._travel()
        return taken

    def end(self) -> None:
        """Behind all this nothing comes."""
        self._closing = True
        self._travel()

    def sever(self, reach: int) -> None:
        """Of what is on its way only so much arrives, and nothing that is sent from now on."""
        self.severed = True
        self._reach = min(reach, len(self._flight))

    def go_on(self) -> None:
        """The other end may be reading again."""
        self._travel()

    def _travel(self) -> None:
        if not self._travelling and (self._flight or self._closing):
            self._travelling = True
            self._time.callLater(self._chance.choice((0, self._latency, 3 * self._latency)), self._arrive)

    def _arrive(self) -> None:
        self._travelling = False
        if not self.reading:
            return
        size = min(MOST, len(self._flight) if self._reach is None else self._reach)
        if size:
            self._bring(self._chance.randint(1, size) if self._chance.random() < 0.3 else size)
        elif self._closing and self._reach is None:
            self._closing = False
            self._ended()

    def _bring(self, size: int) -> None:
        piece = bytes(self._flight[:size])
        del self._flight[:size]
        if self._reach is not None:
            self._reach -= size
        if self._short:
            self._short = False
            self._time.callLater(0, self.drained)
        self._deliver(piece)
        if self._reach is None or self._reach:
            self._travel()
