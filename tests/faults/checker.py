"""Whether the promise held: what witnesses wrote down, against what is in the log. Linear in both.

P1  What was acknowledged is in the log, under the id that was named.
P2  One entry for each message, however often it was sent; each acknowledgement of it names the same one. A private one has
    one in each of two boxes: its sender's and its receiver's.
P3  Ids are dense; everybody heard exactly what is in the log, in its order, without a gap that was not announced and without a
    repeat, over all their connections; and in the end all of it.
P4  What one person said stands in the order in which they said it.
P5  Nothing is in a log that nobody said there.
P6  In the end everybody knows what became of everything they said: what was refused for good is nowhere, and who comes
    back with a session is known.
P7  Another history is announced before any id of it; and none is that is not another one.

Knows records and dumps. Must not know how either came about, sockets, or the server.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import pairwise

from tests.faults.dumps import Dump, Entry
from tests.faults.records import Fact, Kind, Record

BOX = "@"
OTHER_COPY = {"sent": "told", "told": "sent"}
"""The kinds of a private message's two entries: in the box of who wrote it, and of whom it is for."""
AT_MOST = 20
"""Violations that are told one by one."""


@dataclass(slots=True)
class Known:
    """What the records say altogether."""

    said: dict[str, tuple[str, Fact]] = field(default_factory=dict)
    """By text: who said it, and the first time they sent it. Texts are unique."""
    places: dict[str, int] = field(default_factory=dict)
    """By text: the how-manieth thing it is that this person said."""


def check(
    records: Sequence[Record], dumps: Sequence[Dump], *, finished: bool = True, forgetful: bool = False
) -> list[str]:
    """What the promise rules out and is so all the same; at most :data:`AT_MOST` sentences, and how many more there are.

    ``dumps`` are the histories one after the other, the last one as it is in the end: more than one only if a backup was put
    back. ``finished``: everybody had the time to hear everything (P6, and the end of P3). ``forgetful``: what was done to the
    server is a reason for not knowing somebody any more. From boxes nothing may have been dropped for its age.
    """
    known = _known(records)
    by_epoch = {dump.epoch: dump for dump in dumps}
    kept = {dump.epoch: {entry.text for entries in dump.logs.values() for entry in entries} for dump in dumps}
    violations: list[str] = []
    for dump in dumps:
        violations += _check_dump(dump, known)
    for record in records:
        hearing = _Hearing(record, by_epoch, kept)
        violations += hearing.check(finished=finished, forgetful=forgetful, last=dumps[-1])
    more = len(violations) - AT_MOST
    return violations[:AT_MOST] + ([f"And {more:,} more violations."] if more > 0 else [])


def _known(records: Iterable[Record]) -> Known:
    known = Known()
    for record in records:
        for fact in record.of(Kind.SENT):
            known.places[fact.text] = len(known.places)
            known.said[fact.text] = record.name, fact
    return known


def _check_dump(dump: Dump, known: Known) -> Iterator[str]:
    for log, entries in dump.logs.items():
        yield from _check_ids(log, entries)
        yield from _check_authors(log, entries, known)
    yield from _check_boxes({log: entries for log, entries in dump.logs.items() if log[:1] == BOX})


def _check_ids(log: str, entries: Sequence[Entry]) -> Iterator[str]:
    """P3: dense, from wherever it begins."""
    for before, after in pairwise(entries):
        if after.id != before.id + 1:
            yield f"P3: in {log}, message {before.id} is followed by message {after.id}."


def _check_authors(log: str, entries: Iterable[Entry], known: Known) -> Iterator[str]:
    """P2, P4 and P5."""
    last: dict[str, int] = {}
    seen: dict[str, int] = {}
    for entry in entries:
        who, sent = known.said.get(entry.text, ("", None))
        where = BOX if log[:1] == BOX else log
        if sent is None or (who, sent.to, sent.room) != (entry.name, entry.to, where):
            yield f"P5: message {entry.id} of {log}, {entry.text[:40]!r} by {entry.name}, was never said like that."
            continue
        if entry.text in seen:
            yield f"P2: messages {seen[entry.text]} and {entry.id} of {log} are the same, {entry.text[:40]!r}."
            continue
        seen[entry.text] = entry.id
        place = known.places[entry.text]
        if place < last.get(who, -1):
            yield f"P4: message {entry.id} of {log}, {entry.text[:40]!r}, was said before the one by {who} before it."
        last[who] = place


