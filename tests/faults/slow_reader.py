"""People who read slowly, or never. Knows single peers, and how a process's memory is measured; not the chat's inside."""

import time
from contextlib import ExitStack
from itertools import count, islice
from random import Random
from statistics import median, quantiles
from threading import Thread

from tests.faults.measures import sockets
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import Peer, Where, eventually, program
from tests.faults.running import HOST, Server, free_port, serving

TITLE = (
    "one who reads a byte per second, one who reads a little, and many who read nothing, while others talk megabytes"
)
PROMISE = (
    "who moves gets everything in order; who does not is dropped after --stall, and resumes without a gap; the others are "
    "not kept waiting, and the server's memory stays as it is"
)

TEXT = 4000
"""Bytes of a message."""
WINDOW = 64
"""Messages under way."""
BUFFER = 4096
"""What the kernel of a slow reader may hold for it."""
MEGABYTES = 12
"""So much more memory may be resident: what is kept of a room for those who are behind, and what the commits need."""
HARM = 10
"""A median latency so many times that without slow readers is harm."""
MOVING = 2
"""Slow ones that are still there in the end: one that moved, and one that came back."""
ASIDE = "#aside"
"""Where two talk who are asked how long it takes."""


def run(setting: Setting) -> Outcome:
    """Measure two who talk, first without slow readers and then with them."""
    dead, megabytes, stall = (50, 56, 20) if setting.long else (12, 6, 3)
    port = free_port(setting.random)
    options = ("--flood", "0", "--stall", str(stall), "--silence", "600")
    with serving(setting.folder / "server", port, *options) as server, ExitStack() as peers:
        trial = _Trial(server, (HOST, port), peers, setting.random)
        few = megabytes * 1_000_000 // TEXT // 4
        without = trial.talk(few)
        before = server.megabytes()
        open_before = sockets(server.pid)
        trial.let_slow_ones_come(dead)
        with_them = trial.talk(3 * few)
        more = trial.most_megabytes - before
        violations = trial.check_slow_ones()
        if not eventually(lambda: sockets(server.pid) <= open_before + MOVING):
            violations.append(f"{sockets(server.pid) - open_before - MOVING} connections were not dropped.")
    ratio, worst = (measure(with_them) / measure(without) for measure in (median, _slow))
    violations += [f"{more:.0f} MB more were taken."] if more > MEGABYTES else []
    violations += [f"The others waited {ratio:.1f} times as long."] if ratio > HARM else []
    counts: dict[str, int | str] = {
        "dead readers": dead,
        "MB each had to read": 3 * few * TEXT // 1_000_000,
        "more MB resident": f"{more:.1f}",
        "latency, median": f"{ratio:.1f} times",
        "latency, 99 of 100": f"{worst:.1f} times",
    }
    return Outcome(counts, violations)


def _slow(latencies: list[float]) -> float:
    """99 of 100 are shorter."""
    return quantiles(latencies, n=100)[-1]


class _Trial:
    """One who says a lot, two who are measured, and the slow ones."""

    def __init__(self, server: Server, where: Where, peers: ExitStack, random: Random) -> None:
        self.most_megabytes = 0.0
        self._server = server
        self._where = where
        self._peers = peers
        self._random = random
        self._cids = count()
        self._last = 0
        self._speaker = self._join("speaker", "#lobby")
        self._asking, self._answering = self._join("asking", ASIDE), self._join("answering", ASIDE)
        self._trickle: Peer | None = None
        self._drip: Peer | None = None

    def _join(self, name: str, room: str, receive_buffer: int = 0) -> Peer:
        return self._peers.enter_context(program(self._where, receive_buffer, user_id=name, rooms=[room]))

    def let_slow_ones_come(self, dead: int) -> None:
        """From now on they have all that is said in the lobby to read."""
        self._first = self._last + 1
        self._trickle, self._drip = (self._join(name, "#lobby", BUFFER) for name in ("trickle", "drip"))
        for number in range(dead):
            self._join(f"dead{number}", "#lobby", BUFFER)

    def talk(self, messages: int) -> list[float]:
        """How long the two had to wait for each other's words while so many messages were said elsewhere."""
        speaking = Thread(target=self._speak, args=(messages,))
        speaking.start()
        latencies: list[float] = []
        dripped = time.monotonic()
        while speaking.is_alive():
            latencies.append(self._ask())
            self.most_megabytes = max(self.most_megabytes, self._server.megabytes())
            if self._trickle is not None:
                self._trickle.nibble(BUFFER)
            if self._drip is not None and time.monotonic() > dripped + 1:
                dripped = time.monotonic()
                self._drip.nibble(1)
        speaking.join()
        return latencies

    def _speak(self, messages: int) -> None:
        text = f"{self._random.getrandbits(4 * TEXT):0{TEXT}x}"
        acks = self._speaker.hear("ack")
        for number in range(messages + WINDOW):
            if number >= WINDOW:
                self._last = next(acks)["id"]
            if number < messages:
                self._speaker.asks("chat", text=text, cid=str(next(self._cids)))

    def _ask(self) -> float:
        began = time.monotonic()
        self._asking.asks("chat", text="?")
        self._answering.hears("chat")
        self._asking.hears("ack")
        return time.monotonic() - began

    def check_slow_ones(self) -> list[str]:
        """What the two who moved have got, one of them by coming back."""
        assert self._trickle is not None
        assert self._drip is not None
        said = list(range(self._first, self._last + 1))
        violations = (
            [] if _ids(self._trickle, len(said)) == said else ["Who reads a little did not get everything in order."]
        )
        if not eventually(lambda: "drip left from" in self._server.log):
            return [*violations, "Who reads a byte per second was not dropped."]
        back = self._peers.enter_context(program(self._where, session=self._drip.answer["session"]))
        back.asks("resume", room="#lobby", epoch=back.answer["epoch"], after=self._first - 1)
        if _ids(back, len(said)) != said:
            violations.append("Who was dropped did not get everything in order after coming back.")
        return violations


def _ids(peer: Peer, number: int) -> list[int]:
    """Of so many messages."""
    return [line["id"] for line in islice(peer.hear("chat"), number)]
