"""A backup put back under the feet of real clients: they are told, see what is there now, and talk on."""

import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from select import select
from typing import TypeVar

import pytest

from chatd.requests import Recall, Say
from chatd.storage.copying import copy
from clients import events
from clients.core import ClientCore, Identity, Wish
from clients.events import Acked, Event, HistoryReset, Said, State
from tests.servers import HOST, PATIENCE, Server, serving

E = TypeVar("E")


class Member:
    """A real client, over a real connection, as long as a server is there."""

    def __init__(self, name: str) -> None:
        self.core = ClientCore(Identity(name), Random(name), time.monotonic())
        self.told: list[Event] = []
        self._socket: socket.socket | None = None
        self._sent = 0

    def comes(self, server: Server) -> "Member":
        """Connect, and be in the room."""
        self._socket = socket.create_connection((HOST, server.port), PATIENCE)
        self.core.connection_opened(time.monotonic())
        self.awaits(lambda: self.core.state is State.ONLINE)
        return self

    def loses_it(self) -> None:
        """The connection is gone; it is the time to connect again."""
        assert self._socket is not None
        self._socket.close()
        self.core.connection_lost(time.monotonic(), "It was cut.")
        self.core.retry_now(time.monotonic())
        assert self.core.wish is Wish.CONNECT

    def says(self, *lines: str) -> None:
        """Say these, and wait until the server has acknowledged them."""
        for line in lines:
            self.core.send(Say(line), time.monotonic())
        self._sent += len(lines)
        self.awaits(lambda: len(self.all(Acked)) == self._sent)

    def sees(self, line: str) -> None:
        """Wait until this is said."""
        self.awaits(lambda: any(said.text == line for said in self.all(Said)))

    def history(self) -> list[str]:
        """What the server says that was said in the room."""
        before = len(self.all(events.History))
        self.core.send(Recall(count=100, room="#lobby"), time.monotonic())
        self.awaits(lambda: len(self.all(events.History)) > before)
        return [said.text for said in self.all(events.History)[-1].messages]

    def all(self, kind: type[E]) -> list[E]:
        """Everything it was told of this kind."""
        return [event for event in self.told if isinstance(event, kind)]

    def awaits(self, happened: Callable[[], bool]) -> None:
        """Let the conversation go on until this is so."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < deadline, self.told
            self._converse()
            self.told += self.core.take_events()

    def _converse(self) -> None:
        """Send what there is to send, and take what comes within a moment."""
        assert self._socket is not None
        self._socket.sendall(self.core.take_bytes())
        if select([self._socket], [], [], 0.05)[0]:
            data = self._socket.recv(65536)
            assert data, "the server has closed the connection"
            self.core.received(data, time.monotonic())
        self.core.tick(time.monotonic())


def by_cp(backup: Path, database: Path) -> None:
    """The old file with another content."""
    shutil.copyfile(backup, database)


def by_mv(backup: Path, database: Path) -> None:
    """Another file."""
    backup.replace(database)


@pytest.mark.parametrize(("put", "kill"), [(by_cp, True), (by_mv, False)])
def test_clients_go_on_with_a_history_that_went_back(
    tmp_path: Path, put: Callable[[Path, Path], None], kill: bool
) -> None:
    """Both are told once; one was there before the backup and stays who they are, the other came after it and is new."""
    folder, backup = tmp_path / "run", tmp_path / "backup.db"
    with serving(folder, "--flood", "0") as server:
        ali = Member("ali").comes(server)
        ali.says("one", "two")
        copy(folder / "chatd.db", backup, lambda: True)
        sara = Member("sara").comes(server)
        ali.says("three", "four")
        sara.says("five")
        ali.sees("five")
        if kill:
            server.kill()
    for member in (ali, sara):
        member.loses_it()
    put(backup, folder / "chatd.db")  # and its write-ahead log, if there is one, is forgotten there
    for name in ("chatd.db-wal.replaced", "chatd.db.lock") if kill else ():
        (folder / name).unlink(missing_ok=True)
    with serving(folder, "--flood", "0") as server:
        assert server.log.count(b"So it has a new epoch") == 1
        assert server.log.count(b"chatd.db-wal was of another file") == kill
        (folder / "chatd.db-wal.replaced").unlink(missing_ok=True)
        ali.comes(server)
        sara.comes(server)
        ali.says("six")
        sara.sees("six")
        sara.says("seven")
        ali.sees("seven")
        assert ali.history() == sara.history() == ["one", "two", "six", "seven"]
    for member, again in ((ali, True), (sara, False)):
        assert [reset.room for reset in member.all(HistoryReset)].count("#lobby") == 1
        assert member.all(events.Welcomed)[-1].again is again
        member.loses_it()
    with serving(folder, "--flood", "0") as server:
        assert b"epoch" not in server.log
        for member in (ali, sara):
            member.comes(server)
            assert member.history()[-1] == "seven"
            member.loses_it()
            assert [reset.room for reset in member.all(HistoryReset)].count("#lobby") == 1


def test_clients_do_not_notice_a_kill(tmp_path: Path) -> None:
    """Again and again: no reset, nothing lost, nothing twice."""
    ali = Member("ali")
    for round in range(3):
        with serving(tmp_path / "run", "--flood", "0") as server:
            ali.comes(server)
            ali.says(*(f"{round}.{line}" for line in range(3)))
            assert ali.history() == [f"{earlier}.{line}" for earlier in range(round + 1) for line in range(3)]
            server.kill()
        ali.loses_it()
    assert not ali.all(HistoryReset)
