"""A question above the input line, in the window itself: nothing is blocked while it is open.

Knows a sentence, an answer and two buttons. Must not know what it is asked for.
"""

import tkinter
from collections.abc import Callable
from tkinter import ttk

from clients.gui.model.question import Question
from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import drawn, needs_help
from clients.wording import say


class Asking(ttk.Frame):
    """One question at a time; asking another one takes the first one back. Hidden until something is asked."""

    def __init__(
        self, master: tkinter.Misc, direction: Direction, above: tkinter.Misc, on_done: Callable[[], None]
    ) -> None:
        """``above``: what it takes its place from, while it is open; ``on_done``: it was answered or taken back."""
        super().__init__(master, padding=(12, 8))
        self._direction = direction
        self._above = above
        self._on_done = on_done
        self._act: Callable[[str], None] = _nothing
        self.asked: Question | None = None
        """What is being asked; ``None``: nothing."""
        mirrored = direction is Direction.RTL
        self._columns = (2, 1, 0) if mirrored else (0, 1, 2)
        """Of the question or its answer, and of the two buttons."""
        self._near = "e" if mirrored else "w"
        self._question = ttk.Label(self)
        self._answer = ttk.Entry(self, width=12, justify="right" if mirrored else "left")
        self._preview = ttk.Label(self, style="Dim.TLabel")
        self._yes = ttk.Button(self, style="Accent.TButton", width=0, command=self._give)
        self._no = ttk.Button(self, text=drawn(say("Cancel")), width=0, command=self.take_back)
        self.columnconfigure(self._columns[0], weight=1)
        self._answer.bind("<KeyRelease>", lambda _: self._show_preview())
        for widget in (self._answer, self._yes, self._no):
            widget.bind("<Escape>", lambda _: self.take_back())
        self._answer.bind("<Return>", lambda _: self._give())
        self._yes.bind("<Return>", lambda _: self._give())
        self._no.bind("<Return>", lambda _: self.take_back())

    @property
    def open(self) -> bool:
        """Whether something is being asked."""
        return self.asked is not None

    @property
    def question(self) -> str:
        """What is asked, as Tk is given it; empty: nothing."""
        return str(self._question.cget("text")) if self.open else ""

    @property
    def word(self) -> str:
        """How far it is answered."""
        return self._answer.get()

    def answer(self, word: str = "") -> None:
        """Answer it, as by a click on the button; ``word`` is put into the field first, if one is asked for."""
        if word:
            self._answer.delete(0, "end")
            self._answer.insert(0, word)
        self._give()

    def ask(self, asked: Question, question: str, yes: str, act: Callable[[], None]) -> None:
        """Ask whether to do it, by the sentence ``question``; ``yes`` is the word on the button."""
        self._answer.grid_forget()
        self._preview.grid_forget()
        self._question.grid(row=0, column=self._columns[0], columnspan=1, sticky=self._near)
        self._place_buttons(0)
        self._open(asked, question, yes, lambda _: act())
        self._yes.focus_set()

    def ask_for(self, asked: Question, question: str, yes: str, act: Callable[[str], None], answer: str = "") -> None:
        """Ask for a word; ``answer``: what stands in the field. ``act`` is called with what is given, if it is anything."""
        self._answer.delete(0, "end")
        self._answer.insert(0, answer)
        self._answer.select_range(0, "end")
        self._question.grid(row=0, column=0, columnspan=3, sticky=self._near, pady=(0, 6))
        self._answer.grid(row=1, column=self._columns[0], sticky="ew")
        self._preview.grid(row=2, column=0, columnspan=3, sticky=self._near)
        self._place_buttons(1)
        self._open(asked, question, yes, act)
        self._show_preview()
        self._answer.focus_set()

    def take_back(self) -> None:
        """It is not to be done."""
        self._close()

    def _open(self, asked: Question, question: str, yes: str, act: Callable[[str], None]) -> None:
        self._question.configure(text=drawn(question, self._direction))
        self._yes.configure(text=drawn(yes))
        self.asked, self._act = asked, act
        self.pack(side="bottom", fill="x", before=self._above)

    def _place_buttons(self, row: int) -> None:
        self._yes.grid(row=row, column=self._columns[1], padx=8)
        self._no.grid(row=row, column=self._columns[2])

    def _give(self) -> None:
        word = self._answer.get().strip()
        if self._answer.winfo_manager() and not word:
            return
        act = self._act
        self._close()
        act(word)

    def _close(self) -> None:
        self.asked, self._act = None, _nothing
        self.pack_forget()
        self._on_done()

    def _show_preview(self) -> None:
        """Tk's line shows Persian letters one by one: they are shown once more, as they are read."""
        word = self._answer.get()
        self._preview.configure(text=drawn(word) if needs_help(word) else "")


def _nothing(_answer: str) -> None:
    """Nothing was asked."""
