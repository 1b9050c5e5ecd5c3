"""What the chat asks of a place where logs are kept. Knows no implementation; `tests/test_storage.py` holds each to it.

A *log* is named by a string: a room's folded name (``#lobby``), or ``@`` and a person's number for a box of private
messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chatd.events import Entry, Message

ENTRY_BYTES = 64
"""What an entry counts in a budget of bytes besides its text: a name, a time, and what a reader's line adds to them."""


class StoreError(Exception):
    """The store could not do it. The text is one sentence for the operator."""


class StoreFull(StoreError):
    """It cannot be kept now: the medium is full, or locked by somebody. Nothing was kept; the same may work later."""


@dataclass(frozen=True, slots=True)
class Append:
    """Messages for the end of one log: the first gets the id ``first``, the others follow without gaps."""

    log: str
    first: int
    messages: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a log before reading it. An unknown log has ``last`` 0 and no words."""

    last: int = 0
    """The id of its last message."""
    shown: str = ""
    """A room's name as its founder spelled it."""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in order, oldest first. ``cut``: more would have fitted the question than the answer may hold."""

    entries: tuple[Entry, ...]
    cut: bool = False


class Store(Protocol):
    """Logs on some medium. Every method may wait, and raises :exc:`StoreError` when the medium fails."""

    async def epoch(self) -> str:
        """Which history this is: numbers of messages mean nothing in a store with another epoch."""

    async def head(self, log: str) -> Head:
        """Where a log stands."""

    async def describe(self, log: str, shown: str, topic: str) -> None:
        """Keep a room's spelling and topic."""

    async def append(self, appends: Sequence[Append]) -> None:
        """Keep all these messages or none. When this returns they survive a power cut, if the medium can do that.

        Never called again before the last call has returned.

        Raises:
            StoreFull: nothing was kept, a later attempt may work.
            StoreError: nothing was kept, and the medium is not to be trusted any more.
        """

    async def read(self, log: str, after: int, upto: int, budget: int) -> Page:
        """The entries with ``after < id <= upto``, oldest first, as many as fit into ``budget`` bytes.

        Each takes its text's bytes in UTF-8 and :data:`ENTRY_BYTES` more, so that very many short ones are no small page.
        At least one entry is returned if there is any; ``cut`` says that later ones were left out. A store that forgets
        old messages begins with the first it has.
        """

    async def latest(self, log: str, upto: int, count: int, since: float, budget: int) -> Page:
        """The last ``count`` entries with ``id <= upto`` and a time of at least ``since``, oldest first.

        ``cut`` says that older ones fitted but were left out, for ``count`` or for ``budget``: bytes, counted as in
        :meth:`read`, with at least one entry if there is any.
        The times of a log are taken never to go back: the first one that is older ends the page.
        """

    async def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """The last ``count`` entries of these logs, up to these ids, that hold all the words, in the order they were kept.

        Words match as :func:`chatd.folding.fold_for_search` sees them, the last one also as a beginning.
        """

    async def close(self) -> None:
        """Give everything back. No other call may follow."""
