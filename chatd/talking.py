"""What is done when somebody speaks: to a room, or to one person. Must not know how requests are written."""

from collections.abc import Mapping
from dataclasses import dataclass

from chatd import addresses
from chatd.errors import (
    AddressesHidden,
    ChatError,
    NobodyThere,
    NobodyToAnswer,
    NoSuchPerson,
    SeveralThere,
    TellingYourself,
)
from chatd.events import Kind
from chatd.people import Person
from chatd.requests import Act, Say, Tell
from chatd.session import Answer, Session
from chatd.text import message


def say(session: Session, request: Say) -> None:
    """Say it to the room that is talked to."""
    session.post(session.room, Kind.SAID, message(request.text, session.chat.limits.text_bytes))


def act(session: Session, request: Act) -> None:
    """Show it in the room that is talked to."""
    session.post(session.room, Kind.ACTED, message(request.text, session.chat.limits.text_bytes))


def tell(session: Session, request: Tell) -> None:
    """Say it to one person."""
    text = message(request.text, session.chat.limits.text_bytes)
    to = _correspondent(session) if request.to is None else _addressee(session, request.to)
    if to is session.person:
        raise TellingYourself
    session.tell(to, text, _Letter(session, to))


@dataclass(frozen=True, slots=True)
class _Letter:
    """Makes its sender the one who wrote last, once it has arrived: nobody must answer what they were never shown."""

    sender: Session
    to: Person

    def stored(self, size: int) -> None:
        """It is in both boxes."""
        self.to.correspondent = self.sender.person
        self.sender.stored(size)

    def not_stored(self, size: int, text: str, error: ChatError) -> None:
        """It is in none."""
        self.sender.not_stored(size, text, error)


def _addressee(session: Session, to: str) -> Person:
    """The person meant by a name or an address."""
    address = addresses.parse(to)
    if address is not None:
        return _only_one_at(session, address)
    person = session.chat.roster.find(to)
    if person is None:
        raise NoSuchPerson(name=to)
    return person


def _only_one_at(session: Session, address: str) -> Person:
    """The one other person connected from there."""
    if session.chat.surroundings.hide_addresses:
        raise AddressesHidden
    there = [person for person in session.chat.roster.at(address) if person is not session.person]
    if not there:
        raise NobodyThere(address=address)
    if len(there) > 1:
        raise SeveralThere(address=address, names=", ".join(person.shown for person in there))
    return there[0]


def _correspondent(session: Session) -> Person:
    """The one who wrote last. Not whoever has their name now: an answer is for the person."""
    person = session.person.correspondent
    if person is None:
        raise NobodyToAnswer
    if not person.connections:
        raise NoSuchPerson(name=person.shown)
    return person


ANSWERS: Mapping[type, Answer] = {Say: say, Act: act, Tell: tell}
