"""What a person asks for, to what is sent: into the outbox if it is said, on the wire if it needs an answer now.

Knows requests and the protocol's fields for them (docs/protocol.rst, From the client). Must not know what the server
will say, nor the connection: only whether there is one.
"""

from typing import Final

from chatd import text
from chatd.errors import (
    BadRoomName,
    ChatError,
    NobodyToAnswer,
    NoRoom,
    NotIgnored,
    NotInRoom,
    NotRegistered,
    UnknownLanguage,
)
from chatd.folding import fold_letters
from chatd.languages import N_, find_language
from chatd.requests import (
    BOX,
    Act,
    ChangePassword,
    Help,
    Ignore,
    Invalid,
    Join,
    Leave,
    List,
    Nothing,
    Recall,
    Register,
    Rename,
    Request,
    Rooms,
    Say,
    Search,
    SetLanguage,
    SetTime,
    Tell,
    Topic,
    Who,
)
from clients import events
from clients.company import SET, SHOW
from clients.outbox import LIMIT
from clients.session import Session
from clients.wording import book, say

OFFLINE: Final = N_("There is no connection at the moment, and that needs one. Please try again when it is back.")
OUTBOX_FULL: Final = N_("{limit} messages are waiting to be sent already. Please wait until the connection is back.")
IN_CLEAR: Final = N_(
    "Passwords are not sent in clear: they could be read on the way. Please connect with TLS, without --plaintext."
)
NOT_HERE: Final = N_("That cannot be asked for in a client like this. /help lists what can.")

ROOM_SIGN: Final = "#"
PERSON: Final = "person"
"""What a question is about that a person has asked."""


