"""What the fuzzing process is asked to do, as one value. Knows files and arguments; must not know a parser."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Job:
    """One target, and with which arguments libFuzzer is to be started on it (https://llvm.org/docs/LibFuzzer.html)."""

    target: str
    log: str
    """The file that gets what it says."""
    arguments: Sequence[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be done."""

    jobs: Sequence[Job]
    at_once: int
    table: str
    """The module that has the targets, by their names, in ``TARGETS``."""

    def written(self) -> str:
        """It in JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Self:
        """What :meth:`written` has made."""
        plan = json.loads(text)
        return cls([Job(**job) for job in plan["jobs"]], plan["at_once"], plan["table"])
