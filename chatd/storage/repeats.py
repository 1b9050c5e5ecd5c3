"""Which messages are kept already, in a SQLite database. Knows SQL; not how repeats come about, or what is done then."""

import sqlite3
from collections.abc import Sequence

from chatd.storage.contract import Append, Placed

# The index is named, so that a query that could not use it fails, instead of looking through the whole history.
_FIND = """
    SELECT log.log, entry.id, entry.at FROM entry INDEXED BY entry_cid JOIN log ON log.key = entry.log
    WHERE entry.person = ? AND entry.cid = ? AND entry.kind <> 'told'
"""


def find_kept(connection: sqlite3.Connection, appends: Sequence[Append]) -> dict[tuple[int, str], Placed]:
    """Where those of these messages are that are kept already, by person and ``cid``.

    Raises:
        sqlite3.Error: the database cannot tell.
    """
    keys = (key for append in appends for key, _ in append.places())
    found = ((key, connection.execute(_FIND, key).fetchone()) for key in keys)
    return {key: _placed(*row) for key, row in found if row is not None}


def find_message(connection: sqlite3.Connection, person: int, cid: str) -> Placed | None:
    """Where the message is that this person called ``cid``, if it is kept.

    Raises:
        sqlite3.Error: the database cannot tell.
    """
    row = connection.execute(_FIND, (person, cid)).fetchone()
    return None if row is None else _placed(*row)


def _placed(log: str, id: int, at: object) -> Placed:
    """A place; the time of a damaged message may be none."""
    return Placed(log, id, at if isinstance(at, float) else 0.0)
