"""What a room is told of comings and goings: everything while it is small, a summary now and then in a crowd."""

from collections.abc import Sequence

import pytest

from chatd.events import Company, Present
from chatd.log import Log, Tail, TailBudget
from chatd.names import RoomName, person_name
from chatd.people import Person
from chatd.reader import Reader
from chatd.room import CROWD, CROWD_SECONDS, Room
from tests.doubles import NumberedForm, RecordingOutlet, World

WATCHER = 1


class Hall:
    """A room, and somebody outside who reads all it is told."""

    def __init__(self) -> None:
        self.world = World()
        log = Log("#hall", 0, lambda: Tail(0, TailBudget(0)))
        self.room = Room(RoomName("#Hall", "#hall"), "", log, self.world.chat.commits, self.world.clock)
        self._outlet = RecordingOutlet()
        Reader(self._outlet, WATCHER, self.world.chat).follow(log, NumberedForm("#hall"))
        self._read = 0

    def person(self, name: str) -> Person:
        """Somebody who is not in the room yet."""
        chat = self.world.chat
        person = chat.boxes.new(chat.new_number(), person_name(name))
        chat.roster.add(person)
        return person

    def enter(self, *people: Person) -> None:
        """They come, each by a connection of their own."""
        for person in people:
            self.room.enter(person, person.id)

    def leave(self, *people: Person) -> None:
        """They go."""
        for person in people:
            self.room.leave(person, person.id)

    def rename(self, person: Person, name: str) -> None:
        """Somebody in the room takes another name."""
        old = person.shown
        self.world.chat.rename(person, person_name(name))
        if person in self.room:
            self.room.renamed(person, old, person.id)

    def told(self, seconds: float = 0) -> list[str]:
        """What the room was told, after so much more time."""
        self.world.clock.advance(seconds)
        lines = self._outlet.text.splitlines()
        new, self._read = lines[self._read :], len(lines)
        return [line.removeprefix("> #hall ") for line in new]


@pytest.fixture
def hall() -> Hall:
    """An empty one."""
    return Hall()


@pytest.fixture
def crowd(hall: Hall) -> Sequence[Person]:
    """A few more people than a room may have without being a crowd; all of them were announced."""
    people = [hall.person(f"p{number:03}") for number in range(CROWD + 5)]
    hall.enter(*people)
    told = [*hall.told(), *hall.told(CROWD_SECONDS)]
    assert [len(line.split(",")) for line in told] == [CROWD, 5]
    return people


def test_comings_and_goings_are_told_at_once(hall: Hall) -> None:
    """In a room of a few, everybody knows who is there."""
    ali, sara = hall.person("ali"), hall.person("sara")
    hall.enter(ali)
    assert hall.told() == ["+ ali"]
    hall.enter(sara)
    assert hall.told() == ["+ sara"]
    hall.leave(ali)
    assert hall.told() == ["- ali"]
    assert (ali in hall.room, sara in hall.room, len(hall.room)) == (False, True, 1)


def test_one_with_several_connections_is_one_person(hall: Hall) -> None:
    """The first one joins, the last one leaves; what is between them is nobody's business."""
    ali = hall.person("ali")
    hall.room.enter(ali, 10)
    hall.room.enter(ali, 11)
    hall.room.leave(ali, 10)
    assert hall.told() == ["+ ali"]
    assert (ali in hall.room, len(hall.room)) == (True, 1)
    hall.room.leave(ali, 11)
    assert hall.told() == ["- ali"]
    assert not len(hall.room)


def test_people_are_listed_in_the_order_of_their_names(hall: Hall) -> None:
    """Not in that of their coming."""
    hall.enter(*map(hall.person, ("sara", "Reza", "ali")))
    assert [person.shown for person in hall.room.people] == ["ali", "Reza", "sara"]


def test_company_names_a_few_and_counts_the_others(hall: Hall) -> None:
    """Who asks is not company; a hall full of people is not a line full of names."""
    people = [hall.person(name) for name in "abcdefg"]
    assert hall.room.company() == Company(())
    hall.enter(*people[:3])
    assert hall.room.company(people[0]) == Company(("b", "c"))
    hall.enter(*people[3:])
    assert hall.room.company(people[0]) == Company(("b", "c", "d", "e", "f"), 1)
    assert hall.room.company(people[6]) == Company(("a", "b", "c", "d", "e"), 1)
    assert hall.room.company(hall.person("x")) == Company(("a", "b", "c", "d", "e"), 2)
    assert hall.room.attendance() == Present(Company(("a", "b", "c", "d", "e"), 2), tuple("abcdefg"))
    assert hall.room.log.attendance() == hall.room.attendance()


