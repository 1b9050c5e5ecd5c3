"""Measuring: which server does which workload, one after the other.

Knows servers, the load program and the disk. Must not know options, tables or documents. Everything that measures goes through
:func:`measure`, with any :class:`~tests.benchmark.workloads.Workload`, also one that is in no table.
"""

import os
import resource
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.benchmark.disk import wait_for_disk
from tests.benchmark.figures import Figures, Runs
from tests.benchmark.load import Fault, Plan, Program, run
from tests.benchmark.servers import Contender, running
from tests.benchmark.workloads import Workload

START_SECONDS = 2.0
COMING = 1000
"""People who come in a second: less than most servers can, more than some."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is the same for all servers and workloads."""

    program: Program
    seconds: float = 4.0
    """How long is measured."""
    warm: float = 0.5
    """How long people talk before."""
    patience: float = 10.0
    """Seconds after which a message is lost."""
    folder: Path | None = None
    """Where servers may write; by default where temporary files go."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One workload with one server."""

    repetition: int
    workload: Workload
    contender: Contender


def turns(workloads: Sequence[Workload], contenders: Sequence[Contender], repeat: int, has_tls: bool) -> list[Turn]:
    """Servers in turn inside each workload and repetition, so that a slow moment of the machine hits them alike."""
    return [
        Turn(repetition, workload, contender)
        for repetition in range(1, repeat + 1)
        for workload in workloads
        for contender in contenders
        if contender.can(workload) and (has_tls or not workload.tls)
    ]


def expected_seconds(turn: Turn, settings: Settings) -> float:
    """About how long a turn takes."""
    talk = 0.0 if turn.workload.connects else settings.warm + settings.seconds
    return START_SECONDS + talk + turn.workload.clients / COMING


def measure_all(all_turns: Sequence[Turn], settings: Settings, tell: Callable[[Turn, Figures], None]) -> Runs:
    """All of them; ``tell`` hears of each."""
    runs: Runs = {}
    for turn in all_turns:
        figures = measure(turn.workload, turn.contender, settings)
        tell(turn, figures)
        runs.setdefault((turn.workload.key, turn.contender.key), []).append(figures)
    return runs


def measure(workload: Workload, contender: Contender, settings: Settings) -> Figures:
    """One server, started anew, and one process of load, on different CPUs if there are two.

    Raises:
        Fault: a message got lost, doubled, into different orders, or back to its sender; or the server gave up.
        NoServer: it did not start.
    """
    allow_connections()
    server_core, load_core = two_cores()
    with running(contender, server_core, settings.folder, tls=workload.tls) as server:
        plan = Plan(
            port=server.port,
            pid=server.pid,
            dialect=contender.dialect,
            core=load_core,
            server_core=server_core,
            seconds=settings.seconds,
            warm=settings.warm,
            patience=settings.patience,
            at_once=1
            if workload.tls
            else contender.at_once,  # who waits for another one's handshake is taken for a person
        )
        try:
            figures = run(settings.program, workload, plan)
        except Fault as fault:
            raise Fault(f"The server '{contender.title}' failed the check in {workload.key}. {fault}") from fault
    if contender.waits_for_disk and not workload.connects:
        period = figures.seconds / max(1.0, figures.messages)
        return replace(figures, disk=wait_for_disk(settings.folder, period, server_core))
    return figures


def two_cores() -> tuple[int, int] | tuple[None, None]:
    """One CPU for the server and one for the load, if this process may use two."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)


def allow_connections() -> None:
    """As many open sockets as the system lets this process, and those it starts, have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
