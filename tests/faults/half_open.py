"""Connections of which only one side knows that they have ended. Knows the cable and single peers; not the chat's inside."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from tests.faults.altered import ALTERED
from tests.faults.cable import SERVER, Cable, cabled
from tests.faults.measures import sockets
from tests.faults.namespaces import Machine
from tests.faults.network import served
from tests.faults.outcome import Outcome, Setting
from tests.faults.peers import Line, Peer, eventually, person, program
from tests.faults.running import HOST, Server, free_port

TITLE = "the network is cut for good, without a word: two programs and two people with nc never hear of it"
PROMISE = (
    "programs are dropped after --silence, nc by TCP itself, idle or with data on its way; with its session a program is "
    "back before that and has missed nothing; names, descriptors and memory are free again"
)

QUIET = "#quiet"
"""Where nothing is said, so that nothing is on its way to who is there."""
MEGABYTES = 10
"""So much more memory may be resident afterwards, for Python's own sake."""


@dataclass(frozen=True, slots=True)
class Case:
    """How a server is started, and within how many seconds it has to notice."""

    name: str
    options: Sequence[str]
    before: Sequence[str]
    patience: float


# The keepalive is not an option: here TCP asks after 1 second of silence, and drops after 2 more without an answer.
_KEEPALIVE = ("IDLE=1", "INTERVAL=1", "PROBES=2")
IMPATIENT = Case(
    "impatient",
    ("--ping", "1", "--silence", "2"),
    (*ALTERED, *(f"--set=chatd.protocols.sockets.{constant}" for constant in _KEEPALIVE)),
    30,
)
BY_DEFAULT = Case("by default", (), (), 240)


def run(setting: Setting) -> Outcome:
    """The same with impatient options, and in the long form with the defaults as well."""
    counts: dict[str, int | str] = {}
    violations: list[str] = []
    for case in (IMPATIENT, BY_DEFAULT) if setting.long else (IMPATIENT,):
        port = free_port(setting.random)
        own = replace(setting, folder=setting.folder / case.name)
        with (
            cabled(setting.random) as (at_server, at_client, cable),
            served(own, at_server, port, *case.options, before=case.before) as server,
        ):
            trial = _Trial(case, at_server, at_client, cable, server)
            violations += (f"{violation} ({case.name})" for violation in trial.run())
            counts |= {f"{what} {case.name}": figure for what, figure in trial.counts.items()}
    return Outcome(counts, violations)


class _Trial:
    """Four who are cut off, and one near the server who goes on talking."""

    def __init__(self, case: Case, at_server: Machine, at_client: Machine, cable: Cable, server: Server) -> None:
        self.counts: dict[str, int | str] = {}
        self._case = case
        self._at_server, self._at_client = at_server, at_client
        self._cable = cable
        self._server = server
        self._said: list[Line] = []
        self._stack = ExitStack()

    def run(self) -> Sequence[str]:
        """Make it; what went wrong."""
        with self._stack:
            self._talker = self._near(program, user_id="talker")
            self._say()
            taken, megabytes = sockets(self._server.pid), self._server.megabytes()
            returning = self._let_four_come()
            self._cable.cut()
            violations = [*self._take_back(returning), *self._await_four_gone(), *self._take_their_names()]
            if not self._comes(lambda: sockets(self._server.pid) <= taken):
                violations.append(f"{sockets(self._server.pid) - taken} connections are still open.")
        more = self._server.megabytes() - megabytes
        return violations if more <= MEGABYTES else [*violations, f"{more:.0f} MB more are taken."]

    def _near(self, come: Callable[..., Peer], *words: str, **fields: object) -> Peer:
        """Somebody on the server's side of the cable."""
        return self._stack.enter_context(self._at_server.do(come, (HOST, self._server.port), *words, **fields))

    def _far(self, come: Callable[..., Peer], *words: str, **fields: object) -> Peer:
        """Somebody on the other side."""
        return self._stack.enter_context(self._at_client.do(come, (SERVER, self._server.port), *words, **fields))

    def _say(self) -> bool:
        """One more line in the lobby; it is always so."""
        self._talker.asks("chat", text=f"line {len(self._said) + 1}", cid=str(len(self._said)))
        self._said.append(self._talker.hears("ack"))
        return True

    def _comes(self, holds: Callable[[], bool]) -> bool:
        """Whether this comes to hold while somebody talks on."""
        return eventually(lambda: self._say() and holds(), self._case.patience)

    def _let_four_come(self) -> Peer:
        """The one of them who will be back, and has seen something."""
        self._far(program, user_id="silent")
        self._far(person, "idle", f"/join {QUIET}", "/leave #lobby").sees("left #lobby")
        self._far(person, "listening")
        returning = self._far(program, user_id="returning")
        self._say()
        returning.hears("chat")
        return returning

    def _take_back(self, cut_off: Peer) -> list[str]:
        """By another way to the server, at once: with the session, and not without."""
        after = self._said[-1]["id"]
        self._say()
        guest = self._near(program, user_id="silent").answer
        back = self._near(program, session=cut_off.answer["session"])
        if guest["ok"] or not back.answer["ok"]:
            return [f"Without the session it was said {guest}, and with it {back.answer}."]
        back.asks("resume", room="#lobby", epoch=back.answer["epoch"], after=after)
        self._say()
        missed = [line["id"] for line in islice(back.hear("chat"), 2)]
        back.close()
        return [] if missed == [after + 1, after + 2] else [f"After {after} came {missed}."]

    def _await_four_gone(self) -> list[str]:
        """The server notices, with nobody's help; the fourth was replaced when it came back."""
        names = ("silent", "idle", "listening", "returning")
        gone = [name for name in names if self._comes(partial(self._has_left, name))]
        self.counts |= {"cut off": len(names), "dropped": len(gone)}
        return [f"{name} is still there." for name in names if name not in gone]

    def _has_left(self, name: str) -> bool:
        return f"{name} left from" in self._server.log

    def _take_their_names(self) -> list[str]:
        """Anybody may have them now."""
        newcomers = [self._near(program, user_id=name) for name in ("silent", "idle", "listening")]
        for newcomer in newcomers:
            newcomer.close()
        return [f"A name is still taken: {one.answer}." for one in newcomers if not one.answer["ok"]]
