"""Whether the person sees what is said: then it is read. Knows focus and the end of a log; must not know what is said."""

import tkinter
from collections.abc import Callable
from typing import Final

from clients.gui.main.logs import Logs
from clients.gui.model.conversations import Conversations

_FOCUS: Final = ("<FocusIn>", "<FocusOut>")


class Reading:
    """Watches one window."""

    def __init__(self, root: tkinter.Tk, conversations: Conversations, logs: Logs, on_read: Callable[[], None]) -> None:
        """``on_read``: what was unread in the conversation that is looked at is so no longer."""
        self._root, self._conversations, self._logs, self._on_read = root, conversations, logs, on_read
        self._focused = root.focus_displayof() is not None
        for event in _FOCUS:
            root.bind(event, lambda _: self._focus())

    def end(self) -> None:
        """Watch no longer."""
        for event in _FOCUS:
            self._root.unbind(event)

    def watch(self) -> bool:
        """Find out whether the end of the log can be seen, in a window that is the chosen one."""
        self._conversations.watching = self._focused and self._logs.at_end
        return self._conversations.watching

    def look(self) -> None:
        """If it can, all of the conversation is read."""
        if self.watch():
            self._conversations.shown.seen()
            self._on_read()

    def _focus(self) -> None:
        focused = self._root.focus_displayof() is not None
        if focused != self._focused:
            self._focused = focused
            self.look()
