"""Things are found by a name, however it is spelled, and by one that people would take for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.nameindex import NameIndex
from chatd.names import Name, look_alike, person_name

NAMES = ("ali", "Ali", "ALI", "cop", "сор", "reza", "علی", "علي", "ali1", "alil", "sara")
"""Some of these are the same, and some look alike."""


def test_a_thing_is_found_by_every_spelling() -> None:
    """Case and keyboards make no difference."""
    index: NameIndex[int] = NameIndex()
    index.add(person_name("علی"), 7)
    assert index.get(person_name("علي").key) == 7
    assert index.get(person_name("sara").key) is None
    assert list(index) == [7]


def test_what_looks_alike_is_found_too() -> None:
    """The thing of that very name comes first."""
    index: NameIndex[str] = NameIndex()
    index.add(person_name("сор"), "cyrillic")
    assert index.like(person_name("cop")) == ["cyrillic"]
    index.add(person_name("cop"), "latin")
    assert index.like(person_name("cop")) == ["latin", "cyrillic"]
    assert index.like(person_name("сор")) == ["cyrillic", "latin"]


def test_what_is_removed_is_found_no_more() -> None:
    """Whoever looks like it still is; nothing is left of the other."""
    index: NameIndex[str] = NameIndex()
    index.add(person_name("сор"), "cyrillic")
    index.add(person_name("cop"), "latin")
    index.remove(person_name("COP"))
    assert index.like(person_name("cop")) == ["cyrillic"]
    index.remove(person_name("сор"))
    assert len(index) == 0
    assert not index._by_skeleton


def test_removing_what_is_not_there_is_a_mistake() -> None:
    """Nobody leaves who has not come."""
    with pytest.raises(KeyError):
        NameIndex[int]().remove(person_name("ali"))


@given(st.lists(st.sampled_from(NAMES), max_size=30))
def test_it_knows_what_a_list_knows(steps: list[str]) -> None:
    """After any coming and going: a name that is there goes, another one comes."""
    index: NameIndex[str] = NameIndex()
    there: dict[str, Name] = {}
    for step in steps:
        name = person_name(step)
        if name.key in there:
            index.remove(name)
            del there[name.key]
        else:
            index.add(name, name.shown)
            there[name.key] = name
        assert len(index) == len(there)
        assert sorted(index) == sorted(one.shown for one in there.values())
    for asked in map(person_name, NAMES):
        alike = {one.shown for one in there.values() if look_alike(asked, one)}
        assert set(index.like(asked)) == alike
