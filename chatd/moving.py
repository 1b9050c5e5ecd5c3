"""What is done when somebody comes, goes, changes rooms or looks around. Must not know how requests are written."""

from collections.abc import Mapping

from chatd.chat import NAMES
from chatd.errors import NameFixed, NoSuchRoom, NotStored, TooManyRooms, TopicTooLong
from chatd.events import (
    Attendance,
    Departed,
    Entered,
    Farewell,
    NowCalled,
    Online,
    RoomList,
    RoomSummary,
    TopicShown,
)
from chatd.names import person_name, room_name
from chatd.people import Person
from chatd.requests import Join, Leave, List, Quit, Rename, Rooms, Topic, Who
from chatd.room import Room
from chatd.session import Answer, Session
from chatd.storage.contract import StoreError
from chatd.text import clean

ROOMS_SHOWN = 100
"""Rooms in one answer to ``/rooms``."""


def rename(session: Session, request: Rename) -> None:
    """Take another name, and tell every room about it."""
    if session.person.account is not None:
        raise NameFixed(name=session.person.shown)
    person, old, new = session.person, session.person.name, person_name(request.name)
    session.chat.rename(person, new)
    session.keep_name()
    session.reply(NowCalled(new.shown))
    if new.shown != old.shown:
        for room in session.view.rooms:
            room.renamed(person, old.shown, session.origin)


def leave_for_good(session: Session, request: Quit) -> None:  # noqa: ARG001 (it says nothing more)
    """Say goodbye."""
    session.end(Farewell.ASKED)


async def join(session: Session, request: Join) -> None:
    """Go into a room, or talk to one again."""
    name, epoch = room_name(request.room), await session.chat.epoch()
    room = session.view.find(name)
    if room is not None:
        session.view.talk_to(room)
        session.reply(_entered(session, room, epoch, fresh=False))
        return
    limit = session.chat.limits.rooms_per_session
    if len(session.view.rooms) >= limit:
        raise TooManyRooms(measured=len(session.view.rooms), limit=limit)
    room = await session.chat.open_room(name)
    if session.ended:
        session.chat.close_if_empty(room)
        return
    session.reply(_entered(session, room, epoch, fresh=True))
    session.enter(room, greeting_place(session, room, request.recent))


def leave(session: Session, request: Leave) -> None:
    """Go out of a room; never out of the chat."""
    room = session.view.room if request.room is None else session.view.joined(request.room)
    session.depart(room)
    session.reply(Departed(room.name.shown, session.view.current.name.shown if session.view.current else None))


def rooms(session: Session, request: Rooms) -> None:  # noqa: ARG001 (it says nothing more)
    """List the rooms that people are in."""
    there = session.chat.rooms
    rows = tuple(RoomSummary(room.name.shown, len(room), room.topic, room in session.view.rooms) for room in there)
    session.reply(RoomList(rows[:ROOMS_SHOWN], len(rows[ROOMS_SHOWN:])))


async def topic(session: Session, request: Topic) -> None:
    """Show the topic, or set it: stored first, then shown to all."""
    room = session.view.room if request.room is None else session.view.joined(request.room)
    if request.text is None:
        session.reply(TopicShown(room.name.shown, room.topic))
        return
    text = clean(request.text).strip()
    limit = session.chat.limits.topic_characters
    if len(text) > limit:
        raise TopicTooLong(measured=len(text), limit=limit)
    try:
        await session.chat.store.describe(room.name.key, room.name.shown, text)
    except StoreError as error:
        raise NotStored(reason=error.reason) from error
    room = session.chat.find_room(room.name.key) or room  # it may have been closed and opened meanwhile
    room.set_topic(session.person.shown, text, session.origin)
    session.reply(TopicShown(room.name.shown, text))


def who(session: Session, request: Who) -> None:
    """List everybody, or the people of one room."""
    if request.room is None:
        return session.reply(Online(None, tuple(_row(session, person) for person in session.chat.roster)))
    room = session.chat.find_room(request.room)
    if room is None:
        raise NoSuchRoom(room=room_name(request.room).shown)
    return session.reply(Online(room.name.shown, tuple(_row(session, person) for person in room.people)))


def names(session: Session, request: List) -> None:
    """The names alone."""
    if request.room is None:
        return session.reply(session.chat.attendance())
    room = session.chat.find_room(request.room)
    if room is None:
        raise NoSuchRoom(room=room_name(request.room).shown)
    people = tuple(person.shown for person in room.people)
    return session.reply(Attendance(room.name.shown, people[:NAMES], len(people)))


def _row(session: Session, person: Person) -> tuple[str, str]:
    hidden = session.chat.surroundings.hide_addresses
    return person.shown, "" if hidden else ", ".join(person.addresses)


def _entered(session: Session, room: Room, epoch: str, fresh: bool) -> Entered:
    return Entered(room.name.shown, room.company(session.person), room.topic, fresh, room.log.last, epoch)


def greeting_place(session: Session, room: Room, recent: int | None) -> int:
    """The id behind which a newcomer begins to read, who wants so many of the last messages, or as many as usual."""
    limits = session.chat.limits
    lines = limits.greeting_lines if recent is None else min(recent, limits.history_lines)
    return max(0, room.log.last - lines)


ANSWERS: Mapping[type, Answer] = {
    Rename: rename,
    Quit: leave_for_good,
    Join: join,
    Leave: leave,
    Rooms: rooms,
    Topic: topic,
    Who: who,
    List: names,
}
