"""Everything said is queued, stored in batches, and only then delivered."""

from dataclasses import dataclass, replace

import pytest
from twisted.internet.task import Clock

from chatd.batch import Batch
from chatd.commits import GROWTH_SECONDS, Commits, Post
from chatd.errors import ServerBusy
from chatd.events import Arrival, Joined, Kind, Message
from chatd.limits import Limits
from chatd.log import Log, Position
from chatd.storage.contract import Placed, Repeated, StoreError, StoreFull, identity
from tests.conftest import LoggedFailures
from tests.doubles import NumberedForm, RecordingAuthor, RecordingOutlet, SlowStore, World, said

LIMITS = Limits(queued_messages=10, batch_messages=5)
CAME = Joined((Arrival("sara", 7),), 1)


def post(author: RecordingAuthor, size: int, *parts: tuple[Log, Message]) -> Post:
    """These as one post, recognised by the first of them."""
    return Post(author, size, parts, key=identity(parts[0][1]))


class Office:
    """A queue before a slow disk, with two logs that somebody reads."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.store = SlowStore("append")
        self.world = World(limits, self.store)
        self.commits: Commits = self.world.chat.commits
        self.author = RecordingAuthor()
        self.outlet = RecordingOutlet()
        self.a, self.b = self._log("#a"), self._log("#b")

    def post(self, text: str, *logs: Log, author: RecordingAuthor | None = None) -> None:
        """Have this stored in these logs, or in the first."""
        parts = [(log, said(text)) for log in logs or (self.a,)]
        self.commits.post(post(author or self.author, len(text), *parts))

    def settle(self) -> None:
        """Let everything happen but the storing."""
        self.world.settle()

    def store_next(self, error: Exception | None = None) -> None:
        """Let the disk finish one batch."""
        self.store.let_go("append", error)
        self.settle()

    def batches(self) -> list[list[str]]:
        """The texts of every append so far."""
        return [[message.text for append in appends for message in append.messages] for appends in self.store.appended]

    @property
    def shown(self) -> list[str]:
        """What the reader of both logs has seen."""
        return self.outlet.text.splitlines()

    def _log(self, name: str) -> Log:
        log = Log(name, 0, self.world.chat._new_tail)
        log.go_live(Onlooker(self.outlet), NumberedForm(name))
        return log


class Onlooker:
    """One who never falls behind."""

    origin = 99
    ignored: frozenset[str] = frozenset()

    def __init__(self, outlet: RecordingOutlet) -> None:
        self.outlet = outlet

    def fall_behind(self, log: Log, position: Position) -> None:
        """It does not."""
        raise AssertionError(f"behind in {log.name} at {position}")


@pytest.fixture
def office() -> Office:
    """Nothing is on its way."""
    return Office()


def test_nobody_sees_what_is_not_stored(office: Office) -> None:
    """Neither readers nor the author hear of it before the disk has it."""
    office.post("salam")
    office.settle()
    assert office.store.pending("append") == 1
    assert office.shown == []
    assert office.author.heard == []
    office.store_next()
    assert office.shown == ["#a/1 ali: salam"]
    assert office.author.heard == ["stored 5"]


def test_what_comes_in_one_turn_is_one_batch(office: Office) -> None:
    """One append for all logs together."""
    office.post("one")
    office.post("two", office.b)
    office.post("three")
    office.settle()
    assert office.batches() == [["one", "three", "two"]]
    assert [append.log for append in office.store.appended[0]] == ["#a", "#b"]


def test_what_comes_while_the_disk_works_is_the_next_batch(office: Office) -> None:
    """One append at a time; then the next follows at once."""
    office.post("one")
    office.settle()
    office.post("two")
    office.post("three")
    office.settle()
    assert office.batches() == [["one"]]
    office.store_next()
    assert office.batches() == [["one"], ["two", "three"]]
    assert [append.first for append in office.store.appended[1]] == [2]


def test_a_batch_has_so_many_messages_and_no_more(office: Office) -> None:
    """The rest is the next one."""
    for number in range(7):
        office.post(str(number))
    office.settle()
    office.store_next()
    assert office.batches() == [["0", "1", "2", "3", "4"], ["5", "6"]]


def test_a_queue_that_is_half_full_is_crowded(office: Office) -> None:
    """Then those who have something in it are to wait, so that there is room for the others."""
    for number in range(5):
        assert not office.commits.crowded
        office.post(str(number))
    assert office.commits.crowded
    office.settle()
    assert not office.commits.crowded, "they are being stored"
    while office.store.waiting:
        office.store_next()


def test_a_queue_that_is_full_refuses(office: Office) -> None:
    """With the numbers; once some are stored there is room again."""
    for number in range(10):
        office.post(str(number))
    with pytest.raises(ServerBusy) as refused:
        office.post("too much")
    assert refused.value.details == {"measured": 10, "limit": 10}
    office.settle()
    office.post("fits")
    while office.store.waiting:
        office.store_next()
    assert "too much" not in str(office.batches())
    assert office.batches()[-1] == ["fits"]


@pytest.mark.parametrize("trouble", [StoreFull, StoreError])
def test_a_failed_commit_is_told_to_its_authors_alone(office: Office, trouble: type[StoreError]) -> None:
    """With the text, so that it is not lost; nobody else sees anything."""
    other = RecordingAuthor()
    office.post("one")
    office.post("two", author=other)
    office.settle()
    office.store_next(trouble("The disk is full."))
    assert office.author.heard == ["not stored 3 one: retry"]
    assert other.heard == ["not stored 3 two: retry"]
    assert office.shown == []


def test_ids_of_a_failed_commit_are_given_again(office: Office) -> None:
    """There is no hole: the next message has the id."""
    office.post("lost")
    office.settle()
    office.post("kept")
    office.store_next(StoreFull("The disk is full."))
    office.store_next()
    assert office.shown == ["#a/1 ali: kept"]


def test_notices_are_shown_even_if_the_disk_is_full(office: Office) -> None:
    """They are not stored, so that they do not depend on it; they keep their order among themselves."""
    office.post("lost")
    office.commits.notice(office.a, CAME)
    office.commits.notice(office.b, CAME)
    office.settle()
    assert office.shown == []
    office.store_next(StoreFull("The disk is full."))
    assert office.shown == ["> #a + sara", "> #b + sara"]


def test_notices_alone_do_not_trouble_the_disk(office: Office) -> None:
    """A batch without messages is delivered at once."""
    office.commits.notice(office.a, CAME)
    office.settle()
    assert office.shown == ["> #a + sara"]
    assert office.store.appended == []


def test_a_notice_keeps_its_place_between_messages(office: Office) -> None:
    """Who comes between two messages is shown between them."""
    office.post("one")
    office.commits.notice(office.a, CAME)
    office.post("two")
    office.settle()
    office.store_next()
    assert office.shown == ["#a/1 ali: one", "> #a + sara", "#a/2 ali: two"]


def test_a_message_for_two_logs_enters_both_or_none(office: Office) -> None:
    """In one append; its author hears once."""
    office.post("psst", office.a, office.b)
    office.settle()
    assert office.batches() == [["psst", "psst"]]
    office.store_next(StoreFull("The disk is full."))
    assert office.shown == []
    assert office.author.heard == ["not stored 4 psst: retry"]


def test_a_mark_is_reached_once_everything_before_it_is_stored(office: Office) -> None:
    """Or refused: it waits in the queue like a message, and is nothing that is shown."""
    marker = RecordingAuthor()
    office.post("one")
    office.commits.mark(marker)
    office.settle()
    assert marker.heard == []
    office.store_next()
    assert marker.heard == ["stored 0"]
    office.post("two")
    office.commits.mark(marker)
    office.settle()
    office.store_next(StoreFull("The disk is full."))
    assert len(marker.heard) == 2
    assert office.shown == ["#a/1 ali: one"]


def test_what_is_delivered_is_told_after_it_was_shown(office: Office) -> None:
    """An author that hears ``stored`` may answer a question about it: everybody has seen it."""

    class Curious(RecordingAuthor):
        def stored(self, post: Post) -> None:
            self.heard.append(f"stored {post.size}, {len(office.shown)} shown, up to {office.a.last}")

    curious = Curious()
    office.post("one", author=curious)
    office.settle()
    office.store_next()
    assert curious.heard == ["stored 3, 1 shown, up to 1"]


def test_idle_means_that_nothing_is_left(office: Office) -> None:
    """Also not what came in while the last was stored; when nothing is under way it is said at once."""
    heard: list[str] = []
    office.commits.when_idle(lambda: heard.append("before"))
    assert heard == ["before"]
    office.post("one")
    office.settle()
    office.commits.when_idle(lambda: heard.append("after"))
    office.post("two")
    office.store_next()
    assert heard == ["before"]
    office.store_next()
    assert heard == ["before", "after"]


@pytest.mark.parametrize(("trouble", "told"), [(StoreFull, False), (StoreError, True)])
def test_a_store_that_is_broken_is_reported(office: Office, trouble: type[StoreError], told: bool) -> None:
    """A full disk may have room again; a broken one is for the operator to see to."""
    reports: list[StoreError] = []
    office.commits.failed = reports.append
    office.post("one")
    office.settle()
    office.store_next(trouble("The disk says no."))
    assert bool(reports) is told


def test_the_queue_goes_on_after_trouble(office: Office) -> None:
    """A failed batch holds up nobody."""
    office.post("lost")
    office.settle()
    office.store_next(StoreFull("The disk is full."))
    office.post("kept")
    office.settle()
    office.store_next()
    assert office.shown == ["#a/1 ali: kept"]


def test_an_author_may_say_more_when_it_hears(office: Office) -> None:
    """From within the answer: it comes after, and nothing is lost or doubled."""

    class Talkative(RecordingAuthor):
        def stored(self, post: Post) -> None:
            if post.size < 3:
                office.post("x" * (post.size + 1), author=self)

    office.post("x", author=Talkative())
    office.settle()
    while office.store.waiting:
        office.store_next()
    assert office.batches() == [["x"], ["xx"], ["xxx"]]


def test_without_a_limit_for_batches_everything_waiting_is_one() -> None:
    """The limit is the only thing that divides what waits."""
    office = Office(replace(LIMITS, batch_messages=1000, queued_messages=1000))
    for number in range(100):
        office.post(str(number))
    office.settle()
    assert [len(batch) for batch in office.batches()] == [100]


def test_a_mistake_in_the_store_stops_nobody_for_ever(office: Office, logged_failures: LoggedFailures) -> None:
    """It is reported as the bug it is, the words are given back, the store is not trusted, and the queue goes on."""
    distrusted: list[StoreError] = []
    office.commits.failed = distrusted.append
    office.post("lost")
    office.settle()
    office.store_next(RuntimeError("a bug"))
    assert office.author.heard == ["not stored 4 lost: retry"]
    assert len(distrusted) == 1
    assert logged_failures.flush(RuntimeError)
    office.post("next")
    office.settle()
    office.store_next()
    assert office.shown == ["#a/1 ali: next"]


def test_a_mistake_of_one_author_keeps_nothing_from_the_others(office: Office, logged_failures: LoggedFailures) -> None:
    """Authors go on with their next requests when they hear; a bug in those is theirs alone."""

    class Clumsy(RecordingAuthor):
        def stored(self, post: Post) -> None:  # noqa: ARG002 (it does not come so far)
            """It fails."""
            raise RuntimeError("a bug")

    office.post("one", author=Clumsy())
    office.post("two")
    office.settle()
    office.store_next()
    assert office.author.heard == ["stored 3"]
    assert logged_failures.flush(RuntimeError)
    office.post("three")
    office.settle()
    office.store_next()
    assert office.shown[-1] == "#a/3 ali: three"


def test_a_mistake_in_showing_one_log_keeps_nothing_from_the_others(
    office: Office, logged_failures: LoggedFailures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other logs of the batch are shown, and every author hears that it is stored: it is."""
    deliver = Log.deliver

    def fail(log: Log, batch: Batch) -> None:
        if log is office.a:
            raise RuntimeError("a bug")
        deliver(log, batch)

    monkeypatch.setattr(Log, "deliver", fail)
    office.post("one")
    office.post("two", office.b)
    office.settle()
    office.store_next()
    assert office.shown == ["#b/1 ali: two"]
    assert office.author.heard == ["stored 3", "stored 3"]
    assert logged_failures.flush(RuntimeError)


