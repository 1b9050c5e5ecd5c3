"""Boxes of private messages: each has one open end, for as long as somebody needs it."""

from collections.abc import Coroutine
from typing import Any, cast

import pytest
from twisted.internet.defer import Deferred

from chatd.boxes import Boxes
from chatd.events import Kind
from chatd.log import Tail, TailBudget
from chatd.names import person_name
from chatd.people import Person, Presence
from chatd.storage.contract import Append, StoreError
from tests.doubles import SlowStore, said

ALI = person_name("ali")


class PostOffice:
    """Boxes over a slow store, and those who opened one."""

    def __init__(self) -> None:
        self.store = SlowStore("head")
        self.boxes = Boxes(self.store, lambda: Tail(0, TailBudget(0)))
        self.opened: list[Person] = []

    def open(self, number: int = 7) -> None:
        """Somebody needs this box."""
        self._run(self._open(number))

    def keep(self, upto: int, number: int = 7) -> None:
        """Letters up to this id are stored."""
        last = self.store.inner
        self._run(self._keep(upto, number, last))

    async def _open(self, number: int) -> None:
        self.opened.append(await self.boxes.open(number, ALI, None))

    async def _keep(self, upto: int, number: int, store: Any) -> None:
        head = await store.head(f"@{number}")
        texts = [said(str(id), kind=Kind.TOLD) for id in range(head.last + 1, upto + 1)]
        await store.append([Append(f"@{number}", head.last + 1, texts)])

    def _run(self, doing: Coroutine[Any, Any, None]) -> None:
        Deferred.fromCoroutine(doing).addErrback(lambda failure: failure.trap(StoreError))


@pytest.fixture
def office() -> PostOffice:
    """All boxes are closed."""
    return PostOffice()


def test_a_new_box_is_empty_and_asks_nobody(office: PostOffice) -> None:
    """Nobody had that number before."""
    person = office.boxes.new(7, ALI)
    assert (person.box.name, person.box.last) == ("@7", 0)
    assert not office.store.waiting


def test_an_old_box_goes_on_where_it_ended(office: PostOffice) -> None:
    """As the store knows it."""
    office.keep(upto=5)
    office.open()
    office.store.let_go("head")
    assert office.opened[0].box.last == 5
    assert office.opened[0].box.latest == said("").at, "so that no later letter is older"


def test_two_who_open_it_at_once_have_the_same(office: PostOffice) -> None:
    """Else both would give the same ids."""
    office.open()
    office.open()
    office.store.let_go("head", newest=True)
    office.store.let_go("head")
    assert office.opened[0] is office.opened[1]
    assert len(office.boxes) == 1


def test_what_the_store_said_before_a_letter_came_counts_no_more(office: PostOffice) -> None:
    """Somebody was faster, wrote a letter, and is gone again: the end is asked for anew."""
    office.open()
    office.open()
    office.store.let_go("head", newest=True)
    office.keep(upto=1)
    office.boxes.close_if_idle(office.opened[0])
    office.store.let_go("head")
    assert len(office.opened) == 1
    office.store.let_go("head")
    assert office.opened[1].box.last == 1


def test_a_box_stays_open_while_somebody_needs_it(office: PostOffice) -> None:
    """Its owner is here, or a letter is on its way."""
    person = office.boxes.new(7, ALI)
    person.letters = 1
    office.boxes.close_if_idle(person)
    assert len(office.boxes) == 1
    person.letters = 0
    person.connections = (cast(Presence, object()),)
    office.boxes.close_if_idle(person)
    assert len(office.boxes) == 1
    person.connections = ()
    office.boxes.close_if_idle(person)
    assert len(office.boxes) == 0


def test_closing_what_was_opened_anew_is_nothing(office: PostOffice) -> None:
    """A latecomer's idea of the old one must not close the new one."""
    old = office.boxes.new(7, ALI)
    office.boxes.close_if_idle(old)
    office.open()
    office.store.let_go("head")
    office.boxes.close_if_idle(old)
    assert len(office.boxes) == 1


def test_a_store_that_cannot_say_leaves_nothing_open(office: PostOffice) -> None:
    """The next one asks again."""
    office.open()
    office.store.let_go("head", StoreError("The disk is away."))
    assert len(office.boxes) == 0
    office.open()
    office.store.let_go("head")
    assert len(office.opened) == 1
