"""Whether a screen joins letters is told by widths, in any kind of font."""

from dataclasses import dataclass

import pytest

from clients.gui.text.probe import shapes_by_itself
from clients.gui.text.shaping import shape

PROPORTIONAL = {"ب": 20, "س": 26, "ل": 16, "ا": 6, "ﺑ": 7, "ﺒ": 8, "ﺐ": 21, "ﺳ": 18, "ﺴ": 19, "ﺲ": 27, "ﻻ": 14, "ﻼ": 15}


@dataclass
class MeasuredFont:
    """A font on a screen that joins, or does not; ``wide`` has the widths that differ from ``cell``."""

    wide: dict[str, int]
    joins: bool
    cell: int = 10
    rounding: int = 0

    def measure(self, text: str) -> int:
        """The width of ``text``."""
        shapes = shape(text).text if self.joins else text
        return sum(self.wide.get(one, self.cell) for one in shapes) + (self.rounding if len(text) > 1 else 0)


@pytest.mark.parametrize("joins", [True, False])
@pytest.mark.parametrize(
    "wide",
    [PROPORTIONAL, {}, {one: width // 3 for one, width in PROPORTIONAL.items()}],
    ids=["proportional", "monospaced", "tiny"],
)
def test_joined_letters_take_another_room(wide: dict[str, int], joins: bool) -> None:
    """Also where every letter has the same width, by lam and alef; and in letters a few pixels wide."""
    assert shapes_by_itself(MeasuredFont(wide, joins)) is joins


def test_rounding_is_not_joining() -> None:
    """A screen with parts of pixels may be off by less than one for each letter."""
    assert not shapes_by_itself(MeasuredFont(PROPORTIONAL, joins=False, rounding=-7))


def test_a_font_without_letters_says_no() -> None:
    """What cannot be told is joined by hand."""
    assert not shapes_by_itself(MeasuredFont({}, joins=False, cell=0))