# Repeats


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages with ids of their sender's, which came in by one connection."""

    office: Office
    author: RecordingAuthor
    origin: int = 1

    def say(self, *texts: str, log: Log | None = None) -> None:
        """Post these; each text is its id as well."""
        for text in texts:
            message = said(text, origin=self.origin)._replace(cid=text, person=1)
            self.office.commits.post(post(self.author, len(text), (log or self.office.a, message)))


@pytest.fixture
def sent(office: Office) -> Sent:
    """What one connection says."""
    return Sent(office, office.author)


def test_what_is_kept_already_is_said_to_its_author_and_the_rest_is_stored(office: Office, sent: Sent) -> None:
    """With the place it has; nobody sees it again, and the others' ids are dense."""
    sent.say("one", "two")
    office.settle()
    office.store_next()
    office.author.heard.clear()
    other = RecordingAuthor()
    sent.say("two", "three")
    office.post("four", author=other)
    office.settle()
    office.store_next()
    assert office.author.heard == ["repeated two: #a/2"]
    office.store_next()
    assert office.author.heard == ["repeated two: #a/2", "stored 5"]
    assert other.heard == ["stored 4"]
    assert office.shown == ["#a/1 ali: one", "#a/2 ali: two", "#a/3 ali: three", "#a/4 ali: four"]


