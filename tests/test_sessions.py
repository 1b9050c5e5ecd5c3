"""Secrets that take a name back: whom they stand for, for how long, and which connection has them."""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from chatd.errors import ChatError, NotStored, SessionUnknown
from chatd.secret import Secret
from chatd.sessions import LIFETIME, RETRY_SECONDS, Sessions, digest
from chatd.storage.contract import SessionRecord, StoreError, StoreFull
from chatd.storage.memory import MemoryStore
from tests.doubles import SlowStore

SECRET = Secret("nobody guesses this")


@dataclass(eq=False)
class Connection:
    """One that came by a secret."""

    origin: int
    by: int | None = None

    def replaced(self, by: int) -> None:
        """Another one has it now."""
        self.by = by


@dataclass
class Office:
    """Sessions over a store, at some time of day."""

    store: SlowStore = field(default_factory=SlowStore)
    clock: Clock = field(default_factory=Clock)
    now: float = 1000.0
    outcome: list[SessionRecord | ChatError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.store, self.clock, lambda: self.now, self.run)

    def run(self, doing: Coroutine[Any, Any, None]) -> None:
        """Let it run."""
        Deferred.fromCoroutine(doing)

    def find(self) -> SessionRecord | ChatError:
        """Ask whom the secret stands for."""
        self.run(self._note(self.sessions.find(SECRET)))
        return self.outcome[-1]

    def keep(self, name: str = "ali") -> SessionRecord:
        """Let the secret stand for somebody."""
        self.run(self._note(self.sessions.keep(SECRET, 7, name)))
        record = self.outcome[-1]
        assert isinstance(record, SessionRecord)
        return record

    def begin(self, origin: int = 1) -> tuple[SessionRecord, Connection]:
        """Somebody comes by it."""
        turn = self.sessions.turn()
        record, connection = self.keep(), Connection(origin)
        self.sessions.begin(record, connection, turn)
        return record, connection

    @property
    def kept(self) -> SessionRecord:
        """What the store knows of it."""
        assert isinstance(self.store.inner, MemoryStore)
        return self.store.inner._sessions[digest(SECRET)]

    async def _note(self, doing: Coroutine[Any, Any, SessionRecord]) -> None:
        try:
            self.outcome.append(await doing)
        except ChatError as error:
            self.outcome.append(error)


@pytest.fixture
def office() -> Office:
    """Nobody has come yet."""
    return Office()


def test_a_secret_stands_for_whom_it_was_kept(office: Office) -> None:
    """And the store could not tell it to anybody."""
    assert isinstance(office.find(), SessionUnknown)
    office.keep()
    found = office.find()
    assert isinstance(found, SessionRecord)
    assert (found.person, found.name, found.ended) == (7, "ali", None)
    assert SECRET.value not in repr(vars(office.store.inner))


def test_it_is_good_for_a_day_after_its_connection_has_ended(office: Office) -> None:
    """To the second; while it has one, for ever."""
    record, connection = office.begin()
    office.now += 10 * LIFETIME
    assert isinstance(office.find(), SessionRecord)
    office.sessions.end(record, connection)
    office.now += LIFETIME
    assert isinstance(office.find(), SessionRecord)
    office.now += 1
    assert isinstance(office.find(), SessionUnknown)


def test_the_connection_that_comes_last_has_it(office: Office) -> None:
    """The one before hears of that; its end is not the end of the session."""
    record, old = office.begin(1)
    again, new = office.begin(2)
    assert (old.by, new.by) == (2, None)
    office.sessions.end(record, old)
    assert office.kept.ended is None
    office.sessions.end(again, new)
    assert office.kept.ended == office.now
    assert not office.sessions._open


def test_whoever_presented_it_before_another_is_late(office: Office) -> None:
    """However long they were in coming: else a connection that is dead takes it from the one that stands for it now."""
    early = office.sessions.turn()
    record, _ = office.begin()
    assert office.sessions.is_late(record, early)
    assert not office.sessions.is_late(record, office.sessions.turn())


def test_one_that_ends_while_the_next_one_comes_is_not_the_end(office: Office) -> None:
    """It is written behind the new beginning, so that this is written once more."""
    record, old = office.begin(1)
    again = office.keep()
    office.sessions.end(record, old)
    assert office.kept.ended is not None
    office.sessions.begin(again, Connection(2), office.sessions.turn())
    assert office.kept.ended is None


def test_what_nobody_came_in_by_ends(office: Office) -> None:
    """With what was kept before, if there was something."""
    office.sessions.give_up(office.keep(), None)
    assert office.kept.ended == office.now
    before = office.kept
    office.now += 5
    office.sessions.give_up(office.keep("reza"), before)
    assert (office.kept.name, office.kept.ended) == ("ali", office.now)
    assert not office.sessions._kept_open


def test_giving_up_takes_nothing_from_the_connection_that_has_it(office: Office) -> None:
    """Its time does not run."""
    office.begin()
    office.sessions.give_up(office.keep(), None)
    assert office.kept.ended is None


def test_a_new_name_is_kept_with_it(office: Office) -> None:
    """So that its owner comes back by it."""
    record, connection = office.begin()
    renamed = office.sessions.rename(record, "reza")
    assert office.kept.name == "reza"
    office.sessions.end(renamed, connection)
    assert (office.kept.name, office.kept.ended) == ("reza", office.now)


def test_after_a_crash_the_time_runs_from_the_start(office: Office) -> None:
    """Nobody knows when a connection ended that a crash has ended; what was over for a day is forgotten."""
    office.begin()
    later = Office(office.store, now=office.now + 5 * LIFETIME)
    assert isinstance(later.find(), SessionRecord)
    assert later.kept.ended == later.now
    last = Office(office.store, now=later.now + LIFETIME + 1)
    assert isinstance(last.find(), SessionUnknown)
    assert isinstance(last.store.inner, MemoryStore)
    assert not last.store.inner._sessions


def test_the_start_is_looked_back_from_once(office: Office) -> None:
    """Else those who are here would be ended whenever somebody comes; unless the store could not do it."""
    office.store.held = {"sweep_sessions"}
    office.run(office._note(office.sessions.keep(SECRET, 7, "ali")))
    office.store.let_go("sweep_sessions", StoreError("The disk is away."))
    assert isinstance(office.outcome[-1], NotStored)
    office.store.held = set()
    record, _ = office.begin()
    office.now += 1
    office.find()
    assert office.kept == record


def test_what_could_not_be_written_is_no_failure(office: Office) -> None:
    """An end that is not on disk is taken for one at the next start."""
    record, connection = office.begin()
    office.store.held = {"keep_session"}
    office.sessions.end(record, connection)
    office.store.let_go("keep_session", StoreError("The disk is full."))
    assert office.kept.ended is None


def test_a_session_is_written_when_the_disk_has_room_again() -> None:
    """Whoever came in while it was full can come back nevertheless."""
    office = Office()
    record, _ = office.begin()
    office.store.held = {"keep_session"}
    office.sessions.rename(record, "reza")
    office.store.let_go("keep_session", StoreFull("The disk is full."))
    office.store.held.clear()
    office.clock.advance(RETRY_SECONDS)
    found = office.find()
    assert isinstance(found, SessionRecord)
    assert found.name == "reza"
    assert not office.clock.getDelayedCalls()
