"""Which passwords may be chosen, and in which form they count."""

from unicodedata import is_normalized, normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatd.accounts import canonical, check_new_password
from chatd.errors import PasswordTooLong, PasswordTooShort
from chatd.secret import Secret


@pytest.mark.parametrize(
    "password", ["12345678", "x" * 1024, "گذرواژه‌ای", "correct horse battery staple", "  spaces  ", "🙂" * 8, "می‌خواهم"]
)
def test_eight_characters_of_any_kind_are_enough(password: str) -> None:
    """No rules about digits and capitals: they make passwords worse."""
    check_new_password(Secret(password))


@pytest.mark.parametrize("password", ["", "1234567", "گذرواژ", "🙂" * 7, "é" * 7, "e\u0301" * 7])
def test_a_short_password_is_refused_with_the_numbers(password: str) -> None:
    """Characters, as people see them, not bytes; and not the password."""
    with pytest.raises(PasswordTooShort) as refused:
        check_new_password(Secret(password))
    assert refused.value.details == {"measured": len(normalize("NFC", password)), "limit": 8}
    assert not password or password not in str(refused.value)


@pytest.mark.parametrize(("password", "measured"), [("x" * 1025, 1025), ("ی" * 513, 1026)])
def test_a_long_password_is_refused_with_the_numbers(password: str, measured: int) -> None:
    """Bytes, because that is what is worked on."""
    with pytest.raises(PasswordTooLong) as refused:
        check_new_password(Secret(password))
    assert refused.value.details == {"measured": measured, "limit": 1024}


def test_a_password_counts_however_it_was_composed() -> None:
    """One keyboard sends é as one character, another one as two; one has a special space. Case matters, and width."""
    assert canonical("caf\u00e9 \u0622\u0628") == canonical("cafe\u0301\u00a0\u0627\u0653\u0628")
    assert canonical("Salam") != canonical("salam")
    assert canonical("ａｂｃ") != canonical("abc")


@given(st.text(st.characters(), max_size=40))
def test_any_password_has_one_form(password: str) -> None:
    """Even one that is no text; a second time changes nothing, and nothing is left out."""
    form = canonical(password)
    assert canonical(form) == form
    assert is_normalized("NFC", form)
    assert canonical(normalize("NFD", password)) == canonical(normalize("NFC", password))
    assert bool(form) == bool(password)


@example("\ud800" * 8)
@given(st.text(st.characters(categories=["L", "N", "Cs", "Zs", "So"]), max_size=600))
def test_any_password_is_taken_or_refused_in_a_sentence(password: str) -> None:
    """No other error, which could quote it; never both too short and too long."""
    form = canonical(password)
    fits = len(form) >= 8 and len(form.encode("utf-8", "surrogatepass")) <= 1024
    if fits:
        check_new_password(Secret(password))
    else:
        with pytest.raises((PasswordTooShort, PasswordTooLong)):
            check_new_password(Secret(password))
