"""Which message of a connection has to come again before any other, so that what was said keeps its order; and which never.

Knows the clients' own ids of messages, and in which order they came. Must not know sessions, or why one was refused.
"""

from collections import deque

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

    __slots__ = ("_answered", "_came", "_known", "_refused")

    def __init__(self) -> None:
        self._came = 0
        self._known: dict[str, int | ChatError | None] = {}
        """Of every message that has no answer yet: the how-manieth it was, whenever its copies come. Else why it was refused."""
        self._answered: deque[str] = deque()
        """Those that are answered, the oldest answer first: a dict would look for it longer and longer."""
        self._refused: dict[str, int] = {}
        """Those that have to come again, with the how-manieth each was."""

    def received(self, cid: str) -> bool:
        """A message has come in, though it may have to wait for its turn. All others come after it from now on.

        Returns:
            Whether it can be remembered; else there must be no more of them.
        """
        known = self._known
        if cid not in known:
            if len(known) - len(self._answered) >= MOST:
                return False
            self._came += 1
            known[cid] = self._came
        return True

    def passes(self, cid: str) -> bool:
        """A message has come in, is new, and none has to come again before it. False: nothing has happened."""
        return not self._refused and cid not in self._known and self.received(cid)

    def forget(self, cid: str | None) -> None:
        """This one is as if it had never come."""
        if cid is not None and isinstance(self._known.get(cid), int):
            del self._known[cid]
            self._refused.pop(cid, None)

    def refused(self, cid: str | None) -> None:
        """The client was asked to send this one again."""
        if cid is not None:
            place = self._known.get(cid)
            if isinstance(place, int):
                self._refused[cid] = place

    def require_turn(self, cid: str | None) -> None:
        """A message has its turn. While another one is missing that was sent before it, it must not have it.

        Raises:
            OutOfTurn: one is.
            ChatError: this one was refused for good, and this is why.
        """
        if cid is None:
            return
        place = self._known.get(cid, 0)  # a copy of what was answered long ago has none
        if isinstance(place, ChatError):
            raise place.with_traceback(None)
        if place is None or not self._refused:
            return
        first = min(self._refused, key=self._refused.__getitem__)
        if self._refused[first] < place:
            raise OutOfTurn(cid=first)
        self._refused.pop(cid, None)

    def answered(self, cid: str | None, error: ChatError | None = None) -> None:
        """The sender of this one knows for good what became of it: it is stored, or never will be, for this ``error``."""
        if cid is None:
            return
        known = self._known
        if isinstance(known.get(cid, 0), int):
            self._answered.append(cid)
            self._refused.pop(cid, None)
        known[cid] = error.with_traceback(None) if error is not None else None
        if len(self._answered) > REMEMBERED:
            del known[self._answered.popleft()]
