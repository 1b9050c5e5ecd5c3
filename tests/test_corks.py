"""What several clients are sent in one turn of the reactor leaves at the end of it."""

import pytest
from twisted.internet.task import Clock

from chatd.protocols.corks import Corks
from tests.wires import Wire
from tests.worlds import World


class Bottle:
    """Tells when it is corked and uncorked."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name = name
        self.told = told

    def cork(self) -> None:
        """Tell so."""
        self.told.append(f"{self.name} corked")

    def uncork(self) -> None:
        """Tell so."""
        self.told.append(f"{self.name} uncorked")


def test_all_of_one_turn_are_sent_theirs_one_after_the_other() -> None:
    """By one timer; those of the next turn have their own."""
    clock, told = Clock(), list[str]()
    corks = Corks(clock)
    corks.put(Bottle("ali", told))
    corks.put(Bottle("sara", told))
    assert told == ["ali corked", "sara corked"]
    assert len(clock.getDelayedCalls()) == 1
    clock.advance(0)
    assert told[2:] == ["ali uncorked", "sara uncorked"]
    assert not clock.getDelayedCalls()
    corks.put(Bottle("reza", told))
    clock.advance(0)
    assert told[4:] == ["reza corked", "reza uncorked"]


def test_a_bug_with_one_of_them_keeps_nobody_waiting() -> None:
    """The others are sent theirs in the next turn."""

    class Broken(Bottle):
        """Cannot be uncorked."""

        def uncork(self) -> None:
            raise RuntimeError

    clock, told = Clock(), list[str]()
    corks = Corks(clock)
    corks.put(Broken("ali", told))
    corks.put(Bottle("sara", told))
    with pytest.raises(RuntimeError):
        clock.advance(0)
    clock.advance(0)
    assert told[-1] == "sara uncorked"
    assert not clock.getDelayedCalls()


class CountingWire(Wire):
    """One that counts what its socket is asked for."""

    calls = 0

    def take(self, data: bytes) -> int:
        """Take it, and count."""
        self.calls += bool(data)
        return super().take(data)


@pytest.mark.parametrize("line", ["سارا\n", "سارا\r\n", "/lang fa\n", '{"type": "register", "user_id": "sara"}\n'])
def test_whoever_comes_is_answered_at_the_end_of_the_turn(line: str) -> None:
    """By one call, whatever they are: the line, its protocol, or how many lines the answer has."""
    world = World()
    world.joined("ali")
    sara = world.connect(wire=(wire := CountingWire()))
    sara.protocol.dataReceived(line.encode())
    assert bytes(wire.received) == b""
    world.clock.advance(0)
    assert wire.calls == 1
    assert len(wire.received) > len(line.encode())


def test_what_is_said_in_the_same_turn_comes_behind_the_greeting() -> None:
    """As it was said later."""
    world = World()
    ali, sara = world.joined("ali"), world.connect()
    sara.protocol.dataReceived(b"sara\n")
    ali.types("salam")
    seen = sara.sees().splitlines()
    assert seen[0].startswith("* Hello sara.")
    assert seen[-1] == "[12:00] ali: salam"
