"""Floods: peers that send all they can, of everything there is to send. Knows how they are started; not the chat's inside."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from tests.faults.flooders import FLOODS
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import person
from tests.faults.quiet import OutOfOrder, QuietPairs, Waits
from tests.faults.running import HOST, Server, free_port, serving
from tests.processes import IN_TREE, ROOT

TITLE = "one peer, then many, send all they can: " + ", ".join(flood.meaning for flood in FLOODS.values())
PROMISE = (
    "what others say to each other arrives, whole and in order, and hardly later; the server's memory stays as it is"
)

MEGABYTES = 100
"""So much more memory may be resident: two passwords at once take 38."""
SHORT = ("lines", "telnet", "handshakes", "claims")
PAIRS = 20
BEGINNING = 0.5
"""Seconds until they flood in earnest."""


def run(setting: Setting) -> Outcome:
    """Measure quiet people first alone, then beside each flood."""
    kinds, seconds, crowds = (tuple(FLOODS), 5.0, (1, 20)) if setting.long else (SHORT, 0.6, (8,))
    with serving(setting.folder / "server", free_port(setting.random), "--cert", "auto") as server:
        where = (HOST, server.port)
        _owner(where)
        pairs = QuietPairs(where, PAIRS)
        try:
            return _measure(setting, server, pairs, kinds, seconds, crowds)
        except OutOfOrder as wrong:
            return Outcome({"kinds of flood": len(kinds)}, [str(wrong)])
        finally:
            pairs.close()


def _measure(  # noqa: PLR0917 (what one trial is made of)
    setting: Setting,
    server: Server,
    pairs: QuietPairs,
    kinds: tuple[str, ...],
    seconds: float,
    crowds: tuple[int, ...],
) -> Outcome:
    alone = pairs.talk(seconds * 2)
    before = most = server.megabytes()
    words = len(alone.all)
    waits: dict[tuple[str, int], Waits] = {}
    for kind in kinds:
        for count in crowds:
            with flooding(server, kind, count):
                waits[kind, count] = beside = pairs.talk(seconds)
            most = max(most, server.megabytes())
            words += len(beside.all)
            setting.say(
                f"{kind}, {count}: {beside.median * 1000:.1f} ms, 99 of 100 within {beside.slow * 1000:.1f} ms "
                f"(alone {alone.median * 1000:.1f} and {alone.slow * 1000:.1f}); {server.megabytes():.0f} MB"
            )
    counts: dict[str, int | str] = {"kinds of flood": len(kinds), "words of the others": words}
    for count in crowds:
        peers = f"beside {count}"
        counts[f"their median wait {peers}"] = _times(waits, count, alone, "median")
        counts[f"99 of 100 {peers}"] = _times(waits, count, alone, "slow")
    counts["more MB resident"] = f"{most - before:.0f}"
    violations = [f"{most - before:.0f} MB more were taken."] if most - before > MEGABYTES else []
    return Outcome(counts, violations)


def _times(waits: dict[tuple[str, int], Waits], count: int, alone: Waits, which: str) -> str:
    """How many times as long as alone: usually, and at worst."""
    ratios = {
        kind: getattr(one, which) / getattr(alone, which) for (kind, number), one in waits.items() if number == count
    }
    worst = max(ratios, key=lambda kind: ratios[kind])
    return f"{median(ratios.values()):.1f} times as long (at worst {ratios[worst]:.1f}, {FLOODS[worst].meaning})"


@contextmanager
def flooding(server: Server, kind: str, count: int) -> Iterator[None]:
    """So many peers of this kind."""
    flooders = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.flooders", kind, HOST, str(server.port), str(count)], cwd=ROOT, env=IN_TREE
    )
    time.sleep(BEGINNING)
    try:
        yield
        assert flooders.poll() is None, f"those who flood with {kind} have ended"
    finally:
        flooders.kill()
        flooders.wait()


def _owner(where: tuple[str, int]) -> None:
    """Somebody whose password can be guessed at, and words to search for."""
    with person(where, "owner", "/register four-words-are-better", "salam") as owner:
        owner.sees("is your account now")
