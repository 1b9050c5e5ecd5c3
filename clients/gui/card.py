"""A question, or something to be read, with its fields and buttons: a part of a window, which goes on beneath it.

Knows how it looks and which key does what. Must not know what it is about. Nothing waits for the answer, which is given to a
function.
"""

import tkinter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import font as tkfont
from tkinter import ttk
from typing import Final, Protocol

from clients.gui.fonts import Fonts
from clients.gui.keyboard import hold
from clients.gui.login.field import Field
from clients.gui.sentence import Sentence, far
from clients.gui.text.drawn import drawn
from clients.gui.theme import Theme
from clients.wording import language, say

WIDTH: Final = 44
"""As many digits stand beside each other in a line of text."""
_AIR: Final = 24
_BETWEEN: Final = 12
_FIRST: Final = 4  # the row of the first field


class Answer(Protocol):
    """Takes what was typed into the fields; returns a sentence if that will not do, and the question stays."""

    def __call__(self, *values: str) -> str | None:
        """As many values as there are fields."""


@dataclass(frozen=True, slots=True)
class Blank:
    """A field of a question, before it is one."""

    label: str
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What is written on a card. An empty string: nothing of the kind."""

    title: str
    text: str = ""
    """May be several lines."""
    code: str = ""
    """What is to be compared letter by letter; it can be copied."""
    note: str = ""
    """What has to be said behind that."""
    yes: str = ""
    no: str = ""
    loud: bool = False
    """It is a warning."""
    careful: bool = False
    """Yes cannot be taken back: only its button says it, and what stands out, and the Return key, say no."""


class Card(ttk.Frame):
    """A question. Return, or the one button, says yes; Esc, or the other, says no. Then the card is gone.

    The Tab key stays in it. Where a secret is asked for, so does the keyboard: nothing of it can be typed elsewhere.
    """

    def __init__(
        self,
        master: tkinter.Misc,
        theme: Theme,
        fonts: Fonts,
        words: Words,
        blanks: Sequence[Blank] = (),
        *,
        on_yes: Answer = lambda *_values: None,
        on_no: Callable[[], object] = lambda: None,
    ) -> None:
        """Not in its place yet: that is for its owner."""
        super().__init__(master, padding=2, takefocus=False)
        self.words = words
        self._fonts = fonts
        self._on_yes, self._on_no = on_yes, on_no
        self.on_gone: Callable[[], object] = lambda: None
        """Called when it was answered, and is gone."""
        self.answered = False
        """Whether it was; what is to be done then may be under way."""
        self._blanks = tuple(blanks)
        self._reached: list[tkinter.Misc] = []  # by the Tab key
        ttk.Style(self).configure("Card.TFrame", background=theme.accent)
        ttk.Style(self).configure("Warning.TFrame", background=theme.problem)
        self.configure(style="Warning.TFrame" if words.loud else "Card.TFrame")
        self._page = ttk.Frame(self, padding=_AIR)
        self._page.pack(fill="both", expand=True)
        self._width = fonts.text.measure("0") * WIDTH
        self._page.columnconfigure(0, weight=1, minsize=self._width)
        self._fill()
        self.fields = [Field(self._page, fonts, blank.label, secret=blank.secret) for blank in blanks]
        for row, field in enumerate(self.fields, _FIRST):
            field.grid(row=row, column=0, sticky="ew", pady=(_BETWEEN, 0))
        self._add_buttons(_FIRST + len(blanks))
        self._listen(self)
        self._stay()

    def asks_the_same(self, other: "Card") -> bool:
        """Whether what was typed into this one would answer the other one as well."""
        return (self.words, self._blanks) == (other.words, other._blanks)

    def fill(self, values: Sequence[str]) -> None:
        """What was typed already; it is gone on with at its end."""
        for field, value in zip(self.fields, values, strict=False):
            field.variable.set(value)
        begun = [field for field in self.fields if field.value] or self.fields
        if begun:
            begun[-1].entry.focus_set()
            begun[-1].entry.icursor("end")
        else:
            self.focus_set()

    def focus_first(self) -> None:
        """Put the cursor where one has to type; a warning's buttons are not pressed by what was being typed elsewhere."""
        if self.fields:
            self.fields[0].choose()
        else:
            self.focus_set()

    def yes(self) -> None:
        """As if the button was pressed."""
        if not self.words.yes:
            return
        self.answered = True
        objection = self._on_yes(*(field.value for field in self.fields))
        if objection is None:
            self._be_gone()
            return
        self.answered = False
        if self.fields:
            self.fields[-1].complain(objection)
            self.fields[-1].choose()

    def no(self) -> None:
        """As if the other button was pressed."""
        self.answered = True
        self._on_no()
        self._be_gone()

    def _be_gone(self) -> None:
        """The answer may have led to another window, in which there is no card."""
        if self.winfo_exists():
            self.destroy()
            self.on_gone()

    def _fill(self) -> None:
        fonts, words = self._fonts, self.words
        width = self._width
        title = Sentence(
            self._page,
            fonts.title,
            words.title,
            width=width,
            style="Problem.TLabel" if words.loud else "Title.TLabel",
        )
        title.put(0)
        Sentence(self._page, fonts.text, words.text, width=width).put(1, pady=(_BETWEEN, 0))
        if words.code:
            self._add_code(words.code)
        Sentence(self._page, fonts.text, words.note, width=width).put(3, pady=(_BETWEEN, 0))

    def _add_code(self, code: str) -> None:
        frame = ttk.Frame(self._page)
        frame.columnconfigure(0, weight=1)
        fixed = tkfont.nametofont("TkFixedFont", self).copy()
        fixed.configure(size=self._fonts.size)
        lines = tkinter.Label(frame, text=code, font=fixed, justify="left", padx=12, pady=10)
        self._fixed = fixed  # Tk forgets a font that Python forgets
        look = ttk.Style(self)
        lines.configure(
            background=look.lookup("Page.TFrame", "background"), foreground=look.lookup("TLabel", "foreground")
        )
        lines.grid(row=0, column=0, sticky="ew")
        copy = ttk.Button(frame, text=drawn(say("Copy")), style="Flat.TButton", command=lambda: self._copy(code))
        copy.grid(row=1, column=0, sticky=far())
        frame.grid(row=2, column=0, sticky="ew", pady=(_BETWEEN, 0))

    def _copy(self, code: str) -> None:
        self.clipboard_clear()
        self.clipboard_append("".join(code.split()))

    def _add_buttons(self, row: int) -> None:
        """What is done stands where a line ends, as the eye comes to it last."""
        words, frame = self.words, ttk.Frame(self._page)
        frame.grid(row=row, column=0, sticky=far(), pady=(_AIR, 0))
        mirrored = language().right_to_left
        no_style, yes_style = ("Accent.TButton", "TButton") if words.careful else ("TButton", "Accent.TButton")
        for place, (text, style, command) in enumerate(
            ((words.no, no_style, self.no), (words.yes, yes_style, self.yes))
        ):
            if text:
                button = ttk.Button(frame, text=drawn(text), style=style, command=command)
                button.grid(row=0, column=1 - place if mirrored else place, padx=4)

    def _listen(self, widget: tkinter.Misc) -> None:
        """Every part that can have the keyboard listens to the two keys; any other would be given it, if it did."""
        if str(widget.cget("takefocus")):
            widget.bind("<Escape>", _key(self.no))
            for key in ("<Return>", "<KP_Enter>"):
                otherwise = self.no if self.words.careful else self.yes
                widget.bind(key, _key(widget.invoke if isinstance(widget, ttk.Button) else otherwise))
            if isinstance(widget, ttk.Entry | ttk.Button):
                self._reached.append(widget)
        for child in widget.winfo_children():
            self._listen(child)

    def _stay(self) -> None:
        first, last = self._reached[0], self._reached[-1]
        for end in (first, self):
            end.bind("<<PrevWindow>>", _key(last.focus_set))
        last.bind("<<NextWindow>>", _key(first.focus_set))
        if any(blank.secret for blank in self._blanks):
            for widget in (self, *self._reached):
                hold(widget, self)


def _key(act: Callable[[], object]) -> Callable[["tkinter.Event[tkinter.Misc]"], str]:
    """What a key does; the window below, for which the card may be gone then, is not told of it."""

    def pressed(_event: "tkinter.Event[tkinter.Misc]") -> str:
        act()
        return "break"

    return pressed
