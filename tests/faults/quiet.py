"""Pairs of people who write to each other now and then, and how long each word takes. Knows sockets and lines.

Must not know what else is going on.
"""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tests.faults.peers import Peer, Where, person
from tests.faults.running import PATIENCE

GAP = 0.55
"""Seconds between two words of one person, who may say two in a second."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long words took, in seconds."""

    all: Sequence[float]

    @property
    def median(self) -> float:
        """Half of them took no longer."""
        return median(self.all)

    @property
    def slow(self) -> float:
        """99 of 100 took no longer."""
        return sorted(self.all)[min(len(self.all) - 1, len(self.all) * 99 // 100)]


class _Pair:
    def __init__(self, where: Where, number: int) -> None:
        room = f"#quiet{number}"
        self.speaker, self.listener = (_in_room(where, f"{who}{number}", room) for who in ("quiet", "still"))
        self.said = self.heard = 0
        self.due = 0.0
        self._said_at = 0.0
        self._rest = b""

    def speak(self) -> None:
        """One word."""
        self.said += 1
        self._said_at = time.monotonic()
        self.speaker.socket.send(b"word %d.\n" % self.said)

    def listen(self) -> Iterator[float]:
        """What has come: how long each word took."""
        *lines, self._rest = (self._rest + self.listener.socket.recv(65536)).split(b"\n")
        for line in lines:
            if b": word " not in line:
                continue
            self.heard += 1
            if not line.endswith(b": word %d." % self.heard):
                raise OutOfOrder(f"{line.decode()} was heard as the word {self.heard} of its pair.")
            yield time.monotonic() - self._said_at


class OutOfOrder(Exception):
    """A word was lost, repeated, or overtook another one; the message is a sentence."""


class QuietPairs:
    """So many pairs, each in a room of its own. Each says its next word when the last one has been heard."""

    def __init__(self, where: Where, count: int) -> None:
        self._pairs = [_Pair(where, number) for number in range(count)]
        time.sleep(GAP)  # after what they had to say to get there

    def talk(self, seconds: float) -> Waits:
        """Say words for so long, and wait for the last of them.

        Raises:
            OutOfOrder: one did not come, or not in its order.
        """
        waits: list[float] = []
        with selectors.DefaultSelector() as selector:
            for pair in self._pairs:
                selector.register(pair.listener.socket, selectors.EVENT_READ, pair)
                selector.register(pair.speaker.socket, selectors.EVENT_READ)
            began = time.monotonic()
            for number, pair in enumerate(self._pairs):
                pair.due = began + GAP * number / len(self._pairs)
            while self._unheard() or time.monotonic() < began + seconds:
                if time.monotonic() > began + seconds + PATIENCE:
                    raise OutOfOrder(f"{len(self._unheard())} words were not heard within {PATIENCE:g} s.")
                if time.monotonic() < began + seconds:
                    self._speak()
                for key, _ in selector.select(0.005):
                    waits += key.data.listen() if key.data else _drain(key.fileobj)
        return Waits(waits)

    def close(self) -> None:
        """All go."""
        for pair in self._pairs:
            pair.speaker.close()
            pair.listener.close()

    def _speak(self) -> None:
        now = time.monotonic()
        for pair in self._pairs:
            if pair.due <= now and pair.said == pair.heard:
                pair.due = now + GAP
                pair.speak()

    def _unheard(self) -> list[_Pair]:
        return [pair for pair in self._pairs if pair.said > pair.heard]


def _in_room(where: Where, name: str, room: str) -> Peer:
    peer = person(where, name, f"/join {room}", "/leave #lobby")
    peer.sees("#lobby")
    return peer


def _drain(connection: object) -> list[float]:
    assert isinstance(connection, socket.socket)
    connection.recv(65536)
    return []
