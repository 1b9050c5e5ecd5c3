"""An empty window on a virtual screen, for what is to be shown in it. Knows Tk; must not know what that is."""

import tkinter
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import TypeVar

import pytest

from clients.gui.text.drawn import configure
from tests.screens import Screen
from tests.servers import PATIENCE
from tests.tk_logs import tk_screen

__all__ = ["root", "tk_screen"]

T = TypeVar("T")


@pytest.fixture
def root(tk_screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Iterator[tkinter.Tk]:
    """The window. An exception in what it calls fails the test; the test may destroy it."""
    for name, value in tk_screen.display.environment(tk_screen.folder).items():
        monkeypatch.setenv(name, value)
    window = tkinter.Tk()
    failures: list[BaseException] = []
    monkeypatch.setattr(window, "report_callback_exception", lambda _kind, error, _trace: failures.append(error))
    configure(False)
    try:
        yield window
        if is_there(window):
            window.update()
    finally:
        if is_there(window):
            window.destroy()
    for failure in failures:
        raise failure


def is_there(window: tkinter.Tk) -> bool:
    """Whether it has not been destroyed."""
    try:
        return bool(window.winfo_exists())
    except tkinter.TclError:
        return False


def until(window: tkinter.Tk, condition: Callable[[], T | None], what: str) -> T:
    """Let the window work until this is something; ``what`` completes "waited in vain until ..."."""
    deadline = monotonic() + PATIENCE
    while not (found := condition()):
        assert monotonic() < deadline, f"waited in vain until {what}"
        sleep(0.002)
        if is_there(window):
            window.update()
    return found


def parts(widget: tkinter.Misc) -> Iterator[tkinter.Misc]:
    """The widget, and everything in it."""
    yield widget
    for child in widget.winfo_children():
        yield from parts(child)


def words(widget: tkinter.Misc) -> str:
    """All that can be read in it now, as it is drawn, a line for each part."""
    readable = (part for part in parts(widget) if part.winfo_viewable() and "text" in part.keys())  # noqa: SIM118
    return "\n".join(str(part.cget("text")) for part in readable)


def press(widget: tkinter.Misc, key: str) -> None:
    """Press a key, such as ``<Return>``, where this has the keyboard."""
    widget.update()
    widget.focus_force()
    widget.event_generate(key)
    widget.update()
