"""Paragraphs as lines: nothing is lost, nothing is too wide, and what is copied is what was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from clients.gui.text.bidi import CONTROLS, Direction
from clients.gui.text.paragraph import Piece, Run, VisualLine, cached, layout, logical_text
from clients.gui.text.shaping import is_mark, shape

LTR, RTL = Direction.LTR, Direction.RTL
ZWNJ = "\u200c"
CELL = 10

WORDS = st.sampled_from(
    ["سلام", f"می{ZWNJ}خواهم", "مثلا\u064b", "لا", "(این)", "۱۲٫۵٪", "ali", "https://a.b/c-d/e", "e\u0301e", " ", "  "]
)
STYLES = st.sampled_from(["", "time", "name"])
BASES = st.sampled_from([LTR, RTL])


def cells(text: str, _style: str) -> int:
    """One cell for each character; marks are drawn on theirs."""
    return CELL * sum(not is_mark(character) for character in text)


def texts(lines: list[VisualLine]) -> list[str]:
    """What is drawn, without styles."""
    return ["".join(run.text for run in line.runs) for line in lines]


def plain(text: str, columns: int, base: Direction = LTR) -> list[VisualLine]:
    """A paragraph of one style in so many cells."""
    return layout([("", text)], base, columns * CELL, cells)


def test_english_breaks_at_spaces_which_are_not_drawn() -> None:
    """They stay in the range of the line they end."""
    lines = plain("the quick brown  fox", 10)
    assert texts(lines) == ["the quick", "brown  fox"]
    assert [(line.start, line.end, line.gap) for line in lines] == [(0, 10, " "), (10, 20, "")]


def test_a_persian_paragraph_begins_with_its_first_line() -> None:
    """Broken as it is read, then put in order: the first words are on the first line, from the right."""
    assert texts(plain("یک دو سه چهار", 6, RTL)) == ["ود ﮏﯾ", "ﻪﺳ", "رﺎﻬﭼ"]


def test_pieces_keep_their_styles_where_they_are_drawn() -> None:
    """A message as the window has it: time, name and text, from the right."""
    (line,) = layout([("time", "[۱۴:۰۳] "), ("name", "علی"), ("", ": سلام")], RTL, 1000, cells)
    assert line.runs == (Run("مﻼﺳ :", ""), Run("ﯽﻠﻋ", "name"), Run(" [۱۴:۰۳]", "time"))


def test_letters_join_across_styles() -> None:
    """A style is a colour, not the end of a word."""
    (line,) = layout([("a", "بب"), ("b", "ب")], RTL, 1000, cells)
    assert line.runs == (Run("ﺐ", "b"), Run("ﺒﺑ", "a"))


def test_neighbours_of_one_style_are_one_run() -> None:
    """Also where they came as several pieces."""
    (line,) = layout([("a", "x"), ("a", "y"), ("b", ""), ("a", "z")], LTR, 1000, cells)
    assert line.runs == (Run("xyz", "a"),)


def test_a_number_keeps_its_place_on_the_next_line() -> None:
    """Levels are those of the paragraph: a date behind Persian words runs as it would on one line."""
    one, two = plain("سلام 2024-01-15", 10)
    assert texts([one, two]) == ["مﻼﺳ", "15-01-2024"]


def test_a_bracket_may_close_on_the_next_line() -> None:
    """Pairs are those of the paragraph as well."""
    assert texts(plain("ali (سلام و b)", 10)) == ["ali (و مﻼﺳ", "b)"]


def test_a_long_address_breaks_behind_slashes_and_dashes() -> None:
    """Beginning in the line where it stands."""
    assert texts(plain("see https://example.org/a-long/way ok", 16)) == [
        "see https://",
        "example.org/a-",
        "long/way ok",
    ]


def test_a_word_longer_than_the_line_breaks_anywhere_but_in_a_character() -> None:
    """An accent stays on its letter, a family together, a flag whole."""
    text = "e\u0301" * 3 + "👨\u200d👩\u200d👧" + "🇮🇷" * 2
    lines = plain(text, 3)
    assert [text[line.start : line.end] for line in lines] == ["e\u0301" * 3, "👨\u200d👩\u200d👧", "🇮🇷", "🇮🇷"]


def test_a_character_wider_than_the_line_stands_alone() -> None:
    """There must be an end, even in a window without any width."""
    assert texts(plain("ab c", 0)) == ["a", "b", "c"]


def test_lam_and_alef_are_never_parted() -> None:
    """They are one shape."""
    assert texts(plain("لالالا", 1, RTL)) == ["ﻻ", "ﻻ", "ﻻ"]


def test_nothing_is_one_empty_line() -> None:
    """So a paragraph always has a place on the screen."""
    for pieces in ([], [("", "")], [("", "\u2068\u2069")]):
        (line,) = layout(pieces, RTL, 100, cells)
        assert (line.runs, line.logical(0, 9), line.end) == ((), "", len("".join(text for _, text in pieces)))


def test_harakat_are_drawn_before_their_letters_where_they_take_no_room() -> None:
    """A mark's picture reaches to the right, onto the letter that is drawn next; one with a cell of its own is left out."""
    assert texts(plain("مثلا\u064b", 10, RTL)) == ["\u064bﻼﺜﻣ"]
    (line,) = layout([("", "مثلا\u064b")], RTL, 1000, lambda text, _style: CELL * len(text))
    assert texts([line]) == ["ﻼﺜﻣ"]
    assert line.logical(0, 3) == "مثلا\u064b"


