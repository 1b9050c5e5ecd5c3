"""Logins through twisted.cred, with passwords as argon2 keeps them. Must not know formats, sessions, or where accounts are kept.

Hashing takes some 20 ms and 19 MiB by design, so it happens in threads of its own: few, started when first needed.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from argon2 import PasswordHasher, Type
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import ICredentials
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.threadpool import ThreadPool
from zope.interface import Attribute, Interface, implementer

from chatd.accounts import canonical
from chatd.errors import LoginsBusy
from chatd.secret import Secret

THREADS = 2
WAITING = 32
"""Passwords that may wait for a thread."""

P = ParamSpec("P")
R = TypeVar("R")


def owasp_minimum() -> PasswordHasher:
    """Argon2id with 19 MiB, two passes, one lane: the least that OWASP's Password Storage Cheat Sheet asks for (RFC 9106)."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


class IAccountPassword(ICredentials):
    """A password that was typed, and what is kept of the right one."""

    name = Attribute("The account's name.")
    password = Attribute("A Secret.")
    encoded = Attribute("The right one as argon2 encodes it; None: there is no such account.")


class IOwner(Interface):
    """Somebody who has proved that a name is theirs."""

    name = Attribute("The account's name.")


@implementer(IAccountPassword)
class AccountPassword:
    """See :class:`IAccountPassword`."""

    def __init__(self, name: str, password: Secret, encoded: str | None) -> None:
        self.name = name
        self.password = password
        self.encoded = encoded


@implementer(IOwner)
class Owner:
    """See :class:`IOwner`."""

    def __init__(self, name: str) -> None:
        self.name = name


@implementer(IRealm)
class OwnersRealm:
    """Where whoever logs in is the owner of a name, and no more: what that means is up to the chat."""

    def requestAvatar(  # noqa: N802 (Twisted's name)
        self,
        avatarId: bytes | tuple[()],  # noqa: N803 (the same)
        mind: object,  # noqa: ARG002 (nobody stands behind an owner yet)
        *interfaces: type[Interface],
    ) -> tuple[type[Interface], IOwner, Callable[[], None]]:
        """See :class:`~twisted.cred.portal.IRealm`; the avatar's id is the name in UTF-8."""
        if IOwner not in interfaces:
            raise NotImplementedError("Only owners of names log in here.")
        return IOwner, Owner(cast(bytes, avatarId).decode()), lambda: None


class HashingThreads:
    """A few threads for what takes long, and a queue that is not long."""

    def __init__(self, reactor: IReactorFromThreads, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._reactor = reactor
        self._pool = ThreadPool(minthreads=0, maxthreads=threads, name="chatd-login")
        self._most = threads + waiting
        self._busy = 0
        self._closing = False
        self._idle: list[Deferred[None]] = []

    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Deferred[R]:
        """Run it in one of the threads. Whoever cancels the result does not wait for it, but the place stays taken.

        Raises:
            LoginsBusy: too many wait already, or the threads are given back.
        """
        if self._closing or self._busy >= self._most:
            raise LoginsBusy
        if not self._pool.started:
            self._pool.start()  # not earlier: a process with threads must not fork, as a daemon does at its start
        self._busy += 1
        result: Deferred[R] = Deferred()
        running = deferToThreadPool(self._reactor, self._pool, function, *args, **kwargs)
        running.chainDeferred(result)
        running.addBoth(self._ended)  # after that: whoever closes waits until everybody is answered
        return result

    def _ended(self, _: object) -> None:
        self._busy -= 1
        if not self._busy:
            idle, self._idle = self._idle, []
            for deferred in idle:
                deferred.callback(None)

    async def close(self) -> None:
        """Take no more, wait for what was asked, end the threads. May be called again."""
        self._closing = True
        if self._busy:
            idle: Deferred[None] = Deferred()
            self._idle.append(idle)
            await idle
        if self._pool.started and not self._pool.joined:
            self._pool.stop()


@implementer(ICredentialsChecker)
class Argon2Checker:
    """Compares a password with what is kept of the right one."""

    credentialInterfaces = (IAccountPassword,)  # noqa: N815 (Twisted's name)

    def __init__(self, hasher: PasswordHasher, threads: HashingThreads) -> None:
        self._hasher = hasher
        self._threads = threads

    async def _check(self, credentials: IAccountPassword) -> bytes | tuple[()]:
        right = await self._threads.call(matches, self._hasher, credentials.password, credentials.encoded)
        if not right:
            raise UnauthorizedLogin
        name: str = credentials.name
        return name.encode()

    def requestAvatarId(self, credentials: IAccountPassword) -> Deferred[bytes | tuple[()]]:  # noqa: N802 (Twisted's name)
        """See :class:`~twisted.cred.checkers.ICredentialsChecker`."""
        return Deferred.fromCoroutine(self._check(credentials))


class Argon2Logins:
    """A :class:`chatd.accounts.PasswordCheck`. ``hasher``: how new passwords are kept; old ones say themselves how they are."""

    def __init__(
        self, reactor: IReactorFromThreads, hasher: PasswordHasher | None = None, threads: HashingThreads | None = None
    ) -> None:
        self._hasher = hasher or owasp_minimum()
        self._threads = threads or HashingThreads(reactor)
        self._portal = Portal(OwnersRealm(), [Argon2Checker(self._hasher, self._threads)])

    async def hashed(self, password: Secret) -> str:
        """See :class:`~chatd.accounts.PasswordCheck`."""
        return await self._threads.call(encode, self._hasher, password)

    async def matches(self, name: str, password: Secret, encoded: str | None) -> bool:
        """See :class:`~chatd.accounts.PasswordCheck`."""
        try:
            await self._portal.login(AccountPassword(name, password, encoded), None, IOwner)
        except UnauthorizedLogin:
            return False
        return True

    async def close(self) -> None:
        """Take no more passwords, finish those that were taken, end the threads. May be called again."""
        await self._threads.close()


def encode(hasher: PasswordHasher, password: Secret) -> str:
    """What to keep of this password. Takes long.

    Raises:
        LoginsBusy: argon2 could not do it, for want of memory.
    """
    try:
        return hasher.hash(_bytes(password))
    except HashingError as error:
        reason = str(error)
    raise _failed(reason)  # not from the other error, which would bring the password along in its frames


def matches(hasher: PasswordHasher, password: Secret, encoded: str | None) -> bool:
    """Whether ``encoded`` was made of this password. Takes long in any case, even when there is nothing to compare.

    Raises:
        LoginsBusy: argon2 could not do it, for want of memory, or because it cannot make sense of ``encoded``.
    """
    try:
        return hasher.verify(encoded or "", _bytes(password))
    except VerifyMismatchError:
        return False
    except (InvalidHashError, UnicodeEncodeError):
        reason = None
    except VerificationError as error:
        reason = str(error)
    if reason is not None:
        raise _failed(reason)
    encode(hasher, password)
    return False


def _bytes(password: Secret) -> bytes:
    return canonical(password.value).encode("utf-8", "surrogatepass")


def _failed(reason: str) -> LoginsBusy:
    """Tell the operator why; its user can only try again."""
    Logger().error("A password could not be worked on: {reason}.", event="password_failed", reason=reason)
    return LoginsBusy()
