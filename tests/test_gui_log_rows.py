"""The lines of a log: what is drawn of a paragraph, the way back to what was written, and words. No screen is needed."""

from bisect import bisect_right
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.gui.log.lines import Lines
from clients.gui.log.rows import LINK, Row, Sheet, fit, ready, rows, wrapped_by_tk
from clients.gui.log.selection import Grip, Position, Span, Unit, around, copied
from clients.gui.model.paragraphs import Kind, Paragraph, Piece
from clients.gui.text.bidi import Direction

DIRECTIONS = st.sampled_from(Direction)
LETTERS = st.text(
    st.one_of(
        st.sampled_from("abc سلام‌ی(۱۲3)[]«»/-.:\u2067\u2068\u2069\u200e\u200f\u202e\u064e\u0301😀👍🏽\ud800\n\ufffc"),
        st.characters(),
    ),
    max_size=80,
)
PIECES = st.lists(st.tuples(st.sampled_from(["", "bold", "fg:#c24b4b"]), LETTERS), max_size=4)


def sheet(width: int = 120, *, by_tk: bool = False, halves: bool = True) -> Sheet:
    """One on which every character takes seven pixels."""
    return Sheet(width, lambda text, _style: 7 * len(text), by_tk, halves)


def paragraph(pieces: list[Piece], direction: Direction = Direction.LTR) -> Paragraph:
    """A message of these pieces."""
    return Paragraph(tuple(pieces), direction)


def only(text: str, direction: Direction = Direction.LTR, width: int = 10_000) -> Row:
    """The one line that a text is drawn on."""
    ((row, _),) = rows(paragraph([("", text)], direction), sheet(width))
    return row


def units(text: str) -> int:
    """Its length as Tcl 8.6 counts."""
    return len(text.encode("utf-16-le")) // 2


# Lines


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6), st.lists(st.integers(0, 4), max_size=6)), max_size=20))
def test_lines_know_the_paragraph_of_every_line(changes: list[tuple[int, int, list[int]]]) -> None:
    """However paragraphs come, go, and take other numbers of lines."""
    lines, counts = Lines(), list[int]()
    for wanted, length, fresh in changes:
        first = min(wanted, len(counts))
        last = min(first + length, len(counts))
        lines.replace(first, last, fresh)
        counts[first:last] = fresh
        begins = list(accumulate(counts, initial=1))
        assert [lines.begin(place) for place in range(len(counts) + 1)] == begins
        for line in range(sum(counts) + 3):
            place = bisect_right(begins, line) - 1
            assert lines.at(line) == ((place, line - begins[place]) if 0 < line <= sum(counts) else None)


# What is drawn


@given(PIECES, DIRECTIONS, st.integers(1, 300), st.booleans())
def test_every_text_has_lines_that_stand_for_all_of_it(
    pieces: list[Piece], direction: Direction, width: int, by_tk: bool
) -> None:
    """Line by line the ranges follow one another, and nothing is drawn that would end a line of the widget."""
    laid = rows(paragraph(pieces, direction), sheet(width, by_tk=by_tk))
    text = "".join(text for _, text in pieces)
    place = 0
    for row, runs in laid:
        assert row.start == place
        assert row.drawn == "".join(run.text for run in runs)
        assert not set(row.drawn) & set("\n\r\x00\u2028\ud800")
        place = row.end
    assert place == len(text)


@given(PIECES, DIRECTIONS, st.integers(20, 300))
def test_a_selection_of_everything_marks_everything_that_is_drawn(
    pieces: list[Piece], direction: Direction, width: int
) -> None:
    """And a selection of nothing marks nothing."""
    for row, _ in rows(paragraph(pieces, direction), sheet(width)):
        assert row.marked(0, 10_000) == ([(0, units(row.drawn))] if row.drawn else [])
        assert row.marked(row.start, row.start) == []


@given(PIECES, DIRECTIONS, st.integers(20, 300), st.booleans())
def test_every_point_of_a_line_is_a_place_in_it(
    pieces: list[Piece], direction: Direction, width: int, right_half: bool
) -> None:
    """Where the mouse is can be told for any index of Tk's, those in the middle of a character included."""
    for row, _ in rows(paragraph(pieces, direction), sheet(width)):
        for index in range(units(row.drawn) + 2):
            assert row.start <= row.offset(index, right_half) <= row.end
            character = row.character(index)
            assert (character is None) == (index >= units(row.drawn))
            assert character is None or row.start <= character < row.end


def test_halves_of_letters_are_told_apart_in_both_directions() -> None:
    """The mouse on the right half of a Latin letter is behind it; on that of a Persian one, before it."""
    row = only("ab سلا", Direction.LTR)  # drawn: a b space, alef-lam joined, seen
    assert [row.offset(0, False), row.offset(0, True)] == [0, 1]
    assert row.drawn.startswith("ab ")
    last = len(row.drawn) - 1
    assert [row.offset(last, False), row.offset(last, True)] == [4, 3]


