"""Whether the indexes of a database say what its tables say, and which of the two is right. Must not know who asks.

SQLite's ``quick_check`` does not compare them (sqlite.org/pragma.html#pragma_quick_check). A bit that has changed in an index
would hide messages without a word, and give their ids a second time. Where the row is whole by its checksum, the index is
wrong, and is made anew: it holds nothing of its own. Where it is the row that is damaged, the index still knows its place.
Where there is no row at all, a page of the table was lost, or is of an earlier day: then the index is all that tells of it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chatd.storage.contract import StoreError
from chatd.storage.integrity import is_corrupt
from chatd.storage.people import PeopleDecoder
from chatd.storage.rows import COLUMNS, NOBODY, Decoder, log_checksum
from chatd.storage.snapshot import snapshot

THOROUGH = 200_000
"""Up to so many messages all indexes are compared, which takes half a second; beyond, those by which messages are found."""

_OTHERS: Final = {"entry_cid": "entry", "receipt_at": "receipt"}
"""Indexes that cannot be read without their tables, with these. They have entries for some rows only, or no keys of rows."""
_MISSING: Final = "missing from index"
"""How SQLite puts it that a row is not in it."""
# Any one bit that changes makes another sum. 0.3 s per million messages; the modulus keeps it within 64 bits.
_SUM: Final = "SELECT count(*), sum((log * 7919 + id * 104729 + key * 1299709) % 2147483647) FROM entry"
_HOLE: Final = "SELECT 1 FROM entry NOT INDEXED GROUP BY log HAVING max(id) - min(id) + 1 <> count(*) LIMIT 1"
_FOLLOW: Final = "SELECT count(name) FROM entry INDEXED BY entry_cid WHERE cid IS NOT NULL AND kind <> 'told'"
_ORPHAN: Final = """
    SELECT 1 FROM entry INDEXED BY sqlite_autoindex_entry_1 WHERE log NOT IN (SELECT key FROM log NOT INDEXED) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class _Index:
    """One that has an entry for every row of its table."""

    name: str
    table: str
    row: str
    """The key of the table's rows."""
    columns: str
    """What else is in the index."""

    def by_table(self) -> str:
        """What the table says."""
        return f"SELECT {self.row}, {self.columns} FROM {self.table} NOT INDEXED"

    def by_index(self) -> str:
        """What the index says; it is not looked into the table for that."""
        return f"SELECT {self.row}, {self.columns} FROM {self.table} INDEXED BY {self.name}"

    def lost(self) -> str:
        """What the index leads to and the table has nowhere: neither a row with that key, nor one that says the same."""
        rows = f"SELECT {self.row} FROM {self.table} NOT INDEXED"
        dangling = f"SELECT {self.columns} FROM {self.table} INDEXED BY {self.name} WHERE {self.row} NOT IN ({rows})"
        return f"{dangling} EXCEPT SELECT {self.columns} FROM {self.table} NOT INDEXED LIMIT 1"


_MESSAGES: Final = _Index("sqlite_autoindex_entry_1", "entry", "key", "log, id")
_LOGS: Final = _Index("sqlite_autoindex_log_1", "log", "key", "log")
_ACCOUNTS: Final = _Index("sqlite_autoindex_account_1", "account", "person", "key")


def mend_indexes(connection: sqlite3.Connection, name: str, report: Callable[[str], None], whole: bool = True) -> None:
    """Make anew what is wrong in indexes. ``name`` is the file's, for the sentences to the operator.

    ``whole``: also in those of messages, which takes 0.3 s per million.

    Raises:
        StoreError: more is damaged than can be told apart, rows are missing, or messages are left over whose log is not known.
        sqlite3.Error: the tables cannot be read.
    """
    there = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")}
    for index in (_LOGS, _MESSAGES, _ACCOUNTS) if whole else (_LOGS, _ACCOUNTS):
        if index.name in there:  # the first versions had fewer
            _mend(connection, index, name, report)
    if not whole:
        return
    if not _are_many(connection):
        for other in there & _OTHERS.keys():
            _mend_other(connection, other, name, report)
    if _MESSAGES.name in there and connection.execute(_ORPHAN).fetchone():
        raise StoreError(f"{name} is damaged (it has messages of no room). Please restore a backup.")


