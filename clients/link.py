"""The life of a connection that is opened again and again: when to open one, when to close it, whether it is dead.

Knows states and times. Must not know what is said over it, who speaks, or what a connection is made of.
"""

from collections.abc import Callable
from enum import Enum
from random import Random
from typing import Final

from clients.backoff import Backoff
from clients.events import State, StateChanged
from clients.keepalive import Keepalive, Pulse

LIVED: Final = 30.0
"""Seconds. A connection that was online for so long was a good one: after it the first attempt is made at once."""


class Wish(Enum):
    """What is to be done with the connection."""

    CONNECT = "open one"
    CLOSE = "send what there is, and close it"
    NOTHING = "leave it as it is"


class Link:
    """One connection after the other, until :meth:`end`."""

    def __init__(self, random: Random, now: float, tell: Callable[[StateChanged], None]) -> None:
        self.state = State.CONNECTING
        self.retry_at: float | None = None
        self.open = False
        self.asking = False
        """The person has been asked for something, without which there is nothing to do."""
        self._tell = tell
        self._backoff = Backoff(random, 1.0, 60.0, at_once=True)
        self._backoff.next()  # the first attempt is being made
        self._keepalive = Keepalive(now)
        self._online_since: float | None = None
        self._closing = False
        self._why = ""
        self._pause = 0.0

    @property
    def wish(self) -> Wish:
        """What is to be done with the connection."""
        if self.open:
            return Wish.CLOSE if self._closing else Wish.NOTHING
        return Wish.CONNECT if self.state is State.CONNECTING else Wish.NOTHING

    @property
    def listening(self) -> bool:
        """Whether what comes in is still of interest."""
        return self.open and not self._closing

    @property
    def deadline(self) -> float | None:
        """When :meth:`check` has something to do."""
        if self.listening:
            return self._keepalive.deadline
        return self.retry_at if self.state is State.WAITING else None

    def opened(self, now: float) -> None:
        """There is a connection."""
        self.open = True
        self._closing = self.state is State.ENDED
        self._keepalive = Keepalive(now)
        if not self._closing:
            self._become(State.REGISTERING)

    def heard(self, now: float) -> None:
        """Something came."""
        self._keepalive.heard(now)

    def registered(self, now: float) -> None:
        """The server knows who this is."""
        self._online_since = now
        self._become(State.ONLINE)

    def close(self, why: str, pause: float | None = None) -> None:
        """This one is of no use any more: close it, and open another, after so many seconds or later."""
        if self.listening:
            self._closing = True
            self._why = why
            self._pause = pause or 0.0

    def lost(self, now: float, reason: str) -> None:
        """It is closed, or could not be opened: wait for the next."""
        why = self._why or reason
        lived = self._online_since is not None and now - self._online_since >= LIVED
        self._forget()
        if self.state is State.ENDED:
            return
        if lived:
            self._backoff.reset()
        if self.asking:
            self._become(State.WAITING, why)
        else:
            self._wait(now, why)

    def connect(self, why: str = "") -> None:
        """Open one now, if there is none."""
        if not self.open and self.state is State.WAITING:
            self._become(State.CONNECTING, why)

    def reset(self) -> None:
        """The next attempt is to be made at once."""
        self._backoff.reset()

    def check(self, now: float) -> Pulse:
        """Time has passed."""
        if self.state is State.WAITING and self.retry_at is not None and self.retry_at <= now:
            self.connect()
        return self._keepalive.check(now) if self.listening else Pulse.FINE

    def end(self, why: str) -> None:
        """It is over, for good."""
        self._closing = self.open
        if self.state is not State.ENDED:
            self._become(State.ENDED, why)

    def _wait(self, now: float, why: str) -> None:
        pause, self._pause = self._pause, 0.0
        retry_at = now + max(self._backoff.next(), pause)
        if retry_at <= now:
            self._become(State.CONNECTING, why)
        else:
            self._become(State.WAITING, why, retry_at)

    def _forget(self) -> None:
        self.open = self._closing = False
        self._online_since = None
        self._why = ""

    def _become(self, state: State, why: str = "", retry_at: float | None = None) -> None:
        self.state, self.retry_at = state, retry_at
        self._tell(StateChanged(state, why, retry_at))
