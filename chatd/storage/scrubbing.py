"""A large file is looked at while it is served, so that its start does not take the longer the more was said.

Knows which files are large, and what would keep a server from starting on one. Must not know who serves it, or who is told.

To look at all pages and to compare the index of messages takes about a second for each million. So a start does that
with small files only; of a large one it looks at what it is going to use at once: tables, what the file says of itself,
accounts, names of logs, and the last messages. The rest follows, from a thread with a connection of its own: SQLite works
without Python's lock, and the thread is nicer than others where it may be. Meanwhile nothing that is damaged passes for right:
each row is looked at when it is read. But an index that is wrong hides messages, or has numbers given a second time, and a tree
that is damaged gets worse by being written. So what is found is the end of that run; and the *doubt* (see
:mod:`chatd.storage.doubt`) has the next start look at everything before anybody is served. That mends what can be mended, or
refuses the file.
"""

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from chatd.storage.contract import StoreFull
from chatd.storage.database import NOT_READ, failure, passes, reconnect, unusable
from chatd.storage.doubt import doubt_of, leave_doubt
from chatd.storage.history import UNREADABLE
from chatd.storage.indexes import do_messages_agree, do_repeats_agree
from chatd.storage.integrity import Check, problems

NICENESS: Final = 5
"""What is added to this thread's (nice(2)): beside a server that is busy it gets a quarter of a processor."""


class Scrub:
    """One look at everything, in the thread that calls :meth:`run`; the other methods are for any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stopped = self._postponed = False
        self._lock = threading.Lock()
        self._looking: sqlite3.Connection | None = None

    def run(self) -> str | None:
        """What is wrong, in a sentence for the operator. ``None``: nothing, or it was stopped. May be called again.

        Raises:
            StoreFull: it was put off, or something that may pass was in its way.
            StoreError: there can be no such connection.
        """
        self._postponed = False
        _be_nice()
        with closing(reconnect(self._path, write=False)) as connection, self._interruptible(connection):
            found = self._looked(connection)
        if found is None and self._postponed and not self._stopped:
            raise StoreFull("The look at all of the database was put off.")
        return None if found is None else f"{found} {self._doubt()}"

    def _looked(self, connection: sqlite3.Connection) -> str | None:
        try:
            return self._look(connection)
        except UNREADABLE as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                self._postponed = True  # if not for good
                return None
            if passes(error):
                raise failure(error, NOT_READ) from error
            return str(unusable(self._path, error))

    def _look(self, connection: sqlite3.Connection) -> str | None:
        """One thing after another: while each is looked at, the write-ahead log cannot be begun anew, and grows."""
        for problem in [] if self._is_to_end() else problems(connection, Check.QUICK, 1):
            return f"{self._path} is damaged ({problem})."
        for agree in (do_messages_agree, do_repeats_agree):
            if not self._is_to_end() and not agree(connection):
                return f"An index of {self._path} does not say what its table says: bits have changed on the disk."
        return None

    def _is_to_end(self) -> bool:
        return self._stopped or self._postponed

    @contextmanager
    def _interruptible(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Have :meth:`_interrupt` end what this connection does."""
        # While no statement runs, SQLite forgets that it was interrupted.
        running = connection.execute("SELECT 1 UNION ALL SELECT 2")
        with self._lock:
            self._looking = connection
        try:
            yield
        finally:
            with self._lock:
                self._looking = None
            running.close()

    def _interrupt(self) -> None:
        """End what is being done, and whatever is begun."""
        # Not by a handler that SQLite asks whether to go on: before 3.41 it did not while it looked at a table's pages.
        with self._lock:
            if self._looking is not None:
                self._looking.interrupt()

    def _doubt(self) -> str:
        try:
            leave_doubt(self._path)
        except OSError as error:
            why = f"{doubt_of(self._path)} cannot be written: {error.strerror}"
            return f"Please run 'chatd check' before you start the server again ({why})."
        return "The next start looks at all of it, and mends what it can."

    def put_off(self) -> None:
        """End this run soon, if there is one: what it reads keeps the write-ahead log from being begun anew."""
        self._postponed = True
        self._interrupt()

    def stop(self) -> None:
        """End it soon, and for good. May be called at any time, and again."""
        self._stopped = True
        self._interrupt()

    def close(self) -> None:
        """As :meth:`stop`."""
        self.stop()


def _be_nice() -> None:
    if sys.platform == "linux":  # elsewhere niceness is the whole process's
        with suppress(OSError):  # a sandbox may forbid it: then it looks all the same
            usual = os.getpriority(os.PRIO_PROCESS, os.getpid())
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), usual + NICENESS)
