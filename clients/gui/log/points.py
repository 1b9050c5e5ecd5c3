"""What of a page is where on the screen: at a point, at its upper edge, in sight.

Knows pixels, and the widget's lines and indices. Must not know why somebody asks, and changes nothing but what is in sight.
"""

from typing import NamedTuple

from clients.gui.log.page import Page
from clients.gui.log.selection import Position
from clients.gui.text.bidi import Direction
from clients.gui.text.links import Link, find_links


class Place(NamedTuple):
    """What is at the upper edge."""

    serial: int
    offset: int
    y: int
    """Where its line begins, in pixels below the edge; not positive."""


class Points:
    """Looks at one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._text = page.text

    def visible(self) -> tuple[int, int]:
        """The places of the paragraphs that can be seen: the first one, and behind the last one."""
        first, last = self._at("@0,0"), self._at(f"@0,{self._text.winfo_height()}")
        return first[0] if first else len(self._page.blocks), last[0] + 1 if last else len(self._page.blocks)

    def top(self) -> Place:
        """What is at the upper edge now."""
        line, index = self._index("@0,0")
        at = self._page.lines.at(line)
        if at is None:
            return Place(self._page.first + len(self._page.blocks), 0, 0)
        row = self._page.blocks[at[0]].rows[at[1]]
        offset = row.offset(index, False) if row.is_wrapped_by_tk else row.start
        info = self._text.dlineinfo(f"{line}.{index}")
        return Place(self._page.first + at[0], offset, min(0, info[1]) if info else 0)

    def show(self, place: Place) -> None:
        """Let this be at the upper edge again, as near as there is something to show below it."""
        self._text.yview(self._where(place))
        if place.y and place.serial >= self._page.first:
            self._text.yview_scroll(-place.y, "pixels")

    def position(self, x: int, y: int, *, between: bool = True) -> Position:
        """The place in what is written at a point of the widget.

        ``between``: the nearest one between two characters; else the one of the character that is drawn there.
        """
        line, index = self._index(f"@{x},{y}")
        at = self._page.lines.at(line)
        if at is None:
            return self._page.end
        row = self._page.blocks[at[0]].rows[at[1]]
        box = self._text.bbox(f"{line}.{index}")
        character = row.character(index)
        if box and x < box[0] and index == 0:
            offset = row.end if row.direction is Direction.RTL else row.start
        elif between or character is None:
            offset = row.offset(index, box is not None and 2 * (x - box[0]) > box[2])
        else:
            offset = character
        return Position(self._page.first + at[0], min(offset, len(self._page.blocks[at[0]].text)))

    def link(self, x: int, y: int) -> Link | None:
        """The address that is drawn at a point."""
        line, index = self._index(f"@{x},{y}")
        at, box = self._page.lines.at(line), self._text.bbox(f"{line}.{index}")
        if at is None or box is None or not (box[0] <= x < box[0] + box[2] and box[1] <= y < box[1] + box[3]):
            return None
        block = self._page.blocks[at[0]]
        place = block.rows[at[1]].character(index)
        links = find_links(block.text) if place is not None else ()
        return next((link for link in links if place is not None and link.start <= place < link.end), None)

    def links(self) -> list[Link]:
        """The addresses in the paragraphs that can be seen, in their order."""
        first, last = self.visible()
        return [link for block in self._page.blocks[first:last] for link in find_links(block.text)]

    def _where(self, place: Place) -> str:
        if place.serial < self._page.first:
            return "1.0"
        at = min(place.serial - self._page.first, len(self._page.blocks))
        line = self._page.lines.begin(at)
        drawn = self._page.blocks[at].rows if at < len(self._page.blocks) else ()
        number = next((number for number, row in enumerate(drawn) if place.offset < row.end), len(drawn) - 1)
        return f"{line + number}.{drawn[number].index(place.offset)}" if drawn else f"{line}.0"

    def _at(self, index: str) -> tuple[int, int] | None:
        return self._page.lines.at(self._index(index)[0])

    def _index(self, index: str) -> tuple[int, int]:
        line, _, column = self._text.index(index).partition(".")
        return int(line), int(column)
