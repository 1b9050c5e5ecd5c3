"""The core, run by chance: people who talk, move, stall and vanish, over a disk that takes its time and is sometimes full.

All chance and all time come from one seed, so that a seed which fails fails every time. What must hold is checked on what
people were shown and on what the store kept. Must not know the reactor, formats or protocols.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.python.failure import Failure

from chatd.limits import Limits
from chatd.requests import Introduce, Join, Leave, Quit, Recall, Rename, Request, Say, Tell, Topic
from chatd.room import COMPANY, Room
from chatd.storage.contract import Append, Head, Page, StoreError, StoreFull
from chatd.storage.memory import MemoryStore
from tests.doubles import NumberedForm, RecordingOutlet, Terminal, World

STEPS = 100
ROOMS = ("#lobby", "#tea", "#dev")
GREETING = 3
UNSAID = {"NoRoom", "NoSuchPerson", "TellingYourself"}
"""Refusals of words that had nowhere to go."""
EXPECTED = UNSAID | {"NotStored", "ServerBusy", "NotInRoom"}


class Violation(AssertionError):
    """Something happened that must not."""


def require(truth: object, sentence: str) -> None:
    """Raise unless this is so."""
    if not truth:
        raise Violation(sentence)


class UnsteadyStore(MemoryStore):
    """Every call takes a while, before and after it takes effect; appends sometimes find the disk full."""

    def __init__(self, clock: Clock, chance: Random) -> None:
        super().__init__()
        self.kept: defaultdict[str, list[str]] = defaultdict(list)
        """The texts of each log, in order."""
        self.trusted = True
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

    def _while(self) -> Deferred[None]:
        """Some time, or none at all."""
        return deferLater(self._clock, self._chance.choice((0, 0, 0.01, 0.02, 0.05)))


class WitnessOutlet(RecordingOutlet):
    """An outlet whose bytes are checked against the store the moment they are sent."""

    def __init__(self, witness: Callable[[str], None]) -> None:
        super().__init__()
        self._witness = witness

    def send(self, data: bytes) -> None:
        """Have each line witnessed, and take it."""
        for line in data.decode().splitlines():
            self._witness(line)
        super().send(data)


@dataclass(slots=True)
class Stay:
    """What one connection was shown of one log while it was there."""

    log: str
    """As the store knows it."""
    first: int
    """The id it has to begin with."""
    over: bool = False
    ids: list[int] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    """Who is there, as far as was told."""

    def hear(self, sign: str, names: list[str]) -> None:
        """Be told who came, went, is there, or changed a name."""
        if sign == "~":
            if names[0] in self.people:
                self.people = self.people - {names[0]} | {names[1]}
        elif sign == "=":
            self.people = set(names)
        else:
            self.people = self.people | set(names) if sign == "+" else self.people - set(names)


class Visitor:
    """One connection, and what it was shown, sorted by the stays in rooms."""

    def __init__(self, world: "Simulation", name: str, acks: bool) -> None:
        self.world = world
        self.name = name
        self.acks = acks
        self.stays: list[Stay] = []
        self.said: list[str] = []
        self.refused: list[str] = []
        self.unsaid = 0
        self.quitting = False
        self.vanished = False
        self._open: dict[str, Stay] = {}
        form = NumberedForm(acks=acks)
        self.terminal = Terminal(world.chat, f"192.0.2.{len(world.visitors)}", form, WitnessOutlet(self._shown))
        self.terminal.send(Introduce(name))

    @property
    def here(self) -> bool:
        """Whether it can be told anything yet."""
        return not self.vanished and not self.terminal.session.ended

    @property
    def current_name(self) -> str:
        """What it is called now, or was at the end."""
        session = self.terminal.session
        return session.person.shown if session.named else self.name

    def say(self, request: Say | Tell) -> None:
        """Say something that nobody has said before."""
        self.said.append(request.text)
        self.terminal.send(request)

    def quit(self) -> None:
        """Say goodbye."""
        self.quitting = True
        self.terminal.send(Quit())

    def vanish(self) -> None:
        """The cable is cut."""
        self.vanished = True
        self.terminal.lose()

    def check_stays(self) -> None:
        """Every stay saw its log from where it began, without gaps; those that last, up to the end."""
        for stay in self.stays:
            kept = self.world.unsteady.kept[stay.log]
            upto = len(kept)
            if stay.over or not self.here:
                upto = stay.ids[-1] if stay.ids else stay.first - 1
            expected = [id for id in range(stay.first, upto + 1) if self._is_shown(stay, kept[id - 1])]
            require(stay.ids == expected, f"{self.name} was shown {stay.ids} of {stay.log}, not {expected}")
            if self.here and not stay.over and stay.log.startswith("#"):
                people = {person.shown for person in self.world.room(stay.log).people}
                require(stay.people == people, f"{self.name} sees {stay.people} in {stay.log}, there are {people}")

    def _is_shown(self, stay: Stay, text: str) -> bool:
        """Its own words it is shown as acks, or not at all; its own private ones it is."""
        return self.acks or stay.log.startswith("@") or text not in self.said

    def _shown(self, line: str) -> None:
        """One line comes in."""
        require(not self.terminal.hung_up, f"{self.name} was sent {line!r} after the connection was closed")
        sign, _, rest = line.partition(" ")
        if sign == "+":
            self._entered(*rest.split(" "))
        elif sign == ">":
            log, change, names = rest.split(" ")
            require(log in self._open, f"{self.name} was told of {log} without being there")
            self._open[log].hear(change, names.split(","))
        elif sign == "-":
            self._open.pop(rest).over = True
        elif sign == "!":
            self._refused(rest)
        elif sign != "*":
            log, id = sign.split("/")
            self._message(log, int(id), rest)

    def _entered(self, room: str, others: str) -> None:
        self._open_box()
        last = self.world.room(room).log.last
        people = {self.current_name, *others.split(",")} - {""}
        self._begin(room, Stay(room, max(1, last - GREETING + 1), people=people))

    def _open_box(self) -> None:
        if "@" not in self._open:
            self._begin("@", Stay(self.terminal.session.person.box.name, 1))

    def _begin(self, shown: str, stay: Stay) -> None:
        self._open[shown] = stay
        self.stays.append(stay)

    def _refused(self, rest: str) -> None:
        error, _, line = rest.partition(" ")
        require(error in EXPECTED, f"a strange refusal: {rest}")
        self.unsaid += error in UNSAID
        if line:
            self.refused.append(line)

    def _message(self, log: str, id: int, rest: str) -> None:
        self._open_box()
        require(log in self._open, f"{self.name} was shown something of {log} without being there")
        stay = self._open[log]
        kept = self.world.unsteady.kept[stay.log]
        require(id <= len(kept), f"{self.name} was shown {log}/{id} before it was stored")
        text = kept[id - 1]
        if rest == "ack":
            require(text in self.said, f"{self.name} got an ack for {text}")
        else:
            require(rest.endswith(f": {text}"), f"{self.name} was shown {rest} in the place of {text}")
        stay.ids.append(id)


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
        self.chat.commits.failed = self._distrust

    def run(self) -> None:
        """A while of everything at once; then the rest comes to its end, and is checked.

        Raises:
            Violation: something happened that must not.
        """
        for _ in range(STEPS):
            self._step()
            self._pass_time(self.chance.choice((0, 0, 0.005, 0.02, 0.1)))
        self._calm_down()
        self._check_store()
        for visitor in self.visitors:
            visitor.check_stays()
        self._check_nothing_is_left()

    def report(self, failure: Failure) -> None:
        """A coroutine failed; nobody above would hear of it."""
        self._failures.append(failure)

    def room(self, name: str) -> Room:
        """The room as the chat has it, empty or not."""
        return self.chat._rooms[name]

    def _limits(self) -> Limits:
        chance = self.chance
        return Limits(
            flood_rate=0,
            greeting_lines=GREETING,
            tail_bytes=chance.choice((0, 400, 1000, 5000, 100_000)),
            tails_bytes=chance.choice((1000, 100_000)),
            page_bytes=chance.choice((1, 10, 40, 1000)),
            batch_messages=chance.choice((1, 2, 5, 1000)),
            queued_messages=chance.choice((5, 1000)),
            uncommitted_bytes=chance.choice((0, 10, 1000)),
        )

    def _pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for failure in self._failures:
            raise Violation(failure.getErrorMessage()) from failure.value

    def _distrust(self, error: StoreError) -> None:
        raise Violation(f"the store broke: {error}")

    def _step(self) -> None:
        """Somebody does something."""
        online = sum(visitor.here for visitor in self.visitors)
        active = [visitor for visitor in self.visitors if visitor.here and not visitor.quitting]
        if online < COMPANY and (not active or self.chance.random() < 0.2):
            self.visitors.append(Visitor(self, f"v{len(self.visitors)}", self.chance.random() < 0.5))
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

    def _talk(self, visitor: Visitor) -> None:
        self.texts += 1
        text = f"t{self.texts}"
        if self.chance.random() < 0.15:
            visitor.say(Tell(self.chance.choice(self.visitors).current_name, text))
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
        room = visitor.terminal.session.current
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
        for _ in range(400):
            for visitor in self.visitors:
                if visitor.here:
                    visitor.terminal.outlet.capacity = None
                    visitor.terminal.unblock()
            self._pass_time(0.05)
            if not self.clock.getDelayedCalls():
                break

    def _check_store(self) -> None:
        """What was said is kept once, in the order of its author, or was refused, or its author vanished."""
        kept = Counter(text for log, texts in self.unsteady.kept.items() if log[0] == "#" for text in texts)
        private = Counter(text for log, texts in self.unsteady.kept.items() if log[0] == "@" for text in texts)
        require(all(count == 1 for count in kept.values()), f"kept twice: {kept}")
        require(all(count == 2 for count in private.values()), f"private, but not in both boxes: {private}")
        for visitor in self.visitors:
            nowhere = 0
            for text in visitor.said:
                places = (text in kept) + (text in private) + (text in visitor.refused)
                require(places <= 1, f"{text} was refused, and kept all the same")
                nowhere += not places
            require(nowhere <= visitor.unsaid or visitor.vanished, f"{nowhere} of {visitor.name}'s words are nowhere")
            self._check_order(visitor)

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
        self._pass_time(1)
        require(list(self.chat._rooms) in ([], ["#lobby"]), f"rooms never closed: {list(self.chat._rooms)}")
