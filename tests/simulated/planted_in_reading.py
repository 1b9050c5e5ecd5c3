"""Mistakes to be planted in the server, where what is stored is shown.

Knows the inside of what it breaks. Must not know how that is found.
"""

import pytest

from chatd import resuming
from chatd.events import Entry, Event, Missed, Reply
from chatd.log import Log, Position
from chatd.reader import Place, Reader
from chatd.requests import Resume
from chatd.room import Room
from chatd.session import Session
from chatd.storage.contract import Page
from chatd.wire.json_events import JsonForm
from chatd.wire.text import TextForm
from tests.simulated.disk import DiskStore
from tests.simulated.planted import bug


@bug
def resuming_begins_now(patch: pytest.MonkeyPatch) -> None:
    """What was missed in a room is not shown."""
    enter = Session.enter

    def from_now(self: Session, room: Room, after: int | None, strict: bool = False) -> None:
        enter(self, room, None if strict else after, strict)

    patch.setattr(Session, "enter", from_now)


@bug
def the_box_begins_now(patch: pytest.MonkeyPatch) -> None:
    """What was missed of the private messages is not shown."""
    read_box = Session.read_box
    patch.setattr(Session, "read_box", lambda self, after=None, then=None: read_box(self, None, then))  # noqa: ARG005


@bug
def another_history_is_taken_for_the_same(patch: pytest.MonkeyPatch) -> None:
    """The epoch is not looked at, so that no reset is told."""

    def known(request: Resume, _: str, log: Log) -> bool:
        return 0 <= request.after <= log.last

    patch.setattr(resuming, "_is_known", known)


@bug
def a_gap_is_not_announced(patch: pytest.MonkeyPatch) -> None:
    """What is kept no more is left out in silence, for programs."""
    encode = JsonForm.encode

    def silent(self: JsonForm, event: Event | Reply, id: int = 0) -> bytes:
        return b"" if isinstance(event, Missed) else encode(self, event, id)

    patch.setattr(JsonForm, "encode", silent)


@bug
def a_gap_is_not_announced_in_words(patch: pytest.MonkeyPatch) -> None:
    """The same, for people with nc."""
    encode = TextForm.encode

    def silent(self: TextForm, event: Event | Reply, id: int = 0) -> bytes:
        return b"" if isinstance(event, Missed) else encode(self, event, id)

    patch.setattr(TextForm, "encode", silent)


@bug
def a_reader_is_live_while_it_catches_up(patch: pytest.MonkeyPatch) -> None:
    """It is handed new batches before it has read the old ones."""
    fetch = Reader._fetch

    async def both(self: Reader, log: Log, place: Place, end: Position) -> None:
        log.go_live(self, self._forms[log])
        await fetch(self, log, place, end)

    patch.setattr(Reader, "_fetch", both)


@bug
def the_batch_that_finds_a_reader_blocked_is_skipped(patch: pytest.MonkeyPatch) -> None:
    """Who falls behind goes on after the batch that was not sent."""
    fall_behind = Reader.fall_behind
    patch.setattr(Reader, "fall_behind", lambda self, log, _: fall_behind(self, log, log.end))


@bug
def the_store_is_read_beyond_what_was_delivered(patch: pytest.MonkeyPatch) -> None:
    """What is stored but not yet delivered is read, and then delivered again."""
    read = DiskStore.read

    async def greedy(self: DiskStore, log: str, after: int, upto: int, budget: int) -> Page:
        return await read(self, log, after, upto + 1, budget)

    patch.setattr(DiskStore, "read", greedy)


@bug
def own_words_come_back_when_catching_up(patch: pytest.MonkeyPatch) -> None:
    """The store's copy of what a connection said itself is shown to it."""

    def all_of_them(self: Reader, entry: Entry, form: JsonForm, now: float, origin: int | None) -> bytes:  # noqa: ARG001
        return form.recall(entry, now)

    patch.setattr(Reader, "_shown", all_of_them)


@bug
def a_reader_that_is_free_again_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Nobody reads on for it."""
    patch.setattr(Session, "clear", lambda _: None)


@bug
def tails_are_kept_for_nobody(patch: pytest.MonkeyPatch) -> None:
    """Memory that was held for a slow reader is never given back."""
    unfollow = Reader.unfollow

    def forget(self: Reader, log: Log) -> None:
        if log in self._places:
            log.somebody_behind(+1)
        unfollow(self, log)

    patch.setattr(Reader, "unfollow", forget)
