"""Logs in memory, for a server that forgets when it stops, and for tests. Knows no disk, no threads, no Twisted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from operator import itemgetter

from chatd.events import Entry, Kind, Message
from chatd.storage.contract import Append, Head, Page, StoreError
from chatd.storage.pages import backwards, fill
from chatd.storage.words import Query

KEPT = 10_000
"""Messages of one log that are remembered; what is older is a gap."""


@dataclass(slots=True)
class _Log:
    """The end of one log. ``entries`` may still hold up to as many again that are forgotten already."""

    last: int = 0
    shown: str = ""
    topic: str = ""
    entries: list[tuple[int, Entry]] = field(default_factory=list)
    """Each with its place in the order over all logs."""

    def between(self, first: int, last: int) -> slice:
        """Where in ``entries`` the ids from ``first`` to ``last`` are."""
        before = self.last - len(self.entries)
        return slice(max(first - 1 - before, 0), max(last - before, 0))

    def newest_first(self, upto: int, kept: int) -> Iterator[tuple[int, Entry]]:
        """The remembered entries up to this id, without a copy of them all."""
        reach = self.between(self.last - kept + 1, upto)
        return (self.entries[at] for at in reversed(range(*reach.indices(len(self.entries)))))


_UNKNOWN = _Log()


class MemoryStore:
    """A :class:`chatd.storage.contract.Store` whose methods complete at once. Nothing in it survives the process."""

    def __init__(self, epoch: str = "", kept: int = KEPT) -> None:
        self._epoch = epoch
        self._kept = kept
        self._logs: dict[str, _Log] = {}
        self._cids: set[tuple[int, str]] = set()
        self._count = 0

    async def epoch(self) -> str:
        """See :class:`~chatd.storage.contract.Store`. What it was made with: every start should have another."""
        return self._epoch

    async def head(self, log: str) -> Head:
        """See :class:`~chatd.storage.contract.Store`."""
        known = self._logs.get(log, _UNKNOWN)
        return Head(known.last, known.shown, known.topic)

    async def describe(self, log: str, shown: str, topic: str) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        known = self._logs.setdefault(log, _Log())
        known.shown, known.topic = shown, topic

    async def append(self, appends: Sequence[Append]) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        cids = self._check(appends)
        self._cids |= cids
        for append in appends:
            log = self._logs.setdefault(append.log, _Log())
            for id, message in enumerate(append.messages, append.first):
                self._count += 1
                log.entries.append((self._count, Entry(id, message)))
            log.last += len(append.messages)
            self._forget(log)

    def _check(self, appends: Sequence[Append]) -> set[tuple[int, str]]:
        """The clients' ids among these messages.

        Raises:
            StoreError: a message would not follow its log's last, or is a repeat.
        """
        lasts: dict[str, int] = {}
        cids: set[tuple[int, str]] = set()
        for append in appends:
            last = lasts.get(append.log, self._logs.get(append.log, _UNKNOWN).last)
            if append.first != last + 1:
                raise StoreError(f"Message {append.first} of {append.log} does not follow message {last}.")
            lasts[append.log] = last + len(append.messages)
            for cid in filter(None, map(_cid, append.messages)):
                if cid in cids or cid in self._cids:
                    raise StoreError(f"A message of {append.log} is kept already.")
                cids.add(cid)
        return cids

    def _forget(self, log: _Log) -> None:
        """Drop the oldest once they are as many as those kept, so that it costs little per message."""
        surplus = len(log.entries) - self._kept
        if surplus >= self._kept:
            self._cids.difference_update(filter(None, (_cid(entry.message) for _, entry in log.entries[:surplus])))
            del log.entries[:surplus]

    async def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        known = self._logs.get(log, _UNKNOWN)
        reach = known.between(max(after, known.last - self._kept) + 1, upto)
        places = range(*reach.indices(len(known.entries)))
        return fill((known.entries[at][1] for at in places), budget)

    async def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        entries = (entry for _, entry in self._logs.get(log, _UNKNOWN).newest_first(upto, self._kept))
        return backwards(fill(takewhile(lambda entry: entry.message.at >= since, entries), budget, count))

    async def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        query = Query.parse(words)
        if query is None:
            return Page(())
        found: list[tuple[int, Entry]] = []
        for log, last in upto.items():
            entries = self._logs.get(log, _UNKNOWN).newest_first(last, self._kept)
            found += islice((kept for kept in entries if query.matches(kept[1].message.text)), count + 1)
        found.sort(key=itemgetter(0))
        newest = found[max(len(found) - count, 0) :]
        return Page(tuple(entry for _, entry in newest), cut=len(newest) < len(found))

    async def close(self) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        self._logs.clear()
        self._cids.clear()


def _cid(message: Message) -> tuple[int, str] | None:
    """By what a repeat is recognised. The receiver's copy of a private message is none of the sender's."""
    return None if message.cid is None or message.kind is Kind.TOLD else (message.person, message.cid)
