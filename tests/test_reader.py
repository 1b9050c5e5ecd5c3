"""One client's reading: live, behind, and from one to the other without loss, doubles or disorder."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from chatd import fanout
from chatd.events import Arrival, Company, Event, Joined, Present
from chatd.log import Log, Tail, TailBudget
from chatd.reader import RETRY_SECONDS, Reader
from chatd.recent import Recent
from chatd.storage.contract import Append, Page, StoreError
from chatd.storage.memory import MemoryStore
from tests.conftest import LoggedFailures
from tests.doubles import NumberedForm, RecordingOutlet, SlowStore, said

FORM = NumberedForm("#a")
PLENTY = 1_000_000
ME = 5
CAME = Joined((Arrival("sara", 7),), 1)
HERE = "> #a = ali,sara"


@dataclass
class Desk:
    """Where a log is read: what a reader needs, and the log's other end."""

    store: SlowStore = field(default_factory=SlowStore)
    page_bytes: int = 200
    tail_bytes: int = PLENTY
    log: Log = field(init=False)
    outlet: RecordingOutlet = field(default_factory=RecordingOutlet)
    clock: Clock = field(default_factory=Clock)
    recent: Recent = field(default_factory=Recent)
    now: float = 0.0
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.new_log("#a")
        self.reader = Reader(self.outlet, ME, self)

    def new_log(self, name: str) -> Log:
        """An empty one."""
        budget = TailBudget(PLENTY)
        there = Present(Company(("ali", "sara")), ("ali", "sara"))
        return Log(
            name,
            0,
            lambda: Tail(self.tail_bytes, budget),
            lambda: there,
            soon=lambda call: self.clock.callLater(0, call),
        )

    def wall(self) -> float:
        """The time of day matters to few."""
        return self.now

    def spawn(self, doing: Coroutine[Any, Any, None]) -> None:
        """Run it; a failure fails the test when the Deferred is collected."""
        Deferred.fromCoroutine(doing)

    def say(self, *texts: str, log: Log | None = None, origin: int = 1, name: str = "ali") -> None:
        """Store these and deliver them, as one batch."""
        self.happen(*(said(text, name, origin) for text in texts), log=log)

    def happen(self, *events: Event, log: Log | None = None) -> None:
        """Let this be one batch."""
        log = log or self.log
        batch = log.next_batch(events)
        self.spawn(self.store.inner.append([Append(log.name, batch.first, batch.messages)]))
        log.deliver(batch)

    def block(self) -> None:
        """The outlet takes nothing more."""
        self.outlet.blocked = True

    def unblock(self) -> None:
        """It does again."""
        self.outlet.blocked = False
        self.reader.pump()

    @property
    def shown(self) -> list[str]:
        """The lines of messages, shortened to what was said, and all others."""
        return [line.rpartition(": ")[2] for line in self.outlet.text.splitlines()]


class Torn(SlowStore):
    """A store that has lost the second and the third message of each log."""

    async def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """What is left."""
        page = await super().read(log, after, upto, budget)
        return Page(tuple(entry for entry in page.entries if entry.id not in {2, 3}), page.cut)


@pytest.fixture
def desk() -> Desk:
    """A log with nothing in it, and a reader who does not follow it yet."""
    return Desk()


def test_a_live_reader_is_shown_what_is_said(desk: Desk) -> None:
    """From now on, and nothing of before; its own lines it has seen."""
    desk.say("before")
    desk.reader.follow(desk.log, FORM)
    desk.say("one")
    desk.say("mine", origin=ME)
    assert desk.shown == ["one"]


def test_a_newcomer_reads_on_from_where_it_was_told(desk: Desk) -> None:
    """What was said behind that, in as many pages as it takes; then it is live, and somebody hears of it."""
    desk.say(*(f"old {number}" * 5 for number in range(10)))
    done: list[int] = []
    desk.reader.follow(desk.log, FORM, after=6, then=lambda: done.append(len(desk.shown)))
    assert done == [4]
    desk.say("new")
    assert desk.shown == [*(f"old {number}" * 5 for number in range(6, 10)), "new"]


