"""``chatd check``: whether a database is whole. Knows how that is said; not how it is found out."""

import sqlite3
import sys
from argparse import Namespace
from pathlib import Path
from typing import Final, TextIO

from chatd.command.progress import Progress
from chatd.storage.inspection import Found, Inspection
from chatd.storage.integrity import in_line
from chatd.storage.visit import require_current, visiting

DAMAGED: Final = 1


def check(chosen: Namespace) -> int:
    """Check ``chosen.file``; what is damaged, and a summary, go to the standard output. The exit status.

    Raises:
        StoreError: it cannot be read.
        InterruptedVisit: Ctrl-C.
    """
    path: Path = chosen.file
    with Progress(sys.stderr) as progress, visiting(path, lambda: True) as connection:
        require_current(connection, path)
        found = inspection(connection, path, progress, sys.stdout).run()
    sys.stdout.write(f"{summary(path, found)}\n")
    return DAMAGED if found.damages else 0


def inspection(connection: sqlite3.Connection, path: Path, progress: Progress, out: TextIO) -> Inspection:
    """A look at this database, each damage of which is a line of ``out``."""

    def tell(sentence: str) -> None:
        progress.clear()
        out.write(f"{in_line(sentence)}\n")

    def at(what: str, share: float) -> None:
        progress.at(f"Checking {what}{f': {share:.0%}' if share else ''} ...")

    return Inspection(connection, path.absolute(), tell, at)


def summary(path: Path, found: Found) -> str:
    """Whether it is whole, and what there is."""
    held = f"messages: {found.messages:,}, rooms and boxes: {found.logs:,}, accounts: {found.accounts:,}"
    if found.damages:
        return f"{path} is damaged ({held}, damages: {found.damages:,}). Please restore a backup, or live with it."
    return f"{path} is whole ({held}, messages not indexed yet: {found.unindexed:,})."
