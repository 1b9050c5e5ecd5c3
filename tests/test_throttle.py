"""How often a password may be tried, and how many accounts one place may make."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd import throttle
from chatd.errors import LoginsBusy, LoginsWait, TooManyAccounts
from chatd.throttle import QUIET_SECONDS, AccountThrottle, LoginThrottle

HERE = "192.0.2.7"
THERE = "198.51.100.1"


@pytest.fixture
def logins() -> LoginThrottle:
    """Three wrong tries a minute are free."""
    return LoginThrottle()


def fail(logins: LoginThrottle, now: float, name: str = "ali", address: str = HERE) -> None:
    """Try a wrong password."""
    logins.begin(address, name, now)
    logins.wrong(address, name, now)


def succeed(logins: LoginThrottle, now: float, name: str = "ali", address: str = HERE) -> None:
    """Try the right one."""
    logins.begin(address, name, now)
    logins.right(address, name, now)


def wait_told(logins: LoginThrottle, now: float, name: str = "ali", address: str = HERE) -> object:
    """For how long a try is refused, by what it is told."""
    with pytest.raises(LoginsWait) as refused:
        logins.begin(address, name, now)
    return refused.value.details["seconds"]


def test_three_wrong_tries_are_free_then_one_waits(logins: LoginThrottle) -> None:
    """A minute from the last one; it is told how long, rounded up, so that waiting that long is enough."""
    for now in (0, 1, 2):
        fail(logins, now)
    assert wait_told(logins, 2) == 60
    assert wait_told(logins, 61.5) == 1
    fail(logins, 62)


def test_each_further_wrong_try_doubles_the_wait(logins: LoginThrottle) -> None:
    """Up to a quarter of an hour, for ever."""
    now, waits = 0.0, []
    for _ in range(3):
        fail(logins, now)
    for _ in range(8):
        wait = wait_told(logins, now)
        assert isinstance(wait, int)
        waits.append(wait)
        now += wait
        fail(logins, now)
    assert waits == [60, 120, 240, 480, 900, 900, 900, 900]


def test_a_try_while_waiting_makes_the_wait_no_longer(logins: LoginThrottle) -> None:
    """A program that tries again and again must not shut itself out."""
    for now in (0, 0, 0):
        fail(logins, now)
    for now in range(60):
        assert wait_told(logins, now) == 60 - now
    fail(logins, 60)
    assert wait_told(logins, 60) == 120


def test_slow_mistakes_cost_nothing(logins: LoginThrottle) -> None:
    """Three in more than a minute, and on and on."""
    for now in range(0, 3000, 31):
        fail(logins, now)


def test_who_is_quiet_after_a_wait_begins_afresh(logins: LoginThrottle) -> None:
    """A moment earlier it is still remembered."""
    early = LoginThrottle()
    for each in (logins, early):
        for now in (0, 0, 0):
            fail(each, now)
    fail(early, 60 + QUIET_SECONDS - 1)
    assert wait_told(early, 60 + QUIET_SECONDS - 1) == 120
    fresh = 60 + QUIET_SECONDS
    for now in (0, 0, 0):
        fail(logins, fresh + now)
    assert wait_told(logins, fresh) == 60


def test_an_address_waits_whatever_the_names(logins: LoginThrottle) -> None:
    """Trying one password with many names is the same attack."""
    for name in ("ali", "sara", "reza"):
        fail(logins, 0, name)
    assert wait_told(logins, 0, "mina") == 60


def test_nobody_can_lock_another_out(logins: LoginThrottle) -> None:
    """Wrong passwords from elsewhere, however many, leave the owner alone: a name by itself is not counted."""
    for host in range(100):
        fail(logins, 0, "ali", f"198.51.100.{host}")
    succeed(logins, 0, "ali", HERE)


def test_who_has_logged_in_from_there_does_not_wait_for_what_others_try(logins: LoginThrottle) -> None:
    """A neighbour at the same address can keep those out who come for the first time, and nobody else."""
    succeed(logins, 0, "sara")
    for name in ("ali", "ali", "ali"):
        fail(logins, 1, name)
    assert wait_told(logins, 1, "mina") == 60
    succeed(logins, 2, "sara")
    for _ in range(3):
        fail(logins, 3, "sara")
    assert wait_told(logins, 3, "sara") == 60, "their own mistakes count as ever"


def test_a_name_is_the_same_in_any_spelling(logins: LoginThrottle) -> None:
    """Else there would be as many tries as spellings, once the address is quiet for a while."""
    for name in ("علی", "علي", "عَلی"):
        logins.begin(HERE, name, 0)
    with pytest.raises(LoginsBusy):
        logins.begin(HERE, "علی", 0)


def test_the_right_password_forgets_what_was_counted_for_its_name() -> None:
    """But not what the address tried with other names: an account of one's own must not open the way to the others'."""
    logins = LoginThrottle(free=3)
    fail(logins, 0)
    fail(logins, 0)
    succeed(logins, 0)
    assert list(logins._tries._all) == [("192.0.2.7/32",)], "nothing is left of the pair"
    fail(logins, 0, "sara")
    assert wait_told(logins, 0, "sara") == 60


def test_logging_in_and_out_all_day_is_no_wrong_try(logins: LoginThrottle) -> None:
    """Nor does it leave anything behind."""
    for now in range(1000):
        succeed(logins, now)
    assert not logins._tries._all


def test_a_class_may_log_in_at_once(logins: LoginThrottle) -> None:
    """From one address, before any of their passwords is known to be right."""
    names = [f"student{number}" for number in range(40)]
    for name in names:
        logins.begin(HERE, name, 0)
    for name in names:
        logins.right(HERE, name, 0)
    assert not logins._tries._all


def test_one_name_cannot_be_tried_many_times_at_once(logins: LoginThrottle) -> None:
    """What is under way counts as if it were wrong, until it is known; else a hundred connections had a hundred tries."""
    for _ in range(3):
        logins.begin(HERE, "ali", 0)
    with pytest.raises(LoginsBusy):
        logins.begin(HERE, "ali", 0)
    logins.right(HERE, "ali", 0)
    logins.begin(HERE, "ali", 0)
    for _ in range(3):
        logins.wrong(HERE, "ali", 0)
    assert wait_told(logins, 0) == 60


def test_after_a_wait_an_address_tries_one_by_one(logins: LoginThrottle) -> None:
    """Else every wait would be followed by a crowd of tries, each with another name."""
    for _ in range(3):
        fail(logins, 0)
    logins.begin(HERE, "sara", 60)
    with pytest.raises(LoginsBusy):
        logins.begin(HERE, "reza", 60)
    logins.right(HERE, "sara", 60)
    logins.begin(HERE, "reza", 60)


def test_a_try_that_came_to_nothing_is_not_counted(logins: LoginThrottle) -> None:
    """The server was busy: nobody's fault."""
    for _ in range(100):
        logins.begin(HERE, "ali", 0)
        logins.dropped(HERE, "ali")
    assert not logins._tries._all


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", ""])
def test_this_machine_is_counted_like_any_other(logins: LoginThrottle, address: str) -> None:
    """A login on it is not one to the chat; nor is whoever comes by a UNIX socket trusted more."""
    for _ in range(3):
        fail(logins, 0, address=address)
    assert wait_told(logins, 0, address=address) == 60


