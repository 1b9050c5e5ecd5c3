"""What a database says of itself: its table ``meta``. Knows names and types of the values; not what they are good for.

The table has no checksums. A value that is missing, or of another type, is a damage like that of a page.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final, TypeVar

V = TypeVar("V", str, int)


class MetaDamagedError(sqlite3.DatabaseError):
    """A value is not what any version of chatd has written there."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    sqlite_errorname = "SQLITE_CORRUPT"


_TEXTS: Final = {"epoch": None, "run": ""}
_NUMBERS: Final = {"indexed": None, "highest": 0}
"""What a value is if it is not there; ``None``: it has to be."""


def text(connection: sqlite3.Connection, name: str) -> str:
    """``epoch``: which history this is. ``run``: the word of the run that used it last; empty: none has kept one.

    Raises:
        sqlite3.Error: the database cannot tell.
    """
    return _value(connection, name, str, _TEXTS[name])


def number(connection: sqlite3.Connection, name: str) -> int:
    """``indexed``: the key of the last entry in the index of words. ``highest``: keys up to this one are not given again.

    Raises:
        sqlite3.Error: the database cannot tell.
    """
    return _value(connection, name, int, _NUMBERS[name])


def problems(connection: sqlite3.Connection) -> Iterator[str]:
    """What is wrong with it, in words that a sentence can go on with.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    for read, names in ((text, _TEXTS), (number, _NUMBERS)):
        for name in names:
            try:
                read(connection, name)
            except MetaDamagedError as error:
                yield str(error)


def _value(connection: sqlite3.Connection, name: str, kind: type[V], missing: V | None) -> V:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    if row is None and missing is not None:
        return missing
    if row is None:
        raise MetaDamagedError(f"its table meta has no {name}")
    if not isinstance(row[0], kind):
        raise MetaDamagedError(f"what its table meta has as {name} is none")
    return row[0]
