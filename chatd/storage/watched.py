"""A store of which the operator is told when it cannot write or read, and when it can again.

Knows the contract of a store, and time. Must not know how logs are kept, or how an operator is told.
"""

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from chatd.clock import Clock
from chatd.events import Kind
from chatd.storage.contract import (
    Account,
    Append,
    Head,
    Page,
    Placed,
    Pruned,
    Repeated,
    Retention,
    SessionRecord,
    Store,
    StoreError,
    StoreFull,
)
from chatd.storage.outage import Outage

R = TypeVar("R")


class Operator(Protocol):
    """Who is told. Seconds are how long it lasts, or has lasted."""

    def writing_refused(self, reason: str, count: int, seconds: float) -> None:
        """So many messages could not be stored, so far; a sentence says why."""

    def writing_works(self, count: int, seconds: float) -> None:
        """They can be again. So many were refused."""

    def reading_failed(self, reason: str, count: int, seconds: float) -> None:
        """So often something could not be read, so far; a sentence says why."""

    def reading_works(self, count: int, seconds: float) -> None:
        """It can be again."""


class WatchedStore:
    """A :class:`~chatd.storage.contract.Store`: another one, and a look at what comes of each call.

    Nothing can be stored from the first refusal for want of room until messages are: other writing may have changed nothing,
    so that it works also on a full disk. What does not pass is not told here: it is for whoever appends to do so, and to end
    it all. Nor is pruning looked at, of which the operator is told already.
    """

    def __init__(self, store: Store, clock: Clock, operator: Operator) -> None:
        self._store = store
        self._writing = Outage(clock, operator.writing_refused, operator.writing_works)
        self._reading = Outage(clock, operator.reading_failed, operator.reading_works)
        self._ended = False

    async def _read(self, reading: Coroutine[Any, Any, R]) -> R:
        try:
            done = await reading
        except StoreError as error:
            self._failed(self._reading, error, 1)
            raise
        self._worked(self._reading)
        return done

    async def _write(self, writing: Coroutine[Any, Any, None], appends: Sequence[Append] = ()) -> None:
        """Something, with these messages in it. That it works is no sign of anything yet."""
        try:
            await writing
        except StoreFull as error:
            self._failed(self._writing, error, _said(appends))
            raise
        except Repeated:
            raise  # it says nothing of what can be written
        except StoreError:
            self._writing.goes_on()
            raise

    def _failed(self, outage: Outage, error: StoreError, count: int) -> None:
        if not self._ended:  # else that is the reason
            outage.failed(str(error), count)

    def _worked(self, outage: Outage) -> None:
        if not self._ended:  # else nobody waits for it to be over
            outage.worked()

    async def append(self, appends: Sequence[Append]) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        try:
            await self._write(self._store.append(appends), appends)
        except (StoreFull, Repeated):
            raise
        except StoreError:
            self._ended = True
            raise
        self._worked(self._writing)

    async def describe(self, log: str, shown: str, topic: str) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._write(self._store.describe(log, shown, topic))

    async def keep_account(self, account: Account) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._write(self._store.keep_account(account))

    async def mark_seen(self, person: int, seen: int) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._write(self._store.mark_seen(person, seen))

    async def mark_language(self, person: int, language: str) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._write(self._store.mark_language(person, language))

    async def keep_session(self, session: SessionRecord) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._write(self._store.keep_session(session))

    async def forget_sessions(self, person: int, but: str | None = None) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._write(self._store.forget_sessions(person, but))

    async def sweep_sessions(self, before: float, cut: float | None = None) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        await self._write(self._store.sweep_sessions(before, cut))

    async def prune(self, retention: Retention, now: float, place: str = "") -> Pruned:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._store.prune(retention, now, place)

    async def epoch(self) -> str:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._read(self._store.epoch())

    async def head(self, log: str) -> Head:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._read(self._store.head(log))

    async def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._read(self._store.read(log, after, upto, budget))

    async def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._read(self._store.latest(log, upto, count, since, budget))

    async def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._read(self._store.search(upto, words, count))

    async def find_message(self, person: int, cid: str) -> Placed | None:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._read(self._store.find_message(person, cid))

    async def accounts(self) -> Sequence[Account]:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._read(self._store.accounts())

    async def find_session(self, digest: str) -> SessionRecord | None:
        """See :class:`~chatd.storage.contract.Store`."""
        return await self._read(self._store.find_session(digest))

    async def close(self) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        self._ended = True
        self._writing.close()
        self._reading.close()
        await self._store.close()


def _said(appends: Sequence[Append]) -> int:
    """How many messages that is. Of a private one there are two copies."""
    return sum(message.kind is not Kind.TOLD for append in appends for message in append.messages)
