"""Somebody of whom it is known who they are is let in: greeted, shown what they have missed, and taken to their rooms.

Must not know how it was found out who they are, or how requests are written.
"""

from typing import NamedTuple

from chatd.chat import LOBBY
from chatd.errors import ChatError, NameFixed, StoreUnreadable
from chatd.events import Company, Farewell, Greeted, LanguageOffered, Missed, Unread
from chatd.languages import ENGLISH, PERSIAN, find_language
from chatd.moving import greeting_place, join
from chatd.names import Name, RoomName, room_name
from chatd.people import Person
from chatd.requests import Introduce, Join
from chatd.room import Room
from chatd.secret import Secret
from chatd.session import Session
from chatd.settings import keep_language
from chatd.storage.contract import Account, Page, SessionRecord, StoreError

FIRST_ROOM = room_name(LOBBY)
NOTHING = Page(())
"""What a box holds for most who come."""


class Claim(NamedTuple):
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


class _Found(NamedTuple):
    """What had to be waited for."""

    person: Person
    epoch: str
    lobby: Room | None
    """If they go there."""
    record: SessionRecord | None = None
    """Of the secret by which they may come back."""
    seen: int = 0
    """The last private message that they were shown."""
    unread: Page = NOTHING


def let_in_at_once(session: Session, request: Introduce, claim: Claim, lobby: Room, epoch: str) -> None:
    """Let a guest in who has a name and no wishes.

    Raises:
        ChatError: the name is somebody else's.
    """
    _require_free(session, claim)
    person = session.chat.boxes.new(claim.number, claim.name)
    try:
        _greet(session, request, claim, _Found(person, epoch, lobby))
    finally:
        session.chat.boxes.close_if_idle(person)


async def let_in(session: Session, request: Introduce, claim: Claim, rooms: list[RoomName]) -> None:
    """Let them in, and into these rooms. What has to be waited for comes first, so that they are in whole, or not at all.

    Raises:
        ChatError: the name is somebody else's by then.
        StoreError: the store could not say, or keep, what is needed.
    """
    chat = session.chat
    epoch, lobby = await chat.epoch(), await chat.open_room(FIRST_ROOM)
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
                _greet(session, request, claim, _Found(person, epoch, first, record, seen, unread))
        finally:
            chat.boxes.close_if_idle(person)
    finally:
        if record is not None and not session.named:
            chat.sessions.give_up(record, claim.back)
    await _go_on(session, request, rooms[1:] if _begins_in_lobby(rooms) else rooms)
    await _keep_choice(session)


def _require_free(session: Session, claim: Claim) -> None:
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
    return bool(rooms) and rooms[0].key == FIRST_ROOM.key


async def _unread(session: Session, claim: Claim) -> tuple[int, Page]:
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


async def _person(session: Session, claim: Claim) -> Person:
    if not claim.known:
        return session.chat.boxes.new(claim.number, claim.name)
    account = session.chat.directory.of(claim.number)  # it may be one since a moment ago
    person = await session.chat.boxes.open(claim.number, claim.name, account)
    if not person.connections:
        person.name = claim.name
    return person


def _greet(session: Session, request: Introduce, claim: Claim, found: _Found) -> None:
    """Nothing is waited for from here on."""
    person, record = found.person, found.record
    session.introduce(person, record, claim.turn)
    if record is not None and record.name != person.shown:
        session.keep_name()  # they are here already, by the name they have
    _speak_as_before(session, person)
    session.reply(_greeting(session, request, claim, found))
    _offer_language(session, person)
    if claim.back is None:
        _show_unread(session, found)
    if not session.interactive and not request.resumable:
        session.call_roll()
    if found.lobby is not None:
        session.enter(found.lobby, greeting_place(session, found.lobby, request.recent))


def _greeting(session: Session, request: Introduce, claim: Claim, found: _Found) -> Greeted:
    person, lobby = session.person, found.lobby
    return Greeted(
        name=person.shown,
        room=lobby.name.shown if lobby is not None else None,
        others=lobby.company(person) if lobby is not None else Company(()),
        topic=lobby.topic if lobby is not None else "",
        motd=session.chat.surroundings.motd,
        last=lobby.log.last if lobby is not None else 0,
        epoch=found.epoch,
        account=person.account is not None,
        session=claim.secret,
        box=found.seen if found.unread.entries else person.seen,
        language_asked=request.language is not None,
    )


def _speak_as_before(session: Session, person: Person) -> None:
    """The language of the last time, to the owner of an account who is a person, and has not chosen another one just now."""
    language = find_language(person.account.language) if person.account is not None else None
    if language is not None and session.interactive and session.view.chosen_language is None:
        session.view.choose_language(language)


def _show_unread(session: Session, found: _Found) -> None:
    """Show what came while they were away, and then go on with their box."""
    entries = found.unread.entries
    if entries:
        first = entries[0].id
        if first > found.seen + 1:
            session.reply(Missed(first - found.seen - 1, first))
        session.reply(Unread(session.person.box.last - first + 1))
        session.view.recall(entries, session.chat.now())
    # More may have come since the page was read.
    session.read_box(entries[-1].id if entries else session.person.seen)


async def _keep_choice(session: Session) -> None:
    """What a person has chosen before the login counts for their account, as it would have after it."""
    account, chosen = session.person.account, session.view.chosen_language
    if session.interactive and account is not None and chosen is not None and chosen.code != account.language:
        await keep_language(session, chosen)


def _offer_language(session: Session, person: Person) -> None:
    """Tell of Persian, in Persian, whoever has a name in its letters and may not understand a word here."""
    unasked = session.interactive and session.view.chosen_language is None and session.view.language is ENGLISH
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
