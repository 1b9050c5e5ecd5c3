"""How far one log has been read: which message is next, which was seen, and where some are missing. Knows ids only.

Must not know what the messages say, or how more of them are asked for. Ids are dense: each is the last one plus 1
(docs/protocol.rst, Rooms), so that a hole is noticed by the first message behind it.
"""

from enum import Enum

from clients.events import Timing


class Place(Enum):
    """Where a message stands, seen from a position."""

    SEEN = "it was shown before"
    NEXT = "it is the next one"
    BEYOND_HOLE = "others are missing before it"


class Position:
    """A place in a log. ``last`` is the id of the last message that was shown, ``None`` as long as that is not known."""

    def __init__(self, last: int | None = None) -> None:
        self.last = last
        self.epoch = ""
        """Which history the ids are of."""
        self.awaiting = True
        """Where it goes on has been asked, or has to be asked; until the answer comes nothing can be missing."""
        self._newest: int | None = None  # of the log when it was entered, while nothing of it has been shown
        self._replayed_to = 0
        self._replay = Timing.EARLIER
        self._healed_at: int | None = None
        self._shown_to = 0  # before the log was left, in the same history

    def anew(self) -> "Position":
        """The log was left: where it begins when it is entered again. What was shown of it is not shown once more."""
        anew = Position()
        anew.epoch = self.epoch
        anew._shown_to = self._shown_to if self.last is None else self.last
        return anew

    def begin_unread(self, epoch: str, seen: int) -> None:
        """The log is of another person than the one before; what is new behind ``seen`` comes without being asked for."""
        self.last = seen
        self._newest = None
        self._begin(epoch, 0, Timing.LIVE)

    def begin_known(self, epoch: str, seen: int) -> None:
        """The log is that of the person before; if nothing of it was read here, it was read up to ``seen`` elsewhere."""
        if self.last is None:
            self.last, self.epoch = seen, epoch

    def entered(self, epoch: str, last: int) -> bool:
        """The log was entered anew, and ends at ``last``; some messages before its end may follow.

        Returns:
            Whether it is another history than the one that was read before.
        """
        replaced = self.last is not None and (epoch != self.epoch or last < self.last)
        if replaced:
            self.last = None
        if epoch != self.epoch or last < self._shown_to:
            self._shown_to = 0
        self._begin(epoch, last, Timing.EARLIER)
        self._newest = last
        return replaced

    def resumed(self, epoch: str, last: int) -> None:
        """What was missed follows, up to ``last``, and then what is new."""
        self._begin(epoch, last, Timing.MISSED)

    def reset(self, epoch: str, after: int, last: int) -> None:
        """It is another history: what follows begins behind ``after``."""
        self.last = after
        self._begin(epoch, last, Timing.EARLIER)

    def settled(self) -> None:
        """What followed the entering has come: what comes now is new."""
        if self.last is None:
            self.last = self._newest

    def cut(self) -> None:
        """The connection is gone."""
        self.awaiting = True
        self._newest = None
        self._healed_at = None

    def place(self, id: int) -> Place:
        """Where the message of this id stands."""
        if self.last is None:
            if id <= self._shown_to and not self.awaiting:
                return Place.SEEN
            reachable = not self.awaiting and (self._newest is None or id <= self._newest + 1)
            return Place.NEXT if reachable else Place.BEYOND_HOLE
        if id <= self.last:
            return Place.SEEN
        return Place.NEXT if id == self.last + 1 else Place.BEYOND_HOLE

    def advance(self, id: int) -> Timing:
        """The message of this id is shown now; when was it said?"""
        self.last = id
        return self._replay if id <= self._replayed_to else Timing.LIVE

    def was_there(self, id: int) -> bool:
        """Whether the message of this id was said before this log was entered, or resumed, over this connection."""
        return id <= self._replayed_to

    def skip_to(self, first: int) -> None:
        """The messages before this one are no longer to be had."""
        if self.last is None or self.last < first - 1:
            self.last = first - 1

    def heal(self) -> bool:
        """Something is missing, and is asked for again from here. ``False``: that has not helped before."""
        if self.last is None:
            self.last = self._newest
        if self._healed_at == self.last:
            return False
        self._healed_at = self.last
        self.awaiting = True
        return True

    def _begin(self, epoch: str, last: int, replay: Timing) -> None:
        self.epoch = epoch
        self.awaiting = False
        self._replayed_to = last
        self._replay = replay
