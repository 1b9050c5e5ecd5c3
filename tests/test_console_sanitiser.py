"""What terminals act on does not reach them, and what people write does."""

import re
from unicodedata import bidirectional, category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.terminal_text import safe, safe_lines, shown

ATTACKS = {
    "clipboard (OSC 52)": "\x1b]52;c;aGFja2Vk\x07",
    "window title (OSC 0)": "\x1b]0;root@bank\x07",
    "link (OSC 8)": "\x1b]8;;https://evil.example\x1b\\good.example\x1b]8;;\x1b\\",
    "report the cursor (CSI 6n)": "\x1b[6n",
    "unterminated OSC": "\x1b]0;everything after this",
    "8-bit CSI": "\x9b31mred",
    "8-bit OSC": "\x9d0;title\x9c",
    "8-bit DCS": "\x90q#0\x9c",
    "over the line (CR)": "salam\rbob: I resign",
    "another line (LF)": "salam\n[14:03] bob: I resign",
    "form feed": "salam\x0csalam",
    "bell": "\x07\x07\x07",
    "backspaces": "yes\x08\x08\x08no ",
    "shift out": "\x0eabc",
    "right-to-left override": "\u202efdp.exe",
    "isolates without end": "\u2066\u2067\u2068",
    "line separator": "a\u2028b",
    "delete": "a\x7fb",
    "half a character": "\udce2\ud800",
    "hidden annotation": "a\ufff9b\ufffac\ufffb",
    "zero width spaces": "a\u200bli",
}

SCRIPTS = [
    "سلام، حال شما چطور است؟",
    "می‌خواهم",  # ZWNJ
    "👨‍👩‍👧‍👦 👍🏽 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿",  # ZWJ, modifiers, variation selectors, tags
    "https://example.org/a?b=c&d=%20#e_(f)",
    "naïve café 你好 हिन्दी",
    "a\u200eb\u200fc",
    "\ufffd",
]


def is_dangerous(character: str) -> bool:
    """Whether a terminal would do something other than to show this in its place."""
    controls = category(character) in {"Cc", "Cs", "Zl", "Zp"}
    return controls or bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_arrives_as_harmless_text(attack: str) -> None:
    """Nothing is left that a terminal would act on, and what stood around it is still there."""
    assert safe(attack) != attack
    assert not any(map(is_dangerous, safe(attack)))
    assert safe(f"before {attack} after").startswith("before ")
    assert safe(f"before {attack} after").endswith(" after")


@pytest.mark.parametrize("text", SCRIPTS)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    """Persian with its joiners, emoji of several parts, and URLs are not touched."""
    assert safe(text) == text


@given(st.text(st.characters(codec=None)))
def test_nothing_gets_through(text: str) -> None:
    """Whatever comes, it becomes one line of UTF-8 that a terminal only shows; doing it twice changes nothing more."""
    cleaned = safe(text)
    assert not any(map(is_dangerous, cleaned))
    assert safe(cleaned) == cleaned
    assert cleaned.encode().decode() == cleaned


@given(st.text(st.characters(codec=None)))
def test_direction_stays_inside(text: str) -> None:
    """The only bidi controls that are shown are one isolate, which begins and ends with the string."""
    inside = re.sub("\\A\u2068(.*)\u2069\\Z", r"\1", shown(text))
    assert inside == safe(text)


def test_left_to_right_text_is_left_alone() -> None:
    """What needs no isolate is plain text, so that it can be searched for and copied."""
    assert shown("ali") == "ali"
    assert shown("علی") == "\u2068علی\u2069"


def test_lines_end_where_lines_end() -> None:
    """LF, CR LF and CR end a line; a line separator does not make one for a terminal, so it makes none here."""
    assert safe_lines("a\nb\r\nc\rd\u2028e\x1b") == ["a", "b", "c", "d\ufffde\ufffd"]
