"""``chatd backup``: a copy of a database, checked. Knows how that is said; not how it is made."""

import signal
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chatd.command.check import DAMAGED, inspection
from chatd.command.progress import Progress
from chatd.storage.copying import copy, part_of
from chatd.storage.inspection import Found
from chatd.storage.migrations import is_current
from chatd.storage.visit import visiting


def backup(chosen: Namespace) -> int:
    """Copy ``chosen.file`` to ``chosen.target``. The exit status: 1 if there is a copy, but it is damaged, as the original.

    Raises:
        StoreError: there is no copy, and why.
        InterruptedVisit: Ctrl-C; there is no copy either.
    """
    path, target = chosen.file, chosen.target
    found = Found()
    with ExitStack() as to_the_end, Progress(sys.stderr) as progress:

        def inspect(part: Path) -> None:
            nonlocal found
            found = _inspect(part, progress)
            to_the_end.enter_context(_undisturbed())  # it gets its name now: who is told that it was stopped, has none

        copy(path, target, lambda: _show(path, part_of(target), progress), inspect)
        progress.clear()
        return _tell(target, found)


def _show(path: Path, part: Path, progress: Progress) -> bool:
    """How far it is. It goes on."""
    if part.exists():
        progress.at(f"Copying: {part.stat().st_size / 1e6:,.0f} MB of about {path.stat().st_size / 1e6:,.0f} ...")
    return True


def _inspect(part: Path, progress: Progress) -> Found:
    with visiting(part, lambda: True) as connection:
        look = inspection(connection, part, progress, sys.stdout)
        return look.run() if is_current(connection, str(part)) else look.inspect_pages()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM come too late."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(target: Path, found: Found) -> int:
    made = f"{target} is made and checked, {target.stat().st_size / 1e6:,.1f} MB"
    if found.damages:
        sys.stdout.write(f"{made}. It is as damaged as the original: the damages are listed above.\n")
        return DAMAGED
    sys.stdout.write(f"{made}: it is whole.\n")
    return 0
