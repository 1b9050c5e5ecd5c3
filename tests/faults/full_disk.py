"""A disk that becomes full, and free again, while everybody talks. Knows what people are told; not how a store works."""

import shutil
from contextlib import ExitStack
from time import sleep

from tests.faults.checker import check
from tests.faults.dumps import dump, integrity
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import program
from tests.faults.records import Kind
from tests.faults.running import HOST, NotStarted, Server, end, free_port, troubles
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.witnesses import Witnesses

TITLE = (
    "the disk (a small tmpfs) becomes full and free again, over and over, while everybody talks; the server is also killed, "
    "stopped and started while it is full"
)
PROMISE = (
    "people are told to try again, newcomers read the history and search it meanwhile, also after a new start; it goes on by "
    "itself once there is room; and P1 to P7, the order of what was sent again above all"
)

PEOPLE = 6
FLICKERS = 8
MEGABYTES = 48
"""Room for a write-ahead log of its usual size (16 MB), and for what it is brought into."""


def run(setting: Setting) -> Outcome:
    """Fill and free it; in between, kill and stop the server."""
    with small_disk(setting.folder / "disk", MEGABYTES) as disk:
        return _Trial(setting, disk).run(20 if setting.long else 2)


class _Trial:
    """One disk, and the servers on it."""

    def __init__(self, setting: Setting, disk: SmallDisk) -> None:
        self._setting = setting
        self._disk = disk
        self._port = free_port(setting.random)
        self._server = self._start()
        self._violations: list[str] = []
        self._asked = 0

    def _start(self) -> Server:
        return Server(self._setting.folder / "server", self._port, "--flood", "0", before=self._disk.before)

    def run(self, times: int) -> Outcome:
        """So many times full, each followed by freedom; in the end everything is compared."""
        with ExitStack() as closing:
            closing.callback(lambda: end(self._server))
            where = (HOST, self._port)
            crowd = closing.enter_context(
                Witnesses(where, PEOPLE, self._setting.folder / "records", self._setting.random, pause=0.01)
            )
            crowd.await_here()
            crowd.talk(32)
            for number in range(times):
                crowd.await_acks(50)
                self._fill_and_free(crowd)
                if number % 2:
                    self._restart_while_full(crowd, kill=number % 4 == 1)
                self._setting.say(f"full {number + 1} times, {crowd.count(Kind.RETRY):,} messages refused for now")
            crowd.await_acks(50)
            crowd.settle()
            self._server.stop()
            return self._judge(crowd, times)

    def _fill_and_free(self, crowd: Witnesses) -> None:
        self._disk.fill(self._setting.random.choice((0, 0, 4096, 32768)))
        crowd.await_count(Kind.RETRY, 20)
        self._ask_for_history()
        self._flicker()
        self._disk.free()
        crowd.await_acks(20)

    def _flicker(self) -> None:
        """Room for moments only, so that of what is on its way the first is refused and something after it would fit."""
        for _ in range(FLICKERS):
            self._disk.free()
            sleep(self._setting.random.uniform(0, 0.03))
            self._disk.fill()
            sleep(self._setting.random.uniform(0, 0.03))

    def _restart_while_full(self, crowd: Witnesses, *, kill: bool) -> None:
        """It comes again with the disk as full as it left it, and shows what is on it."""
        self._disk.fill()
        crowd.await_count(Kind.RETRY, 5)
        self._violations += troubles(self._server)
        if kill:
            self._server.kill()
        else:
            self._server.stop()
        self._server = self._start()
        try:
            self._server.await_listening()
            self._ask_for_history()
        except NotStarted as refusal:
            self._violations.append(f"With a full disk it did not start: {refusal}")
            self._disk.free()
            self._server = self._start().await_listening()
        self._disk.free()

    def _ask_for_history(self) -> None:
        """Somebody comes while it is full: the history and the search answer them."""
        self._asked += 1
        with program((HOST, self._port), user_id=f"newcomer{self._asked}", rooms=["#lobby"], recent=5) as newcomer:
            if not newcomer.answer["ok"]:
                self._violations.append(f"While the disk was full, nobody could come: {newcomer.answer['text']}")
                return
            newcomer.asks("history", room="#lobby", count=10)
            newcomer.asks("search", room="#lobby", words="witness0")
            for type in ("history", "found"):
                answer = next(newcomer.hear(type, "retry", "error"))
                if answer["type"] != type or not answer["count"]:
                    self._violations.append(f"While the disk was full, the answer was {answer}.")

    def _judge(self, crowd: Witnesses, times: int) -> Outcome:
        database = self._setting.folder / "chatd.db"  # a copy: SQLite looks for the other one where it is not
        shutil.copy(self._disk.path / "chatd.db", database)
        log, found = dump(database), integrity(database)
        violations = [*self._violations, *troubles(self._server), *check(crowd.records, [log], forgetful=True)]
        if found != "ok":
            violations.append(f"The database is damaged: {found}.")
        counts = {
            "times full": times,
            "told to try again": crowd.count(Kind.RETRY),
            "newcomers served": self._asked,
            "starts while full": times // 2,
            "acknowledged": crowd.count(Kind.ACKED),
            "heard": crowd.count(Kind.HEARD),
        }
        return Outcome(counts, violations)
