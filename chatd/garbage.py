"""How often Python looks for cycles of objects that nobody uses any more. Knows Python's collector; nothing of the chat.

What is said and heard here is freed without it, by counting references, and what a store in memory keeps it loses sight of
(``storage/memory.py``); what an ended connection leaves is not, nor are many other things of a few kilobytes. But of each
connection some twenty objects stay, which look to it as if garbage piled up: with its usual thresholds it goes through those
that have just come again and again, and a tenth fewer can come in a second.
"""

import gc
from typing import Final

THRESHOLDS: Final = (5_000, 5, 8)
"""New objects, less those freed, before the young ones are looked through; how many times that before the middle-aged are,
and these before all are (docs.python.org/3/library/gc.html, ``gc.set_threshold``). Of ended connections some 15,000
wait for that at most, with about 30 MB."""


def collect_seldom() -> None:
    """From now on. What is there already, modules above all, stays out of it for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
