"""Which message of a connection has to come again before any other, so that what was said keeps its order; and which never.

Knows the clients' own ids of messages, and in which order they came. Must not know sessions, or why one was refused.
"""

from chatd.errors import ChatError, OutOfTurn

REMEMBERED = 256
"""Answers that are remembered: several times as many as a client should wait for."""
MOST = 4096
"""Messages that may have no answer. None of them can be forgotten: another one would take its place."""


class Retries:
    """Remembers the messages that were answered with ``retry``, and when each came for the first time.

    A copy of one that was sent twice may be refused although the other one was answered: nobody who has its ``ack``, or an
    ``error``, sends it again, so it is never waited for. After an ``error`` no copy is taken: its sender was told that it is
    not said, and the reason may be over by now.
    """

    __slots__ = ("_answered", "_came", "_order", "_refused")

    def __init__(self) -> None:
        self._came = 0
        self._order: dict[str, int] = {}
        """Of every message that is not answered yet: the how-manieth it was, whenever its copies come."""
        self._refused: set[str] = set()
        self._answered: dict[str, ChatError | None] = {}

    def received(self, cid: str) -> bool:
        """A message has come in, though it may have to wait for its turn. All others come after it from now on.

        Returns:
            Whether it can be remembered; else there must be no more of them.
        """
        if cid not in self._order and cid not in self._answered:
            if len(self._order) >= MOST:
                return False
            self._came += 1
            self._order[cid] = self._came
        return True

    def forget(self, cid: str | None) -> None:
        """This one is as if it had never come."""
        if cid is not None:
            self._order.pop(cid, None)
            self._refused.discard(cid)

    def refused(self, cid: str | None) -> None:
        """The client was asked to send this one again."""
        if cid in self._order:
            self._refused.add(cid)

    def require_turn(self, cid: str | None) -> None:
        """A message has its turn. While another one is missing that was sent before it, it must not have it.

        Raises:
            OutOfTurn: one is.
            ChatError: this one was refused for good, and this is why.
        """
        error = self._answered.get(cid) if cid is not None else None
        if error is not None:
            raise error.with_traceback(None)
        if cid is None or not self._refused or cid in self._answered:
            return
        first = min(self._refused, key=self._order.__getitem__)
        if self._order[first] < self._order.get(cid, 0):  # a copy of what was answered long ago has no place
            raise OutOfTurn(cid=first)
        self._refused.discard(cid)

    def answered(self, cid: str | None, error: ChatError | None = None) -> None:
        """The sender of this one knows for good what became of it: it is stored, or never will be, for this ``error``."""
        if cid is None:
            return
        self.forget(cid)
        self._answered[cid] = error.with_traceback(None) if error is not None else None
        if len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]
