"""Programs that speak JSON lines with a whole server in memory: what they ask for, and what they are told.

Knows :mod:`tests.worlds` and how a line looks. Must not know rules of the chat.
"""

import json
from typing import Any, TypeAlias

from tests.wires import Wire
from tests.worlds import Visitor, World

Object: TypeAlias = dict[str, Any]
"""What one line says."""
HERE = "127.0.0.1"
"""The server's own machine, from where passwords are taken without TLS."""
AWAY = "192.0.2.7"
"""Another machine."""
PASSWORD = "four words are better"


def read(data: bytes) -> list[Object]:
    """The objects of these lines, all of which are whole."""
    assert data.endswith(b"\n") or not data, f"half a line: {data!r}"
    return [json.loads(line) for line in data.splitlines()]


class Bot:
    """One program and its connection."""

    def __init__(self, world: World, address: str = HERE, wire: Wire | None = None) -> None:
        self.visitor: Visitor = world.connect(address, wire)
        self.session = ""
        """The secret by which it may come back."""
        self.epoch = ""

    def asks(self, *requests: Object) -> list[Object]:
        """Send these in one piece; what it is told by that, and was not read before."""
        self.visitor.sends("".join(f"{json.dumps(request)}\n" for request in requests).encode())
        return self.gets()

    def ask(self, type: str, **fields: Any) -> list[Object]:
        """Send one request."""
        return self.asks({"type": type, **fields})

    def gets(self) -> list[Object]:
        """What it was told since the last look."""
        return read(self.visitor.gets())

    def register(self, name: str | None = None, **fields: Any) -> list[Object]:
        """Register by version 1, and remember the secret."""
        if name is not None:
            fields["user_id"] = name
        told = self.ask("register", v=1, **fields)
        for line in told:
            if line["type"] == "register" and line["ok"]:
                self.session, self.epoch = line["session"], line["epoch"]
        return told

    def resume(self, room: str, after: int) -> list[Object]:
        """Read on in this room."""
        return self.ask("resume", room=room, epoch=self.epoch, after=after)

    def cut(self) -> None:
        """Be gone without a word."""
        self.visitor.drops()


def joined(world: World, name: str, address: str = HERE, **fields: Any) -> Bot:
    """A program that has registered; what it was told by that is read."""
    bot = Bot(world, address)
    told = bot.register(name, **fields)
    assert told[0].get("ok"), told
    bot.gets()
    return bot


def back(world: World, bot: Bot, address: str = HERE, **fields: Any) -> Bot:
    """The same program by a new connection; what it was told by that is read."""
    again = Bot(world, address)
    told = again.register(session=bot.session, **fields)
    assert told[0].get("ok"), told
    again.gets()
    return again


def owner(world: World, name: str, password: str = PASSWORD, **fields: Any) -> Bot:
    """A program that has made its name an account."""
    bot = joined(world, name, **fields)
    told = bot.ask("claim", password=password)
    assert told[-1].get("ok"), told
    return bot


def only(lines: list[Object], type: str) -> list[Object]:
    """Those of one type."""
    return [line for line in lines if line["type"] == type]


def types(lines: list[Object]) -> list[str]:
    """Of what type they are, in short."""
    return [line["type"] for line in lines]


def nothing_left(world: World) -> None:
    """See that all are gone, and that nothing is kept for anybody."""
    chat = world.site.chat
    world.passes(2)
    assert not len(chat.roster)
    assert not len(chat.boxes)
    assert not chat.sessions._open
    assert not chat.sessions._kept_open
    assert not chat.roll_call._listeners
    assert not any(tries.under_way for tries in chat.logins._tries._all.values())
    assert set(chat._rooms) <= {"#lobby"}
    assert not world.site.conversations
    assert not world.clock.getDelayedCalls()
