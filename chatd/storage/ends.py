"""Whether a database knows where its logs end: what has to be known of a file that was not looked at as a whole.

Knows the table of messages and its index; not what is done about it. A number that is given a second time is a damage that
nothing mends; and it is the newest messages that everybody asks for first. So a start looks at those; and where a log ends is
not believed before the rows have said so.
"""

import sqlite3
from typing import Final

from chatd.storage.integrity import is_corrupt

_NEWEST: Final = "SELECT log, id, key FROM entry NOT INDEXED ORDER BY key DESC LIMIT 1000"
_AT: Final = "SELECT key FROM entry INDEXED BY sqlite_autoindex_entry_1 WHERE log = newest.log AND id"
_END_DIFFERS: Final = f"""
    SELECT 1 FROM ({_NEWEST}) AS newest WHERE ({_AT} = newest.id) IS NOT newest.key
    OR NOT EXISTS (SELECT 1 FROM entry NOT INDEXED WHERE key = ({_AT} >= newest.id ORDER BY id DESC LIMIT 1)) LIMIT 1
"""
"""First that the index leads to each of the newest rows; then that where it says their logs end, there is a row."""

_INDEX: Final = "entry INDEXED BY sqlite_autoindex_entry_1"
_BEFORE: Final = f"SELECT log, id, key FROM {_INDEX} WHERE log <= ? ORDER BY log DESC, id DESC LIMIT 1"
_AFTER: Final = f"SELECT log, id, key FROM {_INDEX} WHERE log > ? ORDER BY log, id LIMIT 1"
_ROW: Final = "SELECT log, id FROM entry NOT INDEXED WHERE key = ?"


def last_of(connection: sqlite3.Connection, log: int) -> int | None:
    """The last id of the log with this number, ``None`` if no message of it is kept. Some 20 µs.

    It is what the index says, if there is a row that says the same. So it is asked for what stands after the end as well,
    and before it if there is no message: by a bit that has changed, that may be the last one of this log.

    Raises:
        sqlite3.DatabaseError: the index is wrong, or it cannot be read.
    """
    before = connection.execute(_BEFORE, (log,)).fetchone()
    after = connection.execute(_AFTER, (log,)).fetchone()
    for found in (before, after):
        if found is not None and connection.execute(_ROW, found[2:]).fetchone() != found[:2]:
            raise _corrupt()
    return before[1] if before is not None and before[0] == log else None


def _corrupt() -> sqlite3.DatabaseError:
    """As SQLite says what it finds itself."""
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_CORRUPT_INDEX, "SQLITE_CORRUPT_INDEX"
    return error


def is_end_whole(connection: sqlite3.Connection) -> bool:
    """Whether the table and the index say the same of the last thousand messages, and of where their logs end. Some ms.

    Raises:
        sqlite3.Error: it cannot be read, for another reason than damage.
    """
    try:
        return connection.execute(_END_DIFFERS).fetchone() is None
    except sqlite3.DatabaseError as error:
        if not is_corrupt(error):
            raise
        return False
