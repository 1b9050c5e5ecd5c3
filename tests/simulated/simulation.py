"""One simulation: who is there, what they do, what fails, and how it ends. All of it by chance, from one seed.

Must not know how promises are checked, only when.
"""

from collections import Counter
from random import Random

from chatd.limits import Limits
from tests.simulated.checks import check_everybody, check_nothing_is_left
from tests.simulated.disk import Disk
from tests.simulated.member import Member
from tests.simulated.outsiders import Outsider
from tests.simulated.server import Server
from tests.simulated.surroundings import Somebody, Surroundings
from tests.simulated.terminals import Course, Terminal
from tests.simulated.times import Time
from tests.simulated.trouble import Trouble
from tests.simulated.violation import Violation, require
from tests.worlds import NOON

STEPS = 80
PAUSES = (0, 0, 0.005, 0.02, 0.1, 0.5, 2.0)
LONG_PAUSES = (10.0, 70.0, 160.0)
PATIENCE = 900
"""Seconds within which, once nothing fails any more, everything is answered and everybody has seen everything (P6)."""


class Simulation:
    """One run."""

    def __init__(self, seed: int) -> None:
        chance = self.chance = Random(seed)
        self.time = Time()
        self.counts: Counter[str] = Counter()
        self.disk = Disk(chance, self.counts)
        self.server = Server(
            self.time, self.disk, _limits(chance), self._wall, chance, lambda what: self.around.tell("the server", what)
        )
        self.around = Surroundings(self.time, chance, self.counts, self.disk, self.server)
        self.trouble = Trouble(self.around)
        self.members: list[Member] = []
        self.outsiders: list[Outsider] = []

    def run(self) -> None:
        """A while of everything at once; then nothing fails any more, and all is checked.

        Raises:
            Violation: something happened that must not.
        """
        try:
            self.server.start()
            self._people_come()
            for _ in range(STEPS):
                self._step()
                long = self.chance.random() < 0.03
                self._pass_time(self.chance.choice(LONG_PAUSES if long else PAUSES))
            self._calm_down()
            check_everybody(self.around, self.members, self.outsiders)
            self._end()
        except Violation:
            raise
        except Exception as error:
            raise Violation(f"{type(error).__name__}: {error}") from error

    def _wall(self) -> float:
        return NOON + self.time.seconds() + self.trouble.wrong_by

    def _people_come(self) -> None:
        owners = self.chance.choice((0, 0, 1))
        for number in range(self.chance.choice((2, 3, 3, 4))):
            owner = number < owners
            address = "127.0.0.1" if owner else f"192.0.2.{number}"
            self.members.append(Member(self.around, f"m{number}", address, owner))
        for number in range(self.chance.choice((0, 1, 1, 2))):
            self.outsiders.append(Terminal(self.around, f"o{number}", f"198.51.100.{number}"))
        if self.chance.random() < 0.3:
            self.outsiders.append(Course(self.around, "u0", "203.0.113.1"))
        self._pass_time(2.0)

    def _step(self) -> None:
        roll = self.chance.random()
        if roll < 0.66:
            self._talk()
        elif roll < 0.76:
            self.chance.choice(self._present()).errand()
        else:
            self.trouble.strike(self.members, self.outsiders)

    def _talk(self) -> None:
        speaker = self.chance.choice(self._present())
        for _ in range(self.chance.choice((1, 1, 2, 5))):
            speaker.say(self._somebody_else(speaker) if self.chance.random() < 0.2 else None)

    def _present(self) -> list[Somebody]:
        """Who can do something now: our clients can always."""
        return [*self.members, *(outsider for outsider in self.outsiders if outsider.online)]

    def _somebody_else(self, speaker: Somebody) -> str | None:
        names = [member.core.name for member in self.members if member is not speaker]
        names += [outsider.name for outsider in self.outsiders if outsider is not speaker]
        return self.chance.choice(names) if names else None

    def _pass_time(self, seconds: float) -> None:
        self.time.pass_by(seconds)
        for failure in self.server.failures:
            raise Violation(failure.getTraceback())

    def _calm_down(self) -> None:
        """Nothing fails any more: everything comes to its end."""
        self.trouble.end(self.members, self.outsiders)
        for _ in range(PATIENCE):
            self._pass_time(1.0)
            if not self._unsettled():
                break
        require(not self._unsettled(), f"not settled after {PATIENCE} s: {self._unsettled()}")

    def _unsettled(self) -> list[str]:
        """Who waits for what."""
        waiting = []
        for member in self.members:
            if not member.online:
                waiting.append(f"{member.name} is {member.core.state}")
            elif member.core.pending:
                waiting.append(f"{member.name} was not told what became of {member.core.pending[0].text[:40]}")
            elif member.behind():
                waiting.append(f"{member.name} was not shown all of {member.behind()}")
        for one in self.outsiders:
            waits = one.waits() if one.online else f"{one.name} is away"
            waiting += [waits] if waits else []
        return waiting

    def _end(self) -> None:
        """Everybody goes, then the server stops; nothing is left of either."""
        for outsider in self.outsiders:
            outsider.vanish()
        for member in self.members:
            if self.chance.random() < 0.2:
                member.drop_dead()
            else:
                member.vanish()
        self._pass_time(400.0)
        run = self.server.run
        require(run is not None, "the server does not run any more")
        if run is not None:
            check_nothing_is_left(run)
            self.server.stop(lambda: None)
            self._pass_time(60.0)
            require(self.server.run is None, "the server never stops")
            require(not run.clock.timers, f"timers left running: {run.clock.timers}")
        require(not self.time.getDelayedCalls(), f"it never comes to rest: {self.time.getDelayedCalls()}")


def _limits(chance: Random) -> Limits:
    return Limits(
        flood_rate=chance.choice((0, 0, 2.0)),
        greeting_lines=chance.choice((3, 20)),
        tail_bytes=chance.choice((0, 1000, 5000, 100_000)),
        tails_bytes=chance.choice((2000, 100_000)),
        page_bytes=chance.choice((1, 300, 5000)),
        batch_messages=chance.choice((1, 2, 5, 1000)),
        queued_messages=chance.choice((5, 1000)),
        uncommitted_bytes=chance.choice((0, 10, 1000)),
        keep_messages=chance.choice((0, 0, 3, 20)),
    )
