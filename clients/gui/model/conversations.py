"""What was said, divided into conversations: one for each room, one with each person in private. No window.

Knows events, views, and what of it a person has seen. Must not know how a paragraph is drawn, or that there is a network.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Final

from chatd.folding import fold_letters
from chatd.requests import BOX, SetTime
from chatd.timestyle import TimeStyle
from clients import events
from clients.events import Event, Said, State, Timing
from clients.gui.model.conversation import Conversation
from clients.gui.model.paragraphs import Paragraph
from clients.gui.model.question import Question
from clients.gui.model.telling import more_wait, news, said, said_by_window, trouble, waiting
from clients.gui.model.typed_lines import Recall
from clients.gui.model.view import View
from clients.outbox import Pending
from clients.presentation.rendering import Renderer

NOWHERE: Final = ""
"""The key of the time without a room."""
SHOWN_PENDING: Final = 20
"""As many waiting lines of a conversation are shown; of more it is said how many."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What events have made of the conversations."""

    changed: frozenset[Conversation]
    """Those to which something was added."""
    called: bool
    """Whether something came, for this person in particular, that may not be seen."""


class Conversations:
    """All of them, and which one is looked at."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        """``zone``: whose wall clock; ``None``: this machine's."""
        self._zone = zone
        self._renderer = Renderer(zone)  # of everything but messages
        self._all: dict[str, Conversation] = {}
        self._awaited: str | None = None  # the room that this person is about to enter
        self._waiting: set[str] = set()  # the keys for which something waits to be sent
        self.recall = Recall()
        """The lines that were typed, in all of them."""
        self.asked: tuple[Question, str] | None = None
        """What was being asked when the window was closed, and how far it was answered: for the next window."""
        self.watching = False
        """Whether the end of the one that is looked at can be seen, in a window that is the chosen one."""
        self.shown = self._open(NOWHERE)
        """The one that is looked at."""

    def __iter__(self) -> Iterator[Conversation]:
        """Those of the list, in its order: the rooms by their joining, then the private ones by their beginning."""
        listed = [conversation for conversation in self._all.values() if conversation.listed and conversation.key]
        return iter(sorted(listed, key=lambda conversation: conversation.person is not None))

    @property
    def unread(self) -> int:
        """How many messages have not been seen, in all."""
        return sum(conversation.unread for conversation in self)

    def find(self, key: str) -> Conversation | None:
        """The conversation of this key, however it is spelled."""
        return self._all.get(fold_letters(key))

    def look_at(self, key: str) -> Conversation:
        """Show this one, which may be new: ``@ali`` before anything was said to ali."""
        left, self.shown = self.shown, self._open(key)
        if left is not self.shown:
            self._look_away(left)
        self._awaited = None
        return self.shown

    def await_room(self, name: str) -> None:
        """This person has asked to be let into a room: it is shown when that has happened."""
        self._awaited = fold_letters(name)

    def close(self, key: str, view: View) -> None:
        """Take a private conversation off the list until something is said in it; the current room is looked at then."""
        conversation = self.find(key)
        if conversation is not None:
            conversation.listed = False
            conversation.seen()
            self._look_elsewhere(view)

    def take(self, happened: Sequence[Event], view: View, now: float) -> Changes:
        """Put what happened where it belongs. ``view``: what is true after it; ``now``: Unix seconds."""
        before = {conversation: conversation.total for conversation in self._all.values()}
        self._waiting = {_key(pending) for pending in view.pending}
        self._follow(view)
        called = False
        for event in happened:
            called |= self._take(event, now)
        self._follow(view)  # something may have been said in a room before it was left
        if view.state is State.ONLINE:  # that may have been told before there was a window
            self._renderer.lines(events.StateChanged(State.ONLINE), now)
        return Changes(frozenset(c for c in self._all.values() if c.total != before.get(c, 0)), called)

    def pending(self, conversation: Conversation, view: View, before: float) -> list[Paragraph]:
        """What was said there and waits: all of it while offline, else what was typed before this time (``pending.at``).

        Of more than :data:`SHOWN_PENDING` lines the last paragraph says how many others there are.
        """
        keys = {key for key in self._waiting if self.find(key) is conversation}
        late = [pending for pending in view.pending if pending.at <= before or view.state is not State.ONLINE]
        lines = [pending for pending in late if _key(pending) in keys]
        rest = len(lines) - SHOWN_PENDING
        return [
            *(waiting(pending, view.name) for pending in lines[:SHOWN_PENDING]),
            *([more_wait(rest)] if rest > 0 else []),
        ]

    def tell(self, sentence: str) -> Conversation:
        """Say that something did not work, where this person looks."""
        self.shown.add([trouble(sentence)])
        return self.shown

    def note(self, sentence: str) -> Conversation:
        """Say something where this person looks."""
        self.shown.add([said_by_window(sentence)])
        return self.shown

    def _take(self, event: Event, now: float) -> bool:
        """Put it in its place. Whether it should call this person."""
        match event:
            case Said():
                return self._said(event, now)
            case events.Renamed(_, old, new):
                self._rename(f"@{old}", f"@{new}")
            case events.Local(SetTime(style)):
                self._show_times(style)
            case events.Entered(room) | events.CurrentChanged(str(room)) if fold_letters(room) == self._awaited:
                self.look_at(room)
            case events.Problem() | events.StateChanged(State.WAITING | State.ENDED):
                self._awaited = None  # one is not let in, or comes back to where one was
        place = self._place(event)
        self._renderer.current = place.key if place.key and place.person is None else None
        place.add(news(self._renderer, event, now))
        return False

    def _said(self, message: Said, now: float) -> bool:
        other = message.to if message.own else message.name
        place = self._open(f"@{other}" if message.private else message.room)
        if message.private and not message.own:
            place.spell(f"@{other}")  # as the server does; this person may have typed it in another way
        for_me = message.mention or message.private
        unseen = _is_news(message) and not (self.watching and place is self.shown)
        if unseen:
            place.mark = place.mark if place.unread else place.total
            place.unread += 1
            place.mentions += for_me
        place.add(said(place.renderer, replace(message, room=place.key), now))
        return unseen and for_me

    def _place(self, event: Event) -> Conversation:
        """Where something that is no message is told: in its room, or where this person looks, who asked for it."""
        match event:
            case events.NotSent(pending):
                key = _key(pending)
            case events.Waiting(name):
                key = f"@{name}"
            case (
                events.Came(room)
                | events.Went(room)
                | events.Renamed(room)
                | events.TopicChanged(room)
                | events.Entered(room)
                | events.Gap(room)
                | events.HistoryReset(room)
            ):
                key = room
            case _:
                return self.shown
        return self.find(key) or self.shown

    def _open(self, key: str) -> Conversation:
        folded = fold_letters(key)
        if folded not in self._all:
            renderer = Renderer(self._zone, self._renderer.style, key)
            self._all[folded] = Conversation(key, renderer)
        self._all[folded].listed = True
        return self._all[folded]

    def _follow(self, view: View) -> None:
        """List what there is, and look at something that is listed."""
        self._follow_rooms(view)
        for key in self._waiting:
            conversation = self.find(key)
            if conversation is not None and conversation.person is not None:
                conversation.listed = True
        self._look_elsewhere(view)

    def _follow_rooms(self, view: View) -> None:
        """The rooms of the list are those that are joined, spelled as the server spells them."""
        joined = {fold_letters(room.name) for room in view.rooms}
        for room in view.rooms:
            self._open(room.name).spell(room.name)
        for folded, conversation in self._all.items():
            if conversation.person is None and folded not in joined:
                conversation.listed = False
                conversation.seen()

    def _look_away(self, left: Conversation) -> None:
        """The mark was of use once; with somebody to whom nothing was said there is no conversation."""
        if not left.unread:
            left.mark = None
        if left.person is not None and not left.is_begun and left.key not in self._waiting:
            left.listed = False

    def _look_elsewhere(self, view: View) -> None:
        """When what was looked at is no longer there, or there was nothing yet to look at."""
        if not self.shown.listed or not self.shown.key:
            self.shown = self._open(view.current or next((c.key for c in self), NOWHERE))

    def _rename(self, old: str, new: str) -> None:
        """The private messages follow whoever has another name; unless there are some with that name already."""
        conversation = self.find(old)
        if conversation is None or (self.find(new) or conversation) is not conversation:
            return
        self._all = {
            fold_letters(new) if found is conversation else folded: found for folded, found in self._all.items()
        }
        conversation.spell(new)

    def _show_times(self, style: TimeStyle) -> None:
        for renderer in (self._renderer, *(conversation.renderer for conversation in self._all.values())):
            renderer.style = style


def _key(pending: Pending) -> str:
    return f"@{pending.to}" if pending.room == BOX else pending.room


def _is_news(message: Said) -> bool:
    return not message.own and message.timing is not Timing.EARLIER
