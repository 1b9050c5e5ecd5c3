"""What a field of a request may hold: the kinds, each with its check and the words for it. Knows no requests.

JSON has one type for all numbers, and Python's ``bool`` is an ``int``: a kind says exactly what it takes. No kind lets half of
a surrogate pair through, which JSON can spell and UTF-8 cannot.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from chatd.details import Clause
from chatd.errors import BadField, NameCharacter, TextCharacter
from chatd.languages import N_
from chatd.secret import Secret
from chatd.text import describe
from chatd.wire.json_objects import INTEGERS, Fields

_MOST_GREETED: Final = 1000
LONGEST_CID: Final = 64
"""Characters of a client's own id."""


class Unfit(ValueError):
    """A value of another kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field may hold."""

    wanted: Clause
    """It in words, as they stand behind "must be"."""
    read: Callable[[Any], Any]
    """From a JSON value to what the request holds; raises :class:`Unfit`, or the error that says more."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request."""

    name: str
    kind: Kind
    attribute: str
    """What the request calls it."""
    needed: bool

    def read(self, request: str, fields: Fields) -> Any:
        """What the field, which is there, holds.

        Raises:
            BadField: something else than it should.
            TextCharacter: half of a surrogate pair.
        """
        try:
            return self.kind.read(fields[self.name])
        except Unfit:
            raise self.wrong(request) from None

    def wrong(self, request: str) -> BadField:
        """What is wrong with a request in which this is missing, or of another kind."""
        wanted = self.kind.wanted if self.needed else Clause(N_("{wanted}, or left out"), wanted=self.kind.wanted)
        return BadField(request=request, field=self.name, wanted=wanted)


def needs(name: str, kind: Kind, attribute: str = "") -> Field:
    """A field that has to be there."""
    return Field(name, kind, attribute or name, needed=True)


def may(name: str, kind: Kind, attribute: str = "") -> Field:
    """A field that can be left out."""
    return Field(name, kind, attribute or name, needed=False)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise Unfit
    half = _half_of_a_pair(value)
    if half:
        raise TextCharacter(character=describe(half))
    return value


def _words(value: Any) -> str:
    if not _string(value).strip():
        raise Unfit
    return str(value)


def _half_of_a_pair(text: str) -> str:
    if text.isascii():
        return ""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return text[error.start]
    return ""


def _name(value: Any) -> str:
    """Version 0 knows nothing but names that cannot be had: what is no string is no name."""
    if not isinstance(value, str):
        return ""
    half = _half_of_a_pair(value)
    if half:
        raise NameCharacter(character=describe(half))
    return value


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Unfit
    return tuple(_string(one) for one in value)


def _cid(value: Any) -> str:
    cid = _string(value)
    if not 1 <= len(cid) <= LONGEST_CID:
        raise Unfit
    return cid


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise Unfit
    return float(value)


def _integer(values: range, wanted: Clause) -> Kind:
    """A whole number out of these."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value not in values:
            raise Unfit
        return value

    return Kind(wanted, read)


_A_STRING: Final = Clause(N_("a string"))

STRING: Final = Kind(_A_STRING, _string)
WORDS: Final = Kind(Clause(N_("a string that is not blank")), _words)
STRINGS: Final = Kind(Clause(N_("a list of strings")), _strings)
SECRET: Final = Kind(_A_STRING, lambda value: Secret(_string(value)))
BOOLEAN: Final = Kind(Clause(N_("{true} or {false}"), true="true", false="false"), _boolean)
CID: Final = Kind(Clause(N_("a string of 1 to {most} characters"), most=LONGEST_CID), _cid)
VERSION: Final = _integer(range(2), Clause(N_("0 or 1")))
RECENT: Final = _integer(
    range(_MOST_GREETED + 1), Clause(N_("a whole number from {least} to {most}"), least=0, most=_MOST_GREETED)
)
COUNT: Final = _integer(range(1, INTEGERS.stop), Clause(N_("a whole number from {least}"), least=1))
"""Of lines; what is too many for one answer, depends on the server's limits."""
SECONDS: Final = Kind(Clause(N_("a number above 0")), _seconds)
SEEN_ID: Final = _integer(range(INTEGERS.stop), Clause(N_("an id, or 0")))
ID: Final = _integer(range(1, INTEGERS.stop), Clause(N_("an id: a whole number from 1")))
ANY_NAME: Final = Kind(_A_STRING, _name)
