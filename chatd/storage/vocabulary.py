"""The words that are in the full text index of a SQLite database, by their beginnings. Knows FTS5; not what is done with them.

Asked for a beginning, FTS5 puts together where all the words are that begin so, from the first message to the last, before it
tells the newest: 40 to 80 ms for each million. Asked for words, it begins at the newest. So the words come first.
See sqlite.org/fts5.html, "The fts5vocab Virtual Table Module".
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from chatd.words import Query, Spelling

MOST_WORDS: Final = 100
"""Words of one beginning that are asked for by themselves, in some ms. What is shorter has more, and is left to FTS5."""

_OPEN: Final = "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, words, 'instance')"
_IS_OPEN: Final = "SELECT 1 FROM temp.sqlite_schema WHERE name = 'vocabulary'"
# One at a time: to go on to the next word here would be to go through all messages that hold this one.
_NEXT: Final = "SELECT term FROM temp.vocabulary WHERE term >= ? LIMIT 1"


def open_vocabulary(connection: sqlite3.Connection) -> None:
    """Make :func:`closed` work with this connection. May be called again.

    Raises:
        sqlite3.Error: there is no index, or it cannot be read.
    """
    if connection.execute(_IS_OPEN).fetchone() is None:
        (only,) = connection.execute("PRAGMA query_only").fetchone()
        connection.execute("PRAGMA query_only = OFF")  # this is no table of the file's
        try:
            connection.execute(_OPEN)
        finally:
            connection.execute(f"PRAGMA query_only = {only}")


def closed(connection: sqlite3.Connection, query: Query) -> Query:
    """The query with all words that are in the index in the place of their beginnings, unless those are too many.

    A term of it may have no spelling left: nothing in the index matches.

    Raises:
        sqlite3.Error: the index cannot be read.
    """
    return Query(tuple(tuple(_closed(connection, spellings)) for spellings in query.terms))


def _closed(connection: sqlite3.Connection, spellings: tuple[Spelling, ...]) -> Iterator[Spelling]:
    for spelling in spellings:
        *whole, last = spelling.words
        words = list(islice(_words(connection, last), MOST_WORDS + 1)) if spelling.open else []
        if not spelling.open or len(words) > MOST_WORDS:
            yield spelling
        else:
            yield from (replace(spelling, words=(*whole, word), open=False) for word in words)


def _words(connection: sqlite3.Connection, beginning: str) -> Iterator[str]:
    """Each word in the index that begins so."""
    found = connection.execute(_NEXT, (beginning,)).fetchone()
    while found is not None and found[0].startswith(beginning):
        yield found[0]
        found = connection.execute(_NEXT, (found[0] + "\0",)).fetchone()