def test_a_new_name_is_told(hall: Hall) -> None:
    """To a room that knows the old one."""
    ali = hall.person("ali")
    hall.enter(ali)
    hall.told()
    hall.rename(ali, "reza")
    assert hall.told() == ["~ ali,reza"]


def test_the_topic_is_kept_and_told(hall: Hall) -> None:
    """In its place among the other news."""
    hall.room.set_topic("ali", "tea", 1)
    assert hall.room.topic == "tea"
    assert "topic='tea'" in hall.told()[0]


# A crowd


def test_a_crowd_is_told_now_and_then(hall: Hall, crowd: Sequence[Person]) -> None:
    """All who came and went in ten seconds, in two lines, and then silence."""
    ali, sara = hall.person("ali"), hall.person("sara")
    hall.enter(ali)
    hall.enter(sara)
    hall.leave(crowd[0])
    assert hall.told(CROWD_SECONDS - 0.1) == []
    assert hall.told(0.1) == ["- p000", "+ ali,sara"]
    assert hall.told(10 * CROWD_SECONDS) == []


def test_who_takes_the_name_of_one_who_went_is_told_of_last(hall: Hall, crowd: Sequence[Person]) -> None:
    """Else they would seem to have gone themselves."""
    hall.leave(crowd[0])
    hall.world.chat.rename(crowd[0], person_name("reza"))
    hall.enter(hall.person("p000"))
    assert hall.told(CROWD_SECONDS) == ["- p000", "+ p000"]


@pytest.mark.usefixtures("crowd")
def test_each_summary_has_its_own_ten_seconds(hall: Hall) -> None:
    """It is a summary at most every ten seconds, however many come."""
    told = []
    for number in range(30):
        hall.enter(hall.person(f"q{number}"))
        told += hall.told(1)
    assert [len(line.split(",")) for line in told] == [10, 10, 10]


@pytest.mark.usefixtures("crowd")
def test_who_only_looked_in_is_not_told_of(hall: Hall) -> None:
    """Coming and going within one summary is nothing."""
    ali, sara = hall.person("ali"), hall.person("sara")
    hall.enter(ali, sara)
    hall.leave(ali)
    assert hall.told(CROWD_SECONDS) == ["+ sara"]


def test_who_was_away_for_a_moment_is_not_told_of(hall: Hall, crowd: Sequence[Person]) -> None:
    """A line that broke and is back is nothing either."""
    hall.leave(crowd[0])
    hall.enter(crowd[0])
    assert hall.told(CROWD_SECONDS) == []


@pytest.mark.usefixtures("crowd")
def test_who_is_not_announced_yet_is_announced_under_the_new_name(hall: Hall) -> None:
    """Nobody was told the old one, so there is nothing to explain."""
    ali = hall.person("ali")
    hall.enter(ali)
    hall.rename(ali, "reza")
    assert hall.told(CROWD_SECONDS) == ["+ reza"]


def test_who_is_back_under_another_name_is_told_of(hall: Hall, crowd: Sequence[Person]) -> None:
    """Gone and come again is nothing, but the name that the room knows would stay on everybody's list."""
    hall.leave(crowd[0])
    hall.rename(crowd[0], "reza")
    hall.enter(crowd[0])
    assert hall.told(CROWD_SECONDS) == ["~ p000,reza"]


def test_a_crowd_that_goes_waits_for_its_summary(hall: Hall, crowd: Sequence[Person]) -> None:
    """The room is small again before it is told: still in one line, and once."""
    hall.leave(*crowd[:4])
    hall.told()
    hall.leave(*crowd[4:8])
    assert hall.told(CROWD_SECONDS - 1) == []
    assert hall.told(1) == ["- p000,p001,p002,p003,p004,p005,p006,p007"]
    assert not hall.world.clock.getDelayedCalls()


def test_a_crowd_that_has_gone_is_a_room_like_any_other(hall: Hall, crowd: Sequence[Person]) -> None:
    """After the last summary everything is told at once again."""
    hall.leave(*crowd[:5])
    assert hall.told(CROWD_SECONDS) == ["- p000,p001,p002,p003,p004"]
    hall.leave(crowd[5])
    assert hall.told() == ["- p005"]


@pytest.mark.usefixtures("crowd")
def test_a_closed_room_has_no_summary_to_give(hall: Hall) -> None:
    """Its timer is gone with it."""
    hall.enter(hall.person("ali"))
    hall.told()
    hall.room.close()
    assert hall.told(CROWD_SECONDS) == []
    assert not hall.world.clock.getDelayedCalls()
