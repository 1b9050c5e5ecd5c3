"""Servers with one fault each, in every dialect: the benchmark's check has to find it.

Knows the dialects as far as the load speaks them. Must not know the check.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial

from twisted.internet import reactor
from twisted.internet.protocol import ServerFactory

from tests.benchmark.plain_loop import Talk

EVERYBODY = b""
NO_NAME = b""
"""Of the room that all are in who are in no other one."""

SKIPPED = {"skip an id": 1, "skip 65,536 ids": 2**16}
"""How many ids a fault leaves out."""


AT_A_TIME = {"one at a time": 1, "three at a time": 3}
"""Servers without a fault, but with no patience either: so many messages of somebody may be on their way to the victim."""
ON_THE_WAY_SECONDS = 0.002

INSTEAD: dict[str, Callable[[bytes], bytes]] = {
    "double": lambda line: line * 2,
    "change": lambda line: line.replace(b"fox", b"cat"),
    "change the end": lambda line: b" 0".join(line.rsplit(b" o", 1)),
    "add": lambda line: line.rstrip() + b" and on" + line[len(line.rstrip()) :],
    "longer name": lambda line: line.replace(b'"#bench0"', b'"#bench0x"'),
    "hour": lambda line: line.replace(line[1:6], b"33:33" if line[:1] == b"[" else line[1:6], 1),
    "refuse": lambda line: line + b"! Too fast: please wait.\n",
}
"""What a fault makes of a line."""


class Faulty(Talk):
    """The plain loop, with one fault: in what the victim hears first of everybody's message 1."""

    fault = ""
    victim = EVERYBODY
    """A name; or everybody is one."""
    place = NO_NAME
    """The room in which it happens, if that is the only one."""
    news = b"* somebody joined.\n"
    rooms: defaultdict[bytes, list[Talk]]
    """Of the class that is made for a server: who is in the rooms that have names."""
    spoilt = False
    later: bytearray | None = None

    def __init__(self, room: list[Talk]) -> None:
        super().__init__(room)
        self.held: dict[bytes, bytes] = {}
        """By rooms: a line that is to come after the next one there."""
        self.on_the_way = 0
        """What this one has said, and the victim was not sent yet."""

    def tell(self, line: bytes, room: bytes = NO_NAME) -> None:
        """Pass on, faithfully but for once."""
        for other in self.rooms[room] if room else self.room:
            if other is self or not isinstance(other, Faulty):
                continue
            if self.fault in AT_A_TIME and other.name == self.victim and b"|" in line:
                self.send_slowly(other, line)
            elif other.is_due(line) and self.place in (NO_NAME, room):
                other.spoilt = True
                self.spoil(other, line, room)
            elif other.later is not None:
                other.later += line
            else:
                other.transport.write(line + other.held.pop(room, b""))

    def is_due(self, line: bytes) -> bool:
        """Whether this is the line with which something is to go wrong."""
        if self.victim == EVERYBODY:  # then it is the same line for all
            return b"|00004 00000001 " in line
        return self.name == self.victim and b" 00000001 " in line and not self.spoilt

    def spoil(self, other: "Faulty", line: bytes, room: bytes) -> None:
        """Do it."""
        match self.fault:
            case "swap":
                other.held[room] = line
            case "wrong room":
                other.transport.write(line.replace(room, other.another_than(room), 1))
            case "stray":
                other.transport.write(line)
                self.stranger(room).transport.write(line)
            case "echo":
                self.transport.write(line)
                other.transport.write(line)
            case "rename":
                other.transport.write(line.replace(self.name, b"b00009", 1))
            case "close":
                other.transport.abortConnection()
            case "late":
                other.transport.write(line)
                reactor.callLater(0.1, other.transport.write, line)
            case "news":
                other.transport.write(self.news + line + self.news.rstrip()[:-1].ljust(300, b"x") + self.news[-2:])
            case "cut":
                other.hear_in_two(line[:60], line[60:])
            case "unfinished news":
                other.hear_in_two(line + b"* ".ljust(400, b"x"), b" joined.\n")
            case fault if fault in INSTEAD:
                other.transport.write(INSTEAD[fault](line))

    def another_than(self, room: bytes) -> bytes:
        """A room that this one is in as well."""
        return next(name for name, people in self.rooms.items() if self in people and name != room)

    def stranger(self, room: bytes) -> Talk:
        """Somebody who is not in this room."""
        return next(one for people in self.rooms.values() for one in people if one not in self.rooms[room])

    def send_slowly(self, other: "Faulty", line: bytes) -> None:
        """Pass on a moment later; whoever has said the next ones before that is thrown out."""
        self.on_the_way += 1
        if self.on_the_way > AT_A_TIME[self.fault]:
            self.transport.abortConnection()
        reactor.callLater(ON_THE_WAY_SECONDS, self.arrive, other, line)

    def arrive(self, other: "Faulty", line: bytes) -> None:
        """It is there."""
        self.on_the_way -= 1
        other.transport.write(line)

    def hear_in_two(self, now: bytes, later: bytes) -> None:
        """Be sent something in two packets."""
        self.transport.write(now)
        self.later = bytearray(later)
        reactor.callLater(0.05, self.go_on)

    def go_on(self) -> None:
        """Send what was kept for later."""
        if self.later is not None:
            self.transport.write(bytes(self.later))
            self.later = None