class Speaking:
    """The person's side of the conversation."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._leaving: set[str] = set()

    def ask(self, request: Request, now: float, online: bool) -> None:
        """Do what was asked for, or tell why not."""
        try:
            self._ask(request, now, online)
        except ChatError as error:
            self._session.tell(events.Problem(book().error(error), error.code))

    def _ask(self, request: Request, now: float, online: bool) -> None:
        match request:
            case Say(said, room) | Act(said, room):
                self._put(self._joined(room), "", said, isinstance(request, Act), now)
            case Tell(to, said):
                self._put(BOX, self._addressee(to), said, False, now)
            case Ignore(name):
                self._ignore(name)
            case Help() | SetTime():
                self._session.tell(events.Local(request))
            case SetLanguage(wanted):
                self._language(wanted, online)
            case Invalid(error):
                raise error
            case Nothing():
                pass
            case Join(room) if room in self._session.rooms and room != BOX:
                self.switch_room(room)
            case Register() | ChangePassword() if not self._session.registration.private:
                self._session.tell(events.Problem(say(IN_CLEAR)))
            case Register(None) | ChangePassword(None, _) | ChangePassword(_, None):
                self._want_password(request, online)
            case _ if not online:
                self._session.tell(events.Problem(say(OFFLINE)))
            case _:
                self._question(request)

    def _want_password(self, request: Register | ChangePassword, online: bool) -> None:
        """Offline it is not known any more whose the name is."""
        registration = self._session.registration
        if isinstance(request, ChangePassword) and online and not registration.account:
            raise NotRegistered(name=registration.name)
        self._session.tell(events.NewPasswordWanted(request))

    def _language(self, wanted: str | None, online: bool) -> None:
        """The server is told as well, so that its sentences are in that language too; ``register`` tells it the next time."""
        language = find_language(wanted) if wanted else None
        if wanted and language is None:
            raise UnknownLanguage.called(wanted)
        if language and online:
            self._session.write("lang", lang=language.code)
        self._session.tell(events.Local(SetLanguage(language.code if language else None)))

    def _question(self, request: Request) -> None:
        match request:
            case Join(room):
                self._join(text.clean(room))
            case Leave(room):
                self._leaving.add(self._joined(room))
                self.leave_when_said()
            case Topic(topic, room):
                about = SHOW if topic is None else SET
                self._send("topic", about, room=self._joined(room), text=text.clean(topic) if topic else topic)
            case Rename(name):
                self._send("nick", name, user_id=text.clean(name))
            case Who(room):
                self._send("who", room or "", room=text.clean(room) if room else None)
            case List(room):
                self._send("list", room or "", room=text.clean(room) if room else None)
            case Rooms():
                self._send("rooms", "")
            case Recall(count, seconds, room, before):
                where = self._read_room(room)
                self._send("history", PERSON, room=where, count=count, seconds=seconds, before=before)
            case Search(words, room):
                self._send("search", PERSON, room=self._read_room(room), words=text.clean(words))
            case Register(password):
                self._send("claim", password, password=password)
            case ChangePassword(old, new):
                self._send("password", new, old=old, new=new)
            case _:
                self._session.tell(events.Problem(say(NOT_HERE)))

    def switch_room(self, name: str) -> None:
        """Talk to this room.

        Raises:
            NotInRoom: it is none of the joined ones.
        """
        rooms = self._session.rooms
        room = rooms.get(name)
        if room is None or room is rooms.box:
            raise NotInRoom(room=name)
        if rooms.current != room.name:
            rooms.current = room.name
            self._session.tell(events.CurrentChanged(room.name))

    def leave_when_said(self) -> None:
        """Leave the rooms that were only waiting for what had been said there."""
        for name in [name for name in self._leaving if not self._session.outbox.waits_for(name)]:
            self._leaving.discard(name)
            if name in self._session.rooms:
                self._session.asked.ask("leave", name)
                self._session.write("leave", room=name)

    def cut(self) -> None:
        """The connection is gone."""
        self._leaving.clear()

    def _send(self, kind: str, about: object, **fields: object) -> None:
        self._session.asked.ask(kind, about)
        self._session.write(kind, **fields)

    def _put(self, room: str, to: str, said: str, acted: bool, now: float) -> None:
        message = text.message(said, self._session.text_bytes)
        if self._session.outbox.full:
            self._session.tell(events.Problem(say(OUTBOX_FULL, limit=LIMIT)))
        else:
            self._session.outbox.add(room, to, message, acted, now)

    def _joined(self, room: str | None) -> str:
        """The room that is meant, as it is shown."""
        rooms = self._session.rooms
        name = room or rooms.current
        if name is None:
            raise NoRoom
        found = rooms.get(name)
        if found is None or found is rooms.box:
            raise NotInRoom(room=name)
        return found.name

    def _addressee(self, to: str | None) -> str:
        if to is not None:
            return text.clean(to)
        last = self._session.last_writer
        if last is None:
            raise NobodyToAnswer
        return last

    def _join(self, room: str) -> None:
        """Go there; what is said from now on is meant for there, so it need not wait for the answer.

        Raises:
            BadRoomName: it is the name of no room; the server would say so when one seemed to be in it already.
        """
        if not fold_letters(room).lstrip().startswith(ROOM_SIGN):
            raise BadRoomName(room=room)
        rooms = self._session.rooms
        rooms.add(room)
        self.switch_room(room)
        self._session.enter(room)

    def _read_room(self, room: str | None) -> str | None:
        """The room to read in; without one, the server takes the box and the room it takes to be the current one."""
        session = self._session
        current = session.rooms.current
        if room is not None:
            return text.clean(room)
        if current is None:
            return BOX
        if session.server_current is None or fold_letters(session.server_current) != fold_letters(current):
            session.asked.ask("join", current)
            session.write("join", room=current)
            session.server_current = current
        return None

    def _ignore(self, name: str | None) -> None:
        ignored = self._session.ignored
        if name is not None:
            folded = fold_letters(text.clean(name))
            if self._session.is_own(name):
                raise NotIgnored
            if ignored.pop(folded, None) is None:
                ignored[folded] = name
        self._session.tell(events.Ignored(tuple(sorted(ignored.values())), name))
