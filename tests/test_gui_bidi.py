"""The order of characters on the screen: UAX #9 by its examples, by what people write, and held against another engine."""

import unicodedata

import pytest
from bidi import get_display
from bidi.mirror import MIRRORED
from hypothesis import given
from hypothesis import strategies as st

from clients.gui.text.bidi import Direction, base_direction, levels, line_levels, reorder, visual_order
from clients.gui.text.bidi_classes import CLOSED_BY, CLOSING, MIRROR_IMAGES, classes

LTR, RTL = Direction.LTR, Direction.RTL
LRI, RLI, FSI, PDI = "\u2066\u2067\u2068\u2069"
LRM, RLM = "\u200e\u200f"

EVERYDAY = (
    "ab zאבسلعی٠١۰۱12+-#%$,.:/ !*@«»()[]{}<>\u3008\u3009\u2329\u232a⟨⟩\u0300\u064e\u05b0"
    + "\u200e\u200f\u061c\u200c\u200d\u00ad中ﻻ😀؟،"
    + LRI
    + RLI
    + FSI
    + PDI * 3
)
"""Some of each class but the separators: python-bidi gives a TAB the level of the text around it, against L1."""


def drawn(text: str, base: Direction) -> str:
    """What is on the screen, from left to right."""
    return "".join(glyph.character for glyph in reorder(text, base))


@pytest.mark.parametrize(
    ("text", "on_screen"),
    [
        ("سلام", "مالس"),
        ("سلام (علی) رفت", "تفر (یلع) مالس"),
        ("گفت «بیا» و رفت", "تفر و «ایب» تفگ"),
        ("این را ببین: print(x)", "print(x) :نیبب ار نیا"),
        ("[۱۴:۰۳] علی: سلام", "مالس :یلع [۱۴:۰۳]"),
        ("سلام ali و bob!", "!bob و ali مالس"),
        ("12% تخفیف", "فیفخت 12%"),
        ("ساعت 14:03 شد", "دش 14:03 تعاس"),
        ("قیمت ۱۲٫۵٪ و 3.5$", "$3.5 و ٪۱۲٫۵ تمیق"),
        ("نشانی https://a.b/c-d?e=1 است", "تسا https://a.b/c-d?e=1 یناشن"),
        ("س > ۲ و ۳ ≤ ع", "ع ≥ ۳ و ۲ < س"),
        (f"فهرست {LRM}/who را بنویس", "سیونب ار /who تسرهف"),
        (f"فهرست {LRI}/who{PDI} را بنویس", "سیونب ار /who تسرهف"),
    ],
    ids=lambda text: text[:20],
)
def test_a_persian_line_reads_from_the_right(text: str, on_screen: str) -> None:
    """Letters to the left, numbers and Latin words to the right, brackets around what they enclose."""
    assert drawn(text, RTL) == on_screen


@pytest.mark.parametrize(
    ("text", "on_screen"),
    [
        ("hello سلام world", "hello مالس world"),
        ("a (سلام) b", "a (مالس) b"),
        ("سلام (b)", "مالس (b)"),
        ("ali: سلام 12 بار", "ali: راب 12 مالس"),
        (f"{FSI}علی{PDI} (192.0.2.7)", "یلع (192.0.2.7)"),
        (f"{FSI}علی{PDI}, {FSI}سارا{PDI} joined.", "یلع, اراس joined."),
        (f"{RLI}علی (a){PDI}!", "(a) یلع!"),
        ("plain ascii, [1] {2}", "plain ascii, [1] {2}"),
    ],
    ids=lambda text: text[:20],
)
def test_persian_in_an_english_line(text: str, on_screen: str) -> None:
    """The line keeps its direction, and isolated names keep out of their neighbours'."""
    assert drawn(text, LTR) == on_screen


def test_an_isolate_parts_what_is_beside_it_though_it_is_not_drawn() -> None:
    """The two numbers would be one run without it."""
    assert drawn(f"2{LRI}{PDI}3", RTL) == "32"


def test_a_slash_needs_its_mark_on_both_sides() -> None:
    """LRM is strong: what stands between two of them runs to the right."""
    assert drawn(f"بنویس {LRM}/who", RTL).startswith("/who")
    assert drawn("بنویس /who", RTL).startswith("who/")


def test_white_space_at_the_end_goes_along_with_the_paragraph() -> None:
    """L1: at the end of a line, and before a TAB, it stands on the paragraph's far side."""
    assert drawn("abc  ", RTL) == "  abc"
    assert drawn("a \tb", RTL) == "b\t a"
    assert line_levels("א ", [1, 1], LTR) == [1, 0]


def test_brackets_may_be_written_in_two_ways() -> None:
    """N0: U+2329 is closed by U+3009, its canonical equivalent."""
    assert levels("ab\u2329א\u3009א", LTR) == [0, 0, 0, 1, 0, 1]


def test_a_bracket_takes_its_marks_along() -> None:
    """N0: an accent on a bracket is drawn with it."""
    assert levels("a(b)\u0300א", RTL) == [2, 2, 2, 2, 2, 1]


