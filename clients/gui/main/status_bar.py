"""The line at the bottom: whether the server is there, who one is, and whether others on the way can read it.

Knows views and words for them. Must not know what is done about a lost connection.
"""

import tkinter
from collections.abc import Callable
from tkinter import ttk

from clients.events import State
from clients.gui.model.view import View
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import drawn
from clients.presentation.trouble import trouble
from clients.wording import say

_STYLES = {
    State.ONLINE: "Good.TLabel",
    State.CONNECTING: "Busy.TLabel",
    State.REGISTERING: "Busy.TLabel",
    State.WAITING: "Problem.TLabel",
    State.ENDED: "Problem.TLabel",
}


class StatusBar(ttk.Frame):
    """State, name and server; a button to try again while there is no connection."""

    def __init__(self, master: tkinter.Misc, direction: Direction, on_retry: Callable[[], None]) -> None:
        super().__init__(master, padding=(12, 3))
        self._direction = direction
        self._start = "right" if direction is Direction.RTL else "left"
        self._end = "left" if direction is Direction.RTL else "right"
        self._state = ttk.Label(self, style="Busy.TLabel")
        self._retry = ttk.Button(self, text=drawn(say("Try now")), style="Small.TButton", command=on_retry)
        self._where = ttk.Label(self, style="Dim.TLabel")
        self._state.pack(side=self._start)  # type: ignore[arg-type]
        self._where.pack(side=self._end)  # type: ignore[arg-type]

    @property
    def words(self) -> str:
        """What it says, as Tk is given it."""
        return f"{self._state.cget('text')} {self._where.cget('text')}"

    def show(self, view: View) -> None:
        """Show what is true now."""
        self._state.configure(text=drawn(f"● {state_in_words(view)}", self._direction), style=_STYLES[view.state])
        self._where.configure(text=drawn(who_and_where(view), self._direction))
        if view.state is State.WAITING:
            self._retry.pack(side=self._start, padx=10)  # type: ignore[arg-type]
        else:
            self._retry.pack_forget()


def state_in_words(view: View) -> str:
    """How the connection is."""
    match view.state:
        case State.ONLINE:
            return say("online")
        case State.ENDED:
            return say("ended")
    return trouble(view.state, view.retry_at)


def who_and_where(view: View) -> str:
    """Who one is, where, and whether it is encrypted."""
    who = say("{name} at {server}", name=view.name, server=view.server) if view.name else view.server
    how = say("encrypted") if view.encrypted else say("not encrypted")
    return f"{who} · {how}"
