"""What one client is shown: the logs of its rooms and of its box, in its language and its style, and of some people nothing.

Must not know requests, turns, formats or sockets: what is shown becomes bytes in the :class:`Form` it is given, and a
:class:`Reader` reads it. What the client says itself goes the other way, see ``outgoing.py``.
"""

from collections.abc import Callable, Iterable, Mapping

from chatd.errors import NoRoom, NotInRoom
from chatd.events import Entry, Reply
from chatd.form import Form
from chatd.languages import Language
from chatd.log import Log
from chatd.names import Name, RoomName, room_name
from chatd.reader import Reader
from chatd.room import Room
from chatd.timestyle import TimeStyle

_NOBODY: Mapping[str, str] = {}


class View:
    """The side of a conversation on which the client listens."""

    __slots__ = (
        "_box",
        "_form",
        "chosen_language",
        "current",
        "ignored",
        "language",
        "reader",
        "reads_box",
        "rooms",
        "style",
    )

    def __init__(self, reader: Reader, form: Form, language: Language) -> None:
        self.reader = reader
        self.language = language
        self.chosen_language: Language | None = None
        """The one that was asked for, here or at an earlier login."""
        self.style = TimeStyle.ON
        self.ignored = _NOBODY
        """Whom not to show: folded name to name."""
        self.rooms: tuple[Room, ...] = ()
        """Those that it is in, in the order in which it came."""
        self.current: Room | None = None
        """The one that is talked to, which looks like it."""
        self.reads_box = False
        """Whether private messages are wanted here."""
        self._box: Log | None = None
        self.speak(form)

    @property
    def room(self) -> Room:
        """The room that is talked to.

        Raises:
            NoRoom: none is.
        """
        if self.current is None:
            raise NoRoom
        return self.current

    def joined(self, name: str) -> Room:
        """The room of that name, which this client is in.

        Raises:
            NotInRoom: it is not.
            BadRoomName: no room can be called that.
        """
        for room in self.rooms:
            if room.name.shown == name:  # as programs write it, with every message
                return room
        wanted = room_name(name)
        found = self.find(wanted)
        if found is None:
            raise NotInRoom(room=wanted.shown)
        return found

    def find(self, name: RoomName) -> Room | None:
        """The room of that name, if this client is in it."""
        return next((room for room in self.rooms if room.name.key == name.key), None)

    @property
    def seen(self) -> int | None:
        """The last private message that was shown here; ``None``: they are not wanted."""
        if self._box is not None:
            return self.reader.seen(self._box)
        return 0 if self.reads_box else None

    def speak(self, form: Form) -> None:
        """Speak to the client in this form."""
        self._form = form.translated(self.language).variant(self.style, "", current=True)

    def choose_language(self, language: Language) -> None:
        """Speak to whoever is there in this language: it was asked for."""
        self.language = self.chosen_language = language
        self._reshape()

    def choose_style(self, style: TimeStyle) -> None:
        """Show times like this."""
        self.style = style
        self._reshape()

    def tell(self, event: Reply) -> None:
        """Show what is for this client alone, behind all that others were shown before."""
        self.reader.settle()
        self.reader.outlet.send(self._form.encode(event))

    def recall(self, entries: Iterable[Entry], now: float) -> None:
        """Show private messages that were said some time ago."""
        self.reader.outlet.send(b"".join(self._form.recall(entry, now) for entry in entries))

    def read_box(
        self, box: Log | None, after: int | None, then: Callable[[], None], stuck: Callable[[], None] | None
    ) -> None:
        """Show private messages from now on, or from behind ``after``, where everything before is known.

        Without a ``box`` there are none yet. ``then`` is called once they are shown, ``stuck`` if they cannot be for now.
        """
        self.reads_box, self._box = True, box
        if box is None:
            then()
        else:
            self.reader.follow(box, self._form, after, then, strict=after is not None, stuck=stuck)

    def enter(
        self, room: Room, after: int | None, then: Callable[[], None], strict: bool, stuck: Callable[[], None]
    ) -> None:
        """Show this room, which is talked to from now on; see :meth:`Reader.follow` for the rest."""
        if room not in self.rooms:
            self.rooms = (*self.rooms, room) if self.rooms else room.alone
        self.current = room  # what is read back already looks like it
        self.reader.follow(room.log, self._form_for(room), after, then, strict, stuck=stuck)
        if len(self.rooms) > 1:
            self._reshape()  # what comes from the others is to be told apart

    def leave(self, room: Room) -> None:
        """Show this room no more; talked to is the one entered last, if that was it."""
        self.rooms = tuple(other for other in self.rooms if other is not room)
        self.reader.unfollow(room.log)
        if room is self.current:
            self.talk_to(self.rooms[-1] if self.rooms else None)

    def talk_to(self, room: Room | None) -> None:
        """What is said from now on is said there."""
        self.current = room
        self._reshape()

    def close(self) -> None:
        """Show nothing more."""
        self.rooms, self.reads_box = (), False
        self.reader.unfollow_all()

    def ignore(self, name: Name) -> None:
        """Show nothing that somebody of this name says."""
        self._ignore({**self.ignored, name.key: name.shown})

    def show_again(self, name: Name) -> bool:
        """Show again what somebody of this name says; whether it was hidden."""
        hidden = name.key in self.ignored
        self._ignore({key: shown for key, shown in self.ignored.items() if key != name.key})
        return hidden

    def renamed(self, old: Name, new: Name, own: Name) -> None:
        """Somebody has another name: whoever was ignored still is, but nobody hides themselves."""
        if not self.ignored:
            return
        if self.show_again(old):
            self.ignore(new)
        self.show_again(own)  # it may have been taken from somebody who is ignored

    def _ignore(self, ignored: Mapping[str, str]) -> None:
        self.ignored = ignored
        self.reader.ignore(frozenset(ignored))

    def _reshape(self) -> None:
        """Show every log in the form that the settings ask for."""
        self.speak(self._form)
        if self._box is not None:
            self.reader.reform(self._box, self._form)
        for room in self.rooms:
            self.reader.reform(room.log, self._form_for(room))

    def _form_for(self, room: Room) -> Form:
        return self._form.variant(self.style, room.name.shown, current=room is self.current)
