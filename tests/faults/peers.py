"""Single connections that a trial makes itself: somebody with nc, or a program, who does just what they are told.

Knows sockets and lines. Must not know rules of the chat, or judge what is heard.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

from tests.faults.running import PATIENCE

Line = dict[str, Any]
Where = tuple[str, int]


class Peer:
    """One connection; whatever is waited for comes within :data:`PATIENCE` seconds, or a ``TimeoutError``."""

    def __init__(self, where: Where, receive_buffer: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:  # to be said before the connection is made
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.connect(where)
        except OSError:
            self.socket.close()
            raise
        self._rest = b""
        self.answer: Line = {}
        """What a program was told when it asked to register."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def types(self, *lines: str) -> None:
        """Send these lines."""
        self.socket.sendall("".join(f"{line}\n" for line in lines).encode())

    def asks(self, type: str, **fields: Any) -> None:
        """Send one request, as a program."""
        self.types(json.dumps({"type": type, **fields}))

    def lines(self) -> Iterator[str]:
        """What comes, line by line, until the connection ends."""
        while True:
            line, newline, rest = self._rest.partition(b"\n")
            if newline:
                self._rest = rest
                yield line.decode()
                continue
            more = self.socket.recv(65536)
            if not more:
                return
            self._rest += more

    def sees(self, words: str) -> str:
        """The next line that has these words in it.

        Raises:
            EOFError: the connection has ended before that.
        """
        for line in self.lines():
            if words in line:
                return line
        raise EOFError(f"The connection has ended without {words!r}.")

    def hears(self, type: str) -> Line:
        """The next line of this type, for a program."""
        return next(self.hear(type))

    def hear(self, *types: str) -> Iterator[Line]:
        """The lines of these types, from now on."""
        for text in self.lines():
            line: Line = json.loads(text) if text.startswith("{") else {"type": ""}
            if line["type"] in types:
                yield line
        raise EOFError(f"The connection has ended; {' or '.join(types)} was waited for.")

    def nibble(self, most: int) -> None:
        """Take no more than so many bytes from what has come, if anything has."""
        self.socket.settimeout(0)
        try:
            self._rest += self.socket.recv(most)
        except OSError:  # nothing, or never again
            pass
        finally:
            self.socket.settimeout(PATIENCE)

    def glance(self) -> list[str]:
        """The lines that are here by now; whether there will be more is another question."""
        self.socket.settimeout(0)
        try:
            while more := self.socket.recv(65536):
                self._rest += more
        except OSError:  # nothing more for now, or for ever
            pass
        finally:
            self.socket.settimeout(PATIENCE)
        *lines, self._rest = self._rest.split(b"\n")
        return [line.decode() for line in lines]

    def over(self) -> bool:
        """Whether the other side has ended the connection by now. What has come before that is lost."""
        self.socket.settimeout(0)
        try:
            while self.socket.recv(65536):
                pass
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)
        return True

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


def person(where: Where, name: str, *lines: str) -> Peer:
    """Somebody with nc who gave this name and then typed these lines."""
    peer = Peer(where)
    peer.types(name)
    peer.sees("* Hello ")
    peer.types(*lines)
    return peer


def program(where: Where, receive_buffer: int = 0, **fields: Any) -> Peer:
    """A program that asked to register; what it was told is its ``answer``. It is shown nothing from before it came."""
    peer = Peer(where, receive_buffer)
    peer.asks("register", v=1, **{"recent": 0, **fields})
    peer.answer = peer.hears("register")
    return peer


def eventually(holds: Callable[[], bool], patience: float = PATIENCE) -> bool:
    """Whether this comes to hold."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
