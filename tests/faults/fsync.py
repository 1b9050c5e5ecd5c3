"""What a power cut would leave: whether anything that leaves the server is on its disk by then.

No power is cut. strace shows every write, every sync and everything sent, in order: a message whose bytes are in the
write-ahead log, and were synced there before anybody was told of it, is there after a power cut, if the disk keeps what it
says it has synced. Knows system calls; must not know the server's code.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.faults.checker import check
from tests.faults.dumps import dump
from tests.faults.outcome import Outcome, Setting
from tests.faults.running import HOST, Server, end, free_port, troubles
from tests.faults.tracing import WRITES, Call, await_end, calls, require_strace, tracing
from tests.faults.witnesses import Witnesses

TITLE = "strace follows every write, every sync and everything sent while everybody talks (in place of a power cut)"
PROMISE = (
    "no acknowledgement and no message leaves before the fdatasync that covers its bytes in the write-ahead log; that is "
    "not begun anew before the database itself is synced"
)

SENDING = ("sendto", "sendmsg", "write", "writev")
WRITING = ("pwrite64", "pwritev", "write", "writev")
SYNCING = ("fdatasync", "fsync")
TOKEN = re.compile(r"<[\w.]+-\d+-[0-9a-f]+>")
"""The witnesses' ids of messages; each stands in its message's text as well."""


@dataclass(slots=True)
class Audit:
    """The calls gone through, and what was found."""

    violations: list[str] = field(default_factory=list)
    commits: int = 0
    sent: int = 0
    checkpoints: int = 0
    _written: set[str] = field(default_factory=set)
    """In the write-ahead log, and not known to be on the disk."""
    _syncing: dict[int, set[str]] = field(default_factory=dict)
    _synced: set[str] = field(default_factory=set)
    _loose: bool = False
    """The database has pages that are not known to be on the disk."""

    def go_through(self, trace: Iterable[Call]) -> "Audit":
        """Take these calls, in their order."""
        for call in trace:
            if call.path.endswith("-wal"):
                self._of_log(call)
            elif call.path.endswith(".db"):
                self._of_database(call)
            elif call.path.startswith("socket:") and call.name in SENDING and call.result is None:
                self._of_socket(call)
        return self

    def blindness(self, acks: int) -> list[str]:
        """What it has not seen and must have been there, as so much was acknowledged: of that it could say nothing."""
        unseen = [] if self.commits else ["In strace's lines no sync covers a message."]
        if self.sent < acks:
            unseen.append(f"In strace's lines {self.sent} are told of a message, and {acks} were acknowledged.")
        return unseen

    def _of_log(self, call: Call) -> None:
        if call.name in WRITING and call.result is None:
            self._written.update(TOKEN.findall(call.data))
            self._of_beginning(call)
        elif call.name in SYNCING and call.result is None:
            self._syncing[call.thread] = set(self._written)  # what is written while it runs is not covered
        elif call.name in SYNCING and call.result == 0:
            covered = self._syncing.pop(call.thread, set())
            self._synced |= covered
            self._written -= covered
            self.commits += bool(covered)

    def _of_beginning(self, call: Call) -> None:
        """Its first bytes are written again: what was in it has to be in the database for good."""
        if not re.search(r", 32, 0(?:\)| <unfinished)", call.data):  # the header: 32 bytes at 0
            return
        self.checkpoints += 1
        if self._loose:
            self.violations.append("The write-ahead log was begun anew before the database was synced.")

    def _of_database(self, call: Call) -> None:
        if call.name in WRITING and call.result is None:
            self._loose = True
        elif call.name in SYNCING and call.result == 0:
            self._loose = False

    def _of_socket(self, call: Call) -> None:
        told = set(TOKEN.findall(call.data))
        self.sent += len(told)
        self.violations += [f"{token} left before it was synced." for token in told - self._synced]


def run(setting: Setting) -> Outcome:
    """A conversation under strace."""
    acks = 10_000 if setting.long else 300
    audit, violations = conversation(setting, acks, {})
    violations += audit.violations + audit.blindness(acks)
    counts = {
        "syncs with messages": audit.commits,
        "messages and acknowledgements sent": audit.sent,
        "times the write-ahead log was begun": audit.checkpoints,
    }
    return Outcome(counts, violations)


def conversation(setting: Setting, acks: int, env: Mapping[str, str]) -> tuple[Audit, list[str]]:
    """Have witnesses talk until so many messages are acknowledged. The audit of that, and what else is wrong.

    Raises:
        Unavailable: strace cannot be used here.
    """
    require_strace()
    port, trace = free_port(setting.random), setting.folder / "trace"
    before = tracing(trace, "-e", f"trace={WRITES}")
    server = Server(setting.folder / "server", port, "--flood", "0", before=before, env=env)
    try:
        server.await_listening()
        with Witnesses((HOST, port), 8, setting.folder / "records", setting.random) as crowd:
            crowd.await_here()
            crowd.talk()
            crowd.await_acks(acks)
            crowd.settle()
        server.stop()
        await_end(trace, server.pid)
    finally:
        end(server)
    with trace.open(encoding="ascii", errors="replace") as lines:
        audit = Audit().go_through(calls(lines))
    return audit, [*troubles(server), *check(crowd.records, [dump(server.database)])]
