"""A conversation and its window: from the accepted name to the end.

Knows the main window, what is asked over it, and the worker behind it. Must not know how any of them does its part.
"""

import time
import tkinter
from collections.abc import Callable

from chatd.languages import LANGUAGES
from chatd.requests import Quit, Request, SetLanguage
from clients import events
from clients.events import Event, State
from clients.gui.appearance import Appearance
from clients.gui.card import Card
from clients.gui.leaving import Leaving, Step
from clients.gui.main.window import MainWindow
from clients.gui.model.conversations import Conversations
from clients.gui.model.told import End, Ended, Happened, Looked, Told, TrustWanted, Warned
from clients.gui.placement import empty, place_main
from clients.gui.questions import Questions
from clients.gui.worker import Worker
from clients.wording import language, say


class Chatting:
    """The desk of the main window."""

    def __init__(
        self,
        root: tkinter.Tk,
        appearance: Appearance,
        worker: Worker,
        first: Happened,
        *,
        on_over: Callable[[bool], object],
    ) -> None:
        """Show the main window, and what has happened ``first``. ``on_over``: it is over; whether the program is as well."""
        self._tk, self._appearance, self._worker, self._on_over = root, appearance, worker, on_over
        self._conversations = Conversations()
        self._view = first.view
        self._leaving: Leaving | None = None
        self._closes = True
        self._ended = False
        self._card: Card | None = None
        empty(root)
        place_main(root, appearance.kept.geometry)
        self.window = self._made_window(appearance.kept.panes)
        self.take(first)

    @property
    def card(self) -> Card | None:
        """What is asked over the window now, if anything."""
        return self._card if self._card is not None and self._card.winfo_exists() else None

    # What the worker tells

    def take(self, told: Told) -> None:
        """Show it, and do what it asks for."""
        match told:
            case Happened(happened, view):
                self._view = view
                spoken = language()
                self.window.happened(happened, view)
                for event in happened:
                    self._react(event)
                if language() is not spoken:
                    self._appearance.choose_language(language())
                    self._make_anew()
            case Looked(view):
                self._view = view
                if self._leaving:
                    self._leaving.view = view
            case TrustWanted():
                self._ask(self._questions.trust(told, self._worker.accept, self._worker.decline))
            case Warned(sentence):
                self.window.tell(sentence)
            case Ended(end, sentence):
                self._ended = True
                self._end(end, sentence)
        if self._leaving and self._leaving.view is not None:
            self._leaving.view = self._view

    def idle(self) -> None:
        """Time has passed."""
        if self._leaving is None:
            return
        match self._leaving.step(time.monotonic()):
            case Step.ASK:
                self._ask(self._questions.leave(len(self._view.pending), self.leave_now, self._stay))
            case Step.QUIT:
                self._quit()
            case Step.STOP:
                self._worker.stop()
                self._over()

    # The desk of the main window

    def send(self, request: Request) -> None:
        """Do what was typed."""
        if isinstance(request, Quit):
            self.leave()
        elif self._ended:
            self.window.tell(say("The conversation has ended."))
        else:
            self._worker.send(request)

    def switch_room(self, name: str) -> None:
        """Talk to this joined room."""
        self._worker.switch_room(name)

    def mark_read(self, room: str) -> None:
        """The person has seen what was said there."""
        self._worker.mark_read(room)

    def retry_now(self) -> None:
        """Do not wait for the next attempt to connect."""
        self._worker.retry_now()

    def leave(self) -> None:
        """End the program; what is not sent yet is sent first, or asked about."""
        self._leave(closes=True)

    def log_out(self) -> None:
        """The same, and then ask for a server and a name again."""
        self._leave(closes=False)

    def choose_theme(self, name: str) -> None:
        """Take on these colours."""
        self._appearance.choose_theme(name)
        self.window.apply_theme(self._appearance.theme)

    def choose_size(self, points: int) -> None:
        """Letters of this size."""
        self._appearance.choose_size(points)
        self.window.fonts_changed()

    def choose_language(self, code: str) -> None:
        """The server is told as well; the window follows when the core has answered (:meth:`take`)."""
        if self._ended:
            self._appearance.choose_language(LANGUAGES[code])
            self._make_anew()
        else:
            self._worker.send(SetLanguage(code))

    def leave_now(self) -> None:
        """Say goodbye and end, whatever is not sent."""
        if self._ended:
            self._over()
            return
        self._leaving = self._leaving or Leaving.begun(time.monotonic())
        self._leaving.go(time.monotonic())
        self._quit()

    # Its own

    @property
    def _questions(self) -> Questions:
        return Questions(self._tk, self._appearance.theme, self._appearance.fonts)

    def _made_window(self, panes: tuple[int, ...]) -> MainWindow:
        look = self._appearance
        return MainWindow(
            self._tk, self, self._conversations, self._view, theme=look.theme, fonts=look.fonts, panes=panes
        )

    def _make_anew(self) -> None:
        """The same in another language."""
        panes, _ = self.window.panes, self.window.unsent  # which keeps what is half typed in the conversations
        empty(self._tk, but=self.card)
        self.window = self._made_window(panes)
        if self.card:
            self.card.lift()
            self.card.focus_first()

    def _react(self, event: Event) -> None:
        worker = self._worker
        match event:
            case events.NameWanted(reason):
                self._ask_name(reason)
            case events.PasswordWanted(name, wrong):
                self._ask(
                    self._questions.password(
                        name, wrong=wrong, give=worker.give_password, other=lambda: self._ask_name("")
                    )
                )
            case events.NewPasswordWanted(request):
                self._ask(self._questions.new_password(request, worker.send))
            case events.StateChanged(State.ENDED) | events.Welcomed():
                self._ask(None)

    def _ask_name(self, reason: str) -> None:
        self._ask(self._questions.name(reason, self._worker.give_name, self.log_out))

    def _ask(self, card: Card | None) -> None:
        """Only one question at a time: what is asked now has made the one before needless."""
        if self.card:
            self.card.destroy()
        self._card = card
        if card:
            card.place(relx=0.5, rely=0.4, anchor="center")
            card.on_gone = self._answered
            card.focus_first()

    def _answered(self) -> None:
        """The window may have been made anew since it was asked."""
        self.window.focus_input()

    def _leave(self, *, closes: bool) -> None:
        self._closes = closes
        if self._ended:
            self._over()
        elif self._leaving is None:
            self._leaving = Leaving.begun(time.monotonic())
            self._worker.look()

    def _stay(self) -> None:
        self._leaving = None

    def _quit(self) -> None:
        if self._closes:
            self._keep_place()
            self._tk.withdraw()
        self._worker.quit()

    def _end(self, end: End, sentence: str) -> None:
        if self._leaving or end is End.LEFT:
            self._over()
        elif end is End.NOT_TRUSTED:
            self._ask(self._questions.warning(sentence, lambda: self._ask_again("")))
        else:
            self._ask_again(sentence)

    def _ask_again(self, sentence: str) -> None:
        """What was said stays readable behind the question."""
        self._ask(self._questions.over(sentence, lambda: self._over(closes=False)))

    def _over(self, *, closes: bool | None = None) -> None:
        self._keep_place()
        self._leaving = None
        self._on_over(self._closes if closes is None else closes)

    def _keep_place(self) -> None:
        if self._tk.winfo_viewable():
            self._appearance.keep(geometry=self._tk.geometry(), panes=self.window.panes)
