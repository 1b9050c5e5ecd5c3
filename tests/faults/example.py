"""A short conversation as promised, for tests of the checker to spoil; and all that the checker says of it then.

Knows records and dumps. Must not know what is wrong with one.
"""

from collections.abc import Iterable
from dataclasses import replace

from tests.faults.checker import check
from tests.faults.dumps import Dump, Entry
from tests.faults.records import Fact, Kind, Record

ALI, SARA = 1, 2


def entry(id: int, name: str, text: str) -> Entry:
    """Said in a room."""
    return Entry(id, "said", name, text, ALI if name == "ali" else SARA, "")


LOBBY = (entry(1, "ali", "a1"), entry(2, "sara", "s1"), entry(3, "ali", "a2"), entry(4, "ali", "a3"))
SENT = Entry(1, "sent", "ali", "a4", ALI, "sara")
TOLD = Entry(1, "told", "ali", "a4", ALI, "sara")
DUMP = Dump("E", {"#lobby": LOBBY, "@1": (SENT,), "@2": (TOLD,)})


def said(cid: str, room: str = "#lobby", to: str = "") -> Fact:
    """A message whose text is its cid."""
    return Fact(Kind.SENT, 0.0, room=room, cid=cid, text=cid, to=to)


def acked(cid: str, id: int, room: str = "#lobby") -> Fact:
    """Its acknowledgement."""
    return Fact(Kind.ACKED, 0.0, room=room, id=id, cid=cid)


def refused(cid: str) -> Fact:
    """No, and why."""
    return Fact(Kind.REFUSED, 0.0, cid=cid, text="no_such_user")


def heard(id: int, by: str, text: str, room: str = "#lobby", to: str = "") -> Fact:
    """Somebody else's message."""
    return Fact(Kind.HEARD, 0.0, room=room, id=id, by=by, text=text, to=to)


def place(kind: Kind, id: int, epoch: str = "E", room: str = "#lobby") -> Fact:
    """Where the reading begins, or goes on."""
    return Fact(kind, 0.0, room=room, id=id, epoch=epoch)


BEGIN = (place(Kind.ENTERED, 0), place(Kind.ENTERED, 0, room="@"))
ALIS: tuple[Fact, ...] = (
    *BEGIN,
    said("a1"),
    said("a2"),
    acked("a1", 1),
    heard(2, "sara", "s1"),
    Fact(Kind.CUT, 0.0),
    place(Kind.RESUMED, 2),
    place(Kind.RESUMED, 0, room="@"),
    heard(3, "ali", "a2"),
    acked("a2", 3),
    said("a3"),
    acked("a3", 4),
    said("a4", "@", "sara"),
    acked("a4", 1, "@"),
)
SARAS: tuple[Fact, ...] = (
    *BEGIN,
    said("s1"),
    heard(1, "ali", "a1"),
    acked("s1", 2),
    heard(3, "ali", "a2"),
    heard(4, "ali", "a3"),
    heard(1, "ali", "a4", "@", "sara"),
)


def record(name: str, facts: Iterable[Fact]) -> Record:
    """These facts as somebody's record."""
    made = Record(name)
    made.facts.extend(facts)
    return made


def found(ali: Iterable[Fact] = ALIS, sara: Iterable[Fact] = SARAS, dump: Dump = DUMP) -> str:
    """Everything the checker says about a conversation."""
    return "\n".join(check([record("ali", ali), record("sara", sara)], [dump]))


def lobby(*entries: Entry) -> Dump:
    """The dump with another lobby."""
    return replace(DUMP, logs={**DUMP.logs, "#lobby": entries})


def without(facts: tuple[Fact, ...], fact: Fact) -> tuple[Fact, ...]:
    """All but the last one like this."""
    at = len(facts) - 1 - facts[::-1].index(fact)
    return facts[:at] + facts[at + 1 :]
