"""Runs of a server, as far as its database can tell: begun, filled, ended or killed. Knows the store; no chat, no network."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chatd.storage.contract import Append
from chatd.storage.database import connect, prepare
from chatd.storage.history import mark_of
from chatd.storage.mark import KeyNote
from chatd.storage.sqlite import SqliteReader, SqliteWriter
from tests.test_sqlite import LAST, PLENTY, said, texts


class Run:
    """A run of a server, as far as the store can tell. What was reported is kept."""

    def __init__(self, path: Path) -> None:
        self.reports: list[str] = []
        self.lock = prepare(path, report=self.reports.append)
        self.note = KeyNote(mark_of(path), self.reports.append)
        self.connection = connect(path, write=True)
        self.writer = SqliteWriter(self.connection, self.note.note)
        self.reader = SqliteReader(connect(path, write=False), self.reports.append)

    @property
    def epoch(self) -> str:
        """Which history it serves."""
        return self.reader.epoch()

    @property
    def lines(self) -> list[str]:
        """All that was said."""
        return texts(self.reader.read("#a", 0, LAST, PLENTY))

    def say(self, *lines: str, log: str = "#a", **changes: Any) -> None:
        """Have these kept."""
        first = self.reader.head(log).last + 1
        self.writer.append([Append(log, first, [said(line, **changes) for line in lines])])

    def close(self) -> None:
        """Stop in good order."""
        self.reader.close()
        self.writer.close()
        self.note.close()
        self.lock.release()


@contextmanager
def running(path: Path) -> Iterator[Run]:
    """A server that is stopped in good order."""
    run = Run(path)
    try:
        yield run
    finally:
        run.close()


def in_child(work: Callable[[], object]) -> bool:
    """Do it in a process of its own, which then dies at once, as by ``kill -9``. Whether the work was done."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(1 if sys.exc_info()[0] else 0)
    return os.waitpid(child, 0)[1] == 0


def killed(path: Path, *lines: str) -> None:
    """A server that keeps these lines, and is killed."""
    assert in_child(lambda: Run(path).say(*lines))
