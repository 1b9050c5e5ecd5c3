"""A log is drawn in slices of a few milliseconds, between which the window does everything else.

Knows what is to be drawn, in which order, and where one reads: following the end, or at a place further up that stays where it
is whatever happens around it. Must not know what is written, or the mouse.

What is added, what has to be laid out for another width, and what is too old wait in the same queue, from the end backwards.
"""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Final

from clients.gui.log.page import Block, Page
from clients.gui.log.points import Place, Points
from clients.gui.log.rows import Sheet
from clients.gui.model.conversation import KEPT

_SLICE: Final = 0.008
"""Seconds after which nothing more is begun."""
_PAUSE: Final = 2
"""Milliseconds in which others have their turn."""
_LETTERS_AT_ONCE: Final = 1_000
"""When so many are there, no more paragraphs are drawn together with them."""
_DROPPED: Final = 200
"""As many are taken away together at most."""
_LOOKS: Final = 4


class Drawing:
    """Keeps a page drawn. ``sheet``: makes what it has to be drawn for; ``None`` while it has no size."""

    def __init__(self, page: Page, sheet: Callable[[], Sheet | None]) -> None:
        self._page = page
        self._points = Points(page)
        self._make_sheet = sheet
        self._sheet: Sheet | None = None
        self._queue: list[int] = []
        self._timer: str | None = None
        self.place: Place | None = None
        """What is held at the upper edge; ``None``: the end is followed."""

    @property
    def width(self) -> int:
        """The width that everything is, or will soon be, drawn for; 0 if there is none yet."""
        return self._sheet.width if self._sheet else 0

    @property
    def is_busy(self) -> bool:
        """Whether something is left to be drawn."""
        return self._timer is not None

    def stop(self) -> None:
        """Draw nothing any more."""
        if self._timer:
            self._page.text.after_cancel(self._timer)
        self._timer = self._sheet = None

    def add(self, blocks: Sequence[Block]) -> range:
        """Add these below the others, and draw them when there is time. Returns their serial numbers."""
        added = self._page.add(blocks)
        self._queue += added
        self._go_on()
        return added

    def let_wait(self, blocks: Sequence[Block]) -> None:
        """Let these be what waits for the server."""
        self._page.let_wait(blocks, self._sheet)
        self.hold()

    def start(self) -> None:
        """Draw everything for what :attr:`sheet` now says: what can be seen at once, the rest when there is time."""
        sheet = self._make_sheet()
        if sheet is None:
            return
        self._sheet, page = sheet, self._page
        behind = len(page.blocks) - page.waiting
        self._queue = [serial for serial, block in enumerate(page.blocks[:behind], page.first) if block.is_stale(sheet)]
        page.draw(behind, len(page.blocks), sheet)  # these cannot wait: their numbers change
        self._draw_visible(sheet)
        self._go_on()

    # Where one reads

    def hold(self) -> None:
        """Be where one reads, after something has changed."""
        if self.place is None:
            self._page.text.see("end")
        else:
            self._points.show(self.place)

    def looked(self) -> None:
        """The person has scrolled: this is where they read from now on."""
        self.place = None if self._page.text.dlineinfo("end-1c") else self._points.top()

    def _draw_visible(self, sheet: Sheet) -> None:
        """Other paragraphs may come into view when those that can be seen have become shorter."""
        for _ in range(_LOOKS):
            self.hold()
            first, last = self._points.visible()
            stale = [place for place in range(first, last) if self._page.blocks[place].is_stale(sheet)]
            if not stale:
                return
            self._page.draw(stale[0], stale[-1] + 1, sheet)
        self.hold()

    # Slices

    def _go_on(self) -> None:
        if self._timer is None and self._sheet and (self._queue or self._surplus > 0):
            self._timer = self._page.text.after(_PAUSE, self._draw_slice)

    def _draw_slice(self) -> None:
        self._timer, sheet = None, self._sheet
        assert sheet
        deadline = perf_counter() + _SLICE
        while self._surplus > 0 and perf_counter() < deadline:
            self._page.drop(min(self._surplus, _DROPPED))
        while self._queue and perf_counter() < deadline:
            self._draw_some(sheet)
        self.hold()
        self._go_on()

    def _draw_some(self, sheet: Sheet) -> None:
        """The last ones of the queue that stand one below the other."""
        page, places, letters = self._page, list[int](), 0
        while self._queue and letters < _LETTERS_AT_ONCE:
            place = self._queue[-1] - page.first
            if places and place != places[-1] - 1:
                break
            self._queue.pop()
            if 0 <= place < len(page.blocks) and page.blocks[place].is_stale(sheet):
                places.append(place)
                letters += len(page.blocks[place].paragraph.text)
        if places:
            page.draw(places[-1], places[0] + 1, sheet)

    @property
    def _surplus(self) -> int:
        return len(self._page.blocks) - self._page.waiting - KEPT
