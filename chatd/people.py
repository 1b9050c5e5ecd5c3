"""Who is here: people, the names they hold, and the connections they came by. Must not know rooms, logs' contents, sockets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from chatd.errors import NameTaken
from chatd.log import Log
from chatd.names import Name, look_alike, person_name


class Presence(Protocol):
    """One connection of somebody."""

    @property
    def address(self) -> str:
        """Where it comes from."""

    def renamed(self, old: Name, new: Name) -> None:
        """Somebody has another name now."""


@dataclass(slots=True, eq=False)
class Person:
    """Somebody who is here: a number for good, a name for now, a box for private messages, and one or more connections."""

    id: int
    name: Name
    box: Log
    connections: list[Presence] = field(default_factory=list)
    correspondent: "Person | None" = None
    """Who wrote to them last."""

    @property
    def shown(self) -> str:
        """The name as its owner spells it."""
        return self.name.shown

    @property
    def addresses(self) -> list[str]:
        """Where they are connected from, each address once."""
        return sorted({connection.address for connection in self.connections})


class Roster:
    """The people who are here. No two of them have names that could be mistaken for each other."""

    def __init__(self) -> None:
        self._by_key: dict[str, Person] = {}
        self._by_skeleton: dict[str, list[Person]] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[Person]:
        """Everybody, in the order of their names."""
        return iter([self._by_key[key] for key in sorted(self._by_key)])

    def connections(self) -> Iterator[Presence]:
        """Everybody's, in no order."""
        return (connection for person in self._by_key.values() for connection in person.connections)

    def add(self, person: Person) -> None:
        """Let somebody in under their name.

        Raises:
            NameTaken: it is, or it looks like one that is.
        """
        self._require_free(person.name, but=None)
        self._by_key[person.name.key] = person
        self._by_skeleton.setdefault(person.name.skeleton, []).append(person)

    def remove(self, person: Person) -> None:
        """They are gone; their name is free."""
        del self._by_key[person.name.key]
        same = self._by_skeleton[person.name.skeleton]
        same.remove(person)
        if not same:
            del self._by_skeleton[person.name.skeleton]

    def rename(self, person: Person, name: Name) -> None:
        """Give somebody another name; their own may be spelled differently.

        Raises:
            NameTaken: it is, or it looks like one that is.
        """
        self._require_free(name, but=person)
        self.remove(person)
        person.name = name
        self.add(person)

    def find(self, name: str) -> Person | None:
        """The person of this name, however it is spelled.

        Raises:
            BadName: nobody can be called that.
        """
        return self._by_key.get(person_name(name).key)

    def at(self, address: str) -> list[Person]:
        """The people connected from this address."""
        return [person for person in self if address in person.addresses]

    def _require_free(self, name: Name, but: Person | None) -> None:
        for person in (self._by_key.get(name.key), *self._by_skeleton.get(name.skeleton, ())):
            if person is not None and person is not but and look_alike(name, person.name):
                raise NameTaken(name=name.shown, owner=person.shown)
