"""What the operator is told, in the log of twistd: who comes and goes, and what is wrong. Never what was said.

Knows Twisted's log. Must not know what happens in the chat, or how a line of the log is written.
"""

from collections.abc import Coroutine, Sequence
from time import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger, LogLevel


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
