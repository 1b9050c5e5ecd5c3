"""Which message of a connection has to come again before any other, so that what was said keeps its order; and which never.

Knows the clients' own ids of messages, and how far a refused one had come. Must not know sessions, or why it was refused.
"""

from enum import IntEnum
from operator import itemgetter

from chatd.errors import ChatError, OutOfTurn


class Stage(IntEnum):
    """How far a message had come when it was refused. Of two refused ones, the one that had come further was sent first."""

    RECEIVED = 1
    """Too many waited before it: it did not even get a turn."""
    BEGUN = 2
    """It had its turn, and could not be queued for the disk."""
    QUEUED = 3
    """It could not be stored."""


REMEMBERED = 256
"""Messages that are remembered: several times as many as a client should have unanswered."""


class Retries:
    """Remembers the messages that were answered with ``retry``, in the order in which they were sent.

    A copy of one that was sent twice may be refused although the other one was answered: nobody who has its ``ack``, or an
    ``error``, sends it again, so it is never waited for. After an ``error`` no copy is taken: its sender was told that it is
    not said, and the reason may be over by now.
    """

    def __init__(self) -> None:
        self._refused: dict[str, Stage] = {}
        self._answered: dict[str, ChatError | None] = {}

    def refused(self, cid: str | None, stage: Stage) -> None:
        """The client was asked to send this one again. Of several at the same stage the first was sent first."""
        if cid is None or cid in self._answered or stage <= self._refused.get(cid, 0):
            return
        self._refused.pop(cid, None)
        if len(self._refused) < REMEMBERED:
            self._refused[cid] = stage

    def taken(self) -> None:
        """A request was taken. Whatever waited when others found too much waiting has had its turn by now."""
        if Stage.RECEIVED in self._refused.values():
            order = sorted(self._refused.items(), key=itemgetter(1), reverse=True)
            self._refused = {cid: max(stage, Stage.BEGUN) for cid, stage in order}

    def require_turn(self, cid: str | None) -> None:
        """A message has its turn. While another one is missing that was sent before it, it must not have it.

        Raises:
            OutOfTurn: one is.
            ChatError: this one was refused for good, and this is why.
        """
        error = self._answered.get(cid) if cid is not None else None
        if error is not None:
            raise error.with_traceback(None)
        if cid is None or not self._refused:
            return
        first = max(self._refused, key=self._refused.__getitem__)
        # What was refused behind those that still wait is none of their business.
        if self._refused[first] is Stage.RECEIVED:
            return
        if cid != first:
            raise OutOfTurn(cid=first)
        # Behind it come the others; but those that were not even taken were sent after all that wait.
        self._refused = {cid: stage for cid, stage in self._refused.items() if stage is Stage.RECEIVED}

    def answered(self, cid: str | None, error: ChatError | None = None) -> None:
        """The sender of this one knows for good what became of it: it is stored, or never will be, for this ``error``."""
        if cid is None:
            return
        self._refused.pop(cid, None)
        self._answered[cid] = error.with_traceback(None) if error is not None else None
        if len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]
