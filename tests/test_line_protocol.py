"""People on lines: framing, order, waiting and leaving, and what telnet needs. What a line means is tested elsewhere."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from chatd.limits import Limits
from chatd.protocols.closing import LINGER_SECONDS
from chatd.protocols.text import TextProtocol
from chatd.storage.contract import Append
from chatd.storage.memory import MemoryStore
from tests.wires import DeafWire, Wire
from tests.worlds import Visitor, World

DO_BINARY = b"\xff\xfd\x00"
NO_FLOOD = Limits(flood_rate=0)


class SlowStore(MemoryStore):
    """A store whose disk is as slow as the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.slow = False
        self._waiting: list[Deferred[None]] = []

    async def append(self, appends: Sequence[Append]) -> None:
        """Keep them once the disk has turned."""
        if self.slow:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting
        await super().append(appends)

    def turn(self) -> bool:
        """What is being written is on disk now. False: nothing was."""
        waiting, self._waiting = self._waiting, []
        for deferred in waiting:
            deferred.callback(None)
        return bool(waiting)


def company(world: World) -> tuple[Visitor, Visitor]:
    """Two people who know each other."""
    ali, sara = world.joined("ali"), world.joined("sara", "192.0.2.8")
    ali.sees()
    return ali, sara


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\0"])
def test_a_line_ends_as_any_client_ends_it(end: bytes) -> None:
    """nc, telnet in its modes and old terminals all send lines."""
    ali, sara = company(World())
    ali.sends(b"salam" + end + b"khubi?" + end)
    assert sara.sees() == "[12:00] ali: salam\n[12:00] ali: khubi?\n"


@pytest.mark.parametrize("last", [b"/who", b"/who\n"])
def test_the_last_line_counts_and_is_answered(last: bytes) -> None:
    """A script that ends its half at once reads its answers: the other half of the connection is still open."""
    visitor = World().connect().sends(b"ali\nsalam\n" + last).ends()
    assert visitor.sees().endswith("* Online (1):\nali (192.0.2.7)\n* Goodbye, ali.\n")
    assert visitor.closed


def test_leaving_waits_for_what_was_said() -> None:
    """``salam`` then ``/exit``: the disk has the one before the other happens, and everybody sees them in that order."""
    store = SlowStore()
    world = World(store=store)
    ali, sara = company(world)
    store.slow = True
    ali.types("salam", "/exit")
    assert (ali.sees(), sara.sees()) == ("", "")
    store.turn()
    world.settle()
    assert sara.sees() == "[12:00] ali: salam\n* ali left.\n"
    assert ali.sees() == "* Goodbye, ali.\n"


def test_a_half_that_closes_early_loses_nothing() -> None:
    """Everything sent before the end counts, though the disk is slow and the end is known long before."""
    store = SlowStore()
    world = World(limits=NO_FLOOD, store=store)
    ali, sara = company(world)
    store.slow = True
    ali.sends(b"1\n2\n/who\n3").ends()
    while not ali.closed:
        store.turn()
        world.settle()
    assert sara.sees() == "".join(f"[12:00] ali: {said}\n" for said in "123") + "* ali left.\n"
    assert "* Online (2):" in ali.sees()


def test_reading_waits_for_the_disk() -> None:
    """One who talks faster than the disk writes is paused after 64 KiB, and no word is lost or moved."""
    store = SlowStore()
    world = World(limits=NO_FLOOD, store=store)
    ali, sara = company(world)
    store.slow = True
    lines = [f"{number:04} {'x' * 1000}" for number in range(200)]
    ali.sends(*(f"{line}\n".encode() for line in lines))
    assert ali.wire.paused
    assert sara.sees() == ""
    shown = ""
    while ali.wire.paused or shown.count("\n") < len(lines):
        assert store.turn(), "nothing is being stored, and not everything was shown"
        world.settle()
        shown += sara.sees()
    assert shown == "".join(f"[12:00] ali: {line}\n" for line in lines)


def test_input_waits_while_output_does() -> None:
    """Whoever asks and does not read the answers is asked no further: they cost the server one answer, not a thousand."""
    world = World(limits=NO_FLOOD)
    ali = world.joined("ali", wire=Wire())
    ali.wire.room = 0
    ali.sends(*[b"/help\n"] * 1000)
    assert ali.wire.paused
    assert len(ali.wire.buffer) < 10_000
    ali.wire.room = None
    world.settle()
    assert ali.sees().count("* /exit leaves.") == 1000


