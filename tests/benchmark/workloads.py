"""The workloads: how many people there are, and how they talk.

Knows numbers. Must not know servers, nor how anything is measured.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workload:
    """People in rooms, all of the same size; beside them some who are only there."""

    key: str
    """What it is called on the command line and in tables."""
    title: str
    rooms: int = 1
    members: int = 100
    """Of each room."""
    talkers: int = 100
    """Of each room."""
    idle: int = 0
    """Who are welcome, and in no room that is talked in."""
    rate: float = 0.0
    """Messages per second altogether, come what may. 0: each talker says the next one when all have received the last."""
    connects: int = 0
    """Instead of all that: people who come, and stay."""

    @property
    def clients(self) -> int:
        """All of them."""
        return self.rooms * self.members + self.idle + self.connects


WORKLOADS = (
    Workload("a", "a room of 100, all talk"),
    Workload("a1", "a room of 100, one talks", talkers=1),
    Workload("b", "a room of 1,000, 100 talk", members=1000),
    Workload("c", "as a, beside 10,000 who are idle", idle=10_000),
    Workload("d", "a room of 100, 20 messages per second", rate=20.0),
    Workload("e", "100 rooms of 5, all talk", rooms=100, members=5, talkers=5),
    Workload("r20k", "a room of 100, 20,000 messages per second", rate=20_000.0),
    Workload("conn", "10,000 come, 64 at a time", connects=10_000, members=0, talkers=0, rooms=0),
)
