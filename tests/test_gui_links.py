"""Addresses in running text: where they begin and end, and that only pages are ever opened."""

import webbrowser
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.gui.log.links import open_link
from clients.gui.text.bidi import Direction
from clients.gui.text.links import find_links, running_direction

WORDS = st.text(
    st.one_of(st.sampled_from("aهت/.:?#()[]{}<>«»،؛؟'\"*&=%-_~ \u200c\u2068\u2069\ud800😀"), st.characters()),
    max_size=40,
)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("see https://example.org/a?b=c&d#e now", ["https://example.org/a?b=c&d#e"]),
        ("HTTP://EXAMPLE.ORG", ["HTTP://EXAMPLE.ORG"]),
        ("http://[::1]:8080/x", ["http://[::1]:8080/x"]),
        ("(https://example.org).", ["https://example.org"]),
        ("(https://en.example.org/Tea_(drink))!", ["https://en.example.org/Tea_(drink)"]),
        ("<https://example.org> 'https://example.com'", ["https://example.org", "https://example.com"]),
        ("«https://example.org/a»", ["https://example.org/a"]),
        ("به https://example.org/a، برو", ["https://example.org/a"]),
        ("در https://example.org؟", ["https://example.org"]),
        ("https://example.orgرا ببین", ["https://example.org"]),
        ("ببینhttps://example.org", ["https://example.org"]),
        ("https://fa.example.org/wiki/تهران و", ["https://fa.example.org/wiki/تهران"]),
        ("https://example.org/می\u200cشود", ["https://example.org/می\u200cشود"]),
        ("https://مثال.ایران/x", ["https://مثال.ایران/x"]),
        ("https://münchen.example/ö", ["https://münchen.example/ö"]),
        ("\u2068https://example.org\u2069", ["https://example.org"]),
        ("http:// https://... www. nothing", []),
        ("xhttp://example.org", []),
        ("ftp://example.org javascript:alert(1) file:///etc/passwd mailto:a@example.org", []),
    ],
)
def test_addresses_are_found_without_what_stands_around_them(text: str, addresses: list[str]) -> None:
    """Punctuation and brackets of the sentence, Latin or Persian, are not part of them; those of the address are."""
    assert [text[link.start : link.end] for link in find_links(text)] == addresses
    assert [link.url for link in find_links(text)] == addresses


def test_an_address_without_a_scheme_is_one_of_the_web() -> None:
    """It is shown as it was written, and opened by http."""
    (link,) = find_links("see www.example.org.")
    assert (link.start, link.end, link.url) == (4, 19, "http://www.example.org")


@given(WORDS, WORDS)
def test_whatever_is_written_links_lie_in_it_in_order(before: str, after: str) -> None:
    """They do not overlap, hold no space, and begin with http or www."""
    text = f"{before} https://example.org/{after}"
    place = 0
    links = find_links(text)
    assert links
    for link in links:
        assert place <= link.start < link.end <= len(text)
        address = text[link.start : link.end]
        assert not any(character.isspace() for character in address)
        assert address.lower().startswith(("http://", "https://", "www."))
        assert link.url in (address, f"http://{address}")
        place = link.end


@pytest.mark.parametrize("part", ["www.", "http://", "https://a(", "https://a)", "(" * 9 + "http://a", "a.", "://"])
def test_long_texts_of_almost_addresses_are_looked_through_once(part: str) -> None:
    """A quadratic search would take minutes here, and the test's time limit would end it."""
    assert len(find_links(part * 200_000)) <= 200_000


def test_a_page_is_opened_beside_the_window() -> None:
    """The browser is started in another thread, which nobody waits for."""
    opened, go_on = list[str](), Event()

    def browse(url: str) -> bool:
        go_on.wait(20)
        opened.append(url)
        return True

    thread = open_link("https://example.org/a", lambda: opened.append("failed"), browse)
    assert opened == []
    go_on.set()
    thread.join(20)
    assert opened == ["https://example.org/a"]


@pytest.mark.parametrize("failure", [None, webbrowser.Error("no browser"), OSError("not found")])
def test_a_browser_that_does_not_start_is_told(failure: Exception | None) -> None:
    """Whether it says so or raises."""
    failed: list[bool] = []

    def browse(_url: str) -> bool:
        if failure:
            raise failure
        return False

    open_link("http://example.org", lambda: failed.append(True), browse).join(20)
    assert failed == [True]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "mailto:a@b", "-o", "www.example.org", ""]
)
def test_nothing_but_pages_is_opened(url: str) -> None:
    """What a stranger wrote starts no other program."""
    with pytest.raises(ValueError, match="Only http and https"):
        open_link(url, lambda: None, lambda _url: pytest.fail("opened"))


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("https://example.org/a را ببین.", Direction.RTL),
        ("(www.example.org) و https://example.org سلام", Direction.RTL),
        ("https://example.org/کتاب is a book", Direction.LTR),
        ("https://example.org hello سلام", Direction.LTR),
        ("https://example.org", Direction.LTR),
        ("سلام https://example.org", Direction.RTL),
        ("۱۲!", Direction.RTL),
    ],
)
def test_an_address_says_nothing_about_the_direction_of_a_sentence(text: str, direction: Direction) -> None:
    """A Persian sentence begins at the right, also with an address; an address alone at the left."""
    assert running_direction(text, Direction.RTL) is direction
