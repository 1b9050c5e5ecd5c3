"""One line of a server as a JSON object, whose fields are taken out one by one, each as the kind that it has to be.

Knows kinds of values and what is safe to show; not which fields there are. Nothing is believed: what is of another kind,
or cannot be, is a :class:`ProtocolError`.
"""

import json
import math
import re
from typing import Any, Final, NoReturn

from chatd.languages import N_
from chatd.text import describe
from clients.wording import Told, say

LARGEST_ID: Final = 2**63 - 1
LATEST: Final = 253_402_214_400.0
"""The last day of the year 9999 begins: later times are none that could be shown anywhere."""
LONGEST_WAIT: Final = 3600.0
"""Seconds. A server that asks for more patience than that is broken, or not to be listened to."""
LONGEST_REASON: Final = 80

# What a terminal or a window would act on: controls, ends of lines, bidi controls, halves of characters.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_REMOVED = re.compile("[\u202a-\u202e\u2066-\u2069]")
_HALF = re.compile("[\ud800-\udfff]")


class ProtocolError(Told):
    """The server said something that the protocol does not know; the sentence says what, safe to show."""


def safe(text: str) -> str:
    """``text`` as it may stand in a line anywhere: as :func:`chatd.text.clean` makes it, U+FFFD for what that refuses."""
    if (text.isascii() and text.isprintable()) or not _UNSAFE.search(text):
        return text
    return _UNSAFE.sub("\ufffd", _REMOVED.sub("", text.replace("\t", " ")))


def parse(line: bytes) -> dict[str, Any]:
    """The object that stands on this line.

    Raises:
        ProtocolError: it is not one JSON object in UTF-8, or names a field twice, or is nested too deep (RFC 8259).
    """
    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # all of json's errors, and those of UTF-8, are ValueErrors
        reason = safe(f"{error}")[:LONGEST_REASON]
        raise ProtocolError(say("The server sent a line that is not JSON ({reason}).", reason=reason)) from None
    if not isinstance(value, dict):
        raise ProtocolError(say("The server sent a line that is not a JSON object."))
    return value


class Fields:
    """The fields of one object."""

    def __init__(self, values: dict[str, Any], where: str) -> None:
        self._values = values
        self._where = safe(where)[:LONGEST_REASON]

    def has(self, key: str) -> bool:
        """Whether the field is there, and is not ``null``."""
        return self._values.get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """A string, safe to show."""
        return safe(self._string(key, default))

    def lines(self, key: str, default: str | None = None) -> str:
        """A string of several lines, each safe to show, divided by line feeds."""
        return "\n".join(safe(line.removesuffix("\r")) for line in self._string(key, default).split("\n"))

    def optional_text(self, key: str) -> str | None:
        """The same, or ``None`` if it is not there."""
        return self.text(key) if self.has(key) else None

    def token(self, key: str, default: str | None = None) -> str:
        """A string that is only given back: as it came."""
        value = self._string(key, default)
        half = _HALF.search(value)
        if half:
            template = N_("The server's {where} has {character} in {key}.")
            raise ProtocolError(say(template, where=self._where, character=describe(half[0]), key=key))
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """A truth value."""
        value = self._values.get(key, default)
        return (
            value
            if isinstance(value, bool)
            else self._wrong(N_("In the server's {where}, {key} is not true or false."), key)
        )

    def integer(self, key: str, least: int = 0, default: int | None = None) -> int:
        """A whole number, at most :data:`LARGEST_ID`."""
        value = self._values.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST_ID:
            return value
        return self._wrong(N_("In the server's {where}, {key} is not a whole number from {least}."), key, least)

    def time(self, key: str) -> float:
        """Unix seconds, of the years 1970 to 9999."""
        return self._number(key, LATEST)

    def seconds(self, key: str) -> float | None:
        """A number of seconds, at most :data:`LONGEST_WAIT`, or ``None`` if it is not there."""
        return min(self._number(key, math.inf), LONGEST_WAIT) if self.has(key) else None

    def names(self, key: str) -> tuple[str, ...]:
        """A list of strings, safe to show."""
        values = self._list(key)
        if not all(isinstance(value, str) for value in values):
            self._wrong(N_("In the server's {where}, {key} is not a list of strings."), key)
        return tuple(map(safe, values))

    def objects(self, key: str) -> "list[Fields]":
        """A list of objects."""
        values = self._list(key)
        if not all(isinstance(value, dict) for value in values):
            self._wrong(N_("In the server's {where}, {key} is not a list of objects."), key)
        return [Fields(value, f"{self._where}, {key}") for value in values]

    def _string(self, key: str, default: str | None) -> str:
        value = self._values.get(key, default)
        return (
            value if isinstance(value, str) else self._wrong(N_("In the server's {where}, {key} is not a string."), key)
        )

    def _number(self, key: str, most: float) -> float:
        value = self._values.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= min(most, LARGEST_ID):
            return float(value)
        return self._wrong(N_("In the server's {where}, {key} is not a number of seconds."), key)

    def _list(self, key: str) -> list[Any]:
        value = self._values.get(key)
        return (
            value if isinstance(value, list) else self._wrong(N_("In the server's {where}, {key} is not a list."), key)
        )

    def _wrong(self, template: str, key: str, least: int = 0) -> NoReturn:
        raise ProtocolError(say(template, where=self._where, key=key, least=least))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a field stands there twice")
    return values


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
