"""``twistd chatd``: puts everything together. The only module that names the reactor, and that knows everything.

It must not do anything else.
"""

import os
import time
from pathlib import Path
from random import SystemRandom
from typing import Any

from twisted.application.service import IService

from chatd.chat import Chat, Surroundings
from chatd.listening import CannotListen, announcement, listen
from chatd.options import Options, Settings
from chatd.protocols.factory import ChatFactory
from chatd.protocols.site import Site
from chatd.service import ChatService, OperatorsLog
from chatd.storage.contract import StoreError
from chatd.storage.urls import open_store, split

__all__ = ["Options", "makeService"]


def makeService(options: Options) -> IService:
    """The chat server that the options describe.

    Ports and store are opened here, not when the service starts: so that what is wrong with them is one line on the
    terminal, before twistd has become a daemon or left a PID file.

    Raises:
        SystemExit: with the line.
    """
    from twisted.internet import reactor  # noqa: PLC0415 (importing it installs it; only a server may do that)

    # Twisted's timers would follow the wall clock: a step of it would fire them all, or none for hours.
    reactor.seconds = time.monotonic  # type: ignore[method-assign]
    try:
        service = build(options.settings, _run_directory(options), reactor)
    except (StoreError, CannotListen) as error:
        raise SystemExit(f"chatd: {error}") from None
    _check_pid_file(options)
    return service


def build(settings: Settings, directory: Path, reactor: Any) -> ChatService:
    """The server, its ports open.

    Raises:
        CannotListen: a port cannot be had.
        StoreError: the store cannot be used.
    """
    log = OperatorsLog()
    # The ports first: where they are taken, no database is to be made.
    factory = ChatFactory()
    ports = [listen(endpoint, factory, reactor) for endpoint in settings.listen]
    url = _in_directory(settings.store, directory)
    store = open_store(url, reactor, log.report)
    surroundings = Surroundings(
        store=store,
        clock=reactor,
        wall=time.time,
        random=SystemRandom(),
        spawn=log.spawn,
        journal=log,
        limits=settings.limits,
        motd=settings.motd,
        hide_addresses=settings.hide_addresses,
    )
    site = factory.site = Site(Chat(surroundings))
    service = ChatService(site, store, ports, reactor, log)
    service.announcement = announcement(ports, url)

    def give_up(error: StoreError) -> None:
        log.fatal(f"The store failed, so the server stops: {error}")
        reactor.callLater(0, reactor.stop)

    site.chat.commits.failed = give_up
    return service


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
