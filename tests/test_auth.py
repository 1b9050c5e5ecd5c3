"""Passwords, hashed by argon2 in threads of their own, through twisted.cred. Nearly always with costs made for tests."""

import threading
from collections.abc import Coroutine, Iterator
from threading import Event, get_ident
from typing import Any, cast

import pytest
import pytest_twisted
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import HashingError, VerificationError
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnhandledCredentials
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorFromThreads, IReactorTime
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool
from zope.interface import implementer
from zope.interface.verify import verifyClass, verifyObject

from chatd import auth
from chatd.accounts import PasswordCheck
from chatd.auth import AccountPassword, Argon2Checker, Argon2Logins, HashingThreads, IOwner, Owner, OwnersRealm
from chatd.errors import LoginsBusy
from chatd.secret import Secret
from chatd.storage.contract import LOCKED

PASSWORD = Secret("correct horse battery staple")
WRONG = Secret("incorrect zebra battery staple")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
KEPT = CHEAP.hash(PASSWORD.value)


def the_reactor() -> IReactorFromThreads:
    """The one pytest-twisted runs."""
    from twisted.internet import reactor  # noqa: PLC0415 (pytest-twisted has chosen one by now)

    return cast(IReactorFromThreads, reactor)


class Held:
    """Stands in for a slow function: waits in its thread until it is let go."""

    def __init__(self) -> None:
        self.go_on = Event()
        self.threads: set[int] = set()
        self.done = 0

    def __call__(self, *_: object) -> bool:
        """Wait."""
        self.threads.add(get_ident())
        self.go_on.wait(60)
        self.done += 1
        return True


@pytest.fixture(autouse=True)
def no_threads_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Threads that a failed test did not end would keep the process from ending."""
    pools: list[ThreadPool] = []
    start = ThreadPool.start

    def watched(pool: ThreadPool) -> None:
        pools.append(pool)
        start(pool)

    monkeypatch.setattr(ThreadPool, "start", watched)
    yield
    for pool in pools:
        if not pool.joined:
            pool.stop()


@pytest.fixture
def logins() -> Iterator[Argon2Logins]:
    """Logins that cost little."""
    opened = Argon2Logins(the_reactor(), CHEAP)
    yield opened
    closing = Deferred.fromCoroutine(opened.close())
    pytest_twisted.blockon(closing.addTimeout(20, cast(IReactorTime, the_reactor())))


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Passwords whose comparing takes as long as a test likes."""
    slow = Held()
    monkeypatch.setattr(auth, "matches", slow)
    yield slow
    slow.go_on.set()


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Everything that is logged meanwhile, with all it was logged with."""
    lines: list[str] = []

    @implementer(ILogObserver)
    def keep(event: LogEvent) -> None:
        lines.append(repr(event))

    globalLogPublisher.addObserver(keep)
    yield lines
    globalLogPublisher.removeObserver(keep)


def threads_left() -> list[str]:
    """The hashing threads that run."""
    return [thread.name for thread in threading.enumerate() if "chatd-login" in thread.name]


async def require_busy(attempt: Coroutine[Any, Any, object]) -> None:
    """It is refused at once, for want of room."""
    outcome = Deferred.fromCoroutine(attempt)
    assert outcome.called, "it waits"
    with pytest.raises(LoginsBusy):
        await outcome


async def test_the_real_costs_are_those_that_are_asked_for() -> None:
    """OWASP's minimum for Argon2id, a salt for each; and the whole way works with them."""
    logins = Argon2Logins(the_reactor())
    encoded, other = await logins.hashed(PASSWORD), await logins.hashed(PASSWORD)
    costs = extract_parameters(encoded)
    assert (costs.type, costs.memory_cost, costs.time_cost, costs.parallelism) == (Type.ID, 19 * 1024, 2, 1)
    assert encoded != other
    assert PASSWORD.value not in encoded
    assert await logins.matches("ali", PASSWORD, encoded)
    assert not await logins.matches("ali", WRONG, encoded)
    await logins.close()


