"""The line at the bottom of the console, in wide and narrow terminals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.console.toolbar import Status, Unread, candidates, cut, toolbar, width

BUSY = Status(
    server="chat.example.org:5050",
    name="ali",
    room="#lobby",
    people=12,
    unread=(Unread("#dev", 3), Unread("#design", 5), Unread("@", 1, mentions=1)),
    topic="Exam on Monday at nine",
    encrypted=True,
)


def text(status: Status, columns: int) -> str:
    """The toolbar, without its colours."""
    return "".join(part for _, part in toolbar(status, columns))


def test_a_wide_terminal_shows_everything() -> None:
    """Where there is room, nothing is left out, and what is for oneself comes first among the unread."""
    assert text(BUSY, 200) == (
        " #lobby  12 here  private 1!  #design 5  #dev 3  ali@chat.example.org:5050 (TLS)  Exam on Monday at nine"
    )


def test_a_usual_terminal_leaves_out_the_topic() -> None:
    """80 columns: what can be asked for again goes first."""
    assert text(BUSY, 80) == " #lobby  12 here  private 1!  #design 5  #dev 3  ali@chat.example.org:5050 (TLS)"


def test_a_narrow_terminal_keeps_what_matters() -> None:
    """40 columns and fewer: where one is, and what is for oneself."""
    assert text(BUSY, 40) == " #lobby  12 here  private 1!  #design 5"
    assert text(BUSY, 28) == " #lobby  12 here  private 1!"
    assert text(BUSY, 20) == " #lobby  private 1!"


def test_trouble_is_the_last_to_go() -> None:
    """Whoever cannot be heard must see that first of all."""
    offline = Status(server="localhost:5050", name="ali", room="#lobby", people=3, trouble="offline, next try at 14:03")
    assert text(offline, 40) == " offline, next try at 14:03  #lobby"
    assert text(offline, 30) == " offline, next try at 14:03"
    assert text(offline, 10) == " offline,…"


def test_without_a_room_it_says_so() -> None:
    """One can leave every room, and should see why nobody answers."""
    assert text(Status(server="localhost:5050", name="ali"), 80) == " no room  ali@localhost:5050"


def test_right_to_left_names_do_not_turn_the_line() -> None:
    """Each is kept to its own direction."""
    status = Status(server="localhost:5050", name="علی", room="#کلاس", people=2)
    assert text(status, 80) == " \u2068#کلاس\u2069  2 here  \u2068علی\u2069@localhost:5050"


def test_the_chosen_candidate_can_always_be_seen() -> None:
    """Tab goes on through more names than fit."""
    names = [f"name{number}" for number in range(30)]
    for chosen in range(30):
        fragments = candidates(names, chosen, 40)
        assert ("class:candidate.chosen", f" name{chosen} ") in fragments
        assert width(fragments) <= 40


words = st.text(st.characters(codec="utf-8"), max_size=50)


@given(
    st.builds(
        Status,
        words,
        words,
        st.none() | words,
        st.none() | st.integers(0),
        words,
        st.lists(st.builds(Unread, words, st.integers(1), st.integers(0, 3)), max_size=5),
        words,
        st.booleans(),
    ),
    st.integers(1, 250),
)
def test_it_never_needs_a_second_line(status: Status, columns: int) -> None:
    """Whatever is to be shown, it fits, in letters of any width."""
    assert width(toolbar(status, columns)) <= columns


@pytest.mark.parametrize(("columns", "left"), [(0, ""), (1, "…"), (4, "\u2068سلا\u2069…"), (6, "\u2068سلام!\u2069")])
def test_what_is_cut_stays_well_formed(columns: int, left: str) -> None:
    """An isolate that loses its end gets another, or it would turn the rest of the screen."""
    assert "".join(part for _, part in cut([("", "\u2068سلام!\u2069")], columns)).replace("\u2068\u2069", "") == left
