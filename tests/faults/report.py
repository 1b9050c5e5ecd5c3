"""Outcomes as people read them: on a terminal, and as the table of docs/reliability.rst. Knows no trial's inside."""

from collections.abc import Mapping, Sequence
from textwrap import wrap

from tests.documents import Part
from tests.faults.outcome import Outcome, Trial
from tests.faults.table import TRIALS, name

TABLE = Part(".. The table is written by: python -m tests.faults --long --write", ".. The end of the table.")
"""Where it stands in the document."""

WIDTH = 120
AT_MOST = 20
"""Violations of one trial that are shown."""

_HEAD = """
.. list-table::
   :header-rows: 1
   :widths: 12 28 30 30

   * - trial
     - what is done
     - what must hold
     - what was counted
"""
_ROW = "   * - "
_CELL = "     - "


def counted(outcome: Outcome) -> str:
    """The figures of an outcome in one line: ``kills 50, messages 61,203``."""
    return ", ".join(
        f"{what} {figure:,}" if isinstance(figure, int) else f"{what} {figure}"
        for what, figure in outcome.counts.items()
    )


def for_terminal(outcomes: Mapping[str, Outcome]) -> str:
    """A line for each trial, and one for each violation below it."""
    longest = max(map(len, outcomes), default=0)
    lines: list[str] = []
    for trial, outcome in outcomes.items():
        lines += [f"{trial.ljust(longest)}  {'VIOLATED' if outcome.violations else 'held':8}  {counted(outcome)}"]
        lines += [f"{'':{longest}}  ! {violation}" for violation in outcome.violations[:AT_MOST]]
        if len(outcome.violations) > AT_MOST:
            lines.append(f"{'':{longest}}  ! and {len(outcome.violations) - AT_MOST:,} more")
    return "\n".join(lines)


def rewritten(document: str, outcomes: Mapping[str, Outcome]) -> str:
    """The document with the rows of these trials made anew; those of others stay, those of trials that are gone go.

    Raises:
        ValueError: one of the two comments is not there.
    """
    rows = _rows_of(TABLE.of(document))
    rows |= {name(trial): _row(trial, outcomes[name(trial)]) for trial in TRIALS if name(trial) in outcomes}
    kept = [rows[name(trial)] for trial in TRIALS if name(trial) in rows]
    return TABLE.replaced(document, f"{_HEAD}{''.join(kept)}")


def _rows_of(table: str) -> dict[str, str]:
    """The rows below the head, by the trial's name."""
    rows = (_ROW + row.rstrip("\n") + "\n" for row in table.split(_ROW)[2:])
    return {row.split("``", 2)[1]: row for row in rows}


def _row(trial: Trial, outcome: Outcome) -> str:
    first = f"{_ROW}``{name(trial)}``\n"
    return first + "".join(_cell(text) for text in (trial.TITLE, trial.PROMISE, counted(outcome) or "nothing"))


def _cell(text: str) -> str:
    lines: Sequence[str] = wrap(
        text, WIDTH, initial_indent=_CELL, subsequent_indent=" " * len(_CELL), break_on_hyphens=False
    )
    return "\n".join(lines) + "\n"
