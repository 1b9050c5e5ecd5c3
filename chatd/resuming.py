"""What is done when a program that was away reads on where it stopped. Must not know formats."""

from collections.abc import Mapping

from chatd.errors import TooManyRooms
from chatd.events import Reset, Resumed
from chatd.log import Log
from chatd.moving import greeting_place
from chatd.names import room_name
from chatd.requests import BOX, Resume
from chatd.session import Answer, Session


async def resume(session: Session, request: Resume) -> None:
    """Show everything behind the message that the client has; or say that it belongs to another history."""
    epoch = await session.chat.epoch()
    if request.room == BOX:
        _resume_box(session, request, epoch)
    else:
        await _resume_room(session, request, epoch)


def _resume_box(session: Session, request: Resume, epoch: str) -> None:
    box = session.person.box
    known = _is_known(request, epoch, box)
    after = request.after if known else session.person.read_from
    session.reply((Resumed if known else Reset)(BOX, "", after, box.last, epoch))
    session.read_box(after, session.turns.hold_until())


async def _resume_room(session: Session, request: Resume, epoch: str) -> None:
    chat, name = session.chat, room_name(request.room)
    limit = chat.limits.rooms_per_session
    if len(session.view.rooms) >= limit and session.view.find(name) is None:
        raise TooManyRooms(measured=len(session.view.rooms), limit=limit)
    room = await chat.open_room(name)
    if session.ended:
        chat.close_if_empty(room)
        return
    known = _is_known(request, epoch, room.log)
    after = request.after if known else greeting_place(session, room, None)
    session.reply((Resumed if known else Reset)(room.name.shown, room.topic, after, room.log.last, epoch))
    session.enter(room, after, strict=True)  # after a reset, too: it has named where to begin


def _is_known(request: Resume, epoch: str, log: Log) -> bool:
    """Whether the client's ids are this log's. One that ends before them is not the one it has read."""
    return request.epoch == epoch and 0 <= request.after <= log.last


ANSWERS: Mapping[type, Answer] = {Resume: resume}
