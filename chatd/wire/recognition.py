"""Who is speaking, by the first bytes. Knows beginnings of protocols; neither connections nor time."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Signature:
    """How the clients of one protocol begin."""

    prefixes: tuple[bytes, ...]
    """The first bytes of all, one of these."""
    line: re.Pattern[bytes] | None = None
    """How a later line shows that a connection that seemed to be a person's is this after all; ``None``: never."""
    any_case: bool = False

    @property
    def firsts(self) -> frozenset[int]:
        """The first bytes there can be: they tell most protocols apart."""
        firsts = b"".join(prefix[:1] for prefix in self.prefixes)
        return frozenset(firsts + firsts.upper() if self.any_case else firsts)

    def matches(self, seen: bytes) -> bool | None:
        """Whether these bytes begin like that; ``None``: too few to say."""
        if self.any_case:
            seen = seen.lower()
        if seen.startswith(self.prefixes):
            return True
        return None if any(prefix.startswith(seen) for prefix in self.prefixes) else False


class Signed(Protocol):
    """Something that is chosen by its signature."""

    @property
    def signature(self) -> Signature:
        """What chooses it."""


class Undecided(Enum):
    """The answer when there is none yet."""

    MORE = "more bytes are needed"


S = TypeVar("S", bound=Signed)


class Table(Generic[S]):
    """Rows, one for each protocol. Most who come are people, so it is that none of them matches which is found out first."""

    def __init__(self, rows: Iterable[S]) -> None:
        self.rows = tuple(rows)
        self._by_first: dict[int, list[S]] = {}
        for row in self.rows:
            for first in row.signature.firsts:
                self._by_first.setdefault(first, []).append(row)
        self._later = [(row.signature.line, row) for row in self.rows if row.signature.line is not None]
        self._any_later = _any_of([line for line, _ in self._later])

    def recognise(self, seen: bytes) -> S | Undecided | None:
        """The row that these first bytes belong to; ``None``: to none of them."""
        if not seen:
            return Undecided.MORE
        undecided = False
        for row in self._by_first.get(seen[0], ()):
            match row.signature.matches(seen):
                case True:
                    return row
                case None:
                    undecided = True
        return Undecided.MORE if undecided else None

    def reconsider(self, line: bytes) -> S | None:
        """The row that a later line belongs to, if it is not a person's."""
        if not self._any_later.match(line):
            return None
        return next(row for pattern, row in self._later if pattern.match(line))


def _any_of(patterns: Sequence[re.Pattern[bytes]]) -> re.Pattern[bytes]:
    """What matches wherever one of them does, each in its own mind about capitals. No other flags are passed on."""
    assert all(each.flags | re.IGNORECASE == re.IGNORECASE for each in patterns)
    parts = [b"(?i:%b)" % each.pattern if each.flags & re.IGNORECASE else b"(?:%b)" % each.pattern for each in patterns]
    return re.compile(b"|".join(parts) or rb"(?!)")
