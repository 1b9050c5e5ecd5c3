"""What is done when somebody gives a name: a guest, the owner of an account, or a program that comes back after a cut.

Must not know how requests are written, or how passwords are kept.
"""

from collections.abc import Mapping

from chatd.addresses import is_local
from chatd.directory import name_of
from chatd.entering import FIRST_ROOM, Claim, let_in, let_in_at_once
from chatd.errors import (
    AlreadyNamed,
    ChatError,
    NameNeeded,
    NameRegistered,
    NoSuchAccount,
    PasswordsNeedTls,
    TooManyRooms,
)
from chatd.events import Prompt
from chatd.languages import find_language
from chatd.names import RoomName, person_name, room_name
from chatd.owning import prove
from chatd.requests import Introduce, Login
from chatd.secret import Secret
from chatd.session import Answer, Session
from chatd.storage.contract import Account
from chatd.turns import Performance


def introduce(session: Session, request: Introduce) -> Performance:
    """Let them in under this name; a guest at once, if nothing has to be waited for: when a crowd comes, nearly all of it."""
    at_hand = session.chat.at_hand
    if session.named or request.name is None or at_hand is None or request != Introduce(request.name):
        return _introduce(session, request)
    name = person_name(request.name)
    if session.chat.directory.get(name.key) is not None:
        return _introduce(session, request)
    let_in_at_once(session, request, Claim(name, session.chat.new_number()), *at_hand)
    return None


async def _introduce(session: Session, request: Introduce) -> None:
    """The same for anybody; the owner of an account has to prove it, and is asked for the password if need be."""
    if session.named:
        raise AlreadyNamed(name=session.person.shown)
    language = find_language(request.language) if request.language else None
    if language is not None:
        session.view.choose_language(language)
    chat = session.chat
    await chat.directory.load()
    rooms = _rooms(session, request)
    if request.session is not None:
        await let_in(session, request, await _come_back(session, request, request.session), rooms)
        return
    if request.name is None:
        raise NameNeeded
    name = person_name(request.name)
    account = chat.directory.get(name.key)
    if account is not None and request.password is None:
        _ask(session, request, account)
        return
    if request.password is not None:
        if account is None:
            raise NoSuchAccount(name=name.shown)
        await prove(session, account, request.password)
    if request.resumable and not is_local(session.address):
        chat.new_sessions.admit(session.address, chat.clock.seconds())
    secret = chat.new_secret() if request.resumable else None
    number = account.person if account is not None else chat.new_number()
    await let_in(session, request, Claim(name, number, account, secret), rooms)


def log_in(session: Session, request: Login) -> Performance:
    """The same, by the owner of an account who says so."""
    if session.named:
        raise AlreadyNamed(name=session.person.shown)
    if request.name is None:
        raise NameNeeded
    return _log_in(session, Introduce(request.name, request.password))


async def _log_in(session: Session, request: Introduce) -> None:
    await session.chat.directory.load()
    name = person_name(request.name or "")
    if session.chat.directory.get(name.key) is None:
        raise NoSuchAccount(name=name.shown)
    await _introduce(session, request)


def _rooms(session: Session, request: Introduce) -> list[RoomName]:
    """Where they want to go.

    Raises:
        BadRoomName, TooManyRooms: not all at once.
    """
    if request.rooms is None:
        return [FIRST_ROOM] if request.session is None else []
    rooms = list({name.key: name for name in map(room_name, request.rooms)}.values())
    limit = session.chat.limits.rooms_per_session
    if len(rooms) > limit:
        raise TooManyRooms(measured=len(rooms), limit=limit)
    return rooms


def _ask(session: Session, request: Introduce, account: Account) -> None:
    """Have the password typed by whoever can be asked, where nobody reads along."""
    if not session.interactive:
        raise NameRegistered(name=account.name)
    if not session.secure:
        session.refuse(PasswordsNeedTls(how=session.how_to_encrypt))
        session.welcome()
        return

    def typed(secret: Secret) -> Performance:
        if secret.value:
            return _try(session, request, account, secret)
        session.welcome()
        return None

    session.ask(Prompt.PASSWORD, account.name, typed)


async def _try(session: Session, request: Introduce, account: Account, secret: Secret) -> None:
    """See whether it was the password; if not, it is asked for again: else the next one would be taken for a name."""
    try:
        await _introduce(session, request._replace(password=secret))
    except ChatError as error:
        session.refuse(error)
        if not (session.ended or session.named):
            _ask(session, request, account)


async def _come_back(session: Session, request: Introduce, secret: Secret) -> Claim:
    """Who the secret belongs to. A guest may come back by another name: the old one may be taken."""
    chat, turn = session.chat, session.chat.sessions.turn()
    record = await chat.sessions.find(secret)
    account = chat.directory.of(record.person)
    if account is not None and not session.secure:
        raise PasswordsNeedTls(how=session.how_to_encrypt)
    if request.name is not None:
        name = person_name(request.name)
    else:
        name = name_of(account) if account is not None else person_name(record.name)
    return Claim(name, record.person, account, secret, turn, record)


ANSWERS: Mapping[type, Answer] = {Introduce: introduce, Login: log_in}
