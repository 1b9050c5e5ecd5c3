"""Thousands of connections at once, held by one thread. Knows sockets, and how a first line begins; judges nothing."""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

from tests.faults.peers import Where
from tests.faults.running import PATIENCE

AT_ONCE = 200
"""Connections under way at the same time: the kernel keeps no more than 1,024 waiting for the server."""
GREETED, TURNED_AWAY, CLOSED = "greeted", "turned away in a sentence", "closed without a word"


class Callers:
    """Connections that wait to hear something, and then are held for as long as the server does."""

    def __init__(self, where: Where) -> None:
        self.heard: Counter[str] = Counter()
        """How many were greeted, turned away or just closed."""
        self.held: set[socket.socket] = set()
        self._where = where
        self._selector = selectors.DefaultSelector()

    def call(self, number: int, first: bytes = b"", meanwhile: Callable[[], object] = lambda: None) -> None:
        """Have so many more connect, each saying this first; ``meanwhile`` is done again and again.

        Raises:
            TimeoutError: nothing was heard for too long.
        """
        coming = iter(range(number))
        waiting = self._come(islice(coming, AT_ONCE), first)
        deadline = time.monotonic() + PATIENCE
        while waiting:
            meanwhile()
            for key, _ in self._selector.select(0.05):
                self._hear(key.fileobj, key.data)
                deadline = time.monotonic() + PATIENCE
                waiting += self._come(islice(coming, 1), first) - 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"{waiting} connections were not answered.")

    def send(self, data: bytes) -> None:
        """Send this by each that is held; those that have ended are held no more."""
        for one in list(self.held):
            try:
                one.send(data)
            except BlockingIOError:
                continue
            except OSError:
                self._drop(one)

    def look(self) -> None:
        """Notice who has been closed by the server."""
        for one in list(self.held):
            with suppress(BlockingIOError):
                try:
                    if not one.recv(65536):
                        self._drop(one)
                except ConnectionError:
                    self._drop(one)

    def hang_up(self) -> None:
        """All go."""
        for one in list(self.held):
            self._drop(one)
        self._selector.close()

    def _come(self, some: "islice[int]", first: bytes) -> int:
        came = 0
        for _ in some:
            connection = socket.socket()
            connection.setblocking(False)
            with suppress(BlockingIOError):
                connection.connect(self._where)
            self._selector.register(connection, selectors.EVENT_WRITE if first else selectors.EVENT_READ, first)
            came += 1
        return came

    def _hear(self, connection: object, first: bytes) -> None:
        assert isinstance(connection, socket.socket)
        try:
            if first:
                connection.send(first)
                self._selector.modify(connection, selectors.EVENT_READ, b"")
                first = b""
            heard = connection.recv(4096)
        except BlockingIOError:
            heard = b"*"  # it was said, and is enough for those who are not answered
        except OSError:
            heard = b""
        self._selector.unregister(connection)
        self.heard[GREETED if heard.startswith(b"*") else TURNED_AWAY if heard else CLOSED] += 1
        if heard.startswith(b"*"):
            self.held.add(connection)
        else:
            connection.close()

    def _drop(self, connection: socket.socket) -> None:
        self.held.discard(connection)
        # A reset, so that this machine does not run out of ports.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
