"""Where messages were that are dropped already, so that one that is sent again is recognised. Knows SQL and checksums.

Must not know why messages are dropped, or what is done about one that comes again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from math import inf

from chatd.events import Entry
from chatd.storage.contract import SESSION_SECONDS, Append, Placed, identity, recognised_since
from chatd.storage.people import checksum

_KEEP = "INSERT OR REPLACE INTO receipt (person, cid, log, id, at, crc) VALUES (?, ?, ?, ?, ?, ?)"
_FIND = """
    SELECT log.log, receipt.id, receipt.at, receipt.crc FROM receipt JOIN log ON log.key = receipt.log
    WHERE receipt.person = ? AND receipt.cid = ?
"""
_FORGET = """
    DELETE FROM receipt WHERE (person, cid) IN (SELECT person, cid FROM receipt WHERE at < ? ORDER BY at LIMIT ?)
"""
_NEWEST_RECEIPT = "SELECT max(at) FROM receipt WHERE at <= ?"
_NEWEST_ENTRY = "SELECT key, at FROM entry WHERE key <= ? ORDER BY key DESC LIMIT 1"
_LAST_KEY = 2**63 - 1


def receipts_since(connection: sqlite3.Connection, now: float) -> float:
    """When the first message was said of which a receipt is kept ``now``: Unix seconds, or minus infinity."""
    before = now - SESSION_SECONDS
    kept: float | None = connection.execute(_NEWEST_RECEIPT, (before,)).fetchone()[0]
    return recognised_since(max(-inf if kept is None else kept, _newest_entry(connection, before)))


def _newest_entry(connection: sqlite3.Connection, before: float) -> float:
    """When the last entry was said that was said ``before``, or one earlier than that: there is no index of times.

    Each step back is twice as long as the one before it. Keys and times grow together, but for a clock that was wrong.
    """
    key, step = _LAST_KEY, 1
    while (row := connection.execute(_NEWEST_ENTRY, (key,)).fetchone()) is not None:
        key, at = row
        if isinstance(at, float) and at <= before:  # else it may be damaged
            return at
        key, step = key - step, 2 * step
    return -inf


def keep_receipts(connection: sqlite3.Connection, key: int, log: str, entries: Iterable[Entry]) -> None:
    """Remember those of these entries that can be sent again; ``key`` is the log's number."""
    found = ((identity(entry.message), entry) for entry in entries)
    kept = ((*whose, entry.id, float(entry.message.at)) for whose, entry in found if whose is not None)
    connection.executemany(
        _KEEP, ((person, cid, key, id, at, checksum((log, person, cid, id, at))) for person, cid, id, at in kept)
    )


def forget_receipts(connection: sqlite3.Connection, before: float, limit: int) -> None:
    """Forget the oldest, at most so many, of what was said ``before`` (Unix seconds)."""
    connection.execute(_FORGET, (before, limit))


def find_receipt(connection: sqlite3.Connection, person: int, cid: str) -> Placed | None:
    """Where the message was that this person called ``cid``, if that is still known. A damaged receipt is none.

    Raises:
        sqlite3.Error: the database cannot tell.
    """
    row = connection.execute(_FIND, (person, cid)).fetchone()
    if row is None:
        return None
    log, id, at, crc = row
    return Placed(log, id, at) if crc == checksum((log, person, cid, id, at)) else None


def has_receipts(connection: sqlite3.Connection) -> bool:
    """Whether any is kept.

    Raises:
        sqlite3.Error: the database cannot tell.
    """
    return connection.execute("SELECT 1 FROM receipt LIMIT 1").fetchone() is not None


def find_receipts(connection: sqlite3.Connection, appends: Sequence[Append]) -> dict[tuple[int, str], Placed]:
    """Where those of these messages were that are dropped already, by person and ``cid``.

    Raises:
        sqlite3.Error: the database cannot tell.
    """
    found = ((key, find_receipt(connection, *key)) for append in appends for key, _ in append.places())
    return {key: placed for key, placed in found if placed is not None}
