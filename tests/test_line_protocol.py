"""People on lines: framing, order, waiting and leaving, and what telnet needs. What a line means is tested elsewhere."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from chatd.events import Farewell, Prompt
from chatd.limits import Limits
from chatd.protocols.client import Client
from chatd.protocols.closing import LINGER_SECONDS
from chatd.protocols.text import CODES_AT_ONCE, CODES_PER_SECOND, TextProtocol
from chatd.secret import Secret
from chatd.storage.contract import Append
from chatd.storage.memory import MemoryStore
from chatd.turns import BREATHER, REFUSED_AT_ONCE
from tests import doubles
from tests.wires import DeafWire, Wire
from tests.worlds import Visitor, World

DO_BINARY = b"\xff\xfd\x00"
DO_ECHO, DONT_ECHO = b"\xff\xfd\x01", b"\xff\xfe\x01"
WILL_ECHO, WONT_ECHO = b"\xff\xfb\x01", b"\xff\xfc\x01"
NO_OPERATION = b"\xff\xf1"
HERE = "127.0.0.1"
IN_SIGHT = b"* (It will be visible on your screen as you type.)\n"
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


def breathe(world: World) -> None:
    """Let so much time pass that a thousand lines are refused: a flood is looked at in portions."""
    for _ in range(Limits().flood_refusals // REFUSED_AT_ONCE + 1):
        world.passes(BREATHER)


def test_a_flood_is_read_in_portions() -> None:
    """Each of many peers may send thousands of lines: the others do not wait until all of them were refused."""
    ali, sara = company(World())
    ali.sends(b"x\n" * 500, b"y\n" * 500)
    assert ali.wire.paused
    sara.types("salam")
    assert "[12:00] sara: salam" in ali.sees()
    for _ in range(10):
        world_time = ali.world.clock.seconds()
        ali.world.passes(BREATHER)
        assert ali.wire.paused, f"after {world_time} s"
    breathe(ali.world)
    assert not ali.wire.paused, "or it would not be noticed that it is gone"
    assert not ali.closed


@pytest.mark.parametrize("named", [True, False])
def test_a_flood_of_telnet_codes_is_read_slowly(named: bool) -> None:
    """Each has to be answered; the more there were at once, the longer it takes until more are read. Nothing is lost."""
    world = World()
    visitor = world.joined("ali") if named else world.connect()
    visitor.sends(b"\xff\xfd\x06" * (CODES_AT_ONCE + 1), b"\xff\xfd\x06", b"/help join\n")
    assert visitor.wire.paused
    assert visitor.gets().count(b"\xff\xfb\x06") == CODES_AT_ONCE + 1
    world.passes((CODES_AT_ONCE + 1) / CODES_PER_SECOND)
    assert not visitor.wire.paused
    seen = visitor.gets()
    assert seen.count(b"\xff\xfb\x06") == 1
    assert b"/join" in seen
    visitor.sends(b"\xff\xfd\x06" * (CODES_AT_ONCE + 1)).drops()
    assert not world.clock.getDelayedCalls()


def test_what_still_comes_in_while_that_lasts_waits_for_its_end() -> None:
    """Through TLS what was received already comes in although nothing more is read."""
    ali, sara = company(World(limits=NO_FLOOD))
    ali.sends(b"\xff\xfd\x06" * (CODES_AT_ONCE + 1))
    ali.protocol.dataReceived(b"salam\n")
    ali.world.settle()
    assert sara.sees() == ""
    ali.world.passes((CODES_AT_ONCE + 1) / CODES_PER_SECOND)
    assert sara.sees() == "[12:00] ali: salam\n"


def test_whoever_floods_on_is_closed() -> None:
    """After a thousand refusals the connection ends with a line that says why."""
    ali, sara = company(World())
    ali.sends(b"x\n" * 2000)
    breathe(ali.world)
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

    class Taker:
        def reconsider(self, line: bytes, person: TextProtocol) -> bool:  # noqa: ARG002 (it is given as it came)
            rest.append(person.let_go())
            return True

        def let_in(self, person: TextProtocol) -> None:
            """Nobody is."""

    person, wire = TextProtocol(world.site, Client.at("192.0.2.7"), 60, Taker(), greet=False), Wire()
    person.makeConnection(wire)
    sent = b"{\n" + b"".join(b"%d %b\n" % (number, b"x" * 1000) for number in range(50)) + b"half a li"
    person.dataReceived(sent)
    assert rest == [sent]
    assert wire.producer is None
    assert not world.site.conversations
    assert not world.clock.getDelayedCalls()


# When the server stops

STOPPING = "! Your line was not sent, because the server is stopping. Please send it again when it is back.\n"


def given_back(*texts: str) -> str:
    """What somebody is shown whose lines were read, and will not be said."""
    return "".join(f"{STOPPING}! Your line was: {text}\n" for text in texts)


def stop_reading(world: World) -> None:
    """Do what a server does first when it stops."""
    for conversation in list(world.site.conversations):
        conversation.stop_reading()
    world.settle()


def say_goodbye(world: World) -> None:
    """Do what it does once everything is stored."""
    for conversation in list(world.site.conversations):
        conversation.goodbye(Farewell.SHUTDOWN)
    world.settle()


def busy_company(limits: Limits = NO_FLOOD) -> tuple[World, doubles.SlowStore, Visitor, Visitor]:
    """Two people on a server whose store does not answer ``/history`` until a test lets it."""
    store = doubles.SlowStore("latest")
    world = World(limits, store)
    return world, store, *company(world)


def test_what_waits_behind_a_slow_answer_is_given_back_at_a_stop() -> None:
    """It was read, so it is not simply gone: whoever typed it is told to send it again. Half a line was never sent."""
    world, store, ali, sara = busy_company()
    ali.sends(b"/history\none\n/me waves\n/who\n\n/pm sara two\nhal")
    assert (ali.wire.paused, ali.sees()) == (True, "")
    stop_reading(world)
    assert ali.sees() == given_back("one", "waves", "two")
    store.let_go("latest")
    store.let_go("latest")
    world.settle()
    say_goodbye(world)
    assert sara.sees() == "* The server is shutting down. Goodbye, sara.\n"
    assert "not sent" not in ali.sees()


def test_what_waits_behind_a_full_wire_is_given_back_at_a_stop() -> None:
    """One who does not read is not read either; what had been read already comes back in order, before the goodbye."""
    world = World(limits=NO_FLOOD)
    ali, sara = company(world)
    ali.wire.room = 0
    lines = [f"{number} {'x' * 1000}" for number in range(20)]
    ali.types("/who", *lines)
    stop_reading(world)
    say_goodbye(world)
    assert (sara.sees(), ali.sees()) == ("* The server is shutting down. Goodbye, sara.\n", "")
    ali.wire.room = None
    world.settle()
    shown = ali.sees()
    assert shown.startswith("* Online (2):\n")
    assert shown.endswith(f"{given_back(*lines)}* The server is shutting down. Goodbye, ali.\n")
    assert ali.closed


def test_lines_that_wait_for_the_disk_come_back_before_those_behind_them() -> None:
    """One waits for its turn, others were not even looked at: to whoever typed them it is one list, in its order."""
    store = SlowStore()
    world = World(limits=Limits(flood_rate=0, uncommitted_bytes=10), store=store)
    ali, sara = company(world)
    store.slow = True
    ali.types("more than ten bytes", "one", "two", "three")
    stop_reading(world)
    assert ali.sees() == given_back("one", "two", "three")
    store.turn()
    world.settle()
    assert sara.sees() == "[12:00] ali: more than ten bytes\n"
    assert ali.sees() == ""


def test_after_a_stop_nothing_is_read_though_there_is_room_again() -> None:
    """It could only be dropped without a word; so it stays where it is, with the client's own kernel."""
    store = SlowStore()
    world = World(limits=NO_FLOOD, store=store)
    ali, sara = company(world)
    store.slow = True
    sara.types("salam")
    ali.wire.room = 0
    ali.types("/who")
    stop_reading(world)
    ali.types("too late"), sara.types("too late")
    ali.wire.room = None
    world.settle()
    assert ali.sees().startswith("* Online (2):\n")
    assert ali.wire.paused
    assert sara.wire.paused
    assert ali._inbox == sara._inbox == [b"too late\n"]
    store.turn()
    world.settle()
    say_goodbye(world)
    assert ali.sees() == "[12:00] sara: salam\n* The server is shutting down. Goodbye, ali.\n"
    assert sara.sees() == "* The server is shutting down. Goodbye, sara.\n"


