"""What is typed, as lines that can be drawn where Tk draws letters one by one: where its cursor is, and what is pointed to.

Knows lines and widths. Must not know Tk, keys, or what is typed for.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, NamedTuple

from clients.gui.text.bidi import Direction, levels
from clients.gui.text.links import running_direction
from clients.gui.text.paragraph import Run, VisualLine, layout

SELECTED: Final = "selected"
"""The style of what is selected; all else has none."""
_HERE: Final = "here"
_UNLIMITED: Final = 1 << 30
_AS_ONE: Final = 4
"""As many characters may be drawn as one, or as none."""


class Part(NamedTuple):
    """A paragraph as it is laid out: what does not change it need not be laid out again."""

    text: str
    low: int
    high: int
    """The range of it that is selected."""


@dataclass(frozen=True, slots=True)
class TypedLine:
    """One line as it is drawn."""

    drawn: VisualLine
    direction: Direction
    start: int
    end: int
    """Its range in the typed text; the space at its end belongs to it."""


@dataclass(frozen=True)
class TypedText:
    """Some text, in lines of a width in pixels."""

    text: str
    default: Direction
    """Of lines without a letter."""
    width: int
    measure: Callable[[str], int]
    selected: tuple[int, int] = field(default=(0, 0))
    """The range of the text that is."""
    _known: Mapping[Part, list[VisualLine]] = field(default_factory=dict, compare=False, repr=False)

    def after(self, before: "TypedText | None") -> "TypedText":
        """The same, which need not lay out what was laid out in the text ``before``."""
        if before is None or (before.width, before.default, before.measure) != (self.width, self.default, self.measure):
            return self
        return replace(self, _known=before._laid)

    @cached_property
    def lines(self) -> list[TypedLine]:
        """At least one."""
        found: list[TypedLine] = []
        start = 0
        for part in self._parts:
            direction = running_direction(part.text, self.default)
            found += [TypedLine(line, direction, start + line.start, start + line.end) for line in self._laid[part]]
            start += len(part.text) + 1
        return found

    def cursor(self, place: int) -> tuple[int, int]:
        """The number of the line in which this place of the text is, and how many pixels it is from the left edge."""
        number = max((n for n, line in enumerate(self.lines) if line.start <= place), default=0)
        return number, self._across(self.lines[number], place)

    def place(self, number: int, x: int) -> int:
        """The place of the text that is nearest to ``x`` pixels from the left edge in this line."""
        line = self.lines[max(0, min(number, len(self.lines) - 1))]
        broken = any(line.end == other.start for other in self.lines if other is not line)
        last = max(line.end - broken, line.start)  # behind the end of a broken line is the next one's begin
        return min(range(line.start, last + 1), key=lambda place: abs(self._across(line, place) - x))

    def left_edge(self, line: TypedLine) -> int:
        """Where its first run begins, in pixels from the left edge."""
        if line.direction is Direction.LTR:
            return 0
        return self.width - sum(self.measure(run.text) for run in line.drawn.runs)

    @property
    def _parts(self) -> Iterator[Part]:
        start = 0
        for text in self.text.split("\n"):
            low, high = (max(0, min(bound - start, len(text))) for bound in self.selected)
            yield Part(text, low, high) if low < high else Part(text, 0, 0)
            start += len(text) + 1

    @cached_property
    def _laid(self) -> dict[Part, list[VisualLine]]:
        return {part: self._known.get(part) or self._lay_out(part) for part in set(self._parts)}

    def _lay_out(self, part: Part) -> list[VisualLine]:
        text, low, high = part
        pieces = [("", text[:low]), (SELECTED, text[low:high]), ("", text[high:])]
        return layout(pieces, running_direction(text, self.default), self.width, self._measure)

    def _across(self, line: TypedLine, place: int) -> int:
        """The cursor stands behind the character before it, on the side to which that one runs."""
        row = self.text[line.start : line.end]
        words = row.rstrip(" ")
        row = words + "\u00a0" * (len(row) - len(words))  # a space at the end of a line would not be drawn
        before = place - line.start
        of_row = levels(row, line.direction)
        for first in range(before - 1, max(before - 1 - _AS_ONE, -1), -1):
            edges = self._edges(row, first, before, line.direction)
            if edges:
                return edges[0] if of_row[before - 1] % 2 else edges[1]
        return self.width if line.direction is Direction.RTL else 0

    def _edges(self, row: str, first: int, last: int, direction: Direction) -> tuple[int, int] | None:
        """Where these characters of a line are drawn; ``None``: they are not."""
        pieces = (("", row[:first]), (_HERE, row[first:last]), ("", row[last:]))
        runs: tuple[Run, ...] = layout(pieces, direction, _UNLIMITED, self._measure)[0].runs
        widths = [self.measure(run.text) for run in runs]
        here = [place for place, run in enumerate(runs) if run.style == _HERE]
        if not here:
            return None
        left = self.width - sum(widths) if direction is Direction.RTL else 0
        return left + sum(widths[: here[0]]), left + sum(widths[: here[-1] + 1])

    def _measure(self, text: str, _style: str) -> int:
        return self.measure(text)