def test_an_ipv6_network_is_one_place(logins: LoginThrottle) -> None:
    """Its owner has more addresses than tries; in another /64 is somebody else. A mapped address is the address."""
    for host in (1, 2, 3):
        fail(logins, 0, address=f"2001:db8::{host}")
    assert wait_told(logins, 0, address="2001:db8::ffff") == 60
    fail(logins, 0, address="2001:db8:0:1::1")
    for address in (HERE, f"::ffff:{HERE}", HERE):
        fail(logins, 0, address=address)
    assert wait_told(logins, 0, address=f"::ffff:{HERE}") == 60


def test_what_does_not_matter_any_more_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """When there are many: whose time has passed goes, who has to wait stays."""
    monkeypatch.setattr(throttle, "REMEMBERED", 20)
    logins = LoginThrottle()
    for _ in range(3):
        fail(logins, 0)
    for host in range(8):
        fail(logins, 1, address=f"198.51.100.{host}")
    for host in range(100, 105):
        fail(logins, 62, address=f"198.51.100.{host}")
    assert {place[0] for place in logins._tries._all} == {
        f"{HERE}/32", *(f"198.51.100.{host}/32" for host in range(100, 105))
    }  # fmt: skip


def test_memory_is_bounded_and_the_oldest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has very many networks cannot fill it; what was tried last is known best."""
    monkeypatch.setattr(throttle, "REMEMBERED", 20)
    logins = LoginThrottle()
    for host in range(100):
        for _ in range(3):
            fail(logins, 0, address=f"198.51.100.{host}")
        assert len(logins._tries._all) <= 20
        assert wait_told(logins, 0, address=f"198.51.100.{host}") == 60
    succeed(logins, 0, address="198.51.100.0")


@pytest.mark.parametrize(
    "end", [lambda it, *who: it.right(*who, 1), LoginThrottle.dropped, lambda it, *who: it.wrong(*who, 1)]
)
def test_a_try_that_was_forgotten_may_end(
    monkeypatch: pytest.MonkeyPatch, end: Callable[[LoginThrottle, str, str], None]
) -> None:
    """It was under way while many others came."""
    monkeypatch.setattr(throttle, "REMEMBERED", 2)
    logins = LoginThrottle()
    logins.begin(HERE, "ali", 0)
    for _ in range(2):
        fail(logins, 0, address=THERE)
    end(logins, HERE, "ali")
    for name in ("ali", "sara"):
        logins.begin(HERE, name, 1)


def test_a_forgotten_try_makes_no_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is not taken for that of one that is remembered."""
    monkeypatch.setattr(throttle, "REMEMBERED", 2)
    logins = LoginThrottle()
    logins.begin(HERE, "ali", 0)
    fail(logins, 0, address=THERE)
    monkeypatch.undo()
    logins.wrong(HERE, "ali", 0)
    for _ in range(2):
        logins.begin(HERE, "ali", 0)
    with pytest.raises(LoginsBusy):
        logins.begin(HERE, "ali", 0)


