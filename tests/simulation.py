"""The core, run by chance: people who talk, move, stall and vanish, over a disk that takes its time and is sometimes full.

All chance and all time come from one seed, so that a seed which fails fails every time: ``python -m tests.simulation SEED``
tells its story. What must hold is checked on what people were shown and on what the store kept. Must not know the reactor,
formats or protocols; with those, there is :mod:`tests.simulated`.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from random import Random
from unittest.mock import patch

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.python.failure import Failure

from chatd import fanout
from chatd.chat import Chat
from chatd.limits import Limits
from chatd.requests import Join, Leave, Recall, Rename, Request, Say, Tell, Topic
from chatd.room import COMPANY
from chatd.storage.contract import Append, Head, Page, SessionRecord, StoreError, StoreFull
from chatd.storage.memory import MemoryStore
from tests.commuters import Commuter
from tests.doubles import World
from tests.visitors import Violation, Visitor, require

STEPS = 100
ROOMS = ("#lobby", "#tea", "#dev")
COMMUTERS = (0, 1, 2, 2)


class UnsteadyStore(MemoryStore):
    """Every call takes a while, before and after it takes effect; appends sometimes find the disk full."""

    def __init__(self, clock: Clock, chance: Random) -> None:
        super().__init__()
        self.kept: defaultdict[str, list[str]] = defaultdict(list)
        """The texts of each log, in order."""
        self._clock = clock
        self._chance = chance
        self._appending = False

    async def head(self, log: str) -> Head:
        """Where the log stood when the call took effect; the answer may be late."""
        head = await super().head(log)
        await self._while()
        return head

    async def append(self, appends: Sequence[Append]) -> None:
        """Keep all or none; only one at a time."""
        require(not self._appending, "two commits at the same time")
        self._appending = True
        try:
            await self._while()
            if self._chance.random() < 0.15:
                raise StoreFull("The disk is full.")
            await super().append(appends)
            for append in appends:
                self.kept[append.log] += [message.text for message in append.messages]
            await self._while()
        finally:
            self._appending = False

    async def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """What is there when the call began to take effect."""
        await self._while()
        page = await super().read(log, after, upto, budget)
        await self._while()
        return page

    async def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """The same."""
        await self._while()
        return await super().latest(log, upto, count, since, budget)

    async def keep_session(self, session: SessionRecord) -> None:
        """Keep it, unless the disk is away for a moment."""
        await self._while()
        if self._chance.random() < 0.15:
            raise StoreError("The disk is away.")
        await super().keep_session(session)

    async def find_session(self, digest: str) -> SessionRecord | None:
        """As it was when the call took effect."""
        await self._while()
        found = await super().find_session(digest)
        await self._while()
        return found

    def _while(self) -> Deferred[None]:
        """Some time, or none at all."""
        return deferLater(self._clock, self._chance.choice((0, 0, 0.01, 0.02, 0.05)))


class Simulation(World):
    """One run."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.clock = Clock()
        self.unsteady = UnsteadyStore(self.clock, self.chance)
        self.visitors: list[Visitor] = []
        self.texts = 0
        self._failures: list[Failure] = []
        super().__init__(self._limits(), self.unsteady, clock=self.clock, seed=seed)
        kept = self.unsteady.kept
        commuters = range(self.chance.choice(COMMUTERS))
        self.commuters = [Commuter(self.chat, kept, self.chance, f"c{number}") for number in commuters]
        self.chat.commits.failed = self._distrust

    def run(self) -> None:
        """A while of everything at once; then the rest comes to its end, and is checked.

        Raises:
            Violation: something happened that must not.
        """
        for _ in range(STEPS):
            self._step()
            if self.commuters:
                self._commute(self.chance.choice(self.commuters))
            self._pass_time(self.chance.choice((0, 0, 0.005, 0.02, 0.1)))
        self._calm_down()
        self._check_store()
        for visitor in self.visitors:
            visitor.check_stays()
        for commuter in self.commuters:
            commuter.check()
        self._check_nothing_is_left()

    def report(self, failure: Failure) -> None:
        """A coroutine failed; nobody above would hear of it."""
        self._failures.append(failure)

    def _limits(self) -> Limits:
        chance = self.chance
        return Limits(
            flood_rate=0,
            greeting_lines=3,
            tail_bytes=chance.choice((0, 400, 1000, 5000, 100_000)),
            tails_bytes=chance.choice((1000, 100_000)),
            page_bytes=chance.choice((1, 150, 300, 5000)),
            batch_messages=chance.choice((1, 2, 5, 1000)),
            queued_messages=chance.choice((5, 1000)),
            uncommitted_bytes=chance.choice((0, 10, 1000)),
        )

    def _pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for failure in self._failures:
            raise Violation(failure.getTraceback())

    def _distrust(self, error: StoreError) -> None:
        raise Violation(f"the store broke: {error}")

    def _step(self) -> None:
        """Somebody does something."""
        online = sum(visitor.here for visitor in self.visitors)
        active = [visitor for visitor in self.visitors if visitor.here and not visitor.quitting]
        if online + len(self.commuters) < COMPANY and (not active or self.chance.random() < 0.2):
            self._arrive(len(self.visitors))
            return
        if not active:
            return
        visitor = self.chance.choice(active)
        roll = self.chance.random()
        if roll < 0.5:
            for _ in range(self.chance.choice((1, 1, 2, 5))):
                self._talk(visitor)
        elif roll < 0.75:
            self._stall(visitor)
        elif roll < 0.95:
            visitor.terminal.send(self._errand())
        elif roll < 0.98:
            self._slip_away(visitor, self.chance.choice(active))
        else:
            visitor.quit()

    def _arrive(self, number: int) -> None:
        acks = self.chance.random() < 0.5
        kept, address = self.unsteady.kept, f"192.0.2.{number}"
        self.visitors.append(Visitor(self.chat, kept, address, f"v{number}", acks))

    def _commute(self, commuter: Commuter) -> None:
        """A program does something."""
        if commuter.away:
            commuter.connect("192.0.2.99")
            return
        commuter.think(everything=self.chance.random() < 0.5)
        roll = self.chance.random()
        if roll < 0.55:
            for _ in range(self.chance.choice((1, 2, 5))):
                self._send(commuter)
        elif roll < 0.65:
            commuter.join(self.chance.choice(ROOMS))
        elif roll < 0.85:
            outlet = commuter.terminal.outlet
            outlet.capacity = None if outlet.blocked else self.chance.randrange(1, 500)
            commuter.terminal.unblock()
        else:
            commuter.cut(noticed=self.chance.random() < 0.5)

    def _send(self, commuter: Commuter) -> None:
        self.texts += 1
        text = cid = f"t{self.texts}"
        names = self._names()
        if self.chance.random() < 0.2:
            commuter.say(Tell(self.chance.choice([name for name in names if name != commuter.name]), text, cid))
        elif commuter.rooms():
            commuter.say(Say(text, self.chance.choice(commuter.rooms()), cid))

    def _names(self) -> list[str]:
        return [visitor.current_name for visitor in self.visitors] + [commuter.name for commuter in self.commuters]

    def _talk(self, visitor: Visitor) -> None:
        self.texts += 1
        text = f"t{self.texts}"
        if self.chance.random() < 0.15:
            visitor.say(Tell(self.chance.choice(self._names()), text))
        else:
            visitor.say(Say(text))

    def _stall(self, visitor: Visitor) -> None:
        """They stop reading, now or soon; or go on."""
        outlet = visitor.terminal.outlet
        if outlet.blocked:
            outlet.capacity = self.chance.choice((None, None, 10, 100))
            visitor.terminal.unblock()
        elif self.chance.random() < 0.5:
            visitor.terminal.block()
        else:
            outlet.capacity = self.chance.randrange(1, 200)

    def _slip_away(self, visitor: Visitor, other: Visitor) -> None:
        """They vanish with a word on their lips, and somebody comes to see."""
        self._talk(visitor)
        room = visitor.terminal.session.view.current
        visitor.vanish()
        if room is not None and other is not visitor:
            other.terminal.send(Join(room.name.shown))

    def _new_name(self) -> str:
        self.texts += 1
        return f"n{self.texts}"

    def _errand(self) -> Request:
        room = self.chance.choice(ROOMS)
        return self.chance.choice(
            (Join(room), Join(room), Leave(room), Topic("tea"), Recall(2), Rename(self._new_name()))
        )

    def _calm_down(self) -> None:
        """Everybody reads, and time passes until nothing moves any more."""
        for commuter in self.commuters:
            commuter.let_notice()
        for _ in range(1000):
            for visitor in self.visitors:
                if visitor.here:
                    visitor.terminal.outlet.capacity = None
                    visitor.terminal.unblock()
            self._pass_time(0.05)
            for commuter in self.commuters:
                self._bring_back(commuter)
            if not self.clock.getDelayedCalls() and all(commuter.settled for commuter in self.commuters):
                break

    def _bring_back(self, commuter: Commuter) -> None:
        if commuter.away:
            commuter.connect("192.0.2.99")
        commuter.terminal.outlet.capacity = None
        commuter.terminal.unblock()
        commuter.think(everything=True)

    def _check_store(self) -> None:
        """What was said is kept once, in the order of its author, or was refused, or its author vanished."""
        kept = Counter(text for log, texts in self.unsteady.kept.items() if log[0] == "#" for text in texts)
        private = Counter(text for log, texts in self.unsteady.kept.items() if log[0] == "@" for text in texts)
        require(all(count == 1 for count in kept.values()), f"kept twice: {kept}")
        require(all(count == 2 for count in private.values()), f"private, but not in both boxes: {private}")
        for commuter in self.commuters:
            self._check_sent(commuter, {*kept, *private})
        for visitor in self.visitors:
            nowhere = 0
            for text in visitor.said:
                places = (text in kept) + (text in private) + (text in visitor.refused)
                require(places <= 1, f"{text} was refused, and kept all the same")
                nowhere += not places
            require(nowhere <= visitor.unsaid or visitor.vanished, f"{nowhere} of {visitor.name}'s words are nowhere")
            self._check_order(visitor)

    def _check_sent(self, commuter: Commuter, kept: set[str]) -> None:
        """What a program has sent is kept, in each room in that order, or it was told that it is not."""
        for text in commuter.said:
            require(text in kept or text in commuter.refused, f"{text} of {commuter.name} is nowhere")
        for log, texts in self.unsteady.kept.items():
            # A final refusal may get lost, and then what is private is sent again too late.
            if log[0] == "@":
                continue
            mine = [text for text in texts if text in set(commuter.said)]
            in_order = [text for text in commuter.said if text in set(mine)]
            require(mine == in_order, f"{commuter.name} sent {in_order}, {log} has {mine}")

    def _check_order(self, visitor: Visitor) -> None:
        for log, texts in self.unsteady.kept.items():
            mine = [text for text in texts if text in set(visitor.said)]
            if log[0] == "#" or log == self._box(visitor):
                in_order = [text for text in visitor.said if text in set(mine)]
                require(mine == in_order, f"{visitor.name} said {in_order}, {log} has {mine}")

    def _box(self, visitor: Visitor) -> str:
        session = visitor.terminal.session
        return session.person.box.name if session.named else ""

    def _check_nothing_is_left(self) -> None:
        """Everybody has caught up, so no memory is held for them; once all are gone, rooms are closed."""
        require(not self.clock.getDelayedCalls(), "it never comes to rest")
        for visitor in self.visitors:
            require(not visitor.terminal.untaken or not visitor.here, f"{visitor.name} is not listened to any more")
        require(not self.chat._tails.used, f"{self.chat._tails.used} bytes of tails are never given back")
        for visitor in self.visitors:
            visitor.vanish()
        for commuter in self.commuters:
            commuter.vanish()
        self._pass_time(1)
        require(not len(self.chat.boxes), "boxes never closed")
        require(not self.chat.sessions._open, "sessions never ended")
        require(not len(self.chat.roster), "people who never go")
        require(list(self.chat._rooms) in ([], ["#lobby"]), f"rooms never closed: {list(self.chat._rooms)}")


