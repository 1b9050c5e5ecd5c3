"""An old copy of the database, put back in its place. Knows how copies are made and put back; must not know how one is told.

A copy has fewer messages than people have seen, and the ids of those that are missing will be given again: to somebody who
asks for what comes after the last one they know, the new ones would never be shown.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.faults.checker import check
from tests.faults.dumps import Dump, dump, integrity
from tests.faults.outcome import Outcome, Setting
from tests.faults.records import Kind
from tests.faults.running import HOST, Server, end, free_port, troubles
from tests.faults.witnesses import Witnesses
from tests.processes import IN_TREE

TITLE = (
    "an old copy of the database is put back while everybody waits to come back: made by 'chatd backup' or from a stopped "
    "server, moved or copied into its place, after a clean stop or kill -9"
)
PROMISE = (
    "it is another history, with another epoch: everybody is told so by a reset before the first message of it, and P1 to P7 "
    "hold in each history"
)

MakeCopy = Callable[[Server, Path], None]
PutBack = Callable[[Path, Path], None]


def _back_up_running(server: Server, copy: Path) -> None:
    """While it runs, as docs/operations.rst says."""
    command = [sys.executable, "-m", "chatd.command", "backup", str(server.database), str(copy)]
    subprocess.run(command, env=IN_TREE, check=True, capture_output=True)


def _copy_stopped(server: Server, copy: Path) -> None:
    """The file alone, once the server has stopped."""
    server.stop()
    shutil.copy(server.database, copy)


def _move(copy: Path, database: Path) -> None:
    """Another file takes the name."""
    copy.replace(database)


def _copy_over(copy: Path, database: Path) -> None:
    """The same file, with another content."""
    with database.open("r+b") as file:
        file.write(copy.read_bytes())
        file.truncate()
        os.fsync(file.fileno())


WAYS: tuple[tuple[MakeCopy, PutBack, bool], ...] = tuple(
    (make, put, kill)
    for make in (_back_up_running, _copy_stopped)
    for put in (_move, _copy_over)
    for kill in (False, True)
)


def run(setting: Setting) -> Outcome:
    """One history after the other, each cut off by a copy of an earlier moment of it."""
    ways = WAYS * 2 if setting.long else setting.random.sample(WAYS, 2)
    trial = _Trial(setting)
    try:
        with Witnesses((HOST, trial.port), 6, setting.folder / "records", setting.random) as crowd:
            crowd.await_here()
            for make, put, kill in ways:
                trial.go_back(crowd, make, put, kill=kill)
            return trial.judge(crowd, len(ways))
    finally:
        end(trial.server)


class _Trial:
    """The place of the database, and what stood there."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.port = free_port(setting.random)
        self.server = self._start()
        self._histories: list[Dump] = []
        self._violations: list[str] = []

    def _start(self) -> Server:
        return Server(self._setting.folder / "server", self.port, "--flood", "0")

    def go_back(self, crowd: Witnesses, make: MakeCopy, put: PutBack, *, kill: bool) -> None:
        """Talk, copy, talk on; then the copy is put back."""
        copy = self._setting.folder / "copy.db"
        crowd.talk()
        crowd.await_acks(50)
        make(self.server, copy)
        if not self.server.running:
            self._restart()
        crowd.await_acks(50)
        if kill:
            self.server.kill()
        else:
            self.server.stop()
        self._histories.append(dump(self.server.database))
        put(copy, self.server.database)
        copy.unlink(missing_ok=True)
        for side in ("-wal", "-shm"):
            Path(f"{self.server.database}{side}").unlink(missing_ok=True)
        resets = crowd.count(Kind.RESET)
        self._restart()
        crowd.await_count(Kind.ACKED, 50)
        self._setting.say(
            f"{len(self._histories)} copies put back, {crowd.count(Kind.RESET) - resets} resets for the last"
        )

    def _restart(self) -> None:
        self._violations += troubles(self.server)
        self.server = self._start().await_listening()

    def judge(self, crowd: Witnesses, times: int) -> Outcome:
        """Each history is compared with what was heard in it."""
        crowd.settle()
        self.server.stop()
        found = integrity(self.server.database)
        histories = [*self._histories, dump(self.server.database)]
        violations = [*self._violations, *troubles(self.server), *check(crowd.records, histories, forgetful=True)]
        if found != "ok":
            violations.append(f"The database is damaged: {found}.")
        if len({history.epoch for history in histories}) != times + 1:
            violations.append("A copy that was put back has the epoch of what stood there before.")
        counts = {
            "copies put back": times,
            "resets heard": crowd.count(Kind.RESET),
            "acknowledged": crowd.count(Kind.ACKED),
            "heard": crowd.count(Kind.HEARD),
        }
        return Outcome(counts, violations)
