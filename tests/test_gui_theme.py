"""The look of the window: everything can be read, in the light and in the dark, and letters grow together."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.gui.fonts import LARGEST, SMALLEST, Fonts, best_family
from clients.gui.theme import CONTRAST, DARK, LIGHT, THEMES, Theme, contrast
from clients.presentation.colours import NAME_COLOURS
from tests.tk_windows import Stage, stage, tk_screen

__all__ = ["stage", "tk_screen"]

both = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


def grounds(theme: Theme) -> list[str]:
    """Everything that text stands on."""
    return [theme.background, theme.surface, theme.mention, theme.selection]


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is the most there is, and a well-known grey is just enough (WCAG 2.2, understanding 1.4.3)."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == pytest.approx(1)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@both
def test_all_text_can_be_read_on_all_it_stands_on(theme: Theme) -> None:
    """Level AA, for every colour that words are written in."""
    for ink in (theme.text, theme.dim):
        assert min(contrast(ink, ground) for ground in grounds(theme)) >= CONTRAST
    for ink in (theme.link, theme.problem, theme.rule):
        assert min(contrast(ink, ground) for ground in (theme.background, theme.surface, theme.mention)) >= CONTRAST
    for ink in (theme.good, theme.busy):
        assert contrast(ink, theme.surface) >= CONTRAST
    assert contrast(theme.on_accent, theme.accent) >= CONTRAST
    assert contrast(theme.text, theme.border) >= CONTRAST  # a count in a quiet badge


@both
@pytest.mark.parametrize("colour", NAME_COLOURS)
def test_every_name_can_be_read_wherever_it_stands(theme: Theme, colour: str) -> None:
    """In a log, in a list, in a message that calls somebody, in a chosen row."""
    assert min(contrast(theme.readable(colour), ground) for ground in grounds(theme)) >= CONTRAST


@given(st.sampled_from([LIGHT, DARK]), st.integers(0, 0xFFFFFF))
def test_any_colour_becomes_one_that_can_be_read(theme: Theme, number: int) -> None:
    """It moves towards the text's colour no further than it has to."""
    made = theme.readable(f"#{number:06x}")
    assert re.fullmatch("#[0-9a-f]{6}", made)
    assert min(contrast(made, ground) for ground in grounds(theme)) >= CONTRAST


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    """Names have the colours that they have elsewhere, where that is possible."""
    assert LIGHT.readable("#102030") == "#102030"


def test_themes_are_found_by_their_names() -> None:
    """What is remembered between two runs is the name."""
    assert THEMES == {"light": LIGHT, "dark": DARK}


def test_the_best_family_that_is_installed_is_taken() -> None:
    """One made for Persian before one that has it too; without any of them, Tk's own."""
    assert best_family(("Courier", "DejaVu Sans", "Vazirmatn"), "fixed") == "Vazirmatn"
    assert best_family(("Courier", "DejaVu Sans"), "fixed") == "DejaVu Sans"
    assert best_family(("Courier",), "fixed") == "fixed"


def test_all_letters_grow_and_shrink_together(stage: Stage) -> None:
    """Within what can be read and what fits; a title stays larger than the text, and what is small stays smaller."""
    fonts = Fonts(stage.root)
    before = fonts.text.measure("سلام salam")
    fonts.resize(fonts.size + 4)
    assert fonts.text.measure("سلام salam") > before
    assert fonts.small.cget("size") < fonts.text.cget("size") < fonts.title.cget("size")
    fonts.resize(1000)
    assert fonts.size == LARGEST
    fonts.resize(-3)
    assert fonts.size == SMALLEST


def test_the_window_takes_a_font_with_persian_letters(stage: Stage) -> None:
    """The joined forms too: a font that lacks them shows boxes, all equally wide."""
    assert stage.fonts.family == stage.fonts.text.actual("family")
    widths = {stage.fonts.text.measure(chr(code)) for code in range(0xFE8D, 0xFEF5)}
    assert len(widths) > 8
