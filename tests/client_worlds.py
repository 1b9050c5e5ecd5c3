"""A client core, a model of a server and the bytes between them, moved by a test: no sockets, no time of its own."""

from collections.abc import Iterable
from random import Random
from typing import TypeVar

from chatd.requests import Request
from chatd.wire import commands
from clients import events
from clients.core import ClientCore, Identity, Wish
from clients.events import Event, State
from tests.protocol_model import Connection, ModelServer

E = TypeVar("E")


class Client:
    """One client: its core, its connection, and everything its interface was told."""

    def __init__(self, server: ModelServer, identity: Identity | str, rooms: Iterable[str] = ("#lobby",)) -> None:
        identity = Identity(identity) if isinstance(identity, str) else identity
        self.server = server
        self.now = 1000.0
        self.core = ClientCore(identity, Random(repr(identity)), self.now, rooms=tuple(rooms))
        self.connection: Connection | None = None
        self.reachable = True
        self.told: list[Event] = []
        self.unsent = bytearray()

    def go(self) -> "Client":
        """Let everything that can happen now happen."""
        while self.step():
            pass
        return self

    def step(self, most: int = 1_000_000) -> bool:
        """Move at most so many bytes each way, as a network does. Whether something happened."""
        self.told += self.core.take_events()
        if self._connects():
            return True
        connection = self.connection
        self.unsent += self.core.take_bytes()
        if connection is None:
            return False
        up, self.unsent = bytes(self.unsent[:most]), self.unsent[most:]
        connection.receive(up)
        down = bytes(connection.out[:most])
        del connection.out[:most]
        if down:
            self.core.received(down, self.now)
        ended = not connection.open and not connection.out
        if ended or (self.core.wish is Wish.CLOSE and not self.core_output()):
            self.cut("The server closed the connection.")
            return True
        return bool(up or down or self.unsent)

    def core_output(self) -> bytes:
        """What the core has to send."""
        self.unsent += self.core.take_bytes()
        return bytes(self.unsent)

    def _connects(self) -> bool:
        if self.core.wish is not Wish.CONNECT or not self.reachable:
            return False
        self.connection = self.server.connect()
        self.core.connection_opened(self.now)
        return True

    def cut(self, reason: str = "The cable was pulled.") -> None:
        """The connection is gone, with all that was under way."""
        if self.connection is not None:
            self.connection.hang_up()
        self.connection = None
        self.unsent.clear()
        self.core.connection_lost(self.now, reason)
        self.told += self.core.take_events()

    def wait(self, seconds: float) -> "Client":
        """Time passes, and whatever is due in it happens when it is due."""
        self.go()
        end = self.now + seconds
        while (deadline := self.core.deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.core.tick(self.now)
            self.go()
        self.now = end
        return self.go()

    def types(self, line: str) -> "Client":
        """The person types a line."""
        request = commands.parse(line)
        return self.ask(request) if request is not None else self

    def ask(self, request: Request) -> "Client":
        """The person asks for something."""
        self.core.send(request, self.now)
        return self.go()

    def hear(self, kind: str, **fields: object) -> "Client":
        """The server says this, of its own accord."""
        assert self.connection is not None
        self.connection.send(kind, **fields)
        return self.go()

    def all(self, kind: type[E]) -> list[E]:
        """Everything of one kind that was told."""
        return [event for event in self.told if isinstance(event, kind)]

    def last(self, kind: type[E]) -> E:
        """The last of its kind."""
        return self.all(kind)[-1]

    def texts(self, room: str = "#lobby") -> list[str]:
        """What was shown of a room."""
        return [said.text for said in self.all(events.Said) if said.room == room]

    @property
    def online(self) -> bool:
        """Whether it is."""
        return self.core.state is State.ONLINE
