"""Somebody with one of our clients: the real core, run over the simulated network as :mod:`clients.network` runs it.

Must not know the server, or what happens when. A client that is killed is started again with nothing but its session.
"""

from random import Random

from twisted.internet.interfaces import IDelayedCall

from chatd.folding import fold_letters
from chatd.requests import BOX, Act, Join, Leave, Recall, Register, Rename, Request, Say, Search, Tell, Topic
from chatd.secret import Secret
from clients import events
from clients.core import ClientCore, Identity, Wish
from clients.events import Event, State
from tests.simulated.lines import Line
from tests.simulated.record import Record
from tests.simulated.surroundings import Surroundings
from tests.simulated.witness import Witness

ROOMS = ("#lobby", "#tea", "#dev")
PASSWORD = Secret("correct horse battery staple")


class Member:
    """One person with a client."""

    watchful = True

    def __init__(self, around: Surroundings, name: str, address: str, owner: bool) -> None:
        self.name = name
        self.address = address
        self.said: list[list[str]] = []
        """What was typed, in order, into each of the clients one after the other."""
        self.given_up: set[str] = set()
        """What a client had not delivered when it was killed."""
        self.records: list[Record] = []
        """Of each client, one after the other."""
        self.line: Line | None = None
        self.slow = False
        self.owner = owner
        """Wants an account, once there is a connection."""
        self._around = around
        self._names = 0
        self._attempts = 0
        self._dialling = False
        self._witness: Witness | None = None
        self._timer: IDelayedCall | None = None
        self._begin(Identity(name))

    @property
    def record(self) -> Record:
        """What the present client was told."""
        return self.records[-1]

    @property
    def online(self) -> bool:
        """Whether it is."""
        return self.core.state is State.ONLINE

    @property
    def rooms(self) -> list[str]:
        """The rooms it is in, or wants to be."""
        return [room.name for room in self.core.rooms.values() if room.name != BOX]

    def heard(self, data: bytes) -> None:
        """See :class:`~tests.simulated.lines.Peer`."""
        if self._witness is not None:
            self._witness.heard(data)
        self._around.tell(self.name, data)
        self.core.received(data, self._now)
        self._follow()

    def lost(self, reason: str) -> None:
        """See :class:`~tests.simulated.lines.Peer`."""
        self.line = None
        self.core.connection_lost(self._now, reason)
        self._follow()

    def say(self, to: str | None) -> None:
        """Say something in a room, or to somebody."""
        rooms = self.rooms
        if self.core.state is State.ENDED or (to is None and not rooms):
            return
        room = self._around.chance.choice(rooms) if to is None else ""
        text = self._around.speak(self.name, f"@{to}" if to is not None else room)
        self.said[-1].append(text)
        acting = self._around.chance.random() < 0.1
        self.ask(Tell(to, text) if to is not None else Act(text, room) if acting else Say(text, room))

    def errand(self) -> None:
        """Do something else."""
        chance = self._around.chance
        room = chance.choice(ROOMS)
        self._names += 1
        choices: list[Request] = [Join(room), Join(room), Topic("tea", room), Recall(5), Search("t1")]
        if not self.core.account:
            choices.append(Rename(f"{self.name}n{self._names}"))
        if room in self.rooms and len(self.rooms) > 1:
            choices.append(Leave(room))
        self.ask(chance.choice(choices))

    def ask(self, request: Request) -> None:
        """Ask for something."""
        self._around.tell(self.name, request)
        self.core.send(request, self._now)
        self._follow()

    def be_killed(self, forget: bool) -> None:
        """The process is gone, and another one is started with its session, or with the password."""
        self._around.counts["clients_killed"] += 1
        self._around.tell(self.name, "is killed")
        self.given_up |= {pending.text for pending in self.core.pending}
        session, name, account = self.core.session, self.core.name, self.core.account
        self._leave()
        self._begin(Identity(name, PASSWORD if account else None, session=None if forget and account else session))

    def vanish(self) -> None:
        """Be gone for good."""
        self.core.quit(self._now)
        self._follow()

    def drop_dead(self) -> None:
        """The whole machine is gone for good: nobody closes the connection."""
        line = self.line
        if line is not None:
            line.sever(None, None)
        self._leave()

    def read(self, reading: bool) -> None:
        """Read what comes, or nothing."""
        self.slow = not reading
        if self.line is not None:
            self.line.read(reading)

    def behind(self) -> list[str]:
        """The rooms, and the box, of which not everything was shown yet that is kept."""
        ledger = self._around.disk.ledger
        lasts = {room: ledger.last_of(ledger.epoch, fold_letters(room)) for room in self.rooms}
        if self.record.box_log:
            lasts[BOX] = ledger.last_of(ledger.epoch, self.record.box_log)
        return [room for room, last in lasts.items() if self._seen(room) < last]

    def _seen(self, room: str) -> int:
        """Up to where it was shown a log; or, where nothing was shown, was told that it reads."""
        reading = self.record.readings.get(room)
        shown = reading.last if reading is not None else None
        return shown or self.core.rooms[room].last or 0

    @property
    def _now(self) -> float:
        return self._around.time.seconds()

    def _begin(self, identity: Identity) -> None:
        around = self._around
        self.core = ClientCore(identity, Random(around.chance.getrandbits(64)), self._now, rooms=("#lobby",))
        core = self.core

        def epoch_of(name: str) -> str:
            room = core.rooms.get(name)
            return room.position.epoch if room is not None else ""  # it was left already: that will be told next

        self.said.append([])
        self.records.append(Record(self.name, around.disk, epoch_of, around.server.limits.greeting_lines))
        self._follow()

    def _leave(self) -> None:
        self._attempts += 1
        self._dialling = False
        if self.line is not None:
            self.line.hang_up()
            self.line = None
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _follow(self) -> None:
        """Do what the core wishes."""
        for event in self.core.take_events():
            self._around.tell(self.name, event)
            self.record.told(event)
            self._react(event)
        if self.core.wish is Wish.CONNECT and self.line is None and not self._dialling:
            self._dial()
        data = self.core.take_bytes()
        if self.line is not None:
            self.line.send(data)
        if self.core.wish is Wish.CLOSE and self.line is not None:
            self.line.hang_up()
            self.line = None
            self._around.time.callLater(0, self._closed, self.core)
        self._set_timer()

    def _dial(self) -> None:
        self._dialling = True
        attempt = self._attempts

        def answered(line: Line | None) -> None:
            if attempt == self._attempts:
                self._dialling = False
                self._connected(line)
            elif line is not None:
                line.hang_up()  # who dialled is gone

        self._around.dial(self, self.address, answered)

    def _connected(self, line: Line | None) -> None:
        if line is None:
            self.core.connection_lost(self._now, "Nobody answers.")
        else:
            self.line = line
            line.read(not self.slow)
            self._witness = Witness(self.name, self._around.disk.ledger, self._around.counts)
            self.core.connection_opened(self._now)
        self._follow()

    def _closed(self, core: ClientCore) -> None:
        if core is self.core:
            core.connection_lost(self._now, "Closed.")
            self._follow()

    def _react(self, event: Event) -> None:
        """What a person does about it."""
        match event:
            case events.NameWanted():
                self._names += 1
                self._around.time.callLater(1.0, self._give_name, self.core, f"{self.name}x{self._names}")
            case events.PasswordWanted():
                self._around.time.callLater(1.0, self._give_password, self.core)
            case events.Bye(reason="replaced"):
                # By an older client's last words, which were on their way for longer. A person starts it again.
                self._around.time.callLater(1.0, self._start_again, self.core)
            case events.Welcomed(account=False) if self.owner:
                self._around.time.callLater(0, self.ask, Register(PASSWORD))
            case events.Welcomed(again=True):
                self._around.counts["back_again"] += 1
            case events.Claimed():
                self._around.counts["accounts"] += 1
            case events.Waiting():
                self._around.counts["left_in_a_box"] += 1

    def _start_again(self, core: ClientCore) -> None:
        if core is self.core:
            self.be_killed(forget=False)

    def _give_name(self, core: ClientCore, name: str) -> None:
        if core is self.core:
            core.give_name(name)
            self._follow()

    def _give_password(self, core: ClientCore) -> None:
        if core is self.core:
            core.give_password(PASSWORD)
            self._follow()

    def _set_timer(self) -> None:
        deadline = self.core.deadline
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        if deadline is not None and self.core.state is not State.ENDED:
            self._timer = self._around.time.callLater(max(0.0, deadline - self._now), self._tick)

    def _tick(self) -> None:
        self.core.tick(self._now)
        self._follow()
