"""The full text index of a SQLite database: filled in slices, asked for words. Knows FTS5; not pages, not threads.

Words are folded and divided in Python (:mod:`chatd.storage.words`), so that what is not indexed yet, and any other
store, is searched by the same rules; SQLite sees words between spaces. It knows what an entry holds, not in which order:
where that matters, what it finds is looked at. See sqlite.org/fts5.html for the queries.
"""

import sqlite3
from collections.abc import Collection, Iterator

from chatd.storage.rows import COLUMNS, Row
from chatd.storage.words import Query, Spelling, words_of

_UNINDEXED = """
    SELECT key, log, text FROM entry
    WHERE key > (SELECT value FROM meta WHERE name = 'indexed') ORDER BY key LIMIT ?
"""
_FOUND = f"""
    SELECT entry.log, {COLUMNS}, entry.crc FROM words JOIN entry ON entry.key = words.rowid
    WHERE words MATCH ? ORDER BY words.rowid DESC
"""
_TAIL = f"""
    SELECT entry.key, {COLUMNS}, entry.crc FROM entry WHERE entry.log = ? AND entry.id <= ? ORDER BY entry.id DESC
"""


def index_some(connection: sqlite3.Connection, limit: int) -> bool:
    """Index the next ``limit`` entries, inside the caller's transaction. True: there may be more.

    A text that is none any more, by a damage to the disk, is no reason to stop; nor is it in :func:`find_unindexed`.
    """
    entries = connection.execute(_UNINDEXED, (limit,)).fetchall()
    if entries:
        words = ((key, f"k{log}", " ".join(words_of(str(text)))) for key, log, text in entries)
        connection.executemany("INSERT INTO words (rowid, log, text) VALUES (?, ?, ?)", words)
        connection.execute("UPDATE meta SET value = ? WHERE name = 'indexed'", (entries[-1][0],))
    return len(entries) == limit


def indexed(connection: sqlite3.Connection) -> int:
    """The key of the last entry that is indexed."""
    key: int = connection.execute("SELECT value FROM meta WHERE name = 'indexed'").fetchone()[0]
    return key


def find_indexed(connection: sqlite3.Connection, query: Query, logs: Collection[int]) -> Iterator[tuple[int, Row]]:
    """Rows in these logs that hold the words, newest first, each after its log's key."""
    for log, *row in connection.execute(_FOUND, (_expression(query, logs),)):
        if not query.ordered or query.matches(str(row[3])):
            yield log, tuple(row)


def _expression(query: Query, logs: Collection[int]) -> str:
    """What FTS5 is asked. A word has only letters and digits, and is quoted, so nothing in it is syntax."""
    places = " OR ".join(f'"k{log}"' for log in logs)
    terms = " AND ".join(f"({' OR '.join(map(_words, ways))})" for ways in query.terms)
    return f"log : ({places}) AND text : ({terms})"


def _words(spelling: Spelling) -> str:
    words = " AND ".join(f'"{word}"' for word in spelling.words)
    return f"({words}{' *' if spelling.open else ''})"


def find_unindexed(
    connection: sqlite3.Connection, query: Query, log: int, upto: int, indexed: int
) -> Iterator[tuple[int, Row]]:
    """The same in one log, among the entries after the last ``indexed``; each after its own key."""
    for key, *row in connection.execute(_TAIL, (log, upto)):
        if key <= indexed:
            return
        if query.matches(str(row[3])):
            yield key, tuple(row)
