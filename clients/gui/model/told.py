"""What a worker tells the window, as values: what happened, what has to be answered, and how it ended. Must not know threads."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from clients.events import Event
from clients.gui.model.view import View


class End(Enum):
    """Why a conversation is over."""

    LEFT = "left"
    """The person wanted that."""
    CLOSED = "closed"
    """The server will have no more of this person."""
    NOT_REACHED = "not reached"
    """The first attempt to connect failed, or it is no server of chatd that answers there."""
    NOT_TRUSTED = "not trusted"
    """The server is not what it was, or files about trust cannot be used."""
    FAILED = "failed"
    """By a fault in the program."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What the core has told, and what there is to look at after it. No events: only the view has changed."""

    events: tuple[Event, ...]
    view: View


@dataclass(frozen=True, slots=True)
class Looked:
    """What there is to look at, after everything that the window had asked for before it asked for this."""

    view: View


@dataclass(frozen=True, slots=True)
class TrustWanted:
    """Nobody vouches for the server's certificate: answer by :meth:`clients.gui.worker.Worker.accept` or ``decline``."""

    server: str
    fingerprint: str
    """SHA-256, as ``AB:CD:...``."""
    reason: str
    """Why not, in a few words."""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something could not be kept, which is no reason not to talk; a sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Ended:
    """It is over; nothing comes after this. The sentence says why, and may be several lines, or empty."""

    end: End
    sentence: str = ""


Told: TypeAlias = Happened | Looked | TrustWanted | Warned | Ended
