"""The server's life: say where it can be reached, keep the operator informed, stop without losing a word.

Knows the parts and the order in which they begin and end. Must not know rules, formats, or what options are called.
"""

from collections.abc import Sequence
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IListeningPort
from twisted.logger import globalLogPublisher

from chatd.auth import Argon2Logins
from chatd.certificates import CertificateError, CurrentIdentity
from chatd.clock import Clock
from chatd.events import Farewell
from chatd.garbage import collect_seldom
from chatd.journal import write_quickly
from chatd.operators_log import OperatorsLog
from chatd.protocols.descriptors import lengthen_table
from chatd.protocols.site import Site
from chatd.pruning import Pruner
from chatd.storage.contract import Store

GOODBYE_SECONDS = 5.0
"""How long connections may take to read the last words."""


class ChatService(Service):
    """A running chat server: ports that are open already, the site behind them, and the store."""

    def __init__(
        self, site: Site, store: Store, ports: Sequence[IListeningPort], clock: Clock, log: OperatorsLog
    ) -> None:
        self._site = site
        self._store = store
        self._ports = ports
        self._clock = clock
        self._log = log
        self.announcement: Sequence[str] = ()
        self.identity: CurrentIdentity | None = None
        """What the server shows in TLS handshakes."""
        self.logins: Argon2Logins | None = None
        """Threads that work on passwords."""
        self.pruner: Pruner | None = None
        """Drops old messages."""
        self.failed = False
        """It stops because the store cannot be trusted any more."""

    def startService(self) -> None:
        """Connections are taken as soon as the reactor runs; say where."""
        super().startService()
        write_quickly(globalLogPublisher)
        lengthen_table()
        self._clock.callLater(0, collect_seldom)
        # Not before the reactor runs: whoever reads this may stop the server at once, and should find it able to.
        self._clock.callLater(0, self._announce)
        if self.pruner is not None:
            self.pruner.start()

    def read_certificate_again(self) -> None:
        """Show what is in the files of the certificate now to those who connect from now on; if it cannot be used, the old."""
        if self.identity is None:
            self._log.announce(["There is no certificate to read again: the server runs without --cert."])
            return
        try:
            self.identity.read_again()
        except CertificateError as error:
            self._log.report(f"The certificate that was read before stays in use. {error}")
        else:
            self._log.announce(["The certificate was read again.", self.identity.description])
            self._warn(self.identity)

    def stopService(self) -> Deferred[None]:
        """Stop reading, store what was accepted, deliver it, say goodbye, close the store."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        if self.pruner is not None:
            self.pruner.stop()
        try:
            await self._part()
        finally:
            if self.logins is not None:
                await self.logins.close()
            await self._store.close()

    async def _part(self) -> None:
        """Let everybody go, with everything that was accepted."""
        self._site.stopping = True
        await gatherResults([port.stopListening() or _done() for port in self._ports])
        for conversation in list(self._site.conversations):
            conversation.stop_reading()
        await _called_back(self._site.chat.commits.when_idle)
        for conversation in list(self._site.conversations):
            conversation.goodbye(Farewell.FAILURE if self.failed else Farewell.SHUTDOWN)
        impatience = self._clock.callLater(GOODBYE_SECONDS, self._abort_all)
        await _called_back(self._site.when_empty)
        if impatience.active():
            impatience.cancel()

    def _announce(self) -> None:
        self._log.announce(self.announcement)
        if self.identity is not None:
            self._log.announce([self.identity.description])
            self._warn(self.identity)

    def _warn(self, identity: CurrentIdentity) -> None:
        if identity.warning:
            self._log.report(identity.warning)

    def _abort_all(self) -> None:
        """They have had their time."""
        for conversation in list(self._site.conversations):
            conversation.abort()


def _done() -> Deferred[None]:
    done: Deferred[None] = Deferred()
    done.callback(None)
    return done


def _called_back(ask: Any) -> Deferred[None]:
    """``ask(callback)`` as something to wait for."""
    called: Deferred[None] = Deferred()
    ask(lambda: called.callback(None))
    return called