@pytest.mark.parametrize("written", ["خانه\u0654 ما", "خان\u06c0 ما"])
def test_a_heh_with_a_hamza_is_a_letter_and_a_mark(written: str) -> None:
    """However it was written: most fonts have no such letter as one. What is copied is what was written."""
    (line,) = plain(written, 20, RTL)
    (drawn,) = texts([line])
    assert drawn == "ﺎﻣ \u0654ﻪﻧﺎﺧ"
    assert line.logical(0, len(drawn)) == written
    assert "ه" in line.logical(4, 5) or line.logical(4, 5) == "\u06c0"


@pytest.mark.parametrize("letter", ["\u06c0", "\u06c2", "\u06d3", "ن\u06c0", "ن\u06d3"])
def test_no_letter_is_drawn_that_few_fonts_have(letter: str) -> None:
    """DejaVu Sans has a box for each of these; where marks take room, their letter is better than nothing."""
    for measure in (cells, lambda text, _style: CELL * len(text)):
        (drawn,) = texts(layout([("", letter)], RTL, 1000, measure))
        assert not set(drawn) & set("\u06c0\u06c2\u06d3\ufba4\ufba5\ufbb0\ufbb1")
        assert ("\u0654" in drawn) == (measure is cells)


def test_copying_gives_what_was_written() -> None:
    """In reading order, with ZWNJ and both letters of a lam and alef, without what only says a direction."""
    (line,) = plain(f"\u2068علی\u2069: می{ZWNJ}خواهم \u200e/who (لا)", 100, RTL)
    (drawn,) = texts([line])
    assert line.logical(0, len(drawn)) == f"علی: می{ZWNJ}خواهم /who (لا)"
    assert line.logical(drawn.index("/who"), drawn.index("/who") + 4) == "/who"
    assert line.logical(drawn.index("ﻻ"), drawn.index("ﻻ") + 1) == "لا"
    assert line.logical(len(drawn) - 3, 99) == "علی"
    assert line.logical(5, 2) == line.logical(-4, -2) == ""


def test_mirrored_brackets_copy_as_they_were_written() -> None:
    """The first character from the left is the closing one, drawn as an opening one."""
    (line,) = plain("(سلام)", 100, RTL)
    assert texts([line]) == ["(مﻼﺳ)"]
    assert line.logical(0, 1) == ")"


def test_words_are_measured_once() -> None:
    """Measuring is what costs most: as many questions as there are words and spaces, and none twice through the cache."""
    asked: list[tuple[str, str]] = []

    def measure(text: str, style: str) -> int:
        asked.append((text, style))
        return cells(text, style)

    layout([("", "سلام و درود " * 20)], RTL, 300, measure)
    assert len(asked) <= 2 * 60
    asked.clear()
    measure_once = cached(measure)
    for _ in range(3):
        layout([("name", "علی"), ("", ": " + "سلام و درود " * 20)], RTL, 300, measure_once)
    assert len(asked) == len(set(asked)) <= 7


@pytest.mark.parametrize("text", ["سلام", "سلام  ", "a b ", " "])
def test_space_at_the_end_is_no_line_of_its_own(text: str) -> None:
    """However narrow the window is."""
    (line,) = plain(text, 3)
    assert line.end == len(text)
    assert line.gap == text[len(text.rstrip()) :]


@given(st.lists(st.tuples(STYLES, WORDS | st.text(max_size=8)), max_size=12), BASES, st.integers(0, 30))
def test_lines_are_the_paragraph(pieces: list[Piece], base: Direction, columns: int) -> None:
    """Whatever the string: the ranges follow each other, and copied line by line it is all there, if anything is drawn."""
    text = "".join(piece for _, piece in pieces)
    lines = layout(pieces, base, columns * CELL, cells)
    assert [line.start for line in lines] == [0, *(line.end for line in lines[:-1])]
    assert lines[-1].end == len(text)
    copied = "".join(line.logical(0, len(drawn)) + line.gap for line, drawn in zip(lines, texts(lines), strict=True))
    assert CONTROLS.sub("", copied) == logical_text(pieces) or not shape(text).text


@given(st.lists(st.tuples(STYLES, WORDS | st.text(max_size=8)), max_size=12), BASES, st.integers(1, 30))
def test_no_line_is_wider_than_the_window(pieces: list[Piece], base: Direction, columns: int) -> None:
    """But for a single character that is wider itself."""
    for line in layout(pieces, base, columns * CELL, cells):
        width = sum(cells(run.text, run.style) for run in line.runs)
        drawn = "".join(run.text for run in line.runs)
        assert width <= columns * CELL or len(list(iter_graphemes(line.logical(0, len(drawn))))) == 1


@given(st.text(st.characters(exclude_categories=["Zs"])), BASES, st.integers(0, 20))
def test_no_character_is_cut(text: str, base: Direction, columns: int) -> None:
    """Where a word longer than a line is broken, a character ends (UAX #29)."""
    ends = {0}
    for grapheme in iter_graphemes(text):
        ends.add(max(ends) + len(grapheme))
    assert {line.end for line in plain(text, columns, base)} <= ends
