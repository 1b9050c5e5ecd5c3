"""What an input line asks of the one it belongs to. Knows typed text; must not know keys, or that there is a chat."""

from collections.abc import Sequence
from typing import Protocol

from prompt_toolkit.document import Document

from clients.console.toolbar import Fragments


class Desk(Protocol):
    """What the line belongs to: hears what is typed, and says what stands around the line."""

    def entered(self, line: str) -> bool:
        """A line was typed. Returns whether it may be kept in the history."""

    def pasted(self, lines: Sequence[str], draft: Document) -> None:
        """Several lines were pasted into what was typed so far; the input line is empty now."""

    def interrupted(self) -> None:
        """Ctrl-C, with nothing typed."""

    def ended(self) -> None:
        """Ctrl-D, with nothing typed."""

    def at_the_keyboard(self) -> None:
        """A key was pressed, or the window was chosen."""

    def gone(self) -> None:
        """Another window was chosen."""

    def above(self) -> Fragments:
        """What stands between the scrolling text and the input line; lines that end in a line feed."""

    def prompt(self) -> Fragments:
        """What stands before the typed text."""

    def below(self, columns: int) -> Fragments:
        """The toolbar."""

    def history_failed(self, error: OSError) -> None:
        """A line could not be kept in the history."""
