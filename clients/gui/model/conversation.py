"""One conversation: what was said in it, and how far it has been read. Must not know events, or the other conversations."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from clients.gui.model.paragraphs import Kind, Paragraph
from clients.presentation.rendering import Renderer

KEPT: Final = 10_000
"""As many paragraphs of a conversation can be scrolled back to."""


@dataclass(slots=True, eq=False)
class Conversation:
    """What a log shows; itself while the window lives, whatever its key becomes."""

    key: str
    """``#lobby``; ``@ali`` for the private messages with one person; empty for the time without a room."""
    renderer: Renderer
    """Knows which day it has come to."""
    listed: bool = True
    """Whether it stands in the list of conversations; what was said in one that was left is kept for its return."""
    unread: int = 0
    mentions: int = 0
    """Those of them that are for this person in particular: all private ones."""
    draft: str = ""
    """What is half typed."""
    mark: int | None = None
    """Where reading stopped: the number of the first paragraph that may not have been seen."""
    total: int = 0
    """The number that the next paragraph will have; the first one has 0."""
    paragraphs: deque[Paragraph] = field(default_factory=lambda: deque(maxlen=KEPT))
    """The last ones."""

    @property
    def person(self) -> str | None:
        """With whom; ``None``: it is not private."""
        return self.key[1:] if self.key[:1] == "@" else None

    @property
    def is_begun(self) -> bool:
        """Whether anything was said in it, or is being typed."""
        return bool(self.draft.strip()) or any(paragraph.kind is Kind.MESSAGE for paragraph in self.paragraphs)

    def since(self, number: int) -> list[Paragraph]:
        """The paragraphs from this number on, as far as they are kept."""
        fresh = min(self.total - number, len(self.paragraphs))
        return [self.paragraphs[place] for place in range(-fresh, 0)]

    def add(self, paragraphs: Iterable[Paragraph]) -> None:
        """These come next."""
        for paragraph in paragraphs:
            self.paragraphs.append(paragraph)
            self.total += 1

    def spell(self, key: str) -> None:
        """Its key is written like this."""
        self.key = self.renderer.current = key

    def seen(self) -> None:
        """Everything in it has been read."""
        self.unread = self.mentions = 0
