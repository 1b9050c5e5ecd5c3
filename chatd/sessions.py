"""The secrets by which programs take their name back after a cut. Must not know formats, connections' ends, or SQL."""

import hashlib
from dataclasses import replace
from itertools import count
from typing import Protocol

from chatd.clock import Clock, Spawn, WallClock
from chatd.errors import NotStored, SessionUnknown
from chatd.secret import Secret
from chatd.storage.contract import SESSION_SECONDS, SessionRecord, Store, StoreError, StoreFull

SWEEP_SECONDS = 3600.0
"""How often those that are over are forgotten."""
RETRY_SECONDS = 5.0
"""How soon a disk that was full is tried again."""
LIFETIME = SESSION_SECONDS
"""Seconds for which a secret is good after its last connection has ended."""


class Resumable(Protocol):
    """A connection that came by a secret."""

    @property
    def origin(self) -> int:
        """Its number."""

    def replaced(self, by: int) -> None:
        """The connection of this number has come by the same secret: say goodbye and close."""


class Sessions:
    """Which secret stands for whom, and which connection has it now."""

    def __init__(self, store: Store, clock: Clock, wall: WallClock, spawn: Spawn) -> None:
        self._store = store
        self._clock = clock
        self._wall = wall
        self._spawn = spawn
        self._sweeps_at = 0.0
        self._cut_at: float | None = wall()
        self._open: dict[str, tuple[Resumable, int]] = {}
        """By digest: the connection, and when its secret was presented."""
        self._turns = count(1)
        self._kept_open: set[str] = set()
        """Those of which the store knows that a connection comes by them, as far as nothing else was written since."""

    async def find(self, secret: Secret) -> SessionRecord:
        """What this secret stands for.

        Raises:
            SessionUnknown: nothing, or nothing any more.
            StoreError: the store could not say.
        """
        await self._sweep()
        record = await self._store.find_session(digest(secret))
        if record is None or (record.ended is not None and record.ended < self._wall() - LIFETIME):
            raise SessionUnknown
        return record

    async def keep(self, secret: Secret, person: int, name: str) -> SessionRecord:
        """From now on the secret stands for this person.

        Raises:
            NotStored: the store could not keep that.
        """
        record = SessionRecord(digest(secret), person, name)
        try:
            await self._sweep()
            await self._store.keep_session(record)
        except StoreFull:
            return record  # written when there is room; whoever only wants to come in is let in
        except StoreError as error:
            raise NotStored(reason=error.reason) from error
        self._kept_open.add(record.digest)
        return record

    def give_up(self, record: SessionRecord, before: SessionRecord | None) -> None:
        """Nobody came in by it after all; ``before`` is what was kept of it. Unless a connection has it, the time runs."""
        if record.digest not in self._open:
            self._end(before or record)

    def turn(self) -> int:
        """Somebody presents a secret now: of several who do, the last one is to have it, however long each is in coming."""
        return next(self._turns)

    def is_late(self, record: SessionRecord, turn: int) -> bool:
        """Whether somebody who presented the secret later has it already."""
        return record.digest in self._open and self._open[record.digest][1] > turn

    def begin(self, record: SessionRecord, connection: Resumable, turn: int) -> None:
        """The secret is this connection's, which presented it at its ``turn``; one that had it before is closed."""
        before = self._open.get(record.digest)
        self._open[record.digest] = (connection, turn)
        if record.digest not in self._kept_open:
            self._spawn(self._write(record))  # the one before has ended since this one was let in
        self._kept_open.discard(record.digest)
        if before is not None:
            before[0].replaced(connection.origin)

    async def forget_others(self, person: int, record: SessionRecord | None) -> None:
        """Nobody comes back as this person any more, except by this one.

        Raises:
            StoreError: the store could not forget them.
        """
        await self._store.forget_sessions(person, record.digest if record is not None else None)

    def drop(self, record: SessionRecord) -> None:
        """Nothing more is known of it here."""
        self._open.pop(record.digest, None)
        self._kept_open.discard(record.digest)

    def rename(self, record: SessionRecord, name: str) -> SessionRecord:
        """Its owner is called otherwise now."""
        renamed = replace(record, name=name)
        self._spawn(self._write(renamed))
        return renamed

    def end(self, record: SessionRecord, connection: Resumable) -> None:
        """The connection that had it is gone: from now on the time runs, unless another one has it."""
        has_it, _ = self._open.get(record.digest, (None, 0))  # nobody: it was dropped
        if has_it is connection:
            del self._open[record.digest]
            self._end(record)

    def _end(self, record: SessionRecord) -> None:
        self._kept_open.discard(record.digest)
        self._spawn(self._write(replace(record, ended=self._wall())))

    async def _sweep(self) -> None:
        """Forget those that are over, now and then; at the first time, those that the last server left open are cut."""
        now = self._wall()
        if now >= self._sweeps_at:
            await self._store.sweep_sessions(now - LIFETIME, self._cut_at)
            self._sweeps_at, self._cut_at = now + SWEEP_SECONDS, None

    async def _write(self, record: SessionRecord) -> None:
        try:
            await self._store.keep_session(record)
        except StoreFull:
            self._clock.callLater(RETRY_SECONDS, self._write_again, record)
        except StoreError:
            return  # the next start takes it for open, and lets its time run from there

    def _write_again(self, record: SessionRecord) -> None:
        """There may be room now; unless there is something newer to write."""
        if (record.ended is None) == (record.digest in self._open):
            self._spawn(self._write(record))


def digest(secret: Secret) -> str:
    """By what a secret is known to the store, which must not be able to tell it."""
    return hashlib.sha256(secret.value.encode("utf-8", "surrogatepass")).hexdigest()
