"""The roster: who is here under which name, and that no two people can be mistaken for each other."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations, count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.errors import BadName, NameTaken
from chatd.events import Farewell
from chatd.log import Log, Tail, TailBudget
from chatd.names import Name, look_alike, person_name
from chatd.people import Person, Roster

numbers = count(1)


@dataclass
class Visit:
    """A connection from somewhere."""

    address: str
    seen: int | None = None

    def renamed(self, old: Name, new: Name) -> None:
        """Nothing follows from it here."""

    def box_opened(self) -> None:
        """Nobody writes to them here."""

    def end(self, why: Farewell) -> None:
        """Nothing follows from that either."""


def person(name: str, *addresses: str) -> Person:
    """Somebody, connected from these addresses."""
    number = next(numbers)
    log = Log(f"@{number}", 0, lambda: Tail(0, TailBudget(0)))
    return Person(number, person_name(name), log, tuple(Visit(address) for address in addresses))


def roster(*people: Person) -> Roster:
    """These people are here."""
    there = Roster()
    for one in people:
        there.add(one)
    return there


def test_people_are_listed_in_the_order_of_their_names() -> None:
    """Capital letters make no difference to it."""
    people = roster(person("sara"), person("Reza"), person("ali"))
    assert [one.shown for one in people] == ["ali", "Reza", "sara"]
    assert len(people) == 3


@pytest.mark.parametrize("spelled", ["علی", "علي", "عَلی", " علی "])
def test_somebody_is_found_however_the_name_is_spelled(spelled: str) -> None:
    """The Arabic ya, vowel signs and blanks are the same name."""
    ali = person("علی")
    assert roster(ali, person("sara")).find(spelled) is ali


def test_looking_for_an_impossible_name_says_what_is_wrong_with_it() -> None:
    """Nobody is not the same as nobody could be."""
    assert roster().find("ali") is None
    with pytest.raises(BadName):
        roster().find("a b")


@pytest.mark.parametrize(("name", "other"), [("ali", "ALI"), ("علی", "علي"), ("cop", "сор"), ("сор", "Cop")])
def test_a_name_that_could_be_taken_for_another_is_refused(name: str, other: str) -> None:
    """Equal after folding, or equal to the eye in another script; the error names both."""
    people = roster(person(name))
    with pytest.raises(NameTaken) as refused:
        people.add(person(other))
    assert refused.value.details == {"name": other, "owner": name}
    assert len(people) == 1


def test_within_one_script_names_may_look_alike() -> None:
    """Its readers tell ``ali1`` from ``alil``."""
    assert len(roster(person("ali1"), person("alil"))) == 2


def test_a_name_is_free_again_when_its_owner_is_gone() -> None:
    """And with it the names that look like it."""
    cop = person("cop")
    people = roster(cop)
    people.remove(cop)
    people.add(person("сор"))
    assert [one.shown for one in people] == ["сор"]


def test_a_rename_frees_the_old_name_and_takes_the_new_one() -> None:
    """At the same moment."""
    ali = person("ali")
    people = roster(ali)
    people.rename(ali, person_name("reza"))
    assert people.find("ali") is None
    assert people.find("reza") is ali
    people.add(person("ali"))


def test_a_rename_to_a_taken_name_changes_nothing() -> None:
    """Both keep what they had."""
    ali, sara = person("ali"), person("sara")
    people = roster(ali, sara)
    with pytest.raises(NameTaken):
        people.rename(ali, person_name("Sara"))
    assert (people.find("ali"), people.find("sara"), ali.shown) == (ali, sara, "ali")


@pytest.mark.parametrize(("old", "new"), [("ali", "Ali"), ("cop", "сор")])
def test_ones_own_name_may_be_spelled_differently(old: str, new: str) -> None:
    """Nobody stands in their own way."""
    one = person(old)
    people = roster(one)
    people.rename(one, person_name(new))
    assert people.find(new) is one
    assert one.shown == new


def test_people_are_found_by_where_they_are() -> None:
    """One with several connections is one person, and is at each of their addresses."""
    ali, sara = person("ali", "192.0.2.8", "192.0.2.7", "192.0.2.8"), person("sara", "192.0.2.7")
    people = roster(sara, ali)
    assert people.at("192.0.2.7") == [ali, sara]
    assert people.at("192.0.2.8") == [ali]
    assert people.at("192.0.2.9") == []
    assert ali.addresses == ["192.0.2.7", "192.0.2.8"]


NAMES = st.sampled_from(["ali", "Ali", "ALI1", "alil", "cop", "сор", "Сор", "علی", "علي", "sara"])


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 5), st.none() | NAMES), max_size=20))
def test_whatever_people_do_no_two_of_them_look_alike(doings: list[tuple[int, str | None]]) -> None:
    """Coming, going and renaming in any order: each is found by name, nobody gone is, and no two names are alike."""
    people, here = Roster(), dict[int, Person]()
    for who, name in doings:
        with suppress(NameTaken):
            if name is None:
                if who in here:
                    people.remove(here.pop(who))
            elif who in here:
                people.rename(here[who], person_name(name))
            else:
                newcomer = person(name)
                people.add(newcomer)
                here[who] = newcomer
    assert set(people) == set(here.values())
    assert all(people.find(one.shown) is one for one in people)
    assert not any(look_alike(one.name, other.name) for one, other in combinations(people, 2))