@pytest.mark.parametrize("after", [None, 1, 2])
def test_a_newcomer_with_nothing_to_read_is_live_at_once(desk: Desk, after: int | None) -> None:
    """It need not ask the store, however busy that is."""
    desk.store.held.add("read")
    desk.say("old")
    done: list[str] = []
    desk.reader.follow(desk.log, FORM, after, lambda: done.append("live"))
    assert done == ["live"]
    desk.say("new")
    assert desk.shown == ["new"]


def test_a_blocked_reader_catches_up_from_memory(desk: Desk) -> None:
    """The batches that passed it by come in order, each once, and without its own lines; the store is not asked."""
    desk.store.held.add("read")
    desk.reader.follow(desk.log, FORM)
    desk.say("one")
    desk.block()
    desk.say("two")
    desk.say("mine", "three", origin=ME)
    desk.happen(CAME, said("four"))
    assert desk.shown == ["one"]
    desk.unblock()
    assert desk.shown == ["one", "two", "> #a + sara", "four"]
    desk.say("five")
    assert desk.shown[-1] == "five"
    assert desk.log.recent(5) is None, "memory is kept for one who is not behind any more"


def test_the_batch_that_blocks_a_reader_is_not_repeated(desk: Desk) -> None:
    """The outlet took all of it."""
    desk.reader.follow(desk.log, FORM)
    desk.outlet.capacity = 10
    desk.say("one", "two")
    desk.say("three")
    desk.outlet.capacity = None
    desk.unblock()
    assert desk.shown == ["one", "two", "three"]


def test_catching_up_stops_when_the_outlet_blocks_again(desk: Desk) -> None:
    """A slow reader takes a piece at a time, and is never given more than it asked for."""
    desk.reader.follow(desk.log, FORM)
    desk.block()
    for number in range(5):
        desk.say(f"{number}")
    for number in range(1, 6):
        desk.outlet.capacity = 1
        desk.unblock()
        assert len(desk.shown) == number
    desk.outlet.capacity = None
    desk.unblock()
    assert desk.shown == ["0", "1", "2", "3", "4"]


def test_what_memory_has_lost_comes_from_the_store() -> None:
    """Nothing is lost, doubled or out of order; then it is told who is here, for it may have missed who came."""
    desk = Desk(tail_bytes=1000)
    desk.reader.follow(desk.log, FORM)
    desk.block()
    for number in range(10):
        desk.happen(CAME, said(f"{number}"))
        desk.say("mine", origin=ME)
    desk.unblock()
    assert [line for line in desk.shown if line.isdigit()] == [str(number) for number in range(10)]
    assert "mine" not in desk.shown
    assert desk.shown[-1] == HERE
    assert desk.shown.count(HERE) == 1
    desk.say("live")
    assert desk.shown[-1] == "live"


def test_what_is_said_while_the_store_is_read_comes_after_it() -> None:
    """Each once: what the store was asked for, then what was delivered meanwhile."""
    desk = Desk(SlowStore("read"), tail_bytes=1000)
    desk.say("one", "two")
    desk.reader.follow(desk.log, FORM, after=0)
    desk.say("three")
    desk.store.let_go("read")
    desk.say("four")
    assert desk.shown == ["one", "two", "three", "four"]


def test_what_memory_loses_while_the_store_is_read_is_asked_for_again() -> None:
    """The tail may be gone before the page is there."""
    desk = Desk(SlowStore("read"), tail_bytes=0)
    desk.say("one")
    desk.reader.follow(desk.log, FORM, after=0)
    desk.say("two")
    desk.store.let_go("read")
    desk.say("three")
    desk.store.let_go("read")
    desk.store.let_go("read")
    desk.say("four")
    assert [line for line in desk.shown if line != HERE] == ["one", "two", "three", "four"]


def test_one_page_at_a_time_is_asked_for() -> None:
    """However often the outlet becomes free meanwhile."""
    desk = Desk(SlowStore("read"))
    desk.say("one")
    desk.reader.follow(desk.log, FORM, after=0)
    desk.unblock()
    desk.unblock()
    assert desk.store.pending("read") == 1


