"""Text as this Tk has to be given it, for labels, lists, titles and menus: one line, drawn from left to right.

Knows whether Tk joins and orders Persian letters by itself, which is found out once. Must not know what is said, or where it
is shown. Text is given to it as late as possible: what comes out of it can neither be compared nor copied.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from chatd.wire.phrases import holds_right_to_left
from clients.gui.text.bidi import CONTROLS, Direction, base_direction
from clients.gui.text.paragraph import layout

_UNLIMITED: Final = 1 << 30
_ELLIPSIS: Final = "…"

_by_tk: Final = [False]


def configure(shapes: bool) -> None:
    """Say whether Tk shapes by itself (:func:`clients.gui.text.probe.shapes_by_itself`); until then it is taken not to."""
    _by_tk[0] = shapes
    _ordered.cache_clear()


def is_shaped_by_tk() -> bool:
    """Whether Tk is given text as it is read."""
    return _by_tk[0]


def needs_help(text: str) -> bool:
    """Whether what Tk draws of ``text`` cannot be read as it is."""
    return not is_shaped_by_tk() and holds_right_to_left(text)


def drawn(text: str, direction: Direction | None = None) -> str:
    """``text`` as Tk is given it. ``direction``: of the line; that of its first letter, if it is not said. Never raises."""
    if text.isascii():
        return text
    if is_shaped_by_tk():
        return CONTROLS.sub("", text)
    return _ordered(text, direction)


def fitted(text: str, width: int, measure: Callable[[str], int], direction: Direction | None = None) -> str:
    """The same in at most ``width`` pixels: an ellipsis stands for the end that does not fit."""
    whole = drawn(text, direction)
    if measure(whole) <= width:
        return whole
    base = direction or base_direction(text, Direction.LTR)
    fewest, most = 0, len(text)
    while fewest < most:
        middle = (fewest + most + 1) // 2
        if measure(drawn(_cut(text, middle), base)) <= width:
            fewest = middle
        else:
            most = middle - 1
    return drawn(_cut(text, fewest), base)


def _cut(text: str, length: int) -> str:
    return CONTROLS.sub("", text[:length]).rstrip() + _ELLIPSIS


@lru_cache(maxsize=4096)
def _ordered(text: str, direction: Direction | None) -> str:
    base = direction or base_direction(text, Direction.LTR)
    lines = layout((("", text),), base, _UNLIMITED, lambda _text, _style: 0)
    return "".join(run.text for line in lines for run in line.runs)
