"""Writes and syncs that fail for another reason than a full disk: EIO, given by strace to one call of the server.

After a sync that has failed, the next one may succeed without what the first should have written (the "fsyncgate" of
PostgreSQL): so the server must not go on. Knows system calls and files; must not know the server's code.
"""

from tests.faults.checker import check
from tests.faults.dumps import dump, integrity
from tests.faults.outcome import Outcome, Setting
from tests.faults.records import Kind
from tests.faults.running import HOST, NotStarted, Server, end, free_port, troubles
from tests.faults.tracing import attached, require_strace, tracing
from tests.faults.witnesses import Witnesses

TITLE = (
    "one write or sync of the write-ahead log fails with EIO (an error of the disk), and all after it succeed; and, in the long "
    "form, all syncs of the database itself fail"
)
PROMISE = (
    "the server says so in its log, tells everybody, and stops with exit status 1 instead of trusting that disk again; "
    "started anew, P1 to P7 hold"
)

CALLS = ("fdatasync", "pwrite64")
CHECKPOINTS = "checkpoints"


def run(setting: Setting) -> Outcome:
    """One file, and servers on it; each but the last has one call that fails."""
    require_strace()
    trial = _Trial(setting)
    where, records = (HOST, trial.port), setting.folder / "records"
    try:
        with Witnesses(where, 6, records, setting.random, pause=0.005) as crowd:
            for number in range(20 if setting.long else 2):
                trial.fail(CALLS[number % len(CALLS)], crowd)
            trial.go_on(crowd)
            if setting.long:
                trial.fail_checkpoints(crowd)
                trial.go_on(crowd)
            return trial.judge(crowd)
    finally:
        end(trial.server)


class _Trial:
    """One database file, and the servers on it."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._folder = setting.folder / "server"
        self.port = free_port(setting.random)
        self.server = self._start()
        self._violations: list[str] = []
        self._refused_starts = 0
        self._counts = dict.fromkeys((*CALLS, CHECKPOINTS), 0)

    def _start(self, *before: str) -> Server:
        return Server(self._folder, self.port, "--flood", "0", before=before)

    def fail(self, call: str, crowd: Witnesses) -> None:
        """A server for which this call fails once, at a random moment."""
        end(self.server)
        moment = self._setting.random.randrange(2, 40)
        self.server = self._start(*self._failing(call, moment))
        try:
            self.server.await_listening()
        except NotStarted as refusal:  # it was one of the first, while the file is opened
            self._refused_starts += 1
            if str(refusal).count("\n") != 1:
                self._violations.append(f"After EIO in {call} {moment} it did not say why in one line: {refusal}")
        else:
            crowd.talk()
            self._await_end(call, moment, crowd)

    def fail_checkpoints(self, crowd: Witnesses) -> None:
        """A server that cannot sync the database itself any more; what is said goes into the log, until that is noticed."""
        database = str(self.server.database)
        for one in crowd.people:
            one.pause = 0
        with attached(self.server.pid, "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO", "-P", database):
            crowd.talk(32)
            self._await_end(CHECKPOINTS, 1, crowd)

    def _await_end(self, call: str, moment: int, crowd: Witnesses) -> None:
        status = self.server.wait()
        self._counts[call] += 1
        if status != 1:
            self._violations.append(f"After EIO in {call} {moment} it ended with status {status}.")
        if self.server.log.count("The store failed, so the server stops") != 1:
            self._violations.append(f"After EIO in {call} {moment} its log does not say once why it stops.")
        self._violations += [trouble for trouble in troubles(self.server) if "#critical" not in trouble]
        self._setting.say(f"{call} {moment} failed; {crowd.count(Kind.BYE)} goodbyes so far")

    def go_on(self, crowd: Witnesses) -> None:
        """A server on a disk without errors: everybody is served again."""
        self.server = self._start().await_listening()
        crowd.await_here()
        crowd.await_acks(10)

    def _failing(self, call: str, moment: int) -> tuple[str, ...]:
        """What makes so manieth of these calls on the write-ahead log fail, counted by thread."""
        inject = f"inject={call}:error=EIO:when={moment}"
        log = str(self._folder / "chatd.db-wal")
        return tracing(self._setting.folder / "trace", "-e", f"trace={call}", "-e", inject, "-P", log)

    def judge(self, crowd: Witnesses) -> Outcome:
        """Everything compared, once everybody knows everything."""
        crowd.settle()
        self.server.stop()
        log, found = dump(self.server.database), integrity(self.server.database)
        violations = [*self._violations, *troubles(self.server), *check(crowd.records, [log])]
        if found != "ok":
            violations.append(f"The database is damaged: {found}.")
        told = sum(fact.text == "failure" for record in crowd.records for fact in record.of(Kind.BYE))
        failed = {f"{call} failed": number for call, number in self._counts.items()}
        if not told:
            violations.append("Nobody was told that the server stops because it failed.")
        counts = {
            "starts refused in one line": self._refused_starts,
            "goodbyes heard": told,
            "acknowledged": crowd.count(Kind.ACKED),
            "heard": crowd.count(Kind.HEARD),
        }
        return Outcome({**failed, **counts}, violations)
