"""Mistakes to be planted in the server, where what is stored is shown.

Knows the inside of what it breaks. Must not know how that is found.
"""

from typing import Any

import pytest

from chatd import resuming
from chatd.events import Event, Missed, Reply
from chatd.log import Log
from chatd.requests import Resume
from chatd.storage.contract import Page
from chatd.wire.json_events import JsonForm
from chatd.wire.text import TextForm
from tests.simulated.disk import DiskStore
from tests.simulated.planted import bug


@bug
def another_history_is_taken_for_the_same(patch: pytest.MonkeyPatch) -> None:
    """The epoch is not looked at, so that no reset is told."""

    def known(request: Resume, _: str, log: Log) -> bool:
        return 0 <= request.after <= log.last

    patch.setattr(resuming, "_is_known", known)


@bug
def a_gap_is_not_announced(patch: pytest.MonkeyPatch) -> None:
    """What is kept no more is left out in silence, for programs."""
    _say_nothing_of_gaps(patch, JsonForm)


@bug
def a_gap_is_not_announced_in_words(patch: pytest.MonkeyPatch) -> None:
    """The same, for people with nc."""
    _say_nothing_of_gaps(patch, TextForm)


def _say_nothing_of_gaps(patch: pytest.MonkeyPatch, form: type[JsonForm | TextForm]) -> None:
    encode = form.encode

    def silent(self: Any, event: Event | Reply, id: int = 0) -> bytes:
        return b"" if isinstance(event, Missed) else encode(self, event, id)

    patch.setattr(form, "encode", silent)


@bug
def the_store_is_read_beyond_what_was_delivered(patch: pytest.MonkeyPatch) -> None:
    """What is stored but not yet delivered is read, and then delivered again."""
    read = DiskStore.read

    async def greedy(self: DiskStore, log: str, after: int, upto: int, budget: int) -> Page:
        return await read(self, log, after, upto + 1, budget)

    patch.setattr(DiskStore, "read", greedy)
