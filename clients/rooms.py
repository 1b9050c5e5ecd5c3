"""The rooms a person is in, as an interface looks at them. Knows people, counts and what is unread; no bytes, no requests.

Names of people and of rooms are compared as the server does it, by :func:`chatd.folding.fold_letters`.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from chatd.folding import fold_letters
from chatd.requests import BOX
from clients.events import Said, Timing
from clients.messages import Ack
from clients.outbox import Pending
from clients.position import Position

SPEAKERS: Final = 200
"""As many people are remembered as having spoken, for completion."""


class Recent:
    """Names, the most recently used first; one name however it is spelled."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, str] = OrderedDict()

    def __iter__(self) -> Iterator[str]:
        return reversed(self._names.values())

    def use(self, name: str) -> None:
        """This one was used just now."""
        folded = fold_letters(name)
        self._names[folded] = name
        self._names.move_to_end(folded)
        if len(self._names) > SPEAKERS:
            self._names.popitem(last=False)

    def rename(self, old: str, new: str) -> None:
        """The same person has another name, and keeps the place."""
        if fold_letters(old) in self._names:
            self._names = OrderedDict(
                (fold_letters(new), new) if folded == fold_letters(old) else (folded, name)
                for folded, name in self._names.items()
            )


class Room:
    """One room (or the box, ``"@"``): look at it, do not change it."""

    def __init__(self, name: str, position: Position) -> None:
        self.name = name
        self.topic = ""
        self.unread = 0
        """Messages since :meth:`mark_read`, without one's own and without those from before the room was joined."""
        self.mentions = 0
        """Those of them that call this person by name."""
        self.count = 0
        """How many people are in it."""
        self.position = position
        self.acked: dict[int, tuple[Pending, Ack]] = {}
        """Own messages whose acks came before the messages that stand in front of them, by id."""
        self._people: dict[str, str] | None = None
        self._recent = Recent()

    @property
    def people(self) -> tuple[str, ...] | None:
        """Who is in it, sorted; ``None``: not known, as in rooms of more than 1,000."""
        return tuple(name for _, name in sorted(self._people.items())) if self._people is not None else None

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who has said something, the last one first; for private messages, who has written or was written to."""
        return tuple(self._recent)

    @property
    def last(self) -> int | None:
        """The id of the last message that was shown."""
        return self.position.last

    def mark_read(self) -> None:
        """Everything in it has been seen."""
        self.unread = self.mentions = 0

    def said(self, said: Said) -> None:
        """Count a message, and remember who said it."""
        if not said.own:
            self._recent.use(said.name)
        elif said.to:
            self._recent.use(said.to)
        if not said.own and said.timing is not Timing.EARLIER:
            self.unread += 1
            self.mentions += said.mention

    def set_people(self, names: Iterable[str] | None, count: int) -> None:
        """These are in it now; ``None``: it is only known how many."""
        self._people = {fold_letters(name): name for name in names} if names is not None else None
        self.count = count

    def came(self, names: Iterable[str] | None, count: int) -> None:
        """These came, or nobody says who."""
        if names is None:
            self._people = None
        elif self._people is not None:
            self._people |= {fold_letters(name): name for name in names}
        self.count = count

    def went(self, names: Iterable[str] | None, count: int) -> None:
        """These went, or nobody says who."""
        if names is None:
            self._people = None
        elif self._people is not None:
            for name in names:
                self._people.pop(fold_letters(name), None)
        self.count = count

    def renamed(self, old: str, new: str) -> None:
        """Somebody in it has another name."""
        self._recent.rename(old, new)
        if self._people is not None and self._people.pop(fold_letters(old), None) is not None:
            self._people[fold_letters(new)] = new


class Rooms(Mapping[str, Room]):
    """The box, and the joined rooms in the order of joining. One room however its name is spelled."""

    def __init__(self, joined: Iterable[str] = ()) -> None:
        self.box = Room(BOX, Position())
        self._rooms = {BOX: self.box} | {fold_letters(name): Room(name, Position()) for name in joined}
        self._left: dict[str, Position] = {}  # what was read of rooms that may be joined again
        self.current: str | None = next((room.name for room in self.joined), None)
        """The room that is talked to, as it is shown; first of all the first."""

    def __getitem__(self, name: str) -> Room:
        return self._rooms[fold_letters(name)]

    def __iter__(self) -> Iterator[str]:
        return iter([room.name for room in self._rooms.values()])

    def __len__(self) -> int:
        return len(self._rooms)

    @property
    def joined(self) -> list[Room]:
        """All but the box."""
        return [room for room in self._rooms.values() if room is not self.box]

    def add(self, name: str) -> Room:
        """The room of this name, which is one of the joined from now on."""
        folded = fold_letters(name)
        if folded not in self._rooms:
            self._rooms[folded] = Room(name, self._left.pop(folded) if folded in self._left else Position())
        return self._rooms[folded]

    def remove(self, name: str) -> Room | None:
        """It is no longer one of them; if it was the current one, the last of the others is. Not the box."""
        room = self.get(name)
        if room is None or room is self.box:
            return None
        del self._rooms[fold_letters(name)]
        self._left[fold_letters(name)] = room.position.anew()
        if self.current == room.name:
            self.current = self.joined[-1].name if self.joined else None
        return room

    def rename(self, old: str, new: str) -> Room:
        """The room is spelled like this by the server."""
        room = self._rooms.pop(fold_letters(old))
        if self.current == room.name:
            self.current = new
        room.name = new
        return self._rooms.setdefault(fold_letters(new), room)