TRIES = st.lists(
    st.tuples(st.sampled_from(["ali", "sara"]), st.sampled_from([HERE, THERE]), st.booleans(), st.integers(0, 200)),
    max_size=60,
)


@given(TRIES)
def test_no_order_of_tries_gets_more_than_its_share(tries: list[tuple[str, str, bool, int]]) -> None:
    """In no minute more than three wrong ones from one address; and what is refused is free after the wait it was told."""
    logins, now = LoginThrottle(), 0.0
    wrong: dict[str, list[float]] = {HERE: [], THERE: []}
    for name, address, right, pause in tries:
        now += pause
        try:
            logins.begin(address, name, now)
        except LoginsWait as refused:
            seconds = refused.details["seconds"]
            assert isinstance(seconds, int)
            assert 0 < seconds <= 900
            now += seconds
            logins.begin(address, name, now)
        if right:
            logins.right(address, name, 0)
        else:
            logins.wrong(address, name, now)
            wrong[address].append(now)
    for times in wrong.values():
        assert all(later - at >= 60 for at, later in zip(times, times[3:], strict=False))


def test_five_accounts_an_hour_may_be_made_from_one_place() -> None:
    """The next one is told when; then the first no longer counts."""
    accounts = AccountThrottle()
    for now in (0, 100, 200, 300, 400):
        accounts.admit("2001:db8::1", now)
    with pytest.raises(TooManyAccounts) as refused:
        accounts.admit("2001:db8::2", 500.5)
    assert refused.value.details == {"measured": 5, "limit": 5, "period": 3600, "seconds": 3100}
    accounts.admit("2001:db8:0:1::1", 500.5)
    accounts.admit("2001:db8::2", 3600.5)
    with pytest.raises(TooManyAccounts):
        accounts.admit("2001:db8::1", 3600.5)
    accounts.admit("2001:db8::1", 3700)


def test_places_whose_time_has_passed_are_forgotten() -> None:
    """Those who come later make room: of places that are never seen again nothing stays."""
    accounts = AccountThrottle(limit=1000, seconds=10)
    for host in range(200):
        for _ in range(50):
            accounts.admit(f"2001:db8:{host:x}::1", float(host))
    assert len(accounts._made._all) <= 11


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", ""])
def test_accounts_made_on_this_machine_are_counted(address: str) -> None:
    """As those from anywhere."""
    accounts = AccountThrottle(limit=1)
    accounts.admit(address, 0)
    with pytest.raises(TooManyAccounts):
        accounts.admit(address, 1)


def test_an_account_that_was_not_made_does_not_count() -> None:
    """The disk was full, or its name taken by then. To take back what was never admitted changes nothing."""
    accounts = AccountThrottle(limit=1)
    accounts.take_back(HERE)
    for now in range(10):
        accounts.admit(HERE, now)
        accounts.take_back(HERE)
    accounts.admit(HERE, 10)
    with pytest.raises(TooManyAccounts):
        accounts.admit(HERE, 10)


def test_places_that_made_accounts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of an hour ago go first."""
    monkeypatch.setattr(throttle, "REMEMBERED", 10)
    accounts = AccountThrottle(limit=1)
    for host in range(50):
        accounts.admit(f"198.51.100.{host}", 0)
        assert len(accounts._made._all) <= 10
    accounts.admit(HERE, 3600)
    accounts.admit(THERE, 3600)
    for host in range(60, 70):
        accounts.admit(f"198.51.100.{host}", 3600)
    assert len(accounts._made._all) <= 10
