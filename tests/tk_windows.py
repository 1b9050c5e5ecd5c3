"""The main window on a virtual screen, on a desk that notes what it is asked for. Knows what a person sees and does there.

Keys are pressed as Tk is told of them; that a keyboard's keys arrive is proved by the tests of the whole program.
"""

import tkinter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from time import monotonic, sleep

import pytest

from chatd.requests import BOX, Request
from clients.events import Event, Said, State
from clients.gui.fonts import Fonts
from clients.gui.main.window import MainWindow
from clients.gui.model.conversations import Conversations
from clients.gui.model.view import RoomView, View
from clients.gui.text.drawn import configure
from clients.gui.theme import LIGHT, apply
from tests.screens import Screen
from tests.servers import PATIENCE
from tests.tk_logs import tk_screen

__all__ = ["Stage", "stage", "tk_screen"]

PEOPLE = ("ali", "mina", "sara", "سارا")
LOBBY = RoomView("#lobby", "tea and more", 4, PEOPLE, ("sara",))
HERE = View(
    State.ONLINE,
    "chat.example.org:5050",
    True,
    None,
    "ali",
    False,
    "#lobby",
    (LOBBY, RoomView("#dev", "", 1, ("ali",))),
)


def said(text: str, room: str = "#lobby", name: str = "sara", *, mention: bool = False) -> Said:
    """A message."""
    return Said(room, 1, name, text, 1_800_000_000.0, mention=mention, to="ali" if room == BOX else "")


@dataclass
class NotingDesk:
    """Does nothing, and knows what was asked for."""

    sent: list[Request] = field(default_factory=list)
    asked: list[tuple[str, object]] = field(default_factory=list)

    def send(self, request: Request) -> None:
        """Note it."""
        self.sent.append(request)

    def switch_room(self, name: str) -> None:
        """Note it."""
        self.asked.append(("switch_room", name))

    def retry_now(self) -> None:
        """Note it."""
        self.asked.append(("retry_now", None))

    def leave(self) -> None:
        """Note it."""
        self.asked.append(("leave", None))

    def log_out(self) -> None:
        """Note it."""
        self.asked.append(("log_out", None))

    def choose_theme(self, name: str) -> None:
        """Note it."""
        self.asked.append(("choose_theme", name))

    def choose_size(self, points: int) -> None:
        """Note it."""
        self.asked.append(("choose_size", points))

    def choose_language(self, code: str) -> None:
        """Note it."""
        self.asked.append(("choose_language", code))


class Stage:
    """A window of 1000 x 680 pixels, in which ali is in #lobby and #dev."""

    def __init__(self, root: tkinter.Tk) -> None:
        self.root = root
        self.fonts = Fonts(root)
        apply(LIGHT, root, self.fonts)
        self.desk = NotingDesk()
        self.all = Conversations()
        self.view = HERE
        self.bells: list[object] = []
        self.open()

    def open(self) -> None:
        """Make the window."""
        self.window = MainWindow(self.root, self.desk, self.all, self.view, theme=LIGHT, fonts=self.fonts)
        self.root.update()

    def happens(self, *happened: Event, **changed: object) -> None:
        """This happens, and then the view is another."""
        self.view = replace(self.view, **changed)  # type: ignore[arg-type]
        self.window.happened(happened, self.view)
        self.settle()

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Let the window do its work until this is so."""
        deadline = monotonic() + PATIENCE
        while not condition():
            assert monotonic() < deadline, f"waited in vain until {what}"
            sleep(0.001)
            self.root.update()

    def settle(self) -> None:
        """Wait until everything is drawn."""
        self.root.update()
        self.until(lambda: self.window.logs.top and self.window.logs.top.is_drawn, "everything was drawn")

    @property
    def input(self) -> tkinter.Text:
        """Where one types."""
        return self.window.input.text

    @property
    def typed(self) -> str:
        """What stands there."""
        return self.window.input.draft

    def type(self, text: str) -> None:
        """Type this."""
        self.window.input.type(text)
        self.root.update()

    def press(self, *keys: str, at: tkinter.Misc | None = None) -> None:
        """Press these keys, one after the other: ``Return``, ``Control-a``."""
        widget = at or self.input
        self.focus(widget)
        for key in keys:
            widget.event_generate(f"<{key}>")
            self.root.update()

    def focus(self, widget: tkinter.Misc) -> None:
        """Give the keyboard to a part of the window, and the screen's to the window."""
        widget.focus_force()
        self.until(lambda: self.root.focus_displayof() is not None, "the window had the keyboard")

    def lose_focus(self) -> None:
        """The window is put away."""
        self.focus(self.input)
        self.until(lambda: self.root.state() == "normal" and self.root.winfo_viewable(), "the window was there")
        self.root.iconify()
        self.until(lambda: not self.all.watching, "the window had lost the keyboard")

    def come_back(self) -> None:
        """The window is chosen again."""
        self.root.deiconify()
        self.focus(self.input)
        self.until(lambda: self.all.watching, "the window had the keyboard")

    @property
    def log(self) -> str:
        """What is said in the conversation that is looked at, as it would be copied."""
        top = self.window.logs.top
        assert top
        self.settle()
        top.select_all()
        return top.selected_text()

    @property
    def drawn(self) -> list[str]:
        """The lines of the conversation that is looked at, as they are drawn: with what is not copied."""
        self.settle()
        top = self.window.logs.top
        assert top
        [text] = [child for child in top.winfo_children() if isinstance(child, tkinter.Text)]
        return text.get("1.0", "end-1c").rstrip("\n").split("\n")

    @property
    def rooms(self) -> list[tuple[str, str]]:
        """The list of conversations: each with its count."""
        return [(row.key, row.badge) for row in self.window.chrome.rooms.rows if not row.heading]

    def click(self, widget: tkinter.Misc, x: int, y: int, *, twice: bool = False) -> None:
        """Click there."""
        for _ in range(2 if twice else 1):
            widget.event_generate("<Button-1>", x=x, y=y)
            widget.event_generate("<ButtonRelease-1>", x=x, y=y)
        self.root.update()


@pytest.fixture
def stage(tk_screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The window; an exception in it fails the test."""
    for name, value in tk_screen.display.environment(tk_screen.folder).items():
        monkeypatch.setenv(name, value)
    configure(False)
    root = tkinter.Tk()
    failures: list[BaseException] = []
    monkeypatch.setattr(root, "report_callback_exception", lambda _kind, error, _trace: failures.append(error))
    try:
        root.geometry("1000x640+0+0")
        opened = Stage(root)
        monkeypatch.setattr(root, "bell", lambda: opened.bells.append(True))
        yield opened
        root.update()
    finally:
        root.destroy()
    for failure in failures:
        raise failure
