"""Messages that are refused although they may be stored: sent before, and sent again when the answer was lost.

What was right then may be wrong now: the receiver is gone, the room was left. Its sender has to be told that it is stored.
Must not know formats, or why something is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from chatd.chat import Chat
from chatd.commits import Post
from chatd.errors import ChatError, StoreUnreadable
from chatd.requests import Request
from chatd.storage.contract import Placed, StoreError

Settle: TypeAlias = Callable[[Request, ChatError, Placed | None], None]
"""Told where it is stored; or else why it is refused."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Waits in the queue behind everything that is on its way to the disk, and then looks."""

    chat: Chat
    person: int
    cid: str
    error: ChatError
    request: Request
    settle: Settle

    def stored(self, post: Post) -> None:  # noqa: ARG002 (nothing was posted)
        """Everything before this is stored."""
        self.chat.spawn(self._look())

    def not_stored(self, post: Post, error: ChatError) -> None:  # noqa: ARG002 (whatever became of the others)
        """Everything before this was answered, in whatever way."""
        self.stored(post)

    def repeated(self, post: Post, placed: Placed) -> None:  # noqa: ARG002 (it is no message)
        """Never called."""
        self.stored(post)

    async def _look(self) -> None:
        error, placed = self.error, None
        try:
            placed = await self.chat.store.find_message(self.person, self.cid)
        except StoreError as trouble:
            error = StoreUnreadable(reason=str(trouble))  # so that it is sent again
        self.settle(self.request, error, placed)
