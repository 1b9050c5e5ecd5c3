"""The full text index of a SQLite database: filled in slices, asked for words. Knows FTS5; not pages, not threads.

What a text holds and a query asks for is worked out in Python (:mod:`chatd.words`), so that what is not indexed yet,
and any other store, is searched by the same rules; SQLite sees strings between spaces, in no order. See
sqlite.org/fts5.html for the queries.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from chatd.storage import meta
from chatd.storage.integrity import is_corrupt
from chatd.storage.rows import COLUMNS, Row
from chatd.words import Query, Spelling, words_of

SLICE_CHARACTERS: Final = 10_000
"""Of so many characters, and one entry more, a slice may be."""

_UNINDEXED = """
    SELECT key, log, text FROM entry WHERE key > ? ORDER BY key LIMIT ?
"""
_FOUND = f"""
    SELECT entry.log, {COLUMNS}, entry.crc FROM words JOIN entry ON entry.key = words.rowid
    WHERE words MATCH ? AND words.rowid <= ? ORDER BY words.rowid DESC
"""


def index_some(connection: sqlite3.Connection, limit: int) -> int:
    """Index the next ``limit`` entries, fewer if they are long, inside the caller's transaction. How many are left then.

    A text that is none any more, by a damage to the disk, is no reason to stop; nor is it where texts are looked at.
    """
    entries = list(_slice(connection.execute(_UNINDEXED, (indexed(connection), limit))))
    if not entries:
        return 0
    words = ((key, f"k{log}", " ".join(words_of(text))) for key, log, text in entries)
    connection.executemany("INSERT INTO words (rowid, log, text) VALUES (?, ?, ?)", words)
    end = entries[-1][0]
    connection.execute("UPDATE meta SET value = ? WHERE name = 'indexed'", (end,))
    last: int = connection.execute("SELECT max(key) FROM entry").fetchone()[0]
    return last - end


def unindex(connection: sqlite3.Connection, entries: Sequence[tuple[int, int, str]]) -> None:
    """Take these entries out, each a key, its log's key and its text, inside the transaction that drops them.

    FTS5 keeps no texts here, so it is told again what it was told then. An index that cannot be told is made anew.
    """
    end = indexed(connection)
    words = ((key, f"k{log}", " ".join(words_of(text))) for key, log, text in entries if key <= end)
    try:
        connection.executemany("INSERT INTO words (words, rowid, log, text) VALUES ('delete', ?, ?, ?)", words)
    except sqlite3.Error as error:
        if not is_corrupt(error):  # the disk is full, for example
            raise
        connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
        connection.execute("UPDATE meta SET value = 0 WHERE name = 'indexed'")


def _slice(rows: Iterable[tuple[int, int, object]]) -> Iterator[tuple[int, int, str]]:
    """The first of them, so that the time it takes does not depend on how long they are."""
    room = SLICE_CHARACTERS
    for key, log, content in rows:
        text = str(content)
        yield key, log, text
        room -= len(text)
        if room <= 0:
            return


def indexed(connection: sqlite3.Connection) -> int:
    """The key of the last entry that is indexed."""
    return meta.number(connection, "indexed")


def find_indexed(
    connection: sqlite3.Connection, query: Query, logs: Collection[int], upto: int
) -> Iterator[tuple[int, Row]]:
    """Rows in these logs that hold the words, up to the entry of this key, newest first, each after its log's key."""
    if not all(query.terms):
        return
    for log, *row in connection.execute(_FOUND, (_expression(query, logs), upto)):
        yield log, tuple(row)


def _expression(query: Query, logs: Collection[int]) -> str:
    """What FTS5 is asked. A word has only letters, digits and ZWNJ, and is quoted, so nothing in it is syntax."""
    places = " OR ".join(f'"k{log}"' for log in logs)
    terms = " AND ".join(f"({' OR '.join(map(_words, ways))})" for ways in query.terms)
    return f"log : ({places}) AND text : ({terms})"


def _words(spelling: Spelling) -> str:
    words = " AND ".join(f'"{word}"' for word in spelling.words)
    return f"({words}{' *' if spelling.open else ''})"
