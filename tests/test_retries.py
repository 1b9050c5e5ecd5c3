"""What must come again first: messages that were refused for now do not change their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.errors import NoSuchPerson, OutOfTurn
from chatd.retries import MOST, REMEMBERED, Retries


@pytest.fixture
def retries() -> Retries:
    """Nothing was refused."""
    return Retries()


def may_go(retries: Retries, cid: str | None) -> bool:
    """Whether a message that comes in now has its turn."""
    if cid is not None:
        retries.received(cid)
    try:
        retries.require_turn(cid)
    except OutOfTurn:
        return False
    return True


def test_without_a_refusal_everything_has_its_turn(retries: Retries) -> None:
    """Whatever its id is."""
    assert all(may_go(retries, cid) for cid in ("1", "2", None, "1"))


def refuse(retries: Retries, *cids: str) -> None:
    """These come in, in this order, and are refused for now."""
    for cid in cids:
        retries.received(cid)
        retries.refused(cid)


def test_after_a_refusal_only_that_one_has_its_turn(retries: Retries) -> None:
    """Until it has come; lines without an id are not held up."""
    refuse(retries, "1", "2")
    assert not may_go(retries, "2")
    assert may_go(retries, None)
    assert may_go(retries, "1")
    assert may_go(retries, "2")


def test_the_one_that_waits_is_named(retries: Retries) -> None:
    """So that a person who reads it knows what to do."""
    refuse(retries, "1")
    retries.received("2")
    with pytest.raises(OutOfTurn, match="send 1 again first"):
        retries.require_turn("2")


def test_the_one_that_came_first_is_first_whichever_was_refused_first(retries: Retries) -> None:
    """The disk refuses one while another, sent after it, was refused before it even got there."""
    for cid in ("1", "2"):
        retries.received(cid)
    for cid in ("2", "1"):
        retries.refused(cid)
    assert not may_go(retries, "2")
    assert may_go(retries, "1")


def test_what_waited_when_another_found_no_room_has_its_turn(retries: Retries) -> None:
    """It was sent before; only what came after that has to wait."""
    retries.received("11")
    refuse(retries, "75")
    retries.received("76")
    assert may_go(retries, "11")
    assert not may_go(retries, "76")
    assert may_go(retries, "75")
    assert may_go(retries, "76")


def test_one_that_is_stored_after_all_is_waited_for_no_more(retries: Retries) -> None:
    """It had been sent twice: its sender has the ack, and will never send it again."""
    refuse(retries, "1")
    retries.answered("2")
    retries.answered(None)
    assert not may_go(retries, "3")
    retries.answered("1")
    assert may_go(retries, "3")


def test_when_the_first_has_come_the_next_is_waited_for(retries: Retries) -> None:
    """Those that were refused because of it have still to come before anything new."""
    refuse(retries, "1", "2", "3")
    assert may_go(retries, "1")
    retries.answered("1")
    assert not may_go(retries, "new")
    assert may_go(retries, "2")
    assert not may_go(retries, "new")
    assert may_go(retries, "3")
    assert may_go(retries, "new")


def test_a_copy_cut_short_lets_nothing_overtake(retries: Retries) -> None:
    """Of what was sent a second time only the beginning found room: what is missing is still waited for."""
    refuse(retries, "1", "2", "3")
    refuse(retries, "4")
    assert may_go(retries, "1")
    assert may_go(retries, "2")
    assert not may_go(retries, "4")
    assert may_go(retries, "3")
    assert may_go(retries, "4")


def test_of_those_without_an_answer_none_is_forgotten(retries: Retries) -> None:
    """However many they are: one that was would come behind those after it. So beyond some thousands no more are taken.

    Those that are answered, and remembered, do not count.
    """
    for number in range(REMEMBERED):
        retries.received(f"answered {number}")
        retries.answered(f"answered {number}")
    refuse(retries, *map(str, range(MOST)))
    assert not retries.received("one more")
    assert retries.received("7")
    assert not may_go(retries, f"{MOST - 1}")
    for number in range(MOST):
        assert may_go(retries, f"{number}")
        retries.answered(f"{number}")
    assert retries.received("one more")
    assert may_go(retries, "one more")


def test_one_that_is_forgotten_is_as_if_it_had_never_come(retries: Retries) -> None:
    """Nobody had a name yet."""
    refuse(retries, "1")
    retries.forget("1")
    retries.forget(None)
    assert may_go(retries, "2")
    assert may_go(retries, "1")


def test_a_copy_of_what_was_answered_long_ago_waits_for_nothing(retries: Retries) -> None:
    """It was waiting all the while, and its answer is forgotten by now."""
    retries.answered("old")
    assert retries.received("old")
    for number in range(REMEMBERED):
        retries.answered(f"later {number}")
    refuse(retries, "1")
    retries.require_turn("old")


def test_one_that_was_answered_already_is_never_waited_for(retries: Retries) -> None:
    """Its copy was refused, but its sender has the answer to the first."""
    retries.answered("1")
    refuse(retries, "1")
    assert may_go(retries, "2")


@pytest.mark.parametrize("count", [1, REMEMBERED - 1, REMEMBERED, 2 * REMEMBERED - 1, 1000])
def test_the_last_answers_are_remembered_and_no_others(retries: Retries, count: int) -> None:
    """A copy of a message that may just have been answered is known; what a connection remembers does not grow."""
    for number in range(count):
        retries.received(f"{number}")
        retries.answered(f"{number}")
    known = [number for number in range(count) if not retries.passes(f"{number}")]
    assert known == [*range(count - len(known), count)]
    assert min(count, REMEMBERED) <= len(known) < 2 * REMEMBERED


@pytest.mark.parametrize("before", [0, 100, REMEMBERED - 1])
@pytest.mark.parametrize("later", [0, 1, REMEMBERED - 1])
def test_why_one_was_refused_is_remembered_as_long_as_any_answer(retries: Retries, before: int, later: int) -> None:
    """A copy of it that comes behind many others is still not said."""
    for number in range(before):
        retries.answered(f"before {number}")
    retries.answered("1", NoSuchPerson(name="sara"))
    for number in range(later):
        retries.answered(f"later {number}")
    with pytest.raises(NoSuchPerson, match="sara"):
        retries.require_turn("1")


def test_a_copy_of_what_is_stored_waits_for_nothing(retries: Retries) -> None:
    """It takes nobody's place: it is acknowledged where it stands."""
    retries.answered("1")
    refuse(retries, "2")
    assert may_go(retries, "1")
    assert not may_go(retries, "3")


