"""Fuzzing for some time: targets, the corpus they begin with, what was found. Knows libFuzzer's options and what it says.

Must not know atheris, or what a target does. What led somewhere stays in ``corpus/TARGET``, one file for each input.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz.plan import Job, Plan
from tests.fuzz.target import Target
from tests.processes import ROOT

TABLE: Final = "tests.fuzz.table"
CORPUS: Final = Path(__file__).parent / "corpus"
_PATIENCE: Final = 30
"""Seconds for one input, on the slowest machine: more than that is a hang, and a finding."""
_MEGABYTES: Final = 1024
"""What a process may grow to; it runs hundreds of thousands of inputs one after the other, so a leak shows."""
_LIMITS: Final = (f"-timeout={_PATIENCE}", f"-rss_limit_mb={_MEGABYTES}", "-malloc_limit_mb=256")
_STATUS: Final = re.compile(r"^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+)", re.MULTILINE)
_NAMED_BY_LIBFUZZER: Final = re.compile("[0-9a-f]{40}")
"""Any other input was put there by somebody, and stays."""
_FINDINGS: Final = ("crash-*", "timeout-*", "oom-*", "leak-*")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one target."""

    target: str
    executions: int
    edges: int
    """Coverage: how many ways between two places in the code have been gone."""
    features: int
    """The same, with how often."""
    new: int
    """Inputs that led further than all that were there."""
    findings: tuple[Path, ...]
    """Inputs under which it broke its promises, hung or took too much memory."""
    log: Path


def corpus_of(target: Target) -> list[Path]:
    """The kept inputs of a target."""
    folder = CORPUS / target.name
    return sorted(folder.iterdir()) if folder.is_dir() else []


def fuzz(targets: Sequence[Target], seconds: int, folder: Path, table: str = TABLE, seed: int = 0) -> list[Outcome]:
    """Fuzz each of them for so long; all files are made in ``folder``. ``table``: the module where they are found by name.

    ``seed``: begin with these chances; 0: with others each time.

    Raises:
        RuntimeError: it could not even begin.
    """
    _run([_job(target, seconds, folder / target.name, seed) for target in targets], table)
    return [_outcome(target, folder / target.name) for target in targets]


def keep(targets: Sequence[Target], folder: Path) -> dict[str, int]:
    """Put what was found new into the corpus, and make that as small as it can be. How many inputs each target has now."""
    _run([_merging(target, folder / target.name) for target in targets])
    return {target.name: _replace(CORPUS / target.name, folder / target.name / "smallest") for target in targets}


def _merging(target: Target, place: Path) -> Job:
    smallest = place / "smallest"
    smallest.mkdir()
    sources = [str(source) for source in (CORPUS / target.name, place / "new") if source.is_dir()]
    return Job(target.name, str(place / "merge.log"), ["-merge=1", *_limits(target), str(smallest), *sources])


def _replace(kept: Path, smallest: Path) -> int:
    kept.mkdir(parents=True, exist_ok=True)
    if any(smallest.iterdir()):  # else it was stopped
        for file in kept.iterdir():
            if _NAMED_BY_LIBFUZZER.fullmatch(file.name):
                file.unlink()
        shutil.copytree(smallest, kept, dirs_exist_ok=True)
    return len(list(kept.iterdir()))


def _job(target: Target, seconds: int, place: Path, seed: int) -> Job:
    new, words = place / "new", place / "words"
    new.mkdir(parents=True)
    words.write_text("".join(f"{_quoted(word)}\n" for word in target.words))
    arguments = [
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        f"-artifact_prefix={place}/",
        *([f"-dict={words}"] if target.words else []),  # an empty one is refused
        *_limits(target),
        str(new),
    ]
    kept = CORPUS / target.name
    return Job(target.name, str(place / "log"), [*arguments, *([str(kept)] if kept.is_dir() else [])])


def _limits(target: Target) -> list[str]:
    return [*_LIMITS, f"-max_len={target.longest}"]


def _quoted(word: bytes) -> str:
    """As libFuzzer's dictionaries have it."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in word) + '"'


def _run(jobs: Sequence[Job], table: str = TABLE) -> None:
    plan = Plan(jobs, os.cpu_count() or 1, table).written()
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.process", plan], cwd=ROOT, capture_output=True, check=False
    )
    if ended.returncode:  # what it says otherwise is which modules it watches
        raise RuntimeError(ended.stderr.decode(errors="replace")[-2000:])


def _outcome(target: Target, place: Path) -> Outcome:
    log = place / "log"
    states = [tuple(map(int, found)) for found in _STATUS.findall(log.read_text(errors="replace"))]
    executions, edges, features = states[-1] if states else (0, 0, 0)
    findings = tuple(sorted(_matching(place)))
    return Outcome(target.name, executions, edges, features, len(list((place / "new").iterdir())), findings, log)


def _matching(place: Path) -> Iterable[Path]:
    return (file for pattern in _FINDINGS for file in place.glob(pattern))
