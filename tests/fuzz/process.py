"""The process in which fuzzing happens: ``python -m tests.fuzz.process PLAN``.

The plan is a :class:`~tests.fuzz.plan.Plan` in JSON. Knows atheris, which has to watch the modules under test being imported,
and its engine, libFuzzer, which ends the process that it ran in: so everything is imported once, and each target fuzzed in a
fork. Must not know what is done with what was found.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NoReturn

import atheris
from twisted.logger import globalLogBeginner

from tests.fuzz.plan import Job, Plan
from tests.fuzz.target import Target

_WATCHED = ["chatd", "clients", "tests.fuzz.planted"]


def main(plan: Plan) -> None:
    """Do all jobs, so many at a time."""
    targets = _targets(plan.table)
    running = 0
    for job in plan.jobs:
        if running == plan.at_once:
            os.wait()
            running -= 1
        if not os.fork():
            _do(job, plan.table, targets)
        running += 1
    for _ in range(running):
        os.wait()


def _targets(table: str) -> Mapping[str, Target]:
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False, discardBuffer=True)  # else all of it is kept
    with atheris.instrument_imports(include=_WATCHED):
        targets: Mapping[str, Target] = import_module(table).TARGETS
    return targets


def _do(job: Job, table: str, targets: Mapping[str, Target]) -> NoReturn:
    """Fuzz one target in this process, which does not come back from it."""
    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(log, stream.fileno())
    # Where one process is not enough for libFuzzer, it gives this to the shell, with arguments of its own.
    again = f"{sys.executable} -m {__spec__.name} {table} {job.target}"
    _fuzz(targets[job.target], [again, *job.arguments])


def _fuzz(target: Target, arguments: Sequence[str]) -> NoReturn:
    atheris.Setup(list(arguments), target.run)
    atheris.Fuzz()
    os._exit(0)


if __name__ == "__main__":
    first, *others = sys.argv[1:]
    if others:
        _fuzz(_targets(first)[others[0]], others)
    main(Plan.read(first))
