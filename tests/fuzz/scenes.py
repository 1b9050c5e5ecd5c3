"""A whole server in memory, two who look on, and one who does what an input says: the scene of every fuzzed connection.

Knows worlds and wires, and how an input is played. Must not know what is promised of it.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from types import CodeType, FunctionType, ModuleType
from typing import Final

from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import provider

from chatd.addresses import Networks
from chatd.certificates import CurrentIdentity
from chatd.protocols.site import NOBODY
from tests.fuzz.target import pieces
from tests.test_tls import PushedWire
from tests.wires import Wire
from tests.worlds import World

_REGISTER: Final = b'{"type": "register", "v": %d, "user_id": "mallory"}\n'
WAYS: Final = (
    b"",
    b"mallory\n",
    b"\xff\xfb\x18\xff\xfd\x03mallory\r\n",
    _REGISTER % 0,
    _REGISTER % 1,
    b"mallory\n/register\n",
    b"\xff\xfb\x18\xff\xfd\x03mallory\r\n/register\r\n",
)
"""Before a name; at a terminal; with telnet; a program, old or new; asked for a password, in sight and hidden."""
PROGRAM: Final = 4
"""The place among them of the program whose answers our own clients understand."""
MINUTE: Final = 60.0
HOME: Final = "127.0.0.1"
_REPEATED: Final = 200
_CALLS: Final = count()
_ROUNDS: Final = 100
_MOST_SPOKEN: Final = 20
_MOST_SENT: Final = 1 << 20


@contextmanager
def nothing_logged() -> Iterator[None]:
    """No failure may reach the log."""
    failures: list[Failure] = []

    @provider(ILogObserver)
    def observe(event: LogEvent) -> None:
        failures.extend(failure for failure in (event.get("log_failure"), event.get("failure")) if failure)

    globalLogPublisher.addObserver(observe)
    try:
        yield
        # A Deferred reports an unhandled failure when it is collected. All generations, now and then: Python would begin with
        # that by itself, but for this call, which sets back what it counts.
        gc.collect(1 if next(_CALLS) % _ROUNDS else 2)
    finally:
        globalLogPublisher.removeObserver(observe)
    assert not failures, failures[0].getTraceback()


class Scene:
    """A server with mina at a terminal, sara with a program, and somebody who sends what the input says."""

    def __init__(self, way: int = 0, identity: CurrentIdentity | None = None, proxies: Networks = NOBODY) -> None:
        self.world = World()
        self.mina = self.world.joined("mina", "192.0.2.8")
        self.sara = self.world.connect("192.0.2.9").sends(b'{"type": "register", "v": 1, "user_id": "sara"}\n')
        self.world.site.tls, self.world.site.proxies = identity, proxies
        self.way = way
        self.wire = PushedWire() if identity else Wire()
        self.last = b""
        self.sent = 0
        self.spoken = 0
        self.own_end = False
        """They have ended it themselves, so that nothing has to be said."""
        self.over = False
        """It has ended."""
        self.before = 0
        self.visitor = self.world.connect(HOME, self.wire)
        self.sends(WAYS[way])

    def sends(self, data: bytes) -> None:
        """One more segment, if there was not too much already."""
        if data and self.sent + len(data) <= _MOST_SENT:
            self.last = data
            self.sent += len(data)
            self.visitor.sends(data)

    def repeats(self) -> None:
        """A flood of the last segment."""
        if not self.before:
            self.before = held(self.world)
        self.sends(self.last * min(_REPEATED, (_MOST_SENT - self.sent) // max(1, len(self.last))))

    def waits(self, seconds: float) -> None:
        """Time passes, from one thing that is due to the next; the others are still there."""
        clock = self.world.clock
        end = clock.seconds() + seconds
        while (due := min((call.getTime() for call in clock.getDelayedCalls()), default=end)) < end:
            self.world.passes(max(0.0, due - clock.seconds()))
        self.world.passes(end - clock.seconds())
        self.sara.sends(b'{"type": "pong"}\n')

    def ends(self) -> None:
        """The sending half is closed."""
        self.own_end = True
        self.visitor.ends()

    def drops(self) -> None:
        """The connection is gone."""
        self.own_end = True
        self.visitor.drops()

    def stops_reading(self) -> None:
        """Nothing more can be sent to them."""
        self.wire.room = 0

    def reads_on(self) -> None:
        """It can."""
        self.wire.room = None
        self.world.settle()

    def is_spoken_to(self) -> None:
        """Others say something, as often as people may."""
        if self.spoken < _MOST_SPOKEN:
            self.spoken += 1
            self.mina.types("salam", "/pm mallory salam")


DEEDS: Final[Mapping[bytes, Callable[[Scene], None]]] = {
    b"~": lambda scene: scene.waits(0.3),
    b"+": lambda scene: scene.waits(MINUTE),
    b"*": Scene.repeats,
    b"$": Scene.ends,
    b"!": Scene.drops,
    b"%": Scene.stops_reading,
    b"=": Scene.reads_on,
    b"@": Scene.is_spoken_to,
}
"""What happens before a segment, by its first byte."""


def play(scene: Scene, data: bytes) -> None:
    """Do what the input says."""
    first, *others = pieces(data)
    scene.sends(first)
    for piece in others:
        deed = DEEDS.get(piece[:1])
        if deed is not None:
            deed(scene)
        scene.sends(piece[1:] if deed is not None else piece)


def held(world: World) -> int:
    """The bytes in all strings that can be reached from the server, what has left it not counted."""
    seen: set[int] = {id(visitor.wire.received) for visitor in world.visitors}
    todo: list[object] = [world.factory]
    total = 0
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | CodeType):
            continue
        seen.add(id(one))
        if isinstance(one, bytes | bytearray | str):
            total += len(one)
        elif isinstance(one, FunctionType):
            todo += one.__closure__ or ()
        else:
            todo += gc.get_referents(one)
    return total
