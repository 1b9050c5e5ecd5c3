"""Something to fill in: what it is, a line to type in, and what is wrong with it. Must not know what is asked for.

Tk's line shows Persian letters one by one, from left to right; what was typed is therefore shown once more below, as it is read.
"""

import re
import tkinter
from tkinter import ttk
from typing import Final

from chatd.wire.phrases import holds_right_to_left
from clients.gui.fonts import Fonts
from clients.gui.sentence import Sentence, near
from clients.gui.text.drawn import drawn, needs_help
from clients.wording import language

COLUMNS: Final = 36
"""As many average characters fit into the line."""
_BULLET: Final = "•"
_LINE_END: Final = re.compile(r"\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_MOST_LINES: Final = 2
"""Of the preview."""
_CLOSE: Final = 4
"""Pixels between what belongs together."""


class Field(ttk.Frame):
    """One line to fill in."""

    def __init__(
        self,
        master: tkinter.Misc,
        fonts: Fonts,
        label: str,
        value: str = "",
        *,
        secret: bool = False,
        code: bool = False,
    ) -> None:
        """``secret``: what is typed must not be seen. ``code``: it runs from left to right in every language."""
        super().__init__(master)
        self.columnconfigure(0, weight=1)
        self.variable = tkinter.StringVar(self, value)
        """What is typed."""
        self._secret = secret
        self.entry = ttk.Entry(
            self,
            textvariable=self.variable,
            width=COLUMNS,
            show=_BULLET if secret else "",
            font=fonts.text,
            justify="left" if code or not language().right_to_left else "right",
        )
        width = self.entry.winfo_reqwidth()
        self._preview = Sentence(self, fonts.text, width=width, style="Dim.TLabel", most=_MOST_LINES)
        self._problem = Sentence(self, fonts.small, width=width, style="Problem.TLabel")
        ttk.Label(self, text=drawn(label), font=fonts.small, anchor=near()).grid(
            row=0, column=0, sticky="ew", pady=(0, _CLOSE)
        )
        self.entry.grid(row=1, column=0, sticky="ew")
        self._preview.put(2, pady=(_CLOSE, 0))
        self._problem.put(3, pady=(_CLOSE, 0))
        self.entry.bind("<FocusOut>", lambda _event: self.entry.selection_clear(), add=True)
        self.variable.trace_add("write", lambda *_: self._typed())
        self._typed()

    @property
    def value(self) -> str:
        """What is typed."""
        return self.variable.get()

    @property
    def problem(self) -> str:
        """What is said to be wrong with it, if anything."""
        return self._problem.text

    @property
    def preview(self) -> str:
        """What is shown once more, if it has to be."""
        return self._preview.text

    def complain(self, sentence: str) -> None:
        """Say what is wrong with it; nothing: it is well, as far as is known."""
        self._problem.tell(sentence)

    def enable(self, enabled: bool) -> None:
        """Let it be typed in, or not."""
        self.entry.state(["!disabled" if enabled else "disabled"])

    def choose(self) -> None:
        """Put the cursor into it; what is there is replaced by what is typed."""
        self.entry.focus_set()
        self.entry.selection_range(0, "end")
        self.entry.icursor("end")

    def _typed(self) -> None:
        """Several lines may have been pasted, by whichever means: they become one."""
        text = _LINE_END.sub(" ", self.value.rstrip("\r\n"))
        if text != self.value:
            self.variable.set(text)
        shown = not self._secret and holds_right_to_left(text) and needs_help(text)
        self._preview.tell(text if shown else "")
