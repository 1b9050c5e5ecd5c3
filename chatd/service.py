"""The server's life: say where it can be reached, keep the operator informed, stop without losing a word.

Knows the parts and the order in which they begin and end. Must not know rules, formats, or what options are called.
"""

from collections.abc import Coroutine, Sequence
from time import time
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger, LogLevel, globalLogPublisher

from chatd.auth import Argon2Logins
from chatd.certificates import CertificateError, CurrentIdentity
from chatd.clock import Clock
from chatd.events import Farewell
from chatd.garbage import collect_seldom
from chatd.journal import write_quickly
from chatd.protocols.site import Site
from chatd.pruning import Pruner
from chatd.storage.contract import Store


class QuickLogger(Logger):
    """Twisted's, but that it does not look at each event whether there is such a level: that took a third of the time."""

    def emit(self, level: LogLevel, format: str | None = None, **kwargs: object) -> None:
        """See :meth:`twisted.logger.Logger.emit`."""
        kwargs.update(
            log_logger=self,
            log_level=level,
            log_namespace=self.namespace,
            log_source=self.source,
            log_format=format,
            log_time=time(),
        )
        self.observer(kwargs)


_log = QuickLogger("chatd")

GOODBYE_SECONDS = 5.0
"""How long connections may take to read the last words."""


class OperatorsLog:
    """Tells the operator who comes and goes, in the log of twistd. Never what was said.

    Each event has an ``event``, which says what happened, and its values by name, for programs that read the log: these
    names stay (docs/operations.rst, "The log").
    """

    def came(self, name: str, address: str, online: int) -> None:
        """Somebody gave a name."""
        # When a crowd comes, this is a part of what it costs; Twisted takes ten times as long to fill a template.
        text = f"{name} joined from {address}; {online} online"
        _log.info("{text}", event="joined", text=text, name=name, address=address, online=online)

    def went(self, name: str, address: str, online: int) -> None:
        """Somebody is gone."""
        text = f"{name} left from {address}; {online} online"
        _log.info("{text}", event="left", text=text, name=name, address=address, online=online)

    def renamed(self, old: str, new: str) -> None:
        """Somebody took another name."""
        _log.info("{old} is now {new}", event="renamed", old=old, new=new)

    def report(self, sentence: str) -> None:
        """Something the operator should know."""
        _log.warn("{text}", event="warning", text=sentence)

    def writing_refused(self, reason: str, count: int, seconds: float) -> None:
        """Nothing can be stored, for now."""
        _log.warn(
            "Nothing can be stored now: {reason} Whoever says something is told to try again later "
            "(messages refused so far: {count}, in {seconds:.0f} s)",
            event="writing_refused",
            reason=reason,
            count=count,
            seconds=seconds,
        )

    def writing_works(self, count: int, seconds: float) -> None:
        """It passed."""
        _log.info(
            "Messages are stored again, after {seconds:.0f} s (refused meanwhile: {count})",
            event="writing_works",
            count=count,
            seconds=seconds,
        )

    def reading_failed(self, reason: str, count: int, seconds: float) -> None:
        """Something cannot be shown to those who want to read it."""
        _log.warn(
            "The store does not give what is asked for: {reason} Whoever asks is told so "
            "(failures so far: {count}, in {seconds:.0f} s)",
            event="reading_failed",
            reason=reason,
            count=count,
            seconds=seconds,
        )

    def reading_works(self, count: int, seconds: float) -> None:
        """It passed."""
        _log.info(
            "The store gives everything again, after {seconds:.0f} s (failures meanwhile: {count})",
            event="reading_works",
            count=count,
            seconds=seconds,
        )

    def announce(self, lines: Sequence[str]) -> None:
        """What the operator wants to know at the start."""
        for line in lines:
            _log.info("{text}", event="notice", text=line)

    def spawn(self, doing: Coroutine[Any, Any, None]) -> None:
        """Let a coroutine run; its failure is a bug, and is logged as one."""
        try:
            doing.send(None)
        except StopIteration:
            return  # nothing had to be waited for, as mostly
        except Exception:
            _log.failure("A request failed", event="request_failed")
            return
        # It waits for a Deferred, which lets itself be waited for once more.
        Deferred.fromCoroutine(doing).addErrback(
            lambda failure: _log.failure("A request failed", failure, event="request_failed")
        )

    def fatal(self, sentence: str) -> None:
        """The server has to stop."""
        _log.critical("{text}", event="stopping", text=sentence)


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
