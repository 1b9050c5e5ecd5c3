"""The fan-out: what is done for each message and each of those who are shown it. There are as many deliveries as readers.

That is the hot path, what costs a server most. So a batch is made into bytes once for each form in use, everyone gets the same
object, and what differs for somebody is cut into it. It goes into the socket at once, and is nowhere a queue, until a socket
takes no more; whoever that happens to reads on from the log. A crowd of more than :data:`CROWD` is handed it in parts, for
which ``log.py`` finds the time, so that the rest of the server has its turns meanwhile.

What does not stand here is done once for a message, or less; but for readers who are behind (``reader.py``), and what TLS is
to take (``protocols/outlet.py``). That it stays cheap is held by ``tests/test_cost.py``, in ratios.

Knows readers, and what takes bytes, by their shape only. Must not know stores, clocks, what is in the bytes, or who people are.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import accumulate
from typing import Generic, NamedTuple, Protocol, TypeVar

from chatd.events import Event, Message
from chatd.folding import fold_letters
from chatd.form import Form

Cut = tuple[int, int, bytes]
"""From here to there, these bytes instead."""


class Outlet(Protocol):
    """Where one client's bytes go."""

    blocked: bool
    """The other side takes nothing more for now. Set by :meth:`send` only, cleared before the reader is told."""

    def send(self, data: bytes) -> None:
        """Take these bytes, even when blocked. Never calls back, never raises."""


class Tailer(Protocol):
    """Whoever is handed what comes next."""

    @property
    def outlet(self) -> Outlet:
        """Where the bytes go."""

    @property
    def origin(self) -> int:
        """Its connection: of what came in by it, it is shown the receipts."""

    @property
    def ignored(self) -> frozenset[str]:
        """Folded names whose messages it is not shown."""


class Encoded:
    """Some events in one form: the bytes that everyone shares, and where they differ for whom."""

    __slots__ = ("_ends", "_events", "_keys", "_view", "data", "own")

    def __init__(self, events: Sequence[Event], first: int, form: Form) -> None:
        parts: list[bytes] = []
        self.own: dict[int, list[Cut]] = {}
        at, id = 0, first
        for event in events:
            if isinstance(event, Message):
                part, instead = form.line_and_receipt(event, id)
                end = at + len(part)
                if instead is not None:
                    self.own.setdefault(event.origin, []).append((at, end, instead))
                id += 1
            else:
                part = form.encode(event, id)
                end = at + len(part)
                for origin, line in form.receipts(event).items():
                    self.own.setdefault(origin, []).append((at, end, line))
            parts.append(part)
            at = end
        self.data = b"".join(parts)
        self._view = memoryview(self.data)
        self._ends = [*accumulate(map(len, parts))]
        self._events = events
        self._keys: list[str] | None = None

    @property
    def authors(self) -> set[int]:
        """The connections by which messages came in. Those who cause notices are told otherwise what they have done."""
        return {event.origin for event in self._events if type(event) is Message}

    def bytes_for(self, origin: int, ignored: Collection[str] = ()) -> bytes:
        """The bytes for one connection: its receipts instead of what it caused, and nothing of those who are ``ignored``."""
        cuts = self.own.get(origin, [])
        if ignored:
            hidden = [(self._ends[at - 1] if at else 0, self._ends[at], b"") for at in self._places(ignored)]
            cuts = sorted({cut[0]: cut for cut in [*cuts, *hidden]}.values())
        return self._cut(cuts) if cuts else self.data

    def _places(self, ignored: Collection[str]) -> list[int]:
        """Which events are theirs."""
        if self._keys is None:
            self._keys = [fold_letters(event.name) if type(event) is Message else "" for event in self._events]
        return [index for index, key in enumerate(self._keys) if key in ignored]

    def _cut(self, cuts: Sequence[Cut]) -> bytes:
        """The data with these pieces replaced, in one copy."""
        if len(cuts) == 1:  # as for all who talk by turns: half the time of what follows
            start, end, instead = cuts[0]
            return b"".join((self._view[:start], instead, self._view[end:]))
        view, at = self._view, 0
        pieces: list[bytes | memoryview] = []
        for start, end, instead in cuts:
            pieces += (view[at:start], instead)
            at = end
        pieces.append(view[at:])
        return b"".join(pieces)


T = TypeVar("T", bound=Tailer)

CROWD = 10_000
"""So many readers are handed a batch in one go, which takes 0.1 s; a larger crowd is, a part at a time.

Not fewer: where 100 of 5,000 talk as fast as they can, parts make smaller batches of what they say, at twice the cost.
"""


class Stuck(NamedTuple, Generic[T]):
    """Those whose outlets take no more."""

    passed_by: list[T]
    """They have nothing of it."""
    blocked: list[T]
    """They are since then, with all of it in them."""


