"""The log of one conversation: what was said in it, as it is read.

Knows the parts it is made of, and what they tell each other. Must not know conversations, the network, or how things are drawn.
"""

import tkinter
from collections.abc import Callable, Sequence
from tkinter import ttk
from typing import Final

from clients.gui.fonts import Fonts
from clients.gui.log.below import Below
from clients.gui.log.copying import Copying
from clients.gui.log.drawing import Drawing
from clients.gui.log.keys import Keys
from clients.gui.log.menu import Choices, LogMenu
from clients.gui.log.opening import Opening
from clients.gui.log.page import Block, Page
from clients.gui.log.pointer import Pointer, Wishes
from clients.gui.log.points import Points
from clients.gui.log.rows import Sheet, counts_halves
from clients.gui.log.selection import Position, Span
from clients.gui.log.styles import INDENT, MARGIN, Styles
from clients.gui.log.words import no_browser, unread
from clients.gui.model.paragraphs import Kind, Paragraph
from clients.gui.text.drawn import is_shaped_by_tk
from clients.gui.text.links import Link
from clients.gui.theme import Theme
from clients.wording import language

_SETTLING: Final = 100
"""Milliseconds after which a change of the width is taken to be over."""
_NARROWEST: Final = 40


class LogView(ttk.Frame):
    """Shows paragraphs. It follows their end, unless one reads further up: then nothing moves, whatever is added."""

    def __init__(
        self,
        master: tkinter.Misc,
        theme: Theme,
        fonts: Fonts,
        *,
        on_typed: Callable[["tkinter.Event[tkinter.Misc]"], None],
        on_end_reached: Callable[[], None] = lambda: None,
    ) -> None:
        """An empty log.

        Args:
            master: where it is.
            theme: its colours until :meth:`apply_theme`.
            fonts: its letters; tell :meth:`fonts_changed` when their size has changed.
            on_typed: is given the event when a key that writes something is pressed while the log has the focus.
            on_end_reached: called when the person has come to the end from further up.
        """
        super().__init__(master)
        self._on_end_reached = on_end_reached
        self._mark: int | None = None
        self._mark_wanted = False
        self._settling: str | None = None
        self._text = self._make_text(fonts)
        self._styles = Styles(self._text, theme, fonts)
        self._page = Page(self._text, self._styles)
        self._points = Points(self._page)
        self._drawing = Drawing(self._page, self._sheet)
        self._copying = Copying(self._text, self.selected_text, lambda: self._page.select(None))
        self._opening = Opening(self, lambda: self.append([no_browser()]))
        self._below = Below(self._text, self.to_end)
        choices = Choices(self.copy, self.select_all, self._opening.open, self._copy_link)
        self._menu = LogMenu(self._text, choices, theme, fonts)
        self._pointer = Pointer(self._page, Wishes(self._scrolled, self._copying.offer, self._opening.open, self._ask))
        self._keys = Keys(self._text, self._moves(), {"a": self.select_all, "c": self.copy}, on_typed)
        self._listen()

    # What is shown

    def append(self, paragraphs: Sequence[Paragraph]) -> None:
        """Add these below all others but those that wait. Returns at once: they are drawn when there is time."""
        blocks = [Block(paragraph) for paragraph in paragraphs]
        if blocks and self._mark_wanted:
            self._mark_wanted = False
            self._mark = self._drawing.add([Block(unread(), is_text=False)])[0]
        self._drawing.add(blocks)
        if not self.at_end:
            self._below.add(sum(paragraph.kind is not Kind.RULE for paragraph in paragraphs))

    def set_pending(self, paragraphs: Sequence[Paragraph]) -> None:
        """Let these be all that waits for the server: they stay below everything else."""
        self._drawing.let_wait([Block(paragraph) for paragraph in paragraphs])

    def mark_unread(self) -> None:
        """Put a rule before the next paragraph that is added, to tell where reading stopped.

        One that stands already stays where it is.
        """
        self._mark_wanted = self._mark is None

    def clear_mark(self) -> None:
        """Take that rule away; none is put any more."""
        self._mark_wanted = False
        if self._mark is not None:
            self._page.hide(self._mark)
            self._mark = None
            self._drawing.hold()

    @property
    def is_drawn(self) -> bool:
        """Whether everything that was added is drawn, and for the size that the log now has."""
        return self._settling is None and not self._drawing.is_busy

    # Where one reads

    @property
    def at_end(self) -> bool:
        """Whether the end is followed: the last line can be seen, or will be as soon as it is drawn."""
        return self._drawing.place is None

    def to_end(self) -> None:
        """Go to the end, and follow it."""
        self._text.see("end")
        self._scrolled()

    def to_top(self) -> None:
        """Go to the oldest paragraph."""
        self._text.yview_moveto(0)
        self._scrolled()

    def scroll(self, number: int, what: str = "pages") -> None:
        """So many ``pages``, ``units`` (lines) or ``pixels`` down; up if it is negative."""
        self._text.yview_scroll(number, what)  # type: ignore[call-overload]
        self._scrolled()

    # Selecting and copying

    def selected_text(self) -> str:
        """What is selected, as it was written; empty if nothing is."""
        return self._page.selected_text()

    def select_all(self) -> None:
        """Select everything that was said."""
        self._page.select(Span(Position(self._page.first, 0), self._page.end))
        self._copying.offer()

    def copy(self) -> None:
        """Put what is selected on the clipboard, if anything is."""
        self._copying.copy_selected()

    # Looks

    def apply_theme(self, theme: Theme) -> None:
        """Take on other colours."""
        self._styles.apply(theme)
        self._menu.theme = theme

    def fonts_changed(self) -> None:
        """Draw with the sizes that the fonts have now."""
        self._styles.forget_widths()
        self._drawing.start()

    @property
    def keyboard(self) -> tkinter.Misc:
        """What is given the keyboard: it scrolls and copies, and what is typed goes to ``on_typed``."""
        return self._text

    # Its parts

    def _make_text(self, fonts: Fonts) -> tkinter.Text:
        text = tkinter.Text(self, width=1, height=1, font=fonts.text, borderwidth=0, highlightthickness=0)
        # Nothing can be typed into it: it is left without the bindings of its class. State "disabled" would have to be
        # lifted for each change, and each time everything is drawn anew.
        text.configure(padx=0, pady=0, insertwidth=0, exportselection=False, undo=False, cursor="xterm")
        text.bindtags((str(text), str(text.winfo_toplevel()), "all"))
        bar = ttk.Scrollbar(self, orient="vertical", command=self._move_bar)
        text.configure(yscrollcommand=bar.set)
        sides = ("right", "left") if language().right_to_left else ("left", "right")
        bar.pack(side=sides[1], fill="y")  # type: ignore[arg-type]
        text.pack(side=sides[0], fill="both", expand=True)  # type: ignore[arg-type]
        return text

    def _listen(self) -> None:
        self._text.bind("<Configure>", lambda _event: self._resized())
        self._text.bind("<<Copy>>", lambda _event: self.copy())
        self._text.bind("<<SelectAll>>", lambda _event: self.select_all())
        self._text.bind("<Destroy>", lambda _event: self._stop(), add=True)

    def _moves(self) -> dict[str, Callable[[], None]]:
        return {
            "Prior": lambda: self.scroll(-1),
            "Next": lambda: self.scroll(1),
            "Home": self.to_top,
            "End": self.to_end,
            "Up": lambda: self.scroll(-1, "units"),
            "Down": lambda: self.scroll(1, "units"),
            "Return": self._open_last,
            "Enter": self._open_last,
            "Menu": self._ask_here,
            "App": self._ask_here,
        }

    def _sheet(self) -> Sheet | None:
        width = self._text.winfo_width()
        if width <= 1:  # it has not been on a screen yet
            return None
        room = max(_NARROWEST, width - 2 * MARGIN - INDENT)
        return Sheet(room, self._styles.measure, is_shaped_by_tk(), counts_halves(self._text))

    def _resized(self) -> None:
        self._drawing.hold()
        sheet = self._sheet()
        if self._settling:
            self.after_cancel(self._settling)
            self._settling = None
        if not self._drawing.width:
            self._drawing.start()
        elif sheet and sheet.width != self._drawing.width:
            self._settling = self.after(_SETTLING, self._settled)

    def _settled(self) -> None:
        self._settling = None
        self._drawing.start()

    def _move_bar(self, *arguments: str) -> None:
        self._text.yview(*arguments)
        self._scrolled()

    def _scrolled(self) -> None:
        """The person has moved the view."""
        was_at_end = self.at_end
        self._drawing.looked()
        if self.at_end and not was_at_end:
            self._below.clear()
            self._on_end_reached()

    def _ask(self, x: int, y: int, link: Link | None) -> None:
        self._menu.show(x, y, link, selected=self._page.selection is not None)

    def _ask_here(self) -> None:
        self._ask(self._text.winfo_rootx() + MARGIN, self._text.winfo_rooty() + MARGIN, None)

    def _open_last(self) -> None:
        """The last address in sight: so it needs no mouse."""
        links = self._points.links()
        if links:
            self._opening.open(links[-1])

    def _copy_link(self, link: Link) -> None:
        self._copying.copy(link.url)

    def _stop(self) -> None:
        self._drawing.stop()
        self._opening.stop()
        if self._settling:
            self.after_cancel(self._settling)
