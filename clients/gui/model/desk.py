"""What the main window asks of the application it belongs to. Knows wishes of a person; must not know how they come true.

None of this waits: what becomes of it is told to the window in events and views.
"""

from typing import Protocol

from chatd.requests import Request


class Desk(Protocol):
    """What stands behind the main window."""

    def send(self, request: Request) -> None:
        """Do what was typed."""

    def switch_room(self, name: str) -> None:
        """Talk to this joined room."""

    def retry_now(self) -> None:
        """Do not wait for the next attempt to connect."""

    def leave(self) -> None:
        """End the program; what is not sent yet is sent first, or asked about."""

    def log_out(self) -> None:
        """The same, and then ask for a server and a name again."""

    def choose_theme(self, name: str) -> None:
        """``light`` or ``dark``, now and the next time; the window's ``apply_theme`` is called."""

    def choose_size(self, points: int) -> None:
        """Letters of this size, now and the next time."""

    def choose_language(self, code: str) -> None:
        """Speak this language, now and the next time: the window is made anew, of the same conversations."""
