"""People in a simulation, who hold what they are shown against what the store keeps.

Knows the core and the lines of :class:`tests.doubles.NumberedForm`. Must not know what happens when: that is decided
elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from chatd.chat import Chat
from chatd.requests import Introduce, Quit, Say, Tell
from chatd.room import Room
from tests.doubles import NumberedForm, RecordingOutlet, Terminal

UNSAID = {"NoRoom", "NoSuchPerson", "TellingYourself"}
"""Refusals of words that had nowhere to go."""
EXPECTED = UNSAID | {"NotStored", "ServerBusy", "NotInRoom"}

Kept: TypeAlias = Mapping[str, Sequence[str]]
"""The texts that the store keeps, of each log, in order."""


class Violation(AssertionError):
    """Something happened that must not."""


def require(truth: object, sentence: str) -> None:
    """Raise unless this is so."""
    if not truth:
        raise Violation(sentence)


class WitnessOutlet(RecordingOutlet):
    """An outlet whose bytes are checked against the store the moment they are sent."""

    def __init__(self, witness: Callable[[str], None]) -> None:
        super().__init__()
        self._witness = witness

    def send(self, data: bytes) -> None:
        """Have each line witnessed, and take it."""
        for line in data.decode().splitlines():
            self._witness(line)
        super().send(data)


@dataclass(slots=True)
class Stay:
    """What one connection was shown of one log while it was there."""

    log: str
    """As the store knows it."""
    first: int
    """The id it has to begin with."""
    before: int = 0
    """What was there when it began: of that, one is shown one's own words, too."""
    over: bool = False
    ids: list[int] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    """Who is there, as far as was told."""

    def hear(self, sign: str, names: list[str]) -> None:
        """Be told who came, went, is there, or changed a name."""
        if sign == "~":
            if names[0] in self.people:
                self.people = self.people - {names[0]} | {names[1]}
        elif sign == "=":
            self.people = set(names)
        else:
            self.people = self.people | set(names) if sign == "+" else self.people - set(names)


class Visitor:
    """One connection, and what it was shown, sorted by the stays in rooms."""

    def __init__(self, chat: Chat, kept: Kept, address: str, name: str, acks: bool) -> None:
        self.name = name
        self.acks = acks
        self.stays: list[Stay] = []
        self.said: list[str] = []
        self.refused: list[str] = []
        self.unsaid = 0
        self.quitting = False
        self.vanished = False
        self.dismissed = False
        """It was told goodbye."""
        self._chat = chat
        self._kept = kept
        self._open: dict[str, Stay] = {}
        self.terminal = Terminal(chat, address, NumberedForm(acks=acks), WitnessOutlet(self._shown))
        self.terminal.send(Introduce(name))

    @property
    def here(self) -> bool:
        """Whether it can be told anything yet."""
        return not self.vanished and not self.terminal.session.ended

    @property
    def current_name(self) -> str:
        """What it is called now, or was at the end."""
        session = self.terminal.session
        return session.person.shown if session.named else self.name

    def say(self, request: Say | Tell) -> None:
        """Say something that nobody has said before."""
        self.said.append(request.text)
        self.terminal.send(request)

    def quit(self) -> None:
        """Say goodbye."""
        self.quitting = True
        self.terminal.send(Quit())

    def vanish(self) -> None:
        """The cable is cut."""
        self.vanished = True
        self.terminal.lose()

    def check_stays(self) -> None:
        """Every stay saw its log from where it began, without gaps; those that last, up to the end."""
        for stay in self.stays:
            kept = self._kept[stay.log]
            upto = len(kept)
            if stay.over or not self.here:
                upto = stay.ids[-1] if stay.ids else stay.first - 1
            expected = [id for id in range(stay.first, upto + 1) if self._is_shown(stay, id, kept[id - 1])]
            require(stay.ids == expected, f"{self.name} was shown {stay.ids} of {stay.log}, not {expected}")
            if self.here and not stay.over and stay.log.startswith("#"):
                people = {person.shown for person in self._room(stay.log).people}
                require(stay.people == people, f"{self.name} sees {stay.people} in {stay.log}, there are {people}")

    def _is_shown(self, stay: Stay, id: int, text: str) -> bool:
        """Its own words it is shown as acks, or not at all; its own private ones, and older ones, it is."""
        return self.acks or id <= stay.before or stay.log.startswith("@") or text not in self.said

    def _shown(self, line: str) -> None:
        """One line comes in."""
        require(not self.terminal.hung_up, f"{self.name} was sent {line!r} after the connection was closed")
        require(not self.dismissed, f"{self.name} was sent {line!r} after the goodbye")
        self.dismissed = line.startswith("* Goodbye")
        sign, _, rest = line.partition(" ")
        if sign == "+":
            self._entered(*rest.split(" "))
        elif sign == ">":
            log, change, names = rest.split(" ")
            require(log in self._open, f"{self.name} was told of {log} without being there")
            self._open[log].hear(change, names.split(","))
        elif sign == "-":
            self._open.pop(rest).over = True
        elif sign == "!":
            self._refused(rest)
        elif sign != "*":
            log, id = sign.split("/")
            self._message(log, int(id), rest)

    def _entered(self, room: str, others: str) -> None:
        self._open_box()
        last = self._room(room).log.last
        people = {self.current_name, *others.split(",")} - {""}
        self._begin(room, Stay(room, max(1, last - self._chat.limits.greeting_lines + 1), last, people=people))

    def _open_box(self) -> None:
        if "@" not in self._open:
            self._begin("@", Stay(self.terminal.session.person.box.name, 1))

    def _room(self, name: str) -> Room:
        return self._chat._rooms[name]

    def _begin(self, shown: str, stay: Stay) -> None:
        self._open[shown] = stay
        self.stays.append(stay)

    def _refused(self, rest: str) -> None:
        error, _, line = rest.partition(" ")
        require(error in EXPECTED, f"a strange refusal: {rest}")
        self.unsaid += error in UNSAID
        if line:
            self.refused.append(line)

    def _message(self, log: str, id: int, rest: str) -> None:
        self._open_box()
        require(log in self._open, f"{self.name} was shown something of {log} without being there")
        stay = self._open[log]
        kept = self._kept[stay.log]
        require(id <= len(kept), f"{self.name} was shown {log}/{id} before it was stored")
        text = kept[id - 1]
        if rest == "ack":
            require(text in self.said, f"{self.name} got an ack for {text}")
        else:
            require(rest.endswith(f": {text}"), f"{self.name} was shown {rest} in the place of {text}")
            whole = id <= stay.before or stay.log.startswith("@") or text not in self.said
            require(whole, f"{self.name} was shown its own {text}")
        stay.ids.append(id)
