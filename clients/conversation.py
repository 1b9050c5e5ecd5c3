"""What is said, and being where it is said: each message is shown once, in its order, through any number of cuts.

Knows logs, positions, acks, holes, gaps and resets (docs/protocol.rst, Rooms; Coming back). Must not know the connection,
how lines are written, or who else is in a room.
"""

import re
from functools import lru_cache
from typing import Final

from chatd.folding import fold_letters
from chatd.languages import N_
from chatd.requests import BOX
from clients import events
from clients.backoff import Backoff
from clients.events import Said, Timing
from clients.messages import Ack, Entry, Exit, Line, Lost, Resumption
from clients.outbox import Pending
from clients.position import Place
from clients.rooms import Room
from clients.session import Session
from clients.wording import say

RECENT_AFTER_CUT: Final = 1000
"""As many messages may follow when a room cannot be read on from where it was read to."""

UNKNOWN_FATE: Final = N_(
    "The session has ended meanwhile, so it is not known whether this was said: {text} Please look, and say it again if "
    "it was not."
)


@lru_cache(maxsize=8)
def _calling(name: str) -> re.Pattern[str]:
    # As a word of its own; but in ali.com and ali-reza it is a part of another one.
    return re.compile(rf"(?<!\w)(?<!\w[-.]){re.escape(fold_letters(name))}(?!\w|[-.]\w)")


def mentions(name: str, text: str) -> bool:
    """Whether this text calls that name, however both are spelled."""
    return bool(name) and _calling(name).search(fold_letters(text)) is not None


