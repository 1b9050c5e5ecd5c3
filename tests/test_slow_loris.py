"""Connections that are kept busy and never get a name: none of them lasts longer than ``--name-time``, in all."""

from collections.abc import Iterable, Iterator
from itertools import chain, cycle, repeat

import pytest

from chatd.certificates import CurrentIdentity
from chatd.limits import Limits
from chatd.protocols.closing import LINGERS
from tests.test_tls import Client, client_hello, make_identity, make_world
from tests.worlds import Visitor, World

NAME_SECONDS = Limits().name_seconds
BUSY: dict[str, Iterable[bytes]] = {
    "one byte a second": repeat(b"x"),
    "half of a first word": chain([b"P", b"O", b"S"], repeat(b"x")),
    "empty lines": repeat(b"\n"),
    "names that cannot be": repeat(b"12\n"),
    "commands": cycle([b"/help\n", b"/who\n", b"/lang fa\n"]),
    "a line that never ends": repeat(b"x" * 10_000),
    "telnet": repeat(b"\xff\xfd\x06"),
    "the exercise": chain([b"Hello Server"], repeat(b"!\n")),
    "half an object": chain([b'{"type": "reg'], repeat(b" ")),
    "objects without a name": cycle([b'{"type":"ping"}\n', b'{"type":"register"}\n', b'{"type":"chat","text":"x"}\n']),
    "a program in the end": chain([b"12\n"] * 50, [b'{"type":"ping"}\n'], repeat(b" ")),
    "a program after half the exercise": chain([b"Hello Server"], [b""] * 50, [b"\n{"], repeat(b" ")),
    "a question that is not answered": chain([b"/login ali\n"], repeat(b"\n")),
    "web": chain([b"GET / HTTP/1.1\r\n"], repeat(b"X-A: b\r\n")),
    "web in small letters": chain([b"get / "], repeat(b"x")),
    "a proxy": chain([b"PROXY TCP4 192.0.2.1"], repeat(b" ")),
    "nothing": repeat(b""),
}
"""What comes in each second."""


def seconds_until_closed(visitor: Visitor, busy: Iterator[bytes]) -> int:
    """How long it can be kept open by that."""
    for second in range(1, round(3 * NAME_SECONDS)):
        data = next(busy)
        if data:
            visitor.sends(data)
        visitor.world.passes(1)
        if visitor.closed:
            return second
    return round(3 * NAME_SECONDS)


@pytest.mark.parametrize("polite", [True, False], ids=["polite", "impolite"])
@pytest.mark.parametrize("busy", BUSY.values(), ids=BUSY)
def test_no_byte_buys_time(busy: Iterable[bytes], polite: bool) -> None:
    """The minute begins when the connection does, whatever is said meanwhile; afterwards nothing is left."""
    world = World()
    visitor = world.connect()
    visitor.polite = polite
    assert seconds_until_closed(visitor, iter(busy)) <= NAME_SECONDS + 2
    assert not world.site.conversations
    assert not world.clock.getDelayedCalls()


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> CurrentIdentity:
    """The server's certificate."""
    return make_identity(tmp_path_factory.mktemp("identity"))


@pytest.mark.parametrize("done", [1, 5, 100, 400])
def test_a_handshake_is_a_part_of_that_time(identity: CurrentIdentity, done: int) -> None:
    """However much of it came in, byte by byte."""
    world = make_world(identity)
    world.site.plaintext = True
    hello = client_hello()
    visitor = world.connect().sends(hello[:done])
    rest = chain((hello[at : at + 1] for at in range(done, len(hello))), repeat(b""))
    assert seconds_until_closed(visitor, rest) <= NAME_SECONDS + 1
    assert not world.clock.getDelayedCalls()


def test_a_late_handshake_leaves_less_time_for_a_name(identity: CurrentIdentity) -> None:
    """It is one minute, not one for each."""
    world = make_world(identity)
    client = Client(world)
    client.step()
    world.passes(NAME_SECONDS - 5)
    client.shakes_hands()
    world.passes(4)
    assert not client.visitor.closed
    world.passes(1)
    assert "No name was given in time" in client.sees()


def test_one_who_reads_nothing_either_is_not_kept() -> None:
    """The last words are waited for for as long as anybody's."""
    world = World()
    visitor = world.connect()
    visitor.wire.room = 0
    visitor.polite = False
    busy = chain([b"/help\n"] * 5, repeat(b"x"))
    assert seconds_until_closed(visitor, busy) <= NAME_SECONDS + Limits().stall_seconds + LINGERS + 1
    assert not world.clock.getDelayedCalls()
