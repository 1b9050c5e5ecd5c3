"""Floods: peers that send all they can, of everything there is to send. Knows how they are started; not the chat's inside."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from tests.faults.flooders import FLOODS
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import person
from tests.faults.quiet import OutOfOrder, QuietPairs, Waits
from tests.faults.running import HOST, PATIENCE, Server, free_port, serving
from tests.processes import IN_TREE, ROOT

TITLE = "one peer, then many, send all they can: " + ", ".join(flood.meaning for flood in FLOODS.values())
PROMISE = (
    "what others say to each other arrives, whole and in order, and hardly later; the server's memory stays as it is"
)

MEGABYTES = 100
"""So much more memory may be resident: two passwords at once take 38."""
HARM, NOTICED = 40, 0.1
"""A median wait so many times that of those who are alone, and of so many seconds, is harm.

Measured on two processors: at most 4 times with 8 peers, 26 times (0.06 s) with 20 who come and go; with 20, and a server that
takes all lines at once that somebody sends, 65 times and more (0.1 to 0.7 s). It has to be measured twice: what else goes on at a
machine is not likely to begin with a flood, and end with it, both times.
"""
SHORT = ("lines", "telnet", "handshakes", "claims")
PAIRS = 20
MANY = 20
"""Peers that flood together."""
BEGINNING = 0.5
"""Seconds until they flood in earnest."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How long words took alone, and beside so many peers of one kind."""

    kind: str
    peers: int
    alone: Waits
    beside: Waits

    def times(self, which: str) -> float:
        """How many times as long it took beside them, by the ``median`` or by the ``slow`` ones."""
        ratio: float = getattr(self.beside, which) / getattr(self.alone, which)
        return ratio

    @property
    def harm(self) -> bool:
        """Whether the others would notice."""
        return self.times("median") > HARM and self.beside.median > NOTICED

    def __str__(self) -> str:
        beside, alone = self.beside, self.alone
        return (
            f"beside {self.peers} ({FLOODS[self.kind].meaning}) the others waited {beside.median * 1000:.1f} ms, 99 of 100 "
            f"within {beside.slow * 1000:.1f} ms (alone {alone.median * 1000:.1f} and {alone.slow * 1000:.1f})"
        )


def run(setting: Setting) -> Outcome:
    """Measure quiet people first alone, then beside each flood."""
    kinds, seconds, crowds = (tuple(FLOODS), 5.0, (1, MANY)) if setting.long else (SHORT, 0.6, (MANY,))
    with serving(setting.folder / "server", free_port(setting.random), "--cert", "auto") as server:
        where = (HOST, server.port)
        _owner(where)
        pairs = QuietPairs(where, PAIRS)
        try:
            return _Trial(setting, server, pairs, seconds).measure_all(kinds, crowds)
        except OutOfOrder as wrong:
            return Outcome({"kinds of flood": len(kinds)}, [str(wrong)])
        finally:
            pairs.close()


class _Trial:
    """One server, and quiet people on it."""

    def __init__(self, setting: Setting, server: Server, pairs: QuietPairs, seconds: float) -> None:
        self._say = setting.say
        self._server = server
        self._pairs = pairs
        self._seconds = seconds
        self._most = 0.0
        self._violations: list[str] = []

    def measure_all(self, kinds: Sequence[str], crowds: Sequence[int]) -> Outcome:
        """Each kind, with so many peers and with so many."""
        alone = self._pairs.talk(self._seconds * 2)
        before = self._server.megabytes()
        measured = [self._measure(kind, peers, alone) for kind in kinds for peers in crowds]
        more = self._most - before
        if more > MEGABYTES:
            self._violations.append(f"{more:.0f} MB more were taken.")
        words = len(alone.all) + sum(len(one.beside.all) for one in measured)
        counts: dict[str, int | str] = {"kinds of flood": len(kinds), "words of the others": words}
        for peers in crowds:
            those = [one for one in measured if one.peers == peers]
            counts[f"their median wait beside {peers}"] = _times(those, "median")
            counts[f"99 of 100 beside {peers}"] = _times(those, "slow")
        return Outcome({**counts, "more MB resident": f"{more:.0f}"}, self._violations)

    def _measure(self, kind: str, peers: int, alone: Waits) -> Measured:
        """One kind; if it is harm, once more, against what it is like alone at the moment."""
        first = self._beside(kind, peers, alone)
        if first.harm:
            self._pairs.talk(self._seconds)  # until what they have left behind is done with
            again = self._beside(kind, peers, self._pairs.talk(self._seconds))
            times = f"{again.times('median'):.0f} times as long (at first {first.times('median'):.0f})"
            self._violations += [f"Twice, {again}: {times}."] if again.harm else []
        return first

    def _beside(self, kind: str, peers: int, alone: Waits) -> Measured:
        with flooding(self._server, kind, peers):
            measured = Measured(kind, peers, alone, self._pairs.talk(self._seconds))
        self._most = max(self._most, megabytes := self._server.megabytes())
        self._say(f"{measured}; {megabytes:.0f} MB")
        return measured


def _times(measured: Sequence[Measured], which: str) -> str:
    """How many times as long as alone: usually, and at worst."""
    worst = max(measured, key=lambda one: one.times(which))
    usual = median(one.times(which) for one in measured)
    return f"{usual:.1f} times as long (at worst {worst.times(which):.1f}, {FLOODS[worst.kind].meaning})"


@contextmanager
def flooding(server: Server, kind: str, count: int) -> Iterator[Counter[str]]:
    """So many peers of this kind; how often they were told what they count is known when they have ended."""
    told = Counter[str]()
    command = [sys.executable, "-m", "tests.faults.flooders", kind, HOST, str(server.port), str(count)]
    with subprocess.Popen(command, cwd=ROOT, env=IN_TREE, stdout=subprocess.PIPE) as flooders:
        try:
            assert flooders.stdout is not None
            assert flooders.stdout.readline() == b"begun\n", f"those who flood with {kind} have not begun"
            time.sleep(BEGINNING)
            yield told
            assert flooders.poll() is None, f"those who flood with {kind} have ended"
            flooders.terminate()
            told.update(json.loads(flooders.communicate(timeout=PATIENCE)[0]))
        finally:
            flooders.kill()


def _owner(where: tuple[str, int]) -> None:
    """Somebody whose password can be guessed at, and words to search for."""
    with person(where, "owner", "/register four-words-are-better", "salam") as owner:
        owner.sees("is your account now")