def test_lines_before_a_name_do_no_harm_at_a_stop() -> None:
    """Nobody knows yet what they would have been; the goodbye is all there is to say, and a late answer changes nothing."""
    store = doubles.SlowStore("head")
    world = World(limits=NO_FLOOD, store=store)
    visitor = world.connect().sends(b"ali\nsalam\n/who\n/pm sara x\n\x04" + b"x" * 5000 + b"\n\xd9\n")
    stop_reading(world)
    say_goodbye(world)
    store.let_go("head")
    world.settle()
    assert visitor.gets().replace(DO_BINARY, b"") == b"* The server is shutting down. Goodbye.\n"
    assert visitor.closed
    assert world.journal.lines == []


@pytest.mark.parametrize(
    "odd",
    [b"x" * 5000 + b"\n", b"x" * 100_000 + b"\n", b"\x04", b"sal\xd9\n", b"\xff\xf1sal\xff\xf4am\n"],
    ids=["too long", "endless", "end of input", "not UTF-8", "interrupted"],
)
def test_what_is_no_message_is_not_given_back_at_a_stop(odd: bytes) -> None:
    """What the filter remarked among the unread lines is nobody's text; those around it come back all the same."""
    world, _, ali, sara = busy_company()
    ali.sends(b"/history\none\n" + odd + b"two\n")
    stop_reading(world)
    assert ali.gets().replace(DO_BINARY, b"").decode() == given_back("one", "two")
    say_goodbye(world)
    assert ali.gets() == b"* The server is shutting down. Goodbye, ali.\n"
    assert sara.sees() == "* The server is shutting down. Goodbye, sara.\n"


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from(["x", "x" * 1500, "/history", "/who", ""]), max_size=15),
    st.lists(st.integers(1, 3000), max_size=10),
    st.none() | st.integers(0, 300),
    st.integers(0, 6),
)
def test_every_line_that_was_read_is_said_or_given_back(
    typed: list[str], cuts: list[int], room: int | None, answers: int
) -> None:
    """In its order, once, and whole: wherever the bytes were cut, and whatever was in their way when the server stopped."""
    world, store, ali, sara = busy_company()
    lines = [f"{number} {text}" if text.startswith("x") else text for number, text in enumerate(typed)]
    sent = "".join(f"{line}\n" for line in [*lines, "the last"]).encode()[:-1]
    ends = sorted({min(cut, len(sent)) for cut in [*cuts, len(sent)]})
    ali.wire.room = room
    ali.sends(*(sent[start:end] for start, end in zip([0, *ends], ends, strict=False)))
    for _ in range(min(answers, store.pending("latest"))):
        store.let_go("latest")
        world.settle()
    stop_reading(world)
    read = sent[: len(sent) - sum(map(len, ali._inbox))]
    ali.wire.room = None
    world.settle()
    back = [line.removeprefix("! Your line was: ") for line in ali.sees().splitlines() if "Your line was: " in line]
    said = [line.removeprefix("[12:00] ali: ") for line in sara.sees().splitlines()]
    assert said + back == [line for line in read.decode().split("\n")[:-1] if "x" in line]


