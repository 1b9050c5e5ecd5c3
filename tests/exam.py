"""What is talked about in the pictures of the documents: a class before an exam.

Knows who says what. Must not know in which program ali sits, or how a picture is taken of it.
"""

from collections.abc import Callable
from typing import TypeAlias

from tests.processes import Visitor

Seen: TypeAlias = Callable[[str], object]
"""Waits until this stands on somebody's screen."""


def said(seen: Seen, visitor: Visitor, text: str) -> None:
    """Somebody says something, and it is seen."""
    visitor.types(text)
    seen(text)


def which_chapters(seen: Seen, enter: Callable[[str], None], sara: Visitor, maryam: Visitor) -> None:
    """How it begins in English: one asks, one knows, and ali, who is looked at, types where to read about it."""
    said(seen, sara, "salam! Which chapters are in the exam?")
    said(seen, maryam, "سلام! فصل ۳ تا ۵")
    enter("The list is at https://example.org/exam")
