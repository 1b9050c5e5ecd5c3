"""Where somebody types: one to four lines, earlier lines, half words that the Tab key completes.

Knows keys and Tk's text. Must not know what a line means, who gets it, or that there is a connection.
"""

import tkinter
from collections.abc import Callable
from dataclasses import dataclass
from tkinter import ttk
from typing import Final

from clients.gui.fonts import Fonts
from clients.gui.input.bytes_left import BytesLeft
from clients.gui.input.candidates import Candidates
from clients.gui.input.editing import HELD, bind_editing
from clients.gui.input.overlay import Overlay
from clients.gui.input.pasting import Pasting
from clients.gui.log.view import LogView
from clients.gui.model.typed_lines import Completion, Recall, completion
from clients.gui.text.bidi import Direction
from clients.gui.theme import Theme
from clients.presentation.completion import Vocabulary

MOST_LINES: Final = 4
_MARGIN: Final = 8


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the line asks of the window it is in."""

    entered: Callable[[str], None]
    """With what was typed, which stays until the draft is set to something else."""
    changed: Callable[[str], None]
    """What is typed may be something else now."""
    left: Callable[[str], int]
    """By how many bytes that is shorter than may be sent; negative: it is longer."""
    tell: Callable[[str], None]
    """A sentence about why something was not done."""
    vocabulary: Callable[[], Vocabulary]
    log: Callable[[], LogView | None]
    """The one that can be seen, which some keys are for."""


class InputLine(ttk.Frame):
    """A text that grows, with what it needs above and below it."""

    def __init__(
        self,
        master: tkinter.Misc,
        theme: Theme,
        fonts: Fonts,
        direction: Direction,
        *,
        recall: Recall,
        wishes: Wishes,
    ) -> None:
        """``recall``: the earlier lines, which the arrow keys call back."""
        super().__init__(master, padding=(10, 6), style="Page.TFrame")
        self._direction, self._fonts = direction, fonts
        self._recall, self._wishes = recall, wishes
        self._completion: Completion | None = None
        self._frame = tkinter.Frame(self, borderwidth=1)
        self.text = tkinter.Text(
            self._frame,
            height=1,
            width=1,
            wrap="word",
            undo=True,
            maxundo=-1,
            font=fonts.text,
            padx=_MARGIN,
            pady=_MARGIN // 2,
            borderwidth=0,
            highlightthickness=0,
        )
        self._candidates = Candidates(self, direction)
        self._left = BytesLeft(self, direction)
        pasting = Pasting(self.text, self.type, wishes.tell)
        self.overlay = Overlay(self.text, theme, fonts, direction, _MARGIN, on_paste=pasting.paste_selected)
        self.text.pack(fill="both", expand=True)
        self._frame.pack(fill="x")
        self._listen()
        self.apply_theme(theme)

    @property
    def draft(self) -> str:
        """What is typed."""
        return self.text.get("1.0", "end-1c")

    @draft.setter
    def draft(self, draft: str) -> None:
        self._put(draft, len(draft))
        self.text.edit_reset()
        self._recall.leave()
        self._forget_completion()

    @property
    def candidates(self) -> list[str]:
        """What half a word could become, if that is shown, as Tk is given it."""
        return self._candidates.words if self._candidates.winfo_manager() else []

    @property
    def left(self) -> str:
        """What is said about the length of what is typed, as Tk is given it."""
        return str(self._left.cget("text")) if self._left.winfo_manager() else ""

    def type(self, text: str) -> None:
        """As if it had been typed here: where the cursor is, in place of what is selected."""
        if self.text.tag_ranges("sel"):
            self.text.delete("sel.first", "sel.last")
        self.text.insert("insert", text)
        self.text.see("insert")
        self.text.focus_set()
        self._changed()

    def apply_theme(self, theme: Theme) -> None:
        """Take on other colours."""
        self._theme = theme
        self.text.configure(
            background=theme.background,
            foreground=theme.text,
            insertbackground=theme.text,
            insertwidth=2,
            selectbackground=theme.selection,
            selectforeground=theme.text,
            inactiveselectbackground=theme.selection,
        )
        self._show_focus()
        self.overlay.apply_theme(theme)

    def fonts_changed(self) -> None:
        """Take on other sizes."""
        self.overlay.fonts_changed()
        self._changed()

    def _listen(self) -> None:
        text = self.text
        for key in ("<Return>", "<KP_Enter>"):
            text.bind(key, lambda _: self._enter())
        text.bind("<Shift-Return>", lambda _: self._break_line())
        text.bind("<Tab>", lambda _: self._complete(1))
        for key in ("<Shift-Tab>", "<ISO_Left_Tab>"):
            try:
                text.bind(key, lambda _: self._complete(-1))
            except tkinter.TclError:  # only X11 knows this one
                continue
        text.bind("<Up>", lambda event: self._step(event, -1))
        text.bind("<Down>", lambda event: self._step(event, 1))
        text.bind("<Escape>", lambda _: self._forget_completion())
        bind_editing(text, self.overlay)
        for key, pages in (("<Prior>", -1), ("<Next>", 1)):
            text.bind(key, lambda event, pages=pages: self._scroll(event, pages))  # type: ignore[misc]
        text.bind("<<Copy>>", lambda _: self._copy())
        text.bind("<<Modified>>", lambda _: self._modified())
        for key in ("<KeyRelease>", "<ButtonRelease>", "<<Selection>>"):
            text.bind(key, lambda _: self.overlay.follow(), add=True)
        text.bind("<Configure>", lambda _: self._changed())
        for key in ("<FocusIn>", "<FocusOut>"):
            text.bind(key, lambda _: self._show_focus())

    def _enter(self) -> str:
        self._forget_completion()
        self._wishes.entered(self.draft)
        return "break"

    def _break_line(self) -> str:
        self.type("\n")
        return "break"

    def _complete(self, step: int) -> str:
        if self._completion is None:
            cursor = len(self.text.get("1.0", "insert"))
            self._completion = completion(self.draft, cursor, self._wishes.vocabulary())
        if self._completion:
            self._put(*self._completion.turn(step))
            self._show_candidates(self._completion)
        return "break"

    def _show_candidates(self, found: Completion) -> None:
        if len(found.candidates) > 1:
            self._candidates.show([candidate.strip() for candidate in found.candidates], found.chosen)
            self._candidates.pack(fill="x", before=self._frame, pady=(0, 6))

    def _forget_completion(self) -> None:
        self._completion = None
        self._candidates.pack_forget()

    def _step(self, event: "tkinter.Event[tkinter.Text]", step: int) -> str | None:
        """To an earlier line, or back, from the first or the last line of what is typed."""
        edge = "1.0" if step < 0 else "end-1c"
        if int(event.state) & HELD or self.text.compare("insert linestart", "!=", f"{edge} linestart"):
            return None
        line = self._recall.step(step, self.draft)
        if line is not None:
            self._put(line, len(line))
        return "break"

    def _scroll(self, event: "tkinter.Event[tkinter.Text]", pages: int) -> str | None:
        log = self._wishes.log()
        if int(event.state) & HELD or log is None:
            return None
        log.scroll(pages)
        return "break"

    def _copy(self) -> str | None:
        """What is selected here, else what is selected in the log."""
        log = self._wishes.log()
        if self.text.tag_ranges("sel") or log is None:
            return None
        log.copy()
        return "break"

    def _put(self, line: str, cursor: int) -> None:
        self.text.replace("1.0", "end-1c", line)
        self.text.mark_set("insert", f"1.0+{cursor}c")
        self.text.see("insert")
        self._changed()

    def _modified(self) -> None:
        if self.text.edit_modified():
            self.text.edit_modified(False)
            if self._completion and self._completion.line[0] != self.draft:
                self._forget_completion()
            self._changed()

    def _changed(self) -> None:
        self.overlay.follow()
        lines = self.overlay.lines if self.overlay.needed else self._display_lines()
        self.text.configure(height=max(1, min(lines, MOST_LINES)))
        self._left.show(self._wishes.left(self.draft))
        self._wishes.changed(self.draft)

    def _display_lines(self) -> int:
        counted_lines = self.text.count("1.0", "end", "displaylines")
        return counted_lines[0] if isinstance(counted_lines, tuple) else counted_lines or 1

    def _show_focus(self) -> None:
        focused = self.text.focus_displayof() is self.text
        self._frame.configure(background=self._theme.accent if focused else self._theme.border)
        self.overlay.follow()
