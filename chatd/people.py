"""Who is here: people, the names they hold, and the connections they came by. Must not know rooms, logs' contents, sockets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from chatd.errors import NameTaken, SameNameTaken
from chatd.events import Farewell
from chatd.log import Log
from chatd.nameindex import NameIndex
from chatd.names import Name, person_name
from chatd.storage.contract import Account


class Presence(Protocol):
    """One connection of somebody."""

    @property
    def address(self) -> str:
        """Where it comes from."""

    @property
    def seen(self) -> int | None:
        """The last private message that it was shown; ``None``: it does not read the box."""

    def renamed(self, old: Name, new: Name) -> None:
        """Somebody has another name now."""

    def box_opened(self) -> None:
        """There is a log of private messages now, in which there never was one: read it, if they are wanted here."""

    def end(self, why: Farewell) -> None:
        """Say goodbye and close."""


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who is here: a number for good, a name for now, a box for private messages, and one or more connections."""

    id: int
    name: Name
    _box: Log | Callable[[int], Log]
    """Of somebody who never had a private message: what makes the log, by number."""
    connections: tuple[Presence, ...] = ()
    correspondent: "Person | None" = None
    """Who wrote to them last."""
    account: Account | None = None
    """What makes the name theirs for good; ``None``: a guest."""
    kept_from: int = 1
    """The first private message that was still kept when the box was opened."""
    letters: int = 0
    """Private messages from and to them on their way to the disk: until then the box's end is known here only."""

    @property
    def box(self) -> Log:
        """The log of their private messages: made when it is asked for first, since most who come never need one."""
        box = self._box
        if isinstance(box, Log):
            return box
        self._box = made = box(self.id)
        for connection in self.connections:
            connection.box_opened()
        return made

    @property
    def has_box(self) -> bool:
        """Whether it was made: before that, nothing can be in it."""
        return isinstance(self._box, Log)

    @property
    def shown(self) -> str:
        """The name as its owner spells it."""
        return self.name.shown

    @property
    def seen(self) -> int:
        """The last private message that they were shown."""
        if self.account is None and not self.has_box:
            return 0
        shown = (connection.seen for connection in self.connections)
        return max([self.account.seen if self.account else 0, *(seen for seen in shown if seen is not None)])

    @property
    def read_from(self) -> int:
        """Behind which private message somebody begins to read of whom no more is known: an account misses nothing."""
        return self.box.last if self.account is None else self.seen

    @property
    def addresses(self) -> list[str]:
        """Where they are connected from, each address once."""
        return sorted({connection.address for connection in self.connections})


class Roster:
    """The people who are here. No two of them have names that could be mistaken for each other."""

    def __init__(self) -> None:
        self._people: NameIndex[Person] = NameIndex()

    def __len__(self) -> int:
        return len(self._people)

    def __iter__(self) -> Iterator[Person]:
        """Everybody, in the order of their names."""
        return iter(sorted(self._people, key=lambda person: person.name.key))

    def __contains__(self, person: Person) -> bool:
        return self._people.get(person.name.key) is person

    def connections(self) -> Iterator[Presence]:
        """Everybody's, in no order."""
        return (connection for person in self._people for connection in person.connections)

    def add(self, person: Person) -> None:
        """Let somebody in under their name.

        Raises:
            NameTaken: it is, or it looks like one that is.
        """
        self.require_free(person.name)
        self._people.add(person.name, person)

    def remove(self, person: Person) -> None:
        """They are gone; their name is free."""
        self._people.remove(person.name)

    def rename(self, person: Person, name: Name) -> None:
        """Give somebody another name; their own may be spelled differently.

        Raises:
            NameTaken: it is, or it looks like one that is.
        """
        self.require_free(name, person.id)
        self.remove(person)
        person.name = name
        self.add(person)

    def require_free(self, name: Name, but: int | None = None) -> None:
        """Nobody has this name, or one like it, but perhaps the person of this number.

        Raises:
            NameTaken: somebody has.
        """
        for person in self._people.like(name):
            if person.id != but:
                same = person.shown == name.shown
                raise SameNameTaken(name=name.shown) if same else NameTaken(name=name.shown, owner=person.shown)

    def find(self, name: str) -> Person | None:
        """The person of this name, however it is spelled.

        Raises:
            BadName: nobody can be called that.
        """
        return self._people.get(person_name(name).key)

    def at(self, address: str) -> list[Person]:
        """The people connected from this address."""
        return [person for person in self if address in person.addresses]
