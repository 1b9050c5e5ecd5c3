"""Which message of a connection has to come again before any other, so that what was said keeps its order.

Knows the clients' own ids of messages, and how far a refused one had come. Must not know sessions, or why it was refused.
"""

from enum import IntEnum

from chatd.errors import OutOfTurn


class Stage(IntEnum):
    """How far a message had come when it was refused. Of two refused ones, the one that had come further was sent first."""

    RECEIVED = 1
    """Too many waited before it: it did not even get a turn."""
    BEGUN = 2
    """It had its turn, and could not be queued for the disk."""
    QUEUED = 3
    """It could not be stored."""


REMEMBERED = 256
"""Stored messages that are remembered: several times as many as a client should have unanswered."""


class Retries:
    """Remembers the first message, in the order in which they were sent, that was answered with ``retry``.

    One that was sent twice may be refused although it is stored: nobody who has its ``ack`` sends it again, so it is
    never waited for.
    """

    def __init__(self) -> None:
        self._first: str | None = None
        self._stage = Stage.RECEIVED
        self._kept: dict[str, None] = {}

    def refused(self, cid: str | None, stage: Stage) -> None:
        """The client was asked to send this one again. Of several at the same stage the first was sent first."""
        if cid is None or cid in self._kept:
            return
        if self._first is None or stage > self._stage:
            self._first, self._stage = cid, stage

    def taken(self) -> None:
        """A request was taken. Whatever waited when others found too much waiting has had its turn by now."""
        self._stage = max(self._stage, Stage.BEGUN)

    def require_turn(self, cid: str | None) -> None:
        """A message has its turn. While another one is missing that was sent before it, it must not have it.

        Raises:
            OutOfTurn: one is.
        """
        # What is waited for was refused behind those that still wait: it is none of their business.
        if cid is None or self._first is None or self._stage is Stage.RECEIVED:
            return
        if cid != self._first:
            raise OutOfTurn(cid=self._first)
        self._first = None

    def kept(self, cid: str | None) -> None:
        """This one is stored, and its sender has the ``ack``."""
        if cid is None:
            return
        if cid == self._first:
            self._first = None
        self._kept[cid] = None
        if len(self._kept) > REMEMBERED:
            del self._kept[next(iter(self._kept))]