def test_one_that_was_refused_for_good_stays_refused(retries: Retries) -> None:
    """It had been sent twice, and the reason is over when its copy has its turn: but its sender was told that it is not said."""
    retries.answered("1", NoSuchPerson(name="sara"))
    with pytest.raises(NoSuchPerson, match="sara"):
        retries.require_turn("1")
    assert may_go(retries, "2")


class Pipe:
    """A server that refuses messages by chance at every stage, and what it keeps."""

    def __init__(self) -> None:
        self.retries = Retries()
        self.kept: list[int] = []
        self.waiting: list[int] = []
        self.queue: list[int] = []

    def send(self, number: int, room: bool) -> None:
        """One message comes in, and finds room to wait or not."""
        self.retries.received(str(number))
        if room:
            self.waiting.append(number)
        else:
            self.retries.refused(str(number))

    def take(self, count: int, full: bool = False) -> None:
        """So many have their turn; ``full``: they cannot be queued for the disk."""
        for _ in range(min(count, len(self.waiting))):
            number = self.waiting.pop(0)
            if not may_go(self.retries, str(number)) or full:
                self.retries.refused(str(number))
            else:
                self.queue.append(number)

    def store(self, works: bool) -> None:
        """Store what is queued, or refuse all of it."""
        queue, self.queue = self.queue, []
        for number in queue:
            if works:
                self.kept += [number] if number not in self.kept else []
                self.retries.answered(str(number))
            else:
                self.retries.refused(str(number))

    def settle(self) -> None:
        """Nothing is refused any more."""
        self.take(len(self.waiting))
        self.store(works=True)


ROUND = st.tuples(
    st.integers(min_value=0, max_value=6),
    st.integers(min_value=0, max_value=9),
    st.integers(min_value=0, max_value=9),
    st.booleans(),
    st.sampled_from([None, True, False]),
)
"""New messages; room for how many; how many are taken; the queue is full; the disk stores, fails, or is not asked."""


@given(st.lists(ROUND, max_size=12))
def test_whoever_sends_everything_unacknowledged_again_in_order_is_kept_in_order(
    rounds: list[tuple[int, int, int, bool, bool | None]],
) -> None:
    """Whatever is refused where, and however often: in the end all is kept, once and as it was sent."""
    pipe, sent = Pipe(), 0
    for new, room, taken, full, works in rounds:
        sent += new
        for place, number in enumerate(n for n in range(sent) if n not in pipe.kept):
            pipe.send(number, room=place < room)
        pipe.take(taken, full)
        if works is not None:
            pipe.store(works)
    pipe.settle()
    for _ in range(2):
        for number in range(sent):
            if number not in pipe.kept:
                pipe.send(number, room=True)
        pipe.settle()
    assert pipe.kept == list(range(sent))
