"""What the parts of the core share about one person's conversation: state, and two ways out. Knows no rules.

Must not know the connection: what is written here is sent over whichever there is.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from chatd.folding import fold_letters
from clients.codec import TEXT_BYTES
from clients.events import Event
from clients.outbox import Outbox
from clients.registration import Registration
from clients.rooms import Rooms


class Write(Protocol):
    """Put one request on the wire, its ``None`` fields left out."""

    def __call__(self, kind: str, **fields: Any) -> None:
        """``kind`` is its ``type``."""


class Questions:
    """The requests that wait for their answers, in order: the server answers those of one kind in the order they came.

    A refusal names the kind of the request only, so what it was about has to be remembered.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Any]] = {}

    def ask(self, kind: str, about: Any) -> None:
        """This was asked."""
        self._waiting.setdefault(kind, deque()).append(about)

    def answered(self, kind: str) -> Any | None:
        """The oldest of its kind was answered or refused: what was it about? ``None``: nothing of the kind was asked."""
        waiting = self._waiting.get(kind)
        return waiting.popleft() if waiting else None

    def answered_for(self, kind: str, room: str) -> str | None:
        """The same, for one about this room, wherever it stands."""
        about = self._about(kind, room)
        if about is not None:
            self._waiting[kind].remove(about)
        return about

    def is_open(self, kind: str, room: str) -> bool:
        """Whether one about this room is not answered yet."""
        return self._about(kind, room) is not None

    def clear(self) -> None:
        """The connection is gone, and the answers with it."""
        self._waiting.clear()

    def _about(self, kind: str, room: str) -> str | None:
        folded = fold_letters(room)
        return next((about for about in self._waiting.get(kind, ()) if fold_letters(about) == folded), None)


@dataclass(slots=True)
class Session:
    """One person's conversation."""

    registration: Registration
    outbox: Outbox
    rooms: Rooms
    tell: Callable[[Event], None]
    """Let the interface know."""
    write: Write
    asked: Questions = field(default_factory=Questions)
    ignored: dict[str, str] = field(default_factory=dict)
    """Names as they were given, by their folded form."""
    text_bytes: int = TEXT_BYTES
    """The most that a text may have here."""
    server_current: str | None = None
    """The room that the server takes to be the current one, where it is known."""

    last_writer: str | None = None
    """The last one who wrote to this person in private."""

    def is_own(self, name: str) -> bool:
        """Whether this is this person's name."""
        return fold_letters(name) == fold_letters(self.registration.name)

    def is_ignored(self, name: str) -> bool:
        """Whether what this one writes is not shown."""
        return fold_letters(name) in self.ignored

    def enter(self, room: str) -> None:
        """Ask for a room (or the box) from where it was read to; for some of a room's end, if nothing of it was."""
        position = self.rooms[room].position
        position.awaiting = True
        if position.last is not None:
            self.asked.ask("resume", room)
            self.write("resume", room=room, epoch=position.epoch, after=position.last)
        else:
            self.asked.ask("join", room)
            self.write("join", room=room, recent=RECENT)


RECENT: Final = 20
"""As many of the last messages are asked for where nothing was read before."""
