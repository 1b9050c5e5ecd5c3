"""What a person has said and the server has not acknowledged yet, in its order. Knows ids, windows and waits.

Must not know what the messages look like on the wire, nor what else the connection is used for.

A message stays here until its ack or its error comes, over as many connections as that takes, and is sent with the same
``cid`` each time: so it appears once, however often it was sent (docs/protocol.rst, Coming back; Try again later).
"""

from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import Final

from clients.backoff import Backoff

LIMIT: Final = 1000
"""As many messages may wait; who types on for that long without a server should be told."""
WINDOW: Final = 32
"""As many may be unacknowledged on the wire: the server lets 64 lines wait (docs/protocol.rst, Staying connected)."""
LONGEST_WAIT: Final = 300.0
"""Seconds. A server that asks for more is asked again after these."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that waits for its acknowledgement."""

    cid: str
    """Its own id, which no other message of this person has had, in this run or another."""
    room: str
    """Where it is said; :data:`~chatd.requests.BOX` for private ones."""
    to: str
    """For private ones: to whom, a name or an address. Else empty."""
    text: str
    acted: bool
    at: float
    """When it was typed, on the clock that the core is given."""
    sent: bool = False
    """It has been sent at least once: the server may have it already."""


@dataclass(slots=True)
class _Entry:
    pending: Pending
    on_wire: bool = False
    """Sent over this connection, and neither answered nor refused yet."""
    repeated: bool = False
    """It was also sent before, over an earlier connection mostly."""


class Outbox:
    """The messages on their way, the oldest first. Those on the wire are always the first ones."""

    def __init__(self, random: Random) -> None:
        self._prefix = f"{random.getrandbits(80):020x}"
        self._counted = 0
        self._entries: dict[str, _Entry] = {}
        self._backoff = Backoff(random, 1.0, 30.0, least=0.5)
        self._held_until: float | None = None

    @property
    def pending(self) -> tuple[Pending, ...]:
        """All of them, in the order in which they were typed."""
        return tuple(entry.pending for entry in self._entries.values())

    @property
    def full(self) -> bool:
        """Whether no more are taken."""
        return len(self._entries) >= LIMIT

    @property
    def deadline(self) -> float | None:
        """When :meth:`due` has something again that it has not now; ``None``: not by waiting."""
        return self._held_until

    def waits_for(self, room: str) -> bool:
        """Whether something that was said in this room is still here."""
        return any(entry.pending.room == room for entry in self._entries.values())

    def add(self, room: str, to: str, text: str, acted: bool, now: float) -> Pending:
        """Take one more. The caller has looked whether it is :attr:`full`."""
        self._counted += 1
        pending = Pending(f"{self._prefix}-{self._counted}", room, to, text, acted, now)
        self._entries[pending.cid] = _Entry(pending)
        return pending

    def due(self, now: float) -> list[Pending]:
        """What is to be sent now, in this order; it counts as sent from here on."""
        if self._held_until is not None:
            if now < self._held_until:
                return []
            self._held_until = None
        due = [entry for entry in islice(self._entries.values(), WINDOW) if not entry.on_wire]
        for entry in due:
            entry.on_wire = True
            entry.pending = replace(entry.pending, sent=True)
        return [entry.pending for entry in due]

    def is_repeated(self, cid: str) -> bool:
        """Whether its ack may be that of an earlier time, and so stand anywhere among the others."""
        return cid in self._entries and self._entries[cid].repeated

    def acked(self, cid: str) -> Pending | None:
        """The server has it: take it out. ``None``: it was not here (any more)."""
        taken = self.take(cid)
        if taken is not None:
            self._backoff.reset()
        return taken

    def take(self, cid: str) -> Pending | None:
        """Take it out, whatever became of it. ``None``: it was not here (any more)."""
        entry = self._entries.pop(cid, None)
        return entry.pending if entry else None

    def retry(self, cid: str, now: float, seconds: float | None) -> None:
        """The server cannot take it now: everything is sent again, in its order, in ``seconds`` or a little later.

        The server refuses all that were sent behind it as well; their refusals make nothing longer.
        """
        if cid not in self._entries or self._held_until is not None:
            return
        wait = self._backoff.next() if seconds is None else min(seconds, LONGEST_WAIT)
        self._held_until = now + wait
        for entry in self._entries.values():
            entry.on_wire = False

    def send_again(self, room: str) -> None:
        """Acks of what was said in this room are lost: it is sent once more, and acknowledged as what is kept already."""
        for entry in self._entries.values():
            if entry.on_wire and entry.pending.room == room:
                entry.on_wire = False
                entry.repeated = True

    def disconnected(self) -> None:
        """The connection is gone: nobody knows what became of those on the wire, so they will be sent again."""
        self._held_until = None
        self._backoff.reset()
        for entry in self._entries.values():
            entry.on_wire = False
            entry.repeated = entry.pending.sent

    def take_sent(self) -> list[Pending]:
        """Take out those that the server may have already: to be used by somebody who is a new person to it."""
        return [self._entries.pop(pending.cid).pending for pending in self.pending if pending.sent]

    def take_all(self) -> list[Pending]:
        """Take out everything: it is over."""
        taken = list(self.pending)
        self._entries.clear()
        return taken
