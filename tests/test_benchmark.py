"""The benchmark's check finds what it is there to find, and the command works from end to end."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import maybeDeferred
from twisted.internet.protocol import ServerFactory
from twisted.internet.threads import deferToThread

from tests.benchmark import __main__ as command
from tests.benchmark.check import (
    LINE_BYTES,
    Fault,
    agrees,
    complaint,
    message,
    on_the_grid,
    sent_at,
    shown,
    without_notices,
)
from tests.benchmark.load import Figures, Plan, measure, percentile
from tests.benchmark.plain_loop import Talk
from tests.benchmark.servers import Contender

CLIENTS = 5
SAID = [shown(client, message(client, 7, 123 + client)) for client in range(CLIENTS)]

Streams = list[list[bytes]]
"""What each client received, as lines."""


def heard_by_all(order: list[int], stamp: bytes = b"[14:03] ") -> Streams:
    """A faultless round whose log has the clients' messages in this order."""
    return [[stamp + SAID[speaker] for speaker in order if speaker != client] for client in range(CLIENTS)]


def joined(streams: Streams) -> list[bytes]:
    """As the bytes that came in."""
    return [b"".join(lines) for lines in streams]


def verdict(streams: Streams) -> str | None:
    """The sentence about a round, after holding the quick check to it."""
    received = joined(streams)
    sentence = complaint(SAID, dict(enumerate(received)))
    assert agrees(SAID, received) == (sentence is None)
    return sentence


def test_every_line_has_the_same_length() -> None:
    """The grid that the check rests on: first and last client, small and large numbers."""
    for client, number, at in ((0, 0, 0), (9999, 10**9, 10**19)):
        line = b"[14:03] " + shown(client, message(client, number, at))
        assert len(line) == LINE_BYTES
        assert sent_at(line) == at


def test_a_line_of_news_has_no_time_of_sending() -> None:
    """What is not a message cannot be timed."""
    assert sent_at(b"* ali joined.\n" + b"x" * LINE_BYTES) is None


@given(st.permutations(range(CLIENTS)))
def test_a_round_in_any_order_is_fine_as_long_as_all_have_the_same(order: list[int]) -> None:
    """The order is the server's to choose; wherever one's own line lay, it must be found."""
    assert verdict(heard_by_all(order)) is None


def test_a_lost_message_is_named() -> None:
    """With the one who missed it and the one who said it."""
    streams = heard_by_all([0, 1, 2, 3, 4])
    del streams[3][0]
    assert verdict(streams) == "b0003 did not receive the message of b0000."


def test_several_lost_messages_are_counted() -> None:
    """So that one lost line can be told from a lost connection."""
    streams = heard_by_all([0, 1, 2, 3, 4])
    streams[3] = []
    assert verdict(streams) == "b0003 did not receive the message of b0000 and 3 more."


def test_a_message_that_nobody_received_is_missed() -> None:
    """All are of one opinion, and yet it is lost."""
    streams = [[line for line in lines if SAID[2] not in line] for lines in heard_by_all([0, 1, 2, 3, 4])]
    assert verdict(streams) == "b0000 did not receive the message of b0002."


def test_a_doubled_message_is_named() -> None:
    """Also when it has pushed the last one out of the round."""
    streams = heard_by_all([0, 1, 2, 3, 4])
    streams[0].insert(2, streams[0][1])
    assert verdict(streams) == "b0000 received the message of b0002 more than once."
    streams[0].pop()
    assert verdict(streams) == "b0000 received the message of b0002 more than once."


@pytest.mark.parametrize("client", range(CLIENTS))
@pytest.mark.parametrize("at", range(CLIENTS - 2))
def test_swapped_messages_are_found_at_any_client(client: int, at: int) -> None:
    """The three clients that the log is learnt from are checked, and so are their messages, like all others."""
    streams = heard_by_all([0, 1, 2, 3, 4])
    streams[client][at : at + 2] = reversed(streams[client][at : at + 2])
    assert "the other way round" in str(verdict(streams))


def test_ones_own_line_is_found() -> None:
    """A sender is not echoed."""
    streams = heard_by_all([0, 1, 2, 3, 4])
    streams[2][2] = b"[14:03] " + SAID[2]
    assert verdict(streams) == "b0002 received its own message."


def test_a_changed_letter_is_found() -> None:
    """Everything is compared, not only the numbers."""
    streams = heard_by_all([0, 1, 2, 3, 4])
    streams[4][0] = streams[4][0].replace(b"fox", b"cat")
    assert "a line that nobody said" in str(verdict(streams))


def test_different_times_of_day_for_one_message_are_found() -> None:
    """All see the same line, its time included."""
    streams = heard_by_all([0, 1, 2, 3, 4])
    streams[4][0] = b"[14:04] " + SAID[0]
    assert verdict(streams) == "b0004 saw another time at the message of b0000 than others did."


