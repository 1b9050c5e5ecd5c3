"""Those who come without one of our clients, and cannot send anything twice: what they are shown is held against the ledger.

Must not know the server, what happens when, or what it is written in: that is :mod:`tests.simulated.terminals`.
"""

from dataclasses import dataclass, field

from chatd.events import Kind
from tests.simulated.ledger import Ledger, Place
from tests.simulated.lines import Line
from tests.simulated.surroundings import Surroundings
from tests.simulated.violation import require


@dataclass(slots=True)
class Stay:
    """What one connection was shown of one log while it was there."""

    log: str
    last: int | None = None
    holes: bool = False
    """It was told that some were not kept."""


@dataclass(slots=True)
class Visit:
    """One connection."""

    epoch: str
    stays: dict[str, Stay] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    unsaid: int = 0
    """So many refusals did not say what was refused."""
    named: bool = False
    ended: bool = False
    buffer: bytes = b""


class Outsider:
    """One of them, over all connections."""

    watchful = False

    sees_own_letters = True
    is_greeted = True
    """Is shown what was said in a room before."""

    def __init__(self, around: Surroundings, name: str, address: str) -> None:
        self.name = name
        self.address = address
        self.line: Line | None = None
        self.visits: list[Visit] = []
        self.gone = False
        self.slow = False
        self._around = around
        self._names = 0
        self._dial()

    @property
    def visit(self) -> Visit:
        """The present connection, or the last one."""
        return self.visits[-1]

    @property
    def online(self) -> bool:
        """Whether there is a connection, and a name."""
        return self.line is not None and self.visit.named

    def heard(self, data: bytes) -> None:
        """See :class:`~tests.simulated.lines.Peer`."""
        self._around.tell(self.name, data)
        *lines, self.visit.buffer = (self.visit.buffer + data).split(b"\n")
        for line in lines:
            self._line(line)

    def lost(self, reason: str) -> None:
        """See :class:`~tests.simulated.lines.Peer`."""
        self._around.tell(self.name, reason)
        self.line = None
        self.visit.ended = True
        if not self.gone:
            self._around.time.callLater(self._around.chance.choice((0.5, 5, 60)), self._dial)

    def say(self, to: str | None) -> None:
        """Say something in the room that is talked to, or to somebody."""
        raise NotImplementedError

    def errand(self) -> None:
        """Do something else; not everybody can."""

    def read(self, reading: bool) -> None:
        """Read what comes, or nothing."""
        self.slow = not reading
        if self.line is not None:
            self.line.read(reading)

    def vanish(self) -> None:
        """Be gone for good."""
        self.gone = True
        if self.line is not None:
            line, self.line = self.line, None
            self.visit.ended = True
            line.hang_up()

    def waits(self) -> str:
        """For what; empty: everything was answered, and shown."""
        ledger, visit = self._around.disk.ledger, self.visit
        for log, stay in visit.stays.items():
            missing = self._next(ledger, stay, ledger.last_of(visit.epoch, stay.log) + 1)
            if missing:
                return f"{self.name} was not shown {missing} of {log}"
        nowhere = self.nowhere(visit)
        return f"{nowhere} of {self.name}'s words are nowhere" if nowhere else ""

    def nowhere(self, visit: Visit) -> int:
        """How many of the words are neither kept nor refused."""
        kept = sum(
            any(place.epoch == visit.epoch for place in self._around.disk.ledger.of(text)) for text in visit.said
        )
        return max(0, len(visit.said) - kept - len(visit.refused) - visit.unsaid)

    def _introduce(self) -> None:
        raise NotImplementedError

    def _line(self, line: bytes) -> None:
        raise NotImplementedError

    def _send(self, text: str) -> None:
        self._around.tell(self.name, text)
        if self.line is not None:
            self.line.send(f"{text}\n".encode())

    def _dial(self) -> None:
        if not self.gone:
            self._around.dial(self, self.address, self._connected)

    def _connected(self, line: Line | None) -> None:
        if self.gone or line is None:
            if line is not None:
                line.hang_up()
            elif not self.gone:
                self._around.time.callLater(5.0, self._dial)
            return
        self.line = line
        line.read(not self.slow)
        self.visits.append(Visit(self._around.disk.ledger.epoch))
        self._introduce()

    def _next_name(self) -> str:
        self._names += 1
        return f"{self.name}x{self._names}" if self._names > 1 else self.name

    def _shown(self, text: str, *, own: bool) -> None:
        """A message was shown: the next one of its log, but for what was said here."""
        place = self._place(text, own)
        log = "@" if place.log[0] == "@" else place.log
        if log == "@":
            self.visit.stays.setdefault("@", Stay(place.log, place.id - 1))
        stay = self.visit.stays.get(log)
        if stay is None:
            require(False, f"{self.name} is shown {place.log}/{place.id} without being there")
            return
        require(stay.log == place.log, f"{self.name} is shown the box of somebody else")
        if stay.last is None:
            self._first(stay, place)
        else:
            require(place.id > stay.last, f"{self.name} is shown {place.log}/{place.id} behind {stay.last}")
            missing = self._next(self._around.disk.ledger, stay, place.id)
            require(not missing, f"{self.name} is shown {place.log}/{place.id} behind {stay.last}, without {missing}")
        stay.last = place.id
        self._around.counts["shown_to_outsiders"] += 1

    def _miss(self) -> None:
        """It was told that something is not kept any more; in words, without a room."""
        for stay in self.visit.stays.values():
            stay.holes = True
        self._around.counts["gaps_in_words"] += 1

    def _place(self, text: str, own: bool) -> Place:
        kinds = (Kind.SENT,) if own else (Kind.TOLD, Kind.SAID, Kind.ACTED)
        for place in reversed(self._around.disk.ledger.of(text)):
            if place.epoch == self.visit.epoch and place.message.kind in kinds:
                return place
        require(False, f"{self.name} is shown {text[:60]}, which is not on the disk")
        raise AssertionError

    def _first(self, stay: Stay, place: Place) -> None:
        if not self.is_greeted:
            return
        ledger, epoch = self._around.disk.ledger, self.visit.epoch
        lines = self._around.server.limits.greeting_lines
        latest = max(ledger.first_of(epoch, stay.log), ledger.last_of(epoch, stay.log) - lines + 1, 1)
        stay.last = latest - 1
        missing = self._next(ledger, stay, place.id)
        require(not missing, f"{self.name} is shown {stay.log} from {place.id} on, without {missing}")

    def _next(self, ledger: Ledger, stay: Stay, id: int) -> list[int]:
        """The messages before this one that were to be shown, and were not."""
        if stay.last is None:
            return []
        first = ledger.first_of(self.visit.epoch, stay.log) if stay.holes else 1
        own = [] if stay.log[0] == "@" and self.sees_own_letters else self.visit.said
        between = range(max(first, stay.last + 1), id)
        texts = {between_id: ledger.at(self.visit.epoch, stay.log, between_id) for between_id in between}
        return [one for one, message in texts.items() if message is None or message.text not in own]