def test_a_page_for_a_log_left_meanwhile_is_dropped() -> None:
    """And following it anew begins anew."""
    desk = Desk(SlowStore("read"))
    desk.say("one", "two")
    desk.reader.follow(desk.log, FORM, after=0)
    desk.reader.unfollow(desk.log)
    desk.reader.follow(desk.log, FORM, after=1)
    desk.store.let_go("read")
    assert desk.shown == []
    desk.store.let_go("read")
    assert desk.shown == ["two"]


def test_following_anew_from_an_earlier_place_shows_nothing_twice(desk: Desk) -> None:
    """Who is live already must not be handed what it also reads; nor who is behind."""
    desk.store.held.add("read")
    desk.reader.follow(desk.log, FORM)
    desk.say("one", "two")
    desk.reader.follow(desk.log, FORM, after=1)
    desk.reader.follow(desk.log, FORM, after=1)
    desk.say("three")
    desk.store.let_go("read")
    desk.store.let_go("read")
    assert desk.shown == ["one", "two", "two", "three"]
    desk.reader.unfollow(desk.log)
    assert desk.log.recent(2) is None


def test_who_missed_only_notices_asks_nobody_for_messages() -> None:
    """There are none in the store; who is here now says it all."""
    desk = Desk(SlowStore("read"), tail_bytes=0)
    desk.reader.follow(desk.log, FORM)
    desk.say("one")
    desk.block()
    desk.happen(CAME)
    desk.happen(CAME)
    desk.unblock()
    assert desk.shown == ["one", HERE]
    desk.say("two")
    assert desk.shown[-1] == "two"


def test_who_follows_nothing_is_shown_nothing(desk: Desk) -> None:
    """Live or behind: all of it ends, and no memory is kept for it."""
    live, behind = desk.log, desk.new_log("#b")
    desk.reader.follow(live, FORM)
    desk.reader.follow(behind, FORM)
    desk.block()
    desk.say("missed", log=behind)
    desk.reader.unfollow_all()
    desk.unblock()
    desk.say("one", log=live)
    desk.say("two", log=behind)
    assert desk.shown == []
    assert behind.recent(1) is None


def test_a_newcomer_who_reads_slowly_is_told_who_came_meanwhile() -> None:
    """Its old messages take several pages; who comes while they are read is in none of them."""
    desk = Desk(SlowStore("read"), page_bytes=1)
    desk.say("one", "two")
    desk.reader.follow(desk.log, FORM, after=0)
    desk.happen(CAME)
    while desk.store.waiting:
        desk.store.let_go("read")
    assert desk.shown == ["one", "two", HERE]


def test_a_newcomer_who_missed_nobody_is_told_nothing_more(desk: Desk) -> None:
    """It was told who is here when it came."""
    desk.say(*("old" * 20 for _ in range(5)))
    desk.reader.follow(desk.log, FORM, after=0)
    assert HERE not in desk.shown


def test_a_newcomer_is_shown_what_it_said_itself_before(desk: Desk) -> None:
    """It was away from this log since; what it says from now on it has seen when it was said."""
    desk.say("mine", "mine too", origin=ME)
    desk.reader.follow(desk.log, FORM, after=0)
    desk.say("mine again", origin=ME)
    assert desk.shown == ["mine", "mine too"]


def test_several_logs_are_read_in_turn() -> None:
    """A long one does not keep a short one waiting; each stays in its order."""
    desk = Desk(page_bytes=1)
    other = desk.new_log("#b")
    desk.say("a1", "a2", "a3")
    desk.say("b1", log=other)
    desk.block()
    desk.reader.follow(desk.log, FORM, after=0)
    desk.reader.follow(other, FORM, after=0)
    desk.unblock()
    assert [line for line in desk.shown if line[0] == "a"] == ["a1", "a2", "a3"]
    assert desk.shown.index("b1") < desk.shown.index("a3")


