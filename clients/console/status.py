"""What a core has to tell at this moment: to the toolbar, to the Tab key, and above the input line.

Knows the core's views and words for them. Must not change anything in it.
"""

from collections.abc import Sequence
from typing import Final

from chatd.requests import BOX
from chatd.wire.phrases import Shown
from clients.console.toolbar import Status, Unread
from clients.core import ClientCore
from clients.dial import Dialler
from clients.events import State
from clients.outbox import Pending
from clients.presentation.notices import Line
from clients.presentation.trouble import trouble
from clients.terminal_text import shown
from clients.wording import say, whole

SHOWN_PENDING: Final = 5
"""As many waiting lines are shown; of more it is said how many."""


def status(core: ClientCore, dialler: Dialler, wall: float) -> Status:
    """What the toolbar shows. ``wall``: what is added to the core's clock to get Unix seconds."""
    room = core.rooms.get(core.current) if core.current else None
    return Status(
        server=str(dialler.address),
        name=core.name,
        room=room.name if room else None,
        people=room.count if room and core.state is State.ONLINE else None,
        trouble=trouble(core.state, None if core.retry_at is None else core.retry_at + wall),
        unread=[
            Unread(view.name, view.unread, _mentions(view.name, view.mentions, view.unread))
            for view in core.rooms.values()
            if view.unread
        ],
        topic=room.topic if room else "",
        encrypted=dialler.encrypted,
    )


def _mentions(room: str, mentions: int, unread: int) -> int:
    """All private messages are for oneself."""
    return unread if room == BOX else mentions


def above(core: ClientCore, before: float) -> Line:
    """The lines that wait for their acknowledgement, the oldest first: those sent before this time, all while offline."""
    waiting = [pending for pending in core.pending if pending.at <= before or core.state is not State.ONLINE]
    rest = len(waiting) - SHOWN_PENDING
    lines = [("class:pending", f"… {_pending(pending)}\n") for pending in waiting[:SHOWN_PENDING]]
    if rest > 0:
        lines += [("class:pending", say("… and {more} more", more=rest)), ("class:pending", "\n")]
    return lines


def _pending(pending: Pending) -> str:
    text = f"* {shown(pending.text)}" if pending.acted else shown(pending.text)
    return whole(say("to {name}: {text}", name=pending.to, text=Shown(text))) if pending.room == BOX else text


class Words:
    """The names and rooms of the chat, for completion."""

    def __init__(self, core: ClientCore) -> None:
        self._core = core

    def names(self) -> Sequence[str]:
        """Those who spoke in the current room, the last one first, then the others who are there, and the correspondents."""
        room = self._core.rooms.get(self._core.current) if self._core.current else None
        here = [*room.speakers, *(room.people or ())] if room else []
        return [name for name in dict.fromkeys([*here, *self._core.conversations]) if name != self._core.name]

    def correspondents(self) -> Sequence[str]:
        """Those of private messages first."""
        return list(dict.fromkeys([*self._core.conversations, *self.names()]))

    def rooms(self) -> Sequence[str]:
        """The joined ones."""
        return [name for name in self._core.rooms if name != BOX]
