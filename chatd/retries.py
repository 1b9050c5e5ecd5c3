"""Which message of a connection has to come again before any other, so that what was said keeps its order; and which never.

Knows the clients' own ids of messages, and in which order they came. Must not know sessions, or why one was refused.
"""

from chatd.errors import ChatError, OutOfTurn

REMEMBERED = 256
"""So many answers are remembered at least, and never twice as many: several times what a client should wait for."""
MOST = 4096
"""Messages that may have no answer. None of them can be forgotten: another one would take its place."""


class Retries:
    """Remembers the messages that were answered with ``retry``, and when each came for the first time.

    A copy of one that was sent twice may be refused although the other one was answered: nobody who has its ``ack``, or an
    ``error``, sends it again, so it is never waited for. After an ``error`` no copy is taken: its sender was told that it is
    not said, and the reason may be over by now.
    """

    __slots__ = ("_answers", "_came", "_earlier", "_refused", "_waiting")

    def __init__(self) -> None:
        self._came = 0
        self._waiting: dict[str, int] = {}
        """Those that have no answer yet, with the how-manieth each was, whenever its copies come."""
        self._answers: dict[str, ChatError | None] = {}
        """The last that were answered, with why they were refused, if they were."""
        self._earlier: dict[str, ChatError | None] = {}
        """The same of those before. All of them are forgotten together: to look for the oldest each time takes longer."""
        self._refused: dict[str, int] = {}
        """Those that have to come again, with the how-manieth each was."""

    def received(self, cid: str) -> bool:
        """A message has come in, though it may have to wait for its turn. All others come after it from now on.

        Returns:
            Whether it can be remembered; else there must be no more of them.
        """
        return self._is_known(cid) or self._wait(cid)

    def passes(self, cid: str) -> bool:
        """A message has come in, is new, and none has to come again before it. False: nothing has happened."""
        return not (self._refused or self._is_known(cid)) and self._wait(cid)

    def _is_known(self, cid: str) -> bool:
        return cid in self._waiting or cid in self._answers or cid in self._earlier

    def _wait(self, cid: str) -> bool:
        if len(self._waiting) >= MOST:
            return False
        self._came += 1
        self._waiting[cid] = self._came
        return True

    def forget(self, cid: str | None) -> None:
        """This one is as if it had never come."""
        if cid is not None and self._waiting.pop(cid, None) is not None:
            self._refused.pop(cid, None)

    def refused(self, cid: str | None) -> None:
        """The client was asked to send this one again."""
        if cid is not None and (place := self._waiting.get(cid)) is not None:
            self._refused[cid] = place

    def require_turn(self, cid: str | None) -> None:
        """A message has its turn. While another one is missing that was sent before it, it must not have it.

        Raises:
            OutOfTurn: one is.
            ChatError: this one was refused for good, and this is why.
        """
        if cid is None:
            return
        error = self._answers.get(cid, self._earlier.get(cid))
        if error is not None:
            raise error.with_traceback(None)
        place = self._waiting.get(cid)
        if place is None or not self._refused:  # a copy of what was answered takes nobody's place
            return
        first = min(self._refused, key=self._refused.__getitem__)
        if self._refused[first] < place:
            raise OutOfTurn(cid=first)
        self._refused.pop(cid, None)

    def answered(self, cid: str | None, error: ChatError | None = None) -> None:
        """The sender of this one knows for good what became of it: it is stored, or never will be, for this ``error``."""
        if cid is None:
            return
        self._waiting.pop(cid, None)
        if self._refused:
            self._refused.pop(cid, None)
        self._answers[cid] = error.with_traceback(None) if error is not None else None
        if len(self._answers) >= REMEMBERED:
            self._earlier, self._answers = self._answers, {}
