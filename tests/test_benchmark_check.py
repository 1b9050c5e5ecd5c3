"""The benchmark's check finds every fault that a server can have, at every client; and nothing else."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace as altered
from pathlib import Path

import pytest
import pytest_twisted
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import maybeDeferred
from twisted.internet.threads import deferToThread

from tests.benchmark import load
from tests.benchmark.faulty import DIALECTS, EVERYBODY, NO_NAME, factory
from tests.benchmark.figures import Figures
from tests.benchmark.load import Fault, Plan, Program, build, run
from tests.benchmark.workloads import Workload
from tests.c_parts import built
from tests.conftest import missing

CLIENTS = 5
FIVE = Workload("five", "five people, all talk", members=CLIENTS, talkers=CLIENTS)
TOGETHER = altered(FIVE, key="together", rooms=2, each=2)
"""Five people who are in both rooms."""
APART = altered(FIVE, key="apart", rooms=10, each=2)
"""Twenty-five people, nobody of whom meets anybody in both of their rooms."""
NAMES = [b"b%05d" % client for client in range(CLIENTS)]
NOBODY = b"nobody"
"""Of those in the room."""
LOSSES = ("lose", "never an ack", "no ack")
"""These have to be waited for; everything else comes, however busy the machine is."""
SECONDS = 0.15
"""Of a workload that goes by time: what is due is said, however late it is."""
MESSAGES = 5
"""Of each, in all other workloads."""
MANY_MESSAGES = 200
"""For what takes a while: of a thousandth of a second the system may have counted nothing yet."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The load program."""
    if not shutil.which("cc"):
        missing("cc")
    return build(tmp_path_factory.mktemp("built"))


async def measured(  # noqa: PLR0917 (most tests give two or three of them)
    program: Program,
    fault: str,
    victim: bytes = NAMES[1],
    dialect: str = "plain",
    workload: Workload = FIVE,
    messages: int = MESSAGES,
    place: bytes = NO_NAME,
) -> Figures:
    """People who talk to such a server, the load being awaited in a thread."""
    listener = reactor.listenTCP(0, factory(dialect, fault, victim, place), interface="127.0.0.1")
    address = listener.getHost()
    assert isinstance(address, IPv4Address)
    patience = 1.0 if fault in LOSSES else 30.0
    quiet = 1.0 if fault == "late" else 0.1  # much longer than it is late
    seconds = SECONDS if workload.rate else 60.0
    plan = Plan(address.port, os.getpid(), dialect, None, None, seconds, 0, patience, quiet=quiet, messages=messages)
    try:
        return await deferToThread(run, program, workload, plan)
    finally:
        await maybeDeferred(listener.stopListening)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("lose", r"^b00001 did not receive message 1 of b0000\d\.$"),
        (
            "swap",
            r"^b0000\d received message \d+ of b0000\d before message \d+ of b0000\d, others the other way round\.$",
        ),
        ("double", r"^b00001 received message 1 of b0000\d more than once\.$"),
        ("echo", r"^b0000\d received its own message 1\.$"),
        ("change", r"^b00001 received a text that nobody said: .*quick brown cat"),
        ("change the end", r"^b00001 received a text that nobody said: .* and 0'\.$"),
        ("add", r"^b00001 received a line that nobody said: .* and on'\.$"),
        ("rename", r"^b00001 received a line that nobody said: .*b00009: "),
        ("hour", r"^b0000\d saw another time or id at message 1 of b0000\d than others did\.$"),
        ("refuse", r"^b00001 received a line that nobody said: '! Too fast"),
        ("close", r"^The connection of b00001 broke: "),
        ("late", r"^b00001 received message 1 of b0000\d more than once\.$"),
    ],
)
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_faulty_server_is_found_out(fault: str, sentence: str, program: Program) -> None:
    """Each fault over real sockets, once among all messages, is named with the client and the message."""
    with pytest.raises(Fault, match=sentence):
        await measured(program, fault)


@pytest.mark.parametrize("victim", NAMES, ids=bytes.decode)
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("lose", "did not receive"),
        ("swap", "the other way round"),
        ("double", "more than once"),
        ("change", "nobody said"),
    ],
)
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_it_is_found_at_every_client(fault: str, sentence: str, victim: bytes, program: Program) -> None:
    """The three whom the log is learnt from are checked like all others."""
    with pytest.raises(Fault, match=sentence):
        await measured(program, fault, victim)


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_message_that_nobody_received_is_missed(program: Program) -> None:
    """All are of one opinion, and yet it is lost."""
    with pytest.raises(Fault, match=r"^Nobody received message 1 of b00004\.$"):
        await measured(program, "lose", EVERYBODY)


