"""What programs are told when something was not done, in both versions: that a register failed, an error, or to try again.

Knows what each request is called on the wire. Must not know what else is told.
"""

import math
from typing import Final

from chatd.events import Refused
from chatd.requests import Introduce, Invalid, Tell
from chatd.wire.json_objects import Fields, object_line
from chatd.wire.json_requests import REGISTER, cid_of, type_of
from chatd.wire.phrases import Phrasebook, plain

_TRY_AGAIN: Final = "retry"
_TOO_FAST: Final = "too_fast"
_REASONS_0: Final = {"password_required": "user_taken"}
"""What version 0 calls it: its clients know no passwords."""


def refused(reply: Refused, version: int, now: float, book: Phrasebook) -> bytes:
    """The line that answers a request that was not done. ``now``: Unix seconds; ``book``: for the sentence in it."""
    if _is_register(reply):
        return object_line(_not_registered(reply, book))
    if version == 0 and isinstance(reply.request, Tell):
        return object_line(_not_delivered(reply, reply.request, now))
    return object_line(_error(reply, version, book))


def _is_register(reply: Refused) -> bool:
    request = reply.request
    return isinstance(request, Introduce) or (isinstance(request, Invalid) and request.kind == REGISTER)


def _not_registered(reply: Refused, book: Phrasebook) -> Fields:
    reason = reply.error.code
    # The request says which version it was of: the connection has none before one was accepted.
    if isinstance(reply.request, Introduce) and not reply.request.resumable:
        reason = _REASONS_0.get(reason, reason)
    return {"type": REGISTER, "ok": False, "reason": reason, "text": plain(book.error(reply.error)), **_wait(reply)}


def _not_delivered(reply: Refused, request: Tell, now: float) -> Fields:
    return {"type": "pm_ack", "to": request.to, "delivered": False, "reason": reply.error.code, "ts": now}


def _error(reply: Refused, version: int, book: Phrasebook) -> Fields:
    code = reply.error.code
    request = type_of(reply.request) if reply.request is not None else ""
    cid = cid_of(reply.request) if reply.request is not None else None
    room = getattr(reply.request, "room", None) if version else None
    again = version > 0 and (code == _TRY_AGAIN or (code == _TOO_FAST and cid is not None))
    return {
        "type": "retry" if again else "error",
        "error": code,
        "text": plain(book.error(reply.error)),
        **({"request": request} if request else {}),
        **({"room": room} if room is not None else {}),
        **({"cid": cid} if cid is not None else {}),
        **_wait(reply),
    }


def _wait(reply: Refused) -> Fields:
    """For how long it is of no use to try again, if that is known."""
    seconds = reply.error.details.get("seconds")
    return {"seconds": math.ceil(seconds)} if isinstance(seconds, int | float) else {}
