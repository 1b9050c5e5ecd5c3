"""How much of a log one answer holds. Knows entries and sizes; not where they come from."""

from collections.abc import Iterable

from chatd.events import Entry
from chatd.storage.contract import ENTRY_BYTES, Page


def fill(entries: Iterable[Entry], budget: int, count: int | None = None) -> Page:
    """A page of the first of these, in their order: at most ``count``, and at most ``budget`` bytes, but one.

    An entry costs its text and :data:`~chatd.storage.contract.ENTRY_BYTES`. Takes from ``entries`` no more than
    one that does not fit.
    """
    kept: list[Entry] = []
    for entry in entries:
        budget -= len(entry.message.text.encode()) + ENTRY_BYTES
        if len(kept) == count or (budget < 0 and kept):
            return Page(tuple(kept), cut=True)
        kept.append(entry)
    return Page(tuple(kept))


def backwards(page: Page) -> Page:
    """The page that was filled from the newest entry on, as it is read."""
    return Page(page.entries[::-1], page.cut)