class Conversation:
    """The logs of one person: the joined rooms, and the box."""

    def __init__(self, session: Session, backoff: Backoff) -> None:
        self._session = session
        self._backoff = backoff
        self._later: dict[str, float] = {}  # rooms that could not be entered for now, and when to try again
        self._box_of: str | None = None  # the account whose private messages were read

    @property
    def settled(self) -> bool:
        """Whether every log is being read, so that what is said now is said in its place."""
        return not any(room.position.awaiting for room in self._session.rooms.values())

    @property
    def deadline(self) -> float | None:
        """When :meth:`tick` has something to do."""
        return min(self._later.values(), default=None)

    def begin(self, again: bool, epoch: str, seen: int) -> None:
        """The name was accepted: go into every room, from where it was read to. ``again``: as the same person.

        ``seen``: the last private message that this person was shown, as far as the server knows.
        """
        session = self._session
        account = fold_letters(session.registration.name) if session.registration.account else None
        box = session.rooms.box
        if not again and (account is None or account != self._box_of):
            box.position.begin_unread(epoch, seen)  # the server reads it to us by itself
            box.acked.clear()
        else:
            box.position.begin_known(epoch, seen)
            session.enter(BOX)
        self._box_of = account
        for room in session.rooms.joined:
            session.enter(room.name)

    def cut(self) -> None:
        """The connection is gone."""
        self._later.clear()
        self._session.server_current = None
        for room in self._session.rooms.values():
            room.position.cut()

    def is_account(self) -> None:
        """This person's name has become an account: the private messages stay the same, whatever the session."""
        self._box_of = fold_letters(self._session.registration.name)

    def tick(self, now: float) -> None:
        """Ask again for what could not be entered before."""
        for name in [name for name, at in self._later.items() if at <= now]:
            del self._later[name]
            if name in self._session.rooms:
                self._session.enter(name)

    def give_up_sent(self) -> None:
        """To the server this is a new person, whose messages were never sent before: they would be said twice."""
        for pending in self._session.outbox.take_sent():
            self._session.tell(events.NotSent(pending, say(UNKNOWN_FATE, text=pending.text), quoted=True))

    def said(self, line: Line) -> None:
        """A message came."""
        room = self._session.rooms.get(line.room)
        if room is None:
            return
        place = room.position.place(line.id)
        if place is Place.BEYOND_HOLE and not self._heal(room):
            return
        if place is not Place.SEEN:
            if place is Place.BEYOND_HOLE:
                self._session.tell(events.Gap(room.name, line.id))
            self._show(room, line)
            self._catch_up_with_acks(room)

    def acked(self, ack: Ack) -> None:
        """A message of this person is on disk: the ack takes its place among the others."""
        session = self._session
        repeated = ack.cid is not None and session.outbox.is_repeated(ack.cid)
        pending = session.outbox.acked(ack.cid) if ack.cid is not None else None
        if pending is not None:
            session.tell(events.Acked(pending, ack.room, ack.id, ack.at))
        room = session.rooms.get(ack.room)
        if room is not None:
            self._place_ack(room, ack, pending, repeated)

    def entered(self, entry: Entry) -> None:
        """This person is in a room."""
        session = self._session
        asked = session.asked.answered_for("join", entry.room)
        if asked is None or asked not in session.rooms:
            return  # it was left before this came
        session.server_current = entry.room
        room = session.rooms.rename(asked, entry.room)
        if not entry.fresh:
            room.position.awaiting = session.asked.is_open("resume", room.name)
            return
        if room.position.entered(entry.epoch, entry.last):
            self._replaced(room)
        self._in(room, entry.topic, again=room.position.last is not None)

    def resumed(self, resumption: Resumption) -> None:
        """This person is in a room again, or in one of the same name."""
        room = self._session.rooms.get(resumption.room)
        self._session.asked.answered_for("resume", resumption.room)
        if room is None:
            return
        if resumption.reset:
            nothing_shown = not room.position.last
            room.position.reset(resumption.epoch, resumption.after, resumption.last)
            self._replaced(room, quietly=nothing_shown)
        else:
            room.position.resumed(resumption.epoch, resumption.last)
        if room is not self._session.rooms.box:
            self._in(room, resumption.topic, again=True)

    def lost(self, lost: Lost) -> None:
        """Messages that were missed are no longer kept."""
        room = self._session.rooms.get(lost.room)
        if room is None or (room.position.last is not None and lost.first <= room.position.last + 1):
            return
        for id in sorted(id for id in room.acked if id < lost.first):
            self._skip(room, id)
            self._show_own(room, id)
        self._skip(room, lost.first)
        self._catch_up_with_acks(room)
        if not room.position.was_there(lost.first - 1):
            self._session.outbox.send_again(room.name)  # this connection was too slow: acks may be among what is lost

    def departed(self, exit: Exit) -> None:
        """This person left a room."""
        self._session.asked.answered_for("leave", exit.room)
        self._session.server_current = exit.current
        self.drop(exit.room)

    def drop(self, name: str) -> None:
        """This room is not one of the joined any more."""
        rooms = self._session.rooms
        room = rooms.remove(name)
        if room is not None:
            self._session.tell(events.Departed(room.name, rooms.current))

    def not_entered(self, name: str, kind: str, now: float, seconds: float | None) -> bool:
        """A room could not be entered; ``seconds``: when it may be tried again, ``None``: never.

        Returns:
            Whether something else is tried, so that nobody needs to be told.
        """
        room = self._session.rooms.get(name)
        if room is None:
            return True
        if seconds is not None:
            self._later[name] = now + (seconds or self._backoff.next())
            return True
        if room is self._session.rooms.box:
            room.position.awaiting = False
            return False
        if kind == "resume":  # it may have been empty: go in as if for the first time
            self._session.asked.ask("join", name)
            self._session.write("join", room=name, recent=RECENT_AFTER_CUT)
            return True
        self.drop(name)
        return False

    def _in(self, room: Room, topic: str, again: bool) -> None:
        self._backoff.reset()
        room.topic = topic
        self._session.tell(events.Entered(room.name, topic, again))
        self._catch_up_with_acks(room)

    def _skip(self, room: Room, first: int) -> None:
        """The messages before this one are not to be had; nothing is told if they were all shown."""
        if room.position.last is None or room.position.last < first - 1:
            room.position.skip_to(first)
            self._session.tell(events.Gap(room.name, first))

    def _replaced(self, room: Room, quietly: bool = False) -> None:
        room.acked.clear()
        if not quietly:
            self._session.tell(events.HistoryReset(room.name))

    def _heal(self, room: Room) -> bool:
        """Ask again for what is missing. Whether it has to be done without: it was asked for before, from here."""
        if room.position.awaiting:
            return False  # what follows the answer closes the hole
        if not room.position.heal():
            return True
        self._session.enter(room.name)
        return False

    def _place_ack(self, room: Room, ack: Ack, pending: Pending | None, repeated: bool) -> None:
        place = room.position.place(ack.id)
        if place is Place.NEXT and pending is None:
            room.position.advance(ack.id)  # of a message that is not known here
        if pending is not None and place is not Place.SEEN:
            room.acked[ack.id] = (pending, ack)
            # The ack of what was sent before a cut may overtake the messages that stand before it.
            if not repeated and not (place is Place.BEYOND_HOLE and not self._heal(room)):
                if place is Place.BEYOND_HOLE:
                    self._session.tell(events.Gap(room.name, ack.id))
                self._show_own(room, ack.id)
        self._catch_up_with_acks(room)

    def _catch_up_with_acks(self, room: Room) -> None:
        """Show own messages that were acked before those in front of them had come."""
        for id in [id for id in room.acked if room.position.place(id) is Place.SEEN]:
            del room.acked[id]
        while room.position.last is not None and room.position.last + 1 in room.acked:
            self._show_own(room, room.position.last + 1)

    def _show_own(self, room: Room, id: int) -> None:
        pending, ack = room.acked.pop(id)
        name = self._session.registration.name
        line = Line(room.name, id, name, pending.text, ack.at, pending.acted, ack.to or pending.to, past=False)
        self._show(room, line)

    def _show(self, room: Room, line: Line) -> None:
        said = self.as_said(line, room.position.advance(line.id))
        if not self._session.is_ignored(line.name):
            room.said(said)
            if said.private and not said.own:
                self._session.last_writer = said.name
            self._session.tell(said)

    def as_said(self, line: Line, timing: Timing) -> Said:
        """The line as it is shown."""
        own = self._session.is_own(line.name)
        mention = not own and mentions(self._session.registration.name, line.text)
        return Said(line.room, line.id, line.name, line.text, line.at, line.acted, own, mention, line.to, timing)
