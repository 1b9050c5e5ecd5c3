"""Where several processes share the tests, some of them are run by themselves."""

import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.alone import turn
from tests.processes import IN_TREE, ROOT

OTHER = """
from pathlib import Path
from sys import argv, stdin, stdout
from tests.alone import turn
print("waits", flush=True)
with turn(alone=argv[1] == "alone", gate=Path(argv[2]), held=Path(argv[3])):
    print("begins", flush=True)
    stdin.readline()
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two, for these turns only."""
    found = tmp_path / "gate", tmp_path / "held"
    for file in found:
        file.touch()
    return found


@contextmanager
def other(how: str, files: tuple[Path, Path]) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that wants its turn."""
    command = [sys.executable, "-c", OTHER, how, *map(str, files)]
    with subprocess.Popen(
        command, cwd=ROOT, env=IN_TREE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"waits\n"
        try:
            yield process
        finally:
            process.kill()


def has_begun(process: "subprocess.Popen[bytes]") -> bool:
    """Whether it does within a moment."""
    assert process.stdout is not None
    return bool(select.select([process.stdout], [], [], 0.2)[0])


def begins(process: "subprocess.Popen[bytes]") -> bool:
    """Wait until it does."""
    assert process.stdout is not None
    return process.stdout.readline() == b"begins\n"


def end(process: "subprocess.Popen[bytes]") -> None:
    """Let its turn be over."""
    process.communicate(b"\n", timeout=60)


@pytest.mark.parametrize(("mine", "theirs"), [("alone", "beside"), ("beside", "alone"), ("alone", "alone")])
def test_who_is_alone_is_waited_for_and_waits(mine: str, theirs: str, files: tuple[Path, Path]) -> None:
    """Whoever came first."""
    gate, held = files
    with ExitStack() as stack:
        with turn(alone=mine == "alone", gate=gate, held=held):
            process = stack.enter_context(other(theirs, files))
            assert not has_begun(process)
        assert begins(process)
        end(process)


def test_the_others_are_run_beside_each_other(files: tuple[Path, Path]) -> None:
    """As ever."""
    gate, held = files
    with turn(alone=False, gate=gate, held=held), other("beside", files) as process:
        assert begins(process)
        end(process)


def test_a_test_that_fails_has_had_its_turn(files: tuple[Path, Path]) -> None:
    """Nobody waits for it for ever."""
    gate, held = files
    with pytest.raises(RuntimeError), turn(alone=True, gate=gate, held=held):
        raise RuntimeError
    with other("alone", files) as process:
        assert begins(process)
        end(process)
