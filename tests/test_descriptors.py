"""For how many more connections there is room, as this very process finds out under a limit of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit

import pytest

from chatd.protocols import descriptors
from chatd.protocols.descriptors import LONG_TABLE, MUCH, PLENTY, RESERVE, SELDOM, RoomSeldomAsked, reserve, room
from tests.servers import ROOT, serving


@pytest.fixture
def limit() -> Iterator[Callable[[int], None]]:
    """Allows so many descriptors, until the end of the test."""
    before = getrlimit(RLIMIT_NOFILE)
    yield lambda most: setrlimit(RLIMIT_NOFILE, (most, before[1]))
    setrlimit(RLIMIT_NOFILE, before)


def opened(files: ExitStack) -> int:
    """One more file; its number."""
    return files.enter_context(open(os.devnull, "rb")).fileno()


def test_each_open_file_leaves_room_for_one_less(limit: Callable[[int], None]) -> None:
    """And gives it back when it is closed."""
    with ExitStack() as files:
        limit(opened(files) + 1 + 200)
        assert room() == 200 - reserve(getrlimit(RLIMIT_NOFILE)[0])
        before = room()
        for _ in range(3):
            opened(files)
        assert room() == before - 3
    assert room() == before + 1


def test_without_a_free_descriptor_the_whole_reserve_is_taken(limit: Callable[[int], None]) -> None:
    """Even to find that out one would be needed."""
    with ExitStack() as files:
        most = opened(files) + 1
        limit(most)
        assert room() == -reserve(most)


def test_the_limit_may_change_while_the_server_runs(limit: Callable[[int], None]) -> None:
    """prlimit(1) does that to any process."""
    limit(1000)
    before = room()
    limit(900)
    assert room() == before - 100


TABLE = """
import resource
from chatd.protocols.descriptors import lengthen_table
def length():
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith("FDSize:"))
resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
print(length())
lengthen_table()
print(length())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells how long the table is")
@pytest.mark.parametrize("limit", [1000, 5000])
def test_the_table_is_long_enough_from_the_start(limit: int) -> None:
    """It need not grow while somebody is served; a process of its own, since it never becomes shorter."""
    told = subprocess.run(
        [sys.executable, "-c", TABLE.format(limit=limit)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    before, after = map(int, told.stdout.split())
    assert before < limit <= after


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells how long the table is")
def test_a_server_has_a_long_table_before_anybody_comes(tmp_path: Path) -> None:
    """The real one, which has threads by then."""
    with serving(tmp_path / "server") as server:
        most, length = server.descriptors()
    assert min(most, LONG_TABLE) <= length


def test_no_descriptor_is_left_of_making_it_long(limit: Callable[[int], None]) -> None:
    """Not even where there is hardly one."""
    with ExitStack() as files:
        limit(opened(files) + 3)
        before = room()
        descriptors.lengthen_table()
        assert room() == before
        limit(opened(files) + 1)
        descriptors.lengthen_table()


def test_without_a_limit_there_is_plenty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Infinity is a negative number to the kernel."""
    monkeypatch.setattr(descriptors, "getrlimit", lambda _: (RLIM_INFINITY, RLIM_INFINITY))
    assert room() == PLENTY


@pytest.mark.parametrize(("most", "kept"), [(1_000_000, RESERVE), (1024, 64), (256, 64), (64, 16), (3, 0)])
def test_files_have_their_part_of_any_number(most: int, kept: int) -> None:
    """Of few a quarter, else there would be nobody to keep files for."""
    assert reserve(most) == kept


def test_while_there_is_much_room_the_kernel_is_asked_seldom() -> None:
    """Once it gets less, for every connection."""
    answers = [MUCH + 1, MUCH, MUCH - 1, 7, 0]
    room = RoomSeldomAsked(lambda: answers.pop(0))
    assert [room() for _ in range(SELDOM)] == [MUCH + 1] * SELDOM
    assert [room() for _ in range(SELDOM)] == [MUCH] * SELDOM
    assert [room(), room(), room()] == [MUCH - 1, 7, 0]
