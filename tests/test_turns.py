"""One client's requests: in their order, not too fast, and never lost without a word."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from chatd.errors import ChatError
from chatd.limits import Limits
from chatd.requests import Help, Quit, Request, Say, Who
from chatd.turns import BREATHER, REFUSED_AT_ONCE, Performance, Turns
from tests.doubles import UNLIMITED, RecordingOutlet, World

FLOOD = Limits(flood_burst=3, flood_rate=2, flood_waiting=4, flood_refusals=6)


class Client:
    """Asks for things, and writes down what becomes of them."""

    def __init__(self, limits: Limits = UNLIMITED, refuse_each: bool = False) -> None:
        self.world = World(limits)
        self.done: list[str] = []
        self.refusals: list[ChatError] = []
        self.hungry_again = 0
        self.slow: Deferred[None] | None = None
        """What a ``/help`` waits for."""
        self.outlet = RecordingOutlet()
        self.crowded = False
        self.turns = Turns(
            limits=limits,
            clock=self.world.clock,
            spawn=self.world.spawn,
            outlet=self.outlet,
            performer=self,
            offering=self,
            refuse_each=refuse_each,
        )

    def say(self, *texts: str) -> None:
        """Say these."""
        for text in texts:
            self.turns.add(Say(text))

    def perform(self, request: Request) -> Performance:
        """Write it down; a message is on its way to the disk then, and help may take long."""
        self.done.append(request.text if isinstance(request, Say) else type(request).__name__)
        if isinstance(request, Say):
            self.turns.committing(len(request.text))
        return self._wait(self.slow) if isinstance(request, Help) and self.slow else None

    async def _wait(self, slow: Deferred[None]) -> None:
        await slow
        self.done.append("helped")

    def refuse(self, error: ChatError, line: str = "", request: Request | None = None) -> None:  # noqa: ARG002 (how often counts)
        """Count it."""
        self.refusals.append(error)

    def drown(self) -> None:
        """Go."""
        self.done.append("drowned")
        self.turns.end()

    def resume(self) -> None:
        """Count that, too."""
        self.hungry_again += 1


def test_messages_follow_each_other_without_waiting_for_the_disk() -> None:
    """They pipeline: that is what makes one client fast."""
    client = Client()
    client.say("a", "b", "c")
    assert client.done == ["a", "b", "c"]
    assert client.turns.hungry


def test_a_message_passes_only_where_it_would_begin_at_once() -> None:
    """Whoever asks first need not add it; nothing is overtaken by that, and no limit forgotten."""
    client = Client(FLOOD)
    assert [client.turns.passes() for _ in range(4)] == [True, True, True, False]
    client.world.sleep(0.5)
    client.turns.hold()
    assert not client.turns.passes()
    client.turns.release()
    client.turns.committing(1)
    client.turns.add(Who())  # waits for the disk, and what comes now waits for that
    assert not client.turns.passes()
    client.turns.committed(1)
    client.world.sleep(0.5)
    assert client.turns.passes()


def test_anything_else_waits_until_all_is_stored() -> None:
    """So that ``/exit`` leaves after what was said before it; and what was typed after it stays behind it."""
    client = Client()
    client.say("a", "b")
    client.turns.add(Who())
    client.say("c")
    assert client.done == ["a", "b"]
    client.turns.committed(1)
    assert client.done == ["a", "b"]
    client.turns.committed(1)
    assert client.done == ["a", "b", "Who", "c"]


def test_reading_stops_while_something_waits_for_the_disk() -> None:
    """And goes on when it need not wait any more: the client is told so."""
    client = Client()
    client.say("a")
    client.turns.add(Who())
    assert not client.turns.hungry
    before = client.hungry_again
    client.turns.committed(1)
    assert client.turns.hungry
    assert client.hungry_again > before


def test_too_much_on_its_way_to_the_disk_pauses_the_client() -> None:
    """64 KiB by default; what was read already waits."""
    client = Client()
    client.say(*("x" * 4096 for _ in range(17)))
    assert len(client.done) == 17
    assert client.turns.hungry
    client.say("one more")
    assert len(client.done) == 17
    assert not client.turns.hungry
    client.turns.committed(4096)
    assert client.done[-1] == "one more"
    assert client.turns.hungry


def test_in_a_crowd_each_has_one_message_on_its_way() -> None:
    """Whoever sends as fast as the server reads waits before there is too much for the disk, and nothing is refused."""
    client = Client()
    client.say("a")
    client.crowded = True
    client.say("b", "c")
    assert client.done == ["a"]
    assert not client.turns.hungry
    assert not client.turns.passes()
    client.turns.committed(1)
    assert client.done == ["a", "b"]
    client.turns.committed(1)
    assert client.done == ["a", "b", "c"]
    client.turns.committed(1)
    assert client.turns.hungry
    assert client.turns.passes()


def test_nothing_passes_while_something_else_is_being_begun() -> None:
    """What is read then comes behind it."""
    client = Client()
    passed: list[bool] = []

    def perform(_: Request) -> None:
        passed.append(client.turns.passes())

    client.perform = perform  # type: ignore[method-assign, assignment]  # for this one
    client.turns.add(Help())
    assert passed == [False]
    assert client.turns.passes()


def test_what_takes_time_holds_up_what_comes_after_it() -> None:
    """Requests take effect in the order they were sent."""
    client = Client()
    client.slow = Deferred()
    client.turns.add(Help())
    client.say("a")
    assert client.done == ["Help"]
    assert not client.turns.hungry
    client.slow.callback(None)
    assert client.done == ["Help", "helped", "a"]


def test_holding_counts() -> None:
    """Held twice, released twice."""
    client = Client()
    client.turns.hold()
    client.turns.hold()
    client.say("a")
    client.turns.release()
    assert client.done == []
    client.turns.release()
    assert client.done == ["a"]


def test_a_burst_passes_and_the_rest_waits_for_its_turn() -> None:
    """Delayed, not lost, and in order; the reading goes on, so that a reset is noticed."""
    client = Client(FLOOD)
    client.say("1", "2", "3", "4", "5")
    assert client.done == ["1", "2", "3"]
    assert client.turns.hungry
    assert not client.turns.empty
    client.world.clock.advance(0.5)
    assert client.done == ["1", "2", "3", "4"]
    client.world.clock.advance(0.5)
    assert client.done == ["1", "2", "3", "4", "5"]
    assert client.turns.empty
    assert not client.refusals


def test_more_than_may_wait_is_refused_in_one_sentence() -> None:
    """It says how many wait and for how long; nothing of that burst gets through in between."""
    client = Client(FLOOD)
    client.say(*"1234567")
    assert not client.refusals
    client.say("8", "9")
    (refusal,) = client.refusals
    assert refusal.details == {"waiting": 4, "limit": 4, "rate": 2, "seconds": 2}
    client.world.clock.advance(0.5)
    client.say("10")
    client.world.sleep(10)
    assert client.done == list("1234567")
    client.say("11")
    assert client.done[-1] == "11"


def test_each_burst_is_refused_with_a_sentence_of_its_own() -> None:
    """Once the waiting ones are through, the client has had its warning for that time only."""
    client = Client(FLOOD)
    client.say(*"12345678")
    client.world.sleep(10)
    client.say(*"12345678")
    assert len(client.refusals) == 2


def test_a_burst_is_over_even_if_its_end_waited_for_the_disk() -> None:
    """The last of the waiting lines may be one that has to wait for more than its turn; then all is as before."""
    client = Client(FLOOD)
    client.say(*"123456")
    client.turns.add(Who())
    client.say("refused")
    client.world.sleep(10)
    assert client.done == list("123456")
    client.turns.committed(6)
    assert client.done[-1] == "Who"
    client.say("heard")
    assert client.done[-1] == "heard"
    assert len(client.refusals) == 1


def test_too_many_refusals_are_the_end() -> None:
    """Whoever does not stop is not listened to any more."""
    client = Client(FLOOD)
    client.say(*"1234567", *("x" * 5))
    assert "drowned" not in client.done
    client.say("x")
    assert client.done[-1] == "drowned"
    client.say("y")
    client.world.sleep(10)
    assert client.done[-1] == "drowned"


def test_a_flood_is_looked_at_in_portions() -> None:
    """After so many refusals no more is wanted for a moment: then the others have their turn. Nobody else ever waits so."""
    client = Client(replace(FLOOD, flood_refusals=1000))
    client.say(*"1234567", *("x" * (REFUSED_AT_ONCE - 1)))
    assert client.turns.hungry
    before = client.hungry_again
    client.say("x")
    assert not client.turns.hungry
    client.world.sleep(BREATHER)
    assert client.turns.hungry
    assert client.hungry_again > before
    client.say(*("x" * REFUSED_AT_ONCE))
    assert not client.turns.hungry
    client.turns.end()
    assert not client.world.clock.getDelayedCalls(), "one who is gone is not waited for"


def test_going_is_never_refused() -> None:
    """It only waits for what was said before it."""
    client = Client(FLOOD)
    client.say(*"123456789")
    client.turns.add(Quit())
    client.world.sleep(1)
    client.turns.committed(5)
    client.world.sleep(10)
    client.turns.committed(2)
    assert client.done == [*"1234567", "Quit"]


def test_without_a_flood_limit_nothing_waits() -> None:
    """``--flood 0``."""
    client = Client(replace(FLOOD, flood_rate=0))
    client.say(*("x" for _ in range(500)))
    assert len(client.done) == 500


def test_nothing_begins_for_one_who_does_not_read() -> None:
    """The answer could only be kept in memory; what was sent is done once there is room, in its order."""
    client = Client()
    client.outlet.blocked = True
    client.turns.add(Who())
    client.say("a")
    assert client.done == []
    assert not client.turns.hungry
    client.outlet.blocked = False
    client.turns.go_on()
    assert client.done == ["Who", "a"]


def test_refusals_are_counted_for_each_burst() -> None:
    """Who talks for a year may have been too fast a thousand times, if not at once."""
    client = Client(FLOOD)
    for _ in range(10):
        client.say(*"123456789")
        client.world.sleep(10)
    assert "drowned" not in client.done
    assert len(client.refusals) == 10


def test_what_waits_when_the_connection_ends_is_given_back() -> None:
    """It is not done later: no timer is left."""
    client = Client(FLOOD)
    client.say(*"12345")
    assert client.turns.end() == [Say("4"), Say("5")]
    assert not client.world.clock.getDelayedCalls()
    client.say("6")
    client.world.sleep(10)
    client.turns.committed(3)
    assert client.done == ["1", "2", "3"]
    assert not client.hungry_again


@pytest.mark.parametrize("asked", [0, 3, 5], ids=["at rest", "storing", "waiting for the flood limit"])
def test_one_whose_connection_has_ended_is_offered_nothing(asked: int) -> None:
    """What was read then would be dropped without a word; whatever comes to an end later does not change that."""
    client = Client(FLOOD)
    client.say(*(str(number) for number in range(asked)))
    assert client.turns.hungry
    client.turns.end()
    assert not client.turns.hungry
    client.turns.committed(min(asked, 3))
    client.turns.go_on()
    client.world.sleep(10)
    assert not client.turns.hungry
    assert not client.hungry_again


@pytest.mark.parametrize("count", [1, 5000])
def test_many_that_complete_at_once_do_not_pile_up(count: int) -> None:
    """No stack grows with them: each is finished before the next begins."""

    class Eager(Client):
        def perform(self, request: Request) -> Performance:
            return self._at_once(request)

        async def _at_once(self, request: Request) -> None:
            self.done.append(type(request).__name__)

    client = Eager()
    client.turns.hold()
    for _ in range(count):
        client.turns.add(Who())
    client.turns.release()
    assert len(client.done) == count


def test_one_that_fails_does_not_hold_up_the_others() -> None:
    """The failure is reported where coroutines are run; the next request begins all the same."""
    reports: list[str] = []

    class Failing(Client):
        def perform(self, request: Request) -> Performance:
            return self._fail() if isinstance(request, Who) else super().perform(request)

        async def _fail(self) -> None:
            raise RuntimeError("a bug")

    def run(doing: Coroutine[Any, Any, None]) -> None:
        Deferred.fromCoroutine(doing).addErrback(lambda failure: reports.append(failure.getErrorMessage()))

    client = Failing()
    client.turns._spawn = run
    client.turns.add(Who())
    client.say("a")
    assert reports == ["a bug"]
    assert client.done == ["a"]


def test_of_an_overflow_each_line_of_a_program_is_refused() -> None:
    """It waits for every answer; a person's lines are refused in one sentence."""
    client = Client(FLOOD, refuse_each=True)
    client.say(*(f"{number}" for number in range(9)))
    assert len(client.refusals) == 2
    client.say("one more")
    assert len(client.refusals) == 3
    client.world.sleep(10)
    client.say("and another")
    assert len(client.refusals) == 3
    client.world.sleep(10)
    assert client.done == [*"0123456", "and another"]


def test_what_waits_does_not_begin_before_all_that_failed_is_told() -> None:
    """One after the other is told that it failed; only then does the next request begin."""
    client = Client(replace(UNLIMITED, uncommitted_bytes=0))
    client.say("a", "b")
    assert client.done == ["a"]
    client.turns.dropped(1)
    assert client.done == ["a"]
    client.world.settle()
    assert client.done == ["a", "b"]
