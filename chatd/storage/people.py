"""Accounts and sessions as rows with checksums, in a SQLite database. Knows their tables; not who logs in, or threads.

As with messages, SQLite does not notice when bits of a row change on the disk. A damaged account is nobody's any more,
but must not become somebody else's either; a damaged session is none.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from zlib import crc32

from chatd.folding import fold_letters
from chatd.storage.contract import LOCKED, Account, SessionRecord
from chatd.storage.rows import Row

_ACCOUNT = "person, key, name, password, seen, language"
_SESSION = "digest, person, name, ended"

_KEEP_ACCOUNT = f"""
    INSERT INTO account ({_ACCOUNT}, crc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (person) DO UPDATE SET key = ?2, name = ?3, password = ?4, seen = ?5, language = ?6, crc = ?7
"""
_KEEP_SESSION = f"REPLACE INTO session ({_SESSION}, crc) VALUES (?, ?, ?, ?, ?)"


def checksum(columns: Row) -> int:
    """CRC-32 over all the other columns of a row, whatever they hold by now."""
    return crc32(ascii(columns).encode())  # not repr: what that escapes changes with Python's Unicode


def _is_whole(row: Row) -> bool:
    return bool(row[-1] == checksum(row[:-1]))


def keep_account(connection: sqlite3.Connection, account: Account) -> None:
    """See :class:`~chatd.storage.contract.Store`.

    Raises:
        sqlite3.IntegrityError: the name is another person's.
    """
    columns = astuple(account)
    connection.execute(_KEEP_ACCOUNT, (*columns, _account_checksum(columns)))


def _account_checksum(columns: Row) -> int:
    """The sum of an account. Accounts had no language once, so one that has none is summed as it was then."""
    return checksum(columns if columns[-1] != "" else columns[:-1])


def _is_whole_account(row: Row) -> bool:
    return bool(row[-1] == _account_checksum(row[:-1]))


def mark_seen(connection: sqlite3.Connection, person: int, seen: int) -> None:
    """See :class:`~chatd.storage.contract.Store`."""
    account = _whole_account(connection, person)
    if account is not None and account.seen < seen:
        keep_account(connection, replace(account, seen=seen))


def mark_language(connection: sqlite3.Connection, person: int, language: str) -> None:
    """See :class:`~chatd.storage.contract.Store`."""
    account = _whole_account(connection, person)
    if account is not None:
        keep_account(connection, replace(account, language=language))


def _whole_account(connection: sqlite3.Connection, person: int) -> Account | None:
    """The account, to be changed. A damaged row stays as it is: it must not pass for whole."""
    row = connection.execute(f"SELECT {_ACCOUNT}, crc FROM account WHERE person = ?", (person,)).fetchone()
    return Account(*row[:-1]) if row is not None and _is_whole_account(row) else None


def keep_session(connection: sqlite3.Connection, session: SessionRecord) -> None:
    """See :class:`~chatd.storage.contract.Store`."""
    ended = None if session.ended is None else float(session.ended)  # as it will come back, and so be summed
    columns = (session.digest, session.person, session.name, ended)
    connection.execute(_KEEP_SESSION, (*columns, checksum(columns)))


def forget_sessions(connection: sqlite3.Connection, person: int, but: str | None) -> None:
    """See :class:`~chatd.storage.contract.Store`."""
    connection.execute("DELETE FROM session WHERE person = ? AND digest IS NOT ?", (person, but))


def sweep_sessions(connection: sqlite3.Connection, before: float, cut: float | None) -> None:
    """See :class:`~chatd.storage.contract.Store`. Cut ones that are damaged are forgotten: they take nothing back."""
    connection.execute("DELETE FROM session WHERE ended < ?", (before,))
    if cut is None:
        return
    found = connection.execute(f"SELECT {_SESSION}, crc FROM session WHERE ended IS NULL").fetchall()
    for row in found:
        if _is_whole(row):
            digest, person, name = row[:3]
            keep_session(connection, SessionRecord(digest, person, name, cut))
        else:
            connection.execute("DELETE FROM session WHERE digest = ?", row[:1])


class PeopleDecoder:
    """Reads accounts and sessions. What is damaged is reported each time it is met, which is seldom."""

    def __init__(self, connection: sqlite3.Connection, report: Callable[[str], None]) -> None:
        self._connection = connection
        self._report = report

    def accounts(self) -> Iterator[Account]:
        """All of them; of a damaged one what keeps its name from others."""
        for row in self._connection.execute(f"SELECT {_ACCOUNT}, crc FROM account").fetchall():
            if _is_whole_account(row):
                yield Account(*row[:-1])
            else:
                yield from self._reserved(*row[:3])

    def _reserved(self, person: int, key: object, name: object) -> Iterator[Account]:
        """Which column is damaged is not known, so the name is reserved by its key, and by its spelling."""
        self._report(
            f"The account {name!r} is damaged on disk, so nobody can log in to it. Please restore a backup; "
            "until then the name stays reserved."
        )
        keys = {key, fold_letters(name) if isinstance(name, str) else key}
        return (Account(person, each, each, LOCKED) for each in keys if isinstance(each, str))

    def session(self, digest: str) -> SessionRecord | None:
        """The session of this digest, if it is there and whole."""
        find = f"SELECT {_SESSION}, crc FROM session WHERE digest = ?"
        row = self._connection.execute(find, (digest,)).fetchone()
        if row is None:
            return None
        if _is_whole(row):
            return SessionRecord(*row[:-1])
        self._report("A session is damaged on disk, so that its owner has to give a name again.")
        return None
