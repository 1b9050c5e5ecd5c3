"""All that a store tells, from a whole file and from a damaged one, and what the difference means.

Knows the store's reading side and its sentences about damage. Must not know files' insides, or how a file was damaged.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chatd.events import Entry
from chatd.storage.contract import LOCKED, Account, Placed, StoreError
from chatd.storage.database import connect, prepare
from chatd.storage.rows import NOBODY
from chatd.storage.scrubbing import Scrub
from chatd.storage.sqlite import SqliteReader
from tests.faults.dumps import Dump

PAGE_BYTES = 1 << 30
CIDS = 50
"""So many messages are looked for by their sender's id for them."""


class Fate(StrEnum):
    """What became of one damage, by what it is called in the table."""

    REFUSED = "refused at the start"
    MENDED = "in an index, and mended"
    MARKED = "found by a checksum"
    UNREADABLE = "found while reading"
    LATER = "found while it was served"
    HARMLESS = "harmless"
    SILENT = "SILENT"


@dataclass(frozen=True, slots=True)
class State:
    """What a store tells of everything in it."""

    words: Mapping[str, tuple[int, str, str]]
    """By log: its last message, its spelling and its topic."""
    logs: Mapping[str, tuple[Entry, ...]]
    placed: Mapping[tuple[int, str], Placed | None]
    """By person and cid."""
    accounts: frozenset[Account]

    @classmethod
    def of(cls, file: Path, known: Dump, reports: list[str]) -> "State":
        """Ask for everything that is known to be there.

        Raises:
            StoreError: something cannot be read.
        """
        with closing(SqliteReader(connect(file, write=False), reports.append)) as reader:
            heads = {log: reader.head(log) for log in known.logs}
            words = {log: (head.last, head.shown, head.topic) for log, head in heads.items()}
            logs = {log: reader.read(log, 0, head.last, PAGE_BYTES).entries for log, head in heads.items()}
            placed = {key: reader.find_message(*key) for key in _keys(known)}
            return cls(words, logs, placed, frozenset(reader.accounts()))


def _keys(known: Dump) -> Iterator[tuple[int, str]]:
    """By which some of the messages are recognised when they are sent again."""
    said = [(entry.person, entry.text.split()[0]) for entries in known.logs.values() for entry in entries]
    return iter(said[:: max(1, len(said) // CIDS)])


def fate(file: Path, known: Dump, whole: State) -> Fate:
    """What becomes of this file, which is a damaged copy of one with that state."""
    reports: list[str] = []
    later: list[Path] = []
    try:
        prepare(file, report=reports.append, postpone=later.append).release()
    except StoreError:
        return Fate.REFUSED
    became = _fate_served(file, known, whole, reports)
    return _fate_by_look(file, known, whole) if became is Fate.SILENT and later else became


def _fate_by_look(file: Path, known: Dump, whole: State) -> Fate:
    """What becomes of a large file that hides something while it is served, until it is looked at. But no end may be wrong."""
    served = State.of(file, known, [])
    if any(served.words[log][0] != whole.words[log][0] for log in whole.words):
        return Fate.SILENT
    if Scrub(file).run() is None:
        return Fate.SILENT
    return Fate.SILENT if fate(file, known, whole) is Fate.SILENT else Fate.LATER


def _fate_served(file: Path, known: Dump, whole: State, reports: list[str]) -> Fate:
    """What becomes of a file that a start has taken, with these reports."""
    try:
        state = State.of(file, known, reports)
    except StoreError:
        return Fate.UNREADABLE
    if state == whole:
        return Fate.MENDED if any(map(_is_about_an_index, reports)) else Fate.HARMLESS
    return Fate.MARKED if _is_whole_but_for(reports, state, whole) else Fate.SILENT


def _is_about_an_index(report: str) -> bool:
    return report.startswith("An index of ")


def _is_whole_but_for(reports: list[str], state: State, whole: State) -> bool:
    """Whether everything that differs is marked, and was reported."""

    def told(what: str) -> bool:
        return any(report.startswith(what) for report in reports)

    return (
        all(_same_words(log, state, whole, told) for log in whole.logs)
        and all(_same_messages(log, state, whole, told) for log in whole.logs)
        and all(_same_place(key, state, whole) for key in whole.placed)
        and _same_accounts(state, whole, told)
    )


def _same_words(log: str, state: State, whole: State, told: Callable[[str], bool]) -> bool:
    last, *words = state.words[log]
    unmarked = state.words[log] == whole.words[log]
    return unmarked or (last == whole.words[log][0] and not any(words) and told(f"The name and the topic of {log} "))


def _same_messages(log: str, state: State, whole: State, told: Callable[[str], bool]) -> bool:
    """Every id once, in its order; what is another one is a hole, and its id was told."""
    found, written = state.logs[log], whole.logs[log]
    return len(found) == len(written) and all(
        now == then or (now.id == then.id and now.message.person == NOBODY and told(f"Message {now.id} of {log} "))
        for now, then in zip(found, written, strict=True)
    )


def _same_place(key: tuple[int, str], state: State, whole: State) -> bool:
    """A message that is whole is recognised when it is sent again."""
    placed = whole.placed[key]
    if placed is None or state.placed[key] == placed:
        return True
    return any(entry.id == placed.id and entry.message.person == NOBODY for entry in state.logs[placed.log])


def _same_accounts(state: State, whole: State, told: Callable[[str], bool]) -> bool:
    """One that differs is nobody's any more."""
    differing = state.accounts ^ whole.accounts
    return all(account in whole.accounts or account.password == LOCKED for account in differing) and (
        not differing or told("The account ")
    )
