"""Peers that mean harm, or have lost their mind: the others notice nothing of them, and the server stays small."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from random import Random
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.limits import Limits
from tests.servers import HOST, PATIENCE, Server, serving
from tests.worlds import World

MEGABYTE = 1_000_000
HARMLESS_CONTROLS = {"\n", "\u200c", "\u200d", "\u200e", "\u200f", "\u2068", "\u2069"}
TYPED = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["\x1b[2J\x1b]0;owned\x07", "\x9b31m", "\u202eevil", "a\u2066b", "\x7f\x08\x08", "a\u2028b", "\r\x85"]
    ),
)
COMMANDS = st.sampled_from(["", "/me ", "/topic ", "/nick ", "/pm sara ", "/join #", "//", "/pm sara \t"])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that lets everybody talk as fast as they can."""
    with serving(tmp_path / "run", "--flood", "0") as server:
        yield server


class Peer:
    """A bare TCP connection that does what the test wants."""

    def __init__(self, server: Server, name: str = "", receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((HOST, server.port))
        self._unread = b""
        if name:
            self.sends(name.encode() + b"\n")
            self.until(b"/help shows the commands.\n")

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def sends(self, data: bytes) -> None:
        """Send all of it."""
        self.socket.sendall(data)

    def until(self, wanted: bytes) -> bytes:
        """What is received up to these bytes, and with them."""
        seen, looked = bytearray(self._unread), 0
        while (at := seen.find(wanted, looked)) < 0:
            looked = max(0, len(seen) - len(wanted))
            received = self.socket.recv(1 << 20)
            assert received, f"the connection ended before {wanted!r}"
            seen += received
        end = at + len(wanted)
        self._unread = bytes(seen[end:])
        return bytes(seen[:end])


def test_what_reaches_a_terminal_is_harmless_whatever_was_sent() -> None:
    """Escape sequences, 8-bit controls, overrides and line ends, in every place where somebody types: none gets through."""

    @settings(max_examples=150, deadline=None)
    @given(name=TYPED, lines=st.lists(st.tuples(COMMANDS, TYPED), max_size=6))
    def holds(name: str, lines: list[tuple[str, str]]) -> None:
        world = World(Limits(flood_rate=0))
        sara, evil = world.joined("sara"), world.connect("192.0.2.66")
        typed = [name, "mallory", *(command + text for command, text in lines)]
        evil.sends("".join(f"{line}\n" for line in typed).encode("utf-8", "surrogatepass"))
        shown = sara.types("/who", "/rooms", "/history", "/topic").sees()
        evil.drops()
        shown += sara.sees() + evil.gets().replace(b"\xff\xfd\x00", b"").decode()
        bad = {mark for mark in shown if category(mark) in ("Cc", "Cf", "Zl", "Zp")} - HARMLESS_CONTROLS
        assert not {mark for mark in bad if category(mark) != "Cf" or "\u202a" <= mark <= "\u2069"}
        assert all(len(re.findall("[\u2067\u2068]", line)) == line.count("\u2069") for line in shown.splitlines())

    holds()


def test_an_escape_sequence_is_refused_by_name() -> None:
    """Its sender reads which character it was; nobody else reads anything."""
    world = World()
    sara, evil = world.joined("sara"), world.joined("mallory")
    sara.sees()
    evil.types("\x1b[2J", "a\u202eb")
    assert "U+001B ESCAPE" in evil.sees()
    assert sara.sees() == "[12:00] mallory: ab\n"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["", "mallory"])
def test_a_megabyte_of_noise(name: str, seed: int) -> None:
    """Random bytes, before a name or with one, in segments of any size: nothing raises, nobody else is disturbed."""
    world, random = World(), Random(seed)
    sara = world.joined("sara")
    noisy = world.joined(name) if name else world.connect()
    sara.sees()
    noise = random.randbytes(MEGABYTE)
    while noise and not noisy.closed:
        size = random.randrange(1, 65536)
        noisy.sends(noise[:size])
        noise = noise[size:]
    world.passes(10)
    assert len(noisy.gets()) < MEGABYTE
    assert set(sara.sees().splitlines()) <= {f"* {name} left."}
    noisy.drops()
    assert "* Online (1):" in sara.types("/who").sees()


def test_a_hundred_megabytes_without_a_line_end(server: Server) -> None:
    """The memory stays where it was, others are served meanwhile, and the connection lives on."""
    with Peer(server, "sara") as sara, Peer(server, "mallory") as endless:
        before, chunk = server.megabytes(), b"x" * MEGABYTE
        for sent in range(100):
            endless.sends(chunk)
            if sent % 20 == 0:
                sara.sends(b"/who\n")
                sara.until(b"* Online (2):\n")
        assert server.megabytes() - before < 16
        endless.sends(b"\nsalam\n")
        sara.until(b"mallory: salam\n")
        assert endless.until(b"\n").startswith(b"! That line has more than ")


def test_a_reader_that_stops_reading(server: Server) -> None:
    """Twenty megabytes pass it by: the others get all of it, memory stays bounded, and it gets all of it later."""
    with (
        Peer(server, "ali") as ali,
        Peer(server, "sara") as sara,
        Peer(server, "slow", receive_buffer=4096) as slow,
    ):
        before = server.megabytes()
        for block in range(20):
            ali.sends(b"".join(b"%05d %b\n" % (1000 * block + line, b"x" * 1000) for line in range(1000)))
            sara.until(b"ali: %05d %b\n" % (1000 * block + 999, b"x" * 1000))
        assert server.megabytes() - before < 16  # of the 20 that one reader has not read
        everything = slow.until(b"ali: 19999 " + b"x" * 1000 + b"\n")
        assert [int(number) for number in re.findall(rb"ali: (\d{5}) x", everything)] == list(range(20_000))


def test_a_crowd_that_connects_and_says_nothing(server: Server) -> None:
    """Hundreds of silent connections cost little, and nobody who speaks waits for them."""
    crowd = [Peer(server) for _ in range(300)]
    with Peer(server, "ali") as ali:
        for peer in crowd:
            peer.until(b"What is your name?\n")
        ali.sends(b"/who\n")
        ali.until(b"* Online (1):\n")
    for peer in crowd:
        peer.socket.close()


def test_resets_in_the_middle_of_everything(server: Server) -> None:
    """Connections that are reset at any moment, with answers on their way, leave no error and nobody behind."""
    random = Random(7)
    with Peer(server, "sara") as sara:
        for number in range(60):
            peer = Peer(server)
            peer.sends((b"guest%d\n/help\n/history\nsalam\n/who\n" % number)[: random.randrange(40)])
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            peer.socket.close()
        sara.sends(b"still here?\n/who\n")
        sara.until(b"sara (127.0.0.1)\n")
    server.await_everybody_gone()
