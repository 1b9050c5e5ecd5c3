"""Mistakes to be planted in the server, where something is taken, stored, acknowledged or refused.

Knows the inside of what it breaks. Must not know how that is found.
"""

from collections.abc import Sequence

import pytest

from chatd.batch import Batch
from chatd.commits import Commits, Post, _by_log
from chatd.errors import ChatError
from chatd.events import Acked, Kind
from chatd.log import Log
from chatd.outgoing import Outgoing
from chatd.protocols.json_lines import JsonLinesProtocol
from chatd.requests import Request, Say
from chatd.retries import Retries
from chatd.room import Room
from chatd.sessions import Sessions
from chatd.storage.contract import Append, Placed, StoreError
from chatd.storage.memory import MemoryStore
from chatd.wire.line_limit import LineLimit
from tests.simulated.disk import DiskStore
from tests.simulated.planted import bug


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
def a_refused_message_may_be_overtaken(patch: pytest.MonkeyPatch) -> None:
    """Others are taken before the one that has to be sent again."""
    patch.setattr(Retries, "require_turn", lambda *_: None)


@bug
def what_waits_behind_a_refused_message_is_stored(patch: pytest.MonkeyPatch) -> None:
    """The disk is full for one, and has room for the next of the same connection."""
    patch.setattr(Commits, "_take_behind", lambda *_: [])


@bug
def a_copy_of_what_was_refused_for_good_is_stored(patch: pytest.MonkeyPatch) -> None:
    """It was sent twice, and the reason for the refusal was over when the copy had its turn."""
    answered = Retries.answered

    def forget(self: Retries, cid: str | None, _: ChatError | None = None) -> None:
        answered(self, cid)

    patch.setattr(Retries, "answered", forget)


@bug
def a_session_never_ends(patch: pytest.MonkeyPatch) -> None:
    """The connection is gone, and still has it."""
    patch.setattr(Sessions, "end", lambda *_: None)


@bug
def a_session_is_kept_in_memory_only(patch: pytest.MonkeyPatch) -> None:
    """After a start everybody is somebody new."""

    async def forget(self: DiskStore, session: object) -> None:
        """Write nothing."""

    patch.setattr(DiskStore, "keep_session", forget)


@bug
def a_program_that_is_gone_is_never_missed(patch: pytest.MonkeyPatch) -> None:
    """A half-open connection keeps its place for ever."""
    patch.setattr(JsonLinesProtocol, "_look", lambda _: None)


@bug
def half_a_line_is_thrown_away(patch: pytest.MonkeyPatch) -> None:
    """A program's line that comes in two pieces loses the first one."""
    feed = LineLimit.feed

    def whole_only(self: LineLimit, data: bytes) -> bytes:
        return feed(self, data[: data.rfind(b"\n") + 1])

    patch.setattr(LineLimit, "feed", whole_only)
