"""Words for fuzzers to put together where letters are folded, joined or compared. Knows Unicode; must not know what does that."""

from typing import Final

_PERSIAN: Final = (
    "می\u200cخواهم",
    "کتاب",
    "كتاب",
    "ها",
    "ی",
    "ي",
    "خانهٔ",
    "ۀ",
    "\u0654",
    "\u064b",
    "۱۲",
    "٤",
    " ",
    "\u200c",
    "علی رضا",
)
LETTERS: Final = (
    *(word.encode() for word in _PERSIAN),
    b"paypal",
    "раураl".encode(),
    "é".encode(),
    "\u0301".encode(),
    "ﬁ".encode(),
)
