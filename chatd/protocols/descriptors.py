"""For how many more connections there is room. Knows the kernel's limit on open files, and its table of them; not who connects.

A server that has taken its last descriptor cannot open a database, a language or a certificate any more, and Twisted then
closes every newcomer without a word.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from fcntl import F_DUPFD_CLOEXEC, fcntl
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit

RESERVE = 64
"""Descriptors that no connection may have: files are opened with them. Of few, a quarter is kept."""
PLENTY = 1_000_000
"""More than there is any need to know of."""
SELDOM = 16
"""Connections for which one answer is good while there is much room: each time takes the kernel three calls."""
MUCH = 1024
LONG_TABLE = 65_536
"""So many descriptors have a place in the table from the start. It takes 8 bytes for each."""


def room() -> int:
    """So many more connections may be served: negative, as far as the reserve is taken from already.

    The kernel gives each new descriptor the lowest number that is free (POSIX, open(2)): so a connection whose number is
    low enough leaves all the others to files, however many are open. And the limit may be changed while the server runs.
    """
    most, _ = getrlimit(RLIMIT_NOFILE)
    if most == RLIM_INFINITY:
        return PLENTY
    return most - reserve(most) - _lowest_free(most)


class RoomSeldomAsked:
    """The same, as it was a few connections ago if there was much of it."""

    def __init__(self, ask: Callable[[], int] = room) -> None:
        self._ask = ask
        self._known = 0
        self._good_for = 0

    def __call__(self) -> int:
        """So many more connections, or nearly."""
        if not self._good_for:
            self._known = self._ask()
            self._good_for = SELDOM if self._known >= MUCH else 1
        self._good_for -= 1
        return self._known


def reserve(most: int) -> int:
    """How many of so many descriptors are kept for files."""
    return min(RESERVE, most // 4)


def lengthen_table() -> None:
    """Have the kernel's table of descriptors be long enough now. To be called before there are threads.

    It grows when one has no place in it, to twice as many. In a process with threads that waits until no processor looks at the
    old one any more (Linux, fs/file.c, ``expand_fdtable``), which takes about fifteen milliseconds here, six times until 10,000
    are connected; meanwhile nobody is served.
    """
    most, _ = getrlimit(RLIMIT_NOFILE)
    longest = LONG_TABLE if most == RLIM_INFINITY else min(most, LONG_TABLE)
    with suppress(OSError), open(os.devnull, "rb") as file:  # the table grows later then, as ever
        os.close(fcntl(file, F_DUPFD_CLOEXEC, longest - 1))


def _lowest_free(most: int) -> int:
    """The number that would be given next; ``most`` if there is none."""
    try:
        descriptor = os.open(os.devnull, os.O_RDONLY)
    except OSError:  # it is this limit, or the machine's own: no room in either case
        return most
    os.close(descriptor)
    return descriptor
