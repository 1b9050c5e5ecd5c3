"""Text as Tk is given it: joined, in the order of the screen, and never longer than there is room for."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.gui.text.bidi import Direction
from clients.gui.text.drawn import configure, drawn, fitted, is_shaped_by_tk, needs_help

SALAM = "سلام"
SALAM_DRAWN = "م\ufefc\ufeb3"
"""Meem, lam-alef, seen: from left to right."""


@pytest.fixture(autouse=True)
def _by_hand() -> Iterator[None]:
    configure(False)
    yield
    configure(False)


def test_plain_text_stays_as_it_is() -> None:
    """Nothing is done where nothing has to be."""
    assert drawn("hello (world)", Direction.RTL) == "hello (world)"


def test_persian_is_joined_and_turned_around() -> None:
    """What Tk 8.6 is given are shapes, the last letter first."""
    assert drawn(SALAM) == SALAM_DRAWN


def test_a_name_in_a_sentence_keeps_to_itself() -> None:
    """Isolates are honoured, and neither drawn as boxes nor given to Tk."""
    assert drawn(f"\u2068{SALAM}\u2069, 3 others joined.", Direction.LTR) == f"{SALAM_DRAWN}, 3 others joined."


def test_the_direction_of_the_line_can_be_told() -> None:
    """A Latin word with a full stop in a Persian window has it on its left."""
    assert drawn("ali…", Direction.RTL) == "…ali"
    assert drawn("ali…") == "ali…"


def test_where_tk_orders_letters_by_itself_it_gets_them_as_they_are_read() -> None:
    """Never twice; the isolates, which it may show as boxes, are left out all the same."""
    configure(True)
    assert is_shaped_by_tk()
    assert drawn(f"\u2068{SALAM}\u2069!") == f"{SALAM}!"
    assert not needs_help(SALAM)


def test_help_is_needed_for_what_runs_to_the_left() -> None:
    """And for nothing else."""
    assert needs_help(f"hi {SALAM}")
    assert not needs_help("hi é 😀")


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    """At the end of the text, which for Persian is on the left."""
    assert fitted("hello world", 8, len) == "hello w…"
    assert fitted("hello", 8, len) == "hello"
    assert fitted("سلام به همهٔ شما", 6, len).startswith("…")


@given(st.text(), st.sampled_from([None, *Direction]), st.integers(1, 40))
def test_any_text_can_be_drawn_and_fitted(text: str, direction: Direction | None, width: int) -> None:
    """Whatever somebody calls a room or a topic, it is one line of at most that width."""
    assert not set(drawn(text, direction)) & set("\u2066\u2067\u2068\u2069\u202a\u202e") or text.isascii()
    assert len(fitted(text, width, len, direction)) <= width
