"""Mistakes to be planted in the server, where something is taken, stored, acknowledged or refused.

Knows the inside of what it breaks. Must not know how that is found.
"""

import pytest

from chatd.errors import ChatError
from chatd.protocols.json_lines import JsonLinesProtocol
from chatd.retries import Retries
from chatd.wire.line_limit import LineLimit
from tests.simulated.disk import DiskStore
from tests.simulated.planted import bug


@bug
def a_copy_of_what_was_refused_for_good_is_stored(patch: pytest.MonkeyPatch) -> None:
    """It was sent twice, and the reason for the refusal was over when the copy had its turn."""
    answered = Retries.answered

    def forget(self: Retries, cid: str | None, _: ChatError | None = None) -> None:
        answered(self, cid)

    patch.setattr(Retries, "answered", forget)


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