def test_notices_among_repeats_are_shown(office: Office, sent: Sent) -> None:
    """They have nothing to do with it."""
    sent.say("one")
    office.settle()
    office.store_next()
    sent.say("one")
    office.commits.notice(office.a, CAME)
    office.settle()
    office.store_next()
    assert office.shown == ["#a/1 ali: one", "> #a + sara"]
    assert not office.store.waiting


def test_a_message_that_is_queued_twice_is_stored_once(office: Office, sent: Sent) -> None:
    """The copy waits until the store knows the first, and then has its place; what came between keeps its order."""
    sent.say("one", "two", "one", "three")
    office.settle()
    assert office.batches() == [["one", "two"]]
    while office.store.waiting:
        office.store_next()
    assert office.author.heard == ["stored 3", "stored 3", "repeated one: #a/1", "stored 5"]
    assert office.shown == ["#a/1 ali: one", "#a/2 ali: two", "#a/3 ali: three"]


def test_the_same_id_of_somebody_else_is_another_message(office: Office, sent: Sent) -> None:
    """Ids are each person's own."""
    sent.say("one")
    other = said("one")._replace(cid="one", person=2)
    office.commits.post(post(office.author, 3, (office.a, other)))
    office.settle()
    assert office.batches() == [["one", "one"]]


