"""The whole chat, seen from one session: who is here, which rooms there are, and the way into the logs.

Must not know formats, sockets, SQL or the reactor. Time, chance and the store are given to it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from chatd.accounts import PasswordCheck
from chatd.boxes import Boxes
from chatd.clock import Clock, Spawn, WallClock
from chatd.commits import Commits, Post
from chatd.directory import Directory
from chatd.errors import ChatError, NameRegistered, NameTaken, TooManySessions
from chatd.events import Attendance, Roll
from chatd.languages import ENGLISH, Language
from chatd.limits import Limits
from chatd.log import Log, Tail, TailBudget
from chatd.names import Name, RoomName, room_name
from chatd.people import Person, Presence, Roster
from chatd.recent import Recent
from chatd.rollcall import RollCall
from chatd.room import Room
from chatd.secret import Secret
from chatd.sessions import Sessions
from chatd.storage.contract import Placed, Store
from chatd.throttle import AccountThrottle, LoginThrottle

LOBBY = "#lobby"
"""Where everybody begins."""
NAMES = 5000
"""Names in one answer."""


class Journal(Protocol):
    """What the operator is told. Never what was said."""

    def came(self, name: str, address: str, online: int) -> None:
        """Somebody gave a name; now so many are online."""

    def went(self, name: str, address: str, online: int) -> None:
        """Somebody is gone; now so many are online."""

    def renamed(self, old: str, new: str) -> None:
        """Somebody took another name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the chat is given to run in."""

    store: Store
    clock: Clock
    wall: WallClock
    random: Random
    spawn: Spawn
    journal: Journal
    passwords: PasswordCheck
    limits: Limits = field(default_factory=Limits)
    motd: str = ""
    hide_addresses: bool = False
    language: Language = ENGLISH
    """That of whoever has not chosen one."""


class Chat:
    """Rooms, people, and one queue for all that is said. One for the whole server; sessions share it."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.limits = surroundings.limits
        self.clock = surroundings.clock
        self.store = surroundings.store
        self.spawn = surroundings.spawn
        self.wall = surroundings.wall
        self.page_bytes = surroundings.limits.page_bytes
        self.recent = Recent()
        self.roster = Roster()
        self.directory = Directory(self.store, self.clock, self.spawn)
        self.sessions = Sessions(self.store, self.clock, self.wall, self.spawn)
        limits = self.limits
        self.logins = LoginThrottle(limits.login_tries, limits.login_seconds, limits.login_longest)
        self.new_accounts = AccountThrottle(limits.accounts_per_address, limits.accounts_seconds)
        self.new_sessions = AccountThrottle(limits.sessions_per_address, limits.sessions_seconds, TooManySessions)
        self.commits = Commits(self.store, self.clock, self.spawn, self.limits)
        self.boxes = Boxes(self.store, self._new_tail)
        self.roll_call = RollCall(self.clock, lambda: self.attendance().names, self._call_roll)
        self._rooms: dict[str, Room] = {}
        self._tails = TailBudget(self.limits.tails_bytes)
        self._closings = 0
        self._epoch: str | None = None
        # They have to differ, and may be guessed; the system's own random bits are a system call for each.
        self._numbers = Random(surroundings.random.getrandbits(256))

    @property
    def rooms(self) -> list[Room]:
        """The rooms that people are in, the fullest first."""
        open_rooms = [room for room in self._rooms.values() if len(room)]
        return sorted(open_rooms, key=lambda room: (-len(room), room.name.key))

    def now(self, *logs: Log) -> float:
        """The time in these logs: that of day, but never before that of anything said in them."""
        return max([self.wall(), *(log.latest for log in logs)])

    def stamp(self, log: Log) -> float:
        """The time for something that is said in this log now, which may be ahead of the clock. No other is drawn along."""
        now, latest = self.wall(), log.latest
        log.latest = at = now if now > latest else latest  # max() takes seven times as long, for each message
        return at

    def new_number(self) -> int:
        """A number for a person or a connection that nobody else ever had or will have: 63 random bits."""
        return self._numbers.getrandbits(63)

    def new_secret(self) -> Secret:
        """A word that nobody can guess: 256 random bits."""
        return Secret(f"{self.surroundings.random.getrandbits(256):064x}")

    async def epoch(self) -> str:
        """Which history this is.

        Raises:
            StoreError: the store could not say.
        """
        if self._epoch is None:
            self._epoch = await self.store.epoch()
        return self._epoch

    @property
    def at_hand(self) -> tuple[Room, str] | None:
        """The lobby and the epoch; ``None``: for these, or for the accounts, the store has to be asked first."""
        lobby = self._rooms.get(LOBBY)
        if lobby is None or self._epoch is None or not self.directory.loaded:
            return None
        return lobby, self._epoch

    def require_unregistered(self, name: Name) -> None:
        """A guest's name must not be that of an account, or look like it.

        Raises:
            NameRegistered: it is one.
            NameTaken: it looks like one.
        """
        owner = self.directory.like(name)
        if owner is not None and owner.key == name.key:
            raise NameRegistered(name=owner.name)
        if owner is not None:
            raise NameTaken(name=name.shown, owner=owner.name)

    def arrived(self, person: Person, connection: Presence) -> None:
        """This connection is theirs."""
        person.connections += (connection,)
        self.surroundings.journal.came(person.shown, connection.address, len(self.roster))
        self.roll_call.changed()

    def gone(self, person: Person, connection: Presence) -> None:
        """This connection has ended; with the last one, its owner goes."""
        self.directory.save(person)
        person.connections = tuple(other for other in person.connections if other is not connection)
        if not person.connections:
            self.roster.remove(person)
            person.correspondent = None  # else those who wrote to each other would keep each other in memory
            self.boxes.close_if_idle(person)
            self.roll_call.changed()
        self.surroundings.journal.went(person.shown, connection.address, len(self.roster))

    def rename(self, person: Person, new: Name) -> None:
        """Give somebody another name; their own may be spelled differently.

        Raises:
            NameTaken: somebody has that name, or one like it.
            NameRegistered: it is an account.
        """
        old = person.name
        self.require_unregistered(new)
        self.roster.rename(person, new)
        if new != old:
            self.surroundings.journal.renamed(old.shown, new.shown)
            self.roll_call.changed()
            for connection in self.roster.connections():
                connection.renamed(old, new)

    def attendance(self) -> Attendance:
        """Everybody who is here: the first :data:`NAMES` by name, and how many there are."""
        names = tuple(person.shown for person in self.roster)
        return Attendance(None, names[:NAMES], len(names))

    def find_room(self, name: str) -> Room | None:
        """The room of that name, if somebody is in it.

        Raises:
            BadRoomName: no room can be called that.
        """
        room = self._rooms.get(room_name(name).key)
        return room if room is not None and len(room) else None

    async def open_room(self, name: RoomName) -> Room:
        """The room of that name, as the store knows it.

        Raises:
            StoreError: the store could not say.
        """
        while name.key not in self._rooms:
            closings = self._closings
            head = await self.store.head(name.key)
            # Somebody else may have been faster; and may have gone again, then this is its head no more.
            if name.key not in self._rooms and closings == self._closings:
                shown = RoomName(head.shown or name.shown, name.key)
                log = Log(name.key, head.last, self._new_tail, latest=head.at, soon=self._soon)
                self._rooms[name.key] = Room(shown, head.topic, log, self.commits, self.clock)
        return self._rooms[name.key]

    def leave(self, room: Room, person: Person, origin: int) -> None:
        """Somebody goes out of a room."""
        room.leave(person, origin)
        self.close_if_empty(room)

    def close_if_empty(self, room: Room) -> None:
        """Close a room that nobody is in, once the last words said in it are stored; the lobby stays."""
        if not len(room) and room.name.key != LOBBY:
            room.leavings += 1
            self.commits.mark(_LastWords(room, self._close))

    def _call_roll(self, roll: Roll) -> None:
        lobby = self._rooms.get(LOBBY)
        if lobby is not None:
            self.commits.notice(lobby.log, roll)

    def _close(self, room: Room) -> None:
        room.close()
        del self._rooms[room.name.key]
        self._closings += 1

    def _soon(self, call: Callable[[], None]) -> object:
        """Call this when others have had their turn."""
        return self.clock.callLater(0, call)

    def _new_tail(self) -> Tail:
        return Tail(self.limits.tail_bytes, self._tails)


@dataclass(slots=True)
class _LastWords:
    """Waits in the queue behind all that was said in a room, and closes it if nobody has come back.

    Until then the store does not know the room's last id, so that opening it again would give ids twice.
    """

    room: Room
    close: Callable[[Room], None]

    def stored(self, post: Post) -> None:  # noqa: ARG002 (there is nothing to tell)
        """Everything before this is."""
        self.room.leavings -= 1
        if not len(self.room) and not self.room.leavings:
            self.close(self.room)

    def not_stored(self, post: Post, error: ChatError) -> None:  # noqa: ARG002 (nobody to tell)
        """Everything before this is refused: it comes to the same."""
        self.stored(post)

    def repeated(self, post: Post, placed: Placed) -> None:  # noqa: ARG002 (it is no message)
        """Never called."""
        self.stored(post)
