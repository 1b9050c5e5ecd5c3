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
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from chatd.storage.database import reconnect, unusable
from chatd.storage.doubt import doubt_of, leave_doubt
from chatd.storage.history import UNREADABLE
from chatd.storage.indexes import do_messages_agree
from chatd.storage.integrity import Check, problems

NICENESS: Final = 5
"""What is added to this thread's (nice(2)): beside a server that is busy it gets a quarter of a processor."""


class Scrub:
    """One look at everything, in the thread that calls :meth:`run`; the other methods are for any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._stopped = False

    def run(self) -> str | None:
        """What is wrong, in a sentence for the operator. ``None``: nothing, or it was stopped.

        Raises:
            StoreError: there can be no such connection.
        """
        _be_nice()
        with closing(reconnect(self._path, write=False)) as connection:
            self._connection = connection
            try:
                found = self._look(connection)
            except UNREADABLE as error:
                found = str(unusable(self._path, error))
            finally:
                self._connection = None
        return None if self._stopped or found is None else f"{found} {self._doubt()}"

    def _look(self, connection: sqlite3.Connection) -> str | None:
        """Statement by statement: while one runs, the write-ahead log cannot be begun anew, and grows."""
        for problem in [] if self._stopped else problems(connection, Check.QUICK, 1):
            return f"{self._path} is damaged ({problem})."
        if not self._stopped and not do_messages_agree(connection):
            return f"An index of {self._path} does not say what its table entry says: bits have changed on the disk."
        return None

    def _doubt(self) -> str:
        try:
            leave_doubt(self._path)
        except OSError as error:
            why = f"{doubt_of(self._path)} cannot be written: {error.strerror}"
            return f"Please run 'chatd check' before you start the server again ({why})."
        return "The next start looks at all of it, and mends what it can."

    def stop(self) -> None:
        """End it soon. May be called at any time, and again."""
        self._stopped = True
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    def close(self) -> None:
        """As :meth:`stop`."""
        self.stop()


def _be_nice() -> None:
    if sys.platform == "linux":  # elsewhere niceness is the whole process's
        thread = threading.get_native_id()
        with suppress(OSError):  # a sandbox may forbid it, chatd.service for example: then it looks all the same
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)
