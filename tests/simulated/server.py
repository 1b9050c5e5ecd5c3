"""A server in a simulation: started, killed, stopped and started again over one disk.

Puts the real parts together, as ``chatd/tap.py`` does. Must not know who connects, or why it is killed.
"""

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC
from random import Random
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from chatd.chat import Chat, Surroundings
from chatd.limits import Limits
from chatd.operators_log import OperatorsLog
from chatd.protocols.factory import ChatFactory
from chatd.protocols.site import Site
from chatd.pruning import Pruner, retention
from chatd.service import ChatService
from chatd.storage.contract import StoreError
from tests.passwords import QuickPasswords
from tests.simulated.disk import Disk, DiskStore
from tests.simulated.lines import Line
from tests.simulated.times import Lifetime, Time


class QuietLog(OperatorsLog):
    """Keeps the failures of coroutines, and what the operator has to know; all else is not told."""

    def __init__(self) -> None:
        self.failures: list[Failure] = []
        self.dead = False

    def came(self, name: str, address: str, online: int) -> None:
        """Nobody asks."""

    def went(self, name: str, address: str, online: int) -> None:
        """Nobody asks."""

    def renamed(self, old: str, new: str) -> None:
        """Nobody asks."""

    def announce(self, lines: Sequence[str]) -> None:
        """Nobody asks."""

    def spawn(self, doing: Coroutine[Any, Any, None]) -> None:
        """Let it run."""
        Deferred.fromCoroutine(doing).addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        if not self.dead:
            self.failures.append(failure)


class Run:
    """One server, from its start to its end."""

    def __init__(self, time: Time, disk: Disk, limits: Limits, wall: Callable[[], float], chance: Random) -> None:
        self.clock = Lifetime(time)
        self.store = DiskStore(disk, self.clock, chance)
        self.log = QuietLog()
        self.lines: list[Line] = []
        self.accepting = True
        surroundings = Surroundings(
            store=self.store,
            clock=self.clock,
            wall=wall,
            random=Random(chance.getrandbits(64)),
            spawn=self.log.spawn,
            journal=self.log,
            passwords=QuickPasswords(),
            limits=limits,
        )
        self.chat = Chat(surroundings)
        self.site = Site(self.chat, UTC)
        self.factory = ChatFactory(self.site)
        self.service = ChatService(self.site, self.store, [], self.clock, self.log)
        kept = retention(limits)
        self.service.pruner = Pruner(surroundings, kept, self.log)
        self.service.startService()

    def accept(self, line: Line, address: str) -> bool:
        """Serve this line, if anybody does."""
        protocol = self.factory.buildProtocol(IPv4Address("TCP", address, 4000))
        if protocol is None:
            return False
        self.lines.append(line)
        line.serve(protocol)
        return True


class Server:
    """The program that is run on one machine, again and again."""

    def __init__(  # noqa: PLR0917 (each is given once)
        self,
        time: Time,
        disk: Disk,
        limits: Limits,
        wall: Callable[[], float],
        chance: Random,
        tell: Callable[[str], None],
    ) -> None:
        self.counts: Counter[str] = disk.counts
        self.limits = limits
        self.run: Run | None = None
        self._time = time
        self._disk = disk
        self._wall = wall
        self._chance = chance
        self._tell = tell
        self._past: list[Run] = []

    @property
    def accepting(self) -> bool:
        """Whether there is one, and it lets people in."""
        return self.run is not None and self.run.accepting

    @property
    def failures(self) -> list[Failure]:
        """What was never to happen in any of them."""
        return [failure for run in [*self._past, *([self.run] if self.run else [])] for failure in run.log.failures]

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.run is None:
            self._tell("starts")
            self.run = Run(self._time, self._disk, self.limits, self._wall, self._chance)
            self.run.chat.commits.failed = self._give_up

    def kill(self) -> None:
        """Take everything from it but the disk."""
        run = self.run
        if run is None:
            return
        self._tell("is killed" + (" in the middle of a commit" if run.store.appending else ""))
        self.counts["kills"] += 1
        self.counts["kills_in_a_commit"] += run.store.appending
        self.counts["kills_behind_a_commit"] += run.store.landed
        self._end(run)

    def stop(self, then: Callable[[], None]) -> None:
        """Stop it as a signal does; ``then`` is called when it has ended, unless it is killed before."""
        run = self.run
        if run is None or not run.accepting:
            return
        self._tell("stops")
        run.accepting = False

        def ended(_: object) -> None:
            self._tell("has stopped")
            self._end(run)
            then()

        run.service.stopService().addCallbacks(ended, run.log.failures.append)

    def _end(self, run: Run) -> None:
        """The process is gone, and its kernel closes what it had open."""
        self.run = None
        self._past.append(run)
        run.log.dead = True
        run.clock.die()
        run.store.die()
        for line in run.lines:
            if line.server_end:
                line.kill()

    def _give_up(self, error: StoreError) -> None:
        """As :mod:`chatd.tap` does."""
        run = self.run
        if run is not None and not run.service.failed:
            run.service.failed = True
            self.counts["broken_disks"] += 1
            self._tell(f"fails: {error}")
            run.clock.callLater(0, self.stop, self._repair)

    def _repair(self) -> None:
        self._disk.broken = False
        self.start()
