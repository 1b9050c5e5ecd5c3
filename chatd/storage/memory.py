"""Logs in memory, for a server that forgets when it stops, and for tests. Knows no disk, no threads, no Twisted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from itertools import count, islice, takewhile
from math import inf
from operator import itemgetter
from typing import TypeAlias

from chatd.details import Clause
from chatd.events import Entry, Kind, Message
from chatd.languages import N_
from chatd.storage.contract import (
    KIND_VALUES,
    KINDS,
    SESSION_SECONDS,
    Account,
    Append,
    Head,
    Page,
    Placed,
    Pruned,
    Repeated,
    Retention,
    SessionRecord,
    StoreError,
    recognised_since,
)
from chatd.storage.pages import backwards, fill
from chatd.words import Query

KEPT = 10_000
"""Messages of one log that are remembered; what is older is a gap."""
FORGOTTEN_AT_ONCE = 200
"""Of those that are older: each time the others move up in their list, and so many are freed in a tenth of a millisecond."""
RECEIPTS = 100_000
"""Messages that were dropped, and are recognised when they are sent again."""
PRUNED_LOGS = 1000
"""Logs that one call of ``prune`` looks at."""

_Row: TypeAlias = tuple[int, str, str, str, float, int, int, str, str | None]
"""A message, behind its place in the order over all logs. A plain tuple of plain values, so that Python's collector loses sight
of it the first time (``Objects/tupleobject.c``, ``_PyTuple_MaybeUntrack``): there may be a million, and to look at all that
is kept would stop everything for a tenth of a second."""
_TOLD = Kind.TOLD.value


def _row(place: int, message: Message) -> _Row:
    kind, name, text, at, person, origin, to, cid = message
    return place, KIND_VALUES[kind], name, text, at, person, origin, to, cid


def _identity(row: _Row) -> tuple[int, str] | None:
    """The same as of the message."""
    kind, person, cid = row[1], row[5], row[8]
    return None if cid is None or kind == _TOLD else (person, cid)


@dataclass(slots=True)
class _Log:
    """The end of one log. ``rows`` may still hold a few messages that are forgotten already."""

    last: int = 0
    shown: str = ""
    topic: str = ""
    rows: list[_Row] = field(default_factory=list)

    def first(self, kept: int) -> int:
        """The id of the first entry that is remembered, or would be."""
        return self.last - min(len(self.rows), kept) + 1

    def between(self, first: int, last: int) -> range:
        """Where in ``rows`` the ids from ``first`` to ``last`` are."""
        before = self.last - len(self.rows)
        return range(max(first - 1 - before, 0), min(last - before, len(self.rows)))

    def newest_first(self, upto: int, kept: int) -> range:
        """Where the remembered ones up to this id are."""
        return self.between(self.first(kept), upto)[::-1]

    def message(self, at: int) -> Message:
        """The one that is there."""
        row = self.rows[at]
        return Message(KINDS[row[1]], *row[2:])

    def entry(self, at: int) -> Entry:
        """The same, with its id."""
        return Entry(self.last - len(self.rows) + 1 + at, self.message(at))


_UNKNOWN = _Log()


class MemoryStore:
    """A :class:`chatd.storage.contract.Store` whose methods complete at once. Nothing in it survives the process."""

    def __init__(self, epoch: str = "", kept: int = KEPT) -> None:
        self._epoch = epoch
        self._kept = kept
        self._logs: dict[str, _Log] = {}
        self._kept_as: dict[tuple[int, str], tuple[str, int, float]] = {}  # plain, as rows are
        self._receipts: dict[tuple[int, str], float] = {}
        self._count = 0
        self._accounts: dict[int, Account] = {}
        self._sessions: dict[str, SessionRecord] = {}

    async def epoch(self) -> str:
        """See :class:`~chatd.storage.contract.Store`. What it was made with: every start should have another."""
        return self._epoch

    async def head(self, log: str) -> Head:
        """See :class:`~chatd.storage.contract.Store`."""
        known = self._logs.get(log, _UNKNOWN)
        at = known.message(-1).at if known.rows else 0.0
        return Head(known.last, known.shown, known.topic, at, known.first(self._kept))

    async def describe(self, log: str, shown: str, topic: str) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        known = self._logs.setdefault(log, _Log())
        known.shown, known.topic = shown, topic

    async def append(self, appends: Sequence[Append]) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        self._kept_as |= {key: (*place,) for key, place in self._check(appends).items()}
        for append in appends:
            log = self._logs.setdefault(append.log, _Log())
            log.rows += map(_row, count(self._count + 1), append.messages)
            self._count += len(append.messages)
            log.last += len(append.messages)
            self._forget(log)

    def _check(self, appends: Sequence[Append]) -> dict[tuple[int, str], Placed]:
        """Where those of these messages will be that can be recognised.

        Raises:
            Repeated: some of them are kept already.
            StoreError: a message would not follow its log's last, or is there twice.
        """
        self._require_no_gap(appends)
        places = [place for append in appends for place in append.places()]
        repeats = {key: Placed(*self._kept_as[key]) for key, _ in places if key in self._kept_as}
        if repeats:
            raise Repeated(repeats)
        if len(dict(places)) < len(places):
            raise StoreError("One message is to be kept twice.")
        return dict(places)

    def _require_no_gap(self, appends: Sequence[Append]) -> None:
        lasts: dict[str, int] = {}
        for append in appends:
            last = lasts.get(append.log, self._logs.get(append.log, _UNKNOWN).last)
            if append.first != last + 1:
                raise StoreError(f"Message {append.first} of {append.log} does not follow message {last}.")
            lasts[append.log] = last + len(append.messages)

    def _forget(self, log: _Log) -> None:
        """Drop the oldest once there are some, so that it costs little per message."""
        surplus = len(log.rows) - self._kept
        if surplus >= FORGOTTEN_AT_ONCE:
            self._drop(log, surplus)

    def _drop(self, log: _Log, count: int) -> None:
        """Drop the first so many. They are recognised all the same, if they are sent again; the oldest of too many are not."""
        dropped = islice(log.rows, count)
        self._receipts |= {key: row[4] for row in dropped if (key := _identity(row)) is not None}
        del log.rows[:count]
        self._forget_receipts(list(islice(self._receipts, max(len(self._receipts) - RECEIPTS, 0))))

    def _forget_receipts(self, keys: Iterable[tuple[int, str]]) -> None:
        for key in keys:
            del self._receipts[key], self._kept_as[key]

    async def prune(self, retention: Retention, now: float, place: str = "") -> Pruned:
        """See :class:`~chatd.storage.contract.Store`."""
        names = nsmallest(PRUNED_LOGS, (name for name in self._logs if name > place))
        dropped = sum(self._prune(self._logs[name], retention, now) for name in names)
        newest = max((at for at in self._receipts.values() if at <= now - SESSION_SECONDS), default=-inf)
        since = recognised_since(newest)
        self._forget_receipts([key for key, at in self._receipts.items() if at < since])
        return Pruned(dropped, names[-1] if len(names) == PRUNED_LOGS else None)

    def _prune(self, log: _Log, retention: Retention, now: float) -> int:
        self._drop(log, max(len(log.rows) - self._kept, 0))  # what is forgotten already
        rows = enumerate(log.rows, log.first(len(log.rows)))
        old = takewhile(lambda numbered: retention.drops(numbered[0], numbered[1][4], log.last, now), rows)
        count = sum(1 for _ in old)
        self._drop(log, count)
        return count

    async def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        known = self._logs.get(log, _UNKNOWN)
        return fill(map(known.entry, known.between(max(after + 1, known.first(self._kept)), upto)), budget)

    async def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        known = self._logs.get(log, _UNKNOWN)
        entries = map(known.entry, known.newest_first(upto, self._kept))
        return backwards(fill(takewhile(lambda entry: entry.message.at >= since, entries), budget, count))

    async def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """See :class:`~chatd.storage.contract.Store`."""
        query = Query.parse(words)
        if query is None:
            return Page(())
        found: list[tuple[int, Entry]] = []
        for log, last in upto.items():
            known = self._logs.get(log, _UNKNOWN)
            matching = (at for at in known.newest_first(last, self._kept) if query.matches(known.rows[at][3]))
            found += [(known.rows[at][0], known.entry(at)) for at in islice(matching, count + 1)]
        found.sort(key=itemgetter(0))
        newest = found[max(len(found) - count, 0) :]
        return Page(tuple(entry for _, entry in newest), cut=len(newest) < len(found))

    async def accounts(self) -> Sequence[Account]:
        """See :class:`~chatd.storage.contract.Store`."""
        return list(self._accounts.values())

    async def keep_account(self, account: Account) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        if any(other.key == account.key and other.person != account.person for other in self._accounts.values()):
            raise StoreError(Clause(N_("{name} is the account of somebody else."), name=account.name))
        self._accounts[account.person] = account

    async def mark_seen(self, person: int, seen: int) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        account = self._accounts.get(person)
        if account is not None:
            self._accounts[person] = replace(account, seen=max(seen, account.seen))

    async def mark_language(self, person: int, language: str) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        account = self._accounts.get(person)
        if account is not None:
            self._accounts[person] = replace(account, language=language)

    async def keep_session(self, session: SessionRecord) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        self._sessions[session.digest] = session

    async def find_session(self, digest: str) -> SessionRecord | None:
        """See :class:`~chatd.storage.contract.Store`."""
        return self._sessions.get(digest)

    async def forget_sessions(self, person: int, but: str | None = None) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        kept = (one for one in self._sessions.values() if one.person != person or one.digest == but)
        self._sessions = {session.digest: session for session in kept}

    async def find_message(self, person: int, cid: str) -> Placed | None:
        """See :class:`~chatd.storage.contract.Store`."""
        place = self._kept_as.get((person, cid))
        return None if place is None else Placed(*place)

    async def sweep_sessions(self, before: float, cut: float | None = None) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        kept = (session for session in self._sessions.values() if session.ended is None or session.ended >= before)
        ended = (session if session.ended is not None else replace(session, ended=cut) for session in kept)
        self._sessions = {session.digest: session for session in ended}

    async def close(self) -> None:
        """See :class:`~chatd.storage.contract.Store`."""
        for kept in (self._logs, self._kept_as, self._receipts, self._accounts, self._sessions):
            kept.clear()
