"""What a queue holds, handed on in the window's thread. Knows Tk's timers; must not know what is handed on."""

import time
import tkinter
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar

T = TypeVar("T")

EVERY: Final = 50
"""Milliseconds between two looks into an empty queue."""
SLICE: Final = 0.015
"""Seconds after which the rest has to wait, so that keys and drawing get their turn."""


class Poll(Generic[T]):
    """Looks into a queue again and again. It goes on without one: a signal reaches Python only when Tk calls it."""

    def __init__(self, root: tkinter.Tk, take: Callable[[T], object], idle: Callable[[], object]) -> None:
        """``take`` is given what was in the queue, one after the other; ``idle`` is called after each look."""
        self._root, self._take, self._idle = root, take, idle
        self._queue: SimpleQueue[T] | None = None
        self._timer: str | None = None

    def follow(self, queue: SimpleQueue[T] | None) -> None:
        """Look into this one from now on; what another one still holds is not taken any more."""
        self._queue = queue

    def start(self) -> None:
        """Begin."""
        self._timer = self._root.after(EVERY, self._look)

    def stop(self) -> None:
        """End; nothing is taken any more."""
        self.follow(None)
        if self._timer is not None:
            self._root.after_cancel(self._timer)
            self._timer = None

    def _look(self) -> None:
        emptied = True
        try:
            emptied = self._take_slice()
            self._idle()
        finally:  # a fault in what is done with one of them must not stop the others, nor a signal
            if self._timer is not None:
                # "after" gives what the screen and the keyboard have to say its turn first, even with a millisecond.
                self._timer = self._root.after(EVERY if emptied else 1, self._look)

    def _take_slice(self) -> bool:
        """Whether all was taken."""
        until = time.monotonic() + SLICE
        for one in self._waiting():
            self._take(one)
            if time.monotonic() >= until:
                return False
        return True

    def _waiting(self) -> Iterator[T]:
        while self._queue is not None:
            try:
                yield self._queue.get_nowait()
            except Empty:
                return
