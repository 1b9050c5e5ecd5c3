"""Connections that never get a name, and always say a little more. Knows callers and quiet people; not the chat's inside."""

import time

from tests.faults.callers import Callers
from tests.faults.flooders import client_hello
from tests.faults.measures import descriptors
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import Where, eventually
from tests.faults.quiet import OutOfOrder, QuietPairs
from tests.faults.running import HOST, Server, free_port, serving

TITLE = (
    "connections without a name that send a byte now and then: half lines, half objects, half requests, half handshakes"
)
PROMISE = (
    "each has --name-time in all, whatever comes in; then it is closed, and what it took is free; others notice nothing"
)

NAME_TIME = 4
TURN = 0.25
"""Seconds between two bytes."""
LATE = 4.0
"""Seconds after that time by which the last of them must be gone: a thousand cannot be told at once."""
KILOBYTES = 150
"""So much one of them may take; TLS alone needs most of that."""
FEW = 8
"""Files that may have been opened meanwhile."""


def kinds() -> dict[str, tuple[bytes, bytes]]:
    """What each kind says first, and then again and again."""
    hello = client_hello()
    return {
        "lines": (b"a", b"a"),
        "objects": (b'{"type":"ping"}\n{', b" "),
        "requests": (b"get /", b"x"),
        "TLS records": (hello[:100], hello[100:101]),
        "TLS handshakes": (hello, b"\x14"),
    }


def run(setting: Setting) -> Outcome:
    """Every kind, one after the other."""
    number, chosen = (2000, kinds()) if setting.long else (60, {"TLS handshakes": kinds()["TLS handshakes"]})
    counts: dict[str, int | str] = {"connections of each kind": number}
    violations: list[str] = []
    options = ("--cert", "auto", "--name-time", str(NAME_TIME))
    with serving(setting.folder / "server", free_port(setting.random), *options) as server:
        where = (HOST, server.port)
        pairs = QuietPairs(where, 5)
        empty = server.megabytes()
        try:
            for kind, (first, more) in chosen.items():
                setting.say(f"{kind}: {number}")
                kilobytes = (_keep_busy(server, where, pairs, number, first, more, violations) - empty) * 1000 / number
                counts[f"KB for each of {kind}"] = f"{kilobytes:.1f}"
                if kilobytes > KILOBYTES:
                    violations.append(f"Of {kind}, each took {kilobytes:.0f} KB.")
        except OutOfOrder as wrong:
            violations.append(str(wrong))
        finally:
            pairs.close()
    return Outcome(counts, violations)


def _keep_busy(  # noqa: PLR0917 (what one kind is made of)
    server: Server, where: Where, pairs: QuietPairs, number: int, first: bytes, more: bytes, violations: list[str]
) -> float:
    """Have so many come, say a little for as long as they may, and go; the most megabytes that were resident."""
    callers = Callers(where)
    open_before = descriptors(server.pid)
    callers.call(number, first)
    came = time.monotonic()
    most = server.megabytes()
    while callers.held and time.monotonic() < came + NAME_TIME + LATE:
        pairs.talk(TURN)
        callers.send(more)
        callers.look()
        most = max(most, server.megabytes())
    if callers.held:
        violations.append(f"{len(callers.held)} were still there {LATE:g} s after their time.")
    callers.hang_up()
    if not eventually(lambda: descriptors(server.pid) <= open_before + FEW):
        violations.append("Some were still open when all had gone.")
    return most
