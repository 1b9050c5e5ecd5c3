"""The program behind the windows: first the way in, then a conversation, and so on until it is closed.

Knows which part does what, and when. Must not know how windows look, what is said in the chat, or how a connection is made.
"""

import tkinter
from pathlib import Path

from clients.addresses import Address
from clients.gui.appearance import Appearance
from clients.gui.chatting import Chatting
from clients.gui.entrance import Dial, Entrance
from clients.gui.login.typed import Typed
from clients.gui.model.conversations import Conversations
from clients.gui.model.told import Happened, Told
from clients.gui.model.view import View
from clients.gui.poll import Poll
from clients.gui.remembered import Remembered
from clients.gui.shortcuts import add_shortcuts
from clients.gui.worker import PATIENCE, Worker
from clients.trust import KnownServers


class Application:
    """One run of the program, in one window."""

    def __init__(self, root: tkinter.Tk, known: KnownServers, store: Path, kept: Remembered, dial: Dial) -> None:
        """Prepare; nothing is seen before :meth:`start`.

        Args:
            root: an empty window.
            known: the servers met over TLS before.
            store: the file of what is kept between runs.
            kept: what it holds.
            dial: what opens connections to an address, over TLS or not.
        """
        self._tk = root
        add_shortcuts(root)
        self.appearance = Appearance(root, store, kept, self._warn)
        self._poll: Poll[Told] = Poll(root, self._take, self._idle)
        self.entrance = Entrance(root, self.appearance, known, dial, self._poll, on_welcomed=self._welcome)
        self.chatting: Chatting | None = None
        """The conversation, while there is one."""
        self._before: Chatting | None = None
        self._worker: Worker | None = None
        self._warning = ""
        self._interrupted = self._going = False
        root.protocol("WM_DELETE_WINDOW", self.leave)

    def start(self, typed: Typed, address: Address | None = None) -> None:
        """Show the login window with this in it; with an address, log in there at once."""
        self.entrance.open(typed)
        self._poll.start()
        if address:
            self.entrance.log_in(typed, address)

    def leave(self) -> None:
        """End the program; what is not sent yet is sent first, or asked about."""
        if self.chatting:
            self.chatting.leave()
        else:
            self.close()

    def interrupt(self) -> None:
        """End it without a question, the second time without a goodbye; may be called by a signal, at any moment."""
        self._interrupted = True

    def close(self) -> None:
        """End it at once."""
        self._poll.stop()
        self.entrance.stop()
        if self._worker:
            self._worker.stop(PATIENCE)
        self._tk.update_idletasks()  # what Tk has still to do would be done without a window
        self._tk.destroy()

    def _take(self, told: Told) -> None:
        if self.chatting:
            self.chatting.take(told)
        else:
            self.entrance.take(told)

    def _idle(self) -> None:
        if self._interrupted:
            self._interrupted = False
            if self.chatting and not self._going:
                self._going = True
                self.chatting.interrupt()
            else:
                self.close()
                return
        self._tell_warning()
        if self.chatting:
            self.chatting.idle()

    def _welcome(self, worker: Worker, first: Happened) -> None:
        self._worker = worker
        self.chatting = Chatting(
            self._tk, self.appearance, worker, self._conversations(first.view), first, on_over=self._over
        )

    def _over(self, closes: bool) -> None:
        self._before, self.chatting = self.chatting, None
        if closes:
            self.close()
            return
        if self._worker:
            self._worker.stop(0)
        self._poll.follow(None)
        kept = self.appearance.kept
        self.entrance.open(Typed(kept.server, kept.name, wish=kept.wish))

    def _conversations(self, view: View) -> Conversations:
        """Those of before, with all that was said and half typed, if it is the same person who comes back to the server."""
        before = self._before
        return before.conversations if before and before.is_of(view) else Conversations()

    def _warn(self, sentence: str) -> None:
        """It is told as soon as there is a window that stays."""
        self._warning = sentence

    def _tell_warning(self) -> None:
        sentence, self._warning = self._warning, ""
        if sentence and self.chatting:
            self.chatting.window.tell(sentence)
        elif sentence and self.entrance.window:
            self.entrance.window.note(sentence)
