"""What the menu, the lists and some keys do: questions for a word, and what is done with the answer.

Knows requests. Must not know where things stand in the window.
"""

import tkinter
from typing import Protocol

from chatd import __version__
from chatd.requests import ChangePassword, Help, Ignore, Join, Leave, Register, Rename
from clients.gui.fonts import Fonts
from clients.gui.main.asking import Asking
from clients.gui.main.menu import MainMenu
from clients.gui.model.desk import Desk
from clients.gui.model.question import Question
from clients.gui.theme import Theme
from clients.wording import say


class Window(Protocol):
    """What deeds ask of the window."""

    def look_at(self, key: str) -> None:
        """Show this conversation."""

    def enter(self, room: str) -> None:
        """Show this room as soon as one is in it."""

    @property
    def asking(self) -> Asking:
        """By what it asks."""

    def note(self, sentence: str) -> None:
        """Show a sentence where the person looks."""

    def mention(self, name: str) -> None:
        """Write this name into what is being typed."""

    def type_on(self) -> None:
        """Give the keyboard to the input line, unless it is wanted for an answer."""


class Deeds:
    """Each is done at once, or when a question about it was answered."""

    def __init__(self, desk: Desk, window: Window, fonts: Fonts, theme: Theme) -> None:
        self._desk, self._window, self._fonts = desk, window, fonts
        self.theme = theme
        """How the window looks now."""
        self._menu: MainMenu | None = None

    def open_menu(self, master: tkinter.Misc, x: int, y: int, *, account: bool) -> None:
        """Open the menu at this place of the screen."""
        self.menu(master, account=account).tk_popup(x, y)

    def menu(self, master: tkinter.Misc, *, account: bool) -> MainMenu:
        """A menu of all this, in place of the one before. ``account``: the name belongs to this person for good."""
        if self._menu:
            self._menu.destroy()
        self._menu = MainMenu(master, self._fonts, self.theme, self, account=account)
        return self._menu

    def chosen(self) -> None:
        """Something in the menu was: one types on, unless that asks a question now."""
        self._window.type_on()

    def join(self, name: str = "#") -> None:
        """Ask for a room, and go into it. ``name``: what stands in the answer."""
        self._window.asking.ask_for(Question.ROOM, say("The name of the room:"), say("Join"), self._join, name)

    def leave_room(self, room: str) -> None:
        """Leave a room."""
        self._desk.send(Leave(room))

    def write(self, name: str) -> None:
        """Write to somebody in private."""
        self._window.look_at(f"@{name}")

    def mention(self, name: str) -> None:
        """Call somebody by name."""
        self._window.mention(name)

    def ignore(self, name: str) -> None:
        """See no more of somebody, or see it again."""
        self._desk.send(Ignore(name))

    def rename(self, name: str = "") -> None:
        """Ask for another name, and take it. ``name``: what stands in the answer."""
        self._window.asking.ask_for(
            Question.NAME, say("Your new name:"), say("Take it"), lambda name: self._desk.send(Rename(name)), name
        )

    def make_account(self) -> None:
        """Make the name an account; the password is asked for."""
        self._desk.send(Register())

    def change_password(self) -> None:
        """Give the account another password, which is asked for."""
        self._desk.send(ChangePassword())

    def resize(self, step: int) -> None:
        """Make all text larger or smaller by as many points."""
        self._desk.choose_size(self._fonts.size + step)

    def choose_theme(self, name: str) -> None:
        """Look like this."""
        self._desk.choose_theme(name)

    def choose_language(self, code: str) -> None:
        """Speak this language."""
        self._desk.choose_language(code)

    def help(self) -> None:
        """Show the commands."""
        self._desk.send(Help())

    def about(self) -> None:
        """Show what this program is."""
        self._window.note(say("This is chatd {version}: one room, one port, any client.", version=__version__))

    def log_out(self) -> None:
        """Leave the server, and ask for one."""
        self._desk.log_out()

    def leave(self) -> None:
        """End the program."""
        self._desk.leave()

    def _join(self, room: str) -> None:
        name = room if room.startswith("#") else f"#{room}"
        self._window.enter(name)
        self._desk.send(Join(name))