# Telnet and bytes that are not text


def test_a_damaged_line_is_asked_for_again_after_asking_for_clean_bytes() -> None:
    """Telnet damages Persian until it has agreed to BINARY; that is asked once, at the first line that shows it."""
    ali, sara = company(World())
    ali.sends("سلام".encode().replace(b"\x85", b"") + b"\r\n")
    answer = ali.gets()
    assert answer.startswith(DO_BINARY + b"! That line was not valid UTF-8")
    assert b"in telnet it arrives the second time" in answer
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
    breathe(world)
    assert "Far too many lines" in ali.sees()
    assert sara.sees() == "* ali left.\n"


# Passwords


class Question:
    """Something that the last one who came is asked for; what they typed is in :attr:`typed`."""

    def __init__(self, world: World, then: Sequence[Prompt] = (), busy: bool = False) -> None:
        conversation: Any = list(world.site.conversations)[-1]
        self.typed: list[Secret] = []
        self._session = conversation.session
        self._then = list(then)
        self._work: Deferred[None] = Deferred()
        self._busy = busy
        self._ask(Prompt.PASSWORD)

    def done(self) -> None:
        """What had to be worked out with the answer has been."""
        self._work.callback(None)

    def _ask(self, prompt: Prompt) -> None:
        self._session.ask(prompt, "ali", self._answered)

    def _answered(self, secret: Secret) -> Any:
        self.typed.append(secret)
        return self._work_on() if self._busy else self._go_on()

    async def _work_on(self) -> None:
        await self._work
        self._go_on()

    def _go_on(self) -> None:
        if self._then:
            self._ask(self._then.pop(0))


