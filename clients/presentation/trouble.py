"""What is wrong with the connection, in the few words of a status line. Knows states and times of day; must not know why."""

from datetime import datetime

from chatd.wire.phrases import Shown
from clients.events import State
from clients.wording import language, say


def trouble(state: State, retry_at: float | None) -> str:
    """Why nothing comes or goes at the moment; empty while all is well. ``retry_at``: the next attempt, in Unix seconds."""
    match state:
        case State.CONNECTING:
            return say("connecting…")
        case State.REGISTERING:
            return say("signing in…")
        case State.WAITING if retry_at is not None:
            clock = Shown(language().clock(datetime.fromtimestamp(retry_at), seconds=True))
            return say("offline, next try at {time}", time=clock)
        case State.WAITING:
            return say("offline")
    return ""
