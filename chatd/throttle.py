"""How often passwords may be tried, and accounts made. Knows addresses, names and counts; neither passwords nor what time it is.

A name alone is never counted: else anybody could lock its owner out.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Generic, TypeVar

from chatd.addresses import network
from chatd.errors import ChatError, LoginsBusy, LoginsWait, TooManyAccounts
from chatd.folding import fold_letters

REMEMBERED = 10_000
"""Places that are remembered; beyond that the oldest are forgotten first."""
QUIET_SECONDS = 900.0
"""How long after the end of a wait it is remembered that there was one."""

V = TypeVar("V")


class _Remembered(Generic[V]):
    """Things by place, in the order in which they were last used; not too many."""

    def __init__(self, make: Callable[[], V], matters: Callable[[V, float], bool]) -> None:
        self._make = make
        self._matters = matters
        self._all: OrderedDict[tuple[str, ...], V] = OrderedDict()

    def use(self, place: tuple[str, ...], now: float) -> V:
        """What is remembered of this place, or something new that is from now on."""
        value = self._all.pop(place, None) or self._make()
        if len(self._all) >= REMEMBERED:
            self._sweep(now)
        self._forget_oldest(now)
        self._all[place] = value
        return value

    def get(self, place: tuple[str, ...]) -> V | None:
        """What is remembered of this place."""
        return self._all.get(place)

    def forget(self, place: tuple[str, ...]) -> None:
        """Remember nothing of it any more."""
        self._all.pop(place, None)

    def _forget_oldest(self, now: float) -> None:
        """Those that do not matter any more; more than are added, and never many at once."""
        for _ in range(2):
            if self._all and not self._matters(next(iter(self._all.values())), now):
                self._all.popitem(last=False)

    def _sweep(self, now: float) -> None:
        """Make so much room, without regard if need be, that looking through all of them is seldom."""
        kept = [(place, value) for place, value in self._all.items() if self._matters(value, now)]
        self._all = OrderedDict(kept[-(REMEMBERED - REMEMBERED // 10) :])


@dataclass(slots=True)
class _Tries:
    """The wrong tries of one place."""

    recent: tuple[float, ...] = ()
    """When the last ones were; as long as nobody has to wait for them."""
    further: int = 0
    """How many there were after those that are free, the last of those included."""
    until: float = 0.0
    """When the wait ends that they have brought about."""
    under_way: int = 0
    """Tries that nobody knows the outcome of yet."""


@dataclass(slots=True)
class _Home:
    """Somebody has logged in from there."""


class LoginThrottle:
    """Counts wrong passwords per address, and per address and name (IPv6: per /64); those from loopback as well.

    After ``free`` of them within ``seconds`` the next try has to wait as long, and each further one that is wrong doubles
    the wait, up to ``longest``. Whoever is quiet for :data:`QUIET_SECONDS` after a wait begins afresh.

    A try begins with :meth:`begin`; when that returns, exactly one of :meth:`right`, :meth:`wrong` and :meth:`dropped`
    must follow. ``now`` is seconds of a clock that only goes forward; names are given as typed, or folded.
    """

    def __init__(self, free: int = 3, seconds: float = 60.0, longest: float = 900.0) -> None:
        self._free = free
        self._seconds = seconds
        self._longest = longest
        self._tries = _Remembered(_Tries, self._matters)
        self._at_home = _Remembered(_Home, lambda home, now: True)  # noqa: ARG005 (they always matter)

    def begin(self, address: str, name: str, now: float) -> None:
        """Somebody is about to try a password.

        Raises:
            LoginsWait: they must wait first. That is no try, so it makes the wait no longer.
            LoginsBusy: the outcome of other tries must be known first: it would not do to make many before one counts.
        """
        both, anybodys = _places(address, name)
        at_home = self._at_home.get(both) is not None
        for place in (both,) if at_home else (both, anybodys):
            self._require_no_wait(place, now)
        self._require_few_under_way((both,) if at_home else (both, anybodys), now)
        for place in (both, anybodys):
            self._tries.use(place, now).under_way += 1

    def wrong(self, address: str, name: str, now: float) -> None:
        """It was not the password."""
        for place in _places(address, name):
            tries = self._tries.use(place, now)
            _end(tries)
            self._count(tries, now)

    def right(self, address: str, name: str, now: float) -> None:
        """It was: what was counted for this address and name is forgotten. What was tried with other names is not.

        From now on they are at home there: what others do at that address keeps them waiting no more.
        """
        both, anybodys = _places(address, name)
        self._at_home.use(both, now)
        self._forgive(both)
        self._end_one(both)
        self._end_one(anybodys)

    def dropped(self, address: str, name: str) -> None:
        """Nobody knows: the client is gone, or the password could not be compared."""
        for place in _places(address, name):
            self._end_one(place)

    def _require_no_wait(self, place: tuple[str, ...], now: float) -> None:
        tries = self._tries.get(place)
        if tries is not None and now < tries.until:
            raise LoginsWait(limit=self._free, period=ceil(self._seconds), seconds=ceil(tries.until - now))

    def _require_few_under_way(self, places: tuple[tuple[str, ...], ...], now: float) -> None:
        """To one name no more at once than are free, as if all were wrong; at an address that has waited, one by one.

        (Not also the former for addresses: a whole class may log in at the same moment from one.)
        """
        ours = self._tries.get(places[0])
        if ours is not None and ours.under_way and len(self._fresh(ours, now)) + ours.under_way >= self._free:
            raise LoginsBusy
        for tries in map(self._tries.get, places):
            if tries is not None and tries.under_way and tries.further and self._matters(tries, now):
                raise LoginsBusy

    def _count(self, tries: _Tries, now: float) -> None:
        if tries.further and now >= tries.until + QUIET_SECONDS:
            tries.further = 0
        tries.recent = (*self._fresh(tries, now), now)[-self._free :]
        if tries.further or len(tries.recent) == self._free:
            tries.until = now + min(self._longest, self._seconds * 2.0 ** min(tries.further, 60))
            tries.further += 1
            tries.recent = ()

    def _fresh(self, tries: _Tries, now: float) -> tuple[float, ...]:
        return tuple(at for at in tries.recent if at > now - self._seconds)

    def _matters(self, tries: _Tries, now: float) -> bool:
        waited = bool(tries.further) and now < tries.until + QUIET_SECONDS
        return waited or bool(tries.under_way) or bool(self._fresh(tries, now))

    def _forgive(self, place: tuple[str, ...]) -> None:
        tries = self._tries.get(place)
        if tries is not None:
            tries.recent, tries.further, tries.until = (), 0, 0.0

    def _end_one(self, place: tuple[str, ...]) -> None:
        tries = self._tries.get(place)
        if tries is not None:
            _end(tries)
            if not (tries.under_way or tries.recent or tries.further):
                self._tries.forget(place)


def _end(tries: _Tries) -> None:
    """One is over; unless it was begun before this place was forgotten."""
    tries.under_way = max(tries.under_way - 1, 0)


def _places(address: str, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a try counts for: this address with this name, and this address."""
    place = network(address)
    return (place, fold_letters(name)), (place,)


