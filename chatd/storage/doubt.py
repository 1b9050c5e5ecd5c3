"""The doubt: a file beside a database that has the next start look at everything before anybody is served.

Whoever finds a database damaged, or a disk that cannot be trusted, leaves it. Else a large file would be served again and again
by whatever restarts a server that failed, because its start looks at little of it. Knows files; must not know what is wrong.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from chatd.storage.files import create_private


def doubt_of(path: Path) -> Path:
    """Beside this database: the file that is there if it was found damaged while it was served. It is empty."""
    return Path(f"{path}.doubt")


def leave_doubt(path: Path) -> None:
    """Have the next start look at all of this database.

    Raises:
        OSError: there can be no such file.
    """
    os.close(create_private(doubt_of(path)))


def doubt(connection: sqlite3.Connection) -> None:
    """As :func:`leave_doubt`, of this connection's database, if it can be: its disk may write nothing any more."""
    with suppress(sqlite3.Error, OSError):
        leave_doubt(Path(connection.execute("PRAGMA database_list").fetchone()[2]))
