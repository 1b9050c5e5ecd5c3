"""The time of day jumps. Knows how a process is told another one, and single peers; not the chat's inside."""

import sqlite3
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import accumulate, islice, pairwise
from pathlib import Path

from tests.faults.altered import WallClock
from tests.faults.checker import check
from tests.faults.dumps import dump
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import Peer, Where, eventually, person, program
from tests.faults.records import Kind
from tests.faults.running import HOST, Server, end, free_port
from tests.faults.witnesses import Witnesses

TITLE = "the time of day jumps an hour ahead and two back while the server runs, and another one back over a restart"
PROMISE = (
    "P1 to P7; no timer fires early or late: that of a name, of a ping, of silence, of a flood; in no room does time go "
    "back, so that /history 5m shows what was said"
)

HOUR = 3600.0
SECONDS = 2
"""Until a connection without a name is closed, and one without a sign of life."""
BURST, RATE = 5, 5
"""Lines taken at once, and then in each second."""
OPTIONS = ("--name-time", str(SECONDS), "--ping", "1", "--silence", str(SECONDS), "--flood", f"{BURST}:{RATE}")
FLOOD = 12
"""Lines at once."""
SOON = 0.3
ASIDE = "#aside"
"""Where single peers speak; the witnesses are in other rooms."""


def run(setting: Setting) -> Outcome:
    """Let it jump, with everything under way that waits for a time."""
    clock = WallClock(setting.folder / "clock")
    jumps = [setting.random.choice((-2, -1, 1, 2)) * HOUR for _ in range(20)] if setting.long else [HOUR, -2 * HOUR]
    port = free_port(setting.random)
    where: Where = (HOST, port)
    server = Server(setting.folder / "server", port, *OPTIONS, before=clock.before).await_listening()
    violations: list[str] = []
    try:
        with Witnesses(where, 4, setting.folder / "records", setting.random) as crowd:
            crowd.await_here()
            crowd.talk(4)
            crowd.await_acks(4)  # something has to be from before the first jump
            for number, jump in enumerate(jumps, 1):
                violations += (f"{violation} (jump {number})" for violation in _jump(clock, jump, where, number))
            _say(where, "before")
            server.kill()
            clock.turn(-HOUR)
            server = Server(server.folder, port, *OPTIONS, before=clock.before).await_listening()
            crowd.await_acks(20)
            _say(where, "meanwhile")
            clock.turn(max(accumulate(jumps, initial=0)) - sum(jumps) + HOUR)  # to where it was furthest ahead
            violations += _look_back(where, ["before", "meanwhile", "after"])
            settled = crowd.settle()
    finally:
        end(server)
    log = dump(server.database)
    witnessed = replace(log, logs={name: entries for name, entries in log.logs.items() if name != ASIDE})
    violations += check(crowd.records, [witnessed])
    violations += _times(server.database)
    violations += [] if settled else ["Not everybody had heard everything in the end."]
    counts = {"jumps": len(jumps) + 2, "messages": log.messages, "resumed": crowd.count(Kind.RESUMED)}
    return Outcome(counts, violations)


def _jump(clock: WallClock, seconds: float, where: Where, number: int) -> list[str]:
    """One jump, while one connection waits for a name, one for a word, and one for its lines to be taken."""
    with ExitStack() as peers:
        flooder = peers.enter_context(program(where, user_id=f"flooder{number}", rooms=[ASIDE]))
        silent = peers.enter_context(program(where, user_id=f"silent{number}", rooms=[]))
        nameless = peers.enter_context(Peer(where))
        began = time.monotonic()
        for line in range(FLOOD):
            flooder.asks("chat", text=f"line {line}", cid=str(line))
        clock.turn(seconds)
        time.sleep(SOON)
        taken = sum('"ack"' in line for line in flooder.glance())
        seen = silent.glance()
        early = nameless.over()
        passed = time.monotonic() - began
        violations = [f"{taken} lines were taken in {passed:.1f} s."] if taken > BURST + RATE * passed + 1 else []
        if passed < SECONDS / 2:  # else this machine was too slow to tell
            violations += ["A connection without a name was closed early."] if early else []
            violations += [f"A silent program heard {seen} early."] if seen else []
        violations += _wait(nameless, silent, flooder, FLOOD - taken)
    return violations


def _wait(nameless: Peer, silent: Peer, flooder: Peer, lines: int) -> list[str]:
    """Everything that waits for a time has its end."""
    violations = []
    try:
        silent.hears("ping")
        for _ in islice(flooder.hear("ack"), lines):
            pass
        if not (eventually(silent.over) and eventually(nameless.over)):
            violations.append("Somebody was not dropped.")
    except (OSError, EOFError) as error:
        violations.append(f"Something never came: {error}")
    return violations


def _say(where: Where, line: str) -> None:
    """Somebody comes in, says it, and goes when it is stored."""
    with person(where, "aside", f"/join {ASIDE}", line, "/exit") as peer:
        for _ in peer.lines():
            pass


def _look_back(where: Where, said: list[str]) -> list[str]:
    """Say the last one of these; the last minutes have them all, whatever happened to the clock in between."""
    with person(where, "aside", f"/join {ASIDE}", said[-1], "/history 5m", "/exit") as peer:
        lines = list(peer.lines())
    begin = next((number for number, line in enumerate(lines) if line.startswith("* In ")), len(lines))
    shown = [line for line in lines[begin:] if line.endswith(tuple(f" aside: {text}" for text in said))]
    return [] if len(shown) == len(said) else [f"/history 5m showed {lines[begin:]}."]


def _times(database: Path) -> list[str]:
    """In no log does time go back, and they did jump."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT log.log, id, at FROM entry JOIN log ON log.key = entry.log ORDER BY 1, 2"
        ).fetchall()
    violations = [
        f"Message {after[1]} of {after[0]} is {before[2] - after[2]:.0f} s older than the one before it."
        for before, after in pairwise(rows)
        if before[0] == after[0] and after[2] < before[2]
    ]
    at = [row[2] for row in rows]
    return violations[:3] if max(at) - min(at) > HOUR / 2 else [*violations[:3], "The clock did not jump."]
