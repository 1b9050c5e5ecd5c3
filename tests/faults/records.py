"""What a witness did and was told, in order, with the time. Knows how that is kept; must not know sockets, or what is right."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic


class Kind(StrEnum):
    """What happened. The fields of :class:`Fact` that it has stand behind it; for the others there are empty values."""

    SENT = "sent"  # room, cid, text; to: of a private message
    ACKED = "acked"  # room, cid, id
    REFUSED = "refused"  # cid; text: the code of the error. For good
    RETRY = "retry"  # cid; text: the code. To be sent again
    HEARD = "heard"  # room, id, by, text; to: of a private message
    ENTERED = "entered"  # room, id: the last one there, epoch
    RESUMED = "resumed"  # room, id: the one it goes on behind, epoch
    RESET = "reset"  # the same, and the ids of before mean nothing any more
    GAP = "gap"  # room, id: the first one that is still kept
    CAME = "came"  # epoch. A connection, and the server knows who it is
    BYE = "bye"  # text: why, as the server says it
    CUT = "cut"  # text: why. The connection is gone
    STRANGER = "stranger"  # The server does not know this person any more; the last fact of a record


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to one witness."""

    kind: Kind
    at: float
    """Seconds on the monotonic clock of this machine."""
    room: str = ""
    id: int = 0
    cid: str = ""
    text: str = ""
    by: str = ""
    to: str = ""
    epoch: str = ""


class Record:
    """The facts about one person, in order; also in a file, a line for each, so that they outlive whoever writes them."""

    def __init__(self, name: str, path: Path | None = None) -> None:
        self.name = name
        self.facts: list[Fact] = []
        self.counts: Counter[Kind] = Counter()
        self._file = None if path is None else path.open("w", encoding="utf-8", newline="\n")

    def add(self, kind: Kind, **fields: str | int) -> None:
        """This happened now."""
        fact = Fact(kind, monotonic(), **fields)  # type: ignore[arg-type]  # named at the call, checked by the dataclass
        self.facts.append(fact)
        self.counts[kind] += 1
        if self._file is not None:
            self._file.write(json.dumps(astuple(fact), ensure_ascii=False) + "\n")

    def of(self, *kinds: Kind) -> Iterator[Fact]:
        """The facts of these kinds."""
        return (fact for fact in self.facts if fact.kind in kinds)

    def close(self) -> None:
        """Nothing more will be added."""
        if self._file is not None:
            self._file.close()


def read_record(path: Path) -> Record:
    """The record in a file: its name is the file's."""
    record = Record(path.stem)
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            kind, *fields = json.loads(line)
            record.facts.append(Fact(Kind(kind), *fields))
            record.counts[Kind(kind)] += 1
    return record
