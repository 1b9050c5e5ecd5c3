"""The window of somebody who chats: what can be read in it, and what its person does there with keys and mouse.

Knows where the parts of ``clients.gui`` are in a running program. Must not know what is said, nor who else is there.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Final, NamedTuple

from clients.gui.text.drawn import drawn
from tests.apps import App, app
from tests.screens import Screen
from tests.servers import HOST, Server
from tests.windows import Box, Window

SIZE: Final = (900, 600)
LOG: Final = r"logview\d*\.!text$"
INPUT: Final = r"inputline\.!frame\.!text$"
PEOPLE: Final = r"peoplelist\."
ROOMS: Final = r"roomlist\."
"""Paths of parts of the window, to be searched for."""

_LOOK: Final = r"""
set ::seen {}
proc ::note {widget text left top width height} {
    lappend ::seen [join [list $widget $text $left $top [expr {$left + $width}] [expr {$top + $height}]] \x1f]
}
proc ::look {widget} {
    if {![winfo viewable $widget]} return
    set left [winfo rootx $widget]
    set top [winfo rooty $widget]
    set text ""
    switch [winfo class $widget] {
        TLabel - TButton - TCheckbutton - TRadiobutton { set text [$widget cget -text] }
        TEntry { if {[$widget cget -show] eq ""} { set text [$widget get] } }
        Text { set text [$widget get @0,0 @[winfo width $widget],[winfo height $widget]] }
        Menu {
            set last [$widget index end]
            for {set entry 0} {$entry <= $last} {incr entry} {
                if {[$widget type $entry] eq "separator"} continue
                set y [expr {$top + [$widget yposition $entry]}]
                ::note $widget [$widget entrycget $entry -label] $left $y [winfo width $widget] 20
            }
        }
        Canvas {
            foreach item [$widget find all] {
                if {[$widget type $item] ne "text"} continue
                lassign [$widget bbox $item] l t r b
                set x [expr {$left + $l - int([$widget canvasx 0])}]
                set y [expr {$top + $t - int([$widget canvasy 0])}]
                ::note $widget [$widget itemcget $item -text] $x $y [expr {$r - $l}] [expr {$b - $t}]
            }
        }
    }
    ::note $widget $text $left $top [winfo width $widget] [winfo height $widget]
    foreach child [winfo children $widget] { ::look $child }
}
::look .
join $::seen \x1e
"""


class Seen(NamedTuple):
    """Something in a window: a widget, or a text on a canvas."""

    widget: str
    """Its path, made of the names of its classes."""
    text: str
    """As it is drawn; of a log, what can be seen of it."""
    box: Box
    """Where it is on the screen."""


@dataclass(frozen=True)
class ChatWindow:
    """One window of a program that is running."""

    app: App
    window: Window
    _turns: Iterator[int] = field(default_factory=lambda: cycle((2, 3)), repr=False)
    """Two places, so that one need not be waited for until a click there is no double click."""

    @property
    def screen(self) -> Screen:
        """The screen that it is on."""
        return self.window.screen

    # Eyes

    def look(self) -> list[Seen]:
        """All that can be seen now."""
        records = (record.split("\x1f") for record in self.app.inspect(_LOOK).split("\x1e"))
        return [Seen(widget, text, Box(*map(int, edges))) for widget, text, *edges in records]

    @property
    def words(self) -> str:
        """All that is written around the log, as it is drawn, in one line."""
        seen = self.look()
        return " ".join(" ".join(one.text for one in seen if not one.widget.endswith("text")).split())

    def reads(self, *sentences: str) -> None:
        """Wait until these stand somewhere around the log."""
        self.screen.wait(
            lambda: (words := self.words) and all(drawn(sentence) in words for sentence in sentences),
            f"{sentences} stood there",
        )

    @property
    def log(self) -> str:
        """Everything in the log, as its person copies it: a click into it, Ctrl-A, Ctrl-C; and back to the input line."""
        self.focus_log()
        self.screen.key("ctrl+a", "ctrl+c")
        copied = self.screen.wait(self.screen.selection, "something was copied")
        self.screen.key("Escape")
        return copied

    def sees(self, *said: str) -> str:
        """Wait until all of these stand in the log, in any order; what stands there is returned."""
        return self.screen.wait(
            lambda: log if all(one in (log := self.log) for one in said) else "", f"{said} stood in the log"
        )

    @property
    def draft(self) -> str:
        """What is typed and not sent."""
        return self.part(INPUT).text

    def part(self, widget: str) -> Seen:
        """The widget with such a path (``re.search``), once it can be seen."""
        return self.screen.wait(lambda: self._first(widget), f"{widget!r} was there")

    def find(self, text: str, widget: str = "") -> Box:
        """Where this is written, in a widget with such a path, once it is."""
        return self.screen.wait(
            lambda: next(
                (one.box for one in self.look() if one.text == drawn(text) and re.search(widget, one.widget)), None
            ),
            f"{text!r} stood there",
        )

    def drawn_at(self, word: str) -> Box:
        """Where this word is drawn in the log, on the screen; the last one of several."""
        shape = drawn(word)
        log = self.part(LOG)
        script = f"""
            set first [{log.widget} search -backwards -- {{{shape}}} end]
            set last [{log.widget} index "$first + {len(shape) - 1} chars"]
            concat [{log.widget} bbox $first] [{log.widget} bbox $last]
        """
        left, top, _, height, x, _, width, _ = map(int, self.app.inspect(script).split())
        return Box(log.box.left + left, log.box.upper + top, log.box.left + x + width, log.box.upper + top + height)

    # Hands

    def enter(self, line: str) -> None:
        """Type a line into the input line, and send it."""
        self.screen.enter(line)

    def fill_in(self, *values: str) -> None:
        """Type one into each field, from the one with the cursor on, in place of what stands there."""
        for place, value in enumerate(values):
            if place:
                self.screen.key("Tab")
            self.screen.type(value)

    def click(self, text: str, widget: str = "", times: int = 1, button: int = 1) -> None:
        """Click on what is written there."""
        box = self.find(text, widget)
        self.screen.click(*middle(box), button=button, times=times)

    def focus_log(self) -> None:
        """Click into the log, beside what is written."""
        box = self.part(LOG).box
        self.screen.click(box.left + 2, (box.upper + box.lower) // next(self._turns))

    def _first(self, widget: str) -> Seen | None:
        return next((one for one in self.look() if re.search(widget, one.widget)), None)


def middle(box: Box) -> tuple[int, int]:
    """The point in the middle of it."""
    return (box.left + box.right) // 2, (box.upper + box.lower) // 2


@contextmanager
def login_window(screen: Screen, home: Path, *options: str) -> Iterator[ChatWindow]:
    """Somebody who is asked for a server and a name."""
    with app(screen, home, *options) as program:
        yield ChatWindow(program, program.window("^Log in - chatd$"))


@contextmanager
def chat_window(
    screen: Screen, server: Server, home: Path, name: str = "ali", *options: str, size: tuple[int, int] = SIZE
) -> Iterator[ChatWindow]:
    """Somebody who has joined by the command line, with a window of this size in the corner of the screen."""
    remember(home, geometry=f"{size[0]}x{size[1]}+0+0")
    with app(screen, home, *options, f"{name}@{HOST}:{server.port}") as program:
        yield ChatWindow(program, program.window("#lobby"))


def remember(home: Path, **kept: object) -> None:
    """Let a person with this home have made these choices in an earlier run."""
    file = home / ".config" / "chatd" / "window.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept), "utf-8")
