"""What is typed, drawn as it is read, over a Tk text that would show Persian letters one by one from left to right.

The text below keeps the keyboard, what can be undone, the clipboard; this draws its letters, its cursor and its selection, and
moves its cursor to where somebody points. Must not know what is typed for.
"""

import tkinter
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from clients.gui.fonts import Fonts
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import is_shaped_by_tk, needs_help
from clients.gui.text.links import running_direction
from clients.gui.text.typed_text import SELECTED, TypedText
from clients.gui.theme import Theme

_BLINK: Final = 600
"""Milliseconds."""
_WIDTHS_KEPT: Final = 1 << 14


class Overlay(tkinter.Canvas):
    """Covers ``text`` while that holds something that Tk does not draw as it is read."""

    def __init__(
        self,
        text: tkinter.Text,
        theme: Theme,
        fonts: Fonts,
        default: Direction,
        margin: int,
        *,
        on_paste: Callable[[str], object],
    ) -> None:
        """``on_paste``: what is selected elsewhere is wanted at this index of ``text``."""
        super().__init__(text.master, highlightthickness=0, borderwidth=0, cursor="xterm", takefocus=False)
        self._text, self._theme, self._fonts, self._default, self._margin = text, theme, fonts, default, margin
        self._top = 0
        self._on_paste = on_paste
        self._measure = self._measured()
        self._last: TypedText | None = None
        self._blinking: str | None = None
        self._lit = True
        for event in ("<Button-1>", "<B1-Motion>"):
            self.bind(event, self._point)
        self.bind("<Double-Button-1>", self._word)
        self.bind("<Button-2>", self._paste)
        self.bind("<Configure>", lambda _: self.draw())
        self.bind("<Destroy>", lambda _: self._rest())

    @property
    def needed(self) -> bool:
        """Whether what is typed has to be drawn here: also as long as nothing but the window's language says where to begin."""
        text = self._text.get("1.0", "end-1c")
        if is_shaped_by_tk() or self._default is Direction.LTR:
            return needs_help(text)
        return needs_help(text) or any(_begins_at_the_right(line) for line in text.split("\n"))

    @property
    def lines(self) -> int:
        """As many lines are drawn."""
        return len(self._typed.lines)

    @property
    def right_to_left(self) -> bool:
        """Whether the line with the cursor runs to the left, so that the arrow keys have to as well."""
        if not self.needed:
            return False
        typed = self._typed
        return typed.lines[typed.cursor(self._place("insert"))[0]].direction is Direction.RTL

    def follow(self) -> None:
        """The text, its cursor or its selection may be another: cover it, or uncover it."""
        if self.needed:
            if not self.winfo_ismapped():
                self.place(in_=self._text, x=0, y=0, relwidth=1, relheight=1, bordermode="outside")
                tkinter.Misc.tkraise(self)  # a canvas has another method of this name
            self._lit = True
            self.draw()
            self._blink()
        else:
            self.place_forget()
            self._rest()

    def fonts_changed(self) -> None:
        """Take on other sizes."""
        self._measure, self._last = self._measured(), None
        self.follow()

    def apply_theme(self, theme: Theme) -> None:
        """Take on other colours."""
        self._theme = theme
        self.draw()

    def draw(self) -> None:
        """Draw what can be seen of it."""
        self.delete("all")
        self.configure(background=self._theme.background)
        typed, height = self._typed, self._line_height
        number, x = typed.cursor(self._place("insert"))
        visible = max(1, self.winfo_height() // height)
        self._top = max(min(self._top, number, len(typed.lines) - visible), number - visible + 1, 0)
        for row, line in enumerate(typed.lines[self._top : self._top + visible + 1]):
            left, top = self._margin + typed.left_edge(line), self._margin // 2 + row * height
            for run in line.drawn.runs:
                width = self._measure(run.text)
                if run.style == SELECTED:
                    self.create_rectangle(left, top, left + width, top + height, width=0, fill=self._theme.selection)
                self.create_text(
                    left, top, text=run.text, font=self._fonts.text, fill=self._theme.text, anchor="nw", tags="typed"
                )
                left += width
        top, x = self._margin // 2 + (number - self._top) * height, x + self._margin
        self.create_rectangle(x - 1, top, x + 1, top + height, width=0, fill=self._theme.text, tags="cursor")
        self._show_cursor()

    @property
    def _typed(self) -> TypedText:
        text = self._text.get("1.0", "end-1c")
        chosen = self._text.tag_ranges("sel")
        selected = (self._place(str(chosen[0])), self._place(str(chosen[1]))) if chosen else (0, 0)
        width = max(self._text.winfo_width() - 2 * self._margin, 1)
        typed = TypedText(text, self._default, width, self._measure, selected)
        if self._last is None or typed != self._last:
            self._last = typed.after(self._last)
        return self._last

    def _measured(self) -> Callable[[str], int]:
        """How wide a text is, which is remembered as long as the sizes are the same."""
        return lru_cache(_WIDTHS_KEPT)(self._fonts.text.measure)

    @property
    def _line_height(self) -> int:
        return int(self._fonts.text.metrics("linespace"))

    def _place(self, index: str) -> int:
        """The number of characters before an index of the text."""
        return len(self._text.get("1.0", index))

    def _pointed(self, event: "tkinter.Event[tkinter.Canvas]") -> str:
        number = self._top + (event.y - self._margin // 2) // self._line_height
        return f"1.0+{self._typed.place(number, event.x - self._margin)}c"

    def _point(self, event: "tkinter.Event[tkinter.Canvas]") -> None:
        """Put the cursor there; with the button held, select up to there from where it was pressed."""
        index = self._pointed(event)
        if event.type is tkinter.EventType.ButtonPress:
            self._text.focus_set()
            self._text.mark_set("pressed", index)
        self._text.mark_set("insert", index)
        self._select("pressed", index)

    def _word(self, event: "tkinter.Event[tkinter.Canvas]") -> None:
        index = self._pointed(event)
        self._select(f"{index} wordstart", f"{index} wordend")

    def _select(self, one: str, other: str) -> None:
        self._text.tag_remove("sel", "1.0", "end")
        first, last = (one, other) if self._text.compare(one, "<=", other) else (other, one)
        self._text.tag_add("sel", first, last)
        self.follow()

    def _paste(self, event: "tkinter.Event[tkinter.Canvas]") -> None:
        self._on_paste(self._pointed(event))

    def _blink(self) -> None:
        self._rest()
        self._blinking = self.after(_BLINK, self._turn)

    def _turn(self) -> None:
        self._lit = not self._lit
        self._show_cursor()
        self._blink()

    def _show_cursor(self) -> None:
        shown = self._lit and self._text.focus_displayof() is self._text
        self.itemconfigure("cursor", state="normal" if shown else "hidden")

    def _rest(self) -> None:
        if self._blinking is not None:
            self.after_cancel(self._blinking)
            self._blinking = None


def _begins_at_the_right(line: str) -> bool:
    """In a window whose language does."""
    return running_direction(line, Direction.RTL) is Direction.RTL
