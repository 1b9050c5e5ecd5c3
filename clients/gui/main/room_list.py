"""The list of conversations: rooms, then private ones, with what is unread in them.

Knows conversations and what one does with them by pointer and keys. Must not know how they are told of it.
"""

import tkinter
from collections.abc import Callable, Iterable, Sequence
from tkinter import ttk
from typing import Final

from clients.gui.fonts import Fonts
from clients.gui.main.row import Row
from clients.gui.main.rows import RowList
from clients.gui.menus import dress
from clients.gui.model.conversation import Conversation
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import drawn, fitted
from clients.gui.theme import Theme
from clients.presentation.colours import colour_of
from clients.wording import language, say

_MANY: Final = 999


class RoomList(ttk.Frame):
    """What one can look at, and a way to more."""

    def __init__(
        self,
        master: tkinter.Misc,
        theme: Theme,
        fonts: Fonts,
        direction: Direction,
        *,
        on_choose: Callable[[str], None],
        on_leave: Callable[[str], None],
        on_join: Callable[[], None],
    ) -> None:
        """``on_choose``, ``on_leave``: with the key of a conversation; ``on_join``: another room is wanted."""
        super().__init__(master)
        self._on_choose, self._on_leave, self._on_join = on_choose, on_leave, on_join
        self._rows = RowList(
            self, theme, fonts, direction, on_click=on_choose, on_open=on_choose, on_menu=self._open_menu
        )
        self._direction, self._fonts = direction, fonts
        self._join = ttk.Button(self, style="Flat.TButton", command=on_join)
        self._join.bind("<Configure>", lambda _: self._fit_join())
        self._rows.pack(fill="both", expand=True)
        self._join.pack(fill="x", padx=6, pady=6)
        self._menu = tkinter.Menu(self, tearoff=False)
        dress(self._menu, theme, fonts)

    def show(self, conversations: Iterable[Conversation], shown: Conversation) -> None:
        """Show these; ``shown`` is the one that is looked at."""
        listed = list(conversations)
        private = [_row(conversation) for conversation in listed if conversation.person is not None]
        rows = [
            Row("rooms", say("Rooms"), heading=True),
            *(_row(conversation) for conversation in listed if conversation.person is None),
            *([Row("private", say("Private messages"), heading=True)] if private else []),
            *private,
        ]
        self._rows.show(rows, shown.key or None)

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown, headings included."""
        return self._rows.rows

    @property
    def keyboard(self) -> tkinter.Canvas:
        """What has the keyboard while one walks through the list."""
        return self._rows.keyboard

    def pop_up(self, x: int, y: int) -> None:
        """Offer the list as a menu, at this place of the screen."""
        self._menu.delete(0, "end")
        for row in self._rows.rows:
            if not row.heading:
                label = drawn(f"{row.text}  ({row.badge})" if row.badge else row.text)
                self._menu.add_command(label=label, command=lambda key=row.key: self._on_choose(key))  # type: ignore[misc]
        self._menu.add_separator()
        self._menu.add_command(label=drawn(say("Join a room…")), command=self._on_join)
        self._menu.tk_popup(x, y)

    def apply_theme(self, theme: Theme) -> None:
        """Take on other colours."""
        self._rows.apply_theme(theme)
        dress(self._menu, theme, self._fonts)

    def fonts_changed(self) -> None:
        """Take on other sizes."""
        self._rows.fonts_changed()

    def _fit_join(self) -> None:
        """Of what does not fit the end is left out; Tk would leave out both ends."""
        around = self._join.winfo_reqwidth() - self._fonts.text.measure(self._join.cget("text"))
        width = max(self._join.winfo_width() - around, 1)
        self._join.configure(text=fitted(say("+ Join a room"), width, self._fonts.text.measure, self._direction))

    def _open_menu(self, key: str, x: int, y: int) -> None:
        menu = self._menu
        menu.delete(0, "end")
        leave = say("Close") if key.startswith("@") else say("Leave {room}", room=key)
        menu.add_command(label=drawn(say("Show")), command=lambda: self._on_choose(key))
        menu.add_command(label=drawn(leave), command=lambda: self._on_leave(key))
        menu.tk_popup(x, y)


def _row(conversation: Conversation) -> Row:
    person = conversation.person
    return Row(
        conversation.key,
        person or conversation.key,
        colour_of(person) if person else "",
        bold=conversation.unread > 0,
        badge=_count(conversation.unread),
        loud=conversation.mentions > 0,
    )


def _count(unread: int) -> str:
    if not unread:
        return ""
    return language().number(unread) if unread <= _MANY else f"{language().number(_MANY)}+"
