"""In which direction each character of one sequence runs: the rules W, N and I of UAX #9, as patterns over classes.

Knows one isolating run sequence: characters of one level, what is isolated taken out. Must not know isolates, lines or a screen.

Source: https://www.unicode.org/reports/tr9/ (revision 50). Without embeddings a sequence is simply all that stands in one
isolate, or outside of all, and what is before and after it (sos, eos) has its own direction.
"""

import re
from collections.abc import Iterator
from typing import Final

from clients.gui.text.bidi_classes import CLOSED_BY, CLOSING

_DEEPEST_BRACKET: Final = 63  # BD16

_AFTER_ISOLATE: Final = re.compile("(?<=[lrfD])M+")
_MARKED: Final = re.compile("([^M])M+")
_ARABIC_ON: Final = re.compile("A[^LR]*")
_BETWEEN_EUROPEAN: Final = re.compile("(?<=E)[SC](?=E)")
_BETWEEN_ARABIC: Final = re.compile("(?<=N)C(?=N)")
_TERMINATORS: Final = re.compile("T+")
_LEFTOVER: Final = re.compile("[STC]")
_LATIN_ON: Final = re.compile("L[^R]*")
_NEUTRALS: Final = re.compile("[OWPlrfD]+")
_BRACKETS: Final = re.compile("[" + re.escape("".join([*CLOSED_BY, *CLOSING])) + "]")

_SIDE: Final = {"L": "L", "R": "R", "E": "R", "N": "R"}
"""What a strong class or a number is for the neutrals around it."""

LIFTS: Final = ({"L": 0, "R": 1, "E": 2, "N": 2}, {"R": 0, "L": 1, "E": 1, "N": 1})
"""I1 and I2: how far above an even and an odd level each class is."""


def resolve(text: str, codes: str, direction: str) -> str:
    """The class of each character when all rules are applied: of ``L R E N`` only.

    ``codes`` are the classes of ``text`` (none of them X), ``direction`` is L or R: the sequence's own.
    """
    strong = _weak(direction + codes + direction)
    paired = _bracketed(text, codes, strong, direction)
    return _NEUTRALS.sub(lambda run: _neutral(run, direction), paired)[1:-1]


def _weak(codes: str) -> str:
    """W1 to W7: marks and numbers. The first and last letter are what is outside."""
    codes = _AFTER_ISOLATE.sub(lambda run: "O" * len(run[0]), codes)
    codes = _MARKED.sub(lambda run: run[1] * len(run[0]), codes)
    codes = _ARABIC_ON.sub(lambda run: run[0].replace("E", "N"), codes).replace("A", "R")
    codes = _BETWEEN_ARABIC.sub("N", _BETWEEN_EUROPEAN.sub("E", codes))
    codes = _LEFTOVER.sub("O", _TERMINATORS.sub(_terminating, codes))
    return _LATIN_ON.sub(lambda run: run[0].replace("E", "L"), codes)


def _terminating(run: re.Match[str]) -> str:
    """W5: terminators beside a European number belong to it."""
    beside = run.string[run.start() - 1] + run.string[run.end()]
    return ("E" if "E" in beside else "T") * len(run[0])


def _neutral(run: re.Match[str], direction: str) -> str:
    """N1 and N2: what stands between two of one side is on it, anything else goes along."""
    before, after = _SIDE[run.string[run.start() - 1]], _SIDE[run.string[run.end()]]
    return (before if before == after else direction) * len(run[0])


def _bracketed(text: str, codes: str, strong: str, direction: str) -> str:
    """N0: both brackets of a pair get the same side."""
    resolved = list(strong)
    for opening, closing in sorted(_pairs(text)):
        side = _side_of_pair(strong[opening + 2 : closing + 1], resolved, opening, direction)
        if side:
            for bracket in (opening, closing):
                _set_with_marks(resolved, codes, bracket, side)
    return "".join(resolved)


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """BD16: the places in ``text`` of the brackets that belong together."""
    open_ones: list[tuple[str, int]] = []
    for match in _BRACKETS.finditer(text):
        bracket, place = match[0], match.start()
        if bracket in CLOSED_BY:
            if len(open_ones) == _DEEPEST_BRACKET:
                return
            open_ones.append((CLOSED_BY[bracket], place))
            continue
        for depth in range(len(open_ones) - 1, -1, -1):
            if open_ones[depth][0] == CLOSING[bracket]:
                yield open_ones[depth][1], place
                del open_ones[depth:]
                break


def _side_of_pair(inside: str, resolved: list[str], opening: int, direction: str) -> str | None:
    """N0 b to d: the sequence's side if it occurs inside; else, if the other one does, what was before; else none."""
    sides = {_SIDE[code] for code in set(inside) & _SIDE.keys()}
    if direction in sides:
        return direction
    if not sides:
        return None
    # ``resolved`` is one longer at its front, so this is the place before the bracket.
    before = next(resolved[place] for place in range(opening, -1, -1) if resolved[place] in _SIDE)
    return sides.pop() if _SIDE[before] != direction else direction


def _set_with_marks(resolved: list[str], codes: str, bracket: int, side: str) -> None:
    """A bracket's side, and the marks on it go with it."""
    resolved[bracket + 1] = side
    place = bracket + 1
    while place < len(codes) and codes[place] == "M":
        resolved[place + 1] = side
        place += 1
