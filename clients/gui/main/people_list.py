"""The list of the people of a room. Knows names, and what one does with a person. Must not know how they came there."""

import tkinter
from collections.abc import Callable
from dataclasses import dataclass
from tkinter import ttk
from typing import Literal

from clients.gui.fonts import Fonts
from clients.gui.main.row import Row
from clients.gui.main.rows import RowList
from clients.gui.menus import dress
from clients.gui.model.view import RoomView
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import drawn
from clients.gui.theme import Theme
from clients.presentation.colours import colour_of
from clients.wording import counted, say


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one can want of a person, each called with the name."""

    write: Callable[[str], None]
    """Write to them in private."""
    mention: Callable[[str], None]
    """Call them by name in what is being typed."""
    ignore: Callable[[str], None]
    """See no more of what they write, or see it again."""


class PeopleList(ttk.Frame):
    """Who is in the room that is looked at."""

    def __init__(self, master: tkinter.Misc, theme: Theme, fonts: Fonts, direction: Direction, wishes: Wishes) -> None:
        super().__init__(master)
        self._wishes, self._fonts = wishes, fonts
        self._direction = direction
        self._shown: tuple[tuple[str, ...], str] = (), ""
        start: Literal["e", "w"] = "e" if direction is Direction.RTL else "w"
        self._heading = ttk.Label(self, style="Heading.TLabel", anchor=start)
        self._unknown = ttk.Label(self, style="Dim.TLabel", anchor=start)
        self._rows = RowList(self, theme, fonts, direction, on_open=self._write, on_menu=self._open_menu)
        self._heading.pack(fill="x", padx=12, pady=(8, 4))
        self._rows.pack(fill="both", expand=True)
        self._menu = tkinter.Menu(self, tearoff=False)
        dress(self._menu, theme, fonts)

    @property
    def keyboard(self) -> tkinter.Canvas:
        """What has the keyboard while one walks through the list."""
        return self._rows.keyboard

    @property
    def names(self) -> list[str]:
        """The names that are shown, in their order."""
        return [row.key for row in self._rows.rows]

    @property
    def heading(self) -> str:
        """What stands above them, as Tk is given it."""
        return str(self._heading.cget("text"))

    def show(self, room: RoomView | None, own: str) -> None:
        """Show who is there; ``own`` is this person's name. Without a room there is nobody."""
        count = room.count if room else 0
        people = (room.people or ()) if room else ()
        self._heading.configure(
            text=drawn(counted("{count} person", "{count} people", count) if room else "", self._direction)
        )
        if (people, own) != self._shown:
            self._shown = people, own
            self._rows.show([self._row(name) for name in people])
        if room and room.people is None:
            self._unknown.configure(text=drawn(say("/who lists them."), self._direction))
            self._unknown.pack(fill="x", padx=12, after=self._heading)
        else:
            self._unknown.pack_forget()

    def apply_theme(self, theme: Theme) -> None:
        """Take on other colours."""
        self._rows.apply_theme(theme)
        dress(self._menu, theme, self._fonts)

    def fonts_changed(self) -> None:
        """Take on other sizes."""
        self._rows.fonts_changed()

    def _row(self, name: str) -> Row:
        own = name == self._shown[1]
        return Row(name, name, colour_of(name), bold=own, note=say("you") if own else "")

    def _write(self, name: str) -> None:
        if name != self._shown[1]:
            self._wishes.write(name)

    def _open_menu(self, name: str, x: int, y: int) -> None:
        if name == self._shown[1]:
            return
        menu = self._menu
        menu.delete(0, "end")
        for label, wish in (
            (say("Write to {name} in private", name=name), self._wishes.write),
            (say("Mention {name}", name=name), self._wishes.mention),
            (say("Ignore {name}, or no longer", name=name), self._wishes.ignore),
        ):
            menu.add_command(label=drawn(label), command=lambda wish=wish: wish(name))  # type: ignore[misc]
        menu.tk_popup(x, y)