def in_telnet(world: World) -> Visitor:
    """Somebody whose telnet has shown itself, and has been asked for clean bytes."""
    visitor = world.joined("ali").sends(NO_OPERATION)
    assert visitor.gets() == DO_BINARY
    return visitor


def test_a_password_is_not_shown_in_telnet() -> None:
    """It is told to leave the echo to us, who do not echo; afterwards it has it back. No line runs down like a staircase."""
    world = World()
    ali = in_telnet(world)
    question = Question(world)
    assert ali.gets() == WILL_ECHO + b"* Password for ali:\r\n"
    ali.sends(DO_ECHO + b"hunter2\r\n")
    assert ali.gets() == b"\r\n" + WONT_ECHO
    assert question.typed == [Secret("hunter2")]
    ali.sends(DONT_ECHO, b"/time off\r\n")
    assert ali.gets().endswith(b"brings it back.\n")
    assert b"\r" not in ali.gets()


def test_a_telnet_that_was_silent_is_known_by_its_line_ending() -> None:
    """The usual one says nothing on an unknown port; its Enter is CR LF. It must not damage a Persian password either."""
    world = World()
    ali = world.connect().sends(b"ali\r\n")
    ali.gets()
    question = Question(world)
    assert ali.gets() == DO_BINARY + WILL_ECHO + b"* Password for ali:\r\n"
    ali.sends(b"\xff\xfb\x00" + DO_ECHO + "رمز من".encode() + b"\r\n")
    assert question.typed == [Secret("رمز من")]


