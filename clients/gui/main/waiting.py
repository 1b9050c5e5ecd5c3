"""What a person has said and the server has not acknowledged yet, at the end of the log that can be seen.

Knows when a line has waited for long enough to be shown. Must not know how it is sent.
"""

import time
from typing import Final

from clients.events import State
from clients.gui.main.logs import Logs
from clients.gui.model.conversations import Conversations
from clients.gui.model.view import View

SOON: Final = 0.3
"""Seconds after which a line that is not acknowledged is shown as one that waits; most are, before the eye sees it."""


class Waiting:
    """Keeps it up to the view and to the time."""

    def __init__(self, logs: Logs, conversations: Conversations) -> None:
        self._logs, self._conversations = logs, conversations
        self._timer: str | None = None

    def show(self, view: View) -> None:
        """Show what waits now in the conversation that is looked at, and again as soon as more of it has waited long enough."""
        before = time.monotonic() - SOON
        self._logs.set_pending(self._conversations.pending(self._conversations.shown, view, before))
        self.end()
        if view.state is State.ONLINE and any(pending.at > before for pending in view.pending):
            self._timer = self._logs.after(round(SOON * 1000), self.show, view)

    def end(self) -> None:
        """Look at the time no longer."""
        if self._timer is not None:
            self._logs.after_cancel(self._timer)
            self._timer = None
