"""The code is laid out, linted and typed as pyproject.toml asks for, so that one command is all there is to run."""

import subprocess
import sys

import pytest

from tests.processes import ROOT


@pytest.mark.timeout(600)  # without its cache mypy reads all of Twisted first
@pytest.mark.parametrize(
    "tool",
    [["ruff", "format", "--check", "--quiet", "."], ["ruff", "check", "--quiet", "."], ["mypy"]],
    ids=["layout", "lint", "types"],
)
def test_the_code_is_clean(tool: list[str]) -> None:
    """What the tool finds is the message of the failure."""
    ended = subprocess.run(
        [sys.executable, "-m", *tool],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
