"""Where windows stand on the screen, and how large they are. Must not know what is in them."""

import re
import tkinter
from typing import Final

SMALLEST: Final = (560, 420)
"""Width and height in pixels at which the main window can still be used."""
USUAL: Final = (1000, 700)
_EDGE: Final = 40
"""Pixels that the lower edge of the screen keeps, for a bar that may be there."""
_SEEN: Final = 100
"""As many pixels of a window have to be on the screen, or it could not be found."""
_GEOMETRY: Final = re.compile(r"(\d+)x(\d+)([+-]-?\d+)([+-]-?\d+)")


def empty(root: tkinter.Tk, but: tkinter.Misc | None = None) -> None:
    """Take everything out of the window ``but`` this, and what its keys did, so that another one can be made in it."""
    for child in root.winfo_children():
        if child is not but:
            child.destroy()
    for sequence in root.bind():
        root.unbind(sequence)


def centre(root: tkinter.Tk) -> None:
    """Put the window, as large as it wants to be, into the middle of the screen; from there it grows with its content.

    :func:`keep_whole` has to be told when that has changed.
    """
    root.minsize(1, 1)
    root.geometry("")
    root.update_idletasks()
    width, height = root.winfo_reqwidth(), root.winfo_reqheight()
    root.minsize(width, 1)
    left, top = (root.winfo_screenwidth() - width) // 2, (root.winfo_screenheight() - height) // 3
    root.geometry(f"+{max(left, 0)}+{max(top, 0)}")


def keep_whole(root: tkinter.Tk) -> None:
    """Keep the window as high as what is in it, also for somebody who makes it smaller, if the screen is; and on the screen."""
    width, least = root.minsize()
    needed = max(1, min(root.winfo_reqheight(), root.winfo_screenheight() - _EDGE))
    if needed != least:
        root.minsize(width, needed)
    _stay_on_screen(root)


def _stay_on_screen(root: tkinter.Tk) -> None:
    """A window that has grown beyond the lower edge of the screen moves up."""
    beyond = root.winfo_rooty() + root.winfo_reqheight() + _EDGE - root.winfo_screenheight()
    if beyond > 0 and root.winfo_y() > 0:
        root.geometry(f"+{root.winfo_x()}+{max(root.winfo_y() - beyond, 0)}")


def place_main(root: tkinter.Tk, kept: str) -> None:
    """Give the main window its place: that of the last time, if it can be seen there, else the middle of the screen."""
    root.minsize(*SMALLEST)
    screen = root.winfo_screenwidth(), root.winfo_screenheight()
    root.geometry(kept if is_seen(kept, *screen) else in_the_middle(*screen))


def is_seen(geometry: str, width: int, height: int) -> bool:
    """Whether a window of this geometry, as Tk writes it, can be found and moved on a screen of this size."""
    found = _GEOMETRY.fullmatch(geometry)
    if found is None:
        return False
    wide, left, top = int(found[1]), int(found[3].replace("+-", "-")), int(found[4].replace("+-", "-"))
    return left + wide >= _SEEN and left <= width - _SEEN and 0 <= top <= height - _SEEN


def in_the_middle(width: int, height: int) -> str:
    """The geometry of a main window in the middle of a screen of this size; its title and a bar have room above and below."""
    wide, high = min(USUAL[0], width), min(USUAL[1], height - 2 * _EDGE)
    return f"{wide}x{high}+{(width - wide) // 2}+{(height - high) // 2}"
