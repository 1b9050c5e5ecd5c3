"""What a proxy says of its client, in both versions of the PROXY protocol: read whole, or refused, and never guessed."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.wire.proxy_header import (
    BINARY_BEGINNING,
    MOST_BINARY,
    MOST_TEXT,
    ProxyHeader,
    ProxyHeaderWrong,
    read_proxy_header,
)

TCP4 = b"PROXY TCP4 192.0.2.7 198.51.100.1 51000 5050\r\n"
TCP6 = b"PROXY TCP6 2001:db8::7 2001:db8::1 51000 5050\r\n"
V4, V6 = socket.AF_INET, socket.AF_INET6


def binary(body: bytes, command: int = 0x21, family: int = 0x11) -> bytes:
    """A header of version 2."""
    return BINARY_BEGINNING + struct.pack(">BBH", command, family, len(body)) + body


def addresses(family: int = V4, source: str = "192.0.2.7", host: str = "198.51.100.1") -> bytes:
    """The addresses in it, and the ports."""
    return socket.inet_pton(family, source) + socket.inet_pton(family, host) + struct.pack(">HH", 51000, 5050)


def remark(kind: int, value: bytes) -> bytes:
    """Something beside them."""
    return struct.pack(">BH", kind, len(value)) + value


ENCRYPTED = remark(0x20, b"\x01\0\0\0\0" + remark(0x21, b"TLSv1.3"))
GOOD = [
    (TCP4, ProxyHeader(len(TCP4), "192.0.2.7", "198.51.100.1", 5050)),
    (TCP6, ProxyHeader(len(TCP6), "2001:db8::7", "2001:db8::1", 5050)),
    (b"PROXY UNKNOWN\r\n", ProxyHeader(15)),
    (b"PROXY UNKNOWN ffff::1 whatever 1 x\r\n", ProxyHeader(36)),
    (binary(addresses()), ProxyHeader(28, "192.0.2.7", "198.51.100.1", 5050)),
    (
        binary(addresses(V6, "2001:db8::7", "2001:db8::1"), family=0x21),
        ProxyHeader(52, "2001:db8::7", "2001:db8::1", 5050),
    ),
    (binary(addresses() + ENCRYPTED), ProxyHeader(46, "192.0.2.7", "198.51.100.1", 5050, encrypted=True)),
    (
        binary(addresses() + remark(0x20, b"\0\0\0\0\0") + remark(0x04, b"")),
        ProxyHeader(39, "192.0.2.7", "198.51.100.1", 5050),
    ),
    (binary(b"", command=0x20, family=0), ProxyHeader(16)),
    (binary(addresses(), command=0x20), ProxyHeader(28)),
    (binary(b"", family=0), ProxyHeader(16)),
    (binary(b"/run/x".ljust(216, b"\0"), family=0x31), ProxyHeader(232)),
]
"""What the specification has, and what it says. A proxy that speaks for itself, or knows nothing, tells no source."""


@pytest.mark.parametrize(("header", "said"), GOOD, ids=range(len(GOOD)))
def test_a_header_says_who_is_there(header: bytes, said: ProxyHeader) -> None:
    """Whole, and with the client's first bytes behind it, which are none of its own."""
    assert read_proxy_header(header) == read_proxy_header(header + b"ali\n") == said


@pytest.mark.parametrize("header", [header for header, _ in GOOD], ids=range(len(GOOD)))
def test_a_header_may_come_byte_by_byte(header: bytes) -> None:
    """The network decides where segments end: nothing is known before the last byte, and nothing is refused."""
    assert all(read_proxy_header(header[:size]) is None for size in range(len(header)))


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (b"ali\n", "it began with something else"),
        (b"PROXX", "it began with something else"),
        (b"\r\nali\n", "it began with something else"),
        (b"PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n", "the header is garbled"),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 51000\r\n", "the header is garbled"),
        (b"PROXY TCP4 192.0.2.7  198.51.100.1 1 2\r\n", "the header is garbled"),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n", "the header is garbled"),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 65536\r\n", "the header is garbled"),
        (b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n", "the header is garbled"),
        (b"PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n", "the header is garbled"),
        (b"PROXY TCP4 localhost 198.51.100.1 1 2\r\n", "the header is garbled"),
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 -2\r\n", "the header is garbled"),
        (b"PROXY TCP4 \xd9\xa1.2.3.4 198.51.100.1 1 2\r\n", "the header is garbled"),
        (b"PROXY \r\n", "the header is garbled"),
        (b"PROXY UNKNOWN " + b"x" * 94, "the header has more than 107 bytes"),
        (b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n", "the header has more than 107 bytes"),
        (binary(addresses(), command=0x11), "the header is garbled"),
        (binary(addresses(), command=0x22), "the header is garbled"),
        (binary(addresses(), family=0x12), "the header is garbled"),
        (binary(addresses()[:-1]), "the header is garbled"),
        (binary(addresses(), family=0x21), "the header is garbled"),
        (binary(addresses() + b"\x20"), "the header is garbled"),
        (binary(addresses() + b"\x20\0\x09\x01"), "the header is garbled"),
        (binary(bytes(MOST_BINARY - 15)), f"the header has more than {MOST_BINARY} bytes"),
        (binary(bytes(MOST_BINARY))[:16], f"the header has more than {MOST_BINARY} bytes"),
    ],
)
def test_what_is_no_header_is_refused_with_the_reason(seen: bytes, reason: str) -> None:
    """At once, so that nobody has it kept; one that is too long before the rest of it has come."""
    with pytest.raises(ProxyHeaderWrong) as wrong:
        read_proxy_header(seen)
    assert str(wrong.value) == wrong.value.reason == reason


def test_the_longest_headers_are_taken() -> None:
    """Their limits are the last that is allowed."""
    text = b"PROXY UNKNOWN ".ljust(MOST_TEXT - 2, b"x") + b"\r\n"
    assert read_proxy_header(text) == ProxyHeader(MOST_TEXT)
    assert read_proxy_header(binary(bytes(MOST_BINARY - 16), command=0x20)) == ProxyHeader(MOST_BINARY)


@given(
    st.one_of(
        st.binary(max_size=300), st.builds(bytes.__add__, st.sampled_from([TCP4[:11], BINARY_BEGINNING]), st.binary())
    )
)
def test_whatever_comes_is_a_header_or_not_one(seen: bytes) -> None:
    """Nothing else happens; no more is waited for than one may have; one that was read takes no more than came."""
    try:
        header = read_proxy_header(seen)
    except ProxyHeaderWrong:
        return
    assert len(seen) < MOST_BINARY if header is None else header.size <= len(seen)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_what_was_decided_stays_decided(body: bytes, cut: int) -> None:
    """More bytes change neither a header nor a refusal."""
    for seen in (BINARY_BEGINNING + body, b"PROXY TCP4 " + body):
        try:
            first = read_proxy_header(seen[:cut])
        except ProxyHeaderWrong:
            with pytest.raises(ProxyHeaderWrong):
                read_proxy_header(seen)
            continue
        assert first is None or read_proxy_header(seen) == first
