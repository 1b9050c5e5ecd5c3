"""The workloads: how many people there are, and how they talk.

Knows numbers. Must not know servers, nor how anything is measured.
"""

from dataclasses import dataclass, replace

FEWEST_MEMBERS = 3
"""With fewer, nobody in a room hears two others, and there is no order to agree on."""
JSON = "json"


@dataclass(frozen=True, slots=True)
class Workload:
    """People in rooms, all of the same size; beside them some who are only there."""

    key: str
    """What it is called on the command line and in tables."""
    title: str
    rooms: int = 1
    each: int = 1
    """Rooms that each person is in: ``rooms`` is a multiple of it."""
    members: int = 100
    """Of each room."""
    talkers: int = 100
    """Of each room."""
    burst: int = 1
    """Messages that each says at once."""
    idle: int = 0
    """Who are welcome, and in no room that is talked in."""
    rate: float = 0.0
    """Messages per second altogether, come what may. 0: each talker says the next ones when all have received the last."""
    connects: int = 0
    """Instead of all that: people who come, and stay."""
    dialect: str = ""
    """How the server is to be spoken to, if not as it is otherwise."""
    tls: bool = False

    @property
    def clients(self) -> int:
        """All of them."""
        return self.connects or self.rooms * self.members // self.each + self.idle

    @property
    def needs_rooms(self) -> bool:
        """Whether people must not all hear each other."""
        return self.rooms > 1 or self.idle > 0 or self.connects > 0

    def at_most(self, most: int) -> "Workload":
        """The same with no number of people, and of rooms, above ``most``: for a quick look."""
        each = min(self.each, most)
        return replace(
            self,
            rooms=min(self.rooms, most) // each * each,
            each=each,
            members=min(self.members, most),
            talkers=min(self.talkers, most),
            idle=min(self.idle, most),
            connects=min(self.connects, most),
        )


WORKLOADS = (
    Workload("a", "a room of 100, all talk"),
    Workload("a1", "a room of 100, one talks", talkers=1),
    Workload("b", "a room of 1,000, 100 talk", members=1000),
    Workload("c", "as a, beside 10,000 who are idle", idle=10_000),
    Workload("d", "a room of 100, 20 messages per second", rate=20.0),
    Workload("e", "100 rooms of 5, all talk", rooms=100, members=5, talkers=5),
    Workload("p", "a room of 10, each says 50 lines at once", members=10, talkers=10, burst=50),
    Workload("r20k", "a room of 100, 20,000 messages per second", rate=20_000.0),
    Workload("conn", "10,000 come, and stay", connects=10_000),
    Workload("a-json", "as a, by JSON lines", dialect=JSON),
    Workload("a-tls", "as a, through TLS", tls=True),
    Workload("d-tls", "as d, through TLS", rate=20.0, tls=True),
)