@pytest.mark.parametrize("dialect", ["irc", "json"])
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("lose", "did not receive|where . was due"),
        ("double", "more than once|where . was due"),
        ("change", "a text that nobody said"),
        ("change the end", "a text that nobody said"),
        ("add", "a line that nobody said"),
        ("echo", "received its own message"),
        ("rename", "a line that nobody said"),
        ("refuse", "a line that nobody said: '! Too fast"),
    ],
)
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_it_is_found_in_every_dialect(fault: str, sentence: str, dialect: str, program: Program) -> None:
    """IRC servers and programs' lines are held to the same."""
    with pytest.raises(Fault, match=sentence):
        await measured(program, fault, dialect=dialect)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("no ack", "^b0000. received (no ack|an ack|id 8 where 7)"),
        ("ack with another id", "^b0000. received id 8 where 7 was due"),
        ("two acks", "^b0000. received an ack of message . where that of . was due"),
        ("skip an id", "^b0000. received id 9 where 8 was due"),
        ("skip 65,536 ids", "^b0000. received id 65544 where 8 was due"),
    ],
)
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_programs_are_owed_an_ack_and_dense_ids(fault: str, sentence: str, program: Program) -> None:
    """What chatd promises to programs beyond the lines of the others."""
    with pytest.raises(Fault, match=sentence):
        await measured(program, fault, NOBODY, "json")


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_room_of_a_longer_name_is_another_one(program: Program) -> None:
    """All of the name has to be right."""
    with pytest.raises(Fault, match=r"received a line that nobody said: .*#bench0x"):
        await measured(program, "longer name", dialect="json")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("fault", "burst"), [("one at a time", 1), ("three at a time", 3)])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_nobody_says_more_before_all_others_have_the_last(
    fault: str, burst: int, dialect: str, program: Program
) -> None:
    """A closed loop: else it would be measured how fast a server is flooded."""
    listener = NAMES[0]  # who says nothing: an ack that came before what is on the way would be out of order
    workload = altered(FIVE, talkers=CLIENTS - 1, burst=burst)
    figures = await measured(program, fault, listener, dialect, workload, 12)
    assert figures.deliveries == 12 * (CLIENTS - 1) ** 2


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_the_last_ack_is_owed_too(program: Program) -> None:
    """One who talks alone has nothing else to hear."""
    with pytest.raises(Fault, match=r"^b00004 received no ack of message 0\.$"):
        await measured(program, "never an ack", NOBODY, "json", altered(FIVE, talkers=1))


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_nothing_may_come_after_the_last_message(program: Program) -> None:
    """It is waited a little for what nobody said."""
    with pytest.raises(Fault, match=r"^b00001 received message 1 of b00004 more than once\.$"):
        await measured(program, "late", workload=altered(FIVE, talkers=1, rate=10.0))


@pytest.mark.parametrize(
    ("fault", "sentence"), [("lose", "did not receive"), ("swap", "the other way round"), ("double", "more than once")]
)
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_it_is_found_among_messages_that_are_said_at_once(fault: str, sentence: str, program: Program) -> None:
    """There is only one that everybody waits for, the last one."""
    with pytest.raises(Fault, match=sentence):
        await measured(program, fault, workload=altered(FIVE, burst=3))


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_what_is_said_stays_in_the_room(program: Program) -> None:
    """A server that has one room only is found out by two."""
    with pytest.raises(Fault, match=r"^b0000\d received a text of somebody who is not in the room: "):
        await measured(program, "", NOBODY, workload=altered(FIVE, rooms=2))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("burst", [1, 3], ids=["one by one", "several at once"])
@pytest.mark.parametrize("victim", [NOBODY, NAMES[1]], ids=["no news", "news"])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_server_without_a_fault_has_figures(victim: bytes, burst: int, dialect: str, program: Program) -> None:
    """Also when news stand between messages: in large rooms joins are told late."""
    figures = await measured(program, "news", victim, dialect, altered(FIVE, burst=burst), MANY_MESSAGES)
    assert figures.checked == figures.deliveries == MANY_MESSAGES * CLIENTS * (CLIENTS - 1)
    assert 0 < figures.p50 <= figures.p99 <= figures.p999 <= figures.slowest * 1.01
    assert figures.resident > 0
    assert figures.server_cpu > 0


