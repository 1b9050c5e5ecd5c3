"""Nothing breaks a promise, whatever the chances; and mistakes planted on purpose are found by the same checks."""

from dataclasses import replace

import pytest

from chatd import fanout
from chatd.batch import Batch
from chatd.boxes import Boxes
from chatd.chat import Chat
from chatd.commits import Commits, Post, _by_log
from chatd.fanout import Live
from chatd.log import Log, Position
from chatd.people import Person
from chatd.place import Place
from chatd.reader import Reader
from chatd.retries import Retries
from chatd.room import Room
from chatd.sessions import Sessions
from chatd.storage.contract import Page, StoreError
from chatd.turns import Turns
from tests.planted import IN_THE_CORE, Bug, entering
from tests.simulation import Simulation, UnsteadyStore, in_a_crowd, main
from tests.visitors import Violation

SEEDS = 300
SEEDS_FOR_A_BUG = 200
SEEDS_IN_A_CROWD = 100


def test_no_seed_breaks_a_promise() -> None:
    """What was seen is stored, is seen by all in one order, and nothing is lost, doubled or left behind."""
    for seed in range(SEEDS):
        try:
            Simulation(seed).run()
        except Violation as violation:
            pytest.fail(f"{violation}\nThe story of it: python -m tests.simulation {seed}")


def crowds() -> None:
    """Some runs in which everybody waits their own time for whatever is said."""
    for seed in range(SEEDS_IN_A_CROWD):
        try:
            with in_a_crowd(seed):
                Simulation(seed).run()
        except Violation as violation:
            raise Violation(f"{violation}\nThe story of it: python -m tests.simulation {seed} --crowd") from violation


def test_no_seed_breaks_a_promise_in_a_crowd() -> None:
    """There it is the same."""
    crowds()


