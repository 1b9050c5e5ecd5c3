"""A room: who is in it, what it is about, and what its log is told of comings and goings. Must not know sessions, formats."""

from itertools import islice
from operator import attrgetter
from typing import Final

from chatd.clock import Clock, Timer
from chatd.commits import Commits
from chatd.events import Arrival, Attendance, Company, Joined, Left, Present, Renamed, TopicSet
from chatd.log import Log
from chatd.names import RoomName
from chatd.people import Person

CROWD = 100
"""In a room of more people, comings and goings are summed up: telling each of n to n others is quadratic."""
CROWD_SECONDS = 10.0
NAMES = 1000
"""In a room of more people, nobody is sent all their names without asking."""
COMPANY = 5
"""How many people are named; the others are counted."""
_SHOWN: Final = attrgetter("name.shown")


class Room:
    """The people of one room. One with several connections is one person: the first one joins, the last one leaves."""

    def __init__(self, name: RoomName, topic: str, log: Log, commits: Commits, clock: Clock) -> None:
        self.name = name
        self.topic = topic
        self.log = log
        self.alone = (self,)
        """The rooms of somebody who is in this one only: one tuple for all of them."""
        self.leavings = 0
        """Departures whose last words are still on their way; see :meth:`Chat.leave`."""
        self._people: dict[Person, int] = {}
        self._commits = commits
        self._clock = clock
        self._came: dict[Person, Arrival] = {}
        self._went: dict[Person, Arrival] = {}
        self._summary: Timer | None = None
        log.attendance = self.attendance

    def __len__(self) -> int:
        return len(self._people)

    def __contains__(self, person: Person) -> bool:
        return person in self._people

    @property
    def people(self) -> list[Person]:
        """Who is here, in the order of their names."""
        return sorted(self._people, key=lambda person: person.name.key)

    def enter(self, person: Person, origin: int) -> None:
        """Somebody comes in by this connection."""
        connections = self._people.get(person, 0)
        self._people[person] = connections + 1
        if not connections:
            self._announce(person, Arrival(person.shown, origin), self._came, self._went)

    def leave(self, person: Person, origin: int) -> None:
        """Somebody's connection goes out."""
        self._people[person] -= 1
        if not self._people[person]:
            del self._people[person]
            self._announce(person, Arrival(person.shown, origin), self._went, self._came)

    def renamed(self, person: Person, old: str, origin: int) -> None:
        """Tell the room of somebody's new name."""
        if person in self._came:
            self._came[person] = Arrival(person.shown, origin)  # nobody was told of the old one yet
        else:
            self._commits.notice(self.log, Renamed(old, person.shown, origin))

    def set_topic(self, name: str, topic: str, origin: int) -> None:
        """Somebody says what the room is about."""
        self.topic = topic
        self._commits.notice(self.log, TopicSet(name, topic, origin))

    def company(self, of: Person | None = None) -> Company:
        """Who is here besides ``of``."""
        foremost = [*islice(self._people, COMPANY + 1)]
        if of is not None and of in foremost:
            foremost.remove(of)
        names = tuple(map(_SHOWN, foremost[:COMPANY]))
        return Company(names, len(self._people) - (of in self._people) - len(names))

    def attendance(self) -> Present:
        """Who is here, for a reader that missed comings and goings."""
        return Present(self.company(), self._names())

    def listing(self) -> Attendance:
        """Who is here, for a program that has just come in."""
        return Attendance(self.name.shown, self._names(), len(self._people))

    def close(self) -> None:
        """Nobody is here any more, and nothing is left to say."""
        if self._summary is not None:
            self._summary.cancel()
            self._summary = None

    def _announce(
        self, person: Person, arrival: Arrival, into: dict[Person, Arrival], opposite: dict[Person, Arrival]
    ) -> None:
        """Say it now; in a crowd, later, unless it is undone by then."""
        undone = opposite.pop(person, None)
        if undone is None:
            into[person] = arrival
        elif undone.name != arrival.name:  # went under one name, and is back under another
            self._commits.notice(self.log, Renamed(undone.name, arrival.name, arrival.origin))
        if len(self._people) <= CROWD and self._summary is None:
            self._sum_up()
        elif self._summary is None:
            self._summary = self._clock.callLater(CROWD_SECONDS, self._sum_up)

    def _sum_up(self) -> None:
        """Tell the room who came and who went."""
        self._summary = None
        # Whoever came may have taken the name of one who went.
        for notice, who in ((Left, self._went), (Joined, self._came)):
            if who:
                self._commits.notice(self.log, notice(tuple(who.values()), len(self._people)))
                who.clear()

    def _names(self) -> tuple[str, ...]:
        """All of them, sorted; none in a crowd."""
        return tuple(person.shown for person in self.people) if len(self._people) <= NAMES else ()
