"""Peers that send all they can, in a process of their own: ``python -m tests.faults.flooders KIND HOST PORT COUNT``.

Knows sockets, and what hurts. Must not know who else is there, or judge anything. It says ``begun`` when they have, ends on
SIGTERM, and then says in one line of JSON how often they were told what they count.
"""

import json
import os
import selectors
import signal
import socket
import ssl
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from random import Random

Where = tuple[str, int]
NICE = 10
"""The server is to have the processor, not those who flood it."""
WRONG, WAIT, BUSY = "That is not the password of", "Too many wrong passwords", "Many people are logging in"
"""What is said to who guesses at a password: that they have looked, or that they have not."""


@dataclass(frozen=True, slots=True)
class Flood:
    """What one kind of peer does, again and again."""

    meaning: str
    payload: bytes
    named: bool = True
    """It gives a name first."""
    once: bool = False
    """It sends that once, and comes again when it was answered; else it reads and goes on."""
    answered: bool = True
    """It waits for that answer."""
    counted: Sequence[str] = ()
    """Words by which the answers are told apart that are counted."""


def client_hello() -> bytes:
    """How a TLS client begins: little to send, much to answer."""
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent := ssl.MemoryBIO(), server_hostname="x")
    with suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return sent.read()


FLOODS = {
    "newlines": Flood("empty lines", b"\n" * 32_768),
    "lines": Flood("short lines", b"salam\n" * 8_000),
    "long": Flood("lines as long as they may be", b"x" * 4_000 + b"\n"),
    "endless": Flood("a line that never ends", b"x" * 65_536),
    "nameless": Flood("lines before a name", b"12\n" * 8_000, named=False),
    "who": Flood("/who", b"/who\n" * 8_000),
    "history": Flood("/history 1000", b"/history 1000\n" * 4_000),
    "search": Flood("/search", b"/search salam\n" * 4_000),
    "json": Flood("JSON", b'{"type":"chat","text":"salam"}\n' * 2_000),
    "deep": Flood("JSON that is deep or broken", (b"[" * 900 + b"\n" + b'{"type":1e999}\n') * 40, named=False),
    "noise": Flood("random bytes", Random(1).randbytes(65_536), named=False),
    "telnet": Flood("telnet's questions", b"\xff\xfd\x06" * 20_000),
    "connects": Flood("connections that end at once", b"", named=False, once=True, answered=False),
    "visits": Flood("people who come, and go at once", b"/exit\n", once=True),
    "web": Flood("web requests", b"GET / HTTP/1.1\r\n\r\n", named=False, once=True),
    "handshakes": Flood("TLS handshakes", client_hello(), named=False, once=True),
    "passwords": Flood(
        "wrong passwords", b"/login owner wrong-wrong-wrong\n" * 100, named=False, counted=(WRONG, WAIT, BUSY)
    ),
    "claims": Flood("new accounts", b"/register four-words-are-better\n/exit\n", once=True),
}


class Flooder:
    """One of them, by one connection after the other."""

    _numbers = count()

    def __init__(self, flood: Flood, where: Where, selector: selectors.BaseSelector, told: Counter[str]) -> None:
        self._flood = flood
        self._where = where
        self._selector = selector
        self._told = told
        self._come()

    def turn(self, events: int) -> None:
        """Read or write, as the socket allows; come again when it is over."""
        try:
            if events & selectors.EVENT_READ and self._read():
                self._come_again()
            elif events & selectors.EVENT_WRITE:
                self._write()
        except BlockingIOError:
            pass
        except OSError:
            self._come_again()

    def _come(self) -> None:
        self._socket = socket.socket()
        self._socket.setblocking(False)
        with suppress(BlockingIOError):
            self._socket.connect(self._where)
        name = f"flood{os.getpid()}-{next(self._numbers)}\n".encode() if self._flood.named else b""
        if self._flood.named and self._flood.payload.startswith(b"{"):
            name = b'{"type":"register","user_id":"%b"}\n' % name.rstrip()
        self._rest = name + self._flood.payload
        self._half_line = b""
        self._selector.register(self._socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def _come_again(self) -> None:
        self._selector.unregister(self._socket)
        # A reset, so that this machine does not run out of ports; it also is the ruder end.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()
        self._come()

    def _read(self) -> bool:
        """Whether this connection is over."""
        answer = self._socket.recv(1 << 18)
        if self._flood.counted:
            self._count(answer)
        return not answer or (self._flood.once and not self._flood.named)

    def _count(self, answer: bytes) -> None:
        *lines, self._half_line = (self._half_line + answer).split(b"\n")
        for line in lines:
            self._told.update(words for words in self._flood.counted if words.encode() in line)

    def _write(self) -> None:
        if self._rest:
            self._rest = self._rest[self._socket.send(self._rest) :]
        if self._rest:
            return
        if not self._flood.once:
            self._rest = self._flood.payload
        elif not self._flood.answered:
            self._socket.send(b"")
            self._come_again()
        else:
            self._selector.modify(self._socket, selectors.EVENT_READ, self)


def main(kind: str, host: str, port: str, number: str) -> None:
    """Flood until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    os.nice(NICE)
    told: Counter[str] = Counter()
    try:
        with selectors.DefaultSelector() as selector:
            for _ in range(int(number)):
                Flooder(FLOODS[kind], (host, int(port)), selector, told)
            sys.stdout.write("begun\n")
            sys.stdout.flush()
            while True:
                for key, events in selector.select():
                    key.data.turn(events)
    finally:
        sys.stdout.write(f"{json.dumps(told)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