@pytest.mark.parametrize(
    ("owner", "name"), [(Reader, "settle"), (Log, "settle"), (Log, "_hand_on"), (Live, "settle"), (Live, "hand_on")]
)
def test_what_a_crowd_is_not_handed_in_time_is_found(owner: type, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """If that is left out which sees to it."""
    monkeypatch.setattr(owner, name, lambda *_: fanout.Stuck([], []))
    with pytest.raises(Violation):
        crowds()


def test_a_seed_tells_the_same_story_every_time() -> None:
    """A failing seed can be studied: the same one shows everybody the same lines again."""
    first, second = Simulation(7), Simulation(7)
    first.run()
    second.run()
    assert first.texts > 10
    assert [visitor.terminal.shown for visitor in first.visitors] == [
        visitor.terminal.shown for visitor in second.visitors
    ]


def test_the_story_of_a_seed_is_told_by_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that a failing test names; a broken promise is the last thing it says."""
    monkeypatch.setattr("sys.argv", ["simulation", "7"])
    main()
    told = capsys.readouterr().out
    assert "> #lobby + v1" in told
    assert told.endswith("Nothing is broken.\n")
    monkeypatch.setattr(Reader, "pump", lambda _: None)
    with pytest.raises(SystemExit, match="BROKEN: "):
        main()


BUGS: dict[str, Bug] = dict(IN_THE_CORE)
bug = entering(BUGS)


@bug
def ids_of_a_failed_commit_are_kept(patch: pytest.MonkeyPatch) -> None:
    """What could not be stored leaves a hole."""
    refuse = Commits._refuse

    def keep(self: Commits, posts: list[Post], error: StoreError) -> None:
        for log, batch in _by_log(posts):
            log.last = batch.last
        refuse(self, posts, error)

    patch.setattr(Commits, "_refuse", keep)


@bug
def notices_die_with_a_failed_commit(patch: pytest.MonkeyPatch) -> None:
    """Comings and goings of a batch that could not be stored are not shown."""
    refuse = Commits._refuse
    patch.setattr(
        Commits, "_refuse", lambda self, posts, error: refuse(self, [post for post in posts if post.author], error)
    )


@bug
def the_newest_is_stored_first(patch: pytest.MonkeyPatch) -> None:
    """A batch is taken from the wrong end of the queue."""
    patch.setattr(Commits, "_take", lambda self: [self._queue.pop()])


@bug
def the_batch_that_blocks_a_reader_is_repeated(patch: pytest.MonkeyPatch) -> None:
    """Who falls behind goes on before the batch, although all of it was sent."""
    deliver, fall_behind = Log.deliver, Reader.fall_behind
    before: dict[Log, Position] = {}

    def remember(self: Log, batch: Batch) -> None:
        before[self] = self.end
        deliver(self, batch)

    patch.setattr(Log, "deliver", remember)
    patch.setattr(Reader, "fall_behind", lambda self, log, _: fall_behind(self, log, before[log]))


@bug
def live_one_batch_early(patch: pytest.MonkeyPatch) -> None:
    """Who has one batch still to read is live already."""
    step = Reader._step

    def early(self: Reader, log: Log, place: Place) -> bool:
        if place.batch == log.count - 1:
            place.batch = log.count
        return step(self, log, place)

    patch.setattr(Reader, "_step", early)


@bug
def live_one_turn_late(patch: pytest.MonkeyPatch) -> None:
    """Who has read everything is live only some moments later."""
    arrive = Reader._arrive

    def late(self: Reader, log: Log, place: Place) -> None:
        place.asked = True  # so that nothing else is done with it
        self._library.clock.callLater(0.02, arrived, self, log, place)

    def arrived(self: Reader, log: Log, place: Place) -> None:
        if self._places.get(log) is place:
            arrive(self, log, place)

    patch.setattr(Reader, "_arrive", late)


@bug
def two_pages_are_asked_for_at_once(patch: pytest.MonkeyPatch) -> None:
    """Who waits for a page asks for it again."""
    pump = Reader.pump

    def impatient(self: Reader) -> None:
        for place in self._places.values():
            place.asked = False
        pump(self)

    patch.setattr(Reader, "pump", impatient)


@bug
def the_store_is_read_beyond_what_was_delivered(patch: pytest.MonkeyPatch) -> None:
    """What is stored but not yet delivered is read, and then delivered again."""
    read = UnsteadyStore.read

    async def greedy(self: UnsteadyStore, log: str, after: int, upto: int, budget: int) -> Page:
        return await read(self, log, after, upto + 1, budget)

    patch.setattr(UnsteadyStore, "read", greedy)


@bug
def a_cut_page_counts_as_whole(patch: pytest.MonkeyPatch) -> None:
    """What did not fit the page is never asked for."""
    read = UnsteadyStore.read

    async def short(self: UnsteadyStore, log: str, after: int, upto: int, budget: int) -> Page:
        return Page((await read(self, log, after, upto, budget)).entries)

    patch.setattr(UnsteadyStore, "read", short)


@bug
def a_page_for_a_room_left_meanwhile_is_shown(patch: pytest.MonkeyPatch) -> None:
    """It went elsewhere while the page was on its way, and is shown it all the same."""
    fetch = Reader._fetch

    async def stubborn(self: Reader, log: Log, place: Place, end: Position) -> None:
        await fetch(self, log, place, end)
        if self._places.get(log) is not place and log not in self._logs:
            page = await self._library.store.read(log.name, place.id, end.id, 1000)
            self._send(b"".join(place.form.recall(entry, 0) for entry in page.entries))

    patch.setattr(Reader, "_fetch", stubborn)


@bug
def nobody_tells_who_is_here(patch: pytest.MonkeyPatch) -> None:
    """Comings and goings that were passed over stay unknown."""
    patch.setattr(Room, "attendance", lambda _: None)


@bug
def a_room_closes_before_its_last_words_are_stored(patch: pytest.MonkeyPatch) -> None:
    """It is opened again with an old idea of its last id."""

    def at_once(self: Chat, room: Room) -> None:
        if not len(room) and room.name.key != "#lobby":
            del self._rooms[room.name.key]

    patch.setattr(Chat, "close_if_empty", at_once)


@bug
def half_of_a_private_message_is_lost(patch: pytest.MonkeyPatch) -> None:
    """Only the receiver's copy is kept."""
    post = Commits.post
    patch.setattr(Commits, "post", lambda self, posted: post(self, replace(posted, parts=posted.parts[-1:])))


@bug
def what_is_not_a_message_waits_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """Going happens before what was said before it is stored, so that its author never hears what became of it."""
    patch.setattr(Turns, "_allowed", lambda *_: 1_000_000)


@bug
def the_first_refusal_counts_whatever_was_sent_first(patch: pytest.MonkeyPatch) -> None:
    """One that found the queue full is waited for, although one before it was refused by the disk."""
    received, refused = Retries.received, Retries.refused

    def first_seen_now(self: Retries, cid: str | None) -> None:
        if cid is not None:
            received(self, cid)
        refused(self, cid)

    patch.setattr(Retries, "received", lambda *_: True)
    patch.setattr(Retries, "refused", first_seen_now)


@bug
def a_dead_connection_takes_the_session_back(patch: pytest.MonkeyPatch) -> None:
    """It presented the secret before the living one did, and was slower."""
    patch.setattr(Sessions, "is_late", lambda *_: False)


@bug
def a_box_closes_while_a_letter_is_on_its_way(patch: pytest.MonkeyPatch) -> None:
    """It is opened again with an old idea of its last id."""

    def at_once(self: Boxes, person: Person) -> None:
        if not person.connections and self._people.get(person.id) is person:
            del self._people[person.id]

    patch.setattr(Boxes, "close_if_idle", at_once)


@pytest.mark.parametrize("name", BUGS)
def test_the_checks_find_a_planted_bug(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulation that finds nothing is worth something only if it finds this."""
    BUGS[name](monkeypatch)
    assert any(_fails(seed) for seed in range(SEEDS_FOR_A_BUG)), f"nobody noticed: {name}"


def _fails(seed: int) -> bool:
    try:
        Simulation(seed).run()
    except Violation:
        return True
    return False
