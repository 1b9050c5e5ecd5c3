"""Batches: what enters one log at once, and is handed on together.

Must not know readers, sockets or stores; its bytes are made by a :class:`Form`, and handed out, in the fan-out.
"""

from collections.abc import Iterable, Sequence

from chatd.events import Event, Joined, Left, Message
from chatd.fanout import Encoded
from chatd.form import Form


class Batch:
    """Consecutive events of one log that are stored and delivered together."""

    __slots__ = ("_encoded", "events", "first", "last", "messages", "number")

    def __init__(self, number: int, events: Sequence[Event], first: int) -> None:
        self.number = number
        """Which batch of its log this is, counted from 1 since the log was opened."""
        self.messages = [event for event in events if type(event) is Message]
        self.events = list(events if len(self.messages) == len(events) else _runs_joined(events))
        self.first = first
        self.last = first + len(self.messages) - 1
        self._encoded: dict[Form, Encoded] = {}

    def encoded(self, form: Form) -> Encoded:
        """The batch in this form; made once."""
        encoded = self._encoded.get(form)
        if encoded is None:
            encoded = self._encoded[form] = Encoded(self.events, self.first, form)
        return encoded

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