def test_ignored_people_stay_ignored_when_catching_up() -> None:
    """From memory and from the store alike."""
    desk = Desk(tail_bytes=1000)
    desk.reader.ignored = frozenset({"bob"})
    desk.say("boo", name="Bob")
    desk.reader.follow(desk.log, FORM, after=0)
    desk.block()
    for number in range(10):
        desk.say(f"{number}")
        desk.say("boo", name="BOB")
    desk.unblock()
    desk.say("boo", name="bob")
    assert [line for line in desk.shown if line != HERE] == [str(number) for number in range(10)]


@pytest.mark.parametrize(
    ("said_meanwhile", "gap"), [(3, []), (4, ["* Missed(count=1, first=3)"]), (9, ["* Missed(count=6, first=8)"])]
)
def test_a_gap_is_told(said_meanwhile: int, gap: list[str]) -> None:
    """A store that keeps only the newest messages cannot give the older ones; nobody is left to believe it did."""
    desk = Desk(SlowStore(inner=MemoryStore(kept=3)), tail_bytes=0)
    desk.reader.follow(desk.log, FORM)
    desk.say("seen")
    desk.block()
    for number in range(said_meanwhile):
        desk.say(f"{number}")
    desk.unblock()
    last_three = [str(number) for number in range(said_meanwhile - 3, said_meanwhile)]
    assert desk.shown == ["seen", *gap, *last_three, HERE]


def test_a_store_that_fails_is_asked_again() -> None:
    """The reader is told once that something is missing, and is shown all of it when the store answers again."""
    desk = Desk(SlowStore("read"))
    desk.say("found again")
    desk.reader.follow(desk.log, FORM, after=0)
    for _ in range(2):
        desk.store.let_go("read", StoreError("The disk is gone."))
        assert desk.shown == ["! StoreUnreadable "]
        desk.clock.advance(RETRY_SECONDS)
    desk.say("new")
    desk.store.let_go("read")
    assert desk.shown == ["! StoreUnreadable ", "found again", "new"]


def test_whoever_waits_for_a_store_that_fails_is_told_once() -> None:
    """They need not wait any longer; what follows the reading follows it all the same."""
    desk = Desk(SlowStore("read"))
    desk.say("found again")
    told: list[str] = []
    desk.reader.follow(desk.log, FORM, after=0, then=lambda: told.append("then"), stuck=lambda: told.append("stuck"))
    for _ in range(2):
        desk.store.let_go("read", StoreError("The disk is gone."))
        desk.clock.advance(RETRY_SECONDS)
        assert told == ["stuck"]
    desk.store.let_go("read")
    assert told == ["stuck", "then"]


def test_whoever_waits_for_a_store_that_answers_is_not_told_otherwise() -> None:
    """What follows the reading is enough."""
    desk = Desk(SlowStore("read"))
    desk.say("found")
    told: list[str] = []
    desk.reader.follow(desk.log, FORM, after=0, then=lambda: told.append("then"), stuck=lambda: told.append("stuck"))
    desk.store.let_go("read")
    desk.clock.advance(RETRY_SECONDS)
    assert told == ["then"]


def test_a_store_that_answers_too_late_is_not_asked_again() -> None:
    """Whoever went elsewhere meanwhile is shown nothing of it."""
    desk = Desk(SlowStore("read"))
    desk.say("lost")
    desk.reader.follow(desk.log, FORM, after=0)
    desk.store.let_go("read", StoreError("The disk is gone."))
    desk.reader.unfollow(desk.log)
    desk.clock.advance(RETRY_SECONDS)
    assert not desk.store.pending("read")


def test_catching_up_is_told_of_once_it_is_done(desk: Desk) -> None:
    """At once if there is nothing to catch up with."""
    told: list[str] = []
    desk.reader.when_caught_up(lambda: told.append("nothing"))
    desk.reader.follow(desk.log, FORM)
    desk.block()
    desk.say("one")
    desk.reader.when_caught_up(lambda: told.append("all"))
    assert told == ["nothing"]
    desk.unblock()
    assert told == ["nothing", "all"]
    assert desk.shown == ["one"]


