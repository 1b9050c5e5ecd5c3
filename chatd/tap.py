"""``twistd chatd``: puts everything together. The only module that names the reactor, and that knows everything.

It must not do anything else.
"""

import atexit
import gc
import os
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any

from twisted.application.service import IService
from twisted.internet.defer import Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.internet.interfaces import IListeningPort
from twisted.logger import globalLogPublisher

from chatd.addresses import Networks
from chatd.auth import Argon2Logins
from chatd.certificates import CertificateError, CurrentIdentity, Files
from chatd.chat import Chat, Surroundings
from chatd.hangup import on_hangup
from chatd.journal import withhold_words
from chatd.listening import Bound, CannotListen, announcement, listen
from chatd.operators_log import OperatorsLog
from chatd.options import AUTO, Options, Settings
from chatd.protocols.factory import ChatFactory
from chatd.protocols.site import Site
from chatd.pruning import Pruner, retention
from chatd.self_signed import make_missing
from chatd.service import ChatService
from chatd.storage.contract import Store, StoreError
from chatd.storage.urls import open_store, split
from chatd.storage.watched import WatchedStore

__all__ = ["Options", "makeService"]

FAILED = 1
"""Exit status of a server whose store failed: whatever looks after it should start it again."""


def makeService(options: Options) -> IService:
    """The chat server that the options describe.

    Ports and store are opened here, not when the service starts: so that what is wrong with them is one line on the
    terminal, before twistd has become a daemon or left a PID file.

    Raises:
        SystemExit: with the line.
    """
    from twisted.internet import reactor  # noqa: PLC0415 (importing it installs it; only a server may do that)

    globalLogPublisher.addObserver(withhold_words)  # before twistd's own, which writes
    _check_pid_file(options)  # before anything is made that would be left behind
    # Twisted's timers would follow the wall clock: a step of it would fire them all, or none for hours.
    reactor.seconds = time.monotonic  # type: ignore[method-assign]
    try:
        service = build(options.settings, _run_directory(options), reactor)
    except (StoreError, CannotListen, CertificateError) as error:
        raise SystemExit(f"chatd: {error}") from None
    # What is loaded by now stays: to look through all of it at each full collection would hold everybody up for 50 ms.
    gc.collect()
    gc.freeze()
    return service


def build(settings: Settings, directory: Path, reactor: Any) -> ChatService:
    """The server, its ports open; if it cannot be built, they are closed again.

    Raises:
        CannotListen: a port cannot be had.
        CertificateError: the certificate cannot be used.
        StoreError: the store cannot be used.
    """
    with ExitStack() as opened:
        service = _build(settings, directory, reactor, opened)
        opened.pop_all()
        return service


def _build(settings: Settings, directory: Path, reactor: Any, opened: ExitStack) -> ChatService:
    log = OperatorsLog()
    # The ports first: where they are taken, no database is to be made. But nobody is let in before it is found good.
    factory, bound = ChatFactory(), Bound(reactor)
    ports = _listen(settings.listen, factory, bound, opened)
    url = _in_directory(settings.store, directory)
    identity = _identity(settings, url, directory)

    def give_up(error: StoreError) -> None:
        if service.failed:  # what was queued behind fails as well
            return
        service.failed = True
        log.fatal(f"The store failed, so the server stops: {error}")
        atexit.register(_exit_as_failed)
        reactor.callLater(0, _stop, reactor)

    store = WatchedStore(open_store(url, reactor, log.report, give_up), reactor, log)
    opened.callback(lambda: Deferred.fromCoroutine(store.close()))  # at once: nothing was asked of it yet
    bound.open()
    logins = Argon2Logins(reactor)
    surroundings = _surroundings(settings, store, logins, reactor, log)
    proxies = Networks(settings.proxies)
    site = factory.site = Site(Chat(surroundings), tls=identity, plaintext=settings.plaintext, proxies=proxies)
    service = ChatService(site, store, ports, reactor, log)
    service.logins = logins
    service.pruner = Pruner(surroundings, retention(settings.limits), log)
    service.announcement = announcement(ports, url, identity is not None, settings.plaintext, settings.proxies)
    if identity is not None:
        service.identity = identity
    on_hangup(reactor, service.read_certificate_again, lambda: _stop(reactor))
    site.chat.commits.failed = give_up
    return service


def _surroundings(
    settings: Settings, store: Store, logins: Argon2Logins, reactor: Any, log: OperatorsLog
) -> Surroundings:
    return Surroundings(
        store=store,
        clock=reactor,
        wall=time.time,
        random=SystemRandom(),
        spawn=log.spawn,
        journal=log,
        passwords=logins,
        limits=settings.limits,
        motd=settings.motd,
        hide_addresses=settings.hide_addresses,
        language=settings.language,
    )


def _listen(endpoints: Sequence[str], factory: ChatFactory, reactor: Bound, opened: ExitStack) -> list[IListeningPort]:
    """The ports, bound only, each to be closed with ``opened``."""
    ports = []
    opened.callback(reactor.iterate)  # only then are ports closed that were told to, and their files in /run gone
    for endpoint in endpoints:
        port = listen(endpoint, factory, reactor)
        opened.callback(port.stopListening)
        ports.append(port)
    return ports


def _identity(settings: Settings, store: str, directory: Path) -> CurrentIdentity | None:
    """What the server shows in TLS handshakes, made first if that is wished for: beside the database, if there is one."""
    if not settings.cert:
        return None
    files = Files(Path(settings.cert), Path(settings.key))
    if settings.cert == AUTO:
        scheme, rest = split(store)
        folder = Path(rest).parent if scheme == "sqlite" else directory
        files = Files(folder / "chatd.crt", folder / "chatd.key")
        make_missing(files, socket.gethostname(), datetime.now(UTC))
    return CurrentIdentity(files, time.time)


def _stop(reactor: Any) -> None:
    with suppress(ReactorNotRunning):  # somebody may have stopped it already
        reactor.stop()


def _exit_as_failed() -> None:
    """End with a status other than 0, which twistd offers no way to ask for.

    This runs when twistd is done, and its log is written: each line of it is flushed.
    """
    os._exit(FAILED)


def _check_pid_file(options: Options) -> None:
    """See whether twistd can write its PID file; it would say so with a traceback, and only later.

    Raises:
        SystemExit: it cannot.
    """
    twistd = options.parent
    name = twistd["pidfile"] if twistd and "pidfile" in twistd else ""
    if name and not os.access(name if os.path.exists(name) else os.path.dirname(name), os.W_OK):
        raise SystemExit(f"chatd: twistd cannot write {name}. To do without that file: twistd -n --pidfile= chatd")


def _run_directory(options: Options) -> Path:
    """Where twistd will run; relative names of files start there."""
    twistd = options.parent
    return Path(twistd["rundir"] if twistd else ".").resolve()


def _in_directory(url: str, directory: Path) -> str:
    scheme, rest = split(url)
    return f"sqlite:{directory / rest}" if scheme == "sqlite" and rest else url
