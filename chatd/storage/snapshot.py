"""One state of a SQLite database for several questions. Knows transactions; must not know what is asked."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """What others commit meanwhile is not seen. Nothing is to be written in it: it is rolled back.

    Raises:
        sqlite3.Error: the database cannot be read.
    """
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:  # some failures have ended it already
            connection.execute("ROLLBACK")
