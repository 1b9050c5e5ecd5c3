"""What SQLite finds wrong with the pages of a database, as lines for the operator. Knows how SQLite puts it; no table."""

import sqlite3
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

LONGEST: Final = 300
"""Characters of a line. A name that is damaged can be as long as a page."""
_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}
_HEADING: Final = "*** in database "


class Check(StrEnum):
    """How thorough it is (sqlite.org/pragma.html#pragma_integrity_check)."""

    QUICK = "quick_check"
    """0.4 s per million messages. It does not compare indexes with their tables."""
    FULL = "integrity_check"


def problems(connection: sqlite3.Connection, check: Check, most: int = 100) -> Iterator[str]:
    """What is wrong, each without a full stop; nothing: the pages fit together. At most about so many.

    Raises:
        sqlite3.Error: so much is wrong that it cannot be looked at.
    """
    told = False
    try:
        for (found,) in connection.execute(f"PRAGMA {check}({most})"):
            for line in _lines(str(found)):
                told = True
                yield line
    except sqlite3.DatabaseError as error:
        if is_corrupt(error) and not told and most > 1:
            yield from problems(connection, check, 1)  # Python's module gives up the row before that at which it fails
        raise


def _lines(found: str) -> Iterator[str]:
    """SQLite tells several problems at once, under a heading."""
    for line in found.splitlines():
        if line != "ok" and not line.startswith(_HEADING):
            yield in_line(line)


def in_line(words: object) -> str:
    """What somebody else has put in words, or what may be damaged, as it can stand on a line of a terminal."""
    line = " ".join(str(words).split()).translate(_CONTROLS)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"


def is_corrupt(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    """Whether it is the content of the file that is wrong, and not, for example, that it is locked."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT
