"""How far a long piece of work is, on one line of a terminal that is written over. Knows terminals; not the work."""

import time
from types import TracebackType
from typing import Final, Self, TextIO

EVERY_SECONDS: Final = 0.2
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """Says it on this stream, if that is a terminal, a few times per second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._next = time.monotonic() + EVERY_SECONDS
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def at(self, words: str) -> None:
        """It is there now."""
        now = time.monotonic()
        if self._is_terminal and now >= self._next:
            self._next = now + EVERY_SECONDS
            self._shown = True
            self._stream.write(f"{_CLEAR}{words}")
            self._stream.flush()

    def clear(self) -> None:
        """Something else is written now."""
        if self._shown:
            self._shown = False
            self._stream.write(_CLEAR)
            self._stream.flush()
