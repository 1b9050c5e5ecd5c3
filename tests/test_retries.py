"""What must come again first: messages that were refused for now do not change their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.errors import NoSuchPerson, OutOfTurn
from chatd.retries import Retries, Stage


@pytest.fixture
def retries() -> Retries:
    """Nothing was refused."""
    return Retries()


def may_go(retries: Retries, cid: str | None) -> bool:
    """Whether a message has its turn."""
    try:
        retries.require_turn(cid)
    except OutOfTurn:
        return False
    return True


def test_without_a_refusal_everything_has_its_turn(retries: Retries) -> None:
    """Whatever its id is."""
    assert all(may_go(retries, cid) for cid in ("1", "2", None, "1"))


@pytest.mark.parametrize("stage", [Stage.BEGUN, Stage.QUEUED])
def test_after_a_refusal_only_that_one_has_its_turn(retries: Retries, stage: Stage) -> None:
    """Until it has come; lines without an id are not held up."""
    retries.refused("1", stage)
    retries.refused("2", stage)
    assert not may_go(retries, "2")
    assert may_go(retries, None)
    assert may_go(retries, "1")
    assert may_go(retries, "2")


def test_the_one_that_waits_is_named(retries: Retries) -> None:
    """So that a person who reads it knows what to do."""
    retries.refused("1", Stage.BEGUN)
    with pytest.raises(OutOfTurn, match="send 1 again first"):
        retries.require_turn("2")


@pytest.mark.parametrize("later", [Stage.RECEIVED, Stage.BEGUN])
def test_the_one_that_had_come_further_was_sent_first(retries: Retries, later: Stage) -> None:
    """The disk refuses one while another, sent after it, was refused before it even got there."""
    retries.refused("2", later)
    retries.refused("1", Stage.QUEUED)
    retries.taken()
    assert not may_go(retries, "2")
    assert may_go(retries, "1")


def test_what_waited_when_another_found_no_room_has_its_turn(retries: Retries) -> None:
    """It was sent before; only what is taken after that has to wait."""
    retries.refused("75", Stage.RECEIVED)
    assert may_go(retries, "11")
    retries.taken()
    assert not may_go(retries, "76")
    assert may_go(retries, "75")
    assert may_go(retries, "76")


def test_one_that_is_stored_after_all_is_waited_for_no_more(retries: Retries) -> None:
    """It had been sent twice: its sender has the ack, and will never send it again."""
    retries.refused("1", Stage.BEGUN)
    retries.answered("2")
    retries.answered(None)
    assert not may_go(retries, "2")
    retries.answered("1")
    assert may_go(retries, "2")


def test_when_the_first_is_stored_after_all_the_next_is_waited_for(retries: Retries) -> None:
    """Those that were refused because of it have still to come before anything new."""
    for cid in ("1", "2", "3"):
        retries.refused(cid, Stage.BEGUN)
    retries.answered("1")
    assert not may_go(retries, "new")
    assert may_go(retries, "2")
    assert may_go(retries, "3")


def test_what_was_not_even_taken_stays_behind_what_comes_again(retries: Retries) -> None:
    """The copy of the first waited already when the other found no room: nothing new comes between."""
    retries.refused("1", Stage.BEGUN)
    retries.refused("75", Stage.RECEIVED)
    assert may_go(retries, "1")
    assert may_go(retries, "2")
    retries.taken()
    assert not may_go(retries, "76")
    assert may_go(retries, "75")


def test_a_client_that_never_sends_again_costs_little(retries: Retries) -> None:
    """However many ids it invents."""
    for number in range(1000):
        retries.refused(f"{number}", Stage.BEGUN)
    assert len(retries._refused) < 1000
    assert may_go(retries, "0")


def test_one_that_was_answered_already_is_never_waited_for(retries: Retries) -> None:
    """Its copy was refused, but its sender has the answer to the first. Only the last ones are remembered."""
    retries.answered("1")
    retries.refused("1", Stage.QUEUED)
    assert may_go(retries, "2")
    for number in range(1000):
        retries.answered(f"later {number}")
    assert len(retries._answered) < 1000


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
        self.queue: list[int] = []

    def send(self, number: int, full: bool) -> None:
        """One message comes in; ``full``: it cannot be queued."""
        self.retries.taken()
        if not may_go(self.retries, str(number)):
            return
        if full:
            self.retries.refused(str(number), Stage.BEGUN)
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
                self.retries.refused(str(number), Stage.QUEUED)


@given(
    st.lists(
        st.tuples(
            st.lists(st.booleans(), min_size=0, max_size=6),
            st.booleans(),
            st.booleans(),
            st.integers(min_value=0, max_value=6),
        ),
        max_size=12,
    )
)
def test_whoever_sends_everything_unacknowledged_again_in_order_is_kept_in_order(
    rounds: list[tuple[list[bool], bool, bool, int]],
) -> None:
    """Whatever is refused where, and however often: in the end all is kept, once and as it was sent."""
    pipe, sent = Pipe(), 0
    for fulls, stores, works, new in rounds:
        chances = iter(fulls)
        sent += new
        for number in range(sent):
            if number not in pipe.kept:
                pipe.send(number, next(chances, False))
        if stores:
            pipe.store(works)
    pipe.store(works=True)
    for _ in range(2):
        for number in range(sent):
            if number not in pipe.kept:
                pipe.send(number, full=False)
        pipe.store(works=True)
    assert pipe.kept == list(range(sent))
