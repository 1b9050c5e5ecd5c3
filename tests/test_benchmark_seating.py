"""Who is in which room of the benchmark's load: every room is full, and everybody in as many rooms as they should be."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.c_parts import built

DRIVER = r"""
#include <stdio.h>
#include "seating.h"
/* Rooms, members of each, rooms of each person: the clients of every room, then the rooms of every client. */
int main(void) {
    struct seating seating;
    if (scanf("%u %u %u", &seating.rooms, &seating.members, &seating.each) != 3)
        return 2;
    for (unsigned room = 0; room < seating.rooms; room++)
        for (unsigned member = 0; member < seating.members; member++) {
            unsigned client = seating_client(&seating, room, member);
            if (client % seating.members != member)
                return 3;
            printf("%u%c", client, member + 1 < seating.members ? ' ' : '\n');
        }
    for (unsigned client = 0; client < seating_people(&seating); client++)
        for (unsigned which = 0; which < seating.each; which++)
            printf("%u%c", seating_room(&seating, client, which), which + 1 < seating.each ? ' ' : '\n');
    return 0;
}
"""
Rows = list[list[int]]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seating alone."""
    return built(tmp_path_factory.mktemp("seating"), DRIVER, "seating.c")


def seated(driver: Path, rooms: int, members: int, each: int) -> tuple[Rows, Rows]:
    """The clients of every room, and the rooms of every client."""
    answer = subprocess.run([driver], input=f"{rooms} {members} {each}", text=True, capture_output=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
    rows = [[int(number) for number in line.split()] for line in answer.stdout.splitlines()]
    return rows[:rooms], rows[rooms:]


@given(rows=st.integers(1, 30), members=st.integers(3, 9), each=st.integers(1, 12))
@example(rows=1, members=3, each=10)
def test_every_room_is_full_and_everybody_has_their_rooms(driver: Path, rows: int, members: int, each: int) -> None:
    """Different people in each room, different rooms for each person, and both are told alike."""
    clients_of, rooms_of = seated(driver, rows * each, members, each)
    assert len(rooms_of) == rows * members
    assert all(len(set(clients)) == members for clients in clients_of)
    assert all(len(set(rooms)) == each for rooms in rooms_of)
    assert {(room, client) for room, clients in enumerate(clients_of) for client in clients} == {
        (room, client) for client, rooms in enumerate(rooms_of) for room in rooms
    }


@given(rooms=st.integers(1, 30), members=st.integers(3, 9))
def test_with_one_room_for_each_they_sit_in_turn(driver: Path, rooms: int, members: int) -> None:
    """The first people are in the first room, the next in the next."""
    clients_of, rooms_of = seated(driver, rooms, members, 1)
    assert [client for clients in clients_of for client in clients] == list(range(rooms * members))
    assert [room for (room,) in rooms_of] == [client // members for client in range(rooms * members)]


@pytest.mark.parametrize(("rooms", "members", "each"), [(1000, 3, 10), (110, 5, 10)])
def test_who_meets_in_a_room_does_not_meet_in_another(driver: Path, rooms: int, members: int, each: int) -> None:
    """Else the rooms would be copies of one another, and nothing would tell who was shown something in the wrong one."""
    clients_of, _ = seated(driver, rooms, members, each)
    pairs = [(one, other) for clients in clients_of for one in clients for other in clients if one < other]
    assert len(pairs) == len(set(pairs))
