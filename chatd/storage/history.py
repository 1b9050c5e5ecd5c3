"""Whether a database goes on with the history that was served here last; if not, it gets a new epoch.

Knows ``meta``, the mark beside the file, and how the two are kept in step. Must not know what messages are, or who asks.

Each start is a *run*, with a random word. The word is kept in ``meta`` and in the mark, so that a copy which was served
anywhere, here or elsewhere, has another one; the mark holds besides which file it was and up to where it was filled, so
that a copy of the same run is recognised as older. The order of the writes is such that a crash between any two of them
neither makes an epoch nor hides that one is needed. For the moments of a start the mark knows two words, that of the run
before as well; it forgets that one when the file itself holds the new one: a copy which was made before the start has the
old word, and must not be given the write-ahead log of the run that followed. That is before anybody is served; but if somebody
reads the file just then, or the disk is full, it is as soon as it can be, and before that log is begun anew.
"""

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from chatd.storage import meta
from chatd.storage.mark import Identity, Mark, MarkDamagedError, read, write

UNREADABLE: Final = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite's module raises; the second when the sentence of an error quotes bytes that were damaged."""

PAUSE = 1_000
"""So often it is looked before a mark is tried again that could not be written: 500 commits of messages or more."""
_SET: Final = "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"
_WAL_VERSIONS: Final = slice(18, 20)
"""Where the header of a database says whether it uses a write-ahead log: two bytes of 2 (sqlite.org/fileformat.html)."""


def mark_of(path: Path) -> Path:
    """The mark beside this database."""
    return Path(f"{path}.mark")


def begin_run(connection: sqlite3.Connection, path: Path, file: Identity, report: Callable[[str], None]) -> None:
    """Make sure that the epoch is right before anybody is served, and that the next start can do the same.

    Args:
        connection: the one that writes; it is outside of a transaction.
        path: where the database is.
        file: which file it is.
        report: is given sentences for the operator.

    Raises:
        sqlite3.Error: a new epoch is needed and cannot be written, or the database cannot be read.
        OSError: the mark cannot be read.
    """
    objection = _objection(connection, path, file)
    if objection:
        _begin_history(connection)
        mark_of(path).unlink(missing_ok=True)
        report(
            f"{path} {objection}. So it has a new epoch: programs that come back forget the messages they know, "
            "and are sent those that are there."
        )
    if _is_checkpointed(connection):  # else somebody reads it now, and the mark stays as it is, which is right as well
        _renew(connection, path, file, report)
        with suppress(OSError):  # the mark that knows both is right as well, until the server can settle it
            settle(connection, path)


def _objection(connection: sqlite3.Connection, path: Path, file: Identity) -> str:
    """What speaks against this being the file that was served last, and all of it; empty: nothing."""
    run = run_of(connection)
    try:
        mark = read(mark_of(path))
    except MarkDamagedError:
        return f"has a mark beside it that is damaged ({mark_of(path).name})"
    if mark is None:
        return f"was put here without its mark ({mark_of(path).name})" if run else ""  # older versions left none
    if run not in (mark.run, mark.before):
        return "is a backup, or was used elsewhere"
    if not file.agrees(mark.file):
        return "is another file than the one that was here"
    last = highest(connection)
    return "" if last >= mark.key else f"ends at its entry {last}, and {mark.key} were stored here"


def highest(connection: sqlite3.Connection) -> int:
    """The key of the last entry that was ever kept in this file; 0: none was."""
    kept: int | None = connection.execute("SELECT max(key) FROM entry").fetchone()[0]
    return max(kept or 0, meta.number(connection, "highest"))  # in this order: retention may be going on


def run_of(connection: sqlite3.Connection) -> str:
    """The word of the run that used this database last; empty: none has kept one."""
    return meta.text(connection, "run")