def test_another_form_counts_from_here_on(desk: Desk) -> None:
    """For a live reader with what is said next, for one behind with what it reads next."""
    tagged = NumberedForm("tagged")
    desk.reader.follow(desk.log, FORM)
    desk.say("one")
    desk.reader.reform(desk.log, tagged)
    desk.say("two")
    desk.block()
    desk.say("three")
    desk.reader.reform(desk.log, FORM)
    desk.unblock()
    desk.say("four")
    assert desk.outlet.text == "#a/1 ali: one\ntagged/2 ali: two\n#a/3 ali: three\n#a/4 ali: four\n"


def test_what_the_store_has_lost_amid_a_page_is_told() -> None:
    """A damaged file; nothing is left out in silence."""
    desk = Desk(Torn(), page_bytes=PLENTY)
    desk.say(*"12345")
    desk.reader.follow(desk.log, FORM, after=0)
    assert desk.shown == ["1", "* Missed(count=2, first=4)", "4", "5"]


def test_what_follows_the_reading_may_change_what_is_read(desk: Desk) -> None:
    """Once it is live it may leave at once, in the middle of catching up elsewhere."""
    other = desk.new_log("#b")
    desk.say("a1")
    desk.say("b1", log=other)
    desk.block()
    desk.reader.follow(desk.log, FORM, after=0, then=lambda: desk.reader.unfollow(other))
    desk.reader.follow(other, FORM, after=0)
    desk.unblock()
    desk.say("b2", log=other)
    desk.say("a2")
    assert [line for line in desk.shown if line != "b1"] == ["a1", "a2"]


def test_what_follows_the_reading_may_be_more_reading(desk: Desk) -> None:
    """Somebody who has read one room may go on to the next at once."""
    other = desk.new_log("#b")
    desk.say("a1")
    desk.say("b1", log=other)
    desk.reader.follow(desk.log, FORM, after=0, then=lambda: desk.reader.follow(other, FORM, after=0))
    assert desk.shown == ["a1", "b1"]


@pytest.mark.parametrize("strict", [True, False])
def test_one_who_has_everything_up_to_there_is_told_what_is_not_kept(strict: bool) -> None:
    """Once, before the first message that is; a newcomer, who has nothing, misses nothing."""
    desk = Desk(SlowStore(inner=MemoryStore(kept=3)))
    desk.say(*"123456")
    desk.reader.follow(desk.log, FORM, after=1, strict=strict)
    missed = ["* Missed(count=2, first=4)"] if strict else []
    assert desk.shown == [*missed, "4", "5", "6"]


@pytest.mark.parametrize(("said_since", "missed"), [("34", []), ("345", []), ("34567", ["* Missed(count=2, first=5)"])])
def test_a_newcomer_is_told_what_is_not_kept_of_what_was_said_since_it_came(said_since: str, missed: list[str]) -> None:
    """The store did not answer for so long. Some of it may be its own, of which it has to hear something."""
    desk = Desk(SlowStore("read", inner=MemoryStore(kept=3)))
    desk.say(*"12")
    desk.reader.follow(desk.log, FORM, after=0)
    desk.store.let_go("read", StoreError("The disk is gone."))
    desk.say(*said_since)
    desk.store.held = set()
    desk.clock.advance(RETRY_SECONDS)
    assert desk.shown == ["! StoreUnreadable ", *missed, *f"12{said_since}"[-3:], HERE]


def test_one_who_has_everything_of_what_is_kept_is_told_nothing() -> None:
    """There is no gap between the last one it has and the first one that is kept."""
    desk = Desk(SlowStore(inner=MemoryStore(kept=3)))
    desk.say(*"123456")
    desk.reader.follow(desk.log, FORM, after=3, strict=True)
    assert desk.shown == ["4", "5", "6"]


