"""What the server makes of text: names, letters, addresses, and what a proxy says about those.

Knows the rules of the core, and what they promise. Must not know formats or connections.
"""

from typing import Final
from unicodedata import normalize

from chatd import addresses
from chatd.addresses import Networks
from chatd.errors import BadName, BadRoomName
from chatd.folding import ZWNJ, fold_for_search, fold_letters, fold_pieces
from chatd.names import LIMIT, look_alike, person_name, room_name
from chatd.wire.proxy_header import MOST_BINARY, ProxyHeader, ProxyHeaderWrong, read_proxy_header
from tests.fuzz.letters import LETTERS
from tests.fuzz.promises import assert_harmless, assert_told
from tests.fuzz.target import CUT, Target, pieces, text_of


def name(data: bytes) -> None:
    """A name is one, and stays it, or is refused in words; of two, each looks like the other or neither does."""
    names = []
    for raw in map(text_of, pieces(data)[:2]):
        try:
            found = person_name(raw)
        except BadName as error:
            assert_told(error)
            continue
        assert person_name(found.shown) == found
        assert 1 <= len(found.shown) <= LIMIT
        assert_harmless(found.shown)
        assert found.shown.encode().decode() == normalize("NFKC", found.shown)
        assert addresses.parse(found.shown) is None
        names.append(found)
    assert all(look_alike(one, one) for one in names)
    assert look_alike(names[0], names[-1]) == look_alike(names[-1], names[0]) if names else True


def room(data: bytes) -> None:
    """The same for what a room is called."""
    try:
        found = room_name(text_of(data))
    except BadRoomName as error:
        assert_told(error)
        return
    assert room_name(found.shown) == found
    assert found.shown.startswith("#")
    assert_harmless(found.shown)


def letters(data: bytes) -> None:
    """To fold twice changes nothing more; what is the same letters is the same to a search."""
    text = text_of(data)
    for fold in fold_letters, fold_for_search:
        folded = fold(text)
        assert fold(folded) == folded
    assert ZWNJ not in fold_letters(text)
    assert ZWNJ in text or fold_pieces(text) == fold_for_search(text)


def address(data: bytes) -> None:
    """One form for each address, whatever was typed; networks are what they say, or are refused in words."""
    text = text_of(data)
    parsed = addresses.parse(text)
    assert parsed is None or addresses.parse(parsed) == parsed == addresses.plain(parsed)
    assert addresses.plain(addresses.plain(text)) == addresses.plain(text)
    assert addresses.is_local(text) or not addresses.is_loopback(text)
    assert addresses.network(addresses.network(text)) or not text
    listed = [piece for piece in text.split(CUT.decode()) if piece]
    try:
        networks = Networks(listed)
    except ValueError:
        return
    assert bool(networks) == bool(listed)
    assert isinstance(text in networks, bool)


def proxy_header(data: bytes) -> None:
    """What the first bytes say, more of them do not change; a header is never longer than it may be."""
    seen, decided = b"", []
    for piece in pieces(data):
        seen += piece
        outcome = _header(seen)
        if outcome is not None:
            decided.append(outcome)
        else:
            assert not decided
            assert len(seen) <= MOST_BINARY
    assert len(set(decided)) <= 1


def _header(seen: bytes) -> ProxyHeader | str | None:
    try:
        header = read_proxy_header(seen)
    except ProxyHeaderWrong as error:
        return str(error)
    assert header is None or 0 < header.size <= len(seen)
    assert header is None or header.source is None or addresses.parse(header.source) is not None
    return header


PROXY_WORDS: Final = (b"PROXY TCP4 ", b"192.0.2.7 ", b"1 2\r\n", b"\r\n\r\n\0\r\nQUIT\n", b"\x21\x11", b"\x20\0\0\0")

TARGETS: Final = (
    Target("name", name, (*LETTERS, CUT, b"127.0.0.1", b"_-."), 4352),
    Target("room", room, (*LETTERS, b"#"), 4352),
    Target("letters", letters, LETTERS, 4352),
    Target("address", address, (b"::ffff:", b"192.0.2.7", b"fe80::1%eth0", b"/8", "۱۲۷".encode(), CUT, b"unix"), 4352),
    Target("proxy-header", proxy_header, (*PROXY_WORDS, CUT)),
)
