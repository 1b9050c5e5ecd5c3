"""A server with very few file descriptors, and more people than it has room for. Knows limits; not the chat's inside."""

import resource
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace

from tests.faults.checker import check
from tests.faults.dumps import dump
from tests.faults.measures import busy_seconds, descriptors
from tests.faults.outcome import Outcome, Setting, Unavailable
from tests.faults.peers import Peer, Where, eventually, person
from tests.faults.records import Kind
from tests.faults.running import HOST, Server, free_port, has_program, serving
from tests.faults.witnesses import Witnesses

TITLE = "64 file descriptors, and 100 strangers who come at once; then no free descriptor at all"
PROMISE = (
    "P1 to P7; who is there talks on, history and search work; newcomers read that the server is full, and can come when "
    "others have gone; nothing is busy with nothing, and the log stays short"
)

MOST = 64
STRANGERS = 100
LOG_LINES = 30
"""As many are written about other things than who came and went."""
ASIDE = "#aside"
"""Where somebody looks something up; the witnesses are in other rooms."""


def run(setting: Setting) -> Outcome:
    """Fill the server, look at those inside, and let everybody go."""
    if not has_program("prlimit"):
        raise Unavailable("prlimit is not installed (Debian: util-linux).")
    port = free_port(setting.random)
    where: Where = (HOST, port)
    few = ("prlimit", f"--nofile={MOST}")
    crowd = Witnesses(where, 6, setting.folder / "records", setting.random)
    with serving(setting.folder / "server", port, "--flood", "0", before=few) as server, crowd:
        crowd.await_here()
        crowd.talk(4)
        with person(where, "inside", f"/join {ASIDE}", "salam") as inside:
            violations = _without_any(server, inside)
            fates = Counter[str]()
            for _ in range(10 if setting.long else 2):
                fates += _with_strangers(server, crowd, inside, where, violations)
            crowd.hush()
            violations += _idle(server)
        settled = crowd.settle()
        violations += _log(server)
    log = dump(server.database)
    log = replace(log, logs={name: entries for name, entries in log.logs.items() if name != ASIDE})
    violations += check(crowd.records, [log])
    violations += [] if settled else ["Not everybody had heard everything in the end."]
    counts = {"descriptors": MOST, **fates, "messages": log.messages, "acks": crowd.count(Kind.ACKED)}
    return Outcome(counts, violations)


def _without_any(server: Server, inside: Peer) -> list[str]:
    """Leave not one descriptor. What needs one may be refused, in a sentence, and works as soon as there are some."""
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (descriptors(server.pid), MOST))
    violations = _ask(inside, "/search salam", "salam", "!")
    violations += _ask(inside, "/history", "salam", "!")
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (MOST, MOST))
    return violations + _look_up(inside)


def _with_strangers(
    server: Server, crowd: Witnesses, inside: Peer, where: Where, violations: list[str]
) -> Counter[str]:
    """How many of them were served, told that there is no room, and sent away without a word."""
    with ExitStack() as strangers:
        came = [strangers.enter_context(Peer(where)) for _ in range(STRANGERS)]
        crowd.await_acks(50)
        violations += _look_up(inside)
        fates = Counter(map(_fate, came))
        if fates["told"] == 0 or fates["served"] == 0:
            violations.append(f"Of {STRANGERS} strangers {fates['served']} were served, and {fates['told']} were told.")
        if descriptors(server.pid) > MOST - 8:
            violations.append(
                f"{descriptors(server.pid)} of {MOST} descriptors are in use; too few are left for files."
            )
        crowd.cut(crowd.people[:2])
    if not eventually(lambda: _is_let_in(where)):
        violations.append("Nobody is let in though all strangers have gone.")
    return fates


def _fate(stranger: Peer) -> str:
    """What became of them."""
    try:
        line = next(stranger.lines(), "")
    except OSError:
        line = ""
    return "served" if "What is your name?" in line else "told" if "is full" in line else "sent away"


def _is_let_in(where: Where) -> bool:
    with Peer(where) as peer:
        return _fate(peer) == "served"


def _look_up(inside: Peer) -> list[str]:
    return _ask(inside, "/history", "salam") + _ask(inside, "/search salam", "salam")


def _ask(inside: Peer, command: str, *answers: str) -> list[str]:
    """One of these has to come."""
    inside.types(command, "/topic")
    seen = []
    for line in inside.lines():
        if "no topic" in line:
            break
        seen.append(line)
    return [] if any(answer in line for line in seen for answer in answers) else [f"{command} was answered by {seen}."]


def _idle(server: Server) -> list[str]:
    """Nobody says anything, and nobody else comes: there is nothing to do."""
    time.sleep(0.3)  # for what was said last
    before, seconds = busy_seconds(server.pid), 1.0
    time.sleep(seconds)
    busy = busy_seconds(server.pid) - before
    return [f"The server was busy for {busy:.1f} of {seconds:.0f} idle seconds."] if busy > seconds / 2 else []


def _log(server: Server) -> list[str]:
    """What the operator has to read besides who came and went."""
    lines = [line for line in server.log.splitlines() if " joined from " not in line and " left from " not in line]
    trouble = [line for line in lines if "Traceback" in line or "EMFILE" in line]
    violations = [f"The log has {len(lines)} lines."] if len(lines) > LOG_LINES else []
    return [*violations, f"It says {len(trouble)} times something like: {trouble[0]}"] if trouble else violations
