"""Things found by a name, or by one that looks like it. Knows names; not whose they are."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from chatd.names import Name, look_alike

T = TypeVar("T")


class NameIndex(Generic[T]):
    """One thing for each name."""

    def __init__(self) -> None:
        self._by_key: dict[str, tuple[Name, T]] = {}
        self._by_skeleton: dict[str, tuple[tuple[Name, T], ...]] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[T]:
        """All of them, in no order."""
        return (thing for _, thing in self._by_key.values())

    def add(self, name: Name, thing: T) -> None:
        """Let it be found by this name, which must be free."""
        named = (name, thing)
        self._by_key[name.key] = named
        self._by_skeleton[name.skeleton] = (*self._by_skeleton.get(name.skeleton, ()), named)

    def remove(self, name: Name) -> None:
        """Let nothing be found by this name any more."""
        named = self._by_key.pop(name.key)
        skeleton = named[0].skeleton
        others = tuple(other for other in self._by_skeleton.pop(skeleton) if other is not named)
        if others:
            self._by_skeleton[skeleton] = others

    def get(self, key: str) -> T | None:
        """What has a name of this key."""
        named = self._by_key.get(key)
        return named[1] if named else None

    def like(self, name: Name) -> list[T]:
        """What has this name, or one that people would take for it."""
        alike = self._by_skeleton.get(name.skeleton)
        if alike is None:  # nor has anybody the name itself: equal keys have equal skeletons
            return []
        same = self._by_key.get(name.key)
        similar = [one for one in alike if one is not same]
        return [thing for named, thing in [*([same] if same else []), *similar] if look_alike(name, named)]