def test_a_round_may_run_over_a_full_minute() -> None:
    """The time of day may change between two messages of a round."""
    before, after = heard_by_all([0, 1, 2, 3, 4]), heard_by_all([0, 1, 2, 3, 4], b"[14:04] ")
    speakers = [[other for other in range(CLIENTS) if other != client] for client in range(CLIENTS)]
    streams = [
        [late if speaker > 2 else early for early, late, speaker in zip(*lines, strict=True)]
        for lines in zip(before, after, speakers, strict=True)
    ]
    assert verdict(streams) is None


def test_a_line_without_a_time_is_found() -> None:
    """As everything that is no message."""
    streams = [[b"[....] x"[:8] + line[8:] for line in lines] for lines in heard_by_all([0, 1, 2, 3, 4])]
    assert "a line that nobody said" in str(verdict(streams))


Edit = Callable[[list[bytes], int, int], None]


def drop(lines: list[bytes], one: int, _: int) -> None:
    """Lose a line."""
    del lines[one]


def repeat(lines: list[bytes], one: int, other: int) -> None:
    """Let a line come again somewhere."""
    lines.insert(other, lines[one])


def swap(lines: list[bytes], one: int, other: int) -> None:
    """Exchange two lines."""
    lines[one], lines[other] = lines[other], lines[one]


def replace(lines: list[bytes], one: int, other: int) -> None:
    """Let a line come in place of another."""
    lines[one] = b"[14:03] " + SAID[other]


def cut(lines: list[bytes], one: int, _: int) -> None:
    """Lose a byte."""
    lines[one] = lines[one][1:]


place = st.integers(0, CLIENTS - 2)


@given(st.permutations(range(CLIENTS)), place, st.sampled_from([drop, repeat, swap, replace, cut]), place, place)
def test_no_change_to_one_stream_goes_unseen(order: list[int], client: int, edit: Edit, one: int, other: int) -> None:
    """Complete means: one client's stream that differs in anything is found, whatever and wherever it is."""
    streams = heard_by_all(order)
    edit(streams[client], one, other)
    assert (verdict(streams) is None) == (streams == heard_by_all(order))


@given(st.lists(st.binary(max_size=LINE_BYTES), min_size=CLIENTS, max_size=CLIENTS))
def test_nothing_that_comes_in_breaks_the_check(streams: list[bytes]) -> None:
    """A broken server may send anything; that is a complaint, not a crash."""
    assert not agrees(SAID, streams)
    assert complaint(SAID, dict(enumerate(streams)))


@given(st.binary(), st.lists(st.sampled_from([b"* ali joined.\n", b"* \n", b"[14:03] b0001: x\n"])))
def test_only_finished_news_is_taken_out(unfinished: bytes, lines: list[bytes]) -> None:
    """Messages stay as they are, and so does a line whose end is still to come."""
    tail = unfinished.replace(b"\n", b"").replace(b"\r", b"")
    messages = [line for line in lines if line.startswith(b"[")]
    assert without_notices(b"".join(lines) + tail) == b"".join(messages) + tail


def test_a_line_of_another_length_or_kind_is_off_the_grid() -> None:
    """This is what makes the clients look closer."""
    stream = b"".join(heard_by_all([0, 1, 2, 3, 4])[0])
    assert on_the_grid(stream, 4)
    assert not on_the_grid(b"* x joined.\n" + stream, 4)
    assert not on_the_grid(b"* ".ljust(LINE_BYTES - 1, b"x") + b"\n" + stream, 4)
    assert not on_the_grid(stream[:-1], 4)


def test_percentiles_are_values_that_occurred() -> None:
    """Nearest rank, milliseconds out of nanoseconds."""
    delays = [round(number * 1e6) for number in range(100, 0, -1)]
    assert (percentile(delays, 0.5), percentile(delays, 0.99)) == (50.0, 99.0)
    assert percentile([], 0.5) == 0.0


class Faulty(Talk):
    """The plain loop, with one fault: in what the victim hears first of everybody's message 1."""

    fault = ""
    victim = b""
    hurt = False
    held = b""
    later: bytearray | None = None

    def tell(self, line: bytes) -> None:
        """Pass on, faithfully but for once."""
        for other in self.room:
            if other is self or not isinstance(other, Faulty):
                continue
            if other.name == self.victim and b" 0000000001 " in line and not other.hurt:
                other.hurt = True
                self.harm(other, line)
            elif other.later is not None:
                other.later += line
            else:
                other.transport.write(line + other.held)
                other.held = b""

    def harm(self, other: "Faulty", line: bytes) -> None:
        """Do it."""
        match self.fault:
            case "swap":
                other.held = line
            case "double":
                other.transport.write(line * 2)
            case "echo":
                self.transport.write(line)
                other.transport.write(line)
            case "change":
                other.transport.write(line.replace(b"fox", b"cat"))
            case "refuse":
                other.transport.write(line + b"! Too fast: please wait.\n")
            case "close":
                other.transport.abortConnection()
            case "late":
                other.transport.write(line)
                reactor.callLater(0.05, other.transport.write, line)
            case "news":
                other.transport.write(b"* somebody joined.\n" + line + b"* ".ljust(LINE_BYTES - 1, b"x") + b"\n")
            case "unfinished news":
                other.transport.write(line + b"* ".ljust(4 * LINE_BYTES, b"x"))
                other.later = bytearray(b" joined.\n")
                reactor.callLater(0.05, other.go_on)

    def go_on(self) -> None:
        """Send what was kept for later."""
        if self.later is not None:
            self.transport.write(bytes(self.later))
            self.later = None


