"""Messages that are refused although they may be stored: sent before, and sent again when the answer was lost.

What was right then may be wrong now: the receiver is gone, the room was left. Its sender has to be told that it is stored.
Must not know formats, or why something is refused.
"""

from dataclasses import dataclass
from typing import Protocol

from chatd.chat import Chat
from chatd.commits import Post
from chatd.errors import ChatError, StoreUnreadable
from chatd.people import Person
from chatd.requests import Request
from chatd.storage.contract import Placed, StoreError


class Doubtful(Protocol):
    """Who sent it."""

    chat: Chat

    @property
    def person(self) -> Person:
        """Whose message it is."""

    def settle(self, request: Request, error: ChatError, placed: Placed | None) -> None:
        """It is stored there; or else it is refused."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Waits in the queue behind everything that is on its way to the disk, and then looks."""

    sender: Doubtful
    request: Request
    cid: str
    error: ChatError

    def stored(self, post: Post) -> None:  # noqa: ARG002 (nothing was posted)
        """Everything before this is stored."""
        self.sender.chat.spawn(self._look())

    def not_stored(self, post: Post, error: ChatError) -> None:  # noqa: ARG002 (whatever became of the others)
        """Everything before this was answered, in whatever way."""
        self.stored(post)

    def repeated(self, post: Post, placed: Placed) -> None:  # noqa: ARG002 (it is no message)
        """Never called."""
        self.stored(post)

    async def _look(self) -> None:
        error, placed = self.error, None
        try:
            placed = await self.sender.chat.store.find_message(self.sender.person.id, self.cid)
        except StoreError as trouble:
            error = StoreUnreadable(reason=str(trouble))  # so that it is sent again
        self.sender.settle(self.request, error, placed)