class Live(Generic[T]):
    """Those who are handed everything when it is new, by the form in which they are."""

    __slots__ = ("_by_form", "_count", "_left")

    def __init__(self) -> None:
        self._by_form: dict[Form, dict[T, None]] = {}
        self._count = 0
        self._left: dict[Form, tuple[Encoded, dict[T, None]]] = {}
        """Of a crowd, those who are still to be handed the last batch, which is this."""

    @property
    def somebody_left(self) -> bool:
        """Whether there may be anybody who has not been handed the last batch."""
        return bool(self._left)

    def add(self, reader: T, form: Form) -> None:
        """From now on this one is, in this form."""
        self._by_form.setdefault(form, {})[reader] = None
        self._count += 1

    def form_of(self, reader: T) -> Form:
        """The form of one who is; there are only so many in one log."""
        return next(form for form, readers in self._by_form.items() if reader in readers)

    def remove(self, reader: T) -> Form:
        """This one is no more; its form is returned."""
        form = self.form_of(reader)
        readers = self._by_form[form]
        del readers[reader]
        self._count -= 1
        if not readers:
            del self._by_form[form]
        return form

    def deliver(self, encoded_in: Callable[[Form], Encoded]) -> Stuck[T]:
        """Hand it to everyone; of a crowd, to those who said something in it, and the others are left. Before, nobody may be."""
        stuck: Stuck[T] = Stuck([], [])
        if self._count > CROWD:
            self._left = {form: (encoded_in(form), dict(readers)) for form, readers in self._by_form.items()}
            for encoded, left in self._left.values():
                _hand(encoded, _taken(left, encoded.authors), stuck)
        else:
            for form, readers in self._by_form.items():
                _hand(encoded_in(form), readers, stuck)
        return stuck

    def hand_on(self, most: int) -> Stuck[T]:
        """Hand it to so many more of those who are left."""
        stuck: Stuck[T] = Stuck([], [])
        while self._left and most:
            form, (encoded, left) = self._left.popitem()
            some = [left.popitem()[0] for _ in range(min(most, len(left)))]
            if left:
                self._left[form] = encoded, left
            _hand(encoded, some, stuck)
            most -= len(some)
        return stuck

    def settle(self, reader: T) -> Stuck[T]:
        """Hand it to this one now, if it is left."""
        stuck: Stuck[T] = Stuck([], [])
        for encoded, left in self._left.values():
            if reader in left:
                del left[reader]
                _hand(encoded, [reader], stuck)
        return stuck


def _taken(left: dict[T, None], authors: Collection[int]) -> list[T]:
    """Those by whom something was said: they are not left, so that what they are answered next comes behind their receipt."""
    first = [reader for reader in left if reader.origin in authors]
    for reader in first:
        del left[reader]
    return first


def _hand(encoded: Encoded, readers: Iterable[T], stuck: Stuck[T]) -> None:
    """What costs most of all: some microseconds for each of them."""
    data, own = encoded.data, encoded.own
    for reader in readers:
        outlet = reader.outlet
        if outlet.blocked:
            stuck.passed_by.append(reader)
            continue
        if reader.ignored:
            outlet.send(encoded.bytes_for(reader.origin, reader.ignored))
        elif reader.origin in own:
            outlet.send(encoded.bytes_for(reader.origin))
        else:
            outlet.send(data)
        if outlet.blocked:
            stuck.blocked.append(reader)


class Sink(Protocol):
    """What takes bytes at once, such as a socket that does not block."""

    def send(self, data: bytes, /) -> int:
        """Take these, or the first of them; how many were taken.

        Raises:
            OSError: none are taken now, or ever.
        """


class DirectOutlet(ABC):
    """An :class:`Outlet` with a way around all buffers, as long as there is nothing in them.

    Whoever writes to a transport of Twisted's has to wait for the reactor to come round: half the cost of a busy room.
    """

    __slots__ = ("_sink", "blocked")

    def __init__(self, sink: Sink | None) -> None:
        self.blocked = False
        self._sink = sink
        """``None``: there is no such way, or nothing more is to go by it."""

    def send(self, data: bytes) -> None:
        """Take these bytes; when blocked, behind those that wait."""
        if self.blocked or self._sink is None or not data:
            self._keep(data)
            return
        try:
            sent = self._sink.send(data)
        except OSError:
            sent = 0  # full, or broken: the transport finds out which, and reports it as it should
        if sent < len(data):
            self._keep(data[sent:])

    @abstractmethod
    def _keep(self, data: bytes) -> None:
        """Send this as soon as it can be, behind what is kept already; :attr:`blocked` until then."""
