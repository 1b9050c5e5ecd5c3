"""Clients as others write them, against a real server: one of a course on sockets, and a bot written from the protocol's page.

They know sockets, JSON and what docs/protocol.rst says; nothing of this project.
"""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.processes import IN_TREE, TWISTD, Server, Visitor, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real one, on a disk."""
    folder = tmp_path_factory.mktemp("server")
    with running([TWISTD, "-n", "--pidfile=", "chatd", "--port", "0"], folder, IN_TREE) as server:
        yield server


class CourseClient:
    """Registers, takes the first line for the answer, and then reads in a thread, passing over what it does not know."""

    KNOWN = ("chat", "pm", "pm_ack", "users", "system", "error")

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._file = self._socket.makefile("r", encoding="utf-8")
        self.inbox: Queue[dict[str, Any]] = Queue()

    def register(self, name: str) -> dict[str, Any]:
        """Ask for a name; the reading thread begins when it is granted."""
        self.send(type="register", user_id=name)
        answer: dict[str, Any] = json.loads(self._file.readline())
        if answer["ok"]:
            threading.Thread(target=self._read, daemon=True).start()
        return answer

    def send(self, **message: Any) -> None:
        """One object, in ASCII, as json.dumps makes it."""
        self._socket.sendall((json.dumps(message) + "\n").encode())

    def gets(self, kind: str) -> dict[str, Any]:
        """The next message of this type; those before it are of no interest."""
        while (message := self.inbox.get(timeout=60))["type"] != kind:
            pass
        return message

    def leaves(self) -> None:
        """Say so, and wait for the end."""
        self.send(type="logout")
        while self.inbox.get(timeout=60)["type"] != "end":
            pass
        self._socket.close()

    def _read(self) -> None:
        for line in self._file:
            message = json.loads(line)
            if message["type"] in self.KNOWN:
                self.inbox.put(message)
        self.inbox.put({"type": "end"})


def test_clients_of_a_course_talk_to_each_other_and_to_telnet(server: Server) -> None:
    """Names, talk, private words and their receipts, who is there, comings and goings: as in the course's own server."""
    ali, sara = CourseClient(server.port), CourseClient(server.port)
    assert ali.register("ali") == {"type": "register", "ok": True, "user_id": "ali"}
    assert sara.register("ALI")["reason"] == "user_taken"
    assert sara.register("two words")["reason"] == "invalid_user"
    assert sara.register("سارا") == {"type": "register", "ok": True, "user_id": "سارا"}
    assert ali.gets("system")["text"] == "سارا joined."
    terminal = Visitor(server.port)
    terminal.types("reza")
    assert terminal.sees().startswith("* Hello reza. You are in #lobby with ali and")
    sara.send(type="chat", text="سلام")
    message = ali.gets("chat")
    assert (message["from"], message["text"]) == ("سارا", "سلام")
    assert isinstance(message["ts"], float)
    assert "سلام" in terminal.sees()
    terminal.types("hello, programs")
    assert sara.gets("chat")["text"] == "hello, programs"
    ali.send(type="pm", to="سارا", text="psst")
    assert sara.gets("pm")["text"] == "psst"
    assert ali.gets("pm_ack")["delivered"] is True
    ali.send(type="pm", to="nobody", text="psst")
    assert ali.gets("pm_ack")["reason"] == "no_such_user"
    ali.send(type="list")
    assert {"ali", "سارا"} <= set(ali.gets("users")["users"])
    ali.send(type="nonsense")
    assert ali.gets("error")["error"] == "unknown_type"
    sara.leaves()
    assert ali.gets("system")["text"] in ("سارا left.", "reza joined.")
    ali.leaves()
    terminal.types("/exit")
    terminal.goes()


class Bot:
    """Keeps its session, the epoch, how far it has read, and what is not acknowledged."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.session = self.epoch = ""
        self.seen: dict[str, int] = {}
        self.said: list[str] = []
        self.past: list[str] = []
        self.unacknowledged: dict[str, dict[str, Any]] = {}
        self._socket: socket.socket | None = None

    def connects(self) -> None:
        """For the first time, or again after a cut."""
        self.cut()
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        if self.session:
            self.send(type="register", v=1, session=self.session)
            for room, last in self.seen.items():
                self.send(type="resume", room=room, epoch=self.epoch, after=last)
            for message in self.unacknowledged.values():
                self.send(**message)
        else:
            self.send(type="register", v=1, user_id="bot", recent=0)

    def cut(self) -> None:
        """The cable is pulled."""
        if self._socket is not None:
            self._lines.close()
            self._socket.close()

    def says(self, cid: str, text: str) -> None:
        """Once, however often it has to be sent."""
        self.unacknowledged[cid] = {"type": "chat", "room": "#lobby", "text": text, "cid": cid}
        self.send(**self.unacknowledged[cid])

    def send(self, **message: Any) -> None:
        """One line."""
        assert self._socket is not None
        self._socket.sendall((json.dumps(message, ensure_ascii=False) + "\n").encode())

    def reads_until(self, kind: str) -> dict[str, Any]:
        """The next message of this type; what is read on the way counts."""
        for line in self._lines:
            if line.startswith("{"):
                message: dict[str, Any] = json.loads(line)
                self._take(message)
                if message["type"] == kind:
                    return message
        raise AssertionError(f"there was no {kind}")

    def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "register", "ok": True}:
                self.session, self.epoch = message["session"], message["epoch"]
            case {"type": "entered", "room": room, "last": last}:
                self.seen[room] = last
            case {"type": "ack", "cid": cid, "room": room, "id": id}:
                self.unacknowledged.pop(cid, None)
                self.seen[room] = max(self.seen.get(room, 0), id)
            case {"type": "chat" | "pm", "room": room, "id": id, "text": text}:
                assert id == self.seen.get(room, 0) + 1, "there is a gap, or something came twice"
                self.seen[room] = id
                self.said.append(text)
            case {"type": "past", "text": text}:
                self.past.append(text)


def test_a_bot_that_is_cut_off_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """It is cut before its acknowledgement, and again while the server is gone; others talk meanwhile."""
    command = [TWISTD, "-n", "--pidfile=", "chatd", "--port"]
    with running([*command, "0"], tmp_path, IN_TREE) as server:
        port = server.port
        bot, sara = Bot(port), Visitor(port)
        bot.connects()
        bot.reads_until("users")
        sara.types("sara")
        bot.reads_until("joined")
        bot.says("1", "before the cut")
        bot.cut()  # whether the acknowledgement was on its way or not
        sara.types("while you were away")
        sara.types("/exit")
        while "Goodbye" not in sara.sees():
            pass
        sara.goes()
        bot.connects()
        bot.reads_until("ack")
        bot.cut()
    with running([*command, str(port)], tmp_path, IN_TREE):
        bot.connects()
        bot.says("2", "after the restart")
        bot.reads_until("ack")
        while bot.unacknowledged:
            bot.reads_until("ack")
        bot.send(type="history", room="#lobby")
        bot.reads_until("history")
        texts = bot.past
        bot.cut()
    assert sorted(texts) == ["after the restart", "before the cut", "while you were away"]
    assert texts[-1] == "after the restart"
