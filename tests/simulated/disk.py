"""The disk of a simulation, and a server's way to it: what is kept survives the server, what was under way may or may not.

Knows the contract of a store. Must not know the server, or why a call is made.
"""

import copy
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from random import Random
from typing import Any, TypeVar

from twisted.internet.defer import Deferred

from chatd.clock import Clock
from chatd.storage.contract import (
    Account,
    Append,
    Head,
    Page,
    Placed,
    Pruned,
    Retention,
    SessionRecord,
    StoreError,
    StoreFull,
)
from chatd.storage.memory import MemoryStore
from tests.simulated.ledger import Ledger
from tests.simulated.violation import Violation, require

T = TypeVar("T")
WAITS = (0, 0, 0.001, 0.01, 0.05)
"""Seconds that a call may take before it takes effect, and after."""


class Disk:
    """What is kept, whatever becomes of servers. Histories are told apart by their epoch."""

    def __init__(self, chance: Random, counts: Counter[str]) -> None:
        self.ledger = Ledger()
        self.counts = counts
        self.full = False
        """There is no room."""
        self.broken = False
        """Whatever is written fails, and not for want of room."""
        self.unreadable = 0.0
        """How often reading fails."""
        self.slowness = 0.0
        """Seconds that every page takes to be read, and more."""
        self.forgetful = False
        """Something that is no message could not be written: it may be missing after the next start."""
        self.ambush: Callable[[], None] | None = None
        """Called once, when something has been written and nobody has been told."""
        self.kept = self._new()
        self._chance = chance
        self._backup: tuple[MemoryStore, dict[str, tuple[int, int]]] | None = None
        self.ledger.begin("e0")

    def back_up(self) -> None:
        """Keep a copy."""
        self._backup = copy.deepcopy(self.kept), self.ledger.reach()

    def put_back(self) -> None:
        """Put the copy in the place of what is kept, or nothing if there is none: it is another history from here on."""
        epoch = f"e{len(self.ledger.histories)}"
        kept, reach = self._backup or (self._new(), {})
        self.kept = copy.deepcopy(kept)
        self.kept._epoch = epoch
        self.ledger.begin(epoch, reach)
        self.forgetful = True

    def prune(self, retention: Retention, now: float, place: str = "") -> Pruned:
        """Drop some of what is too much by that."""
        pruned = at_once(self.kept.prune(retention, now, place))
        for log in self.ledger.histories[self.ledger.epoch]:
            self.ledger.prune(log, at_once(self.kept.head(log)).first)
        self.counts["pruned"] += pruned.dropped
        return pruned

    def _new(self) -> MemoryStore:
        return MemoryStore(self.ledger.epoch or "e0")


def at_once(asked: Coroutine[Any, Any, T]) -> T:
    """The answer of a store that does not let anybody wait."""
    try:
        asked.send(None)
    except StopIteration as answered:
        answer: T = answered.value
        return answer
    raise Violation("a store in memory made somebody wait")


