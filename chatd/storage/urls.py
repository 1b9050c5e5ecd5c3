"""Which store a ``--store`` option means. Knows every kind there is, by name; not what is done with it."""

import re
import secrets
from collections.abc import Callable

from chatd.storage.contract import Store, StoreError
from chatd.storage.memory import MemoryStore
from chatd.storage.threaded import open_sqlite
from chatd.storage.threads import Reactor

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)  # of two letters at least: C:\ is a drive


def open_store(
    url: str, reactor: Reactor, report: Callable[[str], None], failed: Callable[[StoreError], None]
) -> Store:
    """The store of ``memory:``, ``sqlite:PATH``, or just a path, which may be relative.

    While the store is in use, ``report`` is given sentences for the operator; ``failed`` is called when it must not be
    used any more, though nobody may be using it just now.

    Raises:
        StoreError: there is no such store, or it cannot be opened.
    """
    scheme, rest = split(url)
    if scheme == "memory" and not rest:
        return MemoryStore(epoch=secrets.token_hex(8))
    if scheme == "sqlite" and rest:
        return open_sqlite(rest, reactor, report, failed)
    raise StoreError(f"{url or 'Nothing'} is not a store. Stores are given as memory: or sqlite:PATH or PATH.")


def split(url: str) -> tuple[str, str]:
    """Scheme and the rest. A name without one is a file's; a folder before it makes a file of any: ``./a:b``."""
    found = _SCHEME.fullmatch(url)
    return (found[1].lower(), found[2]) if found else ("sqlite", url)