class ToldSimulation(Simulation):
    """One run, and what everybody is shown in it, as it happens."""

    def _pass_time(self, seconds: float) -> None:
        try:
            super()._pass_time(seconds)
        finally:
            here = [(visitor.name, visitor.terminal) for visitor in self.visitors]
            here += [(commuter.name, commuter.terminal) for commuter in self.commuters if not commuter.away]
            for name, terminal in here:
                for line in terminal.read():
                    sys.stdout.write(f"{self.clock.seconds():8.3f}  {name:4}  {line}\n")


@contextmanager
def in_a_crowd(seed: int) -> Iterator[None]:
    """Meanwhile any reader is of a crowd, and waits its own time for whatever is said; by these chances."""
    chance = Random(seed)

    def at_some_time(chat: Chat, call: Callable[[], None]) -> object:
        return chat.clock.callLater(chance.uniform(0, 0.3), call)

    with patch.object(fanout, "CROWD", 0), patch("chatd.log.PART", 1), patch.object(Chat, "_soon", at_some_time):
        yield


def main() -> None:
    """Tell the story of one seed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="Tell what happens in one run.")
    parser.add_argument("seed", type=int)
    parser.add_argument("--crowd", action="store_true", help="everybody waits their own time for whatever is said")
    options = parser.parse_args()
    try:
        with in_a_crowd(options.seed) if options.crowd else nullcontext():
            ToldSimulation(options.seed).run()
    except Violation as violation:
        sys.exit(f"BROKEN: {violation}")
    sys.stdout.write("Nothing is broken.\n")


if __name__ == "__main__":
    main()
