"""What is measured: figures of one run, and what follows from them. Knows no server and no process."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import median

FULL = 0.9
"""From this share of the time on that the load is at work, it is the limit."""
NOISY = 0.1
"""From this share of the two CPUs on that something else has, there is little to be said."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out of one run. Seconds and bytes; delays in milliseconds, from saying to having received."""

    seconds: float
    """How long was measured."""
    deliveries: float
    """Messages received in that time, counted once per receiver."""
    messages: float
    """Messages said in that time."""
    server_cpu: float
    """CPU seconds of the server in that time, all its threads."""
    load_busy: float
    """How much of that time the load was at work. Near 1 it is the limit, and the rate says too little about the server."""
    others_busy: float
    """How much of the CPUs of server and load went to neither of them."""
    resident: float
    """The server's resident memory at the end."""
    peak: float
    """The same at its highest."""
    checked: float = 0
    """Messages received in the whole run; every one has been checked."""
    p50: float = 0.0
    p99: float = 0.0
    p999: float = 0.0
    slowest: float = 0.0
    connects: float = 0
    """People who came."""
    before: float = 0
    """The server's resident memory before they did."""
    disk: float = 0.0
    """What the disk alone takes for a write, where the server waits for that; milliseconds, if each message is one."""

    @property
    def done(self) -> float:
        """Deliveries; people, where it is about coming."""
        return self.connects or self.deliveries

    @property
    def rate(self) -> float:
        """Of these, per second."""
        return self.done / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of the server's CPU for one of these; or its CPU seconds for a million."""
        return self.server_cpu / self.done * 1e6 if self.done else 0.0

    @property
    def per_cpu_second(self) -> float:
        """How many of these the server would do in a second if it had nothing to wait for."""
        return self.done / self.server_cpu if self.server_cpu else 0.0

    @property
    def server_busy(self) -> float:
        """CPU seconds of the server per second."""
        return self.server_cpu / self.seconds

    @property
    def bytes_per_idle(self) -> float:
        """The server's own memory for one who came and does nothing."""
        return (self.resident - self.before) / self.connects if self.connects else 0.0

    @property
    def load_is_full(self) -> bool:
        """Whether the server might do more than was asked of it."""
        return self.load_busy > FULL

    @property
    def is_disturbed(self) -> bool:
        """Whether something else had too much of the machine."""
        return self.others_busy > NOISY


Runs = dict[tuple[str, str], list[Figures]]
"""By the keys of workload and server, one for each repetition."""


def middle(runs: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(**{one.name: median(getattr(run, one.name) for run in runs) for one in fields(Figures)})
