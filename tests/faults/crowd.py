"""A crowd of connections from one address. Knows machines, callers and one person who is not of them; not the chat's inside."""

from collections.abc import Sequence
from contextlib import closing
from resource import RLIMIT_NOFILE, getrlimit, setrlimit

from tests.faults.callers import CLOSED, GREETED, TURNED_AWAY, Callers
from tests.faults.measures import busy_seconds, descriptors
from tests.faults.namespaces import Machine, machines, plug
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import eventually, person
from tests.faults.running import HOST, Server, end, free_port, serving

TITLE = "10,000 connections from one address of another machine; then as many from the server's own, where there is no limit"
PROMISE = (
    "64 of the former are served, the others cost little and are told why, or closed; somebody from another address comes in "
    "meanwhile. The latter are all served; when they have gone, so has what they took"
)

SERVER, CROWD = "10.50.60.1", "10.50.60.2"
ALLOWED = 64
MEGABYTES = 32
"""So much more memory may be resident for those who are refused."""
KILOBYTES = 40
"""So much one who is connected and silent may take."""
FEW = 8
"""Files that may have been opened meanwhile."""
SPARE = 200
"""Files that are open beside the connections."""


def run(setting: Setting) -> Outcome:
    """Both, one after the other."""
    number = 10_000 if setting.long else 600
    counts: dict[str, int | str] = {}
    violations: list[str] = []
    with machines(2) as (at_server, at_crowd):
        plug(at_server, "eth0", at_crowd, "eth0")
        for machine, address in ((at_server, SERVER), (at_crowd, CROWD)):
            machine.configure("address", "add", f"{address}/24", "dev", "eth0")
        port = free_port(setting.random)
        listen = ("--listen", f"tcp:{port}:backlog=1024:interface={SERVER}")
        server = at_server.do(Server, setting.folder / "far", port, *listen)
        try:
            violations += _from_afar(server.await_listening(), at_server, at_crowd, number, counts)
        finally:
            end(server)
    violations += _from_here(setting, number, counts)
    return Outcome(counts, violations)


def _from_afar(
    server: Server, at_server: Machine, at_crowd: Machine, number: int, counts: dict[str, int | str]
) -> Sequence[str]:
    """Connections of another machine, and two from another address: the server's own, which is not loopback."""
    where = (SERVER, server.port)
    callers = at_crowd.do(Callers, where)
    before, busy = server.megabytes(), busy_seconds(server.pid)
    with closing(at_server.do(person, where, "early")) as early:
        at_crowd.do(callers.call, number)
        more, busy = server.megabytes() - before, busy_seconds(server.pid) - busy
        with closing(at_server.do(person, where, "late")) as late:
            late.types("I am in")
            early.sees("late: I am in")
    callers.hang_up()
    refused = callers.heard[TURNED_AWAY] + callers.heard[CLOSED]
    counts |= {
        "from one address": number,
        "served": callers.heard[GREETED],
        TURNED_AWAY: callers.heard[TURNED_AWAY],
        CLOSED: callers.heard[CLOSED],
        "of the processor's time for each": f"{busy / number * 1e6:.0f} µs",
        "more MB resident": f"{more:.1f}",
    }
    wrong = [] if more <= MEGABYTES else [f"{more:.0f} MB more were taken for connections that are refused."]
    if callers.heard[GREETED] != ALLOWED or refused != number - ALLOWED:
        wrong.append(f"Of {number} connections {callers.heard[GREETED]} were served; {ALLOWED} may be.")
    return wrong


def _from_here(setting: Setting, number: int, counts: dict[str, int | str]) -> Sequence[str]:
    """Connections of the server's own machine, as many as both processes may have files."""
    number = min(number, _allow(number + SPARE) - SPARE)
    with serving(setting.folder / "near", free_port(setting.random)) as server:
        where = (HOST, server.port)
        with person(where, "early") as early:
            before, open_before = server.megabytes(), descriptors(server.pid)
            callers = Callers(where)
            callers.call(number)
            each = (server.megabytes() - before) * 1000 / number
            with person(where, "late", "I am in"):
                early.sees("late: I am in")
            callers.hang_up()
            gone = eventually(lambda: descriptors(server.pid) <= open_before + FEW)
            left = server.megabytes() - before
    counts |= {
        "from the machine itself": number,
        "served there": callers.heard[GREETED],
        "KB for each": f"{each:.1f}",
        "MB still resident when they have gone": f"{left:.1f}",
    }
    wrong = [] if gone else ["Connections were still open after all had gone."]
    wrong += [] if each <= KILOBYTES else [f"A silent connection takes {each:.0f} KB."]
    if callers.heard[GREETED] != number:
        wrong.append(f"Of {number} connections of this machine {callers.heard[GREETED]} were served.")
    return wrong


def _allow(files: int) -> int:
    """Have this process, and those it starts, open so many files, or as many as it may."""
    soft, hard = getrlimit(RLIMIT_NOFILE)
    allowed = max(soft, min(files, hard))
    setrlimit(RLIMIT_NOFILE, (allowed, hard))
    return allowed
