"""One window on a virtual screen: where it is, how it looks, and what a person does to it with the mouse.

Knows frames and pixels. Must not know how a screen is made, nor which program has opened the window.
"""

import re
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

if TYPE_CHECKING:  # a screen finds windows, so it imports this
    from tests.screens import Screen


class Box(NamedTuple):
    """A rectangle of pixels on the screen; right and lower are just outside of it."""

    left: int
    upper: int
    right: int
    lower: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.right - self.left, self.lower - self.upper


class Window(NamedTuple):
    """A window with a frame, by its X number. Points are pixels from the upper left of what is in the frame."""

    screen: "Screen"
    number: int

    @property
    def title(self) -> str:
        """What the frame says."""
        return self.screen.windows().get(self.number, "")

    @property
    def viewable(self) -> bool:
        """Whether it is on the screen."""
        return "IsViewable" in self._information

    @property
    def box(self) -> Box:
        """Where it is, without its frame."""
        names = ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")
        found = [re.search(rf"{name}: +(-?\d+)", self._information) for name in names]
        left, upper, width, height = (int(value[1]) for value in found if value)
        return Box(left, upper, left + width, upper + height)

    def shot(self) -> Image.Image:
        """It as it is on the screen now, with what lies over it."""
        return self.screen.shot().crop(self.box)

    def focus(self) -> "Window":
        """Bring it to the front; it gets the keys once this returns."""
        self.screen.do("xdotool", "windowactivate", str(self.number))
        self.screen.wait(lambda: self.screen.focused == self.number, f"{self.title!r} had the focus")
        return self

    def resize(self, width: int, height: int) -> None:
        """As somebody who draws at its corner."""
        self.screen.do("xdotool", "windowsize", str(self.number), str(width), str(height))
        wanted = (width, height)
        self.screen.wait(lambda: self.box.size == wanted, f"{self.title!r} was {wanted} instead of {self.box.size}")

    def move(self, x: int, y: int) -> None:
        """Move the pointer there."""
        self.screen.point(x, y, window=self.number)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Click there."""
        self.screen.click(x, y, button, window=self.number)

    def scroll(self, x: int, y: int, notches: int) -> None:
        """Turn the wheel there, down or (below 0) up: to X it is the buttons 5 and 4."""
        self.screen.click(x, y, 5 if notches > 0 else 4, abs(notches), window=self.number)

    def double_click(self, x: int, y: int) -> None:
        """Click there twice."""
        self.screen.click(x, y, times=2, window=self.number)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press there, move, release here: what is between them is selected."""
        self.screen.drag(start, end, window=self.number)

    def close(self) -> None:
        """Ask the window manager to close it, as the cross in its frame does."""
        self.focus()
        self.screen.key("alt+F4")
        self.screen.wait(lambda: self.number not in self.screen.windows(), f"{self.title!r} was closed")

    @property
    def _information(self) -> str:
        return self.screen.ask("xwininfo", "-id", str(self.number))