def test_a_bracket_that_is_never_closed_is_just_a_sign() -> None:
    """It goes along with the paragraph."""
    assert drawn("سلام (بیا", RTL) == "ایب) مالس"


def test_more_than_63_open_brackets_are_no_pairs() -> None:
    """BD16: the last bracket goes along with the letters before and in its pair, or else with the paragraph."""
    assert levels("a" + "(" * 63 + "b" + ")" * 63, RTL)[-1] == 2
    assert levels("a" + "(" * 64 + "b" + ")" * 64, RTL)[-1] == 1


def test_isolates_nest_up_to_125_levels() -> None:
    """BD2: deeper ones are ignored, and closed without harm to the others."""
    text = RLI * 300 + "a" + PDI * 300 + "א"
    assert max(levels(text, LTR)) <= 126
    assert levels(text, LTR)[-1] == 1
    assert drawn(text, LTR) == "aא"


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("سلام world", RTL),
        ("hello سلام", LTR),
        ("۱۲ (سلام)", RTL),
        (f"{FSI}علی{PDI} joined.", LTR),
        (f"{FSI}ali{PDI} آمد.", RTL),
        (f"{FSI}علی", None),
        (f"{PDI}علی", RTL),
        (f"{RLM}abc", RTL),
        ("12 !?", None),
        ("", None),
    ],
)
def test_the_first_letter_outside_of_isolates_gives_the_direction(text: str, direction: Direction | None) -> None:
    """P2 and P3; where there is none, it is the one that was asked for."""
    assert base_direction(text, LTR) is (direction or LTR)
    assert base_direction(text, RTL) is (direction or RTL)


@given(st.text(EVERYDAY), st.sampled_from([LTR, RTL]))
def test_another_engine_has_the_same_order(text: str, base: Direction) -> None:
    """python-bidi's, which mirrors nothing and leaves the controls in."""
    mine = reorder(text, base)
    left_out = set(text) - {text[glyph.index] for glyph in mine}
    theirs = get_display(text, base_dir="L" if base is LTR else "R")
    assert "".join(text[glyph.index] for glyph in mine) == "".join(c for c in theirs if c not in left_out)


@given(st.text(), st.sampled_from([LTR, RTL]))
def test_every_string_has_an_order(text: str, base: Direction) -> None:
    """Each drawn character is there once, whatever the string; what runs to the left is marked as such."""
    glyphs = reorder(text, base)
    places = [glyph.index for glyph in glyphs]
    assert len(set(places)) == len(places)
    assert all(
        classes(text[place]) in "XlrfD" for place in set(range(len(text))) - set(places) if text[place] not in LRM + RLM
    )
    assert all(glyph.character in (text[glyph.index], MIRROR_IMAGES.get(text[glyph.index])) for glyph in glyphs)


@given(st.text(st.characters(codec="utf-16", categories=["Lu", "Ll", "Zs"], max_codepoint=0x24F)))
def test_latin_text_stays_as_it_is(text: str) -> None:
    """Nothing moves where nothing runs to the left."""
    assert drawn(text, LTR) == text


@given(st.lists(st.integers(0, 126)))
def test_two_reversals_are_none(of_line: list[int]) -> None:
    """L2 is a permutation, and that of one odd level a plain reversal."""
    assert sorted(visual_order(of_line)) == list(range(len(of_line)))
    assert visual_order([1] * len(of_line)) == list(range(len(of_line)))[::-1]


def test_a_hostile_line_is_no_burden() -> None:
    """Strings made to be slow: each is over at once, or the run's time limit strikes."""
    for text in (
        "(" * 20_000,
        "(a" * 20_000,
        "%" * 20_000,
        "א1,%" * 10_000,
        FSI * 20_000,
        (RLI + "a") * 20_000,
        "\u0300" * 20_000,
    ):
        assert len(levels(text, RTL)) == len(text)


def test_mirror_images_are_unicodes() -> None:
    """They are found by name; where python-bidi's table has one, it is the same."""
    assert {c: image for c, image in MIRROR_IMAGES.items() if MIRRORED.get(c, image) != image} == {}
    assert all(MIRROR_IMAGES[image] == c for c, image in MIRROR_IMAGES.items())
    assert all(MIRROR_IMAGES[a] == b for a, b in ("()", "[]", "{}", "<>", "«»", "‹›", "「」", "《》", "≤≥", "∈∋", "⟨⟩"))


def test_every_bracket_has_its_other_half() -> None:
    """Those that Unicode calls opening or closing punctuation, mirrors and calls neutral; the ornate ones are not mirrored."""
    brackets = [
        chr(i) for i in range(0x10000) if unicodedata.category(chr(i)) in ("Ps", "Pe") and unicodedata.mirrored(chr(i))
    ]
    assert set(brackets) == {*CLOSED_BY, *CLOSING}
    assert set(CLOSED_BY.values()) == set(CLOSING.values())


def test_characters_that_python_does_not_know_yet_go_with_their_block() -> None:
    """DerivedBidiClass's defaults; those of the planes that nobody has given anything run to the right."""
    assert classes("\u05ff\u070e\u20cf\ufdd0\U000e0fff\U0003fff0\ud800") == "RATXXLL"
