"""Addresses that are clicked: the browser is started beside the window, and what becomes of it is told in the window.

Knows Tk's timers and threads. Must not know what an address looks like, or where it stood.
"""

import tkinter
from collections.abc import Callable
from threading import Thread
from typing import Final

from clients.gui.log.links import open_link
from clients.gui.text.links import Link

_ASKING: Final = 100
"""Milliseconds between two looks whether the browser has started."""


class Opening:
    """Starts browsers. ``failed`` is called in the window's thread when there is none, or it does not start."""

    def __init__(self, widget: tkinter.Misc, failed: Callable[[], None]) -> None:
        self._widget = widget
        self._failed = failed
        self._started: list[tuple[Thread, list[bool]]] = []
        self._timer: str | None = None

    def open(self, link: Link) -> None:
        """Show a page; returns at once."""
        failures: list[bool] = []
        self._started.append((open_link(link.url, lambda: failures.append(True)), failures))
        if self._timer is None:
            self._ask()

    def stop(self) -> None:
        """Tell nothing any more."""
        if self._timer:
            self._widget.after_cancel(self._timer)
            self._timer = None

    def _ask(self) -> None:
        """The threads must not touch the window: they are looked at now and then."""
        ended = [started for started in self._started if not started[0].is_alive()]
        self._started = [started for started in self._started if started not in ended]
        self._timer = self._widget.after(_ASKING, self._ask) if self._started else None
        for _, failures in ended:
            if failures:
                self._failed()
