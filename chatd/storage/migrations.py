"""How a database gets its tables, and newer ones later. Knows versions and scripts; not what the tables are for.

The steps are files ``0001.sql``, ``0002.sql`` ... each leading from the version before it to its own. SQLite keeps the
version in the file (``PRAGMA user_version``), and whose file it is (``PRAGMA application_id``).
"""

import sqlite3
from collections.abc import Callable
from importlib import resources
from importlib.resources.abc import Traversable

from chatd.storage.contract import StoreError

APPLICATION = 0x63686174  # "chat"
SCHEMA: Traversable = resources.files("chatd.storage") / "schema"


def steps(folder: Traversable = SCHEMA) -> list[str]:
    """The scripts, in order: the first leads to version 1."""
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [file.read_text("utf-8") for file in files]


def version(connection: sqlite3.Connection, name: str) -> int:
    """The version of the open database; 0 for an empty one. ``name`` is for the errors.

    Raises:
        StoreError: it is the database of another program.
    """
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application != APPLICATION and (found or application or tables):
        raise StoreError(f"{name} is the database of another program. Please choose another file.")
    return found


def is_current(connection: sqlite3.Connection, name: str) -> bool:
    """Whether the database is of the version that this chatd makes."""
    return version(connection, name) == len(steps())


def migrate(connection: sqlite3.Connection, name: str, scripts: list[str], backup: Callable[[int], None]) -> None:
    """Bring the database to the last version, each step in one transaction.

    ``backup`` is called with the old version first, unless there is nothing to lose.

    Raises:
        StoreError: it is newer than that, or not ours.
    """
    found = version(connection, name)
    require_known(found, name, len(scripts))
    if 0 < found < len(scripts):
        backup(found)
    for to, script in enumerate(scripts[found:], found + 1):
        _step(connection, script, to)


def require_known(found: int, name: str, known: int) -> None:
    """Refuse a database of a version beyond the last one that is ``known``.

    Raises:
        StoreError: it is.
    """
    if found > known:
        raise StoreError(
            f"{name} was written by a newer chatd (its version is {found}, this one knows {known}). Please use that one."
        )


def _step(connection: sqlite3.Connection, script: str, to: int) -> None:
    pragmas = f"PRAGMA user_version = {to}; PRAGMA application_id = {APPLICATION};"
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{script}\n;{pragmas}\nCOMMIT;")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
