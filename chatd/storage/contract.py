"""What the chat asks of a place where logs are kept. Knows no implementation; `tests/test_storage.py` holds each to it.

A *log* is named by a string: a room's folded name (``#lobby``), or ``@`` and a person's number for a box of private
messages. People are kept here too: accounts, and the sessions by which a program takes its name back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from chatd.events import Entry, Kind, Message
from chatd.languages import N_

ENTRY_BYTES = 64
"""What an entry counts in a budget of bytes besides its text: a name, a time, and what a reader's line adds to them."""


class StoreError(Exception):
    """The store could not do it. The text is one sentence, for the operator; people are told the :attr:`reason`."""

    @property
    def reason(self) -> str:
        """The same sentence; a :class:`~chatd.details.Clause`, if people may come to read it."""
        reason: str = self.args[0]
        return reason


KIND_VALUES: Final = {kind: kind.value for kind in Kind}
"""Kinds as the plain strings that stores keep."""
KINDS: Final = {value: kind for kind, value in KIND_VALUES.items()}
"""And back."""
FAILED = N_("The store failed in a way that it should not.")
"""What people are told about a bug; the operator finds more in the log."""


class StoreFull(StoreError):
    """It cannot be kept now: the medium is full, or locked by somebody. Nothing was kept; the same may work later."""


class Placed(NamedTuple):
    """Where a message is kept, and since when. Of a private one: where its sender's copy is."""

    log: str
    id: int
    at: float


@dataclass(frozen=True, slots=True)
class Append:
    """Messages for the end of one log: the first gets the id ``first``, the others follow without gaps."""

    log: str
    first: int
    messages: Sequence[Message]

    def places(self) -> Iterator[tuple[tuple[int, str], Placed]]:
        """The place of each of the messages that can be recognised, by :func:`identity`."""
        for id, message in enumerate(self.messages, self.first):
            key = identity(message)
            if key is not None:
                yield key, Placed(self.log, id, message.at)


def identity(message: Message) -> tuple[int, str] | None:
    """By what a repeat is recognised: ``person`` and ``cid``. The receiver's copy of a private message is no repeat."""
    return None if message.cid is None or message.kind is Kind.TOLD else (message.person, message.cid)


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a log before reading it. An unknown log has ``last`` 0 and no words."""

    last: int = 0
    """The id of its last message."""
    shown: str = ""
    """A room's name as its founder spelled it."""
    topic: str = ""
    at: float = 0.0
    """When the newest message was said whose time is known; 0: there is none."""
    first: int = 1
    """The id of the first message that is still kept, and if none is, that of the next one: what was before is gone."""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in order, oldest first. ``cut``: more would have fitted the question than the answer may hold."""

    entries: tuple[Entry, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of each log is kept. What is limited neither by age nor by number is kept for ever."""

    seconds: float | None = None
    """Messages may be so old; older ones are dropped."""
    messages: int | None = None
    """As many of the last ones are kept, 1 at least; and besides, whatever was said in the last :data:`YOUNG_SECONDS`."""

    def drops(self, id: int, at: float, last: int, now: float) -> bool:
        """Whether the message ``id``, said ``at`` that time, is too much ``now``, in a log that ends at ``last``."""
        if self.seconds is not None and at < now - self.seconds:
            return True
        return self.messages is not None and id <= last - self.messages and at < now - YOUNG_SECONDS


YOUNG_SECONDS: Final = 60.0
"""Messages are kept for so long however many they are: who is held up for a moment is not to lose them."""
SESSION_SECONDS: Final = 86400.0
"""For so long after its last connection has ended, a program may come back by its session."""
RECEIPT_SECONDS: Final = 2 * SESSION_SECONDS
"""For so long after it was said, and longer if nobody could come back meanwhile, a dropped message is recognised when it
is sent again: see :func:`recognised_since`."""


