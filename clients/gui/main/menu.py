"""The menu of the main window: what is done seldom. Knows words for it; must not know how it is done."""

import tkinter
from collections.abc import Callable
from typing import Protocol

from chatd.languages import LANGUAGES
from clients.gui.fonts import Fonts
from clients.gui.menus import dress
from clients.gui.text.drawn import drawn
from clients.gui.theme import Theme
from clients.wording import language, say


class Offers(Protocol):
    """What the menu offers to do."""

    def chosen(self) -> None:
        """Something in the menu was, and is about to be done."""

    def join(self) -> None:
        """Ask for a room, and go into it."""

    def rename(self) -> None:
        """Ask for another name, and take it."""

    def make_account(self) -> None:
        """Make the name an account."""

    def change_password(self) -> None:
        """Give the account another password."""

    def resize(self, step: int) -> None:
        """Make all text larger or smaller by as many points."""

    def choose_theme(self, name: str) -> None:
        """Look like this."""

    def choose_language(self, code: str) -> None:
        """Speak this language."""

    def help(self) -> None:
        """Show the commands."""

    def about(self) -> None:
        """Show what this program is."""

    def log_out(self) -> None:
        """Leave the server, and ask for one."""

    def leave(self) -> None:
        """End the program."""


class MainMenu(tkinter.Menu):
    """Made anew each time it is opened: what it offers depends on who one is."""

    def __init__(self, master: tkinter.Misc, fonts: Fonts, theme: Theme, offers: Offers, *, account: bool) -> None:
        """``account``: the name belongs to this person for good."""
        super().__init__(master, tearoff=False)
        dress(self, theme, fonts)
        self._theme_name = tkinter.StringVar(self, theme.name)
        self._code = tkinter.StringVar(self, language().code)
        self._chosen = offers.chosen
        self._add(say("Join a room…"), offers.join)
        if account:
            self._add(say("Change the password…"), offers.change_password)
        else:
            self._add(say("Take another name…"), offers.rename)
            self._add(say("Make an account of this name…"), offers.make_account)
        self.add_separator()
        self._add(say("Larger text"), lambda: offers.resize(1), "Ctrl +")
        self._add(say("Smaller text"), lambda: offers.resize(-1), "Ctrl -")
        for name, words in (("light", say("Light")), ("dark", say("Dark"))):
            self.add_radiobutton(
                label=drawn(words),
                variable=self._theme_name,
                value=name,
                command=self._act(lambda name=name: offers.choose_theme(name)),  # type: ignore[misc]
            )
        self.add_separator()
        for code, known in LANGUAGES.items():
            self.add_radiobutton(
                label=drawn(known.name),
                variable=self._code,
                value=code,
                command=self._act(lambda code=code: offers.choose_language(code)),  # type: ignore[misc]
            )
        self.add_separator()
        self._add(say("Help"), offers.help, "F1")
        self._add(say("About chatd"), offers.about)
        self.add_separator()
        self._add(say("Log out"), offers.log_out)
        self._add(say("Quit"), offers.leave, "Ctrl Q")

    @property
    def labels(self) -> list[str]:
        """What it offers, as Tk is given it."""
        entries = range(int(self.index("end") or 0) + 1)
        return [str(self.entrycget(entry, "label")) for entry in entries if self.type(entry) != "separator"]

    def _add(self, words: str, command: Callable[[], None], keys: str = "") -> None:
        self.add_command(label=drawn(words), command=self._act(command), accelerator=keys)

    def _act(self, command: Callable[[], None]) -> Callable[[], None]:
        def act() -> None:
            self._chosen()
            command()

        return act