def test_a_bug_in_the_store_holds_nobody_for_ever(logged_failures: LoggedFailures) -> None:
    """It is reported as what it is, the reader is told, and asks again."""
    desk = Desk(SlowStore("read"))
    desk.say("found again")
    done: list[str] = []
    desk.reader.follow(desk.log, FORM, after=0, then=lambda: done.append("live"))
    desk.store.let_go("read", RuntimeError("a bug"))
    assert desk.shown == ["! StoreUnreadable "]
    assert logged_failures.flush(RuntimeError)
    desk.store.held = set()
    desk.clock.advance(RETRY_SECONDS)
    assert desk.shown == ["! StoreUnreadable ", "found again"]
    assert done == ["live"]


def test_what_was_seen_is_what_was_given_to_the_outlet(desk: Desk) -> None:
    """Of a blocked reader no more than that; of a log that is not followed nothing."""
    assert desk.reader.seen(desk.log) is None
    desk.reader.follow(desk.log, FORM)
    desk.say("1")
    assert desk.reader.seen(desk.log) == 1
    desk.block()
    desk.say("2", "3")
    assert desk.reader.seen(desk.log) == 1
    desk.unblock()
    assert desk.reader.seen(desk.log) == 3
    desk.reader.unfollow(desk.log)
    assert desk.reader.seen(desk.log) is None


def test_one_who_stops_following_what_was_to_be_read_has_caught_up() -> None:
    """Whoever waits for that would else wait for ever."""
    desk = Desk(SlowStore("read"))
    desk.say("1")
    desk.reader.follow(desk.log, FORM, after=0)
    told: list[str] = []
    desk.reader.when_caught_up(lambda: told.append("all"))
    assert told == []
    desk.reader.unfollow(desk.log)
    assert told == ["all"]


# --- in a crowd, which is handed a batch in parts ---


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> Desk:
    """One reader is a crowd, and follows."""
    monkeypatch.setattr(fanout, "CROWD", 0)
    desk.reader.follow(desk.log, FORM)
    return desk


DEPENDING: dict[str, Callable[[Desk], object]] = {
    "what it has seen": lambda desk: desk.reader.seen(desk.log),
    "its having caught up": lambda desk: desk.reader.when_caught_up(lambda: None),
    "its having caught up here": lambda desk: desk.reader.when_caught_up(lambda: None, desk.log),
    "another form": lambda desk: desk.reader.reform(desk.log, NumberedForm("#a", acks=True)),
    "its going": lambda desk: desk.reader.unfollow(desk.log),
    "its coming again": lambda desk: desk.reader.follow(desk.log, FORM),
    "its going everywhere": lambda desk: desk.reader.unfollow_all(),
    "its being another's turn": lambda desk: desk.clock.advance(0),
}


@pytest.mark.parametrize("depending", DEPENDING.values(), ids=DEPENDING)
def test_whatever_depends_on_what_was_shown_comes_behind_it(crowded: Desk, depending: Callable[[Desk], object]) -> None:
    """It is as if it had been shown at once, to this one."""
    crowded.say("one")
    assert crowded.shown == []
    depending(crowded)
    assert crowded.shown == ["one"]
    crowded.clock.advance(0)
    assert crowded.shown == ["one"]


def test_the_last_of_it_is_shown_before_the_goodbye(crowded: Desk) -> None:
    """Who waits for that has it, then."""
    found: list[list[str]] = []
    crowded.say("one")
    crowded.reader.when_caught_up(lambda: found.append(crowded.shown))
    assert found == [["one"]]


def test_a_blocked_reader_reads_on_behind_what_a_crowd_is_handed(crowded: Desk) -> None:
    """From what is kept for it, in the form that it is in by then; and it is not caught up until then."""
    found: list[list[str]] = []
    crowded.say("one")
    crowded.block()
    crowded.reader.reform(crowded.log, NumberedForm("#b"))
    crowded.reader.when_caught_up(lambda: found.append(crowded.shown))
    crowded.say("two")
    assert (crowded.shown, found) == ([], [])
    crowded.unblock()
    crowded.clock.advance(0)
    assert crowded.outlet.text == "#b/1 ali: one\n#b/2 ali: two\n"
    assert found == [["one", "two"]]
