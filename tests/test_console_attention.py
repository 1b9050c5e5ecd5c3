"""When the console rings, and where it draws the line before what was not seen."""

from dataclasses import replace

import pytest

from clients.events import Came, Said, Timing
from clients.presentation.attention import AWAY_AFTER, Attention

SALAM = Said("#lobby", 1, "ali", "salam", 0.0)
MENTION = replace(SALAM, text="sara?", mention=True)
LETTER = Said("@", 1, "ali", "psst", 0.0, to="sara")
LATER = 1000.0


def test_who_looks_is_not_rung_for() -> None:
    """The terminal said that its window is the chosen one, however long no key was pressed."""
    attention = Attention(0.0, chosen=True)
    assert not attention.is_worth_a_bell(MENTION, LATER)
    assert not attention.begins_unread(SALAM, LATER)


@pytest.mark.parametrize("event", [MENTION, LETTER])
def test_who_does_not_look_is_called_for_what_is_said_to_them(event: Said) -> None:
    """A mention or a private message, in a window that is not chosen."""
    attention = Attention(0.0)
    attention.gone()
    assert attention.is_worth_a_bell(event, 1.0)


@pytest.mark.parametrize(
    "event",
    [
        SALAM,
        replace(MENTION, own=True),
        replace(MENTION, timing=Timing.EARLIER),
        Came("#lobby", ("ali",), 0.0),
    ],
)
def test_nobody_is_called_for_anything_else(event: Said | Came) -> None:
    """Talk among others, one's own words, what was said before, comings and goings."""
    attention = Attention(0.0)
    attention.gone()
    assert not attention.is_worth_a_bell(event, 1.0)


def test_a_terminal_that_does_not_tell_is_judged_by_its_keys() -> None:
    """A minute without one, and nobody may be there."""
    attention = Attention(0.0)
    assert not attention.is_worth_a_bell(MENTION, AWAY_AFTER - 1)
    assert attention.is_worth_a_bell(MENTION, AWAY_AFTER)
    attention.here(AWAY_AFTER)
    assert not attention.is_worth_a_bell(MENTION, AWAY_AFTER + 1)


def test_the_unread_begins_once() -> None:
    """One line before the first message, until somebody has looked again."""
    attention = Attention(0.0)
    attention.gone()
    assert not attention.begins_unread(Came("#lobby", ("ali",), 0.0), 1.0)
    assert attention.begins_unread(SALAM, 1.0)
    assert not attention.begins_unread(SALAM, 2.0)
    attention.here(3.0)
    assert not attention.begins_unread(SALAM, 4.0)
    attention.gone()
    assert attention.begins_unread(SALAM, 5.0)
