"""A small model of a server for client tests: docs/protocol.rst, version 1, as directly as it can be written down.

Knows logs, sessions, cids and what is answered; nothing of the real server, of sockets or of time. Replies gather in
``Connection.out`` until a test moves them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

AT = 1_700_049_600.0
RECENT = 20


@dataclass(eq=False)
class Person:
    """Somebody the server knows, whatever they are called."""

    name: str
    account: bool = False
    password: str | None = None
    box: "Log" = field(default_factory=lambda: Log("@"))
    unread: int = 0
    """Where reading the box begins when nobody says where."""
    cids: dict[str, tuple["Log", int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """One message of a log."""

    person: Person
    name: str
    text: str
    acted: bool = False
    to: str = ""
    origin: "Connection | None" = None


@dataclass(eq=False)
class Log:
    """The messages of a room or a box; the id of the n-th is n. Those before ``first`` are no longer kept."""

    name: str
    messages: list[Message] = field(default_factory=list)
    first: int = 1
    topic: str = ""

    @property
    def last(self) -> int:
        """The id of the last message."""
        return len(self.messages)

    def after(self, id: int) -> Iterator[tuple[int, Message]]:
        """What is kept behind this id."""
        start = max(id + 1, self.first)
        return iter(enumerate(self.messages[start - 1 :], start))


class ModelServer:
    """What all connections share."""

    def __init__(self) -> None:
        self.epoch = "first"
        self.rooms: dict[str, Log] = {}
        self.sessions: dict[str, Person] = {}
        self.accounts: dict[str, Person] = {}
        self.connections: list[Connection] = []
        self.busy = 0
        """So many messages are answered with ``retry`` before one is taken."""
        self.shy = 0
        """So many rooms cannot be entered for now."""
        self.bookless = 0
        """So many times a box cannot be read for now."""
        self.careless = 0
        """So many of those who should be shown something said in a room are not."""
        self.forgetful = 0
        """So many rooms cannot be resumed."""
        self.lagging = False
        """What is read from a log stays behind until :meth:`Connection.catch_up`; repeated acks overtake it."""
        self._secrets = count(1)

    def connect(self) -> "Connection":
        """A new connection."""
        connection = Connection(self)
        self.connections.append(connection)
        return connection

    def room(self, name: str) -> Log:
        """The log of this room."""
        return self.rooms.setdefault(name.lower(), Log(name))

    def taken(self, name: str) -> bool:
        """Whether somebody who is connected has this name."""
        return any(c.person is not None and c.person.name.lower() == name.lower() for c in self.connections)

    def secret(self, person: Person) -> str:
        """A new session of this person."""
        secret = f"session-{next(self._secrets)}"
        self.sessions[secret] = person
        return secret

    def replace_history(self) -> None:
        """The database is another one, with nothing in it, as after a restart without a backup."""
        for connection in list(self.connections):
            connection.hang_up()
        self.epoch += "+"
        self.rooms.clear()
        for person in self.sessions.values():
            person.box = Log("@")
            person.unread = 0
            person.cids.clear()

    def commit(self, log: Log, message: Message) -> int:
        """Give a message its place, and show it to everybody who reads there."""
        log.messages.append(message)
        for connection in list(self.connections):
            if not connection.reads(log) or connection is message.origin:
                continue
            if self.careless and log.name != "@":
                self.careless -= 1
            else:
                connection.show(log, log.last, message)
        return log.last


class Connection:
    """One connection: bytes in, bytes out."""

    def __init__(self, server: ModelServer) -> None:
        self.server = server
        self.out = bytearray()
        self.open = True
        self.person: Person | None = None
        self.session = ""
        self.heard: list[dict[str, Any]] = []
        """Every request that came."""
        self._logs: list[Log] = []
        self._behind: list[dict[str, Any]] = []
        self._gate: str | None = None
        self._buffer = b""

    def hang_up(self) -> None:
        """The connection is gone."""
        self.open = False
        if self in self.server.connections:
            self.server.connections.remove(self)

    def reads(self, log: Log) -> bool:
        """Whether what is said there is shown here."""
        return log in self._logs

    def send(self, kind: str, **fields: Any) -> None:
        """One line to the client."""
        line = {"type": kind} | {key: value for key, value in fields.items() if value is not None}
        self.out += json.dumps(line, ensure_ascii=False).encode() + b"\n"

    def ordered(self, kind: str, **fields: Any) -> None:
        """One line that has its place among the messages."""
        if self.server.lagging or self._behind:
            self._behind.append({"kind": kind} | fields)
        else:
            self.send(kind, **fields)

    def catch_up(self, most: int = 1_000_000) -> None:
        """Send so much of what was left behind."""
        for _ in range(min(most, len(self._behind))):
            self.send(**self._behind.pop(0))

    def show(self, log: Log, id: int, message: Message) -> None:
        """One message of a log, to its reader."""
        kind = "pm" if message.to else "chat"
        to, act = message.to or None, message.acted or None
        self.ordered(kind, room=log.name, id=id, **{"from": message.name}, to=to, text=message.text, act=act, ts=AT)

    def receive(self, data: bytes) -> None:
        """Bytes of the client."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            if self.open:
                request = json.loads(line)
                self.heard.append(dict(request))
                getattr(self, "on_" + request.pop("type"))(**request)

    def on_register(self, **asked: Any) -> None:
        """Somebody introduces themselves."""
        if "session" in asked:
            person = self.server.sessions.get(asked["session"])
            if person is None:
                self._unregistered("session_unknown")
                return
            self.session = asked["session"]
            for other in list(self.server.connections):
                if other.session == self.session and other is not self:
                    other.send("bye", reason="replaced", text="Replaced.")
                    other.hang_up()
        else:
            found = self._by_name(asked["user_id"], asked.get("password"))
            if found is None:
                return
            person, self.session = found, self.server.secret(found)
            self._logs.append(person.box)
        self.person = person
        names = {"user_id": person.name, "session": self.session, "epoch": self.server.epoch}
        self.send(
            "register",
            ok=True,
            v=1,
            **names,
            box=person.unread,
            account=person.account,
            motd="",
            ping=90,
            text_bytes=4096,
        )
        if "session" not in asked:
            for id, message in person.box.after(person.unread):
                self.show(person.box, id, message)

    def _by_name(self, name: str, password: str | None) -> Person | None:
        account = self.server.accounts.get(name.lower())
        if account is not None and password is None:
            reason = "password_required"
        elif account is not None and password != account.password:
            reason = "wrong_password"
        elif account is None and self.server.taken(name):
            reason = "user_taken"
        else:
            return account or Person(name)
        self._unregistered(reason)
        return None

    def _unregistered(self, reason: str, **more: Any) -> None:
        self.send("register", ok=False, reason=reason, text=f"{reason}, in words.", **more)

    def on_join(self, room: str, recent: int = RECENT) -> None:
        """Into a room, with some of its end."""
        if self._refused("join"):
            return
        log = self.server.room(room)
        place = {"room": log.name, "topic": log.topic, "last": log.last, "epoch": self.server.epoch}
        if self.reads(log):
            self.send("entered", **place, fresh=False)
            return
        self._logs.append(log)
        self.send("entered", **place, fresh=True)
        for id, message in log.after(log.last - recent):
            self.show(log, id, message)
        self._present(log)

    def on_resume(self, room: str, epoch: str, after: int) -> None:
        """Into a room again, or the box."""
        assert self.person is not None
        if self._refused("resume"):
            return
        if room == "@" and self.server.bookless:
            self.server.bookless -= 1
            self.send("retry", error="retry", text="Not now.", request="resume", seconds=1)
            return
        if room != "@" and self.server.forgetful:
            self.server.forgetful -= 1
            self.send("error", error="no_such_room", text="Nobody is there.", request="resume")
            return
        log = self.person.box if room == "@" else self.server.room(room)
        lost = epoch != self.server.epoch or after > log.last
        start = max(0, log.last - RECENT) if lost else after
        if not self.reads(log):
            self._logs.append(log)
        kind = "reset" if lost else "resumed"
        self.send(kind, room=log.name, topic=log.topic, after=start, last=log.last, epoch=self.server.epoch)
        if start + 1 < log.first:
            self.ordered("gap", room=log.name, first=log.first)
        for id, message in log.after(start):
            if message.origin is not self:
                self.show(log, id, message)
        self._present(log)

    def _refused(self, request: str) -> bool:
        if self.server.shy:
            self.server.shy -= 1
            self.send("retry", error="retry", text="Not now.", request=request, seconds=1)
            return True
        return False

    def _present(self, log: Log) -> None:
        if log.name == "@":
            return
        present = [c.person for c in self.server.connections if c.reads(log) and c.person]
        names = sorted({person.name for person in present})
        self.ordered("users", room=log.name, users=names, count=len(names), ts=AT)

    def on_leave(self, room: str) -> None:
        """Out of a room."""
        self._logs.remove(self.server.room(room))
        self.send("departed", room=room, current=None)

    def on_history(self, room: str | None = None, count: int = RECENT, **_: Any) -> None:
        """Some of the end of a log."""
        assert self.person is not None
        log = self.person.box if room in (None, "@") else self.server.room(room or "")
        messages = list(log.after(max(0, log.last - count)))
        for id, said in messages:
            self.send("past", room=log.name, id=id, **{"from": said.name}, to=said.to, text=said.text, ts=AT)
        self.send("history", room=room, count=len(messages), more=False)

    def on_chat(self, text: str, room: str, cid: str | None = None, act: bool = False) -> None:
        """Said in a room."""
        assert self.person is not None
        if self._not_taken(cid, self.reads(self.server.room(room)), "not_in_room"):
            return
        log = self.server.room(room)
        message = Message(self.person, self.person.name, text, act, origin=self)
        self._ack(cid, log, self.server.commit(log, message))

    def on_pm(self, to: str, text: str, cid: str | None = None) -> None:
        """Said to one person."""
        assert self.person is not None
        people = {c.person.name.lower(): c.person for c in self.server.connections if c.person}
        receiver = people.get(to.lower())
        if self._not_taken(cid, receiver is not None and receiver is not self.person, "no_such_user"):
            return
        assert receiver is not None
        message = Message(self.person, self.person.name, text, to=receiver.name, origin=self)
        self.server.commit(receiver.box, message)
        self._ack(cid, self.person.box, self.server.commit(self.person.box, message), receiver.name)

    def _ack(self, cid: str | None, log: Log, id: int, to: str | None = None) -> None:
        if cid is not None and self.person is not None:
            self.person.cids[cid] = (log, id)
        self.ordered("ack", cid=cid, room=log.name, id=id, to=to, ts=AT)

    def _not_taken(self, cid: str | None, possible: bool, code: str) -> bool:
        """Whether it was answered otherwise: a repeat, a retry, an error."""
        assert self.person is not None
        if cid is not None and cid in self.person.cids:
            log, id = self.person.cids[cid]
            self.send("ack", cid=cid, room=log.name, id=id, ts=AT)
        elif self._gate not in (None, cid) or self.server.busy:
            self.server.busy = max(0, self.server.busy - 1)
            self._gate = self._gate or cid
            self.send("retry", error="retry", text="Later.", request="chat", cid=cid)
            return True
        elif not possible:
            self.send("error", error=code, text=f"{code}, in words.", request="chat", cid=cid)
        else:
            self._gate = None
            return False
        self._gate = None if self._gate == cid else self._gate
        return True

    def on_ping(self) -> None:
        """Is the server there?"""
        self.send("pong", ts=AT)

    def on_pong(self) -> None:
        """The client is there."""

    def on_logout(self) -> None:
        """Goodbye."""
        self.catch_up()
        self.send("bye", reason="asked", text="Goodbye.")
        self.hang_up()
