"""Whether a database has the tables that its version's scripts make. Knows how SQLite describes them; not what is in them.

A bit that changes in their descriptions can rename a column, or make the key of a table's rows a column that is empty, which
SQLite takes as it is.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Final

_COLUMNS: Final = """
    WITH described AS (
        SELECT tables.name AS of, columns.name, columns.type, columns.pk
        FROM sqlite_schema AS tables, pragma_table_xinfo(tables.name) AS columns
        WHERE tables.type = 'table' AND tables.sql NOT LIKE 'CREATE VIRTUAL%' AND tables.name NOT LIKE 'words%'
    )
    SELECT of, name FROM described
    UNION SELECT of, name || ' of type ' || type FROM described
    UNION SELECT of, 'primary key ' || name FROM described WHERE pk
    UNION SELECT tbl_name, 'index ' || name FROM sqlite_schema WHERE type = 'index'
"""
"""Not those of the index of words, which are SQLite's own affair."""


def problems(connection: sqlite3.Connection, scripts: Iterable[str]) -> Iterator[str]:
    """What is not there that these scripts make, in words that a sentence can go on with.

    Raises:
        sqlite3.Error: it cannot be read.
    """
    with closing(sqlite3.connect(":memory:")) as model:
        for script in scripts:
            model.executescript(script)
        expected = set(model.execute(_COLUMNS))
    for table, what in sorted(expected - set(connection.execute(_COLUMNS))):
        yield f"its table {table} has no {what}"