def recognised_since(newest: float) -> float:
    """Since when a message must have been said to be recognised, though it is dropped; Unix seconds, as ``newest``.

    That is when the last message was said that is older than :data:`SESSION_SECONDS`. Whoever may still come back was cut
    no longer ago than that, or when the server had stopped, which it did after ``newest``; and what they sent last, and have no
    answer to, is not much older than the cut: not a day.
    """
    return newest - (RECEIPT_SECONDS - SESSION_SECONDS)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What one call of :meth:`Store.prune` did."""

    dropped: int
    """Messages. (Of a private one, each copy is one.)"""
    rest: str | None
    """Where to go on, to be given to the next call; ``None``: all logs were looked at."""


class Repeated(StoreError):
    """Some of the messages are kept already, by ``person`` and ``cid``. Nothing was kept; without them it may work."""

    def __init__(self, placed: Mapping[tuple[int, str], Placed]) -> None:
        super().__init__("Some of the messages are kept already.")
        self.placed = placed


LOCKED = "!"
"""Stands for a password that nothing matches: that of an account whose own was lost to a damage (as in shadow(5))."""


@dataclass(frozen=True, slots=True)
class Account:
    """A name that belongs to somebody for good."""

    person: int
    key: str
    """The folded name; no two accounts have the same."""
    name: str
    """As its owner spells it."""
    password: str = field(repr=False)
    """As argon2 encodes it, with its salt and parameters (PHC string format); never the password itself."""
    seen: int = 0
    """The last message of their box that was shown to them."""
    language: str = ""
    """The code of the language that they chose to be spoken to in; empty: none."""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """What is kept of a program's session, so that it can come back."""

    digest: str
    """SHA-256 of its secret, in hexadecimal; never the secret itself."""
    person: int
    name: str
    ended: float | None = None
    """When its last connection ended (Unix seconds); ``None``: it has one."""


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

        A message with a ``cid`` is kept once for each person; of a private one the ``told`` copy does not count. That
        holds for :data:`RECEIPT_SECONDS` at least also if it is dropped by :meth:`prune` meanwhile.

        Raises:
            Repeated: nothing was kept, because some of it is already.
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

    async def prune(self, retention: Retention, now: float, place: str = "") -> Pruned:
        """Drop some of what is not to be kept any more, from the beginning of each log: all if called until nothing is left.

        It takes a moment only, so that messages need not wait; ``place`` is what the last call left. What is kept of a
        log has no holes, and its next id is what it would have been: the first message that is to be kept ends the
        dropping, so one whose time was ahead of the clock keeps those after it. ``now``: Unix seconds.

        Raises:
            StoreFull: nothing was dropped by this call, a later one may work.
            StoreError: nothing was dropped by this call.
        """

    async def find_message(self, person: int, cid: str) -> Placed | None:
        """Where the message is that this person called ``cid``, if it is recognised; of a private one, the sender's copy."""

    async def search(self, upto: dict[str, int], words: str, count: int) -> Page:
        """The last ``count`` entries of these logs, up to these ids, that hold all the words, in the order they were kept.

        Words match as :func:`chatd.folding.fold_for_search` sees them, the last one also as a beginning.
        """

    async def accounts(self) -> Sequence[Account]:
        """All of them, in no order. Of one that is damaged only the name is left, and its password is :data:`LOCKED`."""

    async def keep_account(self, account: Account) -> None:
        """Keep this account, instead of what was kept of the same person.

        Raises:
            StoreError: nothing was kept; another person's account has that key, for example.
        """

    async def mark_seen(self, person: int, seen: int) -> None:
        """This account was shown its box up to there. It never goes back, and nothing happens if there is no such account."""

    async def mark_language(self, person: int, language: str) -> None:
        """This account chose this language. Nothing happens if there is no such account."""

    async def keep_session(self, session: SessionRecord) -> None:
        """Keep this session, instead of what was kept under the same digest."""

    async def find_session(self, digest: str) -> SessionRecord | None:
        """The session of this digest, if it is kept."""

    async def forget_sessions(self, person: int, but: str | None = None) -> None:
        """Forget all sessions of this person, except for the one of the digest ``but``."""

    async def sweep_sessions(self, before: float, cut: float | None = None) -> None:
        """Forget the sessions that ended ``before``. ``cut``: those that have a connection have lost it then."""

    async def close(self) -> None:
        """Give everything back. No other call may follow."""
