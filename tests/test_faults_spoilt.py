"""Servers that are spoilt on purpose: a trial that holds is worth something only if it does not hold with one of these."""

from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.faults import flood, kill, logins
from tests.faults.outcome import Setting
from tests.faults.running import Server, serving
from tests.processes import ROOT

pytestmark = pytest.mark.alone


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """The short form."""
    return Setting(tmp_path / "trial", long=False, random=Random(5), say=print)


def spoilt(folder: Path, mistake: str) -> dict[str, str]:
    """The environment of a server in which these lines of Python are run first."""
    (folder / "sitecustomize.py").write_text(mistake, "utf-8")
    return {"PYTHONPATH": f"{ROOT}:{folder}"}


def test_a_server_that_keeps_no_session_is_found(
    monkeypatch: pytest.MonkeyPatch, setting: Setting, tmp_path: Path
) -> None:
    """After each restart everybody is a stranger, of whom nothing would be asked that was said before."""
    env = spoilt(
        tmp_path,
        "from chatd.storage.threaded import ThreadedStore\n"
        "async def forget(self, session): pass\n"
        "ThreadedStore.keep_session = forget\n",
    )
    monkeypatch.setattr(kill, "Server", partial(Server, env=env))
    monkeypatch.setattr(kill, "SHORT", (1, 0, 0, 0))
    violations = kill.run(setting).violations
    assert "P6: witness0 came back with a session, and the server did not know it any more." in violations
    assert "Nobody went on where they were." in violations


def test_a_server_that_lets_one_be_heard_above_all_others_is_found(
    monkeypatch: pytest.MonkeyPatch, setting: Setting
) -> None:
    """Who sends thousands of lines at once has them all taken at once, and everybody else waits."""
    monkeypatch.setattr(flood, "serving", lambda *given: serving(*given, "--flood", "0"))
    monkeypatch.setattr(flood, "SHORT", ("lines",))
    monkeypatch.setattr(flood, "MANY", 200)  # fewer are not noticed on a machine that is fast enough
    (violation,) = flood.run(setting).violations
    assert "Twice, beside 200 (short lines) the others waited " in violation


def test_a_server_that_looks_at_every_guess_is_found(
    monkeypatch: pytest.MonkeyPatch, setting: Setting, tmp_path: Path
) -> None:
    """Whoever guesses fast enough has the password in the end."""
    env = spoilt(tmp_path, "from chatd.throttle import LoginThrottle\nLoginThrottle.begin = lambda *_: None\n")
    monkeypatch.setattr(logins, "serving", partial(serving, env=env))
    assert any("were looked at, and 3 may be." in violation for violation in logins.run(setting).violations)
