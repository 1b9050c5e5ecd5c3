"""The mouse in a log: what it selects, which address it opens, where the menu comes up.

Knows events of Tk and places on the page. Must not know the clipboard, the keyboard, or how anything is drawn. The widget's own
way with the mouse is not used: it selects what is drawn, in the order in which it is drawn.
"""

import tkinter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from clients.gui.log.page import Page
from clients.gui.log.points import Points
from clients.gui.log.selection import Grip, Span, Unit, around
from clients.gui.text.links import Link

Event: TypeAlias = "tkinter.Event[tkinter.Misc]"

_SHIFT: Final = 0x1
_ROLL: Final = 40
"""Milliseconds between two steps, while the mouse is drawn beyond an edge."""
_NOTCH: Final = 60
"""Pixels for one notch of the wheel."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the mouse can ask for."""

    scrolled: Callable[[], None]
    """The view has been moved."""
    selected: Callable[[], None]
    """A selection has been made."""
    opened: Callable[[Link], None]
    menu: Callable[[int, int, Link | None], None]
    """At a point of the screen, about an address."""


class Pointer:
    """Binds the mouse to the widget of a page."""

    def __init__(self, page: Page, wishes: Wishes) -> None:
        self._page = page
        self._points = Points(page)
        self._text = page.text
        self._wishes = wishes
        self._grip: Grip | None = None
        self._begun: Span | None = None
        self._pressed: Link | None = None
        self._roll = 0
        self._timer: str | None = None
        self._listen()

    def _listen(self) -> None:
        text = self._text
        for clicks, unit in (("", Unit.CHARACTER), ("Double-", Unit.WORD), ("Triple-", Unit.PARAGRAPH)):
            text.bind(f"<{clicks}Button-1>", lambda event, unit=unit: self._press(event, unit))  # type: ignore[misc]
        text.bind("<B1-Motion>", self._drag)
        text.bind("<ButtonRelease-1>", self._release)
        text.bind("<Motion>", self._move)
        text.bind("<<ContextMenu>>", self._ask)
        text.bind("<MouseWheel>", lambda event: self._turn(-event.delta if self._is_mac else -event.delta / 120))
        text.bind("<Button-4>", lambda _event: self._turn(-1))
        text.bind("<Button-5>", lambda _event: self._turn(1))
        text.bind("<Destroy>", lambda _event: self._stop(), add=True)

    @property
    def _is_mac(self) -> bool:
        return str(self._text.tk.call("tk", "windowingsystem")) == "aqua"

    def _press(self, event: Event, unit: Unit) -> None:
        self._text.focus_set()
        there = self._around(event, unit)
        if unit is Unit.CHARACTER and int(event.state) & _SHIFT:
            self._grip = Grip(self._held_from(there))
        else:
            self._grip, self._begun = Grip(there, unit), there
        self._pressed = self._points.link(event.x, event.y) if unit is Unit.CHARACTER else None
        self._page.select(self._grip.drawn_to(there))

    def _held_from(self, there: Span) -> Span:
        """The end that stays where it is, when what is selected is to reach to ``there``."""
        selected = self._page.selection
        if selected is None:
            return self._begun or there
        held = selected.end if there.start < selected.start else selected.start
        return Span(held, held)

    def _drag(self, event: Event) -> None:
        if self._grip is None:
            return
        self._page.select(self._grip.drawn_to(self._around(event, self._grip.unit)))
        height = self._text.winfo_height()
        self._roll = event.y if event.y < 0 else max(0, event.y - height)
        if self._roll and self._timer is None:
            self._timer = self._text.after(_ROLL, self._go_on, event)

    def _go_on(self, event: Event) -> None:
        """Further along in the direction in which the mouse was drawn beyond the edge."""
        self._timer = None
        if self._roll and self._grip:
            self._text.yview_scroll(self._roll, "pixels")
            self._wishes.scrolled()
            self._drag(event)

    def _release(self, event: Event) -> None:
        self._stop()
        pressed, self._pressed, self._grip = self._pressed, None, None
        if self._page.selection:
            self._wishes.selected()
        elif pressed and self._points.link(event.x, event.y) == pressed:
            self._wishes.opened(pressed)

    def _move(self, event: Event) -> None:
        cursor = "hand2" if self._points.link(event.x, event.y) else "xterm"
        if str(self._text["cursor"]) != cursor:
            self._text.configure(cursor=cursor)

    def _ask(self, event: Event) -> None:
        self._text.focus_set()
        self._wishes.menu(event.x_root, event.y_root, self._points.link(event.x, event.y))

    def _turn(self, notches: float) -> None:
        self._text.yview_scroll(round(notches * _NOTCH), "pixels")
        self._wishes.scrolled()

    def _around(self, event: Event, unit: Unit) -> Span:
        position = self._points.position(event.x, event.y, between=unit is Unit.CHARACTER)
        blocks = self._page.blocks
        return around(position, blocks[self._page.place(position.serial)].text if blocks else "", unit)

    def _stop(self) -> None:
        self._roll = 0
        if self._timer:
            self._text.after_cancel(self._timer)
            self._timer = None
