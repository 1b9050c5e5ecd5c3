"""All trials, in the order in which they are made and shown. Knows their modules; not what they do."""

from types import ModuleType
from typing import cast

from tests.faults import (
    bit_flips,
    clock,
    crowd,
    descriptors,
    flood,
    fsync,
    full_disk,
    half_open,
    kill,
    logins,
    network,
    old_backup,
    second_server,
    slow_loris,
    slow_reader,
    web_page,
    write_error,
)
from tests.faults.outcome import Trial

TRIALS: tuple[Trial, ...] = (
    kill,
    fsync,
    full_disk,
    write_error,
    bit_flips,
    old_backup,
    second_server,
    network,
    half_open,
    slow_reader,
    descriptors,
    clock,
    web_page,
    slow_loris,
    crowd,
    flood,
    logins,
)


def name(trial: Trial) -> str:
    """What a trial is called on the command line, and in the table of docs/reliability.rst."""
    return cast(ModuleType, trial).__name__.rpartition(".")[2]
