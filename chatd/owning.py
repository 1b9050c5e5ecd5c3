"""What is done when somebody makes a name their own, or proves that it is. Must not know formats, or how passwords are kept.

A password is looked at only where nobody else can read it: over TLS, or on the server's own machine.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from chatd.accounts import check_new_password
from chatd.errors import (
    ChatError,
    NothingTyped,
    NotRegistered,
    PasswordsDiffer,
    PasswordsNeedTls,
    PasswordTooLong,
    PasswordTooShort,
    RegisteredAlready,
    WrongPassword,
)
from chatd.events import Claimed, Farewell, PasswordChanged, Prompt
from chatd.people import Person
from chatd.requests import ChangePassword, Register
from chatd.secret import Secret
from chatd.session import Answer, Session
from chatd.storage.contract import Account
from chatd.turns import Performance


async def prove(session: Session, account: Account, password: Secret) -> None:
    """See whether this is the account's password.

    Raises:
        PasswordsNeedTls, LoginsWait, LoginsBusy: it was not even looked at.
        WrongPassword: it is not.
    """
    _require_secure(session)
    chat, name = session.chat, account.name
    throttle, now = chat.logins, chat.clock.seconds()
    throttle.begin(session.address, name, now)
    right = None
    try:
        right = await chat.surroundings.passwords.matches(name, password, account.password)
    finally:
        if right is None:
            throttle.dropped(session.address, name)
    if not right:
        throttle.wrong(session.address, name, chat.clock.seconds())
        raise WrongPassword(name=name)
    throttle.right(session.address, name, chat.clock.seconds())


def register(session: Session, request: Register) -> Performance:
    """Make an account of the name; have the password typed, twice, if it was not given."""
    person = session.person
    if person.account is not None:
        raise RegisteredAlready(name=person.shown)
    _require_secure(session)
    if request.password is not None:
        return _register(session, person, request.password)
    _ask_for_new(session, lambda new: _register(session, person, new))
    return None


def change_password(session: Session, request: ChangePassword) -> Performance:
    """Give the account another password; have both typed if they were not given."""
    person = session.person
    account = _account(person)
    _require_secure(session)
    if request.old is not None and request.new is not None:
        return _change(session, person, request.old, request.new)

    _ask_for_old(session, account)
    return None


async def _register(session: Session, person: Person, password: Secret) -> None:
    chat, now = session.chat, session.chat.clock.seconds()
    check_new_password(password)
    chat.new_accounts.admit(session.address, now)
    kept = False
    try:
        chat.directory.reserve(person)
        kept = await _keep(session, person, password)
    finally:
        if not kept:
            chat.new_accounts.take_back(session.address)
            chat.directory.release(person)
        _tell_of_account(session, person)
    if kept:
        session.reply(Claimed(person.shown))
        session.forget_exposed_secret()
        await chat.sessions.forget_others(person.id, session.record)


async def _keep(session: Session, person: Person, password: Secret) -> bool:
    """Whether the account was made: not for somebody who is gone."""
    hashed = await session.chat.surroundings.passwords.hashed(password)
    if session.ended:
        return False
    chosen = session.view.chosen_language.code if session.view.chosen_language is not None else ""
    account = Account(person.id, person.name.key, person.shown, hashed, person.seen, chosen)
    await session.chat.directory.keep(account)
    return True


def _tell_of_account(session: Session, person: Person) -> None:
    """Both who asked for it, and who they are by now, if they were cut and came back meanwhile."""
    for one in (person, session.chat.boxes.get(person.id)):
        if one is not None:
            one.account = session.chat.directory.of(person.id)


def _ask_for_old(session: Session, account: Account) -> None:
    session.ask(Prompt.PASSWORD, account.name, lambda old: _prove_and_ask(session, account, _typed(old)))


async def _prove_and_ask(session: Session, account: Account, old: Secret) -> None:
    """Go on to the new one; what is wrong with the old one is said, and it is asked for again: the next line is one, too."""
    try:
        await prove(session, account, old)
    except ChatError as error:
        session.refuse(error)
        if not session.ended:
            _ask_for_old(session, account)
        return
    _ask_for_new(session, lambda new: _set(session, session.person, new))


async def _change(session: Session, person: Person, old: Secret, new: Secret) -> None:
    check_new_password(new)  # first: it is the quicker one to know
    await prove(session, _account(person), old)
    await _set(session, person, new)


async def _set(session: Session, person: Person, password: Secret) -> None:
    check_new_password(password)
    hashed = await session.chat.surroundings.passwords.hashed(password)
    await session.chat.directory.keep(replace(_account(person), password=hashed))
    person.account = session.chat.directory.of(person.id)
    session.reply(PasswordChanged())
    for connection in person.connections:
        if connection is not session:
            connection.end(Farewell.PASSWORD)  # whoever knew the old one is out
    await session.chat.sessions.forget_others(person.id, session.record)


def _ask_for_new(session: Session, then: Callable[[Secret], Performance]) -> None:
    """Have a new password typed twice, without anybody seeing it, until it is one or nothing is typed."""
    name = session.person.shown

    def again(first: Secret) -> Performance:
        try:
            check_new_password(_typed(first))
        except (PasswordTooShort, PasswordTooLong) as error:
            from_the_beginning(error)
            return None
        session.ask(Prompt.AGAIN, name, lambda second: compared(first, _typed(second)))
        return None

    def compared(first: Secret, second: Secret) -> Performance:
        if first == second:
            return then(first)
        from_the_beginning(PasswordsDiffer())
        return None

    def from_the_beginning(error: ChatError) -> None:
        session.refuse(error)
        _ask_for_new(session, then)

    session.ask(Prompt.NEW, name, again)


def _typed(secret: Secret) -> Secret:
    """What was typed; nothing is a way to stop.

    Raises:
        NothingTyped: nothing was.
    """
    if not secret.value:
        raise NothingTyped
    return secret


def _account(person: Person) -> Account:
    if person.account is None:
        raise NotRegistered(name=person.shown)
    return person.account


def _require_secure(session: Session) -> None:
    if not session.secure:
        raise PasswordsNeedTls(how=session.how_to_encrypt)


ANSWERS: Mapping[type, Answer] = {Register: register, ChangePassword: change_password}