async def measured(fault: str, victim: bytes = b"b0001") -> Figures:
    """Two rounds of five clients with such a server, the clients in a thread."""
    factory = ServerFactory()
    factory.protocol = partial(type("Faulty", (Faulty,), {"fault": fault, "victim": victim}), [])
    listener = reactor.listenTCP(0, factory, interface="127.0.0.1")
    address = listener.getHost()
    assert isinstance(address, IPv4Address)
    plan = Plan(address.port, os.getpid(), CLIENTS, 1.0, 2, 0, 1000.0, None, 0.5)
    try:
        return await deferToThread(measure, plan)
    finally:
        await maybeDeferred(listener.stopListening)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("lose", "Message 1 .* b0001 did not receive the message of b000"),
        ("swap", "Message 1 .* the other way round"),
        ("double", "Message 1 .* b0001 received the message of b000. more than once"),
        ("echo", "Message 1 .* received its own message"),
        ("change", "Message 1 .* b0001 received a line that nobody said .*quick brown cat"),
        ("refuse", "b0001 received .*! Too fast"),
        ("close", "The connection of b0001 broke"),
        ("late", "b0001 received something after the last message|more than once"),
    ],
)
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_faulty_server_is_found_out(fault: str, sentence: str) -> None:
    """Each fault over real sockets, once among all messages."""
    with pytest.raises(Fault, match=sentence):
        await measured(fault)


@pytest.mark.parametrize("news", ["news", "unfinished news"])
@pytest.mark.parametrize("victim", [b"b0001", b"b0002"], ids=["timed in this round", "not timed in this round"])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_news_between_messages_is_no_fault(news: str, victim: bytes) -> None:
    """In large rooms joins are told late; also news as long as a message, or cut into two packets, does not confuse."""
    assert (await measured(news, victim)).deliveries == 2 * CLIENTS * (CLIENTS - 1)


def test_the_whole_command_measures_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Server and load as processes of their own, both workloads, table and file."""
    kept = tmp_path / "figures.json"
    small = ["--servers", "plain", "--clients", "5", "--rounds", "3", "--calm-rounds", "1", "--rate", "200"]
    assert command.main([*small, "--repeat", "1", "--json", str(kept)]) == 0
    assert "80 deliveries: each message reached everyone else exactly once" in capsys.readouterr().out
    figures = json.loads(kept.read_text("utf-8"))["medians"]["plain"]
    assert figures["deliveries"] == (3 + 1) * 5 * 4
    assert all(figures[key] > 0 for key in figures)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("raise SystemExit('the port is taken')", "did not start. Its last words:\nthe port is taken"),
        (
            "import sys; from tests.benchmark.plain_loop import Talk, serve\n"
            "Talk.say = lambda *_: None; serve(int(sys.argv[1]))",
            "failed the check. Not everybody was heard",
        ),
    ],
)
def test_a_failure_is_a_sentence_and_no_figures(
    program: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Figures of a server that loses messages are worth nothing."""
    broken = Contender("plain", "broken", ("-c", program, "{port}"))
    monkeypatch.setattr(command, "CONTENDERS", (broken,))
    assert command.main(["--servers", "plain", "--clients", "3", "--rounds", "1", "--patience", "0.3"]) == 1
    output = capsys.readouterr()
    assert sentence in output.err
    assert output.out == ""


def test_ratios_compare_within_each_repetition() -> None:
    """A repetition in a slow moment of the machine changes both figures, and not what is said about them."""

    def figures(rate: float) -> Figures:
        return Figures(1, rate, 1e6 / rate, 1, 0.5, 1, 1, 1, 1, 1)

    runs = {"plain": [figures(10), figures(2)], "memory": [figures(40), figures(8)]}
    assert command._ratios(runs) == ["chatd, memory against plain loop: 4.00 x deliveries/s, 0.25 x CPU."]


def test_a_full_load_is_marked() -> None:
    """Then the rate is only a floor."""
    rate = command.COLUMNS[0]
    assert rate.cell(Figures(1, 1000, 1, 1, 0.95, 1, 1, 1, 1, 1)) == "1,000+"
    assert rate.cell(Figures(1, 1000, 1, 1, 0.85, 1, 1, 1, 1, 1)) == "1,000"


@pytest.mark.parametrize("arguments", [["--clients", "2"], ["--rate", "0"], ["--rounds", "many"], ["--servers", "irc"]])
def test_options_that_make_no_sense_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is started."""
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert arguments[0] in capsys.readouterr().err
