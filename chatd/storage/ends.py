"""Whether a database knows where its logs end: what a start has to know of a file that it does not look at as a whole.

Knows the table of messages and its index; not what is done about it. A number that is given a second time is a damage that
nothing mends; and it is the newest messages that everybody asks for first.
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
