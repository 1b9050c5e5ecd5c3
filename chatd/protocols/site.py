"""What every front end is given, and where it reports. Knows the open connections; must not know their formats."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Protocol

from twisted.internet.interfaces import IOpenSSLServerConnectionCreator

from chatd.addresses import Networks
from chatd.chat import Chat
from chatd.events import Farewell
from chatd.protocols.corks import Corks
from chatd.shared_timer import SharedTimer
from chatd.wire.phrases import Phrasebook

NOBODY = Networks()
SILENCE = 0.3
"""Seconds without a line after which somebody is taken for a person who waits to be greeted."""


class Conversation(Protocol):
    """An open connection with a session."""

    def goodbye(self, why: Farewell) -> None:
        """The server stops: say so once everything that was said has been shown, and close."""

    def abort(self) -> None:
        """Close now, whatever is still to be sent."""

    def stop_reading(self) -> None:
        """Take nothing more; what waited for its turn is given back."""


class Site:
    """The chat behind one or several ports, and the connections to it."""

    def __init__(
        self,
        chat: Chat,
        zone: tzinfo | None = None,
        tls: IOpenSSLServerConnectionCreator | None = None,
        plaintext: bool = False,
        proxies: Networks = NOBODY,
    ) -> None:
        self.chat = chat
        self.zone = zone
        """Where the server's time is read; ``None``: the machine's."""
        self.tls = tls
        """What it shows in handshakes; ``None``: there are none."""
        self.plaintext = plaintext
        """Other machines may speak without TLS although there is TLS."""
        self.proxies = proxies
        """Whose word is taken for who is behind a connection of theirs."""
        self.conversations: dict[Conversation, None] = {}
        self.silence = SharedTimer(chat.clock, SILENCE)
        """For those of whom no line has come yet."""
        self.corks = Corks(chat.clock)
        """For those who are greeted."""
        self.stopping = False
        """Nobody is let in any more: who comes now is told goodbye."""
        self._when_empty: Callable[[], None] | None = None

    @property
    def book(self) -> Phrasebook:
        """The words for whoever has not chosen a language."""
        return Phrasebook(self.chat.surroundings.language)

    def opened(self, conversation: Conversation) -> None:
        """A session has begun."""
        self.conversations[conversation] = None
        if self.stopping:
            conversation.goodbye(Farewell.SHUTDOWN)

    def closed(self, conversation: Conversation) -> None:
        """Its connection is gone."""
        del self.conversations[conversation]
        if not self.conversations and self._when_empty is not None:
            when_empty, self._when_empty = self._when_empty, None
            when_empty()

    def when_empty(self, callback: Callable[[], None]) -> None:
        """Call back once no conversation is left."""
        if self.conversations:
            self._when_empty = callback
        else:
            callback()
