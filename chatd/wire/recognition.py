"""Who is speaking, by the first bytes. Knows beginnings of protocols; neither connections nor time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Signature:
    """How the clients of one protocol begin."""

    prefixes: tuple[bytes, ...]
    """The first bytes of all, one of these."""
    line: re.Pattern[bytes] | None = None
    """How a later line shows that a connection that seemed to be a person's is this after all; ``None``: never."""
    any_case: bool = False
    _firsts: frozenset[int] = field(init=False, repr=False, compare=False)  # the first byte tells most of them apart

    def __post_init__(self) -> None:
        prefixes = b"".join(prefix[:1] for prefix in self.prefixes)
        object.__setattr__(self, "_firsts", frozenset(prefixes + prefixes.upper() if self.any_case else prefixes))

    def matches(self, seen: bytes) -> bool | None:
        """Whether these bytes begin like that; ``None``: too few to say."""
        if seen and seen[0] not in self._firsts:
            return False
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


def recognise(seen: bytes, rows: Sequence[S]) -> S | Undecided | None:
    """The row that these first bytes belong to; ``None``: to none of them."""
    undecided = False
    for row in rows:
        match row.signature.matches(seen):
            case True:
                return row
            case None:
                undecided = True
    return Undecided.MORE if undecided else None


def reconsider(line: bytes, rows: Sequence[S]) -> S | None:
    """The row that a later line belongs to, if it is not a person's."""
    for row in rows:
        if row.signature.line is not None and row.signature.line.match(line):
            return row
    return None
