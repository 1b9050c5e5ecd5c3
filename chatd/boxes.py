"""People whose box of private messages is open: those who are here, and those who are written to while they are away.

A box has one open end at a time: two would give the same ids to different messages. Must not know sessions or formats.
"""

from collections.abc import Callable

from chatd.log import Log, Tail
from chatd.names import Name
from chatd.people import Person
from chatd.storage.contract import Account, Store


class Boxes:
    """Everybody who has an open box, by number."""

    def __init__(self, store: Store, new_tail: Callable[[], Tail]) -> None:
        self._store = store
        self._new_log = lambda number: Log(f"@{number}", 0, new_tail)  # one for all, as each person keeps it
        self._new_tail = new_tail
        self._people: dict[int, Person] = {}
        self._closings = 0

    def __len__(self) -> int:
        return len(self._people)

    def new(self, number: int, name: Name) -> Person:
        """Somebody who never had a box."""
        return self._add(Person(number, name, self._new_log))

    async def open(self, number: int, name: Name, account: Account | None) -> Person:
        """Somebody who had one. To be used at once: whoever neither connects nor is written to is closed again.

        Raises:
            StoreError: the store could not say where it ends.
        """
        while number not in self._people:
            closings = self._closings
            head = await self._store.head(f"@{number}")
            # Somebody else may have been faster; and may have gone again, then this is its end no more.
            if number not in self._people and closings == self._closings:
                box = Log(f"@{number}", head.last, self._new_tail, latest=head.at)
                self._add(Person(number, name, box, account=account, kept_from=head.first))
        return self._people[number]

    def get(self, number: int) -> Person | None:
        """Who has this number, if their box is open."""
        return self._people.get(number)

    def close_if_idle(self, person: Person) -> None:
        """Close the box of somebody who is not here, once nothing is on its way into it."""
        if not person.connections and not person.letters and self._people.get(person.id) is person:
            del self._people[person.id]
            self._closings += 1

    def _add(self, person: Person) -> Person:
        self._people[person.id] = person
        return person
