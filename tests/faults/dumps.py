"""What is in a database file, read without the server's code. Knows the tables; must not know who said what, or judge it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of one log."""

    id: int
    kind: str
    name: str
    text: str
    person: int
    to: str


@dataclass(frozen=True, slots=True)
class Dump:
    """All logs of one history, each in the order of its ids. A room's log has its name, a box ``@`` and a number."""

    epoch: str
    logs: Mapping[str, tuple[Entry, ...]]

    @property
    def messages(self) -> int:
        """How many there are, the two copies of a private one counted as two."""
        return sum(map(len, self.logs.values()))


def dump(database: Path) -> Dump:
    """What is in this file now, its write-ahead log included. Nothing is written.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        epoch: str = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0]
        rows = connection.execute(
            "SELECT log.log, id, kind, name, text, person, to_name FROM entry JOIN log ON log.key = entry.log "
            "ORDER BY entry.log, id"
        )
        logs: dict[str, list[Entry]] = {}
        for log, *columns in rows:
            logs.setdefault(log, []).append(Entry(*columns))
    return Dump(epoch, {log: tuple(entries) for log, entries in logs.items()})


def integrity(database: Path) -> str:
    """What SQLite's own thorough check says: ``ok``, or what is wrong."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        found: str = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        return found