def test_nc_is_told_that_a_password_is_visible() -> None:
    """It cannot hide anything, and would show telnet's codes as junk. It is told once, however much is asked."""
    world = World()
    ali = world.joined("ali")
    question = Question(world, [Prompt.NEW])
    assert ali.gets() == IN_SIGHT + b"* Password for ali:\n"
    ali.types("hunter2")
    assert ali.gets() == b"* New password for ali:\n"
    ali.types("hunter3")
    assert ali.gets() == b""
    assert question.typed == [Secret("hunter2"), Secret("hunter3")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\0", b"\r"])
def test_every_enter_ends_a_password(end: bytes) -> None:
    """Telnet has several, by its mode; none of them becomes part of it, or of what follows."""
    world = World()
    ali = in_telnet(world)
    sara = world.joined("sara", "192.0.2.8")
    conversation: Any = next(iter(world.site.conversations))
    typed: list[Secret] = []
    conversation.session.ask(Prompt.PASSWORD, "ali", typed.append)
    ali.sends(DO_ECHO + b"hunter2" + end)
    ali.sends(b"salam" + end)
    assert typed == [Secret("hunter2")]
    assert sara.sees() == "[12:00] ali: salam\n"


def test_what_others_say_meanwhile_stands_in_straight_lines() -> None:
    """A terminal that does not echo does not return the carriage: lines end in CR LF until it does again."""
    world = World()
    sara = world.joined("sara", "192.0.2.8")
    ali = in_telnet(world)
    Question(world)
    ali.gets()
    sara.types("salam", "khubi?")
    assert ali.gets() == b"[12:00] sara: salam\r\n[12:00] sara: khubi?\r\n"
    ali.sends(DO_ECHO + b"hunter2\r\n")
    ali.gets()
    sara.types("salam")
    assert ali.gets() == b"[12:00] sara: salam\n"


def test_lines_wait_for_a_slow_reader_of_a_password_too() -> None:
    """Whoever does not read while something is asked costs no more than at other times, and misses nothing."""
    world = World(limits=NO_FLOOD)
    sara = world.joined("sara", "192.0.2.8")
    ali = in_telnet(world)
    Question(world)
    ali.gets()
    ali.wire.room = 10
    for number in range(300):
        sara.types(f"{number} {'x' * 1000}")
    conversation: Any = list(world.site.conversations)[-1]
    assert len(ali.wire.buffer) + sum(map(len, conversation.outlet._rest)) < 3000
    ali.wire.room = None
    world.settle()
    assert [int(line.split()[2]) for line in ali.gets().split(b"\r\n")[:-1]] == list(range(300))


def test_one_who_refuses_to_hide_is_left_in_peace() -> None:
    """It is asked once, its user is told; the password counts, and no empty line is put behind one that was shown."""
    world = World()
    ali = in_telnet(world)
    question = Question(world, [Prompt.NEW])
    ali.sends(DONT_ECHO)
    assert ali.gets() == WILL_ECHO + b"* Password for ali:\r\n" + IN_SIGHT
    ali.sends(b"hunter2\r\n", b"hunter3\r\n")
    assert ali.gets() == b"* New password for ali:\n"
    assert question.typed == [Secret("hunter2"), Secret("hunter3")]


@pytest.mark.parametrize("busy", [False, True])
def test_between_two_questions_nothing_is_shown_again(busy: bool) -> None:
    """What is typed ahead stays unseen, and telnet programs do not tell of two changes more."""
    world = World()
    ali = in_telnet(world)
    question = Question(world, [Prompt.NEW], busy)
    ali.sends(DO_ECHO + b"hunter2\r\n")
    ali.gets()
    if busy:
        ali.sends(b"hunter3\r\n")  # before it is asked for
        assert question.typed == [Secret("hunter2")]
        assert ali.gets() == b""
        question.done()
        world.settle()
    else:
        ali.sends(b"hunter3\r\n")
    assert question.typed == [Secret("hunter2"), Secret("hunter3")]
    assert ali.gets().endswith(b"\r\n" + WONT_ECHO)


@pytest.mark.parametrize(
    "line", ["/exit", "//x", "exit/", "/pm sara hi", "{}", "GET / HTTP/1.1", "Hello Server", "  x "]
)
@pytest.mark.parametrize("named", [True, False])
def test_a_password_is_a_password_whatever_it_looks_like(line: str, named: bool) -> None:
    """It is no command, no other protocol and no name; nobody is shown it, its owner included."""
    world = World()
    sara = world.joined("sara", "192.0.2.8")
    visitor = world.connect()
    world.greet()
    if named:
        visitor.types("ali")
    visitor.gets(), sara.gets()
    question = Question(world)
    visitor.gets()
    visitor.types(line)
    assert question.typed == [Secret(line)]
    assert (visitor.gets(), sara.gets()) == (b"", b"")
    assert not visitor.closed


def test_what_is_typed_is_shown_again_once_an_answer_has_been_looked_at() -> None:
    """Comparing a password takes a while; nobody has to press a key to see again what they type."""
    world = World()
    ali = in_telnet(world)
    question = Question(world, busy=True)
    ali.sends(DO_ECHO + b"hunter2\r\n")
    assert ali.gets().endswith(b"Password for ali:\r\n\r\n")
    question.done()
    world.settle()
    assert ali.gets() == WONT_ECHO


def test_only_enter_is_an_answer_too() -> None:
    """It gives up; what that means is for the one who asks."""
    world = World()
    ali = in_telnet(world)
    question = Question(world)
    ali.sends(DO_ECHO + b"\r\n")
    assert question.typed == [Secret("")]
    assert ali.gets().endswith(b"\r\n" + WONT_ECHO)


def test_a_typing_error_in_a_password_can_be_taken_back() -> None:
    """A telnet that sends every key by itself as soon as it must not echo leaves the editing to the server."""
    world = World()
    ali = in_telnet(world)
    question = Question(world)
    ali.sends(DO_ECHO, *(bytes((key,)) for key in b"hunter3\x7f2\r"))
    assert question.typed == [Secret("hunter2")]


def test_a_damaged_password_is_asked_for_again() -> None:
    """It is neither taken nor repeated; what is typed next is still not shown, and is the password."""
    world = World()
    ali = in_telnet(world)
    question = Question(world)
    ali.gets()
    ali.sends(DO_ECHO + b"hunter\xd8\r\n")
    assert b"! That line was not valid UTF-8" in ali.gets()
    assert question.typed == []
    ali.sends(b"x" * 5000 + b"\r\n")
    assert b"! That line has 5000 bytes" in ali.gets()
    ali.sends("رمز".encode() + b"\r\n")
    assert question.typed == [Secret("رمز")]
    assert ali.gets().endswith(WONT_ECHO)


@pytest.mark.parametrize("busy", [False, True])
def test_a_stop_gives_no_password_back(busy: bool) -> None:
    """Lines that will not be said are given back, but not what was typed for a question, asked or about to be."""
    world = World()
    ali = in_telnet(world)
    question = Question(world, [Prompt.NEW], busy)
    if busy:
        ali.sends(b"hunter2\r\nhunter3\r\n")
    else:
        ali.wire.room = 0
        ali.sends(NO_OPERATION + b"\xff\xf6hunter2\r\n")
    stop_reading(world)
    ali.wire.room = None
    say_goodbye(world)
    ali.wire.flush()
    assert b"hunter" not in ali.gets()
    assert len(question.typed) == busy


def test_whoever_never_answers_is_let_go_like_anybody() -> None:
    """The time to give a name runs on while a password is asked for; leaving in the middle of it harms nothing."""
    world = World()
    visitor, other = world.connect(), world.connect()
    world.greet()
    Question(world)
    other.drops()
    world.passes(world.site.chat.limits.name_seconds)
    assert visitor.closed
    assert not world.clock.getDelayedCalls()


def test_an_account_is_made_and_used_from_telnet() -> None:
    """From the first password to the next login, none is ever sent back to the terminal."""
    world = World()
    ali = world.connect(HERE).sends(b"ali\r\n/register\r\n", DO_ECHO + b"four words are better\r\n")
    ali.sends(b"four words are better\r\n", DONT_ECHO + b"/exit\r\n")
    made = ali.gets()
    assert b"* New password for ali:" in made
    assert b"* The new password again:" in made
    assert b"* ali is your account now. From now on it asks for your password." in made
    ali = world.connect(HERE).sends(b"/login ali\r\n", DO_ECHO + b"not those\r\n")
    ali.sends(b"four words are better\r\n")
    used = ali.gets()
    assert b"! That is not the password of ali." in used
    assert b"* Welcome back, ali." in used
    assert not re.search(b"words|those", made + used)
    assert (made.count(WILL_ECHO), made.count(WONT_ECHO)) == (1, 1)
    assert (used.count(WILL_ECHO), used.count(WONT_ECHO)) == (1, 1), "asked for again, and hidden all the while"


def test_a_script_of_nc_can_log_in() -> None:
    """Lines one after another, all sent at once: the one behind a name that is an account is its password."""
    world = World()
    world.connect(HERE).sends(b"ali\n/register four words are better\n/exit\n")
    sara = world.joined("sara")
    ali = world.connect(HERE).sends(b"ali\nfour words are better\nsalam\n/exit\n")
    assert sara.sees() == "* ali joined.\n[12:00] ali: salam\n* ali left.\n"
    assert ali.sees().endswith("* Goodbye, ali.\n")


@pytest.mark.parametrize("command", ["/login", "/register", "/password"])
def test_a_password_is_not_given_back_at_a_stop(command: str) -> None:
    """A line behind a request that asks for one may be one, though nothing was asked yet."""
    world = World(NO_FLOOD, doubles.SlowStore("latest"))
    ali = world.joined("ali", "127.0.0.1")
    ali.types("/history", command, "my password")
    stop_reading(world)
    assert "my password" not in ali.sees()
