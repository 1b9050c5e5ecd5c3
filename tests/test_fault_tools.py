"""What the trials on the real server work with: the cable that is cut, and the other time of day."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from tests.conftest import missing
from tests.faults.altered import WallClock
from tests.faults.cable import SERVER, Cable, Way, Weather, cabled
from tests.faults.measures import sockets
from tests.faults.outcome import Unavailable
from tests.faults.peers import eventually
from tests.processes import IN_TREE


class Line:
    """A connection over a cable."""

    def __init__(self, server: socket.socket, client: socket.socket, cable: Cable) -> None:
        self.server, self.client, self.cable = server, client, cable

    def close(self) -> None:
        """Hang up at both ends."""
        for end in (self.server, self.client):
            end.close()


@pytest.fixture
def line() -> Iterator[Line]:
    """One end is on each of two machines."""
    try:
        with cabled(Random(1)) as (at_server, at_client, cable):
            port = at_server.do(socket.create_server, (SERVER, 0))
            client = at_client.do(socket.create_connection, port.getsockname(), 10)
            server, _ = port.accept()
            server.settimeout(10)
            made = Line(server, client, cable)
            yield made
            made.close()
            port.close()
    except Unavailable as lack:
        missing(f"what a cable between two machines needs ({lack})")


def test_bad_weather_costs_time_and_nothing_else(line: Line) -> None:
    """TCP sees to that; the cable must really be bad."""
    line.cable.weather = Weather(delay=0.001, jitter=0.005, loss=0.05, repeat=0.05)
    sent = Random(2).randbytes(1_000_000)
    sending = Thread(target=line.client.sendall, args=(sent,))
    sending.start()
    received = bytearray()
    while len(received) < len(sent):
        received += line.server.recv(65536)
    sending.join()
    assert received == sent
    assert line.cable.lost
    assert line.cable.swapped
    assert line.cable.repeated


@pytest.mark.parametrize("way", [Way.TO_CLIENT, Way.TO_SERVER, Way.BOTH])
def test_a_cut_is_noticed_by_nobody_and_can_be_mended(line: Line, way: Way) -> None:
    """What was sent meanwhile arrives afterwards: the connection was there all the time."""
    line.cable.cut(way)
    line.server.sendall(b"salam")
    assert eventually(lambda: line.cable.lost > 1)
    line.client.setblocking(False)
    if way is not Way.TO_SERVER:
        with pytest.raises(BlockingIOError):
            line.client.recv(5)
    line.cable.mend()
    line.client.settimeout(10)
    assert line.client.recv(5) == b"salam"


def test_another_time_of_day_is_seen_by_the_program_and_by_nobody_else(tmp_path: Path) -> None:
    """It may jump while the program runs; what is measured from some fixed moment does not."""
    clock = WallClock(tmp_path / "clock")
    clock.set(3600)
    program = tmp_path / "program.py"
    program.write_text("import time\nfor _ in range(2): print(time.time(), time.monotonic(), flush=True); input()\n")
    with subprocess.Popen(
        [*clock.before, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=IN_TREE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ahead = process.stdout.readline().split()
        clock.turn(-7200)
        process.stdin.write("\n")
        process.stdin.flush()
        behind = process.stdout.readline().split()
        process.stdin.write("\n")
    assert float(ahead[0]) > time.time() + 3000
    assert float(behind[0]) < time.time() - 3000
    assert float(ahead[1]) <= float(behind[1]) <= time.monotonic()


def test_a_constant_that_there_is_not_cannot_be_set() -> None:
    """A trial whose keepalive is not what it thinks would prove nothing."""
    command = [sys.executable, "-m", "tests.faults.altered", "--set", "chatd.protocols.sockets.IDEL=1", "program"]
    done = subprocess.run(command, env=IN_TREE, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "There is no IDEL in chatd.protocols.sockets to be set.\n"


def test_a_connection_that_ends_while_connections_are_counted_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server under trial goes on closing things."""
    stays, ends = socket.socketpair()
    names = {str(one.fileno()) for one in (stays, ends)}
    with stays:
        with ends, os.scandir("/proc/self/fd") as opened:
            listed = [one for one in opened if one.name in names]
        monkeypatch.setattr("tests.faults.measures.os.scandir", lambda _: nullcontext(listed))
        assert sockets(os.getpid()) == 1
        monkeypatch.undo()
