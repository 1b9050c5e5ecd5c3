"""What newcomers are shown of a log, kept for the next ones: those who come together are shown the same.

Knows places in logs, forms and bytes. Must not know what the bytes are, who comes, or where they were read.
"""

from dataclasses import dataclass

from chatd.form import Form

MOST = 64
"""Pieces that are kept; of more the oldest are forgotten."""
MOST_BYTES = 64 * 1024
"""Of a longer one nothing is kept: few come with so much to read at once."""
MINUTE = 60
"""For so many seconds of the clock on the wall a message looks the same (its date, say); then it is read again.

So nothing is shown for longer that was dropped from the store meanwhile.
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a log as it is shown."""

    log: str
    after: int
    """Behind this message,"""
    upto: int
    """up to this one."""
    form: Form
    minute: int
    """In which it was made."""


def piece(log: str, after: int, upto: int, form: Form, now: float) -> Piece:
    """This part of a log, shown in this form at ``now`` (Unix seconds)."""
    return Piece(log, after, upto, form, int(now // MINUTE))


class Recent:
    """The bytes of pieces that were shown a moment ago."""

    def __init__(self) -> None:
        self._shown: dict[Piece, bytes] = {}

    def get(self, wanted: Piece) -> bytes | None:
        """What was shown of it in this minute; ``None``: nothing, or it was forgotten."""
        return self._shown.get(wanted)

    def keep(self, shown: Piece, data: bytes) -> None:
        """Somebody is being shown this."""
        if len(data) > MOST_BYTES:
            return
        self._shown[shown] = data
        if len(self._shown) > MOST:
            del self._shown[next(iter(self._shown))]
