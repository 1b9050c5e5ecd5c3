"""Whole servers in memory, and the people at the other ends of their connections: what they send, and what they see.

Knows the factory under test and a clock that stands still. Must not know rules of the chat.
"""

from dataclasses import dataclass, field
from datetime import UTC
from random import Random

from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IHalfCloseableProtocol, IProtocol
from twisted.internet.task import Clock

from chatd.accounts import PasswordCheck
from chatd.chat import Chat, Surroundings
from chatd.languages import ENGLISH, Language
from chatd.limits import Limits
from chatd.operators_log import OperatorsLog
from chatd.protocols.factory import ChatFactory
from chatd.protocols.site import SILENCE, Site
from chatd.storage.contract import Store
from chatd.storage.memory import MemoryStore
from tests.passwords import QuickPasswords
from tests.wires import Wire

NOON = 1_700_049_600.0
"""2023-11-15 12:00 UTC, when every world begins."""


@dataclass(slots=True)
class Journal:
    """What the operator was told."""

    lines: list[str] = field(default_factory=list)

    def came(self, name: str, address: str, online: int) -> None:
        """Somebody gave a name."""
        self.lines.append(f"+{name} {address} {online}")

    def went(self, name: str, address: str, online: int) -> None:
        """Somebody is gone."""
        self.lines.append(f"-{name} {address} {online}")

    def renamed(self, old: str, new: str) -> None:
        """Somebody took another name."""
        self.lines.append(f"{old}>{new}")


class Visitor:
    """The client's end of one connection."""

    def __init__(self, world: "World", protocol: IProtocol, wire: Wire) -> None:
        self.wire = wire
        self.world = world
        self.protocol = protocol
        self.polite = True
        """Closes its own half when the server has closed the other."""
        self._inbox: list[bytes] = []
        self._ending = False
        self._ended = False
        self._read = 0
        wire.protocol = protocol
        protocol.makeConnection(wire)

    @property
    def closed(self) -> bool:
        """Whether the connection has ended."""
        return self.wire.disconnected

    def sends(self, *pieces: bytes) -> "Visitor":
        """Send these bytes, each piece a segment of its own."""
        self._inbox += pieces
        self.world.settle()
        return self

    def types(self, *lines: str) -> "Visitor":
        """Send these lines."""
        return self.sends("".join(f"{line}\n" for line in lines).encode())

    def ends(self) -> "Visitor":
        """Close the sending half."""
        self._ending = True
        self.world.settle()
        return self

    def drops(self) -> None:
        """Be gone without a word."""
        self.wire.lose()
        self.world.settle()

    def sees(self) -> str:
        """What has arrived since the last look."""
        return self.gets().decode()

    def gets(self) -> bytes:
        """The same, as bytes."""
        new = bytes(self.wire.received[self._read :])
        self._read = len(self.wire.received)
        return new

    def turn(self) -> bool:
        """Let the reactor do one thing with this connection. False: there was nothing."""
        wire = self.wire
        if wire.disconnected:
            return False
        before = self._state()
        wire.flush()
        if not (wire.disconnected or wire.paused or wire.disconnecting):
            self._deliver()
        return before != self._state()

    def _deliver(self) -> None:
        """Bring one segment to the server, or the end of them; to whoever has the connection by now."""
        protocol = self.wire.protocol
        assert protocol is not None
        if self._inbox:
            protocol.dataReceived(self._inbox.pop(0))
        elif not self._ended and (self._ending or (self.polite and self.wire.half_closed)):
            self._ended = True
            IHalfCloseableProtocol(protocol).readConnectionLost()

    def _state(self) -> tuple[object, ...]:
        wire = self.wire
        return len(wire.received), len(wire.buffer), wire.half_closed, wire.disconnected, len(self._inbox), self._ended


class World:
    """A whole server in memory, at noon, and those who are connected to it."""

    def __init__(
        self,
        limits: Limits | None = None,
        store: Store | None = None,
        passwords: PasswordCheck | None = None,
        seed: int = 1,
        language: Language = ENGLISH,
    ) -> None:
        self.clock = Clock()
        self.journal = Journal()
        self.visitors: list[Visitor] = []
        surroundings = Surroundings(
            store=store or MemoryStore(),
            clock=self.clock,
            wall=lambda: NOON + self.clock.seconds(),
            random=Random(seed),
            spawn=OperatorsLog().spawn,
            journal=self.journal,
            passwords=passwords or QuickPasswords(),
            limits=limits or Limits(),
            language=language,
        )
        self.site = Site(Chat(surroundings), UTC)
        self.factory = ChatFactory(self.site)

    def connect(self, address: str = "192.0.2.7", wire: Wire | None = None) -> Visitor:
        """Somebody connects."""
        protocol = self.factory.buildProtocol(IPv4Address("TCP", address, 4000))
        assert protocol is not None, f"{address} is not let in at all"
        visitor = Visitor(self, protocol, wire or Wire())
        self.visitors.append(visitor)
        self.settle()
        return visitor

    def joined(self, name: str, address: str = "192.0.2.7", wire: Wire | None = None) -> Visitor:
        """Somebody connects and gives a name; what they see of that is read already."""
        visitor = self.connect(address, wire).types(name)
        visitor.gets()
        return visitor

    def settle(self) -> None:
        """Let everything happen that needs no time to pass."""
        moved = True
        while moved:
            self.clock.advance(0)
            moved = sum(visitor.turn() for visitor in self.visitors) > 0  # each of them gets its turn

    def passes(self, seconds: float) -> None:
        """Let time pass."""
        self.settle()
        self.clock.advance(seconds)
        self.settle()

    def greet(self) -> None:
        """Let as much time pass as makes a silent client a person."""
        self.passes(SILENCE)
