"""What is on the disk of a simulation, in every history that there was: the witness that everything is held against.

Knows messages and their places, and what people have tried to say. Must not know the server, the network or the clients.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chatd.events import Kind, Message
from chatd.storage.contract import Append
from tests.simulated.violation import Violation

_TOKEN: Final = re.compile(r"\bt\d+\b")


def token(text: str) -> str:
    """The word of a text that no other text has.

    Raises:
        Violation: nobody has said anything like it.
    """
    found = _TOKEN.search(text)
    if found is None:
        raise Violation(f"nobody can have said {text!r}")
    return found.group()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message is kept: which history, which log, which id."""

    epoch: str
    log: str
    id: int
    message: Message

    @property
    def copied(self) -> bool:
        """Whether it is the receiver's copy of a private message."""
        return self.message.kind is Kind.TOLD


@dataclass(slots=True)
class Ledger:
    """Every message that ever was on the disk, and where."""

    histories: dict[str, dict[str, list[Message]]] = field(default_factory=dict)
    """By epoch and log, in the order of the ids."""
    first: dict[tuple[str, str], int] = field(default_factory=dict)
    """The id of the first message of a log that is still kept, where older ones are not."""
    places: dict[str, list[Place]] = field(default_factory=dict)
    """By token."""
    epoch: str = ""
    """The history that goes on."""
    _source: dict[str, list[Message]] | None = None

    def begin(self, epoch: str, reach: Mapping[str, tuple[int, int]] | None = None) -> None:
        """Another history goes on from here: it begins like an earlier one, with these messages of each log."""
        before, self.epoch = self._source or {}, epoch
        self.histories[epoch] = {}
        for log, (first, last) in (reach or {}).items():
            self._add(log, before[log][:last])
            self.first[epoch, log] = first

    def reach(self) -> dict[str, tuple[int, int]]:
        """The first and the last message that is kept of each log."""
        self._source = self.histories[self.epoch]
        return {log: (self.first_of(self.epoch, log), len(messages)) for log, messages in self._source.items()}

    def keep(self, appends: Sequence[Append]) -> None:
        """These are on the disk from now on."""
        for append in appends:
            self._add(append.log, append.messages)

    def prune(self, log: str, first: int) -> None:
        """What stands before this one is kept no more."""
        self.first[self.epoch, log] = max(first, self.first_of(self.epoch, log))

    def first_of(self, epoch: str, log: str) -> int:
        """The id of the first message that is kept, or will be."""
        return self.first.get((epoch, log), 1)

    def last_of(self, epoch: str, log: str) -> int:
        """The id of the last message."""
        return len(self.histories[epoch].get(log, ()))

    def at(self, epoch: str, log: str, id: int) -> Message | None:
        """The message of this id; ``None``: there is none yet."""
        messages = self.histories.get(epoch, {}).get(log, [])
        return messages[id - 1] if 1 <= id <= len(messages) else None

    def of(self, text: str) -> list[Place]:
        """Everywhere this text is kept, in all histories."""
        return self.places.get(token(text), [])

    def now(self, text: str) -> list[Place]:
        """Where it is in the history that goes on."""
        return [place for place in self.of(text) if place.epoch == self.epoch]

    def _add(self, log: str, messages: Sequence[Message]) -> None:
        kept = self.histories[self.epoch].setdefault(log, [])
        for message in messages:
            kept.append(message)
            place = Place(self.epoch, log, len(kept), message)
            self.places.setdefault(token(message.text), []).append(place)
