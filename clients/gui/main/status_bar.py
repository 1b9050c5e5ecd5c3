"""The line at the bottom: whether the server is there, who one is, and whether others on the way can read it.

Knows views and words for them. Must not know what is done about a lost connection.
"""

import tkinter
from collections.abc import Callable
from tkinter import ttk
from typing import Final

from clients.events import State
from clients.gui.fonts import Fonts
from clients.gui.model.view import View
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import drawn, fitted
from clients.presentation.trouble import trouble
from clients.wording import say

_STYLES: Final = {
    State.ONLINE: "Good.TLabel",
    State.CONNECTING: "Busy.TLabel",
    State.REGISTERING: "Busy.TLabel",
    State.WAITING: "Problem.TLabel",
    State.ENDED: "Problem.TLabel",
}

_BORDERS: Final = 4
"""Pixels of a label that are no text."""


class StatusBar(ttk.Frame):
    """State, name and server; a button to try again while there is no connection. Of these only the name is ever cut."""

    def __init__(self, master: tkinter.Misc, fonts: Fonts, direction: Direction, on_retry: Callable[[], None]) -> None:
        super().__init__(master, padding=(12, 3))
        self._fonts, self._direction = fonts, direction
        self._start = "right" if direction is Direction.RTL else "left"
        self._end = "left" if direction is Direction.RTL else "right"
        self._state = ttk.Label(self, style="Busy.TLabel")
        self._retry = ttk.Button(self, text=drawn(say("Try now")), style="Small.TButton", command=on_retry)
        self._how = ttk.Label(self, style="Dim.TLabel")
        self._where = ttk.Label(self, style="Dim.TLabel", anchor="w" if direction is Direction.RTL else "e")
        self._who = ""
        self._state.pack(side=self._start)  # type: ignore[arg-type]
        self._how.pack(side=self._end)  # type: ignore[arg-type]
        self._where.pack(side=self._end, fill="x", expand=True, padx=(6, 0))  # type: ignore[arg-type]
        self._where.bind("<Configure>", lambda _: self._fit())

    @property
    def words(self) -> str:
        """What it says, as Tk is given it."""
        parts = (self._how, self._where) if self._direction is Direction.RTL else (self._where, self._how)
        return f"{self._state.cget('text')} {''.join(str(part.cget('text')) for part in parts)}"

    def show(self, view: View) -> None:
        """Show what is true now."""
        self._state.configure(text=drawn(f"● {state_in_words(view)}", self._direction), style=_STYLES[view.state])
        self._how.configure(text=drawn(f" · {how(view)}", self._direction))
        self._who = who_and_where(view)
        if view.state is State.WAITING:
            self._retry.pack(side=self._start, padx=10, after=self._state)  # type: ignore[arg-type]
        else:
            self._retry.pack_forget()
        self._fit()

    def _fit(self) -> None:
        width = max(self._where.winfo_width() - _BORDERS, 1)
        self._where.configure(text=fitted(self._who, width, self._fonts.small.measure, self._direction))


def state_in_words(view: View) -> str:
    """How the connection is."""
    match view.state:
        case State.ONLINE:
            return say("online")
        case State.ENDED:
            return say("ended")
    return trouble(view.state, view.retry_at)


def who_and_where(view: View) -> str:
    """Who one is, and where."""
    return say("{name} at {server}", name=view.name, server=view.server) if view.name else view.server


def how(view: View) -> str:
    """Whether it is encrypted."""
    return say("encrypted") if view.encrypted else say("not encrypted")
