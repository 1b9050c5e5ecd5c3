"""How many lines of a widget each paragraph takes, so that a line's number tells the paragraph, and the other way round.

Knows counts. Must not know what is on the lines, or a widget.
"""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Lines:
    """The number of lines of each paragraph, by its place; it may be 0. Lines are counted from 1."""

    def __init__(self) -> None:
        self._counts: list[int] = []
        self._begins: list[int] | None = None

    def replace(self, first: int, last: int, counts: Iterable[int]) -> None:
        """Let the paragraphs ``first`` up to, but not with, ``last`` be as many others with these numbers of lines."""
        self._counts[first:last] = counts
        self._begins = None

    def begin(self, place: int) -> int:
        """The first line of a paragraph, or where it would be; of the place behind the last one: the line after all."""
        return self._all()[place]

    def at(self, line: int) -> tuple[int, int] | None:
        """The place of the paragraph that has this line, and which of its lines it is, from 0; ``None`` if none has it."""
        begins = self._all()
        if not 1 <= line < begins[-1]:
            return None
        place = bisect_right(begins, line) - 1
        return place, line - begins[place]

    def _all(self) -> list[int]:
        """Added up again only when somebody asks after a change: 10,000 of them take a fraction of a millisecond."""
        if self._begins is None:
            self._begins = list(accumulate(self._counts, initial=1))
        return self._begins
