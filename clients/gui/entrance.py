"""The way in: from what was typed into the login window to an accepted name.

Knows the login window, and what a worker tells until there is a name. Must not know what is said in the chat. Each attempt is
a worker of its own, which ends with the first thing that has to be asked; what was typed meanwhile goes with the next one.
"""

import tkinter
from collections.abc import Callable
from typing import Final, TypeAlias

from chatd.languages import LANGUAGES
from clients import events
from clients.addresses import Address
from clients.core import Identity
from clients.dial import Dialler
from clients.events import Event, State
from clients.gui.appearance import Appearance
from clients.gui.login.typed import Typed
from clients.gui.login.window import LoginWindow
from clients.gui.model.told import End, Ended, Happened, Told, TrustWanted, Warned
from clients.gui.placement import empty
from clients.gui.poll import Poll
from clients.gui.questions import Questions
from clients.gui.worker import Worker
from clients.trust import KnownServers, TrustError, use_tls
from clients.wording import say

Dial: TypeAlias = Callable[[Address, bool], Dialler]
"""What opens connections to an address, over TLS or not."""

SOON: Final = 0.5
"""Seconds for threads that were told to stop; one that is looking up a name takes longer, and ends by itself."""


class Entrance:
    """The door of the login window."""

    def __init__(
        self,
        root: tkinter.Tk,
        appearance: Appearance,
        known: KnownServers,
        dial: Dial,
        poll: Poll[Told],
        *,
        on_welcomed: Callable[[Worker, Happened], object],
    ) -> None:
        """``on_welcomed``: the worker has a name now, and this has happened from there on."""
        self._tk, self._appearance, self._known = root, appearance, known
        self._dial, self._poll, self._on_welcomed = dial, poll, on_welcomed
        self._worker: Worker | None = None
        self._dropped: list[Worker] = []
        self._attempt = Typed()
        self.window: LoginWindow | None = None
        """What is seen, while it is."""

    def open(self, typed: Typed) -> LoginWindow:
        """Show the login window with this in it."""
        empty(self._tk)
        look = self._appearance
        self.window = LoginWindow(self._tk, self, self._known, typed, theme=look.theme, fonts=look.fonts)
        return self.window

    def stop(self) -> None:
        """Leave no thread behind, and nothing that moves."""
        self.cancel()
        for worker in self._dropped:
            worker.stop(SOON)

    # The door

    def log_in(self, typed: Typed, address: Address) -> None:
        """Connect to the server that is meant by what was typed."""
        self._drop()
        try:
            dialler = self._dial(address, use_tls(address, typed.wish, self._known))
        except TrustError as error:
            self._warn(error.sentence)
            return
        self._attempt = typed
        self._worker = Worker(dialler, Identity(typed.name, typed.password))
        self._poll.follow(self._worker.inbox)
        self._worker.start()
        if self.window:
            self.window.connecting(str(address))

    def cancel(self) -> None:
        """Stop connecting."""
        self._drop()
        if self.window:
            self.window.ready()

    def choose_language(self, code: str) -> None:
        """Speak this language; the window is made anew."""
        self._drop()
        typed = self.window.typed if self.window else self._attempt
        self._appearance.choose_language(LANGUAGES[code])
        self.open(typed)

    # What the worker tells

    def take(self, told: Told) -> None:
        """Show what became of the attempt."""
        if self.window is None:
            return
        match told:
            case Happened(happened):
                for place, event in enumerate(happened):
                    if isinstance(event, events.Welcomed):
                        self._welcome(Happened(happened[place:], told.view))
                        return
                    self._take_event(self.window, event)
            case TrustWanted():
                self._ask_trust(self.window, told)
            case Warned(sentence):
                self.window.note(sentence)
            case Ended(end, sentence):
                self._worker = None
                self._ended(self.window, end, sentence)

    def _take_event(self, window: LoginWindow, event: Event) -> None:
        """What has to be asked ends the attempt; what comes behind it is no longer told."""
        match event:
            case _ if self._worker is None:
                return
            case events.StateChanged(State.REGISTERING):
                window.connected()
            case events.StateChanged(State.WAITING, why):
                self._drop()
                window.refuse(why)
            case events.NameWanted(reason):
                self._drop()
                window.refuse_name(reason)
            case events.PasswordWanted(_, wrong):
                self._drop()
                window.want_password(wrong=wrong)
            case events.Problem(sentence):
                window.note(sentence)

    def _welcome(self, happened: Happened) -> None:
        worker, self._worker = self._worker, None
        attempt, self.window = self._attempt, None
        self._appearance.keep(server=attempt.server, name=attempt.name, wish=attempt.wish)
        if worker:
            self._on_welcomed(worker, happened)

    def _ask_trust(self, window: LoginWindow, wanted: TrustWanted) -> None:
        worker = self._worker
        if worker:
            look = self._appearance
            window.show_card(
                lambda master: Questions(master, look.theme, look.fonts).trust(wanted, worker.accept, self.cancel)
            )

    def _ended(self, window: LoginWindow, end: End, sentence: str) -> None:
        match end:
            case End.LEFT:
                window.ready()
            case End.NOT_REACHED:
                window.refuse_server(sentence)
            case End.NOT_TRUSTED:
                self._warn(sentence)
            case End.CLOSED | End.FAILED:
                window.refuse(sentence or say("The server has ended the conversation."))

    def _warn(self, sentence: str) -> None:
        if self.window:
            look = self._appearance
            self.window.ready()
            self.window.show_card(lambda master: Questions(master, look.theme, look.fonts).warning(sentence))

    def _drop(self) -> None:
        """What the worker still tells is of no interest."""
        if self._worker:
            self._poll.follow(None)
            self._worker.stop(0)
            self._dropped = [dropped for dropped in (*self._dropped, self._worker) if not dropped.stop(0)]
            self._worker = None