class FaultyIrc(Faulty):
    """The same as an IRC server, which wants a PONG before it lets anybody in."""

    news = b":irc.example.org NOTICE * :somebody joined.\n"

    def lineReceived(self, line: bytes) -> None:
        """The five commands of the load."""
        command, _, rest = line.rstrip(b"\r").partition(b" ")
        match command:
            case b"NICK":
                self.name = rest
                self.transport.write(b"PING :ready?\r\n")
            case b"PONG":
                assert rest == b":ready?"
                welcome = b":irc.example.org 001 %b :Welcome\r\n" % self.name
                self.transport.write(welcome * (2 if self.fault == "two welcomes" else 1))
            case b"JOIN":
                self.tell(b":%b!user@host JOIN :%b\r\n" % (self.name, rest), rest)
                self.rooms[rest].append(self)
                self.transport.write(b":irc.example.org 366 %b %b :End\r\n" % (self.name, rest))
            case b"PRIVMSG":
                self.tell(b":%b!user@host PRIVMSG %b\r\n" % (self.name, rest), rest.partition(b" ")[0])


class FaultyJson(Faulty):
    """The same as chatd speaks to programs; with an ``ack`` and an id for every message."""

    news = b'{"type":"users","users":[]}\n'
    ids: Counter[bytes]
    """Of the class that is made for a server: the last id of each room."""
    entered = NO_NAME
    """The room entered last: what names no room is said there."""

    def lineReceived(self, line: bytes) -> None:
        """The three requests of the load."""
        request = json.loads(line)
        match request["type"]:
            case "register":
                self.name = request["user_id"].encode()
                self.send(type="register", ok=True)
            case "join":
                self.entered = request["room"].encode()
                self.rooms[self.entered].append(self)
                self.send(type="entered", room="#lobby")
                self.send(type="entered", room=request["room"])
            case "chat":
                self.chat(request)

    def chat(self, request: dict[str, str]) -> None:
        """To the others, then the ``ack``."""
        room = request.get("room", self.entered.decode())
        place = room.encode()
        self.ids[place] += 1 + (SKIPPED.get(self.fault, 0) if self.ids[place] == 7 else 0)
        number = self.ids[place]
        said = {"type": "chat", "room": room, "id": number, "from": self.name.decode(), "text": request["text"]}
        self.tell(json.dumps(said).encode() + b"\n", place)
        never = self.fault == "never an ack" and self.place in (NO_NAME, place)
        if not never and (self.fault != "no ack" or number != 7):
            self.acknowledge(request["cid"], room, number)

    def acknowledge(self, cid: str, room: str, number: int) -> None:
        """To who said it."""
        if self.fault == "ack of another room" and number == 7:
            room = self.another_than(room.encode()).decode()
        if self.fault == "two acks" and number == 7:
            self.send(type="ack", cid=cid, room=room, id=number)
        self.send(type="ack", cid=cid, room=room, id=number + (self.fault == "ack with another id" and number == 7))

    def send(self, **fields: object) -> None:
        """One object."""
        self.transport.write(json.dumps(fields, separators=(",", ":")).encode() + b"\n")


DIALECTS: dict[str, type[Faulty]] = {"plain": Faulty, "irc": FaultyIrc, "json": FaultyJson}


def factory(dialect: str, fault: str, victim: bytes, place: bytes = NO_NAME) -> ServerFactory:
    """A server with this fault, for this victim; in this room, if one is named."""
    made = ServerFactory()
    own = {"fault": fault, "victim": victim, "place": place, "rooms": defaultdict(list), "ids": Counter()}
    kind = type("WithFault", (DIALECTS[dialect],), own)
    protocol: Callable[[], Faulty] = partial(kind, [])
    made.protocol = protocol
    return made
