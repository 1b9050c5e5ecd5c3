"""Text on its way to a screen: made safe, joined, ordered, wrapped, and searched for addresses.

Knows what the clients' presentation promises. Must not know Tk, or where a text comes from.
"""

from typing import Final

from clients.gui.text.bidi import CONTROLS, Direction, base_direction, levels, line_levels, reorder, visual_order
from clients.gui.text.drawn import drawn, fitted
from clients.gui.text.links import find_links, is_web, running_direction
from clients.gui.text.paragraph import layout, logical_text
from clients.gui.text.shaping import is_mark, shape
from clients.gui.text.typed_text import TypedText
from clients.terminal_text import safe, safe_lines, shown
from tests.fuzz.promises import assert_harmless
from tests.fuzz.target import CUT, Target, number_of, pieces, text_of

_DEEPEST: Final = 127
_CELL: Final = 10


def _cells(text: str) -> int:
    return _CELL * sum(not is_mark(character) for character in text)


def sanitised(data: bytes) -> None:
    """What a terminal is given it only shows; and it stays what it is when it goes through that once more."""
    text = text_of(data)
    once = safe(text)
    assert safe(once) == once
    assert_harmless(once)
    assert_harmless(shown(text))
    for line in safe_lines(text):
        assert_harmless(line)


def directions(data: bytes) -> None:
    """Each character has a level and a place; what is drawn is all of the text but what has no shape."""
    text = text_of(data)
    for base in Direction:
        of_text = levels(text, base)
        assert len(of_text) == len(text)
        assert all(0 <= level <= _DEEPEST for level in of_text)
        of_line = line_levels(text, of_text, base)
        assert sorted(visual_order(of_line)) == list(range(len(text)))
        glyphs = reorder(text, base)
        places = [glyph.index for glyph in glyphs]
        assert len(set(places)) == len(places)
        assert base_direction(text, base) in Direction


def shapes(data: bytes) -> None:
    """Each shape stands for a part of the text, and all parts together are the text."""
    text = text_of(data)
    shaped = shape(text)
    assert shaped.length == len(text)
    assert len(shaped.starts) == len(shaped.text)
    assert list(shaped.starts) == sorted(set(shaped.starts))
    spans = [shaped.span(column) for column in range(len(shaped.text))]
    if spans:
        assert "".join(text[start:end] for start, end in spans) == text


def paragraph(data: bytes) -> None:
    """Wrapped, nothing is lost, and no line is wider than it may be, but for a character that is."""
    columns, data = number_of(data, 40)
    texts = [text_of(piece) for piece in pieces(data)]
    styled = [(str(place % 3), text) for place, text in enumerate(texts)]
    text = "".join(texts)
    for base in Direction:
        lines = layout(styled, base, columns * _CELL, lambda part, _style: _cells(part))
        assert [line.start for line in lines] == [0, *(line.end for line in lines[:-1])]
        assert lines[-1].end == len(text)
        copied = "".join(line.logical(0, len(text)) + line.gap for line in lines)
        assert len(copied) <= len(logical_text(styled))
    typed = TypedText(text, Direction.RTL, max(1, columns) * _CELL, _cells)
    assert typed.lines


def addresses(data: bytes) -> None:
    """What is found stands in the text, in order, apart from each other, and can be opened."""
    text = text_of(data)
    end = 0
    for link in find_links(text):
        assert end <= link.start < link.end <= len(text)
        assert is_web(link.url)
        assert not CONTROLS.search(link.url)
        assert_harmless(link.url)
        end = link.end
    assert running_direction(text, Direction.LTR) in Direction
    width, _ = number_of(data, 30)
    assert _cells(fitted(text, width * _CELL, _cells)) <= max(width, 1) * _CELL or _cells(drawn(text)) == 0


_WORDS: Final = (
    *(
        word.encode()
        for word in (
            "سلام",
            "می\u200cخواهم",
            "لا",
            "لله",
            "\u064b",
            "\u0654",
            "\u06cc\u0654",
            "(",
            "»",
            "۱۲٫۵٪",
            "\u200f",
            "\u061c",
            "\u2067",
            "\u2068",
            "\u2069",
            "\u202e",
            "\u200d",
            "👩\u200d👩",
            "e\u0301",
            "שלום",
            "\ufeff",
            "\U000e0041",
        )
    ),
    b"https://a.b/c-d",
    b"www.x.ir)",
    b"1,234.5",
    b"\x1b[2J",
    b" ",
    CUT,
)

TARGETS: Final = (
    Target("sanitiser", sanitised, _WORDS, 4352),
    Target("directions", directions, _WORDS, 4352),
    Target("shapes", shapes, _WORDS, 4352),
    Target("paragraph", paragraph, _WORDS, 4352),
    Target("links", addresses, _WORDS, 4352),
)
