"""Batches: what one log is handed at once, encoded once per form, with each reader's differences cut in by slices.

Must not know readers, sockets or stores; the bytes it joins are made by a :class:`Form` and never looked into.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Protocol

from chatd.events import Entry, Event, Joined, Left, Message, Notice, Reply
from chatd.folding import fold_letters
from chatd.languages import Language
from chatd.timestyle import TimeStyle


class Form(Protocol):
    """One way to write events as bytes; equal forms write the same bytes. Hashable."""

    def encode(self, event: Event | Reply, id: int = 0) -> bytes:
        """The event as whole lines; ``id`` is a message's place in its log."""

    def recall(self, entry: Entry, now: float) -> bytes:
        """The message as it is shown at a later time, ``now``."""

    def receipt(self, message: Message, id: int) -> bytes | None:
        """What is shown instead of the message to the connection that it came in by; ``None``: it is shown that too."""

    def receipts(self, notice: Notice) -> Mapping[int, bytes]:
        """What is shown instead of the notice to the connections that caused it, by origin."""

    def variant(self, style: TimeStyle, room: str, current: bool) -> "Form":
        """The same, for the log of ``room`` (a box: empty), which is the ``current`` one or not."""

    def translated(self, language: Language) -> "Form":
        """The same, in this language."""


class Tailer(Protocol):
    """Whoever is handed batches."""

    @property
    def origin(self) -> int:
        """Its connection: of what came in by it, it is shown the receipts."""

    @property
    def ignored(self) -> frozenset[str]:
        """Folded names whose messages it is not shown."""


Cut = tuple[int, int, bytes]
"""From here to there, these bytes instead."""


class Encoded:
    """One batch in one form: the bytes that everyone shares, and where they differ for whom."""

    __slots__ = ("_ends", "_view", "data", "own")

    def __init__(self, events: Sequence[Event], first: int, form: Form) -> None:
        parts: list[bytes] = []
        self.own: dict[int, list[Cut]] = {}
        at, id = 0, first
        for event in events:
            part = form.encode(event, id)
            parts.append(part)
            end = at + len(part)
            if isinstance(event, Message):
                instead = form.receipt(event, id)
                if instead is not None:
                    self.own.setdefault(event.origin, []).append((at, end, instead))
                id += 1
            else:
                for origin, line in form.receipts(event).items():
                    self.own.setdefault(origin, []).append((at, end, line))
            at = end
        self.data = b"".join(parts)
        self._view = memoryview(self.data)
        self._ends = [*accumulate(map(len, parts))]

    def bytes_for(self, origin: int, hidden: Collection[int] = ()) -> bytes:
        """The bytes for one connection: its receipts instead of what it caused, and without the ``hidden`` events."""
        cuts = self.own.get(origin, [])
        if hidden:
            hide = [(self._ends[index - 1] if index else 0, self._ends[index], b"") for index in hidden]
            cuts = sorted({cut[0]: cut for cut in [*cuts, *hide]}.values())
        return self._cut(cuts) if cuts else self.data

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


class Batch:
    """Consecutive events of one log that are stored and delivered together."""

    __slots__ = ("_encoded", "_keys", "events", "first", "last", "messages", "number")

    def __init__(self, number: int, events: Sequence[Event], first: int) -> None:
        self.number = number
        """Which batch of its log this is, counted from 1 since the log was opened."""
        self.messages = [event for event in events if type(event) is Message]
        self.events = list(events if len(self.messages) == len(events) else _runs_joined(events))
        self.first = first
        self.last = first + len(self.messages) - 1
        self._encoded: dict[Form, Encoded] = {}
        self._keys: list[str] | None = None

    def encoded(self, form: Form) -> Encoded:
        """The batch in this form; made once."""
        encoded = self._encoded.get(form)
        if encoded is None:
            encoded = self._encoded[form] = Encoded(self.events, self.first, form)
        return encoded

    def bytes_for(self, reader: Tailer, form: Form) -> bytes:
        """What this reader is sent of the batch."""
        return self.encoded(form).bytes_for(reader.origin, self.hidden(reader) if reader.ignored else ())

    def hidden(self, reader: Tailer) -> Collection[int]:
        """Which events the reader does not want to see."""
        if self._keys is None:
            self._keys = [fold_letters(event.name) if type(event) is Message else "" for event in self.events]
        return [index for index, key in enumerate(self._keys) if key in reader.ignored]

    def size(self) -> int:
        """About how many bytes of memory this takes."""
        return sum(len(encoded.data) for encoded in self._encoded.values()) + 300 * len(self.events)


def _runs_joined(events: Sequence[Event]) -> Iterable[Event]:
    """The events with neighbouring arrivals made one, and neighbouring departures: a crowd is one line, in its place."""
    run: list[Joined | Left] = []
    for event in events:
        if run and type(event) is not type(run[0]):
            yield _one(run)
            run = []
        if isinstance(event, Joined | Left):
            run.append(event)
        else:
            yield event
    if run:
        yield _one(run)


def _one(run: Sequence[Joined | Left]) -> Joined | Left:
    return run[0] if len(run) == 1 else type(run[0])(tuple(who for event in run for who in event.who), run[-1].count)
