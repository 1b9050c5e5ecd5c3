"""Somebody in front of the whole program in one window, with a real server behind it. Knows what they see, and how to wait.

Tests may look into the program's parts; what a keyboard and a screen add to it is for the tests of the program as others run it.
"""

import threading
import tkinter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from chatd.secret import Secret
from clients.addresses import Address
from clients.dial import Dialler
from clients.gui.application import Application
from clients.gui.card import Card
from clients.gui.chatting import Chatting
from clients.gui.login.typed import Typed
from clients.gui.login.window import LoginWindow
from clients.gui.remembered import FILE, load
from clients.trust import KnownServers, Wish
from tests.server_fixtures import tls_server_fixture
from tests.servers import HOST, Server
from tests.tk_roots import is_there, root, tk_screen, until

__all__ = ["Person", "person", "root", "server", "tk_screen"]

T = TypeVar("T")

server = tls_server_fixture("--greeting", "0")


class Person:
    """Somebody in front of the program."""

    def __init__(self, root: tkinter.Tk, server: Server, folder: Path) -> None:
        self.root, self.server, self.folder = root, server, folder
        self.known = KnownServers(folder / "known_servers")
        self.application = Application(root, self.known, folder / FILE, load(folder / FILE), self.dial)
        self.place = f"{HOST}:{server.port}"

    def dial(self, address: Address, encrypted: bool) -> Dialler:
        """As the program does it."""
        return Dialler(address, self.known, encrypted)

    def starts(self, name: str = "ali", password: Secret | None = None, wish: Wish = Wish.NOTHING) -> LoginWindow:
        """With a login at once, as ``chatd-gui ali@host`` does."""
        self.application.start(Typed(self.place, name, password, wish), Address(HOST, self.server.port))
        return self.login

    @property
    def login(self) -> LoginWindow:
        """The login window."""
        window = self.application.entrance.window
        assert window is not None
        return window

    def joins(self, name: str = "ali", password: Secret | None = None) -> Chatting:
        """Start, and be let in."""
        self.starts(name, password)
        return self.is_in()

    def is_in(self) -> Chatting:
        """Wait until the main window is there, and the lobby in it."""
        chatting = self.until(lambda: self.application.chatting, "the name was accepted")
        self.until(lambda: chatting._view.room("#lobby"), "the lobby was entered")
        return chatting

    def until(self, condition: Callable[[], T | None], what: str) -> T:
        """Let the program work until this is something."""
        return until(self.root, condition, what)

    def reads(self, text: str) -> None:
        """Wait until this can be read in the window."""
        self.until(lambda: text in self.all_said, f"{text!r} could be read")

    @property
    def all_said(self) -> str:
        """What stands in the log that is shown."""
        assert self.application.chatting is not None
        top = self.application.chatting.window.logs.top
        assert top is not None
        top.select_all()
        return top.selected_text()

    @property
    def card(self) -> Card | None:
        """What is asked."""
        chatting = self.application.chatting
        return chatting.card if chatting else self.login.card

    def is_gone(self) -> None:
        """Wait until the program has ended, with no thread left."""
        self.until(lambda: not is_there(self.root), "the window was closed")
        assert not [thread for thread in threading.enumerate() if thread.name == "conversation"]


@pytest.fixture
def person(root: tkinter.Tk, server: Server, tmp_path: Path) -> Iterator[Person]:
    """Nothing is remembered. Whatever is left of the program at the end is closed."""
    person = Person(root, server, tmp_path)
    yield person
    if is_there(root):
        person.application.close()
    server.await_everybody_gone()