async def test_only_the_right_password_matches(logins: Argon2Logins) -> None:
    """And it fits the shape that the core asks for."""
    check: PasswordCheck = logins
    encoded = await check.hashed(PASSWORD)
    assert await check.matches("ali", PASSWORD, encoded)
    for wrong in (WRONG, Secret(""), Secret(PASSWORD.value.upper()), Secret(PASSWORD.value + " ")):
        assert not await check.matches("ali", wrong, encoded)


@pytest.mark.parametrize("encoded", [None, LOCKED, "", "plain text", "گذرواژه"])
async def test_what_cannot_be_compared_takes_as_long_as_a_wrong_password(
    logins: Argon2Logins, encoded: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No account of that name, or a damaged one: the same work is done, and nothing matches, not even that itself."""
    worked: list[PasswordHasher] = []

    def work(hasher: PasswordHasher, password: Secret) -> str:
        worked.append(hasher)
        return hasher.hash(password.value)

    monkeypatch.setattr(auth, "encode", work)
    for password in (PASSWORD, Secret(encoded or "")):
        assert not await logins.matches("ali", password, encoded)
    assert worked == [CHEAP, CHEAP]


async def test_a_hash_that_was_tampered_with_is_told_to_the_operator(logins: Argon2Logins, log: list[str]) -> None:
    """Nobody can say whether the password is right, so nobody does."""
    with pytest.raises(LoginsBusy):
        await logins.matches("ali", PASSWORD, "$argon2id$nonsense")
    assert "Decoding failed" in "".join(log)


async def test_a_password_is_the_same_however_it_is_typed(logins: Argon2Logins) -> None:
    """Composed or not: keyboards differ."""
    encoded = await logins.hashed(Secret("caf\u00e9 \u0622\u0628 گذرواژه"))
    assert await logins.matches("ali", Secret("cafe\u0301\u00a0\u0627\u0653\u0628 گذرواژه"), encoded)
    assert not await logins.matches("ali", Secret("cafe آب گذرواژه"), encoded)


@settings(max_examples=50)
@example("\ud800", "\ud800")
@given(st.text(st.characters(), max_size=100), st.text(st.characters(), max_size=20))
def test_any_password_can_be_kept_and_compared(password: str, encoded: str) -> None:
    """Also what is no text, and NUL; and anything may have been kept instead of what argon2 makes."""
    assert auth.matches(CHEAP, Secret(password), auth.encode(CHEAP, Secret(password)))
    assert not auth.matches(CHEAP, Secret(password + "x"), auth.encode(CHEAP, Secret(password)))
    assert not auth.matches(CHEAP, Secret(password), encoded)


# --- what must not be seen ---


def without_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let argon2 fail as it does then, with the password in its frames."""

    def hash_secret(secret: bytes, **_: object) -> bytes:  # noqa: ARG001
        raise HashingError("Memory allocation error")

    def verify_secret(hash: bytes, secret: bytes, type: Type) -> bool:  # noqa: ARG001
        raise VerificationError("Memory allocation error")

    monkeypatch.setattr("argon2._password_hasher.hash_secret", hash_secret)
    monkeypatch.setattr("argon2._password_hasher.verify_secret", verify_secret)


async def test_without_memory_a_password_is_neither_right_nor_wrong(
    logins: Argon2Logins, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be tried again; the operator hears why, and neither hears the password."""
    without_memory(monkeypatch)
    attempts = (logins.hashed(PASSWORD), logins.matches("ali", PASSWORD, KEPT), logins.matches("ali", PASSWORD, None))
    for attempt in attempts:
        with pytest.raises(LoginsBusy) as failed:
            await attempt
        told = Failure(failed.value, captureVars=True).getTraceback(detail="verbose")
        assert PASSWORD.value not in told
        assert failed.value.__context__ is None, "else the password would come along in its frames"
    assert sum("Memory allocation error" in line for line in log) == 3
    assert PASSWORD.value not in "".join(log)


async def test_nothing_about_a_login_is_logged(logins: Argon2Logins, log: list[str]) -> None:
    """Right or wrong; nor do credentials show what they hold."""
    await logins.matches("ali", PASSWORD, await logins.hashed(PASSWORD))
    await logins.matches("ali", WRONG, KEPT)
    shown = "".join(log) + repr(AccountPassword("ali", PASSWORD, KEPT)) + str(vars(AccountPassword("", PASSWORD, "")))
    assert PASSWORD.value not in shown
    assert WRONG.value not in shown
    assert KEPT not in shown


# --- threads ---


async def test_hashing_keeps_nobody_waiting_and_has_its_own_threads(logins: Argon2Logins, held: Held) -> None:
    """Two of them, however many log in; none before somebody does. Beyond thirty-two that wait, people are told so."""
    assert threads_left() == []
    asked = [Deferred.fromCoroutine(logins.matches("ali", PASSWORD, KEPT)) for _ in range(34)]
    for attempt in (logins.matches("ali", PASSWORD, KEPT), logins.hashed(PASSWORD)):
        await require_busy(attempt)
    assert not any(deferred.called for deferred in asked)
    held.go_on.set()
    assert [await deferred for deferred in asked] == [True] * 34
    assert len(held.threads) == 2
    assert get_ident() not in held.threads
    assert await logins.matches("ali", PASSWORD, KEPT), "there is room again"


async def test_closing_finishes_what_was_asked_and_takes_no_more(held: Held) -> None:
    """Whoever waits is answered, no thread is left, and it may be closed again."""
    logins = Argon2Logins(the_reactor(), CHEAP)
    asked = [Deferred.fromCoroutine(logins.matches("ali", PASSWORD, KEPT)) for _ in range(10)]
    closings = [Deferred.fromCoroutine(logins.close()) for _ in range(2)]
    assert not any(closing.called for closing in closings)
    await require_busy(logins.hashed(PASSWORD))
    held.go_on.set()
    for closing in closings:
        await closing
    assert all(deferred.called for deferred in asked)
    assert [await deferred for deferred in asked] == [True] * 10
    await logins.close()
    assert threads_left() == []


async def test_closing_what_nobody_used_is_nothing() -> None:
    """No thread was started for it."""
    logins = Argon2Logins(the_reactor(), CHEAP)
    await logins.close()
    await require_busy(logins.matches("ali", PASSWORD, KEPT))
    assert threads_left() == []


async def test_a_login_that_is_given_up_keeps_its_place_until_it_is_done(held: Held) -> None:
    """Else coming and going would fill the threads' queue without end; closing waits for it too."""
    logins = Argon2Logins(the_reactor(), CHEAP, HashingThreads(the_reactor(), threads=1, waiting=0))
    given_up = Deferred.fromCoroutine(logins.matches("ali", PASSWORD, KEPT))
    given_up.cancel()
    with pytest.raises(CancelledError):
        await given_up
    await require_busy(logins.matches("ali", PASSWORD, KEPT))
    closing = Deferred.fromCoroutine(logins.close())
    assert not closing.called
    held.go_on.set()
    await closing
    assert held.done == 1
    assert threads_left() == []


# --- twisted.cred ---


async def test_whoever_logs_in_is_the_owner_of_a_name() -> None:
    """By any portal: checker, realm and credentials are what twisted.cred asks for."""
    threads = HashingThreads(the_reactor())
    checker, realm = Argon2Checker(CHEAP, threads), OwnersRealm()
    verifyObject(ICredentialsChecker, checker)
    verifyClass(IRealm, OwnersRealm)
    verifyObject(auth.IAccountPassword, AccountPassword("ali", PASSWORD, KEPT))
    portal = Portal(realm, [checker])
    interface, avatar, logout = await portal.login(AccountPassword("علی", PASSWORD, KEPT), None, IOwner)
    logout()
    assert interface is IOwner
    assert isinstance(avatar, Owner)
    verifyObject(IOwner, avatar)
    assert avatar.name == "علی"
    await threads.close()


async def test_a_realm_has_owners_only() -> None:
    """Whoever wants to be something else, or comes with other credentials, is refused."""
    threads = HashingThreads(the_reactor())
    portal = Portal(OwnersRealm(), [Argon2Checker(CHEAP, threads)])
    with pytest.raises(NotImplementedError):
        await portal.login(AccountPassword("ali", PASSWORD, KEPT), None, auth.IAccountPassword)
    with pytest.raises(UnhandledCredentials):
        await portal.login(object(), None, IOwner)  # type: ignore[arg-type]  # that is the point
    await threads.close()
