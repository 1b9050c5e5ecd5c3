"""When two spellings are the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.folding import INVISIBLE, ZWNJ, fold_for_search, fold_letters, fold_pieces

TRICKY = st.text(
    st.sampled_from(
        "aßİıςσΑἀιéيىیئكکكهةەۀأآٱاؤو٣۳3कुगि가ㄱﷲﺁﬁＡǰᾳ\u0345\u0301\u0308\u0323\u0653\u0654\u0655\u064b\u0670"
    )
    | st.sampled_from(sorted(INVISIBLE))
)
"""Letters and marks that composition, case and folding treat in different ways, in any order."""

SAME_LETTERS = {
    "case": ("Ali", "ali"),
    "case beyond ASCII": ("ОЛЕГ", "олег"),
    "sharp s": ("Straße", "STRASSE"),
    "final sigma": ("Νίκος", "ΝΊΚΟΣ"),
    "full width": ("ａｌｉ", "ali"),
    "ligature": ("ﬁna", "fina"),
    "composed and decomposed": ("José", "Jose\u0301"),
    "ya": ("علي", "علی"),
    "dotless ya": ("علىرضا", "علیرضا"),
    "kaf": ("كريم", "کریم"),
    "presentation forms": ("\ufecb\ufee0\ufef2", "علی"),
    "digits of three keyboards": ("علی١٢", "علی12"),
    "Persian digits": ("علی۱۲", "علی12"),
    "harakat": ("عَلِیّ", "علی"),
    "superscript alef": ("رحمٰن", "رحمن"),
    "tatweel": ("علـــی", "علی"),
    "ZWNJ": ("علی‌رضا", "علیرضا"),
    "ZWJ": ("علی\u200d", "علی"),
    "hamza as a mark on the Persian ya": ("ری\u0654یس", "رئیس"),
    "hamza as a mark on he": ("خانه\u0654", "خانۀ"),
    "a joiner before an accent": ("e\u200d\u0301", "é"),
    "soft hyphen": ("al\u00adi", "ali"),
    "variation selector": ("✌\ufe0f", "✌"),
}

OTHER_LETTERS = {
    "accent": ("café", "cafe"),
    "madda": ("آرش", "ارش"),
    "hamza": ("رئیس", "رییس"),
    "hamza on alef": ("أحمد", "احمد"),
    "te marbuta": ("فاطمة", "فاطمه"),
    "vowel sign": ("राम", "रोम"),
    "nonspacing vowel sign": ("गुरु", "गरु"),
}

SEARCHED_ALIKE = {
    "accent": ("café", "cafe"),
    "alefs": ("آأإٱ", "اااا"),
    "vav": ("مؤمن", "مومن"),
    "ya": ("مسئول", "مسیول"),
    "hamza typed as a mark": ("پای\u0654یز", "پاییز"),
    "he": ("خانۀ فاطمة", "خانه فاطمه"),
    "he of neighbours": ("ہۃەھ", "هههه"),
    "kaf and ya of neighbours": ("ڪے", "کی"),
    "tanvin": ("لطفاً", "لطفا"),
    "half space": ("می‌خواهم", "میخواهم"),
}


@pytest.mark.parametrize(("one", "other"), SAME_LETTERS.values(), ids=SAME_LETTERS)
def test_what_nobody_can_tell_apart_folds_to_the_same(one: str, other: str) -> None:
    """Both folds join spellings that look the same, or differ by keyboard only."""
    assert fold_letters(one) == fold_letters(other)
    assert fold_for_search(one) == fold_for_search(other)


@pytest.mark.parametrize(("one", "other"), OTHER_LETTERS.values(), ids=OTHER_LETTERS)
def test_marks_that_make_another_letter_stay(one: str, other: str) -> None:
    """Two people may be called café and cafe: the fold for names keeps what readers tell apart."""
    assert fold_letters(one) != fold_letters(other)


@pytest.mark.parametrize(("one", "other"), SEARCHED_ALIKE.values(), ids=SEARCHED_ALIKE)
def test_a_search_finds_what_was_written_in_a_hurry(one: str, other: str) -> None:
    """Accents, hamza and madda are often left out; searching must not mind."""
    assert fold_for_search(one) == fold_for_search(other)


def test_the_fold_is_what_people_type_on_a_persian_keyboard() -> None:
    """Results are compared with stored ones for ever, so the letters that are chosen are fixed here."""
    assert fold_letters("عَلي‌رضا ١٢ كـتاب Ali") == "علیرضا 12 کتاب ali"
    assert fold_for_search("آئینهٔ Café ٱلله") == "ایینه cafe الله"


@pytest.mark.parametrize("space", [" ", "\u200b", "\u00a0", "\u3000"], ids=ascii)
def test_words_stay_words(space: str) -> None:
    """What separates words for the index is not folded away; the zero-width space of Thai and Khmer among them."""
    assert fold_for_search(f"می{space}خواهم") != fold_for_search("میخواهم")
    assert len(fold_letters(f"a{space}b")) == len("a b")


@given(TRICKY | st.text())
def test_folding_letters_again_changes_nothing(text: str) -> None:
    """A key can be folded again without harm, whatever it was made from."""
    folded = fold_letters(text)
    assert fold_letters(folded) == folded


@given(TRICKY | st.text())
def test_folding_for_search_again_changes_nothing(text: str) -> None:
    """The index holds folded text; folding it again when it is rebuilt gives the same index."""
    folded = fold_for_search(text)
    assert fold_for_search(folded) == folded


@given(TRICKY | st.text())
def test_searching_joins_at_least_what_names_join(text: str) -> None:
    """Whatever counts as the same letters is also found by the same words."""
    assert fold_for_search(fold_letters(text)) == fold_for_search(text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    {
        "a verb": ("مي‌خواهَم", ["می", "خواهم"]),
        "an ending": ("PDF‌هاي ۲۰۲۶‌اُم", ["pdf", "های 2026", "ام"]),
        "presentation forms": ("\ufedb\u200c\ufedb", ["ک", "ک"]),
        "beside a mark": ("خانهٔ‌مان", ["خانه", "مان"]),
        "German": ("Auf\u200clage", ["auflage"]),
        "Hindi": ("क्\u200cष", ["कष"]),
        "Korean": ("ᄀ\u200cᅡ", ["가"]),
    }.values(),
)
def test_a_half_space_divides_persian_words_only(text: str, pieces: list[str]) -> None:
    """Elsewhere it is a matter of looks, and goes with all that cannot be seen."""
    assert fold_pieces(text).split(ZWNJ) == pieces


@given(TRICKY | st.text() | st.text(st.sampled_from("اکa\u200cé가")))
def test_pieces_are_those_of_the_folded_text(text: str) -> None:
    """Joined they are what is searched for without them; folding them again changes nothing more."""
    pieces = fold_pieces(text)
    assert pieces.replace(ZWNJ, "") == fold_for_search(text)
    assert fold_pieces(pieces) == pieces


@pytest.mark.parametrize(("before", "after"), [("", "ا"), ("a", "ا"), ("ا", "a"), ("a", "a"), ("-", "-")])
def test_half_spaces_without_end_are_folded_in_one_go(before: str, after: str) -> None:
    """Work grows with the text, not with its square: so many would take longer than a test may."""
    assert fold_pieces(before + ZWNJ * 200_000 + after).replace(ZWNJ, "") == before + after


@given(TRICKY | st.text(), st.sampled_from(sorted(INVISIBLE - {"\u200b"})), st.integers(0, 20))
def test_nothing_invisible_makes_a_difference(text: str, invisible: str, place: int) -> None:
    """Two people cannot have names that differ by something nobody sees."""
    hidden = fold_letters(text[:place] + invisible + text[place:])
    assert invisible not in hidden
    assert fold_letters(hidden.replace(invisible, "")) == hidden