def do_messages_agree(connection: sqlite3.Connection) -> bool:
    """Whether the table and the index of messages say the same, of one moment, and all messages are of a known log.

    Raises:
        sqlite3.Error: one of them cannot be read.
    """
    with snapshot(connection):
        return _agrees(connection, _MESSAGES) and connection.execute(_ORPHAN).fetchone() is None


def _mend(connection: sqlite3.Connection, index: _Index, name: str, report: Callable[[str], None]) -> None:
    if _agrees(connection, index):
        return
    if _has_lost(connection, index):
        raise _incomplete(name, index.table)
    whole = set(_whole(connection, index))
    if whole == {True}:  # it is the index that is wrong
        if index is _MESSAGES and connection.execute(_HOLE).fetchone():
            raise _incomplete(name, index.table)  # an index that cannot be read did not tell
        connection.execute(f"REINDEX {index.name}")
    elif whole == {False} and index is _LOGS:
        _restore_names(connection)
    elif whole == {False}:
        if index is _MESSAGES:
            _put_in_place(connection)
        if not _agrees(connection, index):
            return  # shown as damaged, in the place that the index knows
    if not _agrees(connection, index) or len(whole) > 1:
        raise StoreError(f"{name} is damaged (its table {index.table}). Please restore a backup.")
    report(_mended(name, index.table))


def _put_in_place(connection: sqlite3.Connection) -> None:
    """Rows that are whole where the index has them, and name another place: sent again, they would not be recognised."""
    places = list(_out_of_place(connection))
    if not places:
        return
    connection.execute("PRAGMA writable_schema = ON")  # else SQLite insists on the wrong place's being in the index
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.executemany("UPDATE entry SET log = ?, id = ? WHERE key = ?", places)
        connection.execute(f"REINDEX {_MESSAGES.name}")  # whoever has the wrong place by right was taken out of it
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("PRAGMA writable_schema = OFF")


def _out_of_place(connection: sqlite3.Connection) -> Iterator[tuple[int, int, int]]:
    """The log, the id and the key of each."""
    logs = dict(connection.execute("SELECT key, log FROM log NOT INDEXED").fetchall())
    find = f"SELECT {COLUMNS}, crc FROM entry INDEXED BY {_MESSAGES.name} WHERE log = ? AND id = ?"
    differing = f"{_MESSAGES.by_index()} EXCEPT {_MESSAGES.by_table()}"
    for key, log, id in connection.execute(differing).fetchall():
        row = connection.execute(find, (log, id)).fetchone()
        if row is not None and Decoder(_to_nobody).entry(logs.get(log, ""), row).message.person != NOBODY:
            yield log, id, key


def _has_lost(connection: sqlite3.Connection, index: _Index) -> bool:
    """Whether the index knows rows that are missing."""
    try:
        return connection.execute(index.lost()).fetchone() is not None
    except sqlite3.DatabaseError as error:
        return _unless_corrupt(error)  # the index cannot even be read, so it tells nothing


def _incomplete(name: str, table: str) -> StoreError:
    return StoreError(f"{name} is damaged (rows of its table {table} are missing). Please restore a backup.")


def _restore_names(connection: sqlite3.Connection) -> None:
    """Give logs back the names that their index still has; nothing else shows them.

    One row cannot be changed: SQLite would look for its damaged name in the index. All of them can be cleared.
    """
    names = dict(connection.execute(_LOGS.by_index()).fetchall())
    rows = connection.execute("SELECT key, shown, topic, crc FROM log NOT INDEXED").fetchall()
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("DELETE FROM log")
        restored = ((key, names.get(key), *rest) for key, *rest in rows)
        connection.executemany("INSERT INTO log (key, log, shown, topic, crc) VALUES (?, ?, ?, ?, ?)", restored)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _mended(name: str, table: str) -> str:
    return (
        f"An index of {name} did not say what its table {table} says: bits have changed on the disk. What was wrong was "
        "made anew, and nothing is lost by it. Please look after that disk."
    )


