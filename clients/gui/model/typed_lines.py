"""What the Tab key and the arrow keys make of an input line, without a window: candidates in turn, and earlier lines.

Knows typed text. Must not know Tk, or what a line means.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from clients.presentation.completion import Vocabulary, complete

KEPT: Final = 500
"""As many earlier lines can be called back."""


@dataclass(slots=True)
class Completion:
    """Half a word, and what it could become: each in turn, and at last as it was typed."""

    before: str
    """What stands before the word."""
    word: str
    after: str
    """What stands behind the cursor."""
    candidates: Sequence[str]
    chosen: int | None = None
    """The place of the candidate that stands in the line; ``None``: the word does."""

    def turn(self, step: int) -> tuple[str, int]:
        """The line with the next candidate (``step`` 1) or the one before (-1), and where the cursor stands in it."""
        places = len(self.candidates) + 1
        place = ((len(self.candidates) if self.chosen is None else self.chosen) + step) % places
        self.chosen = place if place < len(self.candidates) else None
        return self.line

    @property
    def line(self) -> tuple[str, int]:
        """The line as it is now, and where the cursor stands in it."""
        front = self.before + (self.word if self.chosen is None else self.candidates[self.chosen])
        return front + self.after, len(front)


def completion(line: str, cursor: int, vocabulary: Vocabulary) -> Completion | None:
    """What can be made of the word before the cursor; ``None``: nothing."""
    word, candidates = complete(line[:cursor], vocabulary)
    if not candidates:
        return None
    return Completion(line[: cursor - len(word)], word, line[cursor:], candidates)


@dataclass(slots=True)
class Recall:
    """Earlier lines, and the one that was being typed when they were looked through."""

    _lines: list[str] = field(default_factory=list)
    _place: int = 0
    _draft: str = ""

    def keep(self, line: str) -> None:
        """One more; never a password (:func:`clients.presentation.secrecy.may_be_kept`). The search begins anew."""
        if line and self._lines[-1:] != [line]:
            self._lines.append(line)
            del self._lines[:-KEPT]
        self.leave()

    def leave(self) -> None:
        """What stands in the line now is no earlier one: the next search begins at the end."""
        self._place, self._draft = len(self._lines), ""

    def step(self, step: int, line: str) -> str | None:
        """The line before (-1) the one that is shown, or the one behind it (1); ``None``: there is none."""
        place = self._place + step
        if not 0 <= place <= len(self._lines):
            return None
        if self._place == len(self._lines):
            self._draft = line
        self._place = place
        return self._draft if place == len(self._lines) else self._lines[place]