@dataclass(slots=True)
class _Made:
    at: list[float] = field(default_factory=list)

    def fresh(self, since: float) -> Iterator[float]:
        """Those made after that."""
        return (at for at in self.at if at > since)


class AccountThrottle:
    """Counts new accounts per address (IPv6: per /64), those from loopback as well: so many per so many seconds.

    Or whatever else ``error`` says, which is raised with the ``seconds`` to wait.
    """

    def __init__(self, limit: int = 5, seconds: float = 3600.0, error: type[ChatError] = TooManyAccounts) -> None:
        self._limit = limit
        self._seconds = seconds
        self._error = error
        self._made = _Remembered(_Made, lambda made, now: any(made.fresh(now - seconds)))

    def admit(self, address: str, now: float) -> None:
        """Count a new account, which is about to be made; if nothing comes of it, :meth:`take_back` follows.

        Raises:
            TooManyAccounts: enough were made from there.
        """
        made = self._made.use((network(address),), now)
        made.at = list(made.fresh(now - self._seconds))
        if len(made.at) >= self._limit:
            raise self._error(
                measured=len(made.at),
                limit=self._limit,
                period=ceil(self._seconds),
                seconds=ceil(made.at[-self._limit] + self._seconds - now),
            )
        made.at.append(now)

    def take_back(self, address: str) -> None:
        """The last one that was counted was not made after all."""
        made = self._made.get((network(address),))
        if made is not None and made.at:
            made.at.pop()
