"""A log on a virtual screen, and what a person can see and do there. Knows Tk; must not know how the log draws.

The screen stays until the end of all tests: Tk never lets go of a display, and ends the process when it is gone.
"""

import tkinter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Final

import pytest

from clients.gui.fonts import Fonts
from clients.gui.log.view import LogView
from clients.gui.model.paragraphs import Kind, Paragraph
from clients.gui.text.bidi import Direction, base_direction
from clients.gui.theme import LIGHT, apply
from tests.screens import Screen, virtual_screen
from tests.servers import PATIENCE

_opened: Final[list[Screen]] = []

PERSIAN_LINE: Final = "[۱۴:۰۳] \u2068علی\u2069: می‌خواهم کتاب‌ها را ببینم"


def said(text: str, *, own: bool = False, mention: bool = False, kind: Kind = Kind.MESSAGE) -> Paragraph:
    """A paragraph of one piece."""
    return Paragraph((("", text),), base_direction(text, Direction.LTR), kind, own, mention)


def many(count: int, start: int = 0) -> list[Paragraph]:
    """English and Persian ones, some of which are longer than a line."""
    english, persian = "word {} of many more words ", "واژهٔ {} از واژه‌های بسیار "
    return [said((persian if n % 2 else english).format(n) * (1 + n % 5)) for n in range(start, start + count)]


@dataclass
class Reader:
    """A window with a log in it, and somebody in front of it."""

    root: tkinter.Tk
    fonts: Fonts
    screen: Screen
    typed: list[str] = field(default_factory=list)
    ends: list[bool] = field(default_factory=list)
    log: LogView = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.new_log()

    def new_log(self) -> LogView:
        """Another log, which fills the window."""
        log = LogView(
            self.root,
            LIGHT,
            self.fonts,
            on_typed=lambda event: self.typed.append(event.char),
            on_end_reached=lambda: self.ends.append(True),
        )
        log.pack(fill="both", expand=True)
        self.root.update()
        return log

    @property
    def text(self) -> tkinter.Text:
        """The widget that the log is drawn on."""
        return next(child for child in self.log.winfo_children() if isinstance(child, tkinter.Text))

    @property
    def button(self) -> str:
        """The words on the button at the lower edge; empty if there is none."""
        buttons = [child for child in self.log.winfo_children() if child.winfo_class() == "TButton"]
        return "".join(str(button.cget("text")) for button in buttons if button.winfo_ismapped())

    @property
    def drawn(self) -> str:
        """What is drawn, line by line, whether it can be seen or not."""
        return self.text.get("1.0", "end-1c").rstrip("\n")

    @property
    def all_said(self) -> str:
        """What is copied when everything is selected."""
        self.log.select_all()
        return self.log.selected_text()

    @property
    def edge(self) -> tuple[str, int]:
        """What is at the upper edge: the drawn line, and how much of it is hidden."""
        info = self.text.dlineinfo("@0,0")
        assert info
        return self.text.get("@0,0", "@0,0 lineend"), info[1]

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Let the window do its work until this is so."""
        deadline = monotonic() + PATIENCE
        while not condition():
            assert monotonic() < deadline, f"waited in vain until {what}"
            sleep(0.001)
            self.root.update()

    def show(self, *paragraphs: Paragraph) -> None:
        """Append these, and wait until the last one is drawn and everything is quiet."""
        self.log.append(paragraphs)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is left to be drawn."""
        self.until(lambda: self.log.is_drawn, "everything was drawn")

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, and wait until everything is drawn for it."""
        self.root.geometry(f"{width}x{height}")
        self.until(lambda: self.root.winfo_width() == width and self.root.winfo_height() == height, "it had this size")
        self.settle()


@pytest.fixture(scope="session")
def tk_screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """One screen for all modules of tests: pytest has a fixture of its own for each that imports this one."""
    if _opened:
        yield _opened[0]
        return
    with virtual_screen(tmp_path_factory.mktemp("screen")) as screen:
        _opened.append(screen)
        try:
            yield screen
        finally:
            _opened.clear()


@pytest.fixture
def reader(tk_screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A window of 600 x 400 pixels with an empty log. An exception in it fails the test."""
    for name, value in tk_screen.display.environment(tk_screen.folder).items():
        monkeypatch.setenv(name, value)
    root = tkinter.Tk()
    failures: list[BaseException] = []
    monkeypatch.setattr(root, "report_callback_exception", lambda _kind, error, _trace: failures.append(error))
    try:
        root.geometry("600x400+0+0")
        fonts = Fonts(root)
        apply(LIGHT, root, fonts)
        yield Reader(root, fonts, tk_screen)
        root.update()
    finally:
        root.destroy()
    for failure in failures:
        raise failure
