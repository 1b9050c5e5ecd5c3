"""``chatd backup``: a copy of a database, checked. Knows how that is said; not how it is made."""

import sys
from argparse import Namespace
from pathlib import Path

from chatd.command.check import DAMAGED, inspection
from chatd.command.progress import Progress
from chatd.storage.copying import copy, part_of
from chatd.storage.migrations import is_current
from chatd.storage.visit import visiting


def backup(chosen: Namespace) -> int:
    """Copy ``chosen.file`` to ``chosen.target``. The exit status: 1 if there is a copy, but it is damaged, as the original.

    Raises:
        StoreError: there is no copy, and why.
        InterruptedVisit: Ctrl-C.
    """
    with Progress(sys.stderr) as progress:
        _copy(chosen.file, chosen.target, progress)
        return _check(chosen.target, progress)


def _copy(path: Path, target: Path, progress: Progress) -> None:
    part = part_of(target)

    def pulse() -> bool:
        if part.exists():
            progress.at(f"Copying: {part.stat().st_size / 1e6:,.0f} MB of about {path.stat().st_size / 1e6:,.0f} ...")
        return True

    copy(path, target, pulse)


def _check(target: Path, progress: Progress) -> int:
    with visiting(target, lambda: True) as connection:
        look = inspection(connection, target, progress, sys.stdout)
        found = look.run() if is_current(connection, str(target)) else look.inspect_pages()
    progress.clear()
    made = f"{target} is made and checked, {target.stat().st_size / 1e6:,.1f} MB"
    if found.damages:
        sys.stdout.write(f"{made}. It is as damaged as the original: the damages are listed above.\n")
        return DAMAGED
    sys.stdout.write(f"{made}: it is whole.\n")
    return 0
