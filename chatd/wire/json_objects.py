"""One JSON object on one line (RFC 8259), in UTF-8. Knows what such a line may hold; not what its fields mean.

Reading is stricter than the standard library: where the RFC leaves open what a parser makes of something (a field twice, an
endless number), two programs could understand two things, so it is refused. Nothing that is refused costs more than its length.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from typing import Any, Final, Never, TypeAlias

from chatd.details import Clause, shortened
from chatd.errors import BadJson
from chatd.languages import N_

Fields: TypeAlias = dict[str, Any]
"""An object's fields: any JSON values."""

DEEPEST: Final = 16
"""Objects and lists in each other, the outermost one counted."""
INTEGERS: Final = range(-(2**63), 2**63)
"""What fits into 64 bits, as it is stored."""

_LONGEST_DIGITS: Final = 20

# A string whose end is missing goes on to the end of the line; possessive, so that no line is read twice.
_STRINGS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_STEPS: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


def read_object(line: bytes) -> Fields:
    """The fields of the object that this line is.

    Raises:
        BadJson: it is something else, holds a field twice, ``NaN`` or ``Infinity``, a number that 64 bits cannot hold, or
            is nested deeper than :data:`DEEPEST`.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise BadJson(reason=Clause(N_("it is not UTF-8 at byte {place}"), place=error.start + 1)) from None
    if _depth(text) > DEEPEST:
        raise BadJson(reason=Clause(N_("it is nested more than {depth} deep"), depth=DEEPEST))
    try:
        value = _decoded(text)
    except json.JSONDecodeError as error:
        raise BadJson(reason=_where(error)) from None
    if not isinstance(value, dict):
        raise BadJson(reason=Clause(_KINDS[type(value)]))
    return value


def _decoded(text: str) -> Any:
    """What ``json.loads`` makes of it. It looks for blanks on both sides, which most lines do not have."""
    if text.startswith("{"):
        value, end = _DECODER.raw_decode(text)
        if end == len(text):
            return value
    return _DECODER.decode(text)


def object_line(fields: Fields) -> bytes:
    """The line, with its ending, that is an object of these fields."""
    return f"{_ENCODER.encode(fields)}\n".encode()


def _depth(text: str) -> int:
    """How deep the text is nested, at most; the parser itself recurses, and must not be let loose on what is too deep."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return 0  # all lines but a few: not worth a closer look
    steps = (_STEPS[bracket] for bracket in _BRACKETS.findall(_STRINGS.sub("", text)))
    return max(accumulate(steps), default=0)


def _where(error: json.JSONDecodeError) -> Clause:
    what = error.msg.removesuffix(" at")
    words = f"{what[:1].lower()}{what[1:]}"
    known = Clause(words) if words in _MISTAKES else words
    return Clause(N_("{what} at character {place}"), what=known, place=error.pos + 1)


def _once(pairs: list[tuple[str, Any]]) -> Fields:
    """An object, each field of which is there once."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = max(counts, key=counts.__getitem__)
        raise BadJson(reason=Clause(N_("the field {field} is in it twice"), field=shortened(twice)))
    return fields


def _integer(digits: str) -> int:
    # The length first: turning thousands of digits into a number takes long, or is refused by Python.
    if len(digits) > _LONGEST_DIGITS or int(digits) not in INTEGERS:
        raise BadJson(reason=Clause(_TOO_BIG))
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise BadJson(reason=Clause(_TOO_BIG))
    return number


def _no_number(word: str) -> Never:
    raise BadJson(reason=Clause(N_("it holds {word}, which is no number in JSON"), word=word))


_TOO_BIG: Final = N_("it holds a number beyond 64 bits")
_KINDS: Final[dict[type, str]] = {
    list: N_("it is a list"),
    str: N_("it is a string"),
    int: N_("it is a number"),
    float: N_("it is a number"),
    bool: N_("it is true or false"),
    type(None): N_("it is null"),
}
_MISTAKES: Final = {
    N_("expecting value"),
    N_("extra data"),
    N_("unterminated string starting"),
    N_("expecting property name enclosed in double quotes"),
    N_("expecting ':' delimiter"),
    N_("expecting ',' delimiter"),
    N_("illegal trailing comma before end of object"),
    N_("illegal trailing comma before end of array"),
    N_("invalid control character"),
    N_("invalid \\escape"),
    N_("invalid \\uXXXX escape"),
}
"""What Python's parser may find; it has no list of its own."""
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_integer, parse_float=_float, parse_constant=_no_number
)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

quote: Final[Callable[[str], str]] = json.encoder.encode_basestring
"""A string as JSON has it, in its quotes; letters stay letters. It is what the encoder calls for that."""
