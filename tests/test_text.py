"""What text may hold."""

from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatd.errors import BadText, TextCharacter, TextEmpty, TextNotUtf8, TextTooLong
from chatd.text import clean, decode, describe, message

BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
REFUSED = [
    *(chr(code) for code in [*range(0x09), *range(0x0A, 0x20), *range(0x7F, 0xA0)]),
    *"\u2028\u2029\ud800\udbff\udc00\udfff\ufdd0\ufdef\ufffe\uffff\U0001ffff\U0010fffe",
]
ANYTHING = st.text(st.characters(codec=None) | st.sampled_from([*REFUSED, *BIDI_CONTROLS, "\t", "\u200c", " "]))


@pytest.mark.parametrize(
    "text",
    [
        "salam",
        "سلام، می‌خواهم فردا بیایم",
        "👩\u200d👩\u200d👧 ✌\ufe0f",
        "قیمت: 5\u200e% \u200fو بس",
        "    if x:  ",
        "",
        "naïve \u00a0 ½ ﷺ",
        "\ue000",
    ],
    ids=ascii,
)
def test_ordinary_text_is_passed_on_as_it_is(text: str) -> None:
    """Persian with its half spaces and marks, emoji, code with its indentation: nothing of it is touched."""
    assert clean(text) == text


@pytest.mark.parametrize("control", BIDI_CONTROLS, ids=describe)
def test_what_turns_lines_around_is_left_out(control: str) -> None:
    """An override would reverse the rest of somebody's screen; the text itself is harmless, so it is sent."""
    assert clean(f"a{control}b سلام{control}") == "ab سلام"


def test_a_tab_becomes_a_space() -> None:
    """A TAB moves the cursor; but tables and code are pasted with it."""
    assert clean("\tif x:\treturn") == " if x: return"


@pytest.mark.parametrize("character", REFUSED, ids=describe)
def test_what_moves_cursors_is_refused_by_name(character: str) -> None:
    """Controls of 7 and 8 bits, line ends, half characters: refused, and the sender is told which and sees it safely."""
    for text in (character, f"hello{character}", f"سلام{character}\t"):
        with pytest.raises(TextCharacter) as caught:
            clean(text)
        assert describe(character) in str(caught.value)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "attack",
    [
        "\x1b]52;c;cm0gLXJm\x07",
        "\x1b]0;title\x1b\\",
        "\x1b]8;;http://example.com\x1b\\",
        "\x1b[6n",
        "\x9b6n",
        "\x9d0;t\x9c",
        "a\rb",
        "a\x08b",
    ],
    ids=ascii,
)
def test_terminal_attacks_do_not_pass(attack: str) -> None:
    """Clipboard, title, hyperlink and report sequences, whole or unterminated, in both encodings."""
    with pytest.raises(TextCharacter):
        clean(attack)


def test_the_character_is_named() -> None:
    """A person can look up what was wrong, although controls have no names in Unicode's character data."""
    assert describe("\x1b") == "U+001B ESCAPE"
    assert describe("\x85") == "U+0085 control character"
    assert describe("\u202e") == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert describe("\ud800") == "U+D800 surrogate"
    assert describe("\U0010ffff") == "U+10FFFF unassigned character"
    assert describe("\ue000") == "U+E000 private use character"


@given(st.characters(codec=None))
@example("\U00017000")  # Tangut: not all versions of Python know its names
def test_every_character_can_be_described(character: str) -> None:
    """Whatever is refused, there is a word for it that is safe to show."""
    assert describe(character).startswith(f"U+{ord(character):04X} ")
    assert describe(character).isprintable()


def is_refused(character: str) -> bool:
    """The rule in Unicode's own terms: controls but TAB, line ends, surrogates, noncharacters."""
    code = ord(character)
    noncharacter = 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    return character != "\t" and (noncharacter or category(character) in ("Cc", "Cs", "Zl", "Zp"))


@given(ANYTHING)
def test_clean_text_is_safe_and_stays_clean(text: str) -> None:
    """Refused is what the rule says and nothing else; the rest is encoded and cleaned again without change."""
    if any(map(is_refused, text)):
        with pytest.raises(TextCharacter):
            clean(text)
        return
    cleaned = clean(text)
    assert set(cleaned).isdisjoint([*BIDI_CONTROLS, "\t"])
    assert len(cleaned.splitlines()) <= 1
    assert clean(cleaned) == cleaned == decode(cleaned.encode())


@pytest.mark.parametrize(
    "line",
    [b"\xff", b"caf\xe9", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", "سلام".encode("cp1256")],
    ids=ascii,
)
def test_bytes_that_are_not_text_are_refused(line: bytes) -> None:
    """Other encodings, cut characters, surrogates and overlong forms: the sender is told, nothing is guessed."""
    with pytest.raises(TextNotUtf8):
        decode(line)


@given(st.binary())
def test_any_bytes_are_text_or_refused(line: bytes) -> None:
    """Decoding never fails in another way, and loses nothing."""
    try:
        text = decode(line)
    except TextNotUtf8:
        return
    assert text.encode() == line


@pytest.mark.parametrize(
    "text", ["", " ", "\t\t", "\u200c\u200d", "\u202e \u2069", "\u3164\u2800\ufe0f\u00ad"], ids=ascii
)
def test_a_message_has_something_to_see(text: str) -> None:
    """Blanks and invisible characters alone are no message, whatever sort of blank they are."""
    with pytest.raises(TextEmpty):
        message(text, 100)


@pytest.mark.parametrize("text", [".", "0", "  \u200c.", "؟", "👍", "ـ"], ids=ascii)
def test_one_sign_is_a_message(text: str) -> None:
    """Anything to see will do."""
    assert message(text, 100) == text


def test_a_message_is_kept_as_it_was_typed() -> None:
    """Pasted code keeps its indentation, and nobody's blanks are cut at the end either."""
    assert message("    return x  ", 100) == "    return x  "


@pytest.mark.parametrize(("text", "measured"), [("a" * 11, 11), ("سلامسل", 12), ("👍👍👍", 12)], ids=ascii)
def test_a_message_is_measured_in_bytes(text: str, measured: int) -> None:
    """The limit is what is stored and sent: UTF-8; one byte more is refused with both numbers."""
    assert message(text, measured) == text
    with pytest.raises(TextTooLong) as caught:
        message(text, measured - 1)
    assert caught.value.details == {"measured": measured, "limit": measured - 1}


def test_what_is_left_out_does_not_count() -> None:
    """A message is measured as it will be sent."""
    assert message("\u202aab\u202c", 2) == "ab"


@given(ANYTHING, st.integers(1, 50))
def test_a_message_is_clean_and_within_its_limit_or_refused(text: str, limit: int) -> None:
    """Whatever is typed, the outcome is a text that can be sent or one of the known refusals."""
    try:
        accepted = message(text, limit)
    except (BadText, TextTooLong):
        return
    assert accepted == clean(text)
    assert accepted.strip()
    assert len(accepted.encode()) <= limit
