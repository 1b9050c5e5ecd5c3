"""Which inputs take more time than their length explains: the words of a target, repeated, short and four times as long.

Knows processor time, so it is for people to run, not for tests. Must not know what is parsed.
"""

from collections.abc import Iterator
from time import process_time
from typing import Final

from tests.fuzz.campaign import corpus_of
from tests.fuzz.target import Target

_TIMES: Final = 4
_TOO_STEEP: Final = 10.0
"""Four times as long may take four times as long, and a little more."""
_SHORT: Final = 24
"""Bytes of what is worth repeating."""
_WORTH_A_WORD: Final = 0.05
"""Seconds: what is over sooner does no harm."""


def stretched(target: Target) -> Iterator[str]:
    """A line for each word, of the target's or short and kept, that is worse than linear when it is repeated."""
    kept = (file.read_bytes() for file in corpus_of(target) if file.stat().st_size <= _SHORT)
    for word in sorted({*target.words, *kept, b"a", b" ", b"\xff"}):
        for head in sorted({b"", word[:1]}):
            slow = _slow(target, head, word)
            if slow:
                yield slow


def _slow(target: Target, head: bytes, word: bytes) -> str:
    long = _seconds(target, head, word, target.longest)
    if long < _WORTH_A_WORD:
        return ""
    short = _seconds(target, head, word, target.longest // _TIMES)
    if long <= _TOO_STEEP * short:
        return ""
    return (
        f"{target.name}: {word[:60]!r} up to {target.longest} bytes takes {long:.3f} s, a quarter of it {short:.3f} s"
    )


def _seconds(target: Target, head: bytes, word: bytes, size: int) -> float:
    data = (head + word * (size // max(1, len(word)) + 1))[:size]
    started = process_time()
    target.run(data)
    return process_time() - started
