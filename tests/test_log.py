"""A log hands what is new to all who read it, and remembers it for those who cannot take it now."""

from dataclasses import dataclass, field

import pytest

from chatd.batch import Batch
from chatd.log import Log, Position, Tail, TailBudget
from tests.doubles import NumberedForm, RecordingOutlet, said

FORM = NumberedForm("#a")
ACKS = NumberedForm("#a", acks=True)
PLENTY = 1_000_000


@dataclass(eq=False)
class Listener:
    """One who reads, and writes down where it fell behind."""

    origin: int = 99
    ignored: frozenset[str] = frozenset()
    outlet: RecordingOutlet = field(default_factory=RecordingOutlet)
    fallen: list[Position] = field(default_factory=list)

    def fall_behind(self, log: Log, position: Position) -> None:
        """As the reader does: not live any more, but somewhere."""
        log.leave_live(self)
        log.somebody_behind(+1)
        self.fallen.append(position)


@pytest.fixture
def budget() -> TailBudget:
    """The memory of all tails."""
    return TailBudget(PLENTY)


@pytest.fixture
def log(budget: TailBudget) -> Log:
    """A log of which ten messages are stored."""
    return Log("#a", 10, lambda: Tail(PLENTY, budget))


def deliver(log: Log, *texts: str) -> Batch:
    """Let these be what comes next."""
    batch = log.next_batch([said(text) for text in texts])
    log.deliver(batch)
    return batch


def test_every_reader_is_shown_the_same(log: Log) -> None:
    """One delivery, one write for each, in each one's form."""
    first, second, third = Listener(), Listener(), Listener(origin=1)
    log.go_live(first, FORM)
    log.go_live(second, FORM)
    log.go_live(third, ACKS)
    deliver(log, "one", "two")
    assert first.outlet.sent == second.outlet.sent == [b"#a/11 ali: one\n#a/12 ali: two\n"]
    assert third.outlet.sent == [b"#a/11 ack\n#a/12 ack\n"]


def test_ids_count_only_once_they_are_delivered(log: Log) -> None:
    """A batch that is never delivered has used none."""
    log.next_batch([said("lost")])
    assert log.end == Position(0, 10)
    assert log.next_batch([said("kept")]).first == 11
    deliver(log, "one", "two")
    assert log.end == Position(1, 12)


def test_who_has_left_is_shown_nothing(log: Log) -> None:
    """And the rest still are."""
    gone, there = Listener(), Listener()
    log.go_live(gone, FORM)
    log.go_live(there, FORM)
    log.leave_live(gone)
    deliver(log, "one")
    assert (gone.outlet.text, there.outlet.text) == ("", "#a/11 ali: one\n")


def test_a_blocked_reader_is_passed_by_and_goes_on_before_the_batch(log: Log) -> None:
    """It was sent nothing of it; the others do not wait."""
    blocked, free = Listener(), Listener()
    log.go_live(blocked, FORM)
    log.go_live(free, FORM)
    deliver(log, "one")
    blocked.outlet.blocked = True
    deliver(log, "two")
    deliver(log, "three")
    assert blocked.outlet.text == "#a/11 ali: one\n"
    assert blocked.fallen == [Position(1, 11)]
    assert free.outlet.text.count("\n") == 3


def test_the_reader_that_a_batch_blocks_goes_on_behind_it(log: Log) -> None:
    """The outlet took all of it."""
    listener = Listener()
    listener.outlet.capacity = 5
    log.go_live(listener, FORM)
    deliver(log, "one", "two")
    deliver(log, "three")
    assert listener.outlet.text == "#a/11 ali: one\n#a/12 ali: two\n"
    assert listener.fallen == [Position(1, 12)]


def test_batches_are_kept_only_while_somebody_is_behind(log: Log, budget: TailBudget) -> None:
    """From the one that is missed first, until nobody misses any; then the memory is free."""
    listener = Listener()
    log.go_live(listener, FORM)
    deliver(log, "one")
    assert log.recent(1) is None
    listener.outlet.blocked = True
    missed = [deliver(log, "two"), deliver(log, "three")]
    assert [log.recent(2), log.recent(3)] == missed
    assert log.recent(4) is None
    assert budget.used > 0
    log.somebody_behind(-1)
    assert log.recent(2) is None
    assert budget.used == 0


def test_a_tail_forgets_its_oldest_batches() -> None:
    """As many as there is memory for stay, without a hole."""
    size = Batch(1, [said("x")], 1).size()
    tail = Tail(3 * size, TailBudget(PLENTY))
    for number in range(1, 6):
        tail.add(Batch(number, [said("x")], number))
    assert [tail.get(number) is not None for number in range(1, 7)] == [False, False, True, True, True, False]
    assert tail.used == 3 * size


def test_all_tails_together_have_a_limit() -> None:
    """A tail gives up its own batches when others hold the memory, and gets it back with what is given up elsewhere."""
    size = Batch(1, [said("x")], 1).size()
    budget = TailBudget(2 * size)
    first, second = Tail(PLENTY, budget), Tail(PLENTY, budget)
    first.add(Batch(1, [said("x")], 1))
    first.add(Batch(2, [said("x")], 2))
    second.add(Batch(1, [said("x")], 1))
    assert second.get(1) is None
    assert budget.used == 2 * size
    first.clear()
    assert budget.used == 0
    second.add(Batch(2, [said("x")], 2))
    assert second.get(2) is not None


def test_a_batch_bigger_than_the_tail_is_not_kept() -> None:
    """Nor is anything before it: a tail has no holes."""
    size = Batch(1, [said("x")], 1).size()
    tail = Tail(2 * size, TailBudget(PLENTY))
    tail.add(Batch(1, [said("x")], 1))
    tail.add(Batch(2, [said("x")] * 3, 2))
    assert tail.get(1) is None
    assert tail.get(2) is None
    assert tail.used == 0
