"""What is wrong with the connection, in the few words of a status line. Knows states and times of day; must not know why."""

from datetime import datetime

from clients.events import State


def trouble(state: State, retry_at: float | None) -> str:
    """Why nothing comes or goes at the moment; empty while all is well. ``retry_at``: the next attempt, in Unix seconds."""
    match state:
        case State.CONNECTING:
            return "connecting…"
        case State.REGISTERING:
            return "signing in…"
        case State.WAITING if retry_at is not None:
            return f"offline, next try at {datetime.fromtimestamp(retry_at):%H:%M:%S}"
        case State.WAITING:
            return "offline"
    return ""
