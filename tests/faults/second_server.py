"""A second server on the file of a running one. Knows how servers are started; must not know the chat's inside."""

from collections.abc import Iterator

from tests.faults.checker import check
from tests.faults.dumps import dump
from tests.faults.outcome import Outcome, Setting
from tests.faults.records import Kind
from tests.faults.running import HOST, NotStarted, Server, free_port, serving, troubles
from tests.faults.witnesses import Witnesses

TITLE = "a second server is started on the database file of a running one, while everybody talks"
PROMISE = "it ends at once with exit status 1 and one line that says why; the first goes on, and P1 to P7 hold"


def run(setting: Setting) -> Outcome:
    """Several try it, one after the other."""
    tries, port = (20 if setting.long else 2), free_port(setting.random)
    violations: list[str] = []
    with serving(setting.folder / "server", port, "--flood", "0") as first:
        with Witnesses((HOST, port), 4, setting.folder / "records", setting.random) as crowd:
            crowd.await_here()
            crowd.talk()
            for _ in range(tries):
                violations += _try(first, free_port(setting.random))
                crowd.await_acks(20)
            crowd.settle()
        first.stop()
    violations += [*troubles(first), *check(crowd.records, [dump(first.database)])]
    counts = {"refused": tries, "acknowledged": crowd.count(Kind.ACKED), "cuts": crowd.count(Kind.CUT)}
    return Outcome(counts, violations)


def _try(first: Server, port: int) -> Iterator[str]:
    """What goes wrong when another one is started there."""
    second = Server(first.folder, port)
    try:
        second.await_listening()
    except NotStarted as refused:
        said = str(refused)
        if second.wait() != 1:
            yield f"The second one ended with status {second.wait()}."
        if said.count("\n") != 1 or "is in use by another chatd" not in said:
            yield f"The second one did not say why in one line: {said!r}."
    else:
        second.kill()
        yield "A second server runs on the same file."
    if not first.running:
        yield f"The first one has ended: {first.log}"
