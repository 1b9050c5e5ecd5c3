"""What one client says, on its way: posted, then stored or not; and what is refused of it. Its client hears of each, once.

Must not know which requests there are besides messages, formats or sockets.
"""

from typing import Protocol

from chatd.chat import Chat
from chatd.commits import Author, Post
from chatd.doubts import Doubt
from chatd.errors import ChatError
from chatd.events import Acked, Kind, Message, Refused, Reply
from chatd.log import Log
from chatd.people import Person
from chatd.requests import BOX, Request
from chatd.retries import Retries
from chatd.room import Room
from chatd.storage.contract import Placed
from chatd.turns import MESSAGES, Turns
from chatd.view import View

MESSAGE_BYTES = 64
"""A message takes as much at least, however short it is."""
RETRIED = ("retry", "too_fast")
"""Errors after which the same message is to be sent again."""


class Speaker(Protocol):
    """The client who says it."""

    chat: Chat
    turns: Turns
    view: View
    origin: int

    @property
    def named(self) -> bool:
        """Whether a name was accepted."""

    @property
    def person(self) -> Person:
        """Whose words they are."""

    @property
    def seen(self) -> int | None:
        """The last private message that was shown; ``None``: the box is not read."""

    def read_box(self, after: int | None = None) -> None:
        """Show private messages, from behind ``after``."""

    def reply(self, event: Reply) -> None:
        """Tell this client."""


class Outgoing:
    """An :class:`~chatd.commits.Author`: one client's."""

    __slots__ = ("_retries", "_speaker")

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._retries: Retries | None = None  # as for all who type, until a message has an id

    def received(self, request: Request) -> bool:
        """A request has come in; its turn may come later. False: too many have no answer yet, this one gets none."""
        cid = _cid(request)
        return cid is None or self._ids().received(cid)

    def passes(self, cid: str | None) -> bool:
        """A message with this id has come in: it is new, and none has to be sent again before it. False: it may be otherwise."""
        return cid is None or self._ids().passes(cid)

    def _ids(self) -> Retries:
        if self._retries is None:
            self._retries = Retries()
        return self._retries

    def require_turn(self, request: Request | None) -> None:
        """After a message that has to be sent again, no other one is taken before it.

        Raises:
            OutOfTurn: this is another one.
            ChatError: this one was refused already, for this reason.
        """
        if self._retries is not None:
            self._retries.require_turn(_cid(request))

    def post(self, room: Room, kind: Kind, text: str, request: Request | None = None) -> None:
        """Say something in a room."""
        speaker, log = self._speaker, room.log
        chat, person, size = speaker.chat, speaker.person, _weight(text)
        cid = _cid(request) if request is not None else None
        message = Message(kind, person.name.shown, text, chat.stamp(log), person.id, speaker.origin, "", cid)
        key = None if cid is None else (person.id, cid)
        chat.commits.post(Post(self, size, ((log, message),), request, key))
        speaker.turns.committing(size)

    def tell(self, to: Person, text: str, author: Author, request: Request | None = None) -> None:
        """Say something to one person: it enters both boxes or none; ``author`` is told which, and tells this.

        Raises:
            OutOfTurn: another message has to be sent again first: that was refused while this one waited for a box.
        """
        self.require_turn(request)
        speaker, mine = self._speaker, self._speaker.person
        at, cid = speaker.chat.stamp(mine.box), _cid(request)
        sent = Message(Kind.SENT, mine.shown, text, at, mine.id, speaker.origin, to.shown, cid)
        told = sent._replace(kind=Kind.TOLD, at=speaker.chat.stamp(to.box))
        if speaker.seen is None:
            speaker.read_box(mine.read_from)  # else there would be no answer
        size = _weight(text)
        parts = ((mine.box, sent), (to.box, told))
        key = None if cid is None else (mine.id, cid)
        speaker.chat.commits.post(Post(author, size, parts, request, key))
        speaker.turns.committing(size)

    def stored(self, post: Post) -> None:
        """It is on disk, and everyone was shown it."""
        if self._retries is not None and post.key is not None:
            self._retries.answered(post.key[1])
        self._speaker.turns.committed(post.size)

    def not_stored(self, post: Post, error: ChatError) -> None:
        """It is nowhere, and may be said again."""
        self.refuse(error, post.text, post.request)
        self._speaker.turns.dropped(post.size)

    def repeated(self, post: Post, placed: Placed) -> None:
        """It was stored before, and its client did not hear of that."""
        self._acknowledge(post.request, placed)
        self.stored(post)

    def refuse(self, error: ChatError, line: str, request: Request | None) -> None:
        """Something was not done, and why."""
        if self._retries is not None:
            self._remember(self._retries, error, _cid(request))
        self._speaker.reply(Refused(error, line, request))

    def _remember(self, retries: Retries, error: ChatError, cid: str | None) -> None:
        if error.code in RETRIED:
            retries.refused(cid)
        elif not self._speaker.named:
            retries.forget(cid)  # there is nobody yet who was told
        else:
            retries.answered(cid, error)

    def refuse_unless_kept(self, error: ChatError, request: Request) -> None:
        """Refuse it, if it is not the repeat of a message that could be said when it was sent first."""
        cid, speaker = _cid(request), self._speaker
        if cid is None or not speaker.named or error.code in RETRIED:
            self.refuse(error, _lost_words(request, error), request)
        else:
            speaker.turns.hold()
            speaker.chat.commits.mark(Doubt(speaker.chat, speaker.person.id, cid, error, request, self._settle))

    def _settle(self, request: Request, error: ChatError, placed: Placed | None) -> None:
        if placed is not None:
            self._acknowledge(request, placed)
        else:
            self.refuse(error, "", request)
        self._speaker.turns.release()

    def _acknowledge(self, request: Request | None, placed: Placed) -> None:
        """Once it has everything before that place in that log: it may take the id for the last one it has seen."""
        cid = _cid(request)
        if self._retries is not None:
            self._retries.answered(cid)
        ack = Acked(cid or "", self._shown_name(placed.log), placed.id, placed.at)
        log = self._log(placed.log)
        if log is None:
            self._speaker.reply(ack)
        else:
            self._speaker.view.reader.when_caught_up(lambda: self._speaker.reply(ack), log)

    def _log(self, name: str) -> Log | None:
        """The log of this name, if it can be one that is read."""
        logs = [self._speaker.person.box, *(room.log for room in self._speaker.view.rooms)]
        return next((log for log in logs if log.name == name), None)

    def _shown_name(self, log: str) -> str:
        """What a room is called whose log has this name; the box has one name for everybody."""
        if log.startswith(BOX):
            return BOX
        return next((room.name.shown for room in self._speaker.view.rooms if room.log.name == log), log)


def _cid(request: Request | None) -> str | None:
    """The client's own id for the message that it asks to say."""
    return request.cid if isinstance(request, MESSAGES) else None


def _weight(text: str) -> int:
    """What a message takes on its way to the disk, in bytes; a short one hardly less than a sentence."""
    size = len(text.encode())
    return size if size > MESSAGE_BYTES else MESSAGE_BYTES  # not max(), as in Chat.stamp


def _lost_words(request: Request, error: ChatError) -> str:
    """Text meant for others that may be sent again as it is."""
    return request.text if isinstance(request, MESSAGES) and error.code == "retry" else ""
