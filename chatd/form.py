"""What a way to write events as bytes can do. Must not know any of them; that is for the formats."""

from collections.abc import Mapping
from typing import Protocol

from chatd.events import Entry, Event, Message, Notice, Reply
from chatd.languages import Language
from chatd.timestyle import TimeStyle


class Form(Protocol):
    """One way to write events as bytes; equal forms write the same bytes. Hashable."""

    def encode(self, event: Event | Reply, id: int = 0) -> bytes:
        """The event as whole lines; ``id`` is a message's place in its log."""

    def recall(self, entry: Entry, now: float) -> bytes:
        """The message as it is shown at a later time, ``now``."""

    def line_and_receipt(self, message: Message, id: int) -> tuple[bytes, bytes | None]:
        """The message, and what is shown instead to the connection that it came in by; ``None``: it is shown that too.

        Both at once, since they have much in common, and each message that is said needs both.
        """

    def receipts(self, notice: Notice) -> Mapping[int, bytes]:
        """What is shown instead of the notice to the connections that caused it, by origin."""

    def variant(self, style: TimeStyle, room: str, current: bool) -> "Form":
        """The same, for the log of ``room`` (a box: empty), which is the ``current`` one or not."""

    def translated(self, language: Language) -> "Form":
        """The same, in this language."""
