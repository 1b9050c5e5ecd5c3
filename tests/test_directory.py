"""The accounts in memory: read once, found by name and person, and what each has read is written down soon."""

from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from chatd.directory import SEEN_SECONDS, Directory, name_of
from chatd.errors import ChatError, NotStored
from chatd.log import Log, Tail, TailBudget
from chatd.names import Name, person_name
from chatd.people import Person, Presence
from chatd.storage.contract import Account, StoreError
from chatd.storage.memory import MemoryStore
from tests.doubles import SlowStore

ALI = Account(7, "ali", "Ali", "what argon2 says")


@dataclass
class Reading:
    """A connection that has shown so much of the box."""

    seen: int | None = None
    address: str = "192.0.2.7"

    def renamed(self, old: Name, new: Name) -> None:
        """Nothing follows from it here."""


@dataclass
class Hall:
    """A directory over a store."""

    store: SlowStore = field(default_factory=SlowStore)
    clock: Clock = field(default_factory=Clock)
    errors: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory = Directory(self.store, self.clock, self.run)

    def run(self, doing: Coroutine[Any, Any, None]) -> None:
        """Let it run; what it raises is kept."""
        Deferred.fromCoroutine(self._watched(doing))

    async def _watched(self, doing: Coroutine[Any, Any, None]) -> None:
        try:
            await doing
        except (ChatError, StoreError) as error:
            self.errors.append(error)

    def keep(self, account: Account) -> None:
        """A new account, or another password."""
        self.run(self.directory.keep(account))

    def load(self) -> None:
        """Read them."""
        self.run(self.directory.load())

    @property
    def kept(self) -> dict[int, Account]:
        """What the store has."""
        return cast(MemoryStore, self.store.inner)._accounts

    def owner(self, *connections: Reading) -> Person:
        """The owner of the account, connected so often."""
        self.keep(ALI)
        log = Log("@7", 100, lambda: Tail(0, TailBudget(0)))
        there = tuple(cast(Presence, connection) for connection in connections)
        return Person(7, person_name("Ali"), log, there, account=ALI)


@pytest.fixture
def hall() -> Hall:
    """Nobody has an account."""
    return Hall()


def test_an_account_is_found_by_name_and_by_person(hall: Hall) -> None:
    """And by a name that looks like it."""
    hall.keep(ALI)
    assert hall.directory.get("ali") == hall.directory.of(7) == ALI
    assert hall.directory.like(person_name("аӏі")) in {None, ALI}
    assert hall.directory.like(person_name("ALI")) == ALI
    assert hall.directory.of(8) is hall.directory.get("reza") is hall.directory.like(person_name("reza")) is None


def test_what_could_not_be_kept_is_no_account(hall: Hall) -> None:
    """Nor is the new password one: what counts is what the next start reads."""
    hall.store.held = {"keep_account"}
    hall.keep(ALI)
    assert hall.directory.get("ali") is None
    hall.store.let_go("keep_account", StoreError("The disk is full."))
    assert isinstance(hall.errors[-1], NotStored)
    assert len(hall.directory) == 0


def test_they_are_read_once(hall: Hall) -> None:
    """By whoever needs them first; two who ask at once disturb nobody; one who could not has to be asked again."""
    hall.run(hall.store.inner.keep_account(ALI))
    hall.store.held = {"accounts"}
    hall.load()
    hall.store.let_go("accounts", StoreError("The disk is away."))
    assert isinstance(hall.errors[-1], StoreError)
    hall.load()
    hall.load()
    hall.store.let_go("accounts")
    hall.keep(Account(7, "ali", "Ali", "a new one"))
    hall.store.inner = MemoryStore()
    hall.run(hall.store.inner.keep_account(ALI))
    hall.store.let_go("accounts")  # with what was there before
    hall.load()
    assert not hall.store.waiting
    account = hall.directory.of(7)
    assert account is not None
    assert account.password == "a new one"
    assert hall.directory._accounts.like(person_name("Ali")) == [account]


def test_what_is_read_is_written_down_soon(hall: Hall) -> None:
    """Once for all that is read until then."""
    connection = Reading(5)
    ali = hall.owner(connection)
    hall.directory.read(ali)
    connection.seen = 6
    hall.directory.read(ali)
    assert hall.kept[7].seen == 0
    hall.clock.advance(SEEN_SECONDS)
    assert hall.kept[7].seen == 6
    assert not hall.clock.getDelayedCalls()


@pytest.mark.parametrize(("seen", "marked"), [([None], 0), ([4, None], 4), ([4, 9], 9)])
def test_what_any_connection_has_shown_was_seen(hall: Hall, seen: list[int | None], marked: int) -> None:
    """It is one person; a connection that does not read the box has shown nothing."""
    ali = hall.owner(*map(Reading, seen))
    hall.directory.save(ali)
    assert hall.kept[7].seen == marked
    assert ali.seen == marked


def test_a_mark_never_goes_back(hall: Hall) -> None:
    """A connection that reads from the beginning has not forgotten what the last one showed."""
    connection = Reading(9)
    ali = hall.owner(connection)
    hall.directory.save(ali)
    connection.seen = 2
    hall.directory.save(ali)
    assert hall.kept[7].seen == 9


def test_a_guest_has_no_mark(hall: Hall) -> None:
    """Nothing is waited for."""
    guest = hall.owner(Reading(5))
    guest.account = None
    hall.directory.read(guest)
    hall.directory.save(guest)
    assert not hall.clock.getDelayedCalls()
    assert hall.kept[7].seen == 0


def test_a_mark_that_could_not_be_kept_is_no_failure(hall: Hall) -> None:
    """It is shown again after the next start, that is all."""
    ali = hall.owner(Reading(5))
    hall.store.held = {"mark_seen"}
    hall.directory.save(ali)
    hall.store.let_go("mark_seen", StoreError("The disk is full."))
    assert not hall.errors


def test_a_name_that_rules_forbid_today_is_still_its_owners() -> None:
    """Rules change; nobody may take the name for that."""
    old = Account(7, "a b", "a b", "x")
    assert name_of(old).key == "a b"
    assert name_of(ALI) == person_name("Ali")


def test_a_password_is_not_shown_where_an_account_is() -> None:
    """What argon2 makes of it neither."""
    assert ALI.password not in repr(ALI)
