"""What the trials' command says and writes, and its exit status. The trials here do nothing."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.faults import __main__ as command
from tests.faults import report
from tests.faults.outcome import Outcome, Setting, Unavailable
from tests.faults.report import TABLE, for_terminal, rewritten

EMPTY = f"Before.\n\n{TABLE.begin}\n\n{TABLE.end}\n\nAfter.\n"
HELD = Outcome({"kills": 1234, "ratio": "1.02"}, [])
VIOLATED = Outcome({}, ["a1 is lost."])


def trial(name: str, run: Callable[[Setting], Outcome]) -> ModuleType:
    """A trial of this name."""
    made = ModuleType(f"tests.faults.{name}")
    made.__dict__.update(TITLE=f"{name} is done, at length " * 8, PROMISE="all is well", run=run)
    return made


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document without results."""
    path = tmp_path / "reliability.rst"
    path.write_text(EMPTY, "utf-8")
    monkeypatch.setattr(command, "DOCUMENT", path)
    return path


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts these in the place of the real ones."""

    def put(*made: ModuleType) -> None:
        monkeypatch.setattr(command, "TRIALS", made)
        monkeypatch.setattr(report, "TRIALS", made)

    return put


def unavailable(_: Setting) -> Outcome:
    """What a trial does on a machine that lacks something."""
    raise Unavailable("There is no strace here.")


def test_what_held_is_written_into_the_document(
    trials: Callable[..., None], document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures stand between two comments, as a table; the rest of the page stays."""
    trials(trial("kill", lambda _: HELD))
    assert command.main(["--write", "--seed", "7"]) == 0
    written = document.read_text("utf-8")
    assert written.startswith("Before.\n") and written.endswith("After.\n")  # noqa: PT018 (one page)
    assert "   * - ``kill``\n     - kill is done" in written
    assert "     - kills 1,234, ratio 1.02\n" in written
    assert max(map(len, written.splitlines())) <= 120
    assert "--seed 7" in capsys.readouterr().out


def test_rows_of_other_trials_stay(trials: Callable[..., None], document: Path) -> None:
    """A part of the table can be made anew; what is no trial any more goes."""
    trials(trial("kill", lambda _: HELD), trial("fsync", lambda _: HELD), trial("gone", lambda _: HELD))
    command.main(["--write"])
    trials(trial("fsync", lambda _: Outcome({"syncs": 5}, [])), trial("kill", lambda _: VIOLATED))
    assert command.main(["--write", "--only", "fsync"]) == 0
    written = document.read_text("utf-8")
    assert written.index("``fsync``") < written.index("syncs 5") < written.index("``kill``") < written.index("1,234")
    assert "``gone``" not in written
    assert written == rewritten(written, {})


def test_a_violation_is_told_and_not_written(
    trials: Callable[..., None], document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status is 1, and the page keeps what held before."""
    trials(trial("kill", lambda _: VIOLATED))
    assert command.main(["--write"]) == 1
    assert document.read_text("utf-8") == EMPTY
    told = capsys.readouterr().out
    assert "kill  VIOLATED" in told
    assert "! a1 is lost." in told


@pytest.mark.usefixtures("document")
def test_a_trial_that_breaks_off_is_a_violation(
    trials: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """And the others are made all the same."""
    trials(trial("kill", lambda _: HELD if 1 / 0 else VIOLATED), trial("fsync", lambda _: HELD))
    assert command.main([]) == 1
    told = capsys.readouterr().out
    assert "The trial broke off: division by zero" in told
    assert "fsync  held" in told


@pytest.mark.usefixtures("document")
def test_what_cannot_be_done_here_is_said(trials: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """It is neither held nor violated."""
    trials(trial("fsync", unavailable))
    assert command.main([]) == 0
    assert "Not done here: fsync. There is no strace here." in capsys.readouterr().out


def test_the_same_seed_is_the_same_chance(trials: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    """For each trial of its own, so that it does not depend on which others are made."""
    trials(*(trial(name, lambda setting: Outcome({"chance": setting.random.getrandbits(64)}, [])) for name in "ab"))
    command.main(["--seed", "7"])
    both = capsys.readouterr().out
    command.main(["--seed", "7", "--only", "b"])
    assert capsys.readouterr().out.splitlines()[1] in both


def test_many_violations_are_counted() -> None:
    """A screen is enough."""
    told = for_terminal({"kill": Outcome({}, [f"{number} is lost." for number in range(100)])})
    assert told.count("lost") == report.AT_MOST
    assert told.endswith("! and 80 more")


def test_a_document_without_its_comments_is_not_written() -> None:
    """Rather than lose what somebody wrote."""
    with pytest.raises(ValueError, match="needs these two lines"):
        rewritten("A page.\n", {})


def test_the_page_has_its_comments() -> None:
    """So that the command can write its figures."""
    page = command.DOCUMENT.read_text("utf-8")
    assert rewritten(page, {}).partition(TABLE.begin)[0] == page.partition(TABLE.begin)[0]
