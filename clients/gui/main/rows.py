"""A list of rows with a mark, a name and a count, drawn by hand: the people of a room, the conversations.

Knows drawing, the pointer and the keys; only the rows that can be seen are drawn, however many there are. Must not know what
a row stands for.
"""

import tkinter
from collections.abc import Callable, Sequence
from tkinter import ttk
from typing import Final

from clients.gui.fonts import Fonts
from clients.gui.main.row import MARGIN, Pen, Row
from clients.gui.text.bidi import Direction
from clients.gui.theme import Theme

_AIR: Final = 5
"""Pixels above and below the letters of a row."""


class RowList(ttk.Frame):
    """Rows, one of which is chosen. Mirrored where ``direction`` is right to left."""

    def __init__(
        self,
        master: tkinter.Misc,
        theme: Theme,
        fonts: Fonts,
        direction: Direction,
        *,
        on_click: Callable[[str], None] = lambda _key: None,
        on_open: Callable[[str], None] = lambda _key: None,
        on_menu: Callable[[str, int, int], None] = lambda _key, _x, _y: None,
    ) -> None:
        """``on_click``: a row was clicked; ``on_open``: twice, or Return was pressed; ``on_menu``: its menu is wanted, there."""
        super().__init__(master)
        self._theme, self._fonts, self._mirrored = theme, fonts, direction is Direction.RTL
        self._direction = direction
        self._rows: Sequence[Row] = ()
        self._chosen: str | None = None
        self._hovered: int | None = None
        self._on_click, self._on_open, self._on_menu = on_click, on_open, on_menu
        self._canvas = tkinter.Canvas(self, highlightthickness=0, borderwidth=0, width=1, height=1, takefocus=True)
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self._scroll)
        self._canvas.configure(yscrollcommand=self._bar.set)
        self.columnconfigure(1, weight=1)
        self.rowconfigure(0, weight=1)
        self._canvas.grid(row=0, column=1, sticky="nsew")
        self._listen()
        self.apply_theme(theme)

    @property
    def keyboard(self) -> tkinter.Canvas:
        """What has the keyboard while one walks through the rows."""
        return self._canvas

    @property
    def rows(self) -> Sequence[Row]:
        """What it shows."""
        return self._rows

    @property
    def chosen(self) -> str | None:
        """The key of the chosen row."""
        return self._chosen

    def show(self, rows: Sequence[Row], chosen: str | None = None) -> None:
        """Show these, from where the list was scrolled to; ``chosen`` stays what it is if it is still there and not given."""
        keys = {row.key for row in rows}
        chosen = chosen if chosen is not None else self._chosen
        chosen = chosen if chosen in keys else None
        if (rows, chosen) != (self._rows, self._chosen):
            self._rows, self._chosen = rows, chosen
            self.draw()

    def apply_theme(self, theme: Theme) -> None:
        """Take on other colours."""
        self._theme = theme
        self._canvas.configure(background=theme.surface)
        self.draw()

    def fonts_changed(self) -> None:
        """Take on other sizes."""
        self.draw()

    def draw(self) -> None:
        """Draw what can be seen."""
        canvas, height = self._canvas, self._height
        total = len(self._rows) * height
        canvas.configure(scrollregion=(0, 0, 0, total), yscrollincrement=height)
        self._show_bar(total > canvas.winfo_height() > 1)
        canvas.delete("all")
        pen = Pen(canvas, self._theme, self._fonts, self._direction, height)
        first = int(canvas.canvasy(0) // height)
        last = int(canvas.canvasy(canvas.winfo_height()) // height) + 1
        for place in range(max(first, 0), min(last, len(self._rows))):
            row = self._rows[place]
            pen.draw(row, place * height, chosen=row.key == self._chosen, hovered=place == self._hovered)

    @property
    def _height(self) -> int:
        return int(self._fonts.text.metrics("linespace")) + 2 * _AIR

    def _show_bar(self, wanted: bool) -> None:
        if wanted != bool(self._bar.grid_info()):
            if wanted:
                self._bar.grid(row=0, column=0 if self._mirrored else 2, sticky="ns")
            else:
                self._bar.grid_remove()
                self._canvas.yview_moveto(0)

    def _listen(self) -> None:
        canvas = self._canvas
        canvas.bind("<Configure>", lambda _: self.draw())
        canvas.bind("<Button-1>", self._click)
        canvas.bind("<Double-Button-1>", lambda event: self._at(event.y, self._on_open))
        for button in ("<Button-2>", "<Button-3>"):
            canvas.bind(
                button, lambda event: self._at(event.y, lambda key: self._menu(key, event.x_root, event.y_root))
            )
        canvas.bind("<Motion>", lambda event: self._hover(self._place(event.y)))
        canvas.bind("<Leave>", lambda _: self._hover(None))
        canvas.bind("<Button-4>", lambda _: self._scroll("scroll", -3, "units"))
        canvas.bind("<Button-5>", lambda _: self._scroll("scroll", 3, "units"))
        canvas.bind("<MouseWheel>", lambda event: self._scroll("scroll", -3 if event.delta > 0 else 3, "units"))
        for key, step in (("Up", -1), ("Down", 1), ("Prior", -10), ("Next", 10), ("Home", -(10**9)), ("End", 10**9)):
            canvas.bind(f"<{key}>", lambda _, step=step: self._walk(step))  # type: ignore[misc]
        canvas.bind("<Return>", lambda _: self._on_open(self._chosen) if self._chosen else None)
        for key in ("<Shift-F10>", "<Menu>"):
            canvas.bind(key, lambda _: self._menu_by_key())
        canvas.bind("<FocusIn>", lambda _: self._walk(0))

    def _scroll(self, *how: str | float) -> None:
        if len(self._rows) * self._height > self._canvas.winfo_height():
            self._canvas.yview(*how)
            self.draw()

    def _place(self, y: int) -> int | None:
        place = int(self._canvas.canvasy(y) // self._height)
        return place if 0 <= place < len(self._rows) and not self._rows[place].heading else None

    def _at(self, y: int, act: Callable[[str], None]) -> None:
        place = self._place(y)
        if place is not None:
            act(self._rows[place].key)

    def _click(self, event: "tkinter.Event[tkinter.Canvas]") -> None:
        self._at(event.y, self._choose)
        self._at(event.y, self._on_click)

    def _menu(self, key: str, x: int, y: int) -> None:
        self._choose(key)
        self._on_menu(key, x, y)

    def _menu_by_key(self) -> None:
        if self._chosen is None:
            return
        place = next(place for place, row in enumerate(self._rows) if row.key == self._chosen)
        y = int((place + 1) * self._height - self._canvas.canvasy(0))
        self._on_menu(self._chosen, self._canvas.winfo_rootx() + MARGIN, self._canvas.winfo_rooty() + y)

    def _choose(self, key: str) -> None:
        self._chosen = key
        self.draw()

    def _hover(self, place: int | None) -> None:
        if place != self._hovered:
            self._hovered = place
            self.draw()

    def _walk(self, step: int) -> None:
        """Choose the row that many further on, or the first one."""
        keys = [row.key for row in self._rows if not row.heading]
        if not keys:
            return
        place = keys.index(self._chosen) + step if self._chosen in keys else 0
        self._choose(keys[max(0, min(place, len(keys) - 1))])
        self._reveal()

    def _reveal(self) -> None:
        """Scroll so that the chosen row can be seen."""
        place = next(place for place, row in enumerate(self._rows) if row.key == self._chosen)
        top, height = self._canvas.canvasy(0), self._canvas.winfo_height()
        if place * self._height < top:
            self._canvas.yview_moveto(place / len(self._rows))
        elif (place + 1) * self._height > top + height:
            self._canvas.yview_moveto(((place + 1) * self._height - height) / (len(self._rows) * self._height))
        self.draw()