class DiskStore:
    """One server's store: every call takes a while, before and after it takes effect, and none returns to the dead."""

    def __init__(self, disk: Disk, clock: Clock, chance: Random) -> None:
        self._disk = disk
        self._clock = clock
        self._chance = chance
        self._dead = False
        self._forever: list[Deferred[None]] = []
        self._under_way = 0
        self.appending = False
        """Something is on its way to the disk,"""
        self.landed = False
        """and is there, though nobody has been told."""

    def die(self) -> None:
        """The server is gone: nothing takes effect any more."""
        self._dead = True

    async def epoch(self) -> str:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._disk.kept.epoch()

    async def head(self, log: str) -> Head:
        """Where the log stood when the call took effect; the answer may be late."""
        await self._reads()
        return await self._late(await self._disk.kept.head(log))

    async def describe(self, log: str, shown: str, topic: str) -> None:
        """Keep a room's spelling and topic."""
        await self._writes()
        await self._disk.kept.describe(log, shown, topic)

    async def append(self, appends: Sequence[Append]) -> None:
        """Keep all or none; only one at a time."""
        require(not self.appending, "two commits at the same time")
        self.appending = True
        try:
            await self._writes("full_appends")
            await self._disk.kept.append(appends)
            self._disk.ledger.keep(appends)
            self._disk.counts["commits"] += 1
            self.landed = True
            ambush, self._disk.ambush = self._disk.ambush, None
            if ambush is not None:
                ambush()
            await self._while()
        finally:
            self.appending = self.landed = False

    async def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """What is there when the call takes effect."""
        await self._reads()
        if self._disk.slowness:
            await self._for(self._disk.slowness)
        return await self._late(await self._disk.kept.read(log, after, upto, budget))

    async def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """The same."""
        await self._reads()
        return await self._late(await self._disk.kept.latest(log, upto, count, since, budget))

    async def find_message(self, person: int, cid: str) -> Placed | None:
        """The same."""
        await self._reads()
        return await self._late(await self._disk.kept.find_message(person, cid))

    async def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """The same."""
        await self._reads()
        return await self._late(await self._disk.kept.search(upto, words, count))

    async def accounts(self) -> Sequence[Account]:
        """The same."""
        await self._reads()
        return await self._late(await self._disk.kept.accounts())

    async def keep_account(self, account: Account) -> None:
        """Keep it, if there is room."""
        await self._writes()
        await self._disk.kept.keep_account(account)
        await self._while()

    async def mark_seen(self, person: int, seen: int) -> None:
        """The same."""
        await self._writes()
        await self._disk.kept.mark_seen(person, seen)

    async def mark_language(self, person: int, language: str) -> None:
        """The same."""
        await self._writes()
        await self._disk.kept.mark_language(person, language)

    async def keep_session(self, session: SessionRecord) -> None:
        """The same."""
        await self._writes()
        await self._disk.kept.keep_session(session)
        await self._while()

    async def find_session(self, digest: str) -> SessionRecord | None:
        """What is there when the call takes effect."""
        await self._reads()
        return await self._late(await self._disk.kept.find_session(digest))

    async def forget_sessions(self, person: int, but: str | None = None) -> None:
        """Forget them, if there is room to write that down."""
        await self._writes()
        await self._disk.kept.forget_sessions(person, but)

    async def sweep_sessions(self, before: float, cut: float | None = None) -> None:
        """The same."""
        await self._writes()
        await self._disk.kept.sweep_sessions(before, cut)

    async def prune(self, retention: Retention, now: float, place: str = "") -> Pruned:
        """Drop what is too old, if there is room to write that down."""
        await self._writes()
        return await self._late(self._disk.prune(retention, now, place))

    async def close(self) -> None:
        """Wait for what is under way; what is kept is kept."""
        while self._under_way and not self._dead:
            waited: Deferred[None] = Deferred()
            self._clock.callLater(WAITS[-1], waited.callback, None)
            await waited

    async def _writes(self, refused: str = "full_writes") -> None:
        """The moment when a call takes effect that writes something."""
        await self._while()
        disk = self._disk
        if disk.broken:
            raise StoreError("The disk is broken.")
        if disk.full and self._chance.random() < 0.8:  # something small may fit
            disk.counts[refused] += 1
            disk.forgetful = True
            raise StoreFull("The disk is full.")

    async def _reads(self) -> None:
        """The moment when a call takes effect that reads something."""
        await self._while()
        if self._disk.unreadable and self._chance.random() < self._disk.unreadable:
            self._disk.counts["unreadable"] += 1
            raise StoreError("The disk does not answer.")

    async def _late(self, answer: T) -> T:
        await self._while()
        return answer

    async def _while(self) -> None:
        """Some time, or none at all; for a server that is gone meanwhile, for ever."""
        if self._dead:
            waited: Deferred[None] = Deferred()
            self._forever.append(waited)
            await waited
        seconds = self._chance.choice(WAITS)
        if seconds:
            await self._for(seconds)

    async def _for(self, seconds: float) -> None:
        """So long; for a server that is gone meanwhile, for ever."""
        waited: Deferred[None] = Deferred()
        self._under_way += 1
        self._clock.callLater(seconds, waited.callback, None)
        await waited
        self._under_way -= 1
