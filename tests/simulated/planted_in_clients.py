"""Mistakes to be planted in the cores of our clients.

Knows the inside of what it breaks. Must not know how that is found.
"""

from dataclasses import replace
from math import inf

import pytest

from clients.codec import LineBuffer
from clients.conversation import Conversation
from clients.exchange import Exchange
from clients.keepalive import Keepalive, Pulse
from clients.messages import Ack
from clients.outbox import Outbox, Pending
from clients.position import Place as Standing
from clients.position import Position as ClientPosition
from tests.simulated.planted import bug


@bug
def a_client_sends_again_under_another_cid(patch: pytest.MonkeyPatch) -> None:
    """After a cut what was said is something new to the server."""
    disconnected = Outbox.disconnected

    def rename(self: Outbox) -> None:
        disconnected(self)
        for entry in self._entries.values():
            entry.pending = replace(entry.pending, cid=f"{entry.pending.cid}x")
        self._entries = {entry.pending.cid: entry for entry in self._entries.values()}

    patch.setattr(Outbox, "disconnected", rename)


@bug
def a_client_forgets_what_was_not_acknowledged(patch: pytest.MonkeyPatch) -> None:
    """A cut takes what was on the wire with it."""
    disconnected = Outbox.disconnected

    def forget(self: Outbox) -> None:
        self.take_sent()
        disconnected(self)

    patch.setattr(Outbox, "disconnected", forget)


@bug
def a_client_sends_again_in_another_order(patch: pytest.MonkeyPatch) -> None:
    """The newest first."""
    due = Outbox.due

    def backwards(self: Outbox, now: float) -> list[Pending]:
        return due(self, now)[::-1]

    patch.setattr(Outbox, "due", backwards)


@bug
def a_client_does_not_wait_after_a_retry(patch: pytest.MonkeyPatch) -> None:
    """It goes on with what it has not sent yet, and never sends the refused one again."""
    patch.setattr(Outbox, "retry", lambda *_: None)


@bug
def a_client_does_not_tell_of_another_history(patch: pytest.MonkeyPatch) -> None:
    """The ids begin anew, and nobody is told."""
    patch.setattr(Conversation, "_replaced", lambda *_, **__: None)


@bug
def a_client_does_not_tell_of_a_gap(patch: pytest.MonkeyPatch) -> None:
    """It goes on behind it."""
    patch.setattr(Conversation, "_skip", lambda _, room, first: room.position.skip_to(first))


@bug
def a_client_takes_an_old_ack_for_a_new_one(patch: pytest.MonkeyPatch) -> None:
    """The ack of what was sent before a cut is shown as if it had been said just now."""

    def show(self: Conversation, room: object, ack: Ack, pending: Pending | None, _: bool) -> None:
        if pending is not None:
            room.acked[ack.id] = (pending, ack)  # type: ignore[attr-defined]
            self._show_own(room, ack.id)  # type: ignore[arg-type]

    patch.setattr(Conversation, "_place_ack", show)


@bug
def a_client_shows_what_was_shown(patch: pytest.MonkeyPatch) -> None:
    """What comes twice is shown twice."""
    place = ClientPosition.place

    def forgetful(self: ClientPosition, id: int) -> Standing:
        standing = place(self, id)
        return Standing.NEXT if standing is Standing.SEEN else standing

    patch.setattr(ClientPosition, "place", forgetful)


@bug
def a_client_keeps_half_a_line_over_a_cut(patch: pytest.MonkeyPatch) -> None:
    """What comes first over the new connection is taken for its end."""
    patch.setattr(LineBuffer, "clear", lambda _: None)


@bug
def a_client_never_misses_the_server(patch: pytest.MonkeyPatch) -> None:
    """It waits for ever at a half-open connection."""
    patch.setattr(Keepalive, "check", lambda *_: Pulse.FINE)
    patch.setattr(Keepalive, "deadline", inf)  # else it would be found by the time that stands still


@bug
def a_client_that_says_goodbye_has_something_to_do_at_once_for_ever(patch: pytest.MonkeyPatch) -> None:
    """It counts what it will not send any more, and keeps a processor busy with that."""
    own: property = vars(Exchange)["deadline"]

    def busy(self: Exchange) -> float | None:
        deadlines = [own.__get__(self), self.session.outbox.deadline if self.online else None]
        return min((deadline for deadline in deadlines if deadline is not None), default=None)

    patch.setattr(Exchange, "deadline", property(busy))