def test_of_a_private_message_the_senders_copy_counts(office: Office) -> None:
    """It is in two boxes and is still no repeat of itself; a repeat is told the place in the sender's."""

    def tell() -> None:
        mine = said("psst", kind=Kind.SENT)._replace(cid="1")
        office.commits.post(post(office.author, 4, (office.a, mine), (office.b, mine._replace(kind=Kind.TOLD))))

    tell()
    tell()
    office.settle()
    while office.store.waiting:
        office.store_next()
    assert office.author.heard == ["stored 4", "repeated psst: #a/1"]
    assert office.shown == ["#a/1 ali: psst", "#b/1 ali: psst"]


def test_what_waits_behind_a_refused_message_is_refused_as_well(office: Office, sent: Sent) -> None:
    """It will be sent again, after the refused one: stored now, it would come before it. Others' words are not touched."""
    other = Sent(office, RecordingAuthor(), origin=2)
    sent.say("one")
    office.settle()
    sent.say("two", "three")
    other.say("other")
    office.post("without an id")
    office.store_next(StoreFull("The disk is full."))
    assert office.author.heard == [f"not stored {len(text)} {text}: retry" for text in ("one", "two", "three")]
    office.store_next()
    assert office.shown == ["#a/1 ali: other", "#a/2 ali: without an id"]


def test_a_repeat_among_what_fails_is_still_one(office: Office, sent: Sent) -> None:
    """First it is said what is kept; then the disk is full for the rest."""
    sent.say("one")
    office.settle()
    office.store_next()
    sent.say("one", "two")
    office.settle()
    office.store_next()
    office.store_next(StoreFull("The disk is full."))
    assert office.author.heard[1:] == ["repeated one: #a/1", "not stored 3 two: retry"]


def test_a_store_that_makes_up_repeats_is_not_believed(office: Office) -> None:
    """It would be asked again and again."""
    distrusted: list[StoreError] = []
    office.commits.failed = distrusted.append
    office.post("one")
    office.settle()
    office.store_next(Repeated({(99, "x"): Placed("#a", 1, 0.0)}))
    assert office.author.heard == ["not stored 3 one: retry"]
    assert len(distrusted) == 1


class Reactor(Clock):
    """Makes the calls of one turn at a time, as reactors do; a ``Clock`` makes those they lead to as well."""

    def turn(self) -> None:
        """Make the calls that are due now."""
        due, self.calls = self.calls, []
        for call in due:
            call.called = True
            call.func(*call.args, **call.kw)