def _check_boxes(boxes: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    """P2 and P5: both have it, who wrote it and whom it is for, and nobody else."""
    copies = {(entry.kind, entry.text) for entries in boxes.values() for entry in entries}
    for box, entries in boxes.items():
        owner = _owner(entries[0]) if entries else ""
        for entry in entries:
            what = f"message {entry.id} of {box}, {entry.text[:40]!r}"
            if (OTHER_COPY.get(entry.kind), entry.text) not in copies:
                other = entry.to if entry.kind == "sent" else entry.name
                yield f"P2: {what}, is not in the box of {other}."
            if _owner(entry) != owner:
                yield f"P5: {what}, belongs to {_owner(entry)}, and this is the box of {owner}."


def _owner(entry: Entry) -> str:
    """In whose box this is."""
    return entry.name if entry.kind == "sent" else entry.to


def _said(text: str, by: str, to: str) -> str:
    return f"{text[:40]!r} by {by}" + (f" to {to}" if to else "")


class _Hearing:
    """One record, gone through from its beginning to its end."""

    def __init__(self, record: Record, dumps: Mapping[str, Dump], kept: Mapping[str, AbstractSet[str]]) -> None:
        self._record = record
        self._dumps = dumps
        self._kept = kept
        self._epoch = ""
        self._epochs: dict[str, str] = {}
        self._last: dict[str, int] = {}
        self._sent = {fact.cid: fact for fact in record.of(Kind.SENT)}
        self._acked: dict[str, tuple[str, str, int]] = {}
        self._open = dict.fromkeys(self._sent)
        self._logs = {epoch: self._find_logs(dump) for epoch, dump in dumps.items()}

    def _find_logs(self, dump: Dump) -> dict[str, dict[int, Entry]]:
        """The logs that this person may read, by the names it knows them by."""
        logs = {log: entries for log, entries in dump.logs.items() if log[:1] != BOX}
        for log, entries in dump.logs.items():
            if log[:1] == BOX and entries and _owner(entries[0]) == self._record.name:
                logs[BOX] = entries
        return {log: {entry.id: entry for entry in entries} for log, entries in logs.items()}

    def check(self, *, finished: bool, forgetful: bool, last: Dump) -> Iterator[str]:
        """All violations in this record."""
        for fact in self._record.facts:
            for violation in self._check_fact(fact):
                yield f"{violation} ({self._record.name}, at {fact.at:.3f})"
        forgotten = any(self._record.of(Kind.STRANGER))
        if forgotten and not forgetful:
            yield f"P6: {self._record.name} came back with a session, and the server did not know it any more."
        if finished and not forgotten:
            yield from self._check_end(last)

    def _check_fact(self, fact: Fact) -> Iterator[str]:
        self._epoch = fact.epoch or self._epoch
        match fact.kind:
            case Kind.ACKED:
                yield from self._check_ack(fact)
            case Kind.HEARD:
                yield from self._check_heard(fact)
            case Kind.REFUSED:
                yield from self._check_refusal(fact)
            case Kind.GAP:
                yield from self._check_gap(fact)
            case Kind.ENTERED | Kind.RESUMED | Kind.RESET:
                yield from self._check_place(fact)

    def _check_ack(self, fact: Fact) -> Iterator[str]:
        """P1, P2, and P3: it takes its message's place, or is about a place that was passed."""
        sent, epoch, last = self._sent.get(fact.cid), self._epochs.get(fact.room, ""), self._last.get(fact.room, 0)
        self._open.pop(fact.cid, None)
        place = (epoch, fact.room, fact.id)
        before = self._acked.setdefault(fact.cid, place)
        if before[0] == epoch and before != place:
            yield f"P2: {fact.cid} was acknowledged as {before[2]} and as {fact.id} of {fact.room}."
        self._acked[fact.cid] = place
        if fact.id > last + 1:
            yield f"P3: {fact.cid} was acknowledged as {fact.id} of {fact.room} when {last} was the last one."
        self._last[fact.room] = max(last, fact.id)
        kept = self._entry(epoch, fact)
        if kept is None or sent is None or kept.text != sent.text:
            what = "nothing" if kept is None else repr(kept.text[:40])
            yield f"P1: {fact.cid} was acknowledged as {fact.id} of {fact.room}, and there is {what}."
        if sent is not None and sent.room != fact.room:
            yield f"P1: {fact.cid} was said in {sent.room}, and acknowledged as {fact.id} of {fact.room}."

    def _check_refusal(self, fact: Fact) -> Iterator[str]:
        """P1, and P6: no means that it is nowhere in this history, and never will be."""
        self._open.pop(fact.cid, None)
        sent = self._sent.get(fact.cid)
        if fact.cid in self._acked:
            yield f"P1: {fact.cid} was acknowledged, and later refused ({fact.text})."
        elif sent is not None and sent.text in self._kept.get(self._epoch, ()):
            yield f"P6: {fact.cid} was refused for good ({fact.text}), and is in the log."

    def _check_heard(self, fact: Fact) -> Iterator[str]:
        """P3: the next one, and as it is in the log."""
        epoch, last = self._epochs.get(fact.room, ""), self._last.get(fact.room, 0)
        if fact.id != last + 1:
            yield f"P3: {fact.id} of {fact.room} was heard when {last} was the last one."
        self._last[fact.room] = max(last, fact.id)
        kept = self._entry(epoch, fact)
        if kept is None or (kept.text, kept.name, kept.to) != (fact.text, fact.by, fact.to):
            what = "nothing" if kept is None else _said(kept.text, kept.name, kept.to)
            said = _said(fact.text, fact.by, fact.to)
            yield f"P3: {said} was heard as {fact.id} of {fact.room}, and there is {what}."

    def _entry(self, epoch: str, fact: Fact) -> Entry | None:
        return self._logs.get(epoch, {}).get(fact.room, {}).get(fact.id)

    def _check_gap(self, fact: Fact) -> Iterator[str]:
        """P3: only what is no longer there is left out."""
        first = min(self._logs.get(self._epochs.get(fact.room, ""), {}).get(fact.room, {fact.id: None}))
        if fact.id > first:
            yield f"P3: a gap up to {fact.id} of {fact.room} was announced, and {first} is there."
        self._last[fact.room] = max(self._last.get(fact.room, 0), fact.id - 1)

    def _check_place(self, fact: Fact) -> Iterator[str]:
        """P7, and P3: it goes on where it was."""
        epoch, last = self._epochs.get(fact.room), self._last.get(fact.room)
        if fact.kind is Kind.RESUMED and (epoch, last) != (fact.epoch, fact.id):
            yield f"P7: {fact.room} went on behind {fact.id} of {fact.epoch}, and not {last} of {epoch}."
        if fact.kind is Kind.RESET and epoch == fact.epoch:
            yield f"P7: {fact.room} was reset from {last} to {fact.id}, and it is the same history."
        if fact.kind is Kind.ENTERED and epoch is not None:
            yield f"P7: {fact.room} was entered anew behind {fact.id}; the last one was {last} of {epoch}."
        if fact.epoch not in self._dumps:
            yield f"P7: there never was a history {fact.epoch}, which {fact.room} is said to have."
        self._epochs[fact.room], self._last[fact.room] = fact.epoch, fact.id

    def _check_end(self, last: Dump) -> Iterator[str]:
        """P6, and P3: everything was heard."""
        for cid in self._open:
            yield f"P6: {self._record.name} does not know what became of {cid}."
        for room, epoch in self._epochs.items():
            end = max(self._logs.get(epoch, {}).get(room, {0: None}))
            if epoch != last.epoch:
                yield f"P7: {self._record.name} still is in history {epoch} of {room}."
            elif end != self._last[room]:
                yield f"P3: {self._record.name} has heard {room} up to {self._last[room]}, and it goes up to {end}."
