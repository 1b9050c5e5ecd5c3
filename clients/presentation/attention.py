"""Whether somebody is looking: what is worth a bell, and where the unread begins. Knows focus, keys and time; no terminal."""

from dataclasses import dataclass
from typing import Final

from clients.events import Event, Said, Timing

AWAY_AFTER: Final = 60.0
"""Seconds without a key after which nobody is taken to be looking, in terminals that do not tell."""


@dataclass(slots=True)
class Attention:
    """What is known about the person in front of the terminal. ``now`` is in seconds, on a clock that never goes back."""

    last_key: float
    chosen: bool | None = None
    """Whether the terminal's window is the chosen one; ``None``: the terminal has never told."""
    _marked: bool = False

    def here(self, now: float) -> None:
        """A key was pressed, or the window was chosen: what has been printed is seen."""
        self.last_key = now
        self._marked = False
        if self.chosen is False:
            self.chosen = True

    def gone(self) -> None:
        """Another window was chosen."""
        self.chosen = False

    def is_away(self, now: float) -> bool:
        """Whether what is printed now may not be seen."""
        if self.chosen is None:
            return now - self.last_key >= AWAY_AFTER
        return not self.chosen

    def begins_unread(self, event: Event, now: float) -> bool:
        """Whether this is the first message that may not be seen: a line is to be drawn before it."""
        if self._marked or not _is_news(event) or not self.is_away(now):
            return False
        self._marked = True
        return True

    def is_worth_a_bell(self, event: Event, now: float) -> bool:
        """Whether somebody who is not looking should be called: for what is said to them in particular."""
        return isinstance(event, Said) and _is_news(event) and (event.mention or event.private) and self.is_away(now)


def _is_news(event: Event) -> bool:
    return isinstance(event, Said) and not event.own and event.timing is not Timing.EARLIER
