"""What a JSON line needs to know beside the event it tells of: where, when, and what the client is promised. Values only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from chatd.wire.phrases import IN_ENGLISH, Phrasebook


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client is told at the beginning of what it may send, and of when it is asked whether it is there."""

    text_bytes: int = 4096
    line_bytes: int = 16 * 1024
    ping_seconds: int = 90


@dataclass(frozen=True, slots=True)
class Scene:
    """Where, when and in which language something is told: the room, or :data:`~chatd.requests.BOX`; Unix seconds."""

    room: str
    now: float
    terms: Terms
    book: Phrasebook = IN_ENGLISH


Writer: TypeAlias = Callable[[Any, Scene], bytes]
"""How one kind of event is written: as lines with their endings, or as nothing."""
