"""Lines that somebody has heard are recognised when they come to others; and never taken for anything else."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.c_parts import built

DRIVER = r"""
#include <stdio.h>
#include <string.h>
#include "known.h"
/* Members, then "member sender number bytes" for each line that was heard: 1 if it was known, 0 if it had to be understood. */
int main(void) {
    unsigned members, member, sender, number, bytes;
    uint64_t places[100] = {0};
    char line[1000];
    if (scanf("%u", &members) != 1)
        return 2;
    struct known known = known_of(members, 1);
    while (scanf("%u %u %u %u", &member, &sender, &number, &bytes) == 4) {
        memset(line, 'x', sizeof line);
        sprintf(line + bytes - 9, "%03u %04u", sender, number);
        line[bytes - 1] = '\n';
        const struct known_line *found = known_next(&known, &places[member], member, line, bytes);
        if (found && (found->said.member != sender || found->said.number != number || found->bytes != bytes))
            return 3;
        if (!found)
            places[member] = known_place(&known, &(struct said){.member = sender, .number = number}, line, bytes);
        putchar(found ? '1' : '0');
    }
    return 0;
}
"""

Heard = tuple[int, int, int, int]
"""Who heard a line; its sender, number and bytes."""
MEMBERS = 10
KNOWN_BYTES = 400


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the load knows of lines, fed from standard input."""
    return built(tmp_path_factory.mktemp("known"), DRIVER, "known.c", "text.c")


def known(driver: Path, heard: list[Heard], members: int = MEMBERS) -> str:
    """For each line whether it was known (1) or had to be understood (0)."""
    lines = "".join(f"{member} {sender} {number} {size}\n" for member, sender, number, size in heard)
    answer = subprocess.run([driver], input=f"{members}\n{lines}", text=True, capture_output=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout


def rounds(count: int, size: int = 100) -> list[tuple[int, int, int]]:
    """Everybody's messages, said by turns: sender, number and bytes."""
    return [(sender, number, size) for number in range(count) for sender in range(MEMBERS)]


def each_in_turn(log: list[tuple[int, int, int]]) -> list[Heard]:
    """The members hear all of it, but their own, one after the other."""
    return [(member, *message) for member in range(MEMBERS) for message in log if message[0] != member]


def test_the_others_know_what_the_first_has_heard(driver: Path) -> None:
    """Understood is what the first hears, and around what was their own: that is new to the second, and stands too late."""
    understood = known(driver, each_in_turn(rounds(1))).count("0")
    assert understood <= MEMBERS + 2 * MEMBERS


def test_a_backlog_is_known_too(driver: Path) -> None:
    """Several messages of each are still to be heard: none is taken for new a second time."""
    understood = known(driver, each_in_turn(rounds(3))).count("0")
    assert understood <= 3 * (MEMBERS + 2 * MEMBERS)


def test_who_lags_by_more_than_is_kept_understands_it_and_catches_up(driver: Path) -> None:
    """What is pushed out is read anew by whoever hears it late; what comes then is known again."""
    log = rounds(20)
    ahead = [(0, *message) for message in log if message[0] != 0]
    late = [(1, *message) for message in log if message[0] != 1]
    then = [(member, 5, 20 + number, 100) for number in range(5) for member in (0, 1)]
    answer = known(driver, [*ahead, *late, *then])
    assert "0" in answer[len(ahead) : len(ahead) + len(late)]
    assert answer[-len(then) + 1 :: 2].endswith("1111")


def test_who_lags_does_not_push_out_what_others_are_still_to_hear(driver: Path) -> None:
    """What is too old to be kept is not kept again."""
    begun, rest = rounds(20)[: -2 * MEMBERS], rounds(20)[-2 * MEMBERS :]
    together = [(member, *message) for message in begun for member in (0, 2) if message[0] != member]
    first, third = ([(member, *message) for message in rest if message[0] != member] for member in (0, 2))
    late = [(1, *message) for message in begun if message[0] != 1]
    answer = known(driver, [*together, *first, *late, *third])
    assert answer[-len(third) :].count("0") <= 2 * 2  # around what were the first one's own


@pytest.mark.parametrize(("size", "answer"), [(KNOWN_BYTES, "01"), (KNOWN_BYTES + 1, "00")])
def test_long_lines_are_understood_each_time(size: int, answer: str, driver: Path) -> None:
    """There is room for so much of a line."""
    assert known(driver, [(0, 2, 0, size), (1, 2, 0, size)]) == answer


@given(
    senders=st.lists(st.integers(0, 3), min_size=1, max_size=40),
    sizes=st.lists(st.sampled_from([20, 100, KNOWN_BYTES, KNOWN_BYTES + 1]), min_size=40, max_size=40),
    turns=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12)), max_size=40),
)
def test_a_known_line_is_always_the_one_it_is_taken_for(
    driver: Path, senders: list[int], sizes: list[int], turns: list[tuple[int, int]]
) -> None:
    """Whoever hears how much of it when: the driver ends with another status if a line is taken for another one."""
    log = [(sender, senders[:at].count(sender), sizes[at]) for at, sender in enumerate(senders)]
    streams = [[message for message in log if message[0] != member] for member in range(4)]
    heard: list[Heard] = []
    for member, count in turns:
        heard += [(member, *message) for message in streams[member][:count]]
        del streams[member][:count]
    assert len(known(driver, heard, members=4)) == len(heard)