class Crowd:
    """A queue that is filled over several turns of the reactor, before a store that takes its time."""

    def __init__(self, queued_messages: int = 100, batch_messages: int = 20) -> None:
        self.reactor, self.store = Reactor(), SlowStore("append")
        world = World(LIMITS)
        limits = replace(LIMITS, queued_messages=queued_messages, batch_messages=batch_messages)
        self.commits = Commits(self.store, self.reactor, world.spawn, limits)
        self.log = Log("#a", 0, world.chat._new_tail)

    def turn(self, *texts: str) -> list[list[str]]:
        """Say these, and let one turn pass. What the store was given so far."""
        for text in texts:
            self.commits.post(post(RecordingAuthor(), len(text), (self.log, said(text))))
        self.reactor.turn()
        return [[message.text for append in appends for message in append.messages] for appends in self.store.appended]


def test_one_who_talks_alone_is_not_kept_waiting() -> None:
    """At rest a batch is one message, and begins with the next turn of the reactor."""
    assert Crowd().turn("alone") == [["alone"]]


def test_a_crowd_that_talks_over_several_turns_is_one_batch() -> None:
    """Every turn of the reactor reads some more of it: as long as that goes on, it is one commit."""
    crowd = Crowd()
    assert crowd.turn("1", "2") == []
    assert crowd.turn("3") == []
    assert crowd.turn() == [["1", "2", "3"]]


def test_a_crowd_that_never_pauses_is_not_waited_for_for_ever() -> None:
    """After a moment a batch begins, whatever still comes."""
    crowd = Crowd()
    assert crowd.turn("x", "y") == []
    crowd.reactor.rightNow += GROWTH_SECONDS / 2
    assert crowd.turn("x", "y") == []
    crowd.reactor.rightNow += GROWTH_SECONDS / 2
    assert crowd.turn("x", "y") == [["x", "y"] * 3]


def test_who_has_said_all_in_several_turns_is_not_waited_for() -> None:
    """Not for as many turns more as the last one has brought."""
    crowd = Crowd()
    crowd.turn("1", "2")
    crowd.turn("3", "4", "5")
    assert crowd.turn() == [["1", "2", "3", "4", "5"]]


def test_a_batch_that_is_full_does_not_wait_for_more() -> None:
    """It begins in the turn that has filled it."""
    crowd = Crowd(batch_messages=4)
    assert crowd.turn("1", "2") == []
    assert crowd.turn("3", "4") == [["1", "2", "3", "4"]]


def test_a_crowd_is_stored_before_it_fills_the_queue() -> None:
    """While the store has nothing to do, nobody is told that too much waits."""
    crowd = Crowd(queued_messages=8)
    assert crowd.turn("1", "2") == []
    assert crowd.turn("3", "4") == [["1", "2", "3", "4"]]


def test_what_waited_for_the_disk_goes_on_growing_when_it_has_turned() -> None:
    """Those who are shown a batch are about to answer it."""
    crowd = Crowd()
    crowd.turn("1")
    crowd.turn("2", "3")
    crowd.store.let_go("append")
    assert crowd.turn() == [["1"]]
    assert crowd.turn("4", "5") == [["1"]]
    assert crowd.turn() == [["1"], ["2", "3", "4", "5"]]


def test_who_waits_until_all_is_stored_may_go_on_talking_and_waiting() -> None:
    """All who wait are called, each once; what one of them says then is stored, and waited for like anything else."""
    crowd, heard = Crowd(), list[str]()

    def go_on() -> None:
        heard.append("first")
        crowd.commits.post(post(RecordingAuthor(), 1, (crowd.log, said("more"))))
        crowd.commits.when_idle(lambda: heard.append("last"))

    crowd.turn("1")
    crowd.commits.when_idle(go_on)
    crowd.commits.when_idle(lambda: heard.append("second"))
    crowd.store.let_go("append")
    crowd.turn()
    assert heard == ["first", "second"]
    assert crowd.turn() == [["1"], ["more"]]
    crowd.store.let_go("append")
    crowd.turn()
    assert heard == ["first", "second", "last"]


def test_each_batch_has_its_own_moment_to_grow() -> None:
    """However long the one before it took to be stored."""
    crowd = Crowd()
    crowd.turn("1", "2")
    assert crowd.turn() == [["1", "2"]]
    crowd.reactor.rightNow += 2 * GROWTH_SECONDS
    crowd.store.let_go("append")
    assert crowd.turn("3", "4") == [["1", "2"]]
    assert crowd.turn("5") == [["1", "2"]]
    assert crowd.turn() == [["1", "2"], ["3", "4", "5"]]
