"""Persian letters joined by hand, and the way back from a shape to what was written."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.gui.text import shaping
from clients.gui.text.shaping import Shaped, shape

ZWNJ, ZWJ = "\u200c", "\u200d"
LETTERS = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیآأإؤئۀةءيك"
PERSIAN = LETTERS + "\u064b\u064e\u0651\u0654\u0670ـ۱۲ .،لا" + ZWNJ + ZWJ


def spans(shaped: Shaped) -> list[tuple[int, int]]:
    """What each shape stands for."""
    return [shaped.span(column) for column in range(len(shaped.text))]


def letters_of(shapes: str) -> str:
    """What Unicode says these shapes are forms of."""
    return unicodedata.normalize("NFKC", shapes)


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("سلام", "ﺳﻼم"),
        ("ببب", "ﺑﺒﺐ"),
        ("ب", "ب"),
        ("گچپژ", "ﮔﭽﭙﮋ"),
        ("کیک", "ﮐﯿﮏ"),
        ("لا لأ لإ لآ بلا", "ﻻ ﻷ ﻹ ﻵ ﺑﻼ"),
        ("سـلام", "ﺳـﻼم"),
        (f"می{ZWNJ}خواهم", "ﻣﯽﺧﻮاﻫﻢ"),
        (f"ه{ZWJ}.ش", "ﻫ.ش"),
        ("خانه\u0654", "ﺧﺎﻧﻪ\u0654"),
        ("ا\u0653ب", "آب"),
        ("ببب\u200fببب", "ﺑﺒﺒﺒﺒﺐ"),
        ("ببب\u2069ببب", "ﺑﺒﺐﺑﺒﺐ"),
        ("علی۱۲", "ﻋﻠﯽ۱۲"),
        ("❤\ufe0f a\u200db", "❤ ab"),
        ("naïve, plain", "naïve, plain"),
        ("", ""),
    ],
)
def test_letters_join_as_they_are_written(text: str, shapes: str) -> None:
    """Beginning, middle and end of a word, lam and alef as one, ZWNJ between what must not join, and then gone."""
    assert shape(text).text == shapes


def test_harakat_stand_behind_their_letters_and_part_nothing() -> None:
    """A mark is a shape of its own, also over a lam and alef."""
    assert shape("م\u064fح\u064eم\u0651\u064eد").text == "ﻣ\u064fﺤ\u064eﻤ\u0651\u064eﺪ"
    assert shape("ل\u064eا").text == "ﻻ\u064e"


def test_each_shape_knows_what_it_stands_for() -> None:
    """Two letters for lam and alef; what is not drawn goes with what is before it."""
    assert spans(shape("سلام")) == [(0, 1), (1, 3), (3, 4)]
    assert spans(shape(f"می{ZWNJ}خ")) == [(0, 1), (1, 3), (3, 4)]
    assert spans(shape(f"{ZWNJ}ab{ZWJ}")) == [(0, 2), (2, 4)]


@given(st.text(PERSIAN) | st.text())
def test_what_the_shapes_stand_for_is_the_text(text: str) -> None:
    """No string raises; the spans of its shapes follow each other and leave nothing out, unless nothing at all is drawn."""
    shaped = shape(text)
    assert len(shaped.starts) == len(shaped.text)
    assert "".join(text[start:end] for start, end in spans(shaped)) == (text if shaped.text else "")
    assert all(start < end for start, end in spans(shaped))


@given(st.text(LETTERS + " ۱."))
def test_shapes_are_forms_of_the_letters(text: str) -> None:
    """Joining changes how they look, never which they are."""
    assert letters_of(shape(text).text) == unicodedata.normalize("NFKC", text)


@given(st.text(PERSIAN))
def test_nothing_that_has_no_shape_is_drawn(text: str) -> None:
    """Fonts draw a bar or a box for it."""
    assert not {ZWNJ, ZWJ} & set(shape(text).text)


def test_a_library_that_takes_more_together_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody could tell what a shape stands for: the word is drawn as it was written."""
    monkeypatch.setattr(shaping._RESHAPER, "reshape", lambda _letters: "ﷲ")
    shaping._joined.cache_clear()
    try:
        assert shape(f"الله{ZWNJ}\u064e و").text == "الله\u064e ﷲ"
    finally:
        shaping._joined.cache_clear()