def test_one_who_does_not_read_holds_up_nobody() -> None:
    """Others get every line at once; of what the slow one has not read the server keeps one piece, not all."""
    world = World(limits=NO_FLOOD)
    ali, sara = company(world)
    slow = world.joined("reza", "192.0.2.9")
    ali.sees(), sara.sees()
    slow.wire.room = 100
    lines = [f"{number} {'x' * 1000}" for number in range(300)]
    for line in lines:
        ali.types(line)
        assert sara.sees() == f"[12:00] ali: {line}\n"
    conversation: Any = list(world.site.conversations)[-1]
    assert len(slow.wire.buffer) + sum(map(len, conversation.outlet._rest)) < 3000
    slow.wire.room = None
    world.settle()
    assert slow.sees() == "".join(f"[12:00] ali: {line}\n" for line in lines)
    ali.types("live again")
    assert slow.sees() == "[12:00] ali: live again\n"


@pytest.mark.parametrize("question", [b"\xff\xf6", b"\xff\xfd\x06"], ids=["are you there", "timing mark"])
def test_telnet_is_not_answered_while_nobody_reads_the_answers(question: bytes) -> None:
    """They would pile up without a line ever being typed; reading stops instead."""
    world = World()
    ali = world.joined("ali")
    ali.sees()
    ali.wire.room = 0
    for _ in range(5000):
        ali.sends(question * 40)
    assert ali.wire.paused
    ali.wire.room = None
    ali.wire.flush()
    assert len(ali.gets()) < 4096


def test_one_who_never_reads_is_dropped_and_announced() -> None:
    """After a minute without taking a byte somebody is gone, and the others are told."""
    world = World()
    ali, sara = company(world)
    sara.wire.room = 0
    ali.types("salam")
    world.passes(world.site.chat.limits.stall_seconds - 1)
    assert not sara.closed
    world.passes(1)
    assert sara.wire.aborted
    assert ali.sees() == "* sara left.\n"


def test_who_is_gone_is_announced_at_once() -> None:
    """A connection that is reset, as a killed client's is, needs no time-out."""
    ali, sara = company(World())
    sara.drops()
    assert ali.sees() == "* sara left.\n"


def test_a_name_is_waited_for_for_a_minute() -> None:
    """Whoever gives none makes room, and reads why."""
    world = World()
    visitor = world.connect()
    world.greet()
    world.passes(world.site.chat.limits.name_seconds)
    assert visitor.sees().endswith("* No name was given in time. Connect again when you like. Goodbye.\n")
    assert visitor.closed


def test_goodbye_arrives_before_the_end() -> None:
    """Our half is closed first and the rest is read away: a socket closed on unread bytes would destroy the last words."""
    world = World()
    ali = world.joined("ali")
    ali.polite = False
    ali.sends(b"/exit\n", b"and some more\n" * 1000)
    assert ali.sees() == "* Goodbye, ali.\n"
    assert ali.wire.half_closed
    assert not ali.closed
    assert world.journal.lines[-1] == "-ali 192.0.2.7 0"
    world.passes(LINGER_SECONDS)
    assert ali.wire.aborted


def test_one_who_leaves_while_output_waits_is_still_listened_to() -> None:
    """The end of the other half is noticed at once, though the last words were still on their way when they were asked."""
    world = World()
    ali = world.joined("ali", wire=DeafWire()).types("/exit")
    assert ali.sees() == "* Goodbye, ali.\n"
    assert ali.closed
    assert not ali.wire.aborted


def test_lines_wait_for_their_turn_and_too_many_are_refused() -> None:
    """Ten lines pass at once, two a second after that; 64 wait, and one sentence refuses all the others."""
    world = World()
    ali, sara = company(world)
    ali.types(*map(str, range(100)))
    assert sara.sees().count("ali: ") == 9  # giving the name was the tenth
    assert ali.sees().count("Too fast") == 1
    world.passes(0.5)
    assert sara.sees() == "[12:00] ali: 9\n"
    for _ in range(200):
        world.passes(0.5)
    assert sara.sees().endswith("ali: 72\n")
    ali.types("at rest")
    assert sara.sees().endswith("ali: at rest\n")


def test_whoever_floods_on_is_closed() -> None:
    """After a thousand refusals the connection ends with a line that says why."""
    ali, sara = company(World())
    ali.sends(b"x\n" * 2000)
    assert ali.sees().endswith("* Far too many lines came in, so this connection is closed. Goodbye, ali.\n")
    assert ali.closed
    assert sara.sees().endswith("* ali left.\n")


def test_what_waits_goes_with_the_connection() -> None:
    """A flood that is broken off is over: what has not been said by then never is."""
    world = World()
    ali, sara = company(world)
    ali.types(*map(str, range(50)))
    sara.sees()
    ali.drops()
    world.passes(60)
    assert sara.sees() == "* ali left.\n"


def test_an_over_long_line_is_refused_and_the_next_one_counts() -> None:
    """Nothing of it is shown, and the sender reads both numbers."""
    ali, sara = company(World())
    ali.sends(b"x" * 5000 + b"\nsalam\n")
    assert sara.sees() == "[12:00] ali: salam\n"
    assert ali.sees().startswith("! That line has 5000 bytes; a message has at most 4096")


