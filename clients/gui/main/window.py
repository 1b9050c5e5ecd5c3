"""The main window: what is said, and everything around it.

Knows its parts and what they tell each other. Must not know the network, threads, or what is kept between runs.
"""

import time
import tkinter
from collections.abc import Iterable, Sequence
from tkinter import ttk

from clients.events import Event
from clients.gui.fonts import Fonts
from clients.gui.input.input_line import InputLine
from clients.gui.input.input_line import Wishes as InputWishes
from clients.gui.keyboard import is_within
from clients.gui.main.asking import Asking
from clients.gui.main.chrome import Acts, Chrome
from clients.gui.main.deeds import Deeds
from clients.gui.main.entering import Entering
from clients.gui.main.keys import bind_keys, unbind_keys
from clients.gui.main.logs import Logs
from clients.gui.main.panes import Widths
from clients.gui.main.people_list import Wishes
from clients.gui.main.reading import Reading
from clients.gui.main.waiting import Waiting
from clients.gui.model.conversation import Conversation
from clients.gui.model.conversations import Conversations
from clients.gui.model.desk import Desk
from clients.gui.model.lengths import bytes_left
from clients.gui.model.paragraphs import own_direction
from clients.gui.model.question import Question
from clients.gui.model.view import View
from clients.gui.model.words import Words
from clients.gui.theme import Theme


