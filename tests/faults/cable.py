"""A cable between two machines, with somebody at it: it loses, delays, repeats and swaps what runs through, or is cut.

Knows packet(7) sockets. Must not know what runs through it.

Frames are carried by a thread, from the card at one end to the card at the other, so no module of the kernel is needed
besides veth (``tc netem`` is one that many machines do not have).
"""

import heapq
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Flag, auto
from random import Random

from tests.faults.namespaces import Machine, machines, plug

_EVERYTHING = 0x0003  # ETH_P_ALL
_SOL_PACKET, _PACKET_VNET_HDR, _PACKET_IGNORE_OUTGOING = 263, 15, 23  # linux/if_packet.h
_LARGEST = 128 * 1024
SERVER, CLIENT = "10.50.50.1", "10.50.50.2"
"""The addresses at its ends."""


class Way(Flag):
    """A direction."""

    TO_SERVER = auto()
    TO_CLIENT = auto()
    BOTH = TO_SERVER | TO_CLIENT


@dataclass(frozen=True, slots=True)
class Weather:
    """What happens to frames on their way. Chances are from 0 to 1, times in seconds."""

    delay: float = 0.0
    jitter: float = 0.0
    """Each frame takes up to so much longer, so that some overtake others."""
    loss: float = 0.0
    repeat: float = 0.0


CALM = Weather()


class Cable:
    """Carries frames in a thread of its own from its making until :meth:`close`."""

    def __init__(self, middle: Machine, server_card: str, client_card: str, random: Random) -> None:
        self.weather = CALM
        self.lost = self.swapped = self.repeated = self.carried = 0
        self._cut = Way(0)
        self._random = random
        server, client = middle.do(_socket, server_card), middle.do(_socket, client_card)
        self._ways = {client: (server, Way.TO_SERVER), server: (client, Way.TO_CLIENT)}
        self._under_way: list[tuple[float, int, socket.socket, bytes]] = []
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="cable", daemon=True)
        self._thread.start()

    def cut(self, ways: Way = Way.BOTH) -> None:
        """From now on nothing arrives by these ways, and nobody is told: neither end sees that anything is wrong."""
        self._cut = ways

    def mend(self) -> None:
        """Everything arrives again."""
        self._cut = Way(0)

    def close(self) -> None:
        """Carry nothing more."""
        self._ending = True
        self._thread.join()
        for end in self._ways:
            end.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for end in self._ways:
                selector.register(end, selectors.EVENT_READ)
            while not self._ending:
                for key, _ in selector.select(self._until_next()):
                    self._take(key.fileobj)  # type: ignore[arg-type]  # what was registered
                self._deliver()

    def _until_next(self) -> float:
        """Seconds; short, so that the end is noticed."""
        wait = self._under_way[0][0] - time.monotonic() if self._under_way else 0.05
        return min(max(wait, 0.0), 0.05)

    def _take(self, end: socket.socket) -> None:
        other, way = self._ways[end]
        for _ in range(64):
            try:
                frame = end.recv(_LARGEST)
            except OSError:  # nothing more, or the card is going
                return
            self._send_off(frame, other, way)

    def _send_off(self, frame: bytes, to: socket.socket, way: Way) -> None:
        weather, chance = self.weather, self._random.random
        if way in self._cut or chance() < weather.loss:
            self.lost += 1
            return
        copies = 1
        if chance() < weather.repeat:
            self.repeated += 1
            copies = 2
        for _ in range(copies):
            self.carried += 1
            due = time.monotonic() + weather.delay + weather.jitter * chance()
            if any(later > due and other is to for later, _, other, _ in self._under_way):
                self.swapped += 1
            heapq.heappush(self._under_way, (due, self.carried, to, frame))

    def _deliver(self) -> None:
        while self._under_way and self._under_way[0][0] <= time.monotonic():
            _, _, to, frame = heapq.heappop(self._under_way)
            try:
                to.send(frame)
            except OSError:  # its queue is full, or it is down: frames may be lost
                self.lost += 1


def _socket(card: str) -> socket.socket:
    """All that comes out of this card. Each frame has a virtio header, for what the sender left to the card to compute."""
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERYTHING))
    end.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
    end.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024 * 1024)
    end.bind((card, 0))
    end.setblocking(False)
    return end


@contextmanager
def cabled(random: Random) -> Iterator[tuple[Machine, Machine, Cable]]:
    """A machine for the server, one for clients, and the cable between them.

    Raises:
        Unavailable: this machine cannot have others in it.
    """
    with machines(3) as (server, middle, client):
        plug(server, "eth0", middle, "left")
        plug(client, "eth0", middle, "right")
        for machine, address in ((server, SERVER), (client, CLIENT)):
            machine.configure("address", "add", f"{address}/24", "dev", "eth0")
        cable = Cable(middle, "left", "right", random)
        try:
            yield server, client, cable
        finally:
            cable.close()
