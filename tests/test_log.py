"""A log hands what is new to all who read it, and remembers it for those who cannot take it now."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from chatd import fanout
from chatd import log as logs
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


@dataclass
class Soon:
    """Keeps what is to be done later."""

    calls: list[Callable[[], None]] = field(default_factory=list)

    def __call__(self, call: Callable[[], None]) -> None:
        """Keep it."""
        self.calls.append(call)

    def passes(self) -> None:
        """Later has come, once."""
        (call,) = self.calls
        self.calls.clear()
        call()


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


# --- a crowd ---


@dataclass
class Crowd:
    """A log with more readers than are handed everything in one go: a part of two is, in each turn of the reactor."""

    log: Log
    soon: Soon
    readers: list[Listener]

    @property
    def texts(self) -> list[str]:
        """What each was sent."""
        return [reader.outlet.text for reader in self.readers]

    def served(self, line: str) -> int:
        """How many have been sent this line."""
        return sum(line in text for text in self.texts)


@pytest.fixture
def crowd(budget: TailBudget, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    """Five of them, the last by another form."""
    monkeypatch.setattr(fanout, "CROWD", 4)
    monkeypatch.setattr(logs, "PART", 2)
    soon = Soon()
    log = Log("#a", 10, lambda: Tail(PLENTY, budget), soon=soon)
    readers = [Listener() for _ in range(5)]
    for reader in readers:
        log.go_live(reader, FORM if reader is not readers[-1] else ACKS)
    return Crowd(log, soon, readers)


def test_a_crowd_is_handed_a_batch_in_parts(crowd: Crowd) -> None:
    """All of it to each, once; and the others of the server have their turn in between."""
    deliver(crowd.log, "one", "two")
    assert crowd.texts == [""] * 5
    for served in (2, 4, 5):
        crowd.soon.passes()
        assert crowd.served("two") == served
    assert crowd.soon.calls == []
    assert crowd.texts == ["#a/11 ali: one\n#a/12 ali: two\n"] * 5


def test_who_said_it_does_not_wait_behind_a_crowd(crowd: Crowd) -> None:
    """What is answered to them next comes after the receipt."""
    author = Listener(origin=1)
    crowd.log.go_live(author, ACKS)
    deliver(crowd.log, "one")
    assert author.outlet.text == "#a/11 ack\n"
    for _ in range(3):
        crowd.soon.passes()
    assert author.outlet.text == "#a/11 ack\n"
    assert crowd.served("one") == 5


def test_the_next_batch_comes_behind_the_last_one_for_everybody(crowd: Crowd) -> None:
    """In a crowd that talks faster than it can be told, nothing piles up: the rest is handed on at once."""
    deliver(crowd.log, "one")
    crowd.soon.passes()
    deliver(crowd.log, "two")
    assert crowd.served("one") == 5
    assert crowd.served("two") == 0
    assert len(crowd.soon.calls) == 1  # and not one more for each batch
    for _ in range(3):
        crowd.soon.passes()
    assert crowd.texts == ["#a/11 ali: one\n#a/12 ali: two\n"] * 5


def test_who_comes_meanwhile_has_what_is_being_handed_on_already(crowd: Crowd) -> None:
    """It was at the log's end, which is behind that."""
    deliver(crowd.log, "one")
    newcomer = Listener()
    crowd.log.go_live(newcomer, FORM)
    for _ in range(3):
        crowd.soon.passes()
    assert crowd.served("one") == 5
    assert newcomer.outlet.text == ""


def test_one_of_a_crowd_can_be_brought_up_to_date(crowd: Crowd) -> None:
    """Whatever depends on what it has been shown: it is handed that now, and not again."""
    deliver(crowd.log, "one")
    for reader in crowd.readers[0], crowd.readers[-1], crowd.readers[0]:
        crowd.log.settle(reader)
    assert [reader.outlet.text for reader in crowd.readers] == ["#a/11 ali: one\n", "", "", "", "#a/11 ali: one\n"]
    crowd.soon.passes()
    crowd.soon.passes()
    assert crowd.texts == ["#a/11 ali: one\n"] * 5


def test_who_has_left_a_crowd_is_not_waited_for(crowd: Crowd) -> None:
    """Nor is anything left to be done when all have gone."""
    deliver(crowd.log, "one")
    for reader in crowd.readers:
        crowd.log.settle(reader)
        crowd.log.leave_live(reader)
    crowd.soon.passes()
    assert crowd.soon.calls == []
    assert crowd.texts == ["#a/11 ali: one\n"] * 5


def test_a_bug_with_one_of_a_crowd_keeps_nobody_else_waiting(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others have their part when it is due."""

    def fall_behind(log: Log, position: Position) -> None:
        raise RuntimeError(f"{log.name} {position}")

    last = crowd.readers[3]  # the first one to be handed anything: the fifth is in another form, and alone in it
    monkeypatch.setattr(last, "fall_behind", fall_behind)
    deliver(crowd.log, "one")
    last.outlet.blocked = True
    with pytest.raises(RuntimeError):
        crowd.soon.passes()
    crowd.soon.passes()
    crowd.soon.passes()
    assert crowd.served("one") == 4


def test_a_crowd_that_has_become_smaller_is_none(crowd: Crowd) -> None:
    """It is handed everything at once again."""
    crowd.log.leave_live(crowd.readers.pop())
    deliver(crowd.log, "one")
    assert crowd.texts == ["#a/11 ali: one\n"] * 4
    assert crowd.soon.calls == []


def test_who_is_blocked_when_its_part_comes_goes_on_before_the_batch(crowd: Crowd) -> None:
    """Blocked by the batch itself, behind it; and it is kept for both, though nobody was behind when it was new."""
    passed_by, filled = crowd.readers[:2]
    batch = deliver(crowd.log, "one")
    passed_by.outlet.blocked = True
    filled.outlet.capacity = 5
    for _ in range(3):
        crowd.soon.passes()
    assert (passed_by.fallen, filled.fallen) == ([Position(0, 10)], [Position(1, 11)])
    assert crowd.log.recent(1) is batch
    assert crowd.served("one") == 4


def test_who_is_blocked_when_it_is_brought_up_to_date_falls_behind(crowd: Crowd) -> None:
    """It cannot be handed anything now."""
    batch = deliver(crowd.log, "one")
    crowd.readers[0].outlet.blocked = True
    crowd.log.settle(crowd.readers[0])
    assert crowd.readers[0].fallen == [Position(0, 10)]
    assert crowd.log.recent(1) is batch
