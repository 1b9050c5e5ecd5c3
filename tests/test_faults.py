"""Faults on the real server, in the short form; ``python -m tests.faults --long`` is the long one."""

from pathlib import Path
from random import Random

import pytest

from tests.conftest import missing
from tests.faults.outcome import Setting, Trial, Unavailable
from tests.faults.table import TRIALS, name

pytestmark = pytest.mark.alone


@pytest.mark.parametrize("trial", TRIALS, ids=name)
def test_the_promise_holds(trial: Trial, tmp_path: Path) -> None:
    """What the trial does to a server costs nobody a word that was promised to them."""
    try:
        outcome = trial.run(Setting(tmp_path, long=False, random=Random(name(trial)), say=print))
    except Unavailable as lack:
        missing(f"what the trial {name(trial)} needs ({lack})")
    else:
        assert not outcome.violations
