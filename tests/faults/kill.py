"""kill -9 under load, during the start, during the stop and while an old file is brought up to date.

Knows how a server is killed, and who watches. Must not know the chat's inside.
"""

import signal
from collections.abc import Callable, Sequence
from time import monotonic, sleep

from tests.faults.checker import check
from tests.faults.dumps import dump, integrity
from tests.faults.old_files import NEWEST, make_file
from tests.faults.outcome import Outcome, Setting
from tests.faults.records import Kind
from tests.faults.running import HOST, Server, end, free_port, troubles
from tests.faults.witnesses import Witnesses

TITLE = (
    "kill -9 at random moments: while everybody talks, while the server starts or stops, and while it brings the file of an "
    "older version up to date; each time it is started again, on the same file"
)
PROMISE = "P1 to P7 in all that eight witnesses have sent and heard; the old file's messages are all there, and so is its copy"

PEOPLE = 8
SHORT, LONG = (3, 1, 1, 1), (50, 20, 10, 10)
"""How often it is killed while people talk, while it starts, while it stops, and while it migrates."""
OLD_MESSAGES = 20_000


def run(setting: Setting) -> Outcome:
    """Kill, start again, and so on."""
    life = _Life(setting)
    talking, starting, stopping, migrating = LONG if setting.long else SHORT
    moments = [life.kill_while_talking] * talking + [life.kill_at_start] * starting + [life.kill_at_stop] * stopping
    counts, violations = life.live(moments)
    violations += _kill_migrations(setting, migrating, life.start_seconds)
    kinds = {"under load": talking, "at start": starting, "at stop": stopping, "in migration": migrating}
    return Outcome({**kinds, **counts}, violations)


class _Life:
    """One database file, and the servers on it, one after the other."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._random = setting.random
        self._port = free_port(setting.random)
        began = monotonic()
        self._server = self._start().await_listening()
        self.start_seconds = monotonic() - began
        self._violations: list[str] = []

    def live(self, moments: Sequence[Callable[[Witnesses], None]]) -> tuple[dict[str, int], list[str]]:
        """Go through these moments in any order. The counts, and the violations."""
        try:
            records = self._setting.folder / "records"
            with Witnesses((HOST, self._port), PEOPLE, records, self._random, pause=0.01) as crowd:
                crowd.await_here()
                for number, moment in enumerate(self._random.sample(moments, len(moments)), 1):
                    crowd.talk(self._random.choice((1, 8, 32)))
                    moment(crowd)
                    self._violations += troubles(self._server)
                    self._server = self._start()
                    if number % 10 == 0:
                        self._setting.say(f"{number} kills, {crowd.count(Kind.ACKED):,} acknowledgements")
                crowd.await_acks(10)
                crowd.settle()
            self._server.stop()
        finally:
            end(self._server)
        return self._judge(crowd)

    def _judge(self, crowd: Witnesses) -> tuple[dict[str, int], list[str]]:
        log = dump(self._server.database)
        violations = [*self._violations, *troubles(self._server), *check(crowd.records, [log])]
        if (found := integrity(self._server.database)) != "ok":
            violations.append(f"The database is damaged: {found}.")
        if not crowd.count(Kind.RESUMED):
            violations.append("Nobody went on where they were.")
        counts = {
            "cuts": crowd.count(Kind.CUT),
            "resumed": crowd.count(Kind.RESUMED),
            "acknowledged": crowd.count(Kind.ACKED),
            "heard": crowd.count(Kind.HEARD),
            "in the log": log.messages,
        }
        return counts, violations

    def _start(self) -> Server:
        return Server(self._setting.folder / "server", self._port, "--flood", "0")

    def kill_while_talking(self, crowd: Witnesses) -> None:
        """After some acknowledgements and a random while."""
        crowd.await_acks(self._random.randrange(100))
        sleep(self._random.uniform(0, 0.1))
        self._server.kill()

    def kill_at_start(self, crowd: Witnesses) -> None:  # noqa: ARG002 (they knock at the door meanwhile)
        """Before, while or just after it opens the file."""
        sleep(self.start_seconds * self._random.uniform(0.4, 1.2))
        self._server.kill()

    def kill_at_stop(self, crowd: Witnesses) -> None:
        """While it stores, delivers and says goodbye."""
        crowd.await_acks(self._random.randrange(100))
        self._server.process.send_signal(signal.SIGTERM)
        sleep(self._random.uniform(0, 0.05))
        self._server.kill()


def _kill_migrations(setting: Setting, kills: int, start_seconds: float) -> list[str]:
    """So many files of older versions; each server that begins with one is killed, and a second one finishes."""
    violations: list[str] = []
    for number in range(kills):
        version = setting.random.randrange(1, NEWEST)
        folder = setting.folder / f"old{number}"
        make_file(folder / "chatd.db", version, OLD_MESSAGES)
        before = dump(folder / "chatd.db")
        port = free_port(setting.random)
        first = Server(folder, port)
        sleep(start_seconds * setting.random.uniform(0.6, 1.6))
        first.kill()
        second = Server(folder, port)
        try:
            second.await_listening()
        finally:
            end(second)
        copy = folder / f"chatd.db.version-{version}"
        if dump(folder / "chatd.db") != before:
            violations.append(f"A file of version {version} has lost messages ({folder}).")
        if integrity(copy) != "ok" or dump(copy) != before:
            violations.append(f"The copy of a file of version {version} is not whole ({copy}).")
        violations += [f"{left} was left behind." for left in folder.glob("*.part")] + troubles(second)
    return violations
