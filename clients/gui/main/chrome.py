"""Everything around a conversation: the header above it, the lists beside it, the line at the bottom, the window's title.

Knows where these parts stand and what each is shown. Must not know what is done when one of them is clicked.
"""

import tkinter
from collections.abc import Callable
from dataclasses import dataclass
from tkinter import ttk

from clients.gui.fonts import Fonts
from clients.gui.main.header import Header
from clients.gui.main.panes import Panes, Widths
from clients.gui.main.people_list import PeopleList, Wishes
from clients.gui.main.room_list import RoomList
from clients.gui.main.status_bar import StatusBar
from clients.gui.model.conversations import Conversations
from clients.gui.model.view import View
from clients.gui.text.bidi import Direction
from clients.gui.theme import Theme
from clients.wording import language, say


@dataclass(frozen=True, slots=True)
class Acts:
    """What is done when something is clicked."""

    look_at: Callable[[str], None]
    """With the key of a conversation."""
    leave: Callable[[str], None]
    """The same."""
    join: Callable[[], None]
    people: Wishes
    open_menu: Callable[[], None]
    retry: Callable[[], None]


class Chrome:
    """The parts around :attr:`page`, which is for the conversation itself."""

    def __init__(
        self, frame: ttk.Frame, theme: Theme, fonts: Fonts, direction: Direction, *, widths: Widths, acts: Acts
    ):
        """Fill ``frame``."""
        self._window = frame.winfo_toplevel()
        self._panes = Panes(frame, widths, mirrored=direction is Direction.RTL)
        self.page = self._panes.middle
        """Where the conversation is put."""
        self.rooms = RoomList(
            self._panes.first,
            theme,
            fonts,
            direction,
            on_choose=acts.look_at,
            on_leave=acts.leave,
            on_join=acts.join,
        )
        self.people = PeopleList(self._panes.third, theme, fonts, direction, acts.people)
        self.header = Header(frame, fonts, direction, on_rooms=self._pop_up_rooms, on_menu=acts.open_menu)
        self.status = StatusBar(frame, fonts, direction, acts.retry)
        self.header.pack(fill="x")
        ttk.Frame(frame, height=1, style="Line.TFrame").pack(fill="x")
        self.status.pack(side="bottom", fill="x")
        ttk.Frame(frame, height=1, style="Line.TFrame").pack(side="bottom", fill="x")
        self._panes.pack(fill="both", expand=True)
        self.rooms.pack(fill="both", expand=True)
        self.people.pack(fill="both", expand=True)
        self._panes.bind("<Configure>", lambda _: self.header.offer_rooms(self._panes.first_hidden), add=True)

    @property
    def widths(self) -> Widths:
        """How wide the lists are."""
        return self._panes.widths

    @property
    def keyboards(self) -> list[tkinter.Misc]:
        """What can have the keyboard, in the order of reading, as far as it can be seen."""
        return [part for part in (self.rooms.keyboard, self.people.keyboard) if part.winfo_ismapped()]

    def show(self, view: View, conversations: Conversations) -> None:
        """Show what is true now."""
        shown = conversations.shown
        room = view.room(shown.key)
        about = say("Private messages") if shown.person else room.topic if room else ""
        self.header.show(shown.person or shown.key or say("No room"), about)
        self.people.show(room, view.name)
        self.status.show(view)
        self.show_unread(conversations)

    def show_unread(self, conversations: Conversations) -> None:
        """Show what has not been seen: in the list, and in the title."""
        self.rooms.show(conversations, conversations.shown)
        unread = f"({language().number(conversations.unread)}) " if conversations.unread else ""
        where = f"{conversations.shown.key} - " if conversations.shown.key else ""
        self._window.title(f"{unread}{where}chatd")  # what frames the window orders letters by itself

    def apply_theme(self, theme: Theme) -> None:
        """Take on other colours."""
        self.rooms.apply_theme(theme)
        self.people.apply_theme(theme)

    def fonts_changed(self) -> None:
        """Take on other sizes."""
        self.rooms.fonts_changed()
        self.people.fonts_changed()

    def _pop_up_rooms(self) -> None:
        header = self.header
        self.rooms.pop_up(header.winfo_rootx() + 12, header.winfo_rooty() + header.winfo_height())
