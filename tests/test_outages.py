"""A store that cannot write or read is the operator's to know: when it begins, now and then, and when it is over."""

import json
from collections.abc import Iterator
from typing import cast

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure

from chatd.events import Kind, Message
from chatd.journal import as_json
from chatd.operators_log import OperatorsLog
from chatd.storage.contract import Append, Placed, Repeated, Store, StoreError, StoreFull
from chatd.storage.outage import AGAIN_SECONDS, CALM_SECONDS
from chatd.storage.watched import WatchedStore
from tests.doubles import START, SlowStore, World
from tests.test_sqlite import ALI, SESSION

FULL = StoreFull("The disk is full.")
BROKEN = StoreError("The database cannot be read: disk I/O error.")


WRITES: dict[str, tuple[object, ...]] = {
    "describe": ("#a", "#a", "tea"),
    "keep_account": (ALI,),
    "mark_seen": (7, 1),
    "mark_language": (7, "fa"),
    "keep_session": (SESSION,),
    "forget_sessions": (7,),
    "sweep_sessions": (START,),
}
"""All that is written and nobody has said."""
OTHER_WRITES = pytest.mark.parametrize("method", WRITES)


class Trouble:
    """A watched store whose calls a test lets succeed or fail, and the operator's log."""

    def __init__(self, logged: list[LogEvent]) -> None:
        self.disk = SlowStore("append", "describe", "read", "prune", *WRITES)
        self.clock = Clock()
        self.store: Store = WatchedStore(self.disk, self.clock, OperatorsLog())
        self._logged = logged
        self._last = 0

    def append(self, error: StoreError | None = None, said: int = 1) -> None:
        """Somebody says so many things at once."""
        messages = [Message(Kind.SAID, "ali", "salam", START, 7, 70) for _ in range(said)]
        appends = [Append("#a", self._last + 1, messages)]
        self._let(Deferred.fromCoroutine(self.store.append(appends)), "append", error)
        self._last += said if error is None else 0

    def write(self, method: str, error: StoreError | None = None) -> None:
        """Something else than a message is written."""
        writing = getattr(self.store, method)(*WRITES[method])
        self._let(Deferred.fromCoroutine(writing), method, error)

    def read(self, error: StoreError | None = None) -> None:
        """Somebody reads."""
        self._let(Deferred.fromCoroutine(self.store.read("#a", 0, 1, 1000)), "read", error)

    def told(self) -> list[str]:
        """What the operator has been told since the last look."""
        told = [json.loads(as_json(event))["text"] for event in self._logged]
        self._logged.clear()
        return told

    def _let(self, doing: "Deferred[object]", method: str, error: StoreError | None) -> None:
        failed: list[BaseException | None] = []

        def fail(failure: Failure) -> None:
            failed.append(failure.value)

        doing.addErrback(fail)
        self.disk.let_go(method, error)
        assert failed == ([] if error is None else [error]), "the caller hears of it as before"


@pytest.fixture
def logged() -> Iterator[list[LogEvent]]:
    """What is written to the log meanwhile."""
    events: list[LogEvent] = []
    observer = cast(ILogObserver, events.append)
    globalLogPublisher.addObserver(observer)
    yield events
    globalLogPublisher.removeObserver(observer)


@pytest.fixture
def trouble(logged: list[LogEvent]) -> Trouble:
    """Nothing is wrong yet."""
    return Trouble(logged)


REFUSED = (
    "Nothing can be stored now: The disk is full. Whoever says something is told to try again later "
    "(messages refused so far: {}, in {} s)"
)


def test_a_disk_that_works_is_not_talked_about(trouble: Trouble) -> None:
    """However much is written, and no timer runs for it."""
    for _ in range(3):
        trouble.append()
        trouble.read()
    assert trouble.told() == []
    assert not trouble.clock.getDelayedCalls()


def test_a_full_disk_is_told_at_once_now_and_then_and_when_it_is_over(trouble: Trouble) -> None:
    """One line each, with how many messages were refused; not one for each of them."""
    trouble.append(FULL, said=3)
    assert trouble.told() == [REFUSED.format(3, 0)]
    for _ in range(10):
        trouble.clock.advance(1)
        trouble.append(FULL, said=2)
    assert trouble.told() == []
    trouble.clock.advance(AGAIN_SECONDS - 10)
    trouble.append(FULL)
    assert trouble.told() == [REFUSED.format(24, 600)]
    trouble.clock.advance(30)
    trouble.append()
    trouble.clock.advance(CALM_SECONDS)
    assert trouble.told() == ["Messages are stored again, after 630 s (refused meanwhile: 24)"]
    trouble.append(FULL)
    assert trouble.told() == [REFUSED.format(1, 0)]


def test_a_disk_that_is_almost_full_is_one_trouble(trouble: Trouble) -> None:
    """What is short fits still, what is long does not: that is told as often as if nothing fitted."""
    for _ in range(50):
        trouble.append(FULL)
        trouble.append()
        trouble.clock.advance(1)
    assert trouble.told() == [REFUSED.format(1, 0)]
    trouble.clock.advance(CALM_SECONDS)
    assert trouble.told() == ["Messages are stored again, after 49 s (refused meanwhile: 50)"]
    assert not trouble.clock.getDelayedCalls()


