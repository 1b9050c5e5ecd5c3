"""What everybody in a simulation shares: time, chance, the disk's witness, the words that were said, and the way to the server.

Must not know what happens when: that is decided in :mod:`tests.simulated.simulation`.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from tests.simulated.disk import Disk
from tests.simulated.lines import Line, Peer, Weather
from tests.simulated.server import Server
from tests.simulated.times import Time

PADDING = ("", "", "", "", " سلام دوستان", " " + "x" * 200, " " + "y" * 1500)
"""What stands around the word by which a text is known."""
_REFUSED = re.compile(rb'\{"type":"error"[^\n]*"cid":"([^"]*)"\}')


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something that somebody wanted to say."""

    author: str
    text: str
    place: str
    """A room, or ``@`` and the name of the receiver."""


class Somebody(Peer, Protocol):
    """Who takes part, with whatever program."""

    slow: bool
    """Reads nothing at the moment."""

    def read(self, reading: bool) -> None:
        """Read what comes, or nothing."""

    def say(self, to: str | None) -> None:
        """Say something that nobody has said before: in a room, or to somebody."""

    def errand(self) -> None:
        """Do something else; not everybody can."""


@dataclass(slots=True)
class Surroundings:
    """One simulation's."""

    time: Time
    chance: Random
    counts: Counter[str]
    disk: Disk
    server: Server
    story: list[tuple[float, str, object]] = field(default_factory=list)
    """What happened: when, to whom, what."""
    spoken: dict[str, Spoken] = field(default_factory=dict)
    """By token, in the order in which it was said."""
    lines: list[Line] = field(default_factory=list)
    """The connections that there ever were."""
    refused: set[str] = field(default_factory=set)
    """The cids of what the server has refused for good, whether its sender heard of it or not."""
    unreachable: set[str] = field(default_factory=set)
    """Addresses from which nothing can be reached."""

    def tell(self, who: str, what: object) -> None:
        """This happened."""
        self.story.append((self.time.seconds(), who, what))

    def speak(self, author: str, place: str) -> str:
        """A text that nobody has said before."""
        token = f"t{len(self.spoken)}"
        text = f"{token}{self.chance.choice(PADDING)}"
        self.spoken[token] = Spoken(author, text, place)
        return text

    def dial(self, peer: Peer, address: str, answered: Callable[[Line | None], None]) -> None:
        """Connect, which takes a while; ``None``: nobody answers."""
        self.time.callLater(self.chance.choice((0.0, 0.01, 0.1)), self._answer, peer, address, answered)

    def _answer(self, peer: Peer, address: str, answered: Callable[[Line | None], None]) -> None:
        if address in self.unreachable or not self.server.accepting or self.server.run is None:
            answered(None)
            return
        line = Line(self.time, self.chance, self._weather(), peer, self.counts)
        if not self.server.run.accept(line, address):
            answered(None)
            return
        line.overhear = self._overhear
        self.counts["connections"] += 1
        self.lines = [line for line in self.lines if line.server_end] + [line]
        answered(line)

    def _weather(self) -> Weather:
        return Weather(self.chance.choice((0.0, 0.001, 0.02, 0.2)), self.chance.choice((1_000, 5_000, 100_000)))

    def _overhear(self, data: bytes) -> None:
        if b'"error"' in data:
            self.refused |= {cid.decode() for cid in _REFUSED.findall(data)}
