"""A client core over real sockets: connections opened, lost, opened again and closed."""

import asyncio
import json
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from chatd.requests import Register, Say
from chatd.secret import Secret
from chatd.wire.phrases import Shown
from clients.core import ClientCore, Identity
from clients.dial import CouldNotConnect, Streams
from clients.events import Bye, Event, Problem, Said, State
from clients.network import Client, is_private
from clients.trust import TrustError
from tests.servers import PATIENCE


@dataclass
class Room:
    """A server with one room, of which somebody can be sure that it loses nothing: it is not the one under test."""

    said: list[tuple[str, str]] = field(default_factory=list)
    """Pairs of cid and text, in order."""
    writers: list[StreamWriter] = field(default_factory=list)
    connections: int = 0
    mute: bool = False
    """It reads, and does not answer."""
    forgetful: bool = False
    """It cuts the connection at the next message, before it has kept it."""

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        self.writers.append(writer)
        try:
            while line := await reader.readline():
                if self.forgetful and b'"chat"' in line:
                    self.forgetful = False
                    return
                for answer in [] if self.mute else self.answers(json.loads(line)):
                    writer.write(json.dumps(answer).encode() + b"\n")
                    if answer["type"] == "bye":
                        return
        except ConnectionError:
            return  # a client may go as it likes
        finally:
            writer.close()

    def answers(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """What the protocol asks for, as far as these tests go."""
        now, last = 1.7e9, len(self.said)
        match request["type"]:
            case "register":
                accepted = {"ok": True, "v": 1, "user_id": "ali", "account": False, "session": "s", "epoch": "e"}
                welcome = {
                    "type": "register",
                    **accepted,
                    "motd": "",
                    "ping": 90,
                    "text_bytes": 4096,
                    "line_bytes": 16384,
                }
                entered = {"type": "entered", "room": "#lobby", "fresh": True, "topic": "", "last": last, "epoch": "e"}
                return [welcome] if "session" in request else [welcome, entered, self.users(now)]
            case "resume" if request["room"] == "#lobby":
                resumed = {"type": "resumed", "room": "#lobby", "topic": "", "after": request["after"], "last": last}
                missed = [
                    {"type": "chat", "room": "#lobby", "id": number + 1, "from": "ali", "text": text, "ts": now}
                    for number, (_, text) in enumerate(self.said)
                    if number >= request["after"]
                ]
                return [{**resumed, "epoch": "e"}, *missed, self.users(now)]
            case "resume":
                return [{"type": "resumed", "room": "@", "topic": "", "after": 0, "last": 0, "epoch": "e"}]
            case "chat":
                known = {cid: number for number, (cid, _) in enumerate(self.said, 1)}
                if request["cid"] not in known:
                    self.said.append((request["cid"], request["text"]))
                number = known.get(request["cid"], len(self.said))
                return [{"type": "ack", "cid": request["cid"], "room": "#lobby", "id": number, "ts": now}]
            case "logout":
                return [{"type": "bye", "reason": "asked", "text": "Goodbye."}]
        return []

    @staticmethod
    def users(now: float) -> dict[str, Any]:
        """Who is there."""
        return {"type": "users", "room": "#lobby", "users": ["ali"], "count": 1, "ts": now}


class World:
    """A server, a client of it, and what the client was told."""

    def __init__(self) -> None:
        self.room = Room()
        self.happened: list[Event] = []
        self.ahead = 0.0
        """The client's clock is so many seconds ahead of the loop's."""
        self.dials = 0
        self.dial: Callable[[], Awaitable[Streams]] = self.open
        core = ClientCore(Identity("ali"), Random(1), self.now())
        self.client = Client(core, self.connect, now=self.now)
        self._changed = asyncio.Event()

    def now(self) -> float:
        """The client's time."""
        return asyncio.get_running_loop().time() + self.ahead

    async def connect(self) -> Streams:
        """As the story goes."""
        return await self.dial()

    async def open(self) -> Streams:
        """Connect to the server."""
        self.dials += 1
        try:
            return await asyncio.open_connection("127.0.0.1", self.port)
        except ConnectionRefusedError:
            raise CouldNotConnect(Shown("Nobody answers.")) from None

    async def start(self) -> asyncio.Server:
        """Let the server listen."""
        server = await asyncio.start_server(self.room.serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def run(self) -> None:
        """Let the client run."""
        await self.client.run(self.told)

    def told(self, happened: list[Event]) -> None:
        """Keep what happened."""
        self.happened += happened
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until this is so."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    @property
    def texts(self) -> list[str]:
        """What was shown as said."""
        return [event.text for event in self.happened if isinstance(event, Said)]


Story = Callable[[World, asyncio.Server], Awaitable[None]]


def play(story: Story) -> World:
    """Let a story happen in a world, with nothing left running at its end."""

    async def act() -> World:
        world = World()
        server = await world.start()
        async with asyncio.timeout(2 * PATIENCE):
            await story(world, server)
        server.close()
        await server.wait_closed()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        serving = {task for task in left if "Room.serve" in repr(task)}
        assert left == serving
        if serving:
            await asyncio.wait(serving)
        return world

    return asyncio.run(act())


def test_a_conversation() -> None:
    """Connect, talk, say goodbye: the run ends with the connection."""

    async def story(world: World, _: asyncio.Server) -> None:
        running = asyncio.create_task(world.run())
        await world.until(lambda: world.client.core.state is State.ONLINE)
        world.client.send(Say("salam"))
        await world.until(lambda: world.texts == ["salam"])
        world.client.quit()
        await running

    world = play(story)
    assert [text for _, text in world.room.said] == ["salam"]
    assert any(isinstance(event, Bye) for event in world.happened)


def test_the_first_attempt_fails_at_once() -> None:
    """Somebody who mistyped the host should read that now, and not in an hour."""

    async def story(world: World, server: asyncio.Server) -> None:
        server.close()
        with pytest.raises(CouldNotConnect, match=r"^Nobody answers\.$"):
            await world.run()

    assert play(story).dials == 1


@pytest.mark.parametrize(
    ("banner", "closes", "why"),
    [
        (b"SSH-2.0-OpenSSH\r\n", False, "it answers in another language"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", True, "it answers in another language"),
        (b'{"jsonrpc": \n', True, "it answers in another language"),
        (b"", True, "it says nothing, or wants TLS (--tls)"),
        (b"", False, "it says nothing, or wants TLS (--tls)"),
    ],
)
def test_something_else_at_the_port_is_told_at_once(banner: bytes, closes: bool, why: str) -> None:
    """Trying again would change nothing: one sentence says what is wrong there."""

    async def story(world: World, server: asyncio.Server) -> None:
        async def serve(reader: StreamReader, writer: StreamWriter) -> None:
            writer.write(banner)
            await (reader.readline() if closes else reader.read())
            writer.close()

        server.close()
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as other:
            world.port = other.sockets[0].getsockname()[1]
            core = ClientCore(Identity("ali"), Random(1), world.now())
            client = Client(core, world.connect, world.now, "h:1", patience=PATIENCE if closes else 0.05)
            with pytest.raises(CouldNotConnect) as caught:
                await client.run(world.told)
            assert str(caught.value) == f"h:1 is not a chatd server: {why}. Please check the host and the port."

    assert play(story).dials == 1


def test_who_has_not_said_a_name_yet_is_waited_for() -> None:
    """Nothing was sent, so no answer is due; a connection that is closed meanwhile is opened again afterwards."""

    async def story(world: World, _: asyncio.Server) -> None:
        core = ClientCore(Identity(""), Random(1), world.now())
        client = Client(core, world.connect, world.now)
        running = asyncio.create_task(client.run(world.told))
        await world.until(lambda: core.state is State.REGISTERING and bool(world.room.writers))
        world.room.writers[-1].transport.abort()
        await world.until(lambda: core.state is State.WAITING)
        client.give_name("ali")
        await world.until(lambda: core.state is State.ONLINE)
        client.quit()
        await running

    assert play(story).room.connections == 2


class Peer:
    """What a stream says about its other end."""

    def __init__(self, **known: object) -> None:
        self._known = known

    def get_extra_info(self, key: str) -> object:
        """As transports tell it."""
        return self._known.get(key)


@pytest.mark.parametrize(
    ("peer", "private"),
    [
        (Peer(peername=("127.0.0.1", 5050)), True),
        (Peer(peername=("::1", 5050, 0, 0)), True),
        (Peer(peername="/run/chatd.sock"), True),
        (Peer(peername=("192.0.2.7", 5050)), False),
        (Peer(peername=("2001:db8::1", 5050, 0, 0)), False),
        (Peer(peername=("192.0.2.7", 5050), ssl_object=object()), True),
    ],
)
def test_which_connections_nobody_can_read(peer: Any, private: bool) -> None:
    """Encrypted ones, and those that stay on this machine."""
    assert is_private(peer) is private


def test_over_a_connection_that_others_can_read_no_password_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The core is told what the connection is."""
    monkeypatch.setattr("clients.network.is_private", lambda _: False)

    async def story(world: World, _: asyncio.Server) -> None:
        running = asyncio.create_task(world.run())
        await world.until(lambda: world.client.core.state is State.ONLINE)
        world.client.send(Register(Secret("open sesame")))
        await world.until(lambda: any(isinstance(event, Problem) for event in world.happened))
        world.client.quit()
        await running

    play(story)


def test_a_lost_connection_is_opened_again() -> None:
    """What was said in the meantime is sent then, once, and nothing is shown twice."""

    async def story(world: World, _: asyncio.Server) -> None:
        running = asyncio.create_task(world.run())
        await world.until(lambda: world.client.core.state is State.ONLINE)
        world.client.send(Say("one"))
        await world.until(lambda: world.texts == ["one"])
        world.room.writers[-1].transport.abort()
        await world.until(lambda: world.client.core.state is not State.ONLINE)
        world.client.send(Say("two"))
        world.client.retry_now()
        await world.until(lambda: world.texts == ["one", "two"])
        world.client.quit()
        await running

    world = play(story)
    assert [text for _, text in world.room.said] == ["one", "two"]
    assert world.room.connections == 2


def test_a_server_that_comes_back_is_found() -> None:
    """Nobody has to do anything for that: attempts that fail are followed by others, when their time has come."""

    async def story(world: World, _: asyncio.Server) -> None:
        running = asyncio.create_task(world.run())
        await world.until(lambda: world.client.core.state is State.ONLINE)

        async def away() -> Streams:
            raise CouldNotConnect(Shown("Nobody answers."))

        world.dial = away
        world.room.writers[-1].transport.abort()
        world.client.retry_now()
        await world.until(lambda: any(getattr(event, "why", "") == "Nobody answers." for event in world.happened))
        world.dial = world.open
        await world.until(lambda: world.client.core.state is State.ONLINE)
        world.client.quit()
        await running

    assert play(story).room.connections == 2


def test_an_untrusted_server_can_be_accepted() -> None:
    """The run ends where somebody has to decide, and goes on when they have."""

    async def story(world: World, _: asyncio.Server) -> None:
        async def refuse() -> Streams:
            raise TrustError(Shown("Who is that?"))

        world.dial = refuse
        with pytest.raises(TrustError, match="Who is that"):
            await world.run()
        world.dial = world.open
        running = asyncio.create_task(world.run())
        await world.until(lambda: world.client.core.state is State.ONLINE)
        world.client.quit()
        await running

    assert play(story).room.connections == 1


def test_leaving_does_not_wait_for_a_connection() -> None:
    """One that is still being opened is given up."""

    async def story(world: World, _: asyncio.Server) -> None:
        async def never() -> Streams:
            await asyncio.Event().wait()
            raise AssertionError

        world.dial = never
        running = asyncio.create_task(world.run())
        await asyncio.sleep(0)
        world.client.quit()
        await running

    assert play(story).room.connections == 0


def test_leaving_does_not_wait_for_an_answer() -> None:
    """A server that says no goodbye is left by the clock."""

    async def story(world: World, _: asyncio.Server) -> None:
        running = asyncio.create_task(world.run())
        await world.until(lambda: world.client.core.state is State.ONLINE)
        world.room.mute = True
        world.client.quit()
        world.ahead += 3600.0
        world.client.retry_now()  # anything that makes it look at the clock
        await running

    play(story)


def test_whoever_stops_it_finds_nothing_left() -> None:
    """A cancelled run closes its connection."""

    async def story(world: World, _: asyncio.Server) -> None:
        running = asyncio.create_task(world.run())
        await world.until(lambda: world.client.core.state is State.ONLINE)
        running.cancel()
        await asyncio.wait([running])

    play(story)
