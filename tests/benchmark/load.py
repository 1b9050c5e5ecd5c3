"""The load: a process of its own that is all the clients of a room, and measures what they notice.

Knows the workloads and what is measured of them. Must not know which server it talks to, nor how it is talked to: that
is ``room``. Run as ``python -m tests.benchmark.load PLAN``, a :class:`Plan` as JSON; the answer on standard output
is ``{"figures": {...}}``, a :class:`Figures`, or ``{"fault": "sentence"}``.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import ceil, inf

from tests.benchmark.check import Fault
from tests.benchmark.room import Room
from tests.benchmark.servers import cpu_seconds, peak_megabytes

WARM_SECONDS = 0.5
SAMPLED_ROUNDS = 5
"""While all talk, each client times about one message in as many rounds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done."""

    port: int
    pid: int
    """The server's process, whose CPU time and memory are read."""
    clients: int
    seconds: float
    """How long all talk at once, unless ``rounds`` is given."""
    rounds: int | None
    """How many messages each client says then; without warming up before."""
    calm_rounds: int
    """How many messages each client says while one speaks at a time."""
    rate: float
    """Messages per second in total, while one speaks at a time."""
    core: int | None
    """The CPU to use."""
    patience: float
    """Seconds without any news after which what is missing counts as lost."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out. Delays in milliseconds, from before a message is sent until it has been read by another client."""

    deliveries: int
    """Messages received, counted once per receiver, all workloads together. Every one has been checked."""
    rate: float
    """Deliveries per second while all talk."""
    cpu_per_million: float
    """The server's CPU seconds per million deliveries, while all talk."""
    server_busy: float
    """CPU seconds per second, of the server, while all talk."""
    load_busy: float
    """The same of this process. Near 1 it is the limit, and ``rate`` says too little about the server."""
    busy_p50: float
    busy_p99: float
    calm_p50: float
    """While one speaks at a time. 0 if that was not asked for."""
    calm_p99: float
    peak_megabytes: float
    """The server's resident memory at its highest."""


def percentile(values: list[int], share: float) -> float:
    """The nearest-rank percentile of nanoseconds, in milliseconds; 0 of none."""
    if not values:
        return 0.0
    return sorted(values)[max(ceil(share * len(values)) - 1, 0)] / 1e6


def measure(plan: Plan) -> Figures:
    """Fill the room, let all talk, then one at a time.

    Raises:
        Fault: a message got lost, doubled, into different orders, or back to its sender; or the server gave up.
    """
    room = Room(plan.clients, plan.patience)
    try:
        return _figures(room, plan)
    finally:
        room.close()


def _figures(room: Room, plan: Plan) -> Figures:
    room.enter(plan.port)
    room.gather()
    if plan.rounds is None:
        room.talk(seconds=WARM_SECONDS)
    room.sample(SAMPLED_ROUNDS * (plan.clients - 1) + 1)
    talk = _Stretch(plan, room, lambda: room.talk(plan.seconds, inf if plan.rounds is None else plan.rounds))
    busy = room.delays
    room.sample(1)
    room.take_turns(plan.calm_rounds, plan.rate)
    calm = room.delays
    room.settle()
    return Figures(
        deliveries=room.checked * plan.clients * (plan.clients - 1),
        rate=talk.deliveries / talk.wall,
        cpu_per_million=talk.server_cpu / talk.deliveries * 1e6,
        server_busy=talk.server_cpu / talk.wall,
        load_busy=talk.own_cpu / talk.wall,
        busy_p50=percentile(busy, 0.50),
        busy_p99=percentile(busy, 0.99),
        calm_p50=percentile(calm, 0.50),
        calm_p99=percentile(calm, 0.99),
        peak_megabytes=peak_megabytes(plan.pid),
    )


class _Stretch:
    """What a piece of work took: seconds of wall clock, of the server's CPU, of this process's CPU."""

    def __init__(self, plan: Plan, room: Room, work: Callable[[], None]) -> None:
        rounds, wall, server, own = room.checked, time.monotonic(), cpu_seconds(plan.pid), time.process_time()
        work()
        self.wall = time.monotonic() - wall
        self.server_cpu = cpu_seconds(plan.pid) - server
        self.own_cpu = time.process_time() - own
        self.deliveries = (room.checked - rounds) * plan.clients * (plan.clients - 1)


def main(plan: Plan) -> dict[str, object]:
    """Do it on the CPU that was given, and say what came out as it goes over standard output."""
    if plan.core is not None:
        os.sched_setaffinity(0, {plan.core})
    gc.disable()  # nothing here makes cycles, and a collection would be taken for the server's delay
    try:
        return {"figures": asdict(measure(plan))}
    except Fault as fault:
        return {"fault": str(fault)}


if __name__ == "__main__":
    json.dump(main(Plan(**json.loads(sys.argv[1]))), sys.stdout)
