"""Mistakes to be planted in the core of the server, one at a time: both simulations have to find each.

Knows the inside of what it breaks. Must not know how that is found.
"""

from collections.abc import Callable, Sequence

import pytest

from chatd.batch import Batch
from chatd.commits import Commits, Post, _by_log
from chatd.events import Acked, Entry, Kind
from chatd.fanout import Tailer
from chatd.log import Log, Position
from chatd.outgoing import Outgoing
from chatd.place import Place
from chatd.reader import Reader
from chatd.requests import Request, Say
from chatd.retries import Retries
from chatd.room import Room
from chatd.session import Session
from chatd.sessions import Sessions
from chatd.storage.contract import Append, Placed, StoreError
from chatd.storage.memory import MemoryStore

Bug = Callable[[pytest.MonkeyPatch], None]


def entering(bugs: dict[str, Bug]) -> Callable[[Bug], Bug]:
    """A decorator: let this mistake be planted, and looked for, by those who look for ``bugs``."""

    def enter(plant: Bug) -> Bug:
        bugs[plant.__name__] = plant
        return plant

    return enter


IN_THE_CORE: dict[str, Bug] = {}
bug = entering(IN_THE_CORE)


@bug
def a_batch_is_delivered_before_it_is_stored(patch: pytest.MonkeyPatch) -> None:
    """It is shown while the disk is still at work."""

    async def hasty(self: Commits, posts: list[Post], batches: list[tuple[Log, Batch]]) -> None:
        for log, batch in batches:
            log.deliver(batch)
        try:
            await self._store.append([Append(log.name, batch.first, batch.messages) for log, batch in batches])
        except StoreError as error:
            self._refuse(posts, error)
        else:
            self._finish(posts, [])

    patch.setattr(Commits, "_commit", hasty)


@bug
def a_failed_commit_is_shown(patch: pytest.MonkeyPatch) -> None:
    """The authors hear that it failed, and everybody sees it all the same."""
    refuse = Commits._refuse

    def show(self: Commits, posts: list[Post], error: StoreError) -> None:
        for log, batch in _by_log(posts):
            log.deliver(batch)
        refuse(self, posts, error)

    patch.setattr(Commits, "_refuse", show)


@bug
def a_refusal_is_not_told(patch: pytest.MonkeyPatch) -> None:
    """What could not be stored is simply gone."""
    patch.setattr(Commits, "_refuse", lambda self, posts, _: self._finish(posts, []))


@bug
def a_repeat_is_stored_again(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks whether a message is kept already."""

    def look_for_gaps_only(self: MemoryStore, appends: Sequence[Append]) -> dict[tuple[int, str], Placed]:
        self._require_no_gap(appends)
        return {}

    patch.setattr(MemoryStore, "_check", look_for_gaps_only)


@bug
def an_ack_comes_before_the_disk_has_the_message(patch: pytest.MonkeyPatch) -> None:
    """It is promised, and may not come true."""
    post = Outgoing.post

    def promise(self: Outgoing, room: Room, kind: Kind, text: str, request: Request | None = None) -> None:
        post(self, room, kind, text, request)
        if isinstance(request, Say) and request.cid is not None:
            self._speaker.reply(Acked(request.cid, room.name.shown, room.log.last + 1, 0.0))

    patch.setattr(Outgoing, "post", promise)


@bug
def a_refused_message_may_be_overtaken(patch: pytest.MonkeyPatch) -> None:
    """Others are taken before the one that has to be sent again."""
    patch.setattr(Retries, "require_turn", lambda *_: None)


@bug
def what_waits_behind_a_refused_message_is_stored(patch: pytest.MonkeyPatch) -> None:
    """The disk is full for one, and has room for the next of the same connection."""
    patch.setattr(Commits, "_take_behind", lambda *_: [])


@bug
def a_session_never_ends(patch: pytest.MonkeyPatch) -> None:
    """The connection is gone, and still has it."""
    patch.setattr(Sessions, "end", lambda *_: None)


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
def a_reader_is_live_while_it_catches_up(patch: pytest.MonkeyPatch) -> None:
    """It is handed new batches before it has read the old ones."""
    fetch = Reader._fetch

    async def both(self: Reader, log: Log, place: Place, end: Position) -> None:
        log.go_live(self, place.form)
        await fetch(self, log, place, end)

    patch.setattr(Reader, "_fetch", both)


@bug
def the_batch_that_finds_a_reader_blocked_is_skipped(patch: pytest.MonkeyPatch) -> None:
    """Who falls behind goes on after the batch that was not sent."""
    fall_behind = Reader.fall_behind
    patch.setattr(Reader, "fall_behind", lambda self, log, _: fall_behind(self, log, log.end))


@bug
def own_words_come_back_when_catching_up(patch: pytest.MonkeyPatch) -> None:
    """The store's copy of what a connection said itself is shown to it."""

    def all_of_them(self: Place, entry: Entry, now: float, reader: Tailer) -> bytes:  # noqa: ARG001
        return self.form.recall(entry, now)

    patch.setattr(Place, "_line", all_of_them)


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