def _begin_history(connection: sqlite3.Connection) -> None:
    """A new epoch. From now on the file is as one without a mark, until it gets one."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_SET, ("epoch", secrets.token_hex(8)))
    connection.execute("DELETE FROM meta WHERE name = 'run'")
    connection.execute("COMMIT")


def _is_checkpointed(connection: sqlite3.Connection) -> bool:
    """Move all to the file itself, so that the word in it is never older than the one before: see :func:`set_aside`.

    Nobody is waited for: a backup may take long. On a full disk it stays where it is.
    """
    try:
        busy, pages, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.Error as error:
        if not _is_full(error):
            raise
        return False
    return bool(busy == 0 and pages == moved)


def _is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _renew(connection: sqlite3.Connection, path: Path, file: Identity, report: Callable[[str], None]) -> None:
    """A new word: first in the mark, which knows the one before as well, then in the database."""
    mark = Mark(secrets.token_hex(8), run_of(connection), file, highest(connection))
    try:
        write(mark_of(path), mark)
    except OSError as error:
        report(
            f"{mark_of(path)} cannot be written ({error.strerror}). Until a later start can write it, it cannot be told "
            "as surely whether an old backup is put back."
        )
        return
    _set_run(connection, mark.run)


def settle(connection: sqlite3.Connection, path: Path) -> bool:
    """Once the file itself holds the word, and not only its write-ahead log, have the mark forget the one before.

    May be called whenever the connection, the one that writes, is outside of a transaction. As long as it was not done, that
    has to be after each commit: with the next one the write-ahead log may be begun anew, and would ruin a copy that has the
    word before. Whoever notes keys in the mark must be in the same thread.

    Returns:
        Whether nothing is left to be done. Else somebody reads the file now, or the disk is full.

    Raises:
        sqlite3.Error: the database cannot be written.
        OSError: the mark cannot be. The one that is there is right as well.
    """
    try:
        mark = read(mark_of(path))
    except MarkDamagedError:
        return True  # it says nothing, and the next start makes another
    if mark is None or mark.before == mark.run:
        return True
    if run_of(connection) == mark.before:
        _set_run(connection, mark.run)  # the disk was full
    if run_of(connection) != mark.run or not _is_checkpointed(connection):
        return False
    write(mark_of(path), replace(mark, before=mark.run))
    return True


class Settling:
    """Has a mark settled as soon as it can be, for the connection that writes. See :func:`settle`."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self._done = False
        self._pause = 0

    def look(self) -> None:
        """To be called before the first commit, and after each one and each checkpoint; it costs nothing once that is done.

        While somebody reads, it costs next to nothing. Not so while the mark cannot be written, so then it is tried less often.

        Raises:
            sqlite3.Error: the database cannot be written.
        """
        self._pause -= 1
        if self._done or self._pause > 0:
            return
        try:
            self._done = settle(self._connection, self._path)
        except OSError:  # the mark stays as it is; it was told if keys cannot be noted in it
            self._pause = PAUSE


def _set_run(connection: sqlite3.Connection, run: str) -> None:
    try:
        connection.execute(_SET, ("run", run))
    except sqlite3.Error as error:
        if not _is_full(error):
            raise  # a full disk is no reason not to serve what is on it: the mark knows the word that stays


def mark_copy(connection: sqlite3.Connection) -> None:
    """Have this copy of a database begin a new history wherever and whenever it is served, with any mark or none.

    Raises:
        sqlite3.Error: it cannot be written.
    """
    connection.execute(_SET, ("run", f"c0{secrets.token_hex(7)}"))


def set_aside(path: Path, report: Callable[[str], None]) -> None:
    """Take away a write-ahead log that was left by another database than the one that stands here now.

    SQLite would write its pages over this one's. Must be called before the database is opened.

    Raises:
        OSError: a file cannot be read, or not renamed.
    """
    log = Path(f"{path}-wal")
    if not _has_content(log) or not _has_content(path) or _uses(path, log):
        return
    aside = Path(f"{log}.replaced")
    log.replace(aside)
    Path(f"{path}-shm").unlink(missing_ok=True)
    report(f"{log} was of another file than {path} is now. It is {aside} now, is not used, and can be deleted.")


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _uses(path: Path, log: Path) -> bool:
    """Whether the write-ahead log is this database's. Each start moves all to the file, so their words agree then."""
    with path.open("rb") as file:
        if set(file.read(_WAL_VERSIONS.stop)[_WAL_VERSIONS]) != {2}:
            return False  # whoever begins to write such a log writes that into the file first
    try:
        mark = read(mark_of(path))
    except MarkDamagedError:
        return True
    return mark is None or not _was_left(path, log, mark)


def _was_left(path: Path, log: Path, mark: Mark) -> bool:
    """Whether the write-ahead log belongs to the mark, and the file does not. Both may have been put here, as a pair."""
    run = _run_in_file(path, "&immutable=1")
    if run in (mark.run, mark.before, None):
        return False
    return log.stat().st_ctime_ns < path.stat().st_ctime_ns or _run_in_file(path) == mark.run


def _run_in_file(path: Path, options: str = "") -> str | None:
    """The word in the file, ``immutable``: without its write-ahead log; ``None`` if it cannot be told.

    A checkpoint that was torn by a power cut is a reason for that, and the log mends it.
    """
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro{options}", uri=True)) as connection:
            return run_of(connection)
    except UNREADABLE:
        return None
