"""Leaving a conversation without losing what was said: when to wait, when to ask, when to go. Knows times; no windows."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from clients.events import State
from clients.gui.model.view import View

LAST_LINES: Final = 5.0
"""Seconds for which leaving waits until all that was said is on the server's disk."""
GOODBYE: Final = 7.0
"""Seconds for a goodbye and its answer; the client's own patience is shorter."""


class Step(Enum):
    """What is to be done now."""

    WAIT = "wait"
    ASK = "ask"
    """Not everything can be sent: ask whether to leave all the same."""
    QUIT = "quit"
    """Say goodbye."""
    STOP = "stop"
    """Whatever is left, is left."""


@dataclass(slots=True)
class Leaving:
    """One way out. ``now`` is in seconds, on a clock that never goes back."""

    until: float
    """Then it is not waited any longer."""
    view: View | None = None
    """What was true after everything the person had asked for before; ``None``: not heard yet."""
    asked: bool = False
    """Whether there is a question about it; what it is about may still be sent before it is answered."""
    quitting: bool = False

    @classmethod
    def begun(cls, now: float) -> "Leaving":
        """The person has just asked for it."""
        return cls(now + LAST_LINES)

    def step(self, now: float) -> Step:
        """What to do now; each but ``WAIT`` is returned once, ``STOP`` as often as it is asked for."""
        if self.quitting:
            return Step.STOP if now >= self.until else Step.WAIT
        if self.view is None:
            return Step.STOP if now >= self.until else Step.WAIT
        if not self.view.pending:
            return self.go(now)
        if self.asked or (self.view.state is State.ONLINE and now < self.until):
            return Step.WAIT
        self.asked = True
        return Step.ASK

    def go(self, now: float) -> Step:
        """Do not wait for anything but the goodbye."""
        self.quitting = True
        self.until = now + GOODBYE
        return Step.QUIT
