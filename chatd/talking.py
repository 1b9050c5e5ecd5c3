"""What is done when somebody speaks: to a room, or to one person. Must not know how requests are written."""

from collections.abc import Mapping
from dataclasses import dataclass

from chatd import addresses
from chatd.commits import Post
from chatd.details import Listing
from chatd.directory import name_of
from chatd.errors import (
    AddressesHidden,
    BoxFull,
    ChatError,
    NobodyThere,
    NobodyToAnswer,
    NoSuchPerson,
    SeveralThere,
    TellingYourself,
)
from chatd.events import Kind, Waiting
from chatd.names import person_name
from chatd.people import Person
from chatd.requests import Act, Say, Tell
from chatd.room import Room
from chatd.session import Answer, Session
from chatd.storage.contract import Account, Placed
from chatd.text import message
from chatd.turns import Performance


def say(session: Session, request: Say) -> None:
    """Say it to a room."""
    session.outgoing.post(_room(session, request.room), Kind.SAID, _text(session, request), request)


def act(session: Session, request: Act) -> None:
    """Show it in a room."""
    session.outgoing.post(_room(session, request.room), Kind.ACTED, _text(session, request), request)


def tell(session: Session, request: Tell) -> Performance:
    """Say it to one person: at once to one who is here, else to the account of that name."""
    text = _text(session, request)
    if request.to is None:
        return _answer(session, _correspondent(session), text, request)
    to = _present(session, request.to)
    if to is None:
        return _tell_absent(session, request.to, text, request)
    _send(session, to, text, request)
    return None


def _answer(session: Session, to: Person, text: str, request: Tell) -> Performance:
    """Say it to the one who wrote last, not to whoever has their name now: an answer is for the person."""
    account = session.chat.directory.of(to.id)
    if not to.connections and account is not None:
        return _tell_away(session, account, text, request)  # or back, and then it is told there
    if not to.connections:
        raise NoSuchPerson(name=to.shown)
    _send(session, to, text, request)
    return None


async def _tell_absent(session: Session, name: str, text: str, request: Tell) -> None:
    """Nobody of that name is here: it may be the account of somebody who is away."""
    directory = session.chat.directory
    await directory.load()
    account = directory.get(person_name(name).key)
    if account is None:
        raise NoSuchPerson(name=name)
    await _tell_away(session, account, text, request)


async def _tell_away(session: Session, account: Account, text: str, request: Tell) -> None:
    """Leave it in the box of somebody who is away."""
    chat = session.chat
    to = await chat.boxes.open(account.person, name_of(account), account)
    try:
        if not session.ended:
            _send(session, to, text, request)
    finally:
        chat.boxes.close_if_idle(to)


def _send(session: Session, to: Person, text: str, request: Tell) -> None:
    if to is session.person:
        raise TellingYourself
    letter = _Letter(session, to)
    # One who is here reads; of an account that is away, what it has not read is known.
    if to.account is not None and not to.connections:
        waiting = to.box.last - max(to.account.seen, to.kept_from - 1) + to.letters
        limit = session.chat.limits.unread_messages
        if waiting >= limit:
            raise BoxFull(name=to.shown, limit=limit)
    session.outgoing.tell(to, text, letter, request)
    letter.begin()


@dataclass(frozen=True, slots=True)
class _Letter:
    """A private message on its way: until it has arrived, or has not, both boxes stay open."""

    sender: Session
    to: Person

    def begin(self) -> None:
        """It is on its way."""
        for person in (self.sender.person, self.to):
            person.letters += 1

    def stored(self, post: Post) -> None:
        """It is in both boxes. Its sender is the one who wrote last: nobody must answer what they were never shown."""
        self._arrived()
        if self.to.connections:
            self.to.correspondent = self.sender.person
        elif self.to.account is not None:
            self.sender.reply(Waiting(self.to.shown))
        self.sender.outgoing.stored(post)

    def not_stored(self, post: Post, error: ChatError) -> None:
        """It is in none."""
        self._arrived()
        self.sender.outgoing.not_stored(post, error)

    def repeated(self, post: Post, placed: Placed) -> None:
        """It has been in both for some time."""
        self._arrived()
        self.sender.outgoing.repeated(post, placed)

    def _arrived(self) -> None:
        chat = self.sender.chat
        for person in (self.sender.person, self.to):
            person.letters -= 1
            chat.boxes.close_if_idle(person)
            if person.connections:
                chat.directory.read(person)


def _text(session: Session, request: Say | Act | Tell) -> str:
    return message(request.text, session.chat.limits.text_bytes)


def _room(session: Session, name: str | None) -> Room:
    """The room of that name, or the one that is talked to."""
    return session.view.room if name is None else session.view.joined(name)


def _present(session: Session, to: str) -> Person | None:
    """The person meant by a name or an address; ``None``: nobody of that name is here."""
    address = addresses.parse(to)
    return session.chat.roster.find(to) if address is None else _only_one_at(session, address)


def _only_one_at(session: Session, address: str) -> Person:
    """The one other person connected from there."""
    if session.chat.surroundings.hide_addresses:
        raise AddressesHidden
    there = [person for person in session.chat.roster.at(address) if person is not session.person]
    if not there:
        raise NobodyThere(address=address)
    if len(there) > 1:
        raise SeveralThere(address=address, names=Listing(person.shown for person in there))
    return there[0]


def _correspondent(session: Session) -> Person:
    """The one who wrote last."""
    person = session.person.correspondent
    if person is None:
        raise NobodyToAnswer
    return person


ANSWERS: Mapping[type, Answer] = {Say: say, Act: act, Tell: tell}
