"""What is done when somebody gives a name: a guest, the owner of an account, or a program that comes back after a cut.

Must not know how requests are written, or how passwords are kept.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from chatd.addresses import is_local
from chatd.chat import LOBBY
from chatd.directory import name_of
from chatd.errors import (
    AlreadyNamed,
    ChatError,
    NameFixed,
    NameNeeded,
    NameRegistered,
    NoSuchAccount,
    PasswordsNeedTls,
    StoreUnreadable,
    TooManyRooms,
)
from chatd.events import Company, Farewell, Greeted, LanguageOffered, Prompt
from chatd.languages import ENGLISH, PERSIAN, find_language
from chatd.moving import greeting_place, join
from chatd.names import Name, RoomName, person_name, room_name
from chatd.owning import prove
from chatd.people import Person
from chatd.requests import Introduce, Join, Login
from chatd.room import Room
from chatd.secret import Secret
from chatd.session import Answer, Session
from chatd.settings import keep_language
from chatd.storage.contract import Account, Page, SessionRecord, StoreError
from chatd.turns import Performance

_LOBBY = room_name(LOBBY)
NOTHING = Page(())
"""What a box holds for most who come."""


class _Claim(NamedTuple):
    """Who somebody is, as far as that is known before they are let in."""

    name: Name
    number: int
    account: Account | None = None
    secret: Secret | None = None
    turn: int = 0
    """When they presented it, see :meth:`Sessions.turn`."""
    back: SessionRecord | None = None
    """They come back after a cut, by this session, and say themselves what they have read."""

    @property
    def known(self) -> bool:
        """They were here before: their box may hold something."""
        return self.account is not None or self.back is not None


def introduce(session: Session, request: Introduce) -> Performance:
    """Let them in under this name; a guest at once, if nothing has to be waited for: when a crowd comes, nearly all of it."""
    at_hand = session.chat.at_hand
    if session.named or request.name is None or at_hand is None or request != Introduce(request.name):
        return _introduce(session, request)
    name = person_name(request.name)
    if session.chat.directory.get(name.key) is not None:
        return _introduce(session, request)
    _let_in_at_once(session, request, _Claim(name, session.chat.new_number()), *at_hand)
    return None


def _let_in_at_once(session: Session, request: Introduce, claim: _Claim, lobby: Room, epoch: str) -> None:
    """A guest with a name and no wishes."""
    _require_free(session, claim)
    person = session.chat.boxes.new(claim.number, claim.name)
    try:
        _greet(session, request, person, None, claim, epoch, 0, NOTHING, lobby)
    finally:
        session.chat.boxes.close_if_idle(person)


async def _introduce(session: Session, request: Introduce) -> None:
    """The same for anybody; the owner of an account has to prove it, and is asked for the password if need be."""
    if session.named:
        raise AlreadyNamed(name=session.person.shown)
    language = find_language(request.language) if request.language else None
    if language is not None:
        session.choose_language(language)
    chat = session.chat
    await chat.directory.load()
    rooms = _rooms(session, request)
    if request.session is not None:
        await _let_in(session, request, await _come_back(session, request, request.session), rooms)
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
    await _let_in(session, request, _Claim(name, number, account, secret), rooms)


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
        return [_LOBBY] if request.session is None else []
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
        await _introduce(session, replace(request, password=secret))
    except ChatError as error:
        session.refuse(error)
        if not (session.ended or session.named):
            _ask(session, request, account)


async def _come_back(session: Session, request: Introduce, secret: Secret) -> _Claim:
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
    return _Claim(name, record.person, account, secret, turn, record)


async def _let_in(session: Session, request: Introduce, claim: _Claim, rooms: list[RoomName]) -> None:
    """Everything that has to be waited for first, so that they are in at once and whole, or not at all."""
    chat = session.chat
    epoch, lobby = await chat.epoch(), await chat.open_room(_LOBBY)
    _require_free(session, claim)
    record = None
    if claim.secret is not None:
        record = await chat.sessions.keep(claim.secret, claim.number, claim.name.shown)
    try:
        seen, unread = await _unread(session, claim)
        person = await _person(session, claim)
        try:
            if record is not None and chat.sessions.is_late(record, claim.turn):
                session.end(Farewell.REPLACED)
            if not session.ended:
                _require_free(session, claim)  # somebody may have been faster
                first = lobby if _begins_in_lobby(rooms) else None
                _greet(session, request, person, record, claim, epoch, seen, unread, first)
        finally:
            chat.boxes.close_if_idle(person)
    finally:
        if record is not None and not session.named:
            chat.sessions.give_up(record, claim.back)
    await _go_on(session, request, rooms[1:] if _begins_in_lobby(rooms) else rooms)
    await _keep_choice(session)


def _require_free(session: Session, claim: _Claim) -> None:
    """See that they may have the name now.

    Raises:
        NameRegistered, NameTaken: it is somebody else's, or like it.
        NameFixed: they are an account, and want another one.
    """
    account = session.chat.directory.of(claim.number)
    if account is None:
        session.chat.require_unregistered(claim.name)
    elif claim.name.key != account.key:
        raise NameFixed(name=account.name)
    session.chat.roster.require_free(claim.name, claim.number)


def _begins_in_lobby(rooms: list[RoomName]) -> bool:
    return bool(rooms) and rooms[0].key == _LOBBY.key


async def _unread(session: Session, claim: _Claim) -> tuple[int, Page]:
    """What came for an account while it was away, and was not shown to it by another connection; and what it has seen."""
    if claim.account is None or claim.back is not None:
        return 0, NOTHING
    person = await _person(session, claim)
    session.chat.boxes.close_if_idle(person)
    seen = person.seen
    if person.box.last <= seen:
        return seen, NOTHING
    limit = session.chat.limits.answer_bytes
    return seen, await session.chat.store.read(person.box.name, seen, person.box.last, limit)


async def _person(session: Session, claim: _Claim) -> Person:
    if not claim.known:
        return session.chat.boxes.new(claim.number, claim.name)
    account = session.chat.directory.of(claim.number)  # it may be one since a moment ago
    person = await session.chat.boxes.open(claim.number, claim.name, account)
    if not person.connections:
        person.name = claim.name
    return person


def _greet(  # noqa: PLR0917 (all that was waited for)
    session: Session,
    request: Introduce,
    person: Person,
    record: SessionRecord | None,
    claim: _Claim,
    epoch: str,
    seen: int,
    unread: Page,
    lobby: Room | None,
) -> None:
    """Nothing is waited for from here on."""
    session.introduce(person, record, claim.turn)
    if record is not None and record.name != person.shown:
        session.keep_name()  # they are here already, by the name they have
    _speak_as_before(session, person)
    session.reply(
        Greeted(
            name=person.shown,
            room=lobby.name.shown if lobby is not None else None,
            others=lobby.company(person) if lobby is not None else Company(()),
            topic=lobby.topic if lobby is not None else "",
            motd=session.chat.surroundings.motd,
            last=lobby.log.last if lobby is not None else 0,
            epoch=epoch,
            account=person.account is not None,
            session=claim.secret,
            box=seen if unread.entries else person.seen,
            language_asked=request.language is not None,
        )
    )
    _offer_language(session, person)
    if claim.back is None:
        session.show_unread(unread, seen)
    if not session.interactive and not request.resumable:
        session.call_roll()
    if lobby is not None:
        session.enter(lobby, greeting_place(session, lobby, request.recent))


def _speak_as_before(session: Session, person: Person) -> None:
    """The language of the last time, to the owner of an account who is a person, and has not chosen another one just now."""
    language = find_language(person.account.language) if person.account is not None else None
    if language is not None and session.interactive and session.chosen_language is None:
        session.choose_language(language)


async def _keep_choice(session: Session) -> None:
    """What a person has chosen before the login counts for their account, as it would have after it."""
    account, chosen = session.person.account, session.chosen_language
    if session.interactive and account is not None and chosen is not None and chosen.code != account.language:
        await keep_language(session, chosen)


def _offer_language(session: Session, person: Person) -> None:
    """Tell of Persian, in Persian, whoever has a name in its letters and may not understand a word here."""
    unasked = session.interactive and session.chosen_language is None and session.language is ENGLISH
    if unasked and person.name.script == PERSIAN.script:
        session.reply(LanguageOffered(PERSIAN))


async def _go_on(session: Session, request: Introduce, rooms: list[RoomName]) -> None:
    """Into the other rooms; what goes wrong with one of them says nothing of the name."""
    for room in rooms:
        going = Join(room.shown, request.recent)
        try:
            if not session.ended:
                await join(session, going)
        except ChatError as error:
            session.refuse(error, "", going)
        except StoreError as error:
            session.refuse(StoreUnreadable(reason=error.reason), "", going)


ANSWERS: Mapping[type, Answer] = {Introduce: introduce, Login: log_in}
