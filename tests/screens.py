"""A virtual screen, and what a person in front of it does: looks, presses keys, points, copies.

Knows xdotool and xclip, and how to wait. Must not know how a screen is made, nor which program has opened a window.
"""

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Literal, TypeVar
from unittest.mock import patch

import pytest
from PIL import Image, ImageGrab

from tests.programs import need
from tests.servers import PATIENCE
from tests.windows import Window
from tests.x_displays import LAYOUTS, Display, process, x_display

T = TypeVar("T")

KEYS: Final = frozenset(
    "".join(map(chr, range(0x20, 0x7F)))  # the layout us, and the first two levels of the layout ir
    + "۱۲۳۴۵۶۷۸۹۰٬٫﷼٪×،÷ضصثقفغعهخحجچشسیبلاتنمکگظطزرذدپوؤئيإأآة»«؛كژء؟ـ"
    + "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0653\u0654\u0670\u200c\u200d"
)
"""The characters that the keyboard has."""

_ROWS: Final = {"qwertyuiop": 24, "asdfghjkl": 38, "zxcvbnm": 52}
"""The X key codes at which the rows of a keyboard begin (evdev's codes and 8)."""
_PLACES: Final = {key: code + place for row, code in _ROWS.items() for place, key in enumerate(row)} | {
    "ctrl": 37,
    "shift": 50,
}
_DOUBLE_CLICK: Final = 0.6
"""Seconds: with half of one between them, Tk takes two clicks for a double click (its manual, bind(n))."""