class MainWindow(ttk.Frame):
    """Fills ``root``. Made anew, of the same conversations, when the language changes: ``destroy()`` the old one first.

    It takes part in nothing that waits: :class:`~clients.gui.model.desk.Desk` is told what the person wants.
    """

    def __init__(
        self,
        root: tkinter.Tk,
        desk: Desk,
        conversations: Conversations,
        view: View,
        *,
        theme: Theme,
        fonts: Fonts,
        panes: tuple[int, ...] = (),
    ) -> None:
        """Show ``conversations``, and ``view``, which is true now.

        ``theme`` has been applied to ``root`` (:func:`clients.gui.theme.apply`), and it is known whether Tk shapes by itself
        (:func:`clients.gui.text.drawn.configure`). ``panes``: the widths of the lists, as :attr:`panes` was the last time.
        """
        super().__init__(root)
        self._toplevel, self._desk, self._conversations, self._view = root, desk, conversations, view
        self._entering = Entering(desk, conversations, self, lambda: self._view)
        self._deeds = Deeds(desk, self, fonts, theme)
        self._build(theme, fonts, Widths(*panes[:2]) if len(panes) > 1 else Widths())
        self.pack(fill="both", expand=True)
        bind_keys(root, self)
        conversations.take([], view, time.time())
        self._show(conversations.shown)
        self._ask_again()

    def destroy(self) -> None:
        """Let go of the keys and timers too. What is half typed, or half answered, stays with the conversations."""
        self._keep_draft(self._conversations.shown)
        self._conversations.asked = (self._asking.asked, self._asking.word) if self._asking.asked else None
        unbind_keys(self._toplevel)
        self._reading.end()
        self._waiting.end()
        super().destroy()

    # What the application tells

    def happened(self, events: Sequence[Event], view: View) -> None:
        """Show what happened, at most a few hundred events at once, and what is true after it. Both may be unchanged."""
        before = self._conversations.shown
        self._view = view
        self._reading.watch()
        changes = self._conversations.take(events, view, time.time())
        if changes.called:
            self._toplevel.bell()
        if self._conversations.shown is not before:
            self._keep_draft(before)
            self._show(self._conversations.shown)
        self._follow(changes.changed)

    def tell(self, sentence: str) -> None:
        """Show a sentence about something that did not work, where the person looks."""
        self._follow([self._conversations.tell(sentence)])

    def apply_theme(self, theme: Theme) -> None:
        """Take on these colours; those of ttk's styles have been changed already."""
        self._deeds.theme = theme
        for part in (self.chrome, self.logs, self.input):
            part.apply_theme(theme)

    def fonts_changed(self) -> None:
        """Take on the sizes that the fonts have now."""
        for part in (self.chrome, self.logs, self.input):
            part.fonts_changed()

    @property
    def panes(self) -> tuple[int, ...]:
        """How wide the lists are, to be given to the next one."""
        return self.chrome.widths.first, self.chrome.widths.third

    # What its parts, and its keys, ask of it

    def look_at(self, key: str) -> None:
        """Show this conversation, which may be new."""
        self._keep_draft(self._conversations.shown)
        shown = self._conversations.look_at(key)
        if shown.person is None and shown.key and shown.key != self._view.current:
            self._desk.switch_room(shown.key)
        self._show(shown)

    def enter(self, room: str) -> None:
        """Show this room: now if one is in it, else as soon as the server has let one in."""
        conversation = self._conversations.find(room)
        if conversation is not None and conversation.listed and conversation.key.startswith("#"):
            self.look_at(conversation.key)
        else:
            self._conversations.await_room(room)

    def step(self, step: int) -> None:
        """Show the conversation that many further down in the list."""
        listed = list(self._conversations)
        if self._conversations.shown in listed:
            self.look_at(listed[(listed.index(self._conversations.shown) + step) % len(listed)].key)

    def look_at_number(self, number: int) -> None:
        """Show the conversation of this number, counted from 1."""
        listed = list(self._conversations)
        if number <= len(listed):
            self.look_at(listed[number - 1].key)

    def close(self, key: str) -> None:
        """Take a private conversation off the list."""
        self._keep_draft(self._conversations.shown)
        self._conversations.close(key, self._view)
        self._show(self._conversations.shown)

    def leave(self, key: str) -> None:
        """Leave a room, or close a private conversation."""
        if key.startswith("@"):
            self.close(key)
        else:
            self._deeds.leave_room(key)

    def sent(self, key: str, line: str, *, keep: bool) -> None:
        """What was typed in this conversation is on its way."""
        conversation = self._conversations.find(key)
        if keep:
            self._conversations.recall.keep(line)
        if conversation is not None:
            conversation.draft = ""
        if conversation is self._conversations.shown:
            self.input.draft = ""
            if self.logs.top:
                self.logs.top.to_end()

    def open_menu(self) -> None:
        """Open the menu under its button."""
        button = self.chrome.header.menu
        below = button.winfo_rooty() + button.winfo_height()
        self._deeds.open_menu(self, button.winfo_rootx(), below, account=self._view.account)

    @property
    def asking(self) -> Asking:
        """What asks questions, above the input line."""
        return self._asking

    @property
    def deeds(self) -> Deeds:
        """What the menu offers."""
        return self._deeds

    def note(self, sentence: str) -> None:
        """Show a sentence where the person looks."""
        self._follow([self._conversations.note(sentence)])

    def mention(self, name: str) -> None:
        """Write this name into what is being typed."""
        self.input.type(f"{name} " if self.input.draft else f"{name}: ")

    def typed(self, letters: str) -> None:
        """Letters were typed where nothing is typed: they are meant for the input line."""
        if letters.isprintable():
            self.input.type(letters)

    def paste(self) -> None:
        """The same of what is on the clipboard."""
        self.input.text.event_generate("<<Paste>>")

    def type_on(self) -> None:
        """Give the keyboard to the input line, unless it is wanted for an answer: here, or on a card that lies over this."""
        if not self._asking.open and is_within(self):
            self.input.text.focus_set()

    def focus_input(self) -> None:
        """Give the keyboard to the input line, and take back what is asked."""
        if self._asking.open:
            self._asking.take_back()
        self.input.text.focus_set()

    def next_part(self, step: int) -> None:
        """Give the keyboard to the next part of the window: what is typed, rooms, people, the log."""
        parts = [self.input.text, *self.chrome.keyboards, *self.logs.keyboards]
        place = next((place for place, part in enumerate(parts) if part is self.focus_get()), 0)
        parts[(place + step) % len(parts)].focus_set()

    # Its own

    def _build(self, theme: Theme, fonts: Fonts, widths: Widths) -> None:
        direction, deeds = own_direction(), self._deeds
        wishes = Wishes(deeds.write, deeds.mention, deeds.ignore)
        acts = Acts(self.look_at, self.leave, deeds.join, wishes, self.open_menu, self._desk.retry_now)
        self.chrome = Chrome(self, theme, fonts, direction, widths=widths, acts=acts)
        page = self.chrome.page
        self.logs = Logs(page, theme, fonts, on_typed=self.typed, on_end_reached=self._look_again)
        self._reading = Reading(self._toplevel, self._conversations, self.logs, self._read)
        self._waiting = Waiting(self.logs, self._conversations)
        self._asking = Asking(page, direction, self.logs, self._type_on)
        typing = InputWishes(
            self._entering.entered,
            self._entering.changed,
            lambda draft: bytes_left(draft, self._view.text_bytes),
            self.tell,
            self._vocabulary,
            lambda: self.logs.top,
        )
        self.input = InputLine(page, theme, fonts, direction, recall=self._conversations.recall, wishes=typing)
        self.input.pack(side="bottom", fill="x")
        self.logs.pack(fill="both", expand=True)

    def _ask_again(self) -> None:
        """What was being asked in the window before this one."""
        match self._conversations.asked:
            case (Question.ROOM, word):
                self._deeds.join(word)
            case (Question.NAME, word):
                self._deeds.rename(word)
            case (Question.LINES, _):
                self._entering.entered(self.input.draft)

    def _type_on(self) -> None:
        self.input.text.focus_set()

    def _vocabulary(self) -> Words:
        return Words(self._view, self._conversations.shown.person)

    def _show(self, conversation: Conversation) -> None:
        """Put this one before the person."""
        self.logs.show(conversation)
        self.input.draft = conversation.draft
        self.input.text.focus_set()
        self._reading.look()
        self._refresh()

    def _keep_draft(self, conversation: Conversation) -> None:
        conversation.draft = self.input.draft

    def _follow(self, changed: Iterable[Conversation]) -> None:
        """Bring everything up to what is true now."""
        self.logs.follow(changed)
        self._reading.look()
        self._refresh()

    def _look_again(self) -> None:
        self._reading.look()

    def _read(self) -> None:
        self.chrome.show_unread(self._conversations)

    def _refresh(self) -> None:
        self.chrome.show(self._view, self._conversations)
        self._waiting.show(self._view)