# ---- people in several rooms ----


@pytest.mark.parametrize("workload", [TOGETHER, APART], ids=lambda workload: workload.key)
@pytest.mark.parametrize("dialect", ["irc", "json"])
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("wrong room", "a text of somebody who is not in the room|a text that nobody said"),
        ("lose", "did not receive|where . was due"),
        ("double", "more than once|where . was due"),
        ("swap", "the other way round|where . was due"),
        ("change", "a text that nobody said"),
        ("echo", "received its own message"),
        ("rename", "a line that nobody said"),
    ],
)
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_it_is_found_where_people_are_in_several_rooms(
    fault: str, sentence: str, dialect: str, workload: Workload, program: Program
) -> None:
    """Each room is held to all of it by itself; what is shown as said in another room that one is in is no message there."""
    with pytest.raises(Fault, match=sentence):
        await measured(program, fault, dialect=dialect, workload=workload)


@pytest.mark.parametrize("victim", NAMES, ids=bytes.decode)
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_the_wrong_room_is_found_at_every_member(victim: bytes, program: Program) -> None:
    """Also at those whom the logs are learnt from."""
    with pytest.raises(Fault, match=f"^{victim.decode()} received a text "):
        await measured(program, "wrong room", victim, "irc", APART)


@pytest.mark.parametrize("room", [0, 4, 5, 9])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_loss_is_found_in_every_room(room: int, program: Program) -> None:
    """Each log is closed, and knows the names of its own people: in APART, a row of five, or one from each."""
    rows = APART.rooms // APART.each
    people = [(room + member * (room // rows)) % rows * CLIENTS + member for member in range(CLIENTS)]
    victim, others = people[0], "|".join(f"b{client:05}" for client in people[1:])
    with pytest.raises(Fault, match=rf"^b{victim:05} did not receive message 1 of ({others})\.$"):
        await measured(program, "lose", b"b%05d" % victim, "irc", APART, place=b"#bench%d" % room)


@pytest.mark.parametrize("room", [0, 9])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_the_last_ack_is_owed_in_every_room(room: int, program: Program) -> None:
    """Where one talks, there is nothing else that they could hear."""
    workload = altered(APART, talkers=1)
    with pytest.raises(Fault, match=r"^b000\d\d received no ack of message 0\.$"):
        await measured(program, "never an ack", NOBODY, "json", workload, place=b"#bench%d" % room)


@pytest.mark.parametrize("dialect", ["irc", "json"])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_who_is_in_several_rooms_hears_nothing_of_others(dialect: str, program: Program) -> None:
    """A line that names a room is refused by who is not in it."""
    with pytest.raises(Fault, match=r"received a line that nobody said: .*quick brown fox"):
        await measured(program, "stray", dialect=dialect, workload=APART)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("no ack", "^b000.. received (no ack|an ack|id 8 where 7)"),
        ("ack of another room", "^b000.. received a line that nobody said: .*ack"),
        ("skip an id", "^b000.. received id 9 where 8 was due"),
    ],
)
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_programs_are_owed_acks_and_ids_in_each_room(fault: str, sentence: str, program: Program) -> None:
    """An ack tells the room, and ids are counted in each."""
    with pytest.raises(Fault, match=sentence):
        await measured(program, fault, NOBODY, "json", APART)


@pytest.mark.parametrize("workload", [TOGETHER, APART], ids=lambda workload: workload.key)
@pytest.mark.parametrize("dialect", ["irc", "json"])
@pytest.mark.parametrize("burst", [1, 3], ids=["one by one", "several at once"])
@pytest.mark.parametrize("idle", [0, 2], ids=["nobody idle", "two idle"])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_a_server_of_several_rooms_has_figures(
    idle: int, burst: int, dialect: str, workload: Workload, program: Program
) -> None:
    """Everything that is said in each room is received by the others there."""
    figures = await measured(program, "", NOBODY, dialect, altered(workload, burst=burst, idle=idle), MANY_MESSAGES)
    in_a_room = MANY_MESSAGES * CLIENTS * (CLIENTS - 1)
    assert figures.checked == figures.deliveries == workload.rooms * in_a_room


@pytest.mark.parametrize(
    ("workload", "dialect", "sentence"),
    [
        (TOGETHER, "line", "^The lines of line do not name their room, so nobody can be in several.$"),
        (TOGETHER, "plain", "^The lines of plain do not name their room"),
        (
            altered(FIVE, rooms=3, each=2),
            "irc",
            "^With each person in 2 rooms there cannot be 3: .* a multiple of that.$",
        ),
        (altered(FIVE, rooms=1, each=2), "irc", "^With each person in 2 rooms there cannot be 1: "),
        (altered(FIVE, rooms=100_000, each=1000), "irc", "^At most 99999 rooms, and "),
        (altered(FIVE, rooms=50_000, each=1), "irc", "^At most 60000 clients can be counted.$"),
    ],
)
def test_what_cannot_be_done_is_refused(workload: Workload, dialect: str, sentence: str, program: Program) -> None:
    """Before anything is begun: nobody listens there."""
    with pytest.raises(Fault, match=sentence):
        run(program, workload, Plan(1, os.getpid(), dialect))


@given(rooms=st.integers(1, 100), each=st.integers(1, 20), members=st.integers(3, 10), most=st.integers(3, 200))
def test_a_smaller_workload_can_be_done_too(rooms: int, each: int, members: int, most: int) -> None:
    """The rooms stay a multiple of those that each person is in."""
    small = altered(FIVE, rooms=rooms * each, each=each, members=members).at_most(most)
    assert 1 <= small.each <= small.rooms <= most
    assert small.rooms % small.each == 0
    assert small.clients * small.each == small.rooms * small.members


@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_who_is_welcome_twice_comes_once(program: Program) -> None:
    """It would be in the room twice."""
    figures = await measured(program, "two welcomes", NOBODY, "irc")
    assert figures.deliveries == MESSAGES * CLIENTS * (CLIENTS - 1)


def test_a_load_that_is_built_otherwise_is_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old one would be taken for it."""
    before = load._version()
    monkeypatch.setattr(load, "FLAGS", (*load.FLAGS, "-g"))
    assert load._version() != before


@pytest.mark.parametrize(("fault", "dialect"), [("cut", "plain"), ("cut", "irc"), ("unfinished news", "plain")])
@pytest_twisted.ensureDeferred  # type: ignore[untyped-decorator]  # it ships no types
async def test_lines_may_come_in_pieces(fault: str, dialect: str, program: Program) -> None:
    """A message or a line of news that is cut into two packets is put together again."""
    assert (await measured(program, fault, dialect=dialect)).deliveries > 0


TEXTS = r"""
#include <stdio.h>
#include "text.h"
/* Client, room, number, stamp: the text. */
int main(void) {
    unsigned client, room, number;
    unsigned long stamp;
    char text[TEXT_BYTES];
    if (scanf("%u %u %u %lu", &client, &room, &number, &stamp) != 4)
        return 2;
    text_begin(text, client, room);
    text_write(text, number, stamp);
    fwrite(text, 1, TEXT_BYTES, stdout);
    return 0;
}
"""


def test_no_text_can_be_taken_for_another(tmp_path: Path) -> None:
    """It differs with who says it, where, which one it is, and when."""
    texts_program = built(tmp_path, TEXTS, "text.c")
    said = ["1 2 3 4", "2 2 3 4", "1 3 3 4", "1 2 4 4", "1 2 3 5"]
    texts = [
        subprocess.run([texts_program], input=one, text=True, capture_output=True, check=True).stdout for one in said
    ]
    assert len(set(texts)) == len(said)
    assert {len(text) for text in texts} == {100}


# ---- the log alone, with whatever can be heard ----

DRIVER = r"""
#include <stdio.h>
#include "log.h"
/* Members, how many messages each said, then "member sender number mark" for each that was heard. */
int main(void) {
    unsigned members, clients[100], said[100], member, sender, number, mark;
    if (scanf("%u", &members) != 1)
        return 2;
    for (unsigned one = 0; one < members; one++) {
        clients[one] = 7 * one + 3;
        if (scanf("%u", &said[one]) != 1)
            return 2;
    }
    struct log log = log_of(clients, members);
    while (scanf("%u %u %u %u", &member, &sender, &number, &mark) == 4)
        log_heard(&log, member, message_of(sender, number, mark));
    log_compare(&log, said);
    return 0;
}
"""

Message = tuple[int, int]
"""Sender and number."""


@pytest.fixture(scope="module")
def log_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The check alone, fed from standard input."""
    return built(tmp_path_factory.mktemp("log"), DRIVER, "log.c", "text.c")


def numbered(senders: list[int]) -> list[Message]:
    """A room's log, of who spoke when."""
    return [(sender, senders[:at].count(sender)) for at, sender in enumerate(senders)]


def heard_by(log: list[Message]) -> list[list[Message]]:
    """What each member hears of it: all but their own."""
    return [[message for message in log if message[0] != member] for member in range(CLIENTS)]


def verdict(log_program: Path, senders: list[int], streams: list[list[Message]]) -> str:
    """The sentence about what was heard; empty, if nothing is wrong with it."""
    said = " ".join(str(senders.count(member)) for member in range(CLIENTS))
    heard = "".join(
        f"{member} {sender} {number} 0\n" for member, stream in enumerate(streams) for sender, number in stream
    )
    answer = subprocess.run(
        [log_program], input=f"{CLIENTS} {said}\n{heard}", text=True, capture_output=True, check=False
    )
    assert (answer.returncode == 0) == (answer.stdout == "")
    return answer.stdout


Edit = Callable[[list[Message], int, int], None]


def drop(stream: list[Message], one: int, _: int) -> None:
    """Lose a message."""
    del stream[one]


def repeat(stream: list[Message], one: int, other: int) -> None:
    """Let a message come again somewhere."""
    stream.insert(other, stream[one])


def swap(stream: list[Message], one: int, other: int) -> None:
    """Exchange two messages."""
    stream[one], stream[other] = stream[other], stream[one]


def replace(stream: list[Message], one: int, other: int) -> None:
    """Let a message come in place of another."""
    stream[one] = stream[other]


logs = st.lists(st.integers(0, CLIENTS - 1), min_size=1, max_size=12)


@given(senders=logs)
def test_a_log_that_all_heard_alike_is_fine(log_program: Path, senders: list[int]) -> None:
    """Whoever speaks how often and in which order: what everybody hears without their own is one log."""
    assert verdict(log_program, senders, heard_by(numbered(senders))) == ""


@given(
    senders=logs,
    member=st.integers(0, CLIENTS - 1),
    edit=st.sampled_from([drop, repeat, swap, replace]),
    data=st.data(),
)
def test_no_change_to_one_stream_goes_unseen(
    log_program: Path, senders: list[int], member: int, edit: Edit, data: st.DataObject
) -> None:
    """Complete means: one member's stream that differs in anything is found, whatever and wherever it is."""
    streams = heard_by(numbered(senders))
    if streams[member]:
        place = st.integers(0, len(streams[member]) - 1)
        edit(streams[member], data.draw(place), data.draw(place))
    unchanged = streams == heard_by(numbered(senders))
    assert (verdict(log_program, senders, streams) == "") == unchanged


@given(senders=logs, edit=st.sampled_from([drop, repeat, swap, replace]), data=st.data())
def test_what_all_agree_on_has_to_be_what_was_said(
    log_program: Path, senders: list[int], edit: Edit, data: st.DataObject
) -> None:
    """A message that reached nobody, or all of them twice, or too early: each sender's come in order, and all of them."""
    log = numbered(senders)
    place = st.integers(0, len(log) - 1)
    edit(log, data.draw(place), data.draw(place))
    in_order = all(
        [number for speaker, number in log if speaker == sender] == list(range(senders.count(sender)))
        for sender in range(CLIENTS)
    )
    assert (verdict(log_program, senders, heard_by(log)) == "") == in_order


@given(
    streams=st.lists(
        st.lists(st.tuples(st.integers(0, CLIENTS - 1), st.integers(0, 3)), max_size=6), min_size=5, max_size=5
    )
)
def test_nothing_that_is_heard_breaks_the_check(log_program: Path, streams: list[list[Message]]) -> None:
    """A broken server may do anything; that is a sentence, not a crash. One's own messages are sorted out before."""
    heard = [[one for one in stream if one[0] != member] for member, stream in enumerate(streams)]
    sentence = verdict(log_program, [0, 1, 2, 3, 4], heard)
    assert sentence.startswith('{"fault": "') or all(len(stream) == CLIENTS - 1 for stream in heard)
