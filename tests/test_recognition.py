"""Who is speaking, by the first bytes: decided as soon as it can be, never sooner, and never otherwise later."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocols.front_ends import FRONT_ENDS, METHODS, FrontEnd
from chatd.protocols.recogniser import HELLO
from chatd.wire.recognition import Signature, Table, Undecided

BUILD = FRONT_ENDS.rows[0].build
BEGINNINGS = [prefix for row in FRONT_ENDS.rows for prefix in row.signature.prefixes] + list(HELLO.prefixes)
FIRST_BYTES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(BEGINNINGS),
    st.builds(lambda beginning, size: beginning[:size], st.sampled_from(BEGINNINGS), st.integers(0, 12)),
    st.builds(lambda beginning, rest: beginning + rest, st.sampled_from(BEGINNINGS), st.binary(max_size=8)),
)


def named(seen: bytes) -> str | None:
    """The front end's name; ``None`` for a person, ``?`` for too few bytes."""
    row = FRONT_ENDS.recognise(seen)
    return row.name if isinstance(row, FrontEnd) else "?" if row is Undecided.MORE else None


@pytest.mark.parametrize(
    ("seen", "who"),
    [
        (b"\x16\x03\x01\x02\x00\x01", "TLS"),
        (b"\x16\x03", "TLS"),
        (b'{"type": "register"}\n', "JSON lines"),
        (b"{", "JSON lines"),
        *((f"{method} / HTTP/1.1\r\n".encode(), "HTTP") for method in METHODS),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "ssh"),
        (b"CAP LS 302\r\n", "IRC"),
        (b"NICK ali\r\n", "IRC"),
        (b"USER ali 0 * :Ali\r\n", "IRC"),
        (b"PASS secret\r\n", "IRC"),
        (b"\0\x01\0\0\x21\x12\xa4\x42", "STUN"),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY"),
        (b"PROXY UNKNOWN\r\n", "PROXY"),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", "PROXY"),
    ],
)
def test_a_protocol_is_known_by_how_its_clients_begin(seen: bytes, who: str) -> None:
    """Each front end in the table is chosen by real first bytes of its clients."""
    assert named(seen) == who


@pytest.mark.parametrize(
    "seen",
    [
        b"ali\n",
        "سلام\n".encode(),
        b"\n",
        b"\xff\xfd\x03",  # telnet that negotiates at once
        b"\x16\x04",
        b"GETTING on\n",
        b"get / http/1.1\r\n",  # methods are capitals: this is somebody who types
        b"NICKY\n",
        b"SSHD-\n",
        b" {",
        b"P\n",
    ],
)
def test_whoever_begins_like_none_of_them_is_a_person(seen: bytes) -> None:
    """A name that resembles a protocol's first word is still a name."""
    assert named(seen) is None


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_too_few_bytes_leave_it_open(beginning: bytes) -> None:
    """Half a first word decides nothing, the whole word does."""
    table = Table((*FRONT_ENDS.rows, FrontEnd("hello", HELLO, BUILD)))
    for size in range(len(beginning)):
        assert table.recognise(beginning[:size]) is Undecided.MORE
    assert isinstance(table.recognise(beginning), FrontEnd)


@pytest.mark.parametrize("seen", [b"Hello Server", b"hello server", b"HELLO SERVER!\r\n", b"hElLo SeRvEr\n"])
def test_the_exercise_is_known_however_it_is_spelled(seen: bytes) -> None:
    """The course's first exercise counts in any case, with or without what follows."""
    assert HELLO.matches(seen) is True


@given(FIRST_BYTES, FIRST_BYTES)
def test_what_was_decided_stays_decided(seen: bytes, more: bytes) -> None:
    """Bytes that come later never change a decision, so it does not matter how the network cuts them."""
    decided = named(seen)
    assert decided == "?" or named(seen + more) == decided


@given(FIRST_BYTES)
def test_no_two_rows_claim_the_same_bytes(seen: bytes) -> None:
    """The order of the table has no meaning."""
    assert FRONT_ENDS.recognise(seen) is Table(FRONT_ENDS.rows[::-1]).recognise(seen)


@pytest.mark.parametrize(
    ("line", "who"),
    [
        (b'{"type": "register", "user_id": "ali"}', "JSON lines"),
        (b"GET / HTTP/1.1\r", "HTTP"),
        (b"POST /chat?x=1 HTTP/1.0", "HTTP"),
        (b"M-SEARCH * HTTP/1.1", "HTTP"),  # a script may invent methods
        (b"x_1 /chat HTTP/1.1", "HTTP"),
        (b"get /chat http/1.1", "HTTP"),
        (b"GET http://example.org/ HTTP/1.1", "HTTP"),  # to a proxy
        (b"Host: example.org:5050", "HTTP"),
        (b"host:x", "HTTP"),
        (b"POST /xxxx\xffL5000", "HTTP"),  # cut off by the filter
        (b"POST /xxxx \xffL5000", "HTTP"),
        (b"POST /xxxx HT\xffE70000", "HTTP"),
        (b"x" * 5000 + b"\xffL6000", None),
        (b"so much to say\xffL5000", None),
        (b"\xff", None),
        (b"host", None),
        (b"GET lost", None),
        (b"I read GET / HTTP/1.1 somewhere", None),
        (b"ali", None),
        (b" {", None),
        (b"GET /", "HTTP"),  # before versions, or a line that was broken
        (b"options *", "HTTP"),
        (b"PROXY TCP6 ::1 ::1 1 2", "PROXY"),
        (b"\0\x6c\0\x01", "STUN"),
        (b"NICK ali", None),  # only a first word shows IRC: later it may be what somebody types
        (b"\x16\x03\x01", "TLS"),
        (b"x\x16\x03\x01", None),
    ],
)
def test_a_later_line_can_show_that_it_was_no_person(line: bytes, who: str | None) -> None:
    """A browser or program that was greeted, because it was slow, is still found out by its first line."""
    row = FRONT_ENDS.reconsider(line)
    assert (row and row.name) == who


def test_a_row_without_a_pattern_is_never_chosen_by_a_line() -> None:
    """``None`` for a line means never, not always."""
    assert Table([FrontEnd("x", Signature((b"x",)), BUILD)]).reconsider(b"x") is None
    assert Table([FrontEnd("x", Signature((b"y",), re.compile(rb"x")), BUILD)]).reconsider(b"x") is not None
