"""The logs of the conversations, one upon the other: each is brought up to what its conversation holds.

Knows which paragraphs a log has been given. Must not know how they are drawn, or how a conversation comes by them.
"""

import tkinter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from tkinter import ttk

from clients.gui.fonts import Fonts
from clients.gui.log.view import LogView
from clients.gui.model.conversation import Conversation
from clients.gui.model.paragraphs import Paragraph
from clients.gui.theme import Theme


@dataclass(slots=True)
class _Shown:
    """A log, and what it has been given."""

    log: LogView
    total: int = 0
    mark: int | None = None
    pending: Sequence[Paragraph] = ()


class Logs(ttk.Frame):
    """One log is on top; there is one for each conversation of the list that was looked at."""

    def __init__(
        self,
        master: tkinter.Misc,
        theme: Theme,
        fonts: Fonts,
        *,
        on_typed: Callable[[str], None],
        on_end_reached: Callable[[], None],
    ) -> None:
        """``on_typed``: letters were typed in a log; ``on_end_reached``: the end of the log on top can be seen again."""
        super().__init__(master, style="Page.TFrame")
        self._theme, self._fonts = theme, fonts
        self._on_typed, self._on_end_reached = on_typed, on_end_reached
        self._shown: dict[Conversation, _Shown] = {}
        self._top: _Shown | None = None

    @property
    def top(self) -> LogView | None:
        """The log that can be seen."""
        return self._top.log if self._top else None

    @property
    def keyboards(self) -> list[tkinter.Misc]:
        """What can be given the keyboard: the log that can be seen, if there is one."""
        return [self._top.log.keyboard] if self._top else []

    @property
    def at_end(self) -> bool:
        """Whether the last line of it can be."""
        return self._top is not None and self._top.log.at_end

    def show(self, conversation: Conversation) -> None:
        """Put the log of this one on top."""
        if self._top:
            self._top.log.pack_forget()
        if conversation not in self._shown:
            self._shown[conversation] = _Shown(self._new())
        self._top = self._shown[conversation]
        self.follow([conversation])
        self._top.log.pack(fill="both", expand=True)

    def follow(self, changed: Iterable[Conversation]) -> None:
        """These conversations hold more, or have been read to another place."""
        for conversation in changed:
            if conversation in self._shown:
                _follow(conversation, self._shown[conversation])
        self._let_go()

    def set_pending(self, paragraphs: Sequence[Paragraph]) -> None:
        """What waits in the one on top."""
        if self._top and self._top.pending != paragraphs:
            self._top.log.set_pending(paragraphs)
            self._top.pending = paragraphs

    def apply_theme(self, theme: Theme) -> None:
        """Take on other colours."""
        self._theme = theme
        for shown in self._shown.values():
            shown.log.apply_theme(theme)

    def fonts_changed(self) -> None:
        """Take on other sizes."""
        for shown in self._shown.values():
            shown.log.fonts_changed()

    def _let_go(self) -> None:
        """What is off the list need not stay drawn: its conversation still knows what was said."""
        for conversation, shown in list(self._shown.items()):
            if shown is not self._top and not conversation.listed:
                del self._shown[conversation]
                shown.log.destroy()

    def _new(self) -> LogView:
        return LogView(
            self,
            self._theme,
            self._fonts,
            on_typed=lambda event: self._on_typed(event.char),
            on_end_reached=self._on_end_reached,
        )


def _follow(conversation: Conversation, shown: _Shown) -> None:
    """What comes before the mark, the mark, what comes behind it."""
    fresh = conversation.since(shown.total)
    first = conversation.total - len(fresh)
    if conversation.mark != shown.mark:
        shown.log.clear_mark()
        shown.mark = conversation.mark
        if conversation.mark is not None and conversation.mark >= shown.total:
            before = max(conversation.mark - first, 0)
            _append(shown.log, fresh[:before])
            shown.log.mark_unread()
            fresh = fresh[before:]
    _append(shown.log, fresh)
    shown.total = conversation.total


def _append(log: LogView, paragraphs: Sequence[Paragraph]) -> None:
    if paragraphs:
        log.append(paragraphs)