class Screen:
    """A screen that is running. Everything that is waited for must come within ``patience`` seconds."""

    def __init__(self, display: Display, patience: float = PATIENCE) -> None:
        self.display = display
        self.folder = display.folder
        self.patience = patience
        self._environment = display.environment(display.folder)
        self._offers = ExitStack()
        self._clicked = ""
        self._clicked_at = 0.0
        self._kept = 0

    def ask(self, *command: str) -> str:
        """What a program of X answers; nothing if it fails, for what it is asked about may just have gone."""
        ended = self._run(command)
        return ended.stdout if ended.returncode == 0 else ""

    def do(self, *command: str, typed: str = "") -> None:
        """Let a program of X do something.

        Raises:
            AssertionError: it cannot.
        """
        ended = self._run(command, typed)
        assert ended.returncode == 0, f"{' '.join(command)}: {ended.stderr}"

    def wait(self, condition: Callable[[], T | None], what: str) -> T:
        """What this is, once it is something. ``what`` completes the sentence "waited in vain until ...".

        Raises:
            AssertionError: it is nothing after a long time; the message names a picture of the screen.
        """
        deadline = time.monotonic() + self.patience
        while not (found := condition()):
            assert time.monotonic() < deadline, self._in_vain(what)
            time.sleep(0.02)
        return found

    # Eyes

    def shot(self) -> Image.Image:
        """The whole screen as it is now."""
        with patch.dict(os.environ, XAUTHORITY=self._environment["XAUTHORITY"]):
            return ImageGrab.grab(xdisplay=self.display.name)

    def keep(self) -> Path:
        """Save the screen as it is now; the place is returned."""
        self._kept += 1
        path = self.folder / f"screen-{self._kept}.png"
        self.shot().save(path)
        return path

    def windows(self) -> dict[int, str]:
        """The windows with a frame: number and title, the oldest first."""
        listed = self.ask("xprop", "-root", "-notype", "_NET_CLIENT_LIST")
        numbers = [int(number, 16) for number in re.findall(r"0x[0-9a-f]+", listed)]
        return {number: self.ask("xdotool", "getwindowname", str(number)).removesuffix("\n") for number in numbers}

    def find(self, title: str) -> Window | None:
        """The window with this title (``re.search``; the newest of several), if it is on the screen now."""
        fitting = [Window(self, number) for number, name in self.windows().items() if re.search(title, name)]
        return next((window for window in reversed(fitting) if window.viewable), None)

    def window(self, title: str) -> Window:
        """The same, once it is there."""
        return self.wait(lambda: self.find(title), f"a window {title!r} was there")

    @property
    def focused(self) -> int:
        """The number of the window that gets the keys; 0 if none does."""
        return int(self.ask("xdotool", "getactivewindow") or 0)

    # The keyboard

    def type(self, text: str) -> None:
        """Press the keys of this text, on a keyboard that is switched between English and Persian where it must be.

        Raises:
            AssertionError: there is no key for a character. xdotool would change the keyboard while it types, and
                programs that have not heard of it yet would lose letters.
        """
        assert set(text) <= KEYS, f"no key for {sorted(set(text) - KEYS)}: let it be pasted"
        self.do("xdotool", "type", "--delay", "2", "--file", "-", typed=text)

    def key(self, *chords: str) -> None:
        """Press keys by their X names, one after the other, such as ``Return`` or ``ctrl+shift+Left``."""
        self.do("xdotool", "key", "--delay", "2", *chords)

    def enter(self, line: str) -> None:
        """A line and the Return key."""
        self.type(line)
        self.key("Return")

    def key_in_persian(self, chord: str) -> None:
        """The same places on a keyboard that is switched to Persian: ``ctrl+c`` arrives as Control and U+0632.

        Letters, ``ctrl`` and ``shift`` only.
        """
        self.do("setxkbmap", "-layout", "ir")
        self.key("+".join(str(_PLACES[key]) for key in chord.split("+")))
        self.do("setxkbmap", "-layout", LAYOUTS)

    # The mouse

    def point(self, x: int, y: int, *then: str, window: int = 0) -> None:
        """Move the pointer there, in a window or on the screen; then do what else xdotool is told."""
        inside = ("--window", str(window)) if window else ()
        self.do("xdotool", "mousemove", *inside, str(x), str(y), *then)

    def click(self, x: int, y: int, button: int = 1, times: int = 1, window: int = 0) -> None:
        """Click there; clicking the same place again later never makes a double click of it."""
        self.point(x, y, window=window)
        place = self.ask("xdotool", "getmouselocation")
        if place == self._clicked:
            time.sleep(max(0.0, self._clicked_at + _DOUBLE_CLICK - time.monotonic()))
        self.do("xdotool", "click", "--repeat", str(times), "--delay", "40", str(button))
        self._clicked, self._clicked_at = place, time.monotonic()

    def drag(self, start: tuple[int, int], end: tuple[int, int], window: int = 0) -> None:
        """Press at one place, in a window or on the screen, and let go at the other."""
        inside = ("--window", str(window)) if window else ()
        there = ("mousemove", *inside, *map(str, end))
        self.point(*start, "mousedown", "1", *there, "mouseup", "1", window=window)

    # The clipboard

    def selection(self, name: str = "clipboard") -> str:
        """What a program would paste: the ``clipboard``, or what is selected (``primary``). Empty if there is nothing."""
        return self.ask("xclip", "-out", "-selection", name, "-target", "UTF8_STRING")

    def copy(self, text: str, name: str = "clipboard") -> None:
        """As another program copies."""
        command = ["xclip", "-quiet", "-selection", name]
        with (self.folder / "copied").open("w+", encoding="utf-8") as file:
            file.write(text)
            file.seek(0)
            self._offers.enter_context(
                process(command, self._environment, self.folder / "xclip.log", stdin=file.fileno())
            )
        self.wait(lambda: self.selection(name) == text, f"{text!r} could be pasted")

    def take_back(self) -> None:
        """What has been copied cannot be pasted any more."""
        self._offers.close()

    def clear(self) -> None:
        """As it was in the beginning: nothing to paste, the pointer in a corner.

        Raises:
            AssertionError: a window is still there.
        """
        self.take_back()
        self.point(0, 0)
        self.wait(lambda: not self.windows(), "all windows were closed")

    def _in_vain(self, what: str) -> str:
        titles = ", ".join(map(repr, self.windows().values())) or "none"
        return f"waited in vain until {what}; the windows: {titles}; the screen: {self.keep()}"

    def _run(self, command: Sequence[str], typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            input=typed,
            env=self._environment,
            capture_output=True,
            encoding="utf-8",
            timeout=self.patience,
            check=False,
        )


@contextmanager
def virtual_screen(folder: Path, width: int = 1000, height: int = 700) -> Iterator[Screen]:
    """A screen of so many pixels until the end of the block. Its pictures and logs are in the folder.

    Skips the test, or fails it in CI, if something that it is made of is not installed.
    """
    need("xdotool", "xclip", "xprop", "xwininfo")
    with x_display(folder, width, height) as display:
        screen = Screen(display)
        try:
            yield screen
        finally:
            screen.take_back()


def screen_fixture(scope: Literal["function", "module"] = "module") -> object:
    """A virtual screen for tests: what this returns becomes a fixture of the module that calls it ``screen``."""

    @pytest.fixture(scope=scope)
    def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
        with virtual_screen(tmp_path_factory.mktemp("screen")) as opened:
            yield opened

    return screen
