"""SIGHUP: read the certificate again. Knows signals and terminals; must not know what is read, or how.

Without this it would end the server, which is what it should do still when it means what its name says: the terminal
that the server runs in was closed.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

TERMINAL = "/dev/tty"
"""The terminal that controls this process, if there is one."""


def on_hangup(reactor: Any, read_again: Callable[[], None], stop: Callable[[], None]) -> None:
    """Have SIGHUP call ``read_again`` in the reactor's thread, or ``stop`` if it came from a closed terminal.

    Whatever was to happen at SIGHUP before still does. Only valid in the main thread.
    """
    if not hasattr(signal, "SIGHUP"):
        return
    before = signal.getsignal(signal.SIGHUP)
    in_terminal = before is signal.SIG_DFL and has_terminal()  # under nohup it is SIG_IGN

    def hung_up() -> None:
        if in_terminal and not has_terminal():
            stop()
        else:
            read_again()

    def signalled(number: int, frame: Any) -> None:
        reactor.callFromThread(hung_up)
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGHUP, signalled)


def has_terminal() -> bool:
    """Whether a terminal controls this process."""
    try:
        os.close(os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