def _agrees(connection: sqlite3.Connection, index: _Index) -> bool:
    try:
        if index is _MESSAGES:
            by_table, by_index = f"{_SUM} NOT INDEXED", f"{_SUM} INDEXED BY {index.name}"
            return bool(connection.execute(by_table).fetchone() == connection.execute(by_index).fetchone())
        return not _differing(connection, index)
    except sqlite3.DatabaseError as error:
        return _unless_corrupt(error)


def _differing(connection: sqlite3.Connection, index: _Index) -> Sequence[int]:
    """The keys of the rows of which the index says nothing, or something else."""
    beyond = f"{index.by_index()} EXCEPT {index.by_table()}"
    differing = connection.execute(f"{index.by_table()} EXCEPT {index.by_index()}").fetchall()
    return [key for key, *_ in differing or connection.execute(beyond).fetchall()]


def _whole(connection: sqlite3.Connection, index: _Index) -> Iterator[bool]:
    """For each row that differs, whether it is whole by its checksum."""
    try:
        keys = _differing(connection, index)
    except sqlite3.DatabaseError as error:
        yield not _unless_corrupt(error)  # the index cannot even be read: the rows are what there is
        return
    for key in keys:
        yield _IS_WHOLE[index.table](connection, key)


def _is_whole_entry(connection: sqlite3.Connection, key: int) -> bool:
    find = f"SELECT log.log, {COLUMNS}, entry.crc FROM entry JOIN log ON log.key = entry.log WHERE entry.key = ?"
    row = connection.execute(find, (key,)).fetchone()
    return row is not None and Decoder(_to_nobody).entry(row[0], row[1:]).message.person != NOBODY


def _is_whole_log(connection: sqlite3.Connection, key: int) -> bool:
    row = connection.execute("SELECT log, shown, topic, crc FROM log WHERE key = ?", (key,)).fetchone()
    return row is not None and bool(log_checksum(*row[:3]) == row[3])


def _is_whole_account(connection: sqlite3.Connection, key: int) -> bool:  # noqa: ARG001 (they are few: all are looked at)
    damaged: list[str] = []
    list(PeopleDecoder(connection, damaged.append).accounts())
    return not damaged


_IS_WHOLE: Final[dict[str, Callable[[sqlite3.Connection, int], bool]]] = {
    "entry": _is_whole_entry,
    "log": _is_whole_log,
    "account": _is_whole_account,
}


def _to_nobody(sentence: str) -> None:
    """Damaged messages are reported when they are read."""


def _are_many(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) > ? FROM entry", (THOROUGH,)).fetchone()[0])


def _mend_other(connection: sqlite3.Connection, index: str, name: str, report: Callable[[str], None]) -> None:
    table = _OTHERS[index]
    wrong = list(_wrong(connection, index, table))
    if not wrong:
        return
    if table == "entry" and not any(_MISSING in line for line in wrong) and _leads_nowhere(connection):
        raise _incomplete(name, table)  # it has all there is, and more
    connection.execute(f"REINDEX {index}")
    report(_mended(name, table))


def _wrong(connection: sqlite3.Connection, index: str, table: str) -> Iterator[str]:
    """SQLite compares the table with all its indexes, which takes longer."""
    try:
        found = connection.execute(f"PRAGMA integrity_check('{table}')").fetchall()
    except sqlite3.DatabaseError as error:
        _unless_corrupt(error)
        found = [(f"{_MISSING} {index}",)]
    yield from (line for (problem,) in found for line in problem.splitlines() if line.endswith(f"index {index}"))


def _leads_nowhere(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute(_FOLLOW).fetchone()
    except sqlite3.DatabaseError as error:
        return not _unless_corrupt(error)
    return False


def _unless_corrupt(error: sqlite3.DatabaseError) -> bool:
    """False: what was read is corrupt. Anything else is raised."""
    if is_corrupt(error):
        return False
    raise error
