"""The place of a reader that is behind in one log, and what it is shown from there.

Knows forms, and pages of a log. Must not know outlets, stores, or when something is read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chatd.events import Entry, Missed
from chatd.fanout import Tailer
from chatd.folding import fold_letters
from chatd.form import Form
from chatd.log import Position
from chatd.storage.contract import Page

NO_BATCH = -1
"""The place of one who knows an id only: the batches since then cannot be counted."""


@dataclass(slots=True, eq=False)
class Place:
    """How far a reader has come that is behind in one log."""

    batch: int
    """The last batch it has seen, or :data:`NO_BATCH`."""
    id: int
    """The last message it has seen."""
    form: Form
    """In which it is shown."""
    told: int
    """The batch at which it knew who is there."""
    asked: bool = False
    """A page is on its way from the store; one at a time."""
    told_of_trouble: bool = False
    """The reader knows that the store does not answer."""
    skipped: bool = False
    """Notices were passed over, because the store has none."""
    then: Callable[[], None] | None = None
    """Called once it is live."""
    stuck: Callable[[], None] | None = None
    """Called once the store does not answer: that may take long, and whoever waits for this need not."""
    answered: int = 0
    """Up to this message, what was said by this connection had its answer before; what it says behind it has it here."""
    strict: bool = False
    """It has everything up to :attr:`id`, so what is not kept any more behind that is told."""

    def is_newcomers(self, end: Position) -> bool:
        """Whether it is nobody's place before ``end`` but a newcomer's, who may have missed anything, and has said nothing."""
        return not self.strict and self.batch == NO_BATCH and self.answered >= end.id

    def shown(self, page: Page, end: Position, now: float, reader: Tailer) -> bytes:
        """What its reader is shown of the page behind it, which goes up to ``end`` if it is not cut; ``now`` in Unix seconds."""
        return b"".join(self._lines(page, end, now, reader))

    def _lines(self, page: Page, end: Position, now: float, reader: Tailer) -> Iterator[bytes]:
        """Where the store has lost some, or keeps some no more, that is said: nothing is left out in silence."""
        first = page.entries[0].id if page.entries else end.id + 1
        # A newcomer may have missed anything that was said before it came, and nothing since.
        last = self.id if self.strict or self.batch != NO_BATCH else min(max(self.id, self.answered), first - 1)
        for entry in page.entries:
            yield self._missed(last, entry.id)
            yield self._line(entry, now, reader)
            last = entry.id
        if not page.entries:
            yield self._missed(last, first)

    def _missed(self, last: int, id: int) -> bytes:
        """That there is nothing between these two, if there should be."""
        return self.form.encode(Missed(id - last - 1, id)) if id > last + 1 else b""

    def _line(self, entry: Entry, now: float, reader: Tailer) -> bytes:
        """One stored message as this reader is to see it; of its own that had no answer yet, the receipt."""
        message = entry.message
        if reader.ignored and fold_letters(message.name) in reader.ignored:
            return b""
        own = entry.id > self.answered and message.origin == reader.origin
        receipt = self.form.line_and_receipt(message, entry.id)[1] if own else None
        return self.form.recall(entry, now) if receipt is None else receipt
