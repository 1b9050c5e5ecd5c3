"""One client of the benchmark: a connection, and what has come in over it.

Knows a socket and the line language's greeting. Must not know the other clients, nor what they should hear.
"""

import socket
from math import inf

from tests.benchmark.check import Fault, name, without_notices


class Talker:
    """One client: a connection, and what came in over it since its last finished round."""

    __slots__ = ("buffer", "fill", "heard", "number", "said", "sample_end", "socket", "view")

    def __init__(self, number: int, connection: socket.socket, capacity: int) -> None:
        self.number = number
        self.socket = connection
        self.buffer = bytearray(capacity)
        self.view = memoryview(self.buffer)
        self.fill = 0
        self.heard = 0
        """Rounds finished."""
        self.said = 0
        """Messages said: while one talks at a time, the last one to talk has heard the round before."""
        self.sample_end = inf
        """Where in the buffer the next message to be timed ends."""

    def introduce(self) -> None:
        """Give a name, and wait until it is accepted; from then on nothing waits."""
        self.say(name(self.number))
        while b"* Hello " not in self.view[: self.fill].tobytes():
            try:
                self.read()
            except TimeoutError as error:
                heard = self.view[: self.fill].tobytes()
                raise Fault(f"{name(self.number).decode()} was not greeted, but told {heard!r}.") from error
        self.socket.setblocking(False)

    def read(self) -> None:
        """Take in what has come."""
        room = self.view[self.fill :]
        if not room:
            raise Fault(f"{name(self.number).decode()} received more than was said.")
        try:
            count = self.socket.recv_into(room)
        except ConnectionError as error:
            raise self.broken(error) from error
        if not count:
            raise self.broken("the server closed it")
        self.fill += count

    def broken(self, why: object) -> Fault:
        """What to say when the connection is of no use any more."""
        return Fault(f"The connection of {name(self.number).decode()} broke: {why}.")

    def take(self, count: int) -> bytes:
        """The first ``count`` bytes of the buffer, which the rest then moves up to."""
        taken = bytes(self.view[:count])
        rest = self.fill - count
        if rest:
            self.buffer[:rest] = self.buffer[count : self.fill]
        self.fill = rest
        return taken

    def amid_news(self) -> bool:
        """Whether the last line is a piece of news whose end is still to come."""
        return self.buffer.startswith(b"*", self.buffer.rfind(b"\n", 0, self.fill) + 1, self.fill)

    def drop_notices(self) -> None:
        """Leave nothing but messages, and perhaps the beginning of a line."""
        kept = without_notices(bytes(self.view[: self.fill]))
        self.buffer[: len(kept)] = kept
        self.fill = len(kept)

    def say(self, text: bytes) -> None:
        """One line. There is room for it, as no client has more than one under way, unless the server does not read."""
        try:
            self.socket.sendall(text + b"\n")
        except (ConnectionError, BlockingIOError) as error:
            raise self.broken(error) from error
