"""What stands above a conversation: where one is, what it is about, and the way to everything else.

Knows labels. Must not know what the menu holds.
"""

import tkinter
from collections.abc import Callable
from tkinter import ttk

from clients.gui.fonts import Fonts
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import drawn, fitted


class Header(ttk.Frame):
    """Room and topic; buttons for the list of rooms, where it is hidden, and for the menu."""

    def __init__(
        self,
        master: tkinter.Misc,
        fonts: Fonts,
        direction: Direction,
        *,
        on_rooms: Callable[[], None],
        on_menu: Callable[[], None],
    ) -> None:
        super().__init__(master, padding=(12, 8))
        self._fonts, self._direction = fonts, direction
        self._start = "right" if direction is Direction.RTL else "left"
        self._end = "left" if direction is Direction.RTL else "right"
        self._about = ""
        self._rooms = ttk.Button(self, text="#", style="Flat.TButton", takefocus=False, command=on_rooms)
        self._room = ttk.Label(self, style="Title.TLabel")
        self._topic = ttk.Label(self, style="Dim.TLabel", anchor="e" if direction is Direction.RTL else "w")
        self.menu = ttk.Button(self, text="☰", style="Flat.TButton", takefocus=False, command=on_menu)
        """Under it the menu is opened."""
        self.menu.pack(side=self._end)  # type: ignore[arg-type]
        self._room.pack(side=self._start)  # type: ignore[arg-type]
        self._topic.pack(side=self._start, fill="x", expand=True, padx=12)  # type: ignore[arg-type]
        self._topic.bind("<Configure>", lambda _: self._fit())

    @property
    def words(self) -> str:
        """What it says, as Tk is given it."""
        return f"{self._room.cget('text')} {self._topic.cget('text')}"

    def show(self, title: str, about: str) -> None:
        """Show what is looked at, and what it is about."""
        self._room.configure(text=drawn(title))
        self._about = about
        self._fit()

    def offer_rooms(self, wanted: bool) -> None:
        """Show the button for the list of rooms, or hide it."""
        if wanted:
            self._rooms.pack(side=self._start, before=self._room, padx=(0, 8))  # type: ignore[arg-type]
        else:
            self._rooms.pack_forget()

    def _fit(self) -> None:
        width = max(self._topic.winfo_width() - 4, 1)
        direction = None if self._about else self._direction
        self._topic.configure(text=fitted(self._about, width, self._fonts.small.measure, direction))
