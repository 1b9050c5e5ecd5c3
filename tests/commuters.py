"""Programs in a simulation, whose line is cut again and again: they come back, read on, and send again what was not answered.

They do what ``docs/protocol.rst`` asks of a client, and hold what they are told against what the store keeps. Must not
know what happens when: that is decided elsewhere.
"""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from chatd.chat import Chat
from chatd.requests import BOX, Introduce, Join, Resume, Say, Tell
from chatd.secret import Secret
from chatd.wire.json_events import JsonForm
from tests.doubles import Terminal
from tests.visitors import Kept, require

FINAL = {"no_such_user", "not_in_room", "box_full"}
"""Errors that are the end of a message."""
WAITING = 20
"""Messages that may be unanswered."""


class Program(Terminal):
    """A connection behind which nobody types."""

    interactive = False


class Commuter:
    """One program, over all its connections."""

    def __init__(self, chat: Chat, kept: Kept, chance: Random, name: str) -> None:
        self.name = name
        self.said: list[str] = []
        self.refused: list[str] = []
        self._chat = chat
        self._kept = kept
        self._chance = chance
        self._line: Program | None = None
        self._dead: list[Program] = []
        """Connections whose end the server has not noticed."""
        self._read = 0
        self._registered = False
        self._again = False
        """Something has to be sent again."""
        self.impatient = chance.random() < 0.5
        """Sends everything again without being asked to."""
        self._begin_anew()

    @property
    def settled(self) -> bool:
        """Connected, and everything that was said is answered."""
        return self._registered and not self._outbox

    @property
    def away(self) -> bool:
        """Whether there is no connection."""
        return self._line is None

    @property
    def terminal(self) -> Program:
        """The connection there is."""
        assert self._line is not None
        return self._line

    def connect(self, address: str) -> None:
        """Come back by a new connection, whether the old one was seen to end or not."""
        self._line = Program(self._chat, address, JsonForm(1, clock=self._chat.wall))
        self._read = 0
        self._registered = self._again = False
        self._introduce()

    def cut(self, noticed: bool) -> None:
        """What was not read yet is lost; the server may not ``notice`` before the next connection is there."""
        line, self._line = self.terminal, None
        self._registered = False
        if noticed or not self._secret:
            line.lose()
        else:
            line.outlet.blocked = True
            self._dead.append(line)

    def let_notice(self) -> None:
        """The server notices the end of every connection that has ended."""
        for line in self._dead:
            line.lose()
        self._dead.clear()

    def say(self, request: Say | Tell) -> None:
        """Say something that nobody has said before, and keep it until it is answered."""
        if not self._registered or len(self._outbox) >= WAITING:
            return
        self.said.append(request.text)
        self._texts[str(request.cid)] = request.text
        self._outbox[str(request.cid)] = request
        self.terminal.send(request)

    def join(self, room: str) -> None:
        """Go into a room, to stay."""
        if self._registered and room not in self._record:
            self.terminal.send(Join(room))

    def rooms(self) -> list[str]:
        """The rooms it is in, as far as it knows."""
        return [room for room in self._record if room != BOX]

    def think(self, everything: bool) -> None:
        """Read what has come, or some of it; then do what follows from it."""
        chunks = self.terminal.outlet.sent[self._read :]
        for chunk in chunks if everything else chunks[: self._chance.randrange(len(chunks) + 1)]:
            self._read += 1
            for line in chunk.splitlines():
                self._hear(json.loads(line))
        unasked = self.impatient and self._chance.random() < 0.1
        if self._registered and (unasked or (self._again and (everything or self._chance.random() < 0.5))):
            self._again = False
            self.terminal.send(*self._outbox.values())

    def check(self) -> None:
        """What it was told over all connections is the log, without a gap, up to its end."""
        require(not self._outbox, f"{self.name} was never told what became of {list(self._outbox)}")
        for room, record in self._record.items():
            kept = self._kept[self._log(room)]
            ids = list(record)
            require(ids == list(range(self._first[room], len(kept) + 1)), f"{self.name} has {ids} of {room}")
            for id, text in record.items():
                require(kept[id - 1] == text, f"{self.name} has {text} as {room}/{id}, not {kept[id - 1]}")
        for room in self.rooms():
            there = {person.shown for person in self._chat._rooms[room].people}
            # Of itself it need not be told; a connection that has just ended may still be told of.
            require(self._people[room] | {self.name} == there, f"{self.name} sees {self._people[room]}, not {there}")

    def vanish(self) -> None:
        """Be gone for good."""
        if self._line is not None:
            self._line.lose()

    def _begin_anew(self) -> None:
        """It is nobody yet, and has heard nothing."""
        self._secret = self._epoch = ""
        self._box = ""
        self._outbox: dict[str, Say | Tell] = {}
        self._texts: dict[str, str] = {}
        self._acked: dict[str, tuple[str, int]] = {}
        self._record: dict[str, dict[int, str]] = {}
        self._first: dict[str, int] = {}
        self._people: dict[str, set[str]] = {}

    def _introduce(self) -> None:
        if self._secret:
            self.terminal.send(Introduce(None, session=Secret(self._secret), resumable=True))
        else:
            self._begin_anew()
            self.terminal.send(Introduce(self.name, resumable=True))

    def _hear(self, told: dict[str, Any]) -> None:
        hear: Callable[[dict[str, Any]], None] | None = getattr(self, f"_hear_{told['type']}", None)
        if hear is not None:
            hear(told)

    def _hear_register(self, told: dict[str, Any]) -> None:
        if not told["ok"]:
            require(told["reason"] == "retry", f"{self.name} is not let in: {told}")
            self._introduce()
            return
        require(told["user_id"] == self.name, f"{self.name} is called {told['user_id']}")
        require(told["session"] == self._secret or not self._secret, f"{self.name} has another session")
        self._registered = True
        self._epoch = told["epoch"]
        if not self._secret:
            self._secret, self._box = told["session"], self.terminal.session.person.box.name
            self._begin(BOX, 1)
            return
        self.terminal.send(*(Resume(room, self._epoch, self._last(room)) for room in self._record))
        self.terminal.send(*self._outbox.values())

    def _hear_entered(self, told: dict[str, Any]) -> None:
        if told["fresh"]:
            self._begin(told["room"], max(1, told["last"] - self._chat.limits.greeting_lines + 1))

    def _hear_resumed(self, told: dict[str, Any]) -> None:
        require(told["after"] == self._last(told["room"]), f"{self.name} goes on behind {told['after']}")

    def _hear_reset(self, told: dict[str, Any]) -> None:
        require(False, f"{self.name} is told of another history: {told}")

    def _hear_gap(self, told: dict[str, Any]) -> None:
        require(False, f"{self.name} is told of a gap: {told}")

    def _hear_chat(self, told: dict[str, Any]) -> None:
        self._take(told["room"], told["id"], told["text"])

    def _hear_pm(self, told: dict[str, Any]) -> None:
        self._take(BOX, told["id"], told["text"])

    def _hear_ack(self, told: dict[str, Any]) -> None:
        room, id, cid = told["room"], told["id"], told["cid"]
        place = self._acked.setdefault(cid, (room, id))
        require(place == (room, id), f"{self.name} is told that {cid} is {place}, and then {room}/{id}")
        if id > self._last(room):
            self._take(room, id, self._texts[cid])
        else:
            self._require_same(room, id, self._texts[cid])
        self._outbox.pop(cid, None)

    def _hear_retry(self, told: dict[str, Any]) -> None:
        self._again = self._again or "cid" in told

    def _hear_error(self, told: dict[str, Any]) -> None:
        require(told["error"] in FINAL, f"a strange error: {told}")
        request = self._outbox.pop(told["cid"], None)
        if request is not None:
            self.refused.append(request.text)

    def _hear_users(self, told: dict[str, Any]) -> None:
        if "room" in told:
            self._people[told["room"]] = set(told["users"])

    def _hear_joined(self, told: dict[str, Any]) -> None:
        self._people[told["room"]] |= set(told["users"])

    def _hear_left(self, told: dict[str, Any]) -> None:
        self._people[told["room"]] -= set(told["users"])

    def _hear_renamed(self, told: dict[str, Any]) -> None:
        there = self._people[told["room"]]
        if told["from"] in there:
            self._people[told["room"]] = there - {told["from"]} | {told["to"]}

    def _hear_bye(self, told: dict[str, Any]) -> None:
        require(False, f"{self.name} is sent away, and nobody stands for it but this connection: {told}")

    def _begin(self, room: str, first: int) -> None:
        self._record[room] = {}
        self._first[room] = first
        self._people[room] = set()

    def _last(self, room: str) -> int:
        return self._first[room] - 1 + len(self._record[room])

    def _take(self, room: str, id: int, text: str) -> None:
        require(id <= len(self._kept[self._log(room)]), f"{self.name} was told of {room}/{id} before it was stored")
        require(id == self._last(room) + 1, f"{self.name} was told of {room}/{id} behind {self._last(room)}")
        self._record[room][id] = text

    def _require_same(self, room: str, id: int, text: str) -> None:
        before = self._record[room].get(id, text)
        require(before == text, f"{self.name} has {before} as {room}/{id}, and an ack says it is {text}")

    def _log(self, room: str) -> str:
        return self._box if room == BOX else room
