"""One program in the chat that loses nothing over a cut, and writes down all that it is told.

Written after docs/protocol.rst alone, "Coming back" and "Try again later", so that it holds the server to that page. Knows
asyncio's streams and the protocol for programs. Must not know the server's code, or judge what it hears.
"""

import asyncio
import json
from collections.abc import Callable
from random import Random
from typing import Any

from tests.faults.records import Kind, Record

WINDOW = 32
"""As many messages may be unacknowledged, the page says."""
LINE_BYTES = 512 * 1024
BOX = "@"

Line = dict[str, Any]


class Witness:
    """Somebody who talks in rooms and in private over as many connections as it takes, until :meth:`leave`."""

    def __init__(
        self,
        name: str,
        where: tuple[str, int],
        random: Random,
        record: Callable[[str], Record],
        *,
        rooms: tuple[str, ...] = ("#lobby",),
        silence: float = 10.0,
    ) -> None:
        self.name = name
        self.records = [record(name)]
        self.others: list[str] = []
        """Whom to write private messages to."""
        self.window = 0
        """How many messages may be under way; 0: nothing new is said."""
        self.pause = 0.0
        """The most seconds between two messages."""
        self.positions: dict[str, int] = {}
        self.unacked: dict[str, Line] = {}
        self.here = False
        """Whether there is a connection, and everything was asked for that came in between."""
        self._where = where
        self._random = random
        self._record = record
        self._rooms = rooms
        self._silence = silence
        self._session = ""
        self._epochs: dict[str, str] = {}
        self._said = 0
        self._writer: asyncio.StreamWriter | None = None
        self._retrying: asyncio.TimerHandle | None = None
        self._leaving = False

    @property
    def record(self) -> Record:
        """What it writes down now; an earlier one was about a person that the server has forgotten."""
        return self.records[-1]

    async def live(self) -> None:
        """Come, and come again after every cut."""
        while not self._leaving:
            try:
                await self._visit()
            except (OSError, EOFError) as cut:
                if self.here:
                    self.record.add(Kind.CUT, text=str(cut))
            self._part()
            if not self._leaving:
                await asyncio.sleep(self._random.uniform(0.01, 0.1))

    def leave(self) -> None:
        """Say nothing more, and do not come again."""
        self._leaving = True
        if self._writer is not None:
            self._writer.transport.abort()

    def cut(self) -> None:
        """Lose the connection, with whatever is on its way in it."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def talk(self) -> None:
        """Say new things, as far as the window allows, until :meth:`leave`.

        Also after a ``retry``, as somebody far away does who has not heard it yet: it is the server that has to keep order.
        """
        while not self._leaving:
            if self.here and len(self.unacked) < self.window:
                self._say()
                await asyncio.sleep(self._random.uniform(0, self.pause))
            else:
                await asyncio.sleep(0.005)

    async def _visit(self) -> None:
        reader, self._writer = await asyncio.open_connection(*self._where, limit=LINE_BYTES)
        self._register()
        asked = False
        while True:
            try:
                line = await asyncio.wait_for(reader.readline(), self._silence / 2)
            except TimeoutError:
                if asked:
                    raise EOFError("The server says nothing any more.") from None
                self._send({"type": "ping"})
                asked = True
                continue
            if not line.endswith(b"\n"):
                raise EOFError("The connection has ended.")
            asked = False
            if line.startswith(b"{"):
                self._hear(json.loads(line))

    def _part(self) -> None:
        """The connection is gone."""
        self.here = False
        if self._retrying is not None:
            self._retrying.cancel()
            self._retrying = None
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None

    def _send(self, line: Line) -> None:
        if self._writer is not None:
            self._writer.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def _register(self) -> None:
        line: Line = {"type": "register", "v": 1, "recent": 0}
        known = {"session": self._session} if self._session else {"user_id": self.name, "rooms": list(self._rooms)}
        self._send(line | known)

    def _say(self) -> None:
        """Something that nobody has ever said, in a room or to somebody."""
        self._said += 1
        cid = f"<{self.name}-{self._said}-{self._random.getrandbits(32):x}>"
        to = self._random.choice(self.others) if self.others and self._random.random() < 0.125 else ""
        text = f"{cid} {'سلام ' * self._random.randrange(20)}".rstrip()
        where = {"type": "pm", "to": to} if to else {"type": "chat", "room": self._random.choice(self._rooms)}
        line = {**where, "text": text, "cid": cid}
        self.unacked[cid] = line
        self.record.add(Kind.SENT, room=line.get("room", BOX), cid=cid, text=text, to=to)
        self._send(line)

    def _resend(self) -> None:
        """Everything of which the fate is not known, in its order."""
        self._retrying = None
        for line in self.unacked.values():
            self._send(line)

    # What the server says

    def _hear(self, line: Line) -> None:
        hear = getattr(self, f"_hear_{line['type']}", None)  # types that are not known are ignored, says the page
        if hear is not None:
            hear(line)

    def _hear_register(self, line: Line) -> None:
        if not line["ok"]:
            self._turned_away(line)
            return
        self.record.add(Kind.CAME, epoch=line["epoch"])
        if not self._session:
            self.positions[BOX], self._epochs[BOX] = line["box"], line["epoch"]
            self.record.add(Kind.ENTERED, room=BOX, id=line["box"], epoch=line["epoch"])
        else:
            self._go_on()
        self._session = line["session"]
        self.here = True
        self._resend()

    def _go_on(self) -> None:
        """Read on in every room where the last connection was heard to have been, and in the box."""
        for room in (BOX, *self._rooms):
            if room in self.positions:
                after = self.positions[room]
                self._send({"type": "resume", "room": room, "epoch": self._epochs[room], "after": after})
            else:
                self._send({"type": "join", "room": room, "recent": 0})

    def _turned_away(self, line: Line) -> None:
        if line["reason"] != "session_unknown":
            raise EOFError(line["text"])  # the name is still somebody's, or there is no room: come again
        self.record.add(Kind.STRANGER)
        self._session = ""
        self.positions.clear()
        self.unacked.clear()
        self.name = f"{self.name.partition('.')[0]}.{len(self.records)}"
        self.records.append(self._record(self.name))
        raise EOFError(line["text"])

    def _hear_entered(self, line: Line) -> None:
        self._begin(Kind.ENTERED, line, line["last"])

    def _hear_resumed(self, line: Line) -> None:
        self._begin(Kind.RESUMED, line, line["after"])

    def _hear_reset(self, line: Line) -> None:
        self._begin(Kind.RESET, line, line["after"])

    def _begin(self, kind: Kind, line: Line, after: int) -> None:
        self.record.add(kind, room=line["room"], id=after, epoch=line["epoch"])
        self.positions[line["room"]], self._epochs[line["room"]] = after, line["epoch"]

    def _hear_gap(self, line: Line) -> None:
        self.record.add(Kind.GAP, room=line["room"], id=line["first"])
        self.positions[line["room"]] = line["first"] - 1

    def _hear_chat(self, line: Line) -> None:
        room, id = line["room"], line["id"]
        self.record.add(Kind.HEARD, room=room, id=id, by=line["from"], text=line["text"], to=line.get("to", ""))
        self._seen(room, id)

    _hear_pm = _hear_chat

    def _hear_ack(self, line: Line) -> None:
        self.record.add(Kind.ACKED, room=line["room"], id=line["id"], cid=line["cid"])
        self.unacked.pop(line["cid"], None)
        self._seen(line["room"], line["id"])

    def _seen(self, room: str, id: int) -> None:
        self.positions[room] = max(id, self.positions.get(room, 0))

    def _hear_error(self, line: Line) -> None:
        cid = line.get("cid", "")
        self.record.add(Kind.REFUSED, cid=cid, text=line["error"])
        self.unacked.pop(cid, None)

    def _hear_retry(self, line: Line) -> None:
        self.record.add(Kind.RETRY, cid=line.get("cid", ""), text=line["error"])
        if self._retrying is None:
            wait = line.get("seconds", 0.3)
            self._retrying = asyncio.get_running_loop().call_later(wait, self._resend)

    def _hear_bye(self, line: Line) -> None:
        self.record.add(Kind.BYE, text=line["reason"])

    def _hear_ping(self, line: Line) -> None:  # noqa: ARG002 (its time does not matter)
        self._send({"type": "pong"})