def test_an_endless_line_is_answered_once_while_it_goes_on() -> None:
    """A megabyte without an ending brings one line of answer, and keeps nothing of it; its end is the end of that."""
    ali, sara = company(World())
    ali.sends(*[b"x" * 65536] * 16)
    assert ali.sees().count("\n") == 1
    ali.sends(b"\nsalam\n")
    assert ali.sees() == ""
    assert sara.sees() == "[12:00] ali: salam\n"


def test_whoever_takes_a_connection_over_gets_all_that_followed() -> None:
    """Another protocol is given every byte behind its first line, however much of it had come in at once."""
    world, rest = World(), []

    def take_over(line: bytes, person: TextProtocol) -> bool:
        rest.append(line + b"\n" + person.let_go())
        return True

    person, wire = TextProtocol(world.site, "192.0.2.7", take_over, greet=False), Wire()
    person.makeConnection(wire)
    sent = b"{\n" + b"".join(b"%d %b\n" % (number, b"x" * 1000) for number in range(50)) + b"half a li"
    person.dataReceived(sent)
    assert rest == [sent]
    assert wire.producer is None
    assert not world.site.conversations
    assert not world.clock.getDelayedCalls()


# Telnet and bytes that are not text


def test_a_damaged_line_is_asked_for_again_after_asking_for_clean_bytes() -> None:
    """Telnet damages Persian until it has agreed to BINARY; that is asked once, at the first line that shows it."""
    ali, sara = company(World())
    ali.sends("سلام".encode().replace(b"\x85", b"") + b"\r\n")
    answer = ali.gets()
    assert answer.startswith(DO_BINARY + b"! That line was not valid UTF-8")
    ali.sends(b"\xff\xfb\x00" + "سلام دوستان".encode() + b"\r\n", b"\xd9\n")
    assert sara.sees() == "[12:00] ali: \u2068سلام دوستان\u2069\n"
    assert DO_BINARY not in ali.gets()


def test_a_damaged_name_is_asked_for_again() -> None:
    """The same holds for the first line of all."""
    visitor = World().connect().sends(b"\xd8\xb3\xd9\r\n")
    assert visitor.gets().startswith(DO_BINARY + b"! That line was not valid UTF-8")
    assert "* Hello" in visitor.sends("سارا\r\n".encode()).sees()


def test_the_timing_mark_is_answered() -> None:
    """Ctrl-C in telnet shows nothing any more until it is; and the broken-off line is not said."""
    ali, sara = company(World())
    ali.sends(b"sal\xff\xf4\xff\xfd\x06am\n")
    assert b"\xff\xfb\x06" in ali.gets()
    ali.sends(b"salam\n")
    assert sara.sees() == "[12:00] ali: salam\n"


def test_the_timing_mark_is_answered_however_much_waits() -> None:
    """Ctrl-C is pressed when too much is shown: an answer that was left out then would freeze telnet's screen."""
    ali, sara = company(World())
    ali.wire.room = 0
    sara.types("a long story")
    ali.sends(b"\xff\xf4\xff\xfd\x06")
    ali.wire.room = None
    ali.sends()
    assert b"\xff\xfb\x06" in ali.gets()


def test_nothing_is_joined_that_somebody_kept_apart() -> None:
    """Ctrl-D's byte inside a line of nc's is a control character like any other: refused, by its name."""
    ali, sara = company(World())
    ali.sends(b"secret\x04part\n")
    assert "U+0004" in ali.sees()
    assert sara.sees() == ""


@pytest.mark.parametrize("end", [b"\x04", b"\xff\xec"])
def test_ctrl_d_leaves(end: bytes) -> None:
    """At the beginning of a line; behind a word telnet's only sends the word."""
    ali, sara = company(World())
    ali.sends(b"\xff\xf1salam" + end)
    ali.sends(b"\n" + end)
    assert ali.gets().endswith(b"* Goodbye, ali.\n")
    assert sara.sees().splitlines()[0] == "[12:00] ali: salam"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=9))
def test_whoever_sends_utf_8_never_gets_a_negotiation(lines: list[str]) -> None:
    """Nc would show telnet's bytes as junk, so only those get them who have shown to be telnet."""
    world = World()
    visitor = world.connect().sends("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
    world.greet()
    assert b"\xff" not in visitor.ends().gets()


def test_empty_lines_are_lines() -> None:
    """One sends nothing and disturbs nobody; a flood of them is a flood like any other, and is ended."""
    world = World(limits=Limits())
    ali, sara = company(world)
    ali.types("", " ", "salam")
    assert sara.sees() == "[12:00] ali: salam\n"
    ali.sends(b"\n" * 4000)
    assert "Far too many lines" in ali.sees()
    assert sara.sees() == "* ali left.\n"
