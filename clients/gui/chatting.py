"""A conversation and its window: from the accepted name to the end.

Knows the main window, what is asked over it, and the worker behind it. Must not know how any of them does its part.
"""

import time
import tkinter
from collections.abc import Callable, Sequence

from chatd.folding import fold_letters
from chatd.languages import LANGUAGES
from chatd.requests import Quit, Request, SetLanguage
from clients.events import Event
from clients.gui.appearance import Appearance
from clients.gui.asked import About
from clients.gui.card import Card
from clients.gui.inquiries import Inquiries
from clients.gui.leaving import Leaving, Step
from clients.gui.main.window import MainWindow
from clients.gui.model.conversations import Conversations
from clients.gui.model.told import End, Ended, Happened, Looked, Told, TrustWanted, Warned
from clients.gui.model.view import View
from clients.gui.placement import empty, place_main
from clients.gui.worker import Worker
from clients.wording import language, say


class Chatting:
    """The desk of the main window."""

    def __init__(
        self,
        root: tkinter.Tk,
        appearance: Appearance,
        worker: Worker,
        conversations: Conversations,
        first: Happened,
        *,
        on_over: Callable[[bool], object],
    ) -> None:
        """Show the main window, of these conversations, and what has happened ``first``.

        ``on_over``: it is over; whether the program is as well.
        """
        self._tk, self._appearance, self._worker, self._on_over = root, appearance, worker, on_over
        self.conversations = conversations
        """What was said and is half typed; of use when the same person comes back (:meth:`is_of`)."""
        self._view = first.view
        self._is_shown = True  # the view
        self._leaving: Leaving | None = None
        self._closes = True
        self._ended = False
        self._inquiries = Inquiries(
            root, appearance, worker, on_answered=self._answered, on_lost=self._lost, log_out=self.log_out
        )
        empty(root)
        place_main(root, appearance.kept.geometry)
        self.window = self._made_window(appearance.kept.panes)
        self.take(first)

    @property
    def card(self) -> Card | None:
        """What is asked over the window now, if anything."""
        return self._inquiries.card

    def is_of(self, view: View) -> bool:
        """Whether this was the same person's conversation with the same server."""
        return (self._view.server, fold_letters(self._view.name)) == (view.server, fold_letters(view.name))

    # What the worker tells

    def take(self, told: Told) -> None:
        """Show it, and do what it asks for."""
        match told:
            case Happened((), view):
                self._view, self._is_shown = view, False
            case Happened(happened, view):
                self._view = view
                self._take_events(happened)
            case Looked(view):
                self._view, self._is_shown = view, False
                if self._leaving:
                    self._leaving.view = view
            case TrustWanted():
                self._inquiries.trust(told)
            case Warned(sentence):
                self.window.tell(sentence)
            case Ended(end, sentence):
                self._ended = True
                self._end(end, sentence)
        if self._leaving and self._leaving.view is not None:
            self._leaving.view = self._view

    def idle(self) -> None:
        """Time has passed, or some of what was told has been taken: of several views only the last one is worth drawing."""
        if not self._is_shown:
            self._show(())
        if self._leaving is None:
            return
        match self._leaving.step(time.monotonic()):
            case Step.ASK:
                self._inquiries.leave(len(self._view.pending), self.leave_now, self._stay)
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
        self._inquiries.make_anew()

    def choose_size(self, points: int) -> None:
        """Letters of this size."""
        self._appearance.choose_size(points)
        self.window.fonts_changed()
        self._inquiries.make_anew()

    def choose_language(self, code: str) -> None:
        """The server is told as well; the window follows when the core has answered (:meth:`take`)."""
        if self._ended:
            self._appearance.choose_language(LANGUAGES[code])
            self._make_anew()
        else:
            self._worker.send(SetLanguage(code))

    def interrupt(self) -> None:
        """End the program without a question, whatever is not sent."""
        self._closes = True
        self.leave_now()

    def leave_now(self) -> None:
        """Say goodbye and end the conversation, whatever is not sent."""
        if self._ended:
            self._over()
            return
        self._leaving = self._leaving or Leaving.begun(time.monotonic())
        self._leaving.go(time.monotonic())
        self._quit()

    # Its own

    def _made_window(self, panes: tuple[int, ...]) -> MainWindow:
        look = self._appearance
        return MainWindow(
            self._tk, self, self.conversations, self._view, theme=look.theme, fonts=look.fonts, panes=panes
        )

    def _make_anew(self) -> None:
        """The same in another language."""
        panes = self.window.panes
        empty(self._tk, but=self.card)
        self.window = self._made_window(panes)
        self._inquiries.make_anew()

    def _take_events(self, happened: Sequence[Event]) -> None:
        spoken = language()
        self._show(happened)
        for event in happened:
            self._inquiries.take(event)
        if language() is not spoken:
            self._appearance.choose_language(language())
            self._make_anew()

    def _show(self, happened: Sequence[Event]) -> None:
        self._is_shown = True
        self.window.happened(happened, self._view)

    def _answered(self) -> None:
        """The window may have been made anew since it was asked."""
        self.window.focus_input()

    def _lost(self, about: About) -> None:
        """Whoever was not let answer whether to leave has not said so: they may ask for it again."""
        if about is About.LEAVING and self._leaving and not self._leaving.quitting:
            self._leaving = None

    def _leave(self, *, closes: bool) -> None:
        self._closes = closes
        if self._ended:
            self._over()
        elif self._leaving is None:
            self._leaving = Leaving.begun(time.monotonic())
            self._worker.look()
        elif self.card:
            self.card.focus_first()

    def _stay(self) -> None:
        self._leaving = None

    def _quit(self) -> None:
        self._inquiries.left()
        if self._closes:
            self._keep_place()
            self._tk.withdraw()
        self._worker.quit()

    def _end(self, end: End, sentence: str) -> None:
        if self._leaving:
            self._over()
        elif end is End.NOT_TRUSTED:
            self._inquiries.warn(sentence, self._log_in_again)
        else:
            self._inquiries.over(sentence, self._log_in_again)

    def _log_in_again(self) -> None:
        self._over(closes=False)

    def _over(self, *, closes: bool | None = None) -> None:
        self._keep_place()
        self._leaving = None
        self._on_over(self._closes if closes is None else closes)

    def _keep_place(self) -> None:
        if self._tk.winfo_viewable():
            self._appearance.keep(geometry=self._tk.geometry(), panes=self.window.panes)