def test_a_private_message_is_one(trouble: Trouble) -> None:
    """Although each of the two has a copy."""
    mine = Message(Kind.SENT, "ali", "salam", START, 7, 70, "sara")
    appends = [Append("@7", 1, [mine]), Append("@8", 1, [mine._replace(kind=Kind.TOLD)])]
    refused = Deferred.fromCoroutine(trouble.store.append(appends)).addErrback(lambda failure: failure.trap(StoreFull))
    trouble.disk.let_go("append", FULL)
    assert refused.called
    assert trouble.told() == [REFUSED.format(1, 0)]


@OTHER_WRITES
def test_what_else_cannot_be_kept_is_a_trouble_and_no_message(trouble: Trouble, method: str) -> None:
    """It is as full for topics, accounts and sessions."""
    trouble.write(method, FULL)
    trouble.append(FULL)
    assert trouble.told() == [REFUSED.format(0, 0)]
    trouble.append()
    trouble.clock.advance(CALM_SECONDS)
    assert trouble.told() == ["Messages are stored again, after 0 s (refused meanwhile: 1)"]


@OTHER_WRITES
def test_only_a_message_that_is_stored_ends_a_full_disk(trouble: Trouble, method: str) -> None:
    """To forget sessions that there are none of, say, changes nothing and works on any disk."""
    trouble.append(FULL)
    trouble.told()
    trouble.write(method)
    trouble.clock.advance(2 * CALM_SECONDS)
    assert trouble.told() == []
    trouble.append(FULL)
    assert trouble.told() == [], "it is still the same trouble"


@OTHER_WRITES
def test_a_disk_that_is_broken_is_not_said_to_be_full(trouble: Trouble, method: str) -> None:
    """Whoever says something next stops the server: that it can be tried again later would be wrong."""
    trouble.write(method, BROKEN)
    trouble.clock.advance(2 * CALM_SECONDS)
    assert trouble.told() == []


@OTHER_WRITES
def test_a_full_disk_that_breaks_is_not_over(trouble: Trouble, method: str) -> None:
    """Although messages were stored just before; neither is it said when the server is closed for that."""
    trouble.append(FULL)
    trouble.append()
    trouble.told()
    trouble.write(method, BROKEN)
    trouble.clock.advance(2 * CALM_SECONDS)
    trouble.append()
    trouble.append(BROKEN)
    Deferred.fromCoroutine(trouble.store.close())
    assert trouble.told() == []
    assert not trouble.clock.getDelayedCalls()


def test_a_message_that_is_kept_already_is_no_trouble(trouble: Trouble) -> None:
    """And no sign that one is over, because nothing was written."""
    repeated = Repeated({(7, "a"): Placed("#a", 1, START)})
    trouble.append(repeated)
    assert trouble.told() == []
    trouble.append(FULL)
    trouble.append(repeated)
    assert len(trouble.told()) == 1
    trouble.clock.advance(CALM_SECONDS)
    assert trouble.told() == []


def test_reading_that_fails_is_told_as_well(trouble: Trouble) -> None:
    """People see that something is not shown; what was wrong is in the log."""
    trouble.read(BROKEN)
    trouble.clock.advance(5)
    trouble.read(BROKEN)
    assert trouble.told() == [
        "The store does not give what is asked for: The database cannot be read: disk I/O error. "
        "Whoever asks is told so (failures so far: 1, in 0 s)"
    ]
    trouble.append()
    trouble.clock.advance(CALM_SECONDS)
    assert trouble.told() == []
    trouble.read()
    trouble.clock.advance(CALM_SECONDS)
    assert trouble.told() == ["The store gives everything again, after 15 s (failures meanwhile: 2)"]


def test_programs_find_the_values(trouble: Trouble, logged: list[LogEvent]) -> None:
    """By the names that docs/operations.rst lists."""
    trouble.append(FULL)
    trouble.append()
    trouble.read(BROKEN)
    trouble.read()
    trouble.clock.advance(CALM_SECONDS)
    lines = [json.loads(as_json(event)) for event in logged]
    kept = ("level", "event", "reason", "count", "seconds")
    assert [tuple(line.get(name) for name in kept) for line in lines] == [
        ("warn", "writing_refused", "The disk is full.", 1, 0),
        ("warn", "reading_failed", "The database cannot be read: disk I/O error.", 1, 0),
        ("info", "writing_works", None, 1, 0),
        ("info", "reading_works", None, 1, 0),
    ]


def test_a_store_that_cannot_be_trusted_any_more_is_told_by_who_stops_the_server(trouble: Trouble) -> None:
    """That is one line; that sessions cannot be kept either, while it stops, would only hide it."""
    trouble.append(BROKEN)
    trouble.write("describe", BROKEN)
    assert trouble.told() == []


def test_a_store_that_is_closed_is_no_trouble(trouble: Trouble) -> None:
    """What passed just before is told; what fails because of that is not, and no timer is left."""
    trouble.append(FULL)
    trouble.append()
    trouble.told()
    Deferred.fromCoroutine(trouble.store.close())
    assert trouble.told() == ["Messages are stored again, after 0 s (refused meanwhile: 1)"]
    trouble.write("describe", FULL)
    trouble.write("describe")
    assert trouble.told() == []
    assert not trouble.clock.getDelayedCalls()


def test_a_whole_chat_tells_of_a_full_disk(trouble: Trouble) -> None:
    """Its people are told to try again, and the operator why."""
    world = World(store=trouble.store)
    ali = world.join("ali")
    ali.type("salam")
    world.settle()
    trouble.disk.let_go("append", FULL)
    world.settle()
    assert ali.read()[0].endswith("could not be stored: The disk is full. Please send it again later.")
    assert trouble.told() == [REFUSED.format(1, 0)]
