"""Parts of the login window that only stand there. Must not know what is typed."""

import tkinter
from collections.abc import Callable, Iterable
from tkinter import ttk
from typing import Any, Final

from chatd.languages import Language
from clients.gui.fonts import Fonts
from clients.gui.sentence import Sentence, near
from clients.gui.text.drawn import drawn
from clients.gui.theme import Theme
from clients.wording import language, say

MARGIN: Final = 32
"""Pixels around everything,"""
STEP: Final = 16
"""between parts,"""
HALF: Final = 8
"""and between what belongs together."""
_INDICATOR: Final = 14
_TICK: Final = 12
"""Milliseconds between two steps of what moves."""


def add_styles(widget: tkinter.Misc, theme: Theme) -> None:
    """Make the styles ``Near.TCheckbutton`` and ``Near.TRadiobutton``: what is ticked stands where a line begins.

    And ``Thin.Horizontal.TProgressbar``.
    """
    style = ttk.Style(widget)
    _style_progress(style, theme)
    margin = (HALF, 0, 0, 0) if language().right_to_left else (0, 0, HALF, 0)
    for kind in ("TCheckbutton", "TRadiobutton"):
        style.configure(f"Near.{kind}", indicatormargin=margin, indicatorsize=_INDICATOR, padding=(0, 4))
        layout: Any = style.layout(kind)
        near_side: Any = _mirrored(layout) if language().right_to_left else layout
        style.layout(f"Near.{kind}", near_side)


def _style_progress(style: ttk.Style, theme: Theme) -> None:
    style.configure(
        "Thin.Horizontal.TProgressbar",
        thickness=4,
        background=theme.accent,
        troughcolor=theme.border,
        bordercolor=theme.border,
        lightcolor=theme.accent,
        darkcolor=theme.accent,
        borderwidth=0,
    )


def _mirrored(layout: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    other = {"left": "right", "right": "left", "w": "e", "e": "w"}
    return [
        (
            element,
            {
                option: _mirrored(value) if option == "children" else other.get(value, value)
                for option, value in options.items()
            },
        )
        for element, options in layout
    ]


class Heading(ttk.Frame):
    """What program this is, and the other languages, each in its own letters."""

    def __init__(
        self,
        master: tkinter.Misc,
        theme: Theme,
        languages: Iterable[Language],
        choose: Callable[[str], None],
    ) -> None:
        super().__init__(master)
        mirrored = language().right_to_left
        start, end = ("right", "left") if mirrored else ("left", "right")
        _bubble(self, theme, mirrored).pack(side=start)  # type: ignore[arg-type]
        words = ttk.Frame(self)
        words.pack(side=start, padx=STEP)  # type: ignore[arg-type]
        ttk.Label(words, text="chatd", style="Title.TLabel", anchor=near()).pack(fill="x")
        ttk.Label(words, text=drawn(say("Join a conversation")), style="Dim.TLabel", anchor=near()).pack(fill="x")
        for other in languages:
            button = ttk.Button(self, text=drawn(other.name), style="Flat.TButton", takefocus=False)
            button.configure(command=lambda code=other.code: choose(code))  # type: ignore[misc]
            button.pack(side=end, anchor="n")  # type: ignore[arg-type]


class Progress(ttk.Frame):
    """What is seen while something is being done, and the way out of it."""

    def __init__(self, master: tkinter.Misc, fonts: Fonts, width: int, cancel: Callable[[], None]) -> None:
        super().__init__(master)
        self.columnconfigure(0, weight=1)
        self._words = Sentence(self, fonts.small, width=width, style="Busy.TLabel")
        self._words.put(0)
        self._bar = ttk.Progressbar(self, mode="indeterminate", style="Thin.Horizontal.TProgressbar")
        self._bar.grid(row=1, column=0, sticky="ew", pady=(HALF, STEP))
        self._cancel = ttk.Button(self, text=drawn(say("Cancel")), command=cancel)
        self._cancel.grid(row=2, column=0, sticky="ew")

    def tell(self, sentence: str) -> None:
        """Say what is being done."""
        self._words.tell(sentence)

    def start(self) -> None:
        """It has begun."""
        self.grid()
        self._bar.start(_TICK)
        self._cancel.focus_set()

    def stop(self) -> None:
        """It is over."""
        self._bar.stop()
        self.grid_remove()


def _bubble(master: tkinter.Misc, theme: Theme, mirrored: bool) -> tkinter.Canvas:
    """A speech bubble, whose tail is where one's own language begins."""
    canvas = tkinter.Canvas(
        master, width=46, height=42, highlightthickness=0, background=theme.surface, borderwidth=0, takefocus=False
    )
    corners = (3, 3, 43, 3, 43, 31, 3, 31)
    canvas.create_polygon(*_rounded(*corners, radius=11), smooth=True, fill=theme.accent)
    tail = (34, 28, 37, 40, 22, 28) if mirrored else (12, 28, 9, 40, 24, 28)
    canvas.create_polygon(*tail, fill=theme.accent)
    for middle in (14, 23, 32):
        canvas.create_oval(middle - 2.5, 14.5, middle + 2.5, 19.5, fill=theme.on_accent, width=0)
    return canvas


def _rounded(*corners: float, radius: float) -> list[float]:
    """A rectangle's corners, doubled where an edge ends, so that a smooth polygon is straight between them."""
    left, top, right, bottom = corners[0], corners[1], corners[2], corners[5]
    points = []
    for x, y, dx, dy in (
        (left, top, 1, 1),
        (right, top, -1, 1),
        (right, bottom, -1, -1),
        (left, bottom, 1, -1),
    ):
        along, down = (x + dx * radius, y), (x, y + dy * radius)
        first, last = (down, along) if dx * dy > 0 else (along, down)
        points += [*first, *first, x, y, *last, *last]
    return points
