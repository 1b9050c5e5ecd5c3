"""Who is in the rooms, what they are called and what a room is about: the news between the messages.

Knows people and topics; must not know messages, positions or the connection.
"""

from typing import Final

from chatd.folding import fold_letters
from clients import events
from clients.messages import Move, NewName, TopicIs, Users, YouAre
from clients.session import Session

SHOW: Final = "show"
"""What the question was about that ``topic`` answers: to be told it,"""
SET: Final = "set"
"""or to have it changed."""


class Company:
    """The people of every room, kept as the server tells it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def users(self, users: Users) -> None:
        """Who is there: in a room, or, in answer to a question, everywhere."""
        if users.room is None:
            self._session.asked.answered("list")
            people = tuple((name, "") for name in users.names or ())
            self._session.tell(events.Present(None, people))
            return
        room = self._session.rooms.get(users.room)
        if room is not None:
            room.position.settled()
            room.set_people(users.names, users.count)
            self._session.tell(events.PeopleChanged(room.name))

    def moved(self, move: Move) -> None:
        """People came, or went."""
        room = self._session.rooms.get(move.room)
        if room is None:
            return
        update, event = (room.came, events.Came) if move.came else (room.went, events.Went)
        update(move.names, move.count)
        others = tuple(name for name in move.names or () if not self._session.is_own(name))
        if others:
            self._session.tell(event(room.name, others, move.at))
        self._session.tell(events.PeopleChanged(room.name))

    def renamed(self, new_name: NewName) -> None:
        """Somebody has another name; who was ignored stays so."""
        room = self._session.rooms.get(new_name.room)
        if room is None:
            return
        if self._session.ignored.pop(fold_letters(new_name.old), None) is not None:
            self._session.ignored[fold_letters(new_name.new)] = new_name.new
        room.renamed(new_name.old, new_name.new)
        self._session.tell(events.Renamed(room.name, new_name.old, new_name.new, new_name.at))
        self._session.tell(events.PeopleChanged(room.name))

    def named(self, you_are: YouAre) -> None:
        """This person has another name."""
        session = self._session
        session.asked.answered("nick")
        old, session.registration.name = session.registration.name, you_are.name
        session.tell(events.Named(you_are.name))
        for room in session.rooms.joined:
            room.renamed(old, you_are.name)
            session.tell(events.PeopleChanged(room.name))

    def topic(self, topic: TopicIs) -> None:
        """What a room is about: it was asked for, or somebody has set it."""
        asked = self._session.asked.answered("topic") if topic.name is None else None
        room = self._session.rooms.get(topic.room)
        if room is not None:
            room.topic = topic.topic
        if asked == SHOW:
            self._session.tell(events.TopicTold(topic.room, topic.topic))
        elif room is not None:
            own = self._session.registration.name if asked == SET else ""
            self._session.tell(events.TopicChanged(topic.room, topic.topic, topic.name or own, topic.at))
