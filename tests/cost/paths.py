"""The paths whose cost is watched: people who talk, programs, small rooms, what is stored, who comes and goes.

Knows the server's edges: bytes that come in, and the store's writer. Must not know how cost is measured, nor ceilings.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count

from chatd.events import Kind, Message
from chatd.storage.contract import Append
from chatd.storage.migrations import migrate, steps
from chatd.storage.sqlite import SqliteWriter
from tests.cost.crowd import Client, Crowd, Sent

TEXT = b"%05d the quick brown fox jumps over the lazy dog, and nobody knows why it should do that again" % 7
TEXT = TEXT.ljust(100, b".")
"""What is said: 100 bytes."""
ROOM = 100
LINES = 20
SMALL_ROOMS, SMALL_ROOM = 40, 5
"""More would not fit into a processor's cache, and then cost what the neighbours leave of it."""
BATCHES = 50
VISITED, VISITS = 50, 20
SHOWN = 20
"""Messages that a newcomer is shown."""
WARMING = 5


@dataclass(frozen=True, slots=True)
class Work:
    """Something that can be done again and again."""

    do: Callable[[], None]
    units: int
    """Of what it is counted in, done by one call."""


class NotDone(AssertionError):
    """What was to be measured has not happened."""


def people() -> Work:
    """Everybody in a room of 100 says a line. Per message."""
    crowd = Crowd()
    everyone = [crowd.comes(b"person%d\n" % index) for index in range(ROOM)]
    return _talk(crowd, everyone, lambda: TEXT + b"\n", deliveries=ROOM * (ROOM - 1))


def listeners() -> Work:
    """One in a room of 100 says a line, and nobody else in the same turn of the reactor. Per delivery."""
    crowd = Crowd()
    talker, *others = [crowd.comes(b"person%d\n" % index) for index in range(ROOM)]
    once = _talk(crowd, [talker], lambda: TEXT + b"\n", deliveries=len(others))

    def talk() -> None:
        for _ in range(LINES):
            once.do()

    return Work(talk, LINES * len(others))


def programs() -> Work:
    """The same as :func:`people` by JSON lines, each message with an id of its own and acknowledged. Per message."""
    crowd = Crowd()
    hello = b'{"type": "register", "user_id": "program%d", "v": 1}\n'
    everyone = [crowd.comes(hello % index) for index in range(ROOM)]
    line = b'{"type": "chat", "text": "%s", "cid": "%d"}\n'
    numbers = count()
    return _talk(crowd, everyone, lambda: line % (TEXT, next(numbers)), deliveries=ROOM * (ROOM - 1))


def small_rooms() -> Work:
    """Everybody in 40 rooms of 5 says a line. Per message."""
    crowd = Crowd()
    everyone = [
        crowd.comes(b"person%d\n" % index, b"/join #room%d\n" % (index // SMALL_ROOM))
        for index in range(SMALL_ROOMS * SMALL_ROOM)
    ]
    return _talk(crowd, everyone, lambda: TEXT + b"\n", deliveries=len(everyone) * (SMALL_ROOM - 1))


def storing() -> Work:
    """A batch of 100 messages is made, and appended to SQLite without a disk. Per message."""
    batches = _stored_in_memory()
    return Work(lambda: next(batches), ROOM)


def visits() -> Work:
    """One after the other comes to a room of 50 in which something was said, and leaves. Per visit."""
    crowd = Crowd()
    everyone = [crowd.comes(b"person%d\n" % index) for index in range(VISITED)]
    _talk(crowd, everyone, lambda: TEXT + b"\n", deliveries=0).do()

    def visit() -> None:
        for index in range(VISITS):
            crowd.comes(b"visitor%d\n" % index).leaves()
            crowd.settle()

    told = VISITED * len("* visitor1 joined.* visitor1 left.")
    return _checked(Work(visit, VISITS), crowd.sent, VISITS * (SHOWN * len(TEXT) + told))


def _talk(crowd: Crowd, talkers: Sequence[Client], line: Callable[[], bytes], deliveries: int) -> Work:
    """Each of them says a line, all in one turn of the reactor; then everything happens that follows."""
    crowd.hears_the_news()

    def talk() -> None:
        for talker in talkers:
            talker.says(line())
        crowd.settle()

    work = _checked(Work(talk, len(talkers)), crowd.sent, deliveries * len(TEXT))
    for _ in range(WARMING):
        work.do()
    return work


def _checked(work: Work, sent: Sent, least: int) -> Work:
    """The same; fails when less than so many bytes were sent: what is not done must not pass for cheap."""

    def do() -> None:
        before = sent.octets
        work.do()
        if sent.octets - before < least:
            raise NotDone(f"{sent.octets - before} bytes were sent, and there should have been {least}.")

    return Work(do, work.units)


def _stored_in_memory() -> Iterator[None]:
    """Everybody's messages, batch after batch; every now and then in a new database, since a larger one costs more."""
    while True:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            migrate(connection, "memory", steps(), lambda _: None)
            writer = SqliteWriter(connection)
            for first in range(1, BATCHES * ROOM, ROOM):
                writer.append([Append("#lobby", first, _batch(first))])
                yield


def _batch(first: int) -> Sequence[Message]:
    text = TEXT.decode()
    return [
        Message(Kind.SAID, f"person{index}", text, 1.7e9 + first, index, index, cid=f"{first}-{index}")
        for index in range(ROOM)
    ]


PATHS: dict[str, Callable[[], Work]] = {
    path.__name__: path for path in (people, listeners, programs, small_rooms, storing, visits)
}
