"""What text may hold, in one place, for messages, topics and all else that people type. Must not know where it goes.

Names have stricter rules of their own (:mod:`chatd.names`). What a text is made of reaches other people's terminals as it
is, so nothing may pass that moves a cursor or turns a line around: no controls (ECMA-48, the 8-bit ones too), no line
ends of any kind (UAX 14), no bidi embeddings, overrides and isolates (UAX 9), whose effect would leak out of the line.
"""

import re
from unicodedata import category, name

from chatd.details import Clause
from chatd.errors import TextCharacter, TextEmpty, TextNotUtf8, TextTooLong
from chatd.folding import INVISIBLE
from chatd.languages import N_

_BIDI = "\u202a-\u202e\u2066-\u2069"
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000)
)
_REFUSED = f"\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_NONCHARACTERS}"

_refused = re.compile(f"[{_REFUSED}]")
_unclean = re.compile(f"[\t{_BIDI}{_REFUSED}]")
_removed = re.compile(f"[{_BIDI}]")
_TAGS = {character for character in INVISIBLE if character >= "\U000e0000"}  # hundreds, slow unless as one range
_UNSEEN = "".join(sorted(INVISIBLE - _TAGS)) + f"{min(_TAGS)}-{max(_TAGS)}"
_visible = re.compile(f"[^\\s\u2800{_UNSEEN}]")  # U+2800 is the Braille pattern without dots

_CONTROLS = {
    0x00: "NULL",
    0x03: "END OF TEXT",
    0x04: "END OF TRANSMISSION",
    0x07: "BELL",
    0x08: "BACKSPACE",
    0x09: "TAB",
    0x0A: "LINE FEED",
    0x0B: "LINE TABULATION",
    0x0C: "FORM FEED",
    0x0D: "CARRIAGE RETURN",
    0x0E: "SHIFT OUT",
    0x0F: "SHIFT IN",
    0x11: "DEVICE CONTROL ONE",
    0x13: "DEVICE CONTROL THREE",
    0x15: "NEGATIVE ACKNOWLEDGE",
    0x18: "CANCEL",
    0x1A: "SUBSTITUTE",
    0x1B: "ESCAPE",
    0x7F: "DELETE",
    0x90: "DEVICE CONTROL STRING",
    0x9B: "CONTROL SEQUENCE INTRODUCER",
    0x9C: "STRING TERMINATOR",
    0x9D: "OPERATING SYSTEM COMMAND",
}
"""Controls have aliases only (NameAliases.txt); these are the ones people meet."""

_KINDS = {
    "Cc": N_("{code} control character"),
    "Cs": N_("{code} surrogate"),
    "Co": N_("{code} private use character"),
    "Cn": N_("{code} unassigned character"),
}
_UNNAMED = N_("{code} unnamed character")


def decode(line: bytes) -> str:
    """The text of these bytes (UTF-8, RFC 3629: no surrogates, no overlong forms).

    Raises:
        TextNotUtf8: they are something else.
    """
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise TextNotUtf8 from None


def clean(text: str) -> str:
    """``text`` as it may be passed on: a TAB becomes a space; bidi embeddings, overrides and isolates are left out.

    ZWNJ, ZWJ, LRM and RLM stay: Persian, emoji and mixed lines need them. Cleaning twice changes nothing more.

    Raises:
        TextCharacter: another control, a line end, a lone surrogate or a noncharacter is in it.
    """
    if not _unclean.search(text):
        return text
    refused = _refused.search(text)
    if refused:
        raise TextCharacter(character=describe(refused[0]))
    return _removed.sub("", text.replace("\t", " "))


def message(text: str, limit: int) -> str:
    """``text`` as the text of a message of at most ``limit`` bytes of UTF-8: clean, and otherwise as it was typed.

    Blanks at its ends stay: pasted code is indented, and a cut would be noticed only by its readers.

    Raises:
        TextCharacter: see :func:`clean`.
        TextEmpty: it has nothing that could be seen.
        TextTooLong: it is longer.
    """
    if text.isascii() and text.isprintable():  # most lines: nothing to look for, and each character is a byte
        cleaned, measured, visible = text, len(text), bool(text) and not text.isspace()
    else:
        cleaned = clean(text)
        measured, visible = len(cleaned.encode()), _visible.search(cleaned) is not None
    if not visible:
        raise TextEmpty
    if measured > limit:
        raise TextTooLong(measured=measured, limit=limit)
    return cleaned


def describe(character: str) -> str:
    """A character in words that are safe to show: ``U+202E RIGHT-TO-LEFT OVERRIDE``, ``U+0085 control character``."""
    code = f"U+{ord(character):04X}"
    known = name(character, "") or _CONTROLS.get(ord(character))
    return f"{code} {known}" if known else Clause(_KINDS.get(category(character), _UNNAMED), code=code)
