"""Lines from standard input, of any kind: a terminal, a pipe, a file. Knows bytes and one thread; must not know what lines mean.

A thread, because an event loop can wait for terminals and pipes, but for no file.
"""

import asyncio
import os
import termios
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final

_AT_ONCE: Final = 64 * 1024


class Lines:
    """The lines that arrive on a file descriptor, one at a time: the next is read when it is asked for."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._wanted = threading.Semaphore(0)
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        # A daemon: somebody who types nothing must not keep the program from ending.
        threading.Thread(target=self._read, name="standard input", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[str]:
        """Every line without its ending (LF, or CR LF); the last one may have none."""
        while True:
            self._wanted.release()
            line = await self._lines.get()
            if line is None:
                return
            yield line

    def _read(self) -> None:
        for line in _lines(self._descriptor):
            self._wanted.acquire()
            self._tell(line.decode("utf-8", "replace").removesuffix("\r"))
        self._tell(None)

    def _tell(self, line: str | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)


def _lines(descriptor: int) -> Iterator[bytes]:
    # os.read, because a buffered reader's lock would still be held when the interpreter ends.
    rest = b""
    while data := os.read(descriptor, _AT_ONCE):
        *whole, rest = (rest + data).split(b"\n")
        yield from whole
    if rest:
        yield rest


@contextmanager
def without_echo(descriptor: int) -> Iterator[None]:
    """What is typed is not shown, where this is a terminal."""
    if not os.isatty(descriptor):
        yield
        return
    before = termios.tcgetattr(descriptor)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    silent[3] |= termios.ECHONL
    termios.tcsetattr(descriptor, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