def test_beyond_the_end_of_a_line_is_its_end_in_reading_order() -> None:
    """On the right, a line to the right ends and a line to the left begins."""
    assert only("hello").offset(5, False) == 5
    assert only("سلام", Direction.RTL).offset(3, False) == 0


def test_characters_that_tcl_counts_twice_are_found() -> None:
    """An emoji is one character for us and two for Tcl 8.6; both ways are known, wrapped by Tk or by hand."""
    row = only("a😀b")
    assert [row.offset(index, False) for index in range(5)] == [0, 1, 1, 2, 3]
    assert row.marked(2, 3) == [(3, 4)]
    assert row.index(2) == 3
    persian = only("😀س", Direction.RTL)
    assert persian.drawn == "س😀"
    assert persian.marked(0, 1) == [(1, 3)]


def test_tk_wraps_only_what_it_draws_as_it_is_written() -> None:
    """Everything else is laid out: Persian, what runs to the left, and what Tk would draw boxes for."""
    left_to_right = {
        "plain": True,
        "é 中 😀": True,
        "سلام": False,
        "a\u2068b": False,
        "❤\ufe0f": False,
        "👨\u200d👩": False,
    }
    assert {text: wrapped_by_tk(text, Direction.LTR, by_tk=False) for text in left_to_right} == left_to_right
    assert not wrapped_by_tk("12", Direction.RTL, by_tk=False)
    assert wrapped_by_tk("سلام", Direction.RTL, by_tk=True)


@given(PIECES)
def test_addresses_get_a_style_and_change_nothing_else(pieces: list[Piece]) -> None:
    """The text stays as it was, and each character keeps the style of its piece."""
    with_address = [*pieces, ("bold", "see www.exa"), ("", "mple.org/x, and"), *pieces]
    made = list(ready(paragraph(with_address)))
    text = fit("".join(text for _, text in with_address))
    assert "".join(text for _, text in made) == text
    styles = [style for style, piece in with_address for _ in piece]
    assert [style.removesuffix(LINK).strip() for style, piece in made for _ in piece] == styles
    assert ("bold link", "www.exa") in made


def test_many_addresses_in_many_pieces_are_all_found() -> None:
    """A message full of them, with words in it that stand out."""
    pieces = [(f"fg:#00000{n % 2}", "www.a.org " * 3) for n in range(50)]
    made = list(ready(paragraph(pieces)))
    assert sum(style.endswith(LINK) for style, _ in made) == 150


def test_ones_own_messages_tell_how_far_they_have_come() -> None:
    """By a piece at their end; what waits is grey as a whole."""
    sent = Paragraph((("", "hi"),), Direction.LTR, own=True)
    waits = Paragraph((("", "hi"),), Direction.LTR, Kind.PENDING, own=True)
    assert list(ready(sent)) == [("", "hi"), ("class:state", "\u00a0✓")]
    assert list(ready(waits)) == [(" class:pending", "hi"), ("class:state", "\u00a0…")]


# Selecting


@pytest.mark.parametrize(
    ("text", "offset", "word"),
    [
        ("hello big world", 7, "big"),
        ("hello big world", 6, "big"),
        ("hello", 5, ""),
        ("من می‌خواهم بروم", 5, "می‌خواهم"),
        ("گُلِ سرخ", 1, "گُلِ"),
        ("a, b", 1, ","),
        ("a   b", 2, "   "),
    ],
)
def test_a_double_click_takes_a_word(text: str, offset: int, word: str) -> None:
    """With its ZWNJ and its marks; beside words, the space or the sign that is there."""
    start, end = around(Position(3, offset), text, Unit.WORD)
    assert text[start.offset : end.offset] == word


@given(LETTERS, st.integers(0, 90))
def test_there_is_a_word_everywhere(text: str, offset: int) -> None:
    """Whatever is written, and around the place that was asked for."""
    start, end = around(Position(0, offset), text, Unit.WORD)
    assert start.offset <= max(end.offset, len(text))
    assert start.offset <= offset or offset > len(text)


def test_a_selection_grows_by_whole_words_in_both_directions() -> None:
    """The word at which it was begun stays selected."""
    text = "one two three"
    grip = Grip(around(Position(0, 5), text, Unit.WORD), Unit.WORD)
    assert grip.drawn_to(around(Position(0, 10), text, Unit.WORD)) == Span(Position(0, 4), Position(0, 13))
    assert grip.drawn_to(around(Position(0, 1), text, Unit.WORD)) == Span(Position(0, 0), Position(0, 7))


def test_a_triple_click_takes_the_paragraph() -> None:
    """All of it."""
    assert around(Position(7, 2), "all of it", Unit.PARAGRAPH) == Span(Position(7, 0), Position(7, 9))


def test_what_only_says_a_direction_is_not_copied() -> None:
    """Isolates and marks stay behind, so that a command can be pasted; ZWNJ and harakat go along."""
    assert copied("\u2068\u200e/who\u2069 می\u200cشوَد") == "/who می\u200cشوَد"
